"""Make the sample: invented emergency admissions, a postcode lookup and a small hospital database.

    python sample_data/make_sample.py [--out FOLDER]

The same program writes the same bytes every time. Nothing in it describes a person or a place
that exists. The columns are those of the ODI anonymisation tutorial's mock table; unlike there,
identity numbers carry a valid check digit, hospitals differ in their waiting times, treatments
depend on age and hospital, and the draw repeats.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from hospital_database import write_database
from names import HOSPITALS, POSTCODE_AREAS, TREATMENTS

SEED = 20190401
ROWS = 10_000
AREAS = 120
UNKNOWN_POSTCODES = 5
CORRELATION = 0.95  # of age and minutes, within one hospital
WIDEST_OFFSET = 15  # minutes between the quickest (or slowest) hospital and the mean
HOME_SHARE = 0.7  # of the patients of a hospital who live in its own postcode area

DAY_WEIGHTS = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.0])
BUSIEST_HOUR = np.array([18.0, 17.0, 19.0, 18.5, 20.0, 15.0, 14.0])
GENDERS = {"Not Known": 0.005, "Male": 0.495, "Female": 0.495, "Not Specified": 0.005}

Rng = np.random.Generator
Integers = np.ndarray[tuple[int], np.dtype[np.int64]]


def identity_numbers(rng: Rng, rows: int) -> list[str]:
    """Different NHS numbers as ddd-ddd-dddd, all from the range 999 that is issued to nobody.

    The tenth digit makes the weighted sum of all ten (weights 10 to 1) a multiple of 11; a number
    whose check digit would be 10 is never used.
    """
    stems = 999_000_000 + rng.choice(1_000_000, size=rows + rows // 5, replace=False)
    digits = stems[:, None] // 10 ** np.arange(8, -1, -1) % 10
    check = -(digits @ np.arange(10, 1, -1)) % 11
    kept = stems[check < 10] * 10 + check[check < 10]
    return [f"{n // 10**7}-{n // 10**4 % 1000:03d}-{n % 10**4:04d}" for n in kept[:rows].tolist()]


def postcodes(rng: Rng) -> pd.DataFrame:
    """Every invented postcode (column Postcode), with its Area and Deprivation Decile (1 to 10)."""
    letters = list("ABDEFGHJLNPQRSTUWXYZ")
    ranks = rng.permutation(AREAS)
    records: list[tuple[str, str, int]] = []
    for area in range(AREAS):
        prefix = list(POSTCODE_AREAS)[area % len(POSTCODE_AREAS)]
        number = area // len(POSTCODE_AREAS)
        name = f"{POSTCODE_AREAS[prefix]} {number // 4 + 1:03d}{'ABCD'[number % 4]}"
        decile = int(ranks[area]) * 10 // AREAS + 1
        pairs = rng.choice(len(letters) ** 2, size=int(rng.integers(14, 27)), replace=False)
        for pair in np.sort(pairs).tolist():
            unit = letters[pair // len(letters)] + letters[pair % len(letters)]
            records.append((f"{prefix}{number // 9 + 1} {number % 9 + 1}{unit}", name, decile))
    return pd.DataFrame(records, columns=["Postcode", "Area", "Deprivation Decile"])


def choose_hospitals(rng: Rng, rows: int) -> Integers:
    """The code of each row's hospital; the busiest has about forty times the patients of the
    quietest."""
    weights = rng.permutation(np.linspace(2, 80, len(HOSPITALS)))
    return rng.choice(len(HOSPITALS), size=rows, p=weights / weights.sum())


def ages_and_minutes(rng: Rng, hospital: Integers) -> tuple[Integers, Integers]:
    """Ages (years) and times in A&E (minutes): bivariate normal, cut down to whole numbers.

    Each hospital has its own mean time; within one the correlation is `CORRELATION`.
    """
    step = np.linspace(-WIDEST_OFFSET, WIDEST_OFFSET, len(HOSPITALS))
    offset = rng.permutation(step)[hospital]
    first, second = rng.standard_normal((2, len(hospital)))
    age = 41 + 20 * first
    minutes = 60 + offset + 20 * (CORRELATION * first + np.sqrt(1 - CORRELATION**2) * second)
    return np.clip(age, 0, 110).astype(np.int64), np.maximum(minutes, 1).astype(np.int64)


def arrival_times(rng: Rng, rows: int) -> pd.Series:
    """Arrivals in the week from 1 April 2019: days by weight, a triangle about a busiest hour."""
    day = rng.choice(7, size=rows, p=DAY_WEIGHTS / DAY_WEIGHTS.sum())
    hours = rng.triangular(0, BUSIEST_HOUR[day], 24)
    seconds = np.minimum((hours * 3600).astype(np.int64), 86_399) + 86_400 * day
    moments = pd.Timestamp("2019-04-01") + pd.to_timedelta(seconds, unit="s")
    return pd.Series(moments.strftime("%Y-%m-%d %H:%M:%S"))


def choose_treatments(rng: Rng, age: Integers, hospital: Integers) -> Integers:
    """The code of each row's treatment, more or less likely by age and by hospital."""
    weight = np.log([t.weight for t in TREATMENTS])
    slope = np.array([t.age_slope for t in TREATMENTS])
    habit = rng.normal(0, 0.5, (len(HOSPITALS), len(TREATMENTS)))
    chance = np.exp(weight + np.outer((age - 41) / 20, slope) + habit[hospital])
    ladder = np.cumsum(chance, axis=1)
    code: Integers = np.sum(ladder < rng.random((len(age), 1)) * ladder[:, -1:], axis=1)
    return code


