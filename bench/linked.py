"""Two tables of the same people: how many rows each person has, what these hold, and beside whom.

    python bench/linked.py --data FOLDER [--epsilon 1 4 10 inf] [--runs 3] [--share 0.5] [--most N]

The sample database's patients with their admissions, and, where FOLDER holds `sepsis_admission.csv`
and `sepsis_admission_diagnoses.csv`, those; what the columns may hold is declared, as from a
codebook. All figures are distances to the real tables as they came, before any cap: 0 is the same.

`number` is of the number of rows that a person has (total variation); `rows` the mean of the second
table's columns, `within` of pairs of them, `beside` of pairs of one of them with a column of the
person; numbers and dates in 20 quantile bins. `alike` is how far off the share of pairs of rows of
one person is that agree in a column. `fresh` is what as many other real people would score: people
drawn with replacement, with all their rows. `apart` is the real second table dealt out anew among
people: what `beside` is worth where nothing of it was learnt.
"""

import argparse
import math
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd

from synth.runs import read_recipe, run

SAMPLE = Path(__file__).parents[1] / "sample_data" / "hospital.sqlite"
BINS, FRESH = 20, 5
WORDS = 15  # first words of a diagnosis that are told apart


@dataclass(frozen=True)
class Linked:
    """Two real tables, the key they share, and what is declared of their columns."""

    name: str
    people: pd.DataFrame
    rows: pd.DataFrame
    key: str
    most: int
    columns: str
    second: str
    usual: tuple[str, ...] = ()


def listed(part: str, frame: pd.DataFrame, names: list[str]) -> str:
    """Declarations of columns whose values a codebook lists."""
    told = []
    for name in names:
        held = frame[name]
        values = [str(v).removesuffix(".0") for v in sorted(held.dropna().unique())]
        told.append(
            f'[[{part}]]\nname = "{name}"\nvalues = {values}\nother = false\n'
            f"missing = {str(bool(held.isna().any())).lower()}\n"
        )
    return "".join(told)


def dated(part: str, name: str, form: str, low: str, high: str, missing: bool = False) -> str:
    """The declaration of a column of dates, in 24 intervals."""
    return (
        f'[[{part}]]\nname = "{name}"\nkind = "date"\nformat = "{form}"\nlow = "{low}"\n'
        f'high = "{high}"\nintervals = 24\nrole = "plain"\nmissing = {str(missing).lower()}\n'
    )


def hospital() -> Linked:
    with sqlite3.connect(SAMPLE) as database:
        people = pd.read_sql("SELECT patient_id, birth_date, sex, smoker FROM patients", database)
        rows = pd.read_sql(
            "SELECT patient_id, hospital, ward, admitted_at, discharged_at, emergency "
            "FROM admissions",
            database,
        )
    clock = "%Y-%m-%d %H:%M:%S"
    columns = dated("column", "birth_date", "%Y-%m-%d", "1920-01-01", "2017-12-31")
    columns += listed("column", people, ["sex", "smoker"])
    second = listed("children.column", rows, ["hospital", "ward", "emergency"])
    ends = "2018-01-01 00:00:00", "2019-12-31 23:59:59"
    second += dated("children.column", "admitted_at", clock, *ends)
    second += dated("children.column", "discharged_at", clock, *ends, missing=True)
    return Linked("hospital", people, rows, "patient_id", 4, columns, second, ("hospital",))


def sepsis(folder: Path) -> Linked:
    people = pd.read_csv(folder / "sepsis_admission.csv")
    rows = pd.read_csv(folder / "sepsis_admission_diagnoses.csv")
    names = ["Sex", "Race", "FinancialClass", "AdmissionType", "PatientClass", "HospitalService"]
    people = people[["SubjectId", "DOB", *names]]
    word = rows["AdmittingDiagnosis"].str.extract(r"^(\w+)")[0]
    often = word.value_counts().index[:WORDS]
    rows = pd.DataFrame({"SubjectId": rows["SubjectId"], "Kind": word.where(word.isin(often), "-")})
    columns = dated("column", "DOB", "%Y-%m-%d", "1900-01-01", "2018-12-31")
    columns += listed("column", people, names)
    second = listed("children.column", rows, ["Kind"])
    return Linked("sepsis", people, rows, "SubjectId", 10, columns, second)


def cuts_of(values: pd.Series) -> np.ndarray | None:
    """Where numbers and dates are cut; None for values that are states."""
    found = numbers_of(values)
    if found is None or found.nunique() <= BINS:
        return None
    return np.unique(np.nanquantile(found, np.linspace(0, 1, BINS + 1)[1:-1]))


def numbers_of(values: pd.Series) -> pd.Series | None:
    """Numbers, or dates as numbers."""
    found = pd.to_numeric(values, errors="coerce")
    if found.notna().sum() == values.notna().sum():
        return found
    moments = pd.to_datetime(values, errors="coerce", format="mixed")
    whole = moments.notna().sum() == values.notna().sum()
    return moments.astype("int64").where(moments.notna()).astype(float) if whole else None