def choose_postcodes(rng: Rng, hospital: Integers, places: pd.DataFrame) -> Integers:
    """The position in `places` of each row's postcode; most patients live near their hospital."""
    prefixes = places["Postcode"].str[:2].to_numpy()
    home = np.array(list(POSTCODE_AREAS))[hospital % len(POSTCODE_AREAS)]
    code = rng.integers(0, len(places), len(hospital))
    local = rng.random(len(hospital)) < HOME_SHARE
    for prefix in POSTCODE_AREAS:
        rows = np.flatnonzero(local & (home == prefix))
        code[rows] = rng.choice(np.flatnonzero(prefixes == prefix), size=len(rows))
    return code


def admissions(rng: Rng, places: pd.DataFrame, rows: int = ROWS) -> pd.DataFrame:
    """The mock table: one row is one visit of one person to an emergency department."""
    hospital = choose_hospitals(rng, rows)
    age, minutes = ages_and_minutes(rng, hospital)
    treatment = choose_treatments(rng, age, hospital)
    return pd.DataFrame(
        {
            "Health Service ID": identity_numbers(rng, rows),
            "Age": age,
            "Time in A&E (mins)": minutes,
            "Hospital": np.array(HOSPITALS)[hospital],
            "Arrival Time": arrival_times(rng, rows),
            "Treatment": np.array([t.name for t in TREATMENTS])[treatment],
            "Gender": rng.choice(list(GENDERS), size=rows, p=list(GENDERS.values())),
            "Postcode": places["Postcode"].to_numpy()[choose_postcodes(rng, hospital, places)],
        }
    )


def lookup(places: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """`places` without the `UNKNOWN_POSTCODES` alphabetically last postcodes that occur in
    `visits`: a lookup that misses a few, as real ones do."""
    missing = sorted(set(visits["Postcode"]))[-UNKNOWN_POSTCODES:]
    return places[~places["Postcode"].isin(missing)].sort_values("Postcode")


def write_sample(folder: Path) -> None:
    """Write the three files of the sample into `folder`."""
    tables, database = (np.random.default_rng(s) for s in np.random.SeedSequence(SEED).spawn(2))
    places = postcodes(tables)
    visits = admissions(tables, places)
    visits.to_csv(folder / "hospital_admissions.csv", index=False, lineterminator="\n")
    known = lookup(places, visits)
    known.to_csv(folder / "postcode_lookup.csv", index=False, lineterminator="\n")
    numbers = identity_numbers(database, 1200)
    write_database(folder / "hospital.sqlite", database, numbers, known["Postcode"].tolist())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make the invented sample tables.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to fill")
    write_sample(parser.parse_args().out)