def binned(real: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """The bin or the state of each cell of `other`, as text."""
    made = {}
    for name in map(str, real):
        cuts = cuts_of(real[name])
        if cuts is None:
            made[name] = other[name].map(lambda v: "-" if pd.isna(v) else str(v).removesuffix(".0"))
            continue
        held = numbers_of(other[name])
        assert held is not None
        places = np.searchsorted(cuts, held.to_numpy(float, na_value=np.nan), side="right")
        made[name] = pd.Series(np.where(held.isna(), -1, places).astype(str), index=other.index)
    return pd.DataFrame(made).reset_index(drop=True)


def distance(one: pd.DataFrame, other: pd.DataFrame, names: tuple[str, ...]) -> float:
    p, q = (f.groupby(list(names)).size() / max(len(f), 1) for f in (one, other))
    p, q = p.align(q, fill_value=0)
    return float(0.5 * np.abs(p - q).sum())


def alike(rows: pd.DataFrame, owner: np.ndarray) -> dict[str, float]:
    """The share of pairs of rows of one person that agree in a column."""
    found = {}
    each = pd.Series(owner).value_counts()
    pairs = float((each * (each - 1) / 2).sum())
    for name in rows:
        same = pd.DataFrame({"owner": owner, "value": rows[name].to_numpy()}).value_counts()
        found[str(name)] = float((same * (same - 1) / 2).sum()) / max(pairs, 1)
    return found


def scored(real: Linked, people: pd.DataFrame, rows: pd.DataFrame, key: str) -> dict[str, float]:
    """The distances of two tables to the real ones."""
    own = [str(n) for n in real.rows if n != real.key]
    theirs = [str(n) for n in real.people if n != real.key]
    both = ((real.people, real.rows), (people, rows))
    one, other = (
        pd.DataFrame({"n": t[real.key].map(r[real.key].value_counts()).fillna(0).astype(int)})
        for t, r in both
    )
    tables = []
    for t, r in both:
        beside = r.merge(t, on=real.key, how="left", suffixes=("", "_"))
        tables.append(binned(real.rows[own].join(real.people[theirs], how="right"), beside))
    asked: dict[str, list[tuple[str, ...]]] = {
        "rows": [(n,) for n in own],
        "within": list(combinations(own, 2)),
        "beside": list(product(own, theirs)),
    }
    found = {"number": distance(one, other, ("n",))}
    for what, sets in asked.items():
        each = [distance(tables[0], tables[1], s) for s in sets]
        found[what] = float(np.mean(each)) if each else math.nan
    same = [
        alike(t[own], r[real.key].to_numpy())
        for t, r in zip(tables, (real.rows, rows), strict=True)
    ]
    found["alike"] = float(np.mean([abs(same[0][n] - same[1][n]) for n in own]))
    strangers = ~rows[real.key].isin(people[real.key])
    found["broken"] = float(strangers.sum())
    return found


def fresh(real: Linked, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As many people drawn with replacement, with all their rows."""
    rng = np.random.default_rng(seed)
    drawn = real.people.iloc[rng.integers(len(real.people), size=len(real.people))]
    drawn = drawn.assign(new=np.arange(len(drawn)))
    rows = drawn[[real.key, "new"]].merge(real.rows, on=real.key)
    people = drawn.drop(columns=real.key).rename(columns={"new": real.key})
    return people, rows.drop(columns=real.key).rename(columns={"new": real.key})


def apart(real: Linked, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The second table dealt out anew."""
    rng = np.random.default_rng(seed)
    owner = real.rows[real.key].to_numpy()[rng.permutation(len(real.rows))]
    return real.people, real.rows.assign(**{real.key: owner})


def made(
    real: Linked, epsilon: float, share: float, most: int, usual: tuple[str, ...] = ()
) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """A release's two tables, and the CPU seconds of the run."""
    recipe = (
        f'[people]\ncolumn = "{real.key}"\n[privacy]\nepsilon = {epsilon}\n'
        f"[children]\nshare = {share}\nmost = {most}\nusual = {list(usual)}\n"
        f"{real.second}{real.columns}"
    )
    before = time.process_time()
    outcome = run(read_recipe(recipe), real.people, children=real.rows)
    seconds = time.process_time() - before
    people = outcome.release.tables[0]
    assert outcome.children is not None
    return people, outcome.children, seconds


def lines(real: Linked, told: argparse.Namespace) -> Iterator[str]:
    def line(what: str, every: list[dict[str, float]], seconds: str = "") -> str:
        mean = {n: np.mean([e[n] for e in every]) for n in every[0]}
        figures = " | ".join("" if math.isnan(v) else f"{v:.3f}" for v in mean.values())
        return f"| {real.name} | {what} | {figures} | {seconds} |"

    yield line("fresh", [scored(real, *fresh(real, s), real.key) for s in range(FRESH)])
    yield line("apart", [scored(real, *apart(real, s), real.key) for s in range(FRESH)])
    for usual, epsilon in product(dict.fromkeys([(), real.usual]), told.epsilon):
        every, seconds = [], 0.0
        for _ in range(told.runs):
            most = told.most or real.most
            people, rows, spent = made(real, epsilon, told.share, most, usual)
            every.append(scored(real, people, rows, real.key))
            seconds += spent / told.runs
        beside = f", usual {', '.join(usual)}" if usual else ""
        yield line(f"ε = {epsilon:g}{beside}", every, f"{seconds:.1f}")


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--data", type=Path)
    words.add_argument("--epsilon", type=float, nargs="+", default=[1.0, 4.0, 10.0, math.inf])
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--share", type=float, default=0.5)
    words.add_argument("--most", type=int, default=0)
    told = words.parse_args()
    every = [hospital()]
    if told.data is not None and (told.data / "sepsis_admission.csv").exists():
        every.append(sepsis(told.data))
    print("| tables | | number | rows | within | beside | alike | broken | CPU s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for real in every:
        for line in lines(real, told):
            print(line, flush=True)


if __name__ == "__main__":
    main()
