"""The sample is what its README says, and its program makes it again byte for byte."""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

SAMPLE = Path(__file__).parents[2] / "sample_data"
MINUTES = "Time in A&E (mins)"


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample as its program makes it now."""
    folder = tmp_path_factory.mktemp("sample")
    command = [sys.executable, str(SAMPLE / "make_sample.py"), "--out", str(folder)]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})
    return folder


@pytest.fixture(scope="module")
def visits() -> pd.DataFrame:
    return pd.read_csv(SAMPLE / "hospital_admissions.csv", parse_dates=["Arrival Time"])


@pytest.fixture(scope="module")
def lookup() -> pd.DataFrame:
    return pd.read_csv(SAMPLE / "postcode_lookup.csv")


@pytest.fixture
def hospital() -> Iterator[sqlite3.Connection]:
    """The database, open for reading only."""
    with closing(
        sqlite3.connect(f"{(SAMPLE / 'hospital.sqlite').as_uri()}?mode=ro", uri=True)
    ) as it:
        yield it


def check_digit_holds(number: str) -> bool:
    """The NHS rule, one digit at a time: weights 10 to 2, and 11 minus the remainder."""
    digits = [int(c) for c in number.replace("-", "")]
    total = sum(weight * digit for weight, digit in zip(range(10, 1, -1), digits[:9], strict=True))
    return digits[9] == (11 - total % 11) % 11


def count(hospital: sqlite3.Connection, question: str) -> int:
    return int(hospital.execute(f"SELECT count(*) FROM {question}").fetchone()[0])


def test_the_check_digit_rule_accepts_a_number_worked_out_on_paper():
    # 9·10 + 4·9 + 3·8 + 4·7 + 7·6 + 6·5 + 5·4 + 9·3 + 1·2 = 299 = 27·11 + 2, so 9.
    assert check_digit_holds("943-476-5919")
    assert not check_digit_holds("943-476-5918")


@pytest.mark.parametrize("name", ["hospital_admissions.csv", "postcode_lookup.csv"])
def test_the_same_seed_makes_the_same_bytes(remade: Path, name: str):
    assert (remade / name).read_bytes() == (SAMPLE / name).read_bytes()


def test_the_same_seed_makes_the_same_database(remade: Path, hospital: sqlite3.Connection):
    # Compared by content: a newer SQLite library writes its own version into the file.
    with closing(sqlite3.connect(remade / "hospital.sqlite")) as again:
        assert list(again.iterdump()) == list(hospital.iterdump())


def test_identity_numbers_are_valid_unique_and_nobodys(visits: pd.DataFrame):
    numbers = visits["Health Service ID"]
    assert len(numbers) == 10_000
    assert numbers.is_unique
    assert numbers.str.fullmatch(r"999-\d{3}-\d{4}").all()
    assert numbers.map(check_digit_holds).all()


def test_columns_hold_the_values_that_are_documented(visits: pd.DataFrame):
    assert visits["Age"].between(0, 110).all()
    assert visits[MINUTES].min() == 1
    assert (visits["Hospital"].nunique(), visits["Treatment"].nunique()) == (26, 39)
    assert set(visits["Gender"]) == {"Male", "Female", "Not Known", "Not Specified"}
    assert visits["Arrival Time"].between("2019-04-01", "2019-04-07 23:59:59").all()
    assert visits["Postcode"].str.fullmatch(r"(AV|EK|HK|KB|NB|OB)\d \d[A-Z]{2}").all()


def test_age_and_time_correlate_within_a_hospital_and_less_over_all(visits: pd.DataFrame):
    centred = visits[["Age", MINUTES]] - visits.groupby("Hospital")[["Age", MINUTES]].transform(
        "mean"
    )
    assert centred["Age"].corr(centred[MINUTES]) == pytest.approx(0.95, abs=0.005)
    assert visits["Age"].corr(visits[MINUTES]) == pytest.approx(0.86, abs=0.005)


def test_hospitals_differ_by_half_an_hour_at_the_same_age(visits: pd.DataFrame):
    at_the_same_age = visits[MINUTES] - 0.95 * visits["Age"]
    means = at_the_same_age.groupby(visits["Hospital"]).mean()
    assert means.max() - means.min() == pytest.approx(30, abs=2)
    assert visits["Hospital"].value_counts().agg(["max", "min"]).tolist() == [765, 24]


def test_treatment_depends_on_age(visits: pd.DataFrame):
    ages = visits.groupby("Treatment")["Age"].mean()
    assert ages["Nebuliser or spacer"] < 35 < 50 < ages["Urinary catheter"]


def test_treatment_depends_on_the_hospital(visits: pd.DataFrame):
    large = visits[visits["Hospital"].map(visits["Hospital"].value_counts()) > 500]
    shares = pd.crosstab(large["Hospital"], large["Treatment"], normalize="index")
    assert shares["Prescription"].max() > 2 * shares["Prescription"].min()


def test_most_patients_live_in_the_postal_area_of_their_hospital(visits: pd.DataFrame):
    shares = pd.crosstab(visits["Hospital"], visits["Postcode"].str[:2], normalize="index")
    # 70 % on purpose, and a sixth of the rest by chance.
    assert shares.max(axis=1).mean() == pytest.approx(0.75, abs=0.03)


def test_the_weekend_is_twice_as_busy_as_monday(visits: pd.DataFrame):
    days = visits["Arrival Time"].dt.day_of_week.value_counts()
    assert days[6] / days[0] == pytest.approx(2, abs=0.1)


def test_the_lookup_covers_all_postcodes_but_five(visits: pd.DataFrame, lookup: pd.DataFrame):
    unknown = visits.loc[~visits["Postcode"].isin(lookup["Postcode"]), "Postcode"]
    assert (unknown.nunique(), len(unknown)) == (5, 34)
    assert lookup["Postcode"].is_unique


def test_every_area_has_one_decile_and_every_decile_a_tenth_of_the_areas(lookup: pd.DataFrame):
    deciles = lookup.groupby("Area")["Deprivation Decile"].unique()
    assert (deciles.map(len) == 1).all()
    assert deciles.map(lambda one: one[0]).value_counts().to_dict() == dict.fromkeys(
        range(1, 11), 12
    )


def test_foreign_keys_of_the_database_hold(hospital: sqlite3.Connection):
    assert hospital.execute("PRAGMA foreign_key_check").fetchall() == []
    parents = [
        hospital.execute(f"PRAGMA foreign_key_list({table})").fetchone()[2]
        for table in ("admissions", "diagnoses", "laboratory_results")
    ]
    assert parents == ["patients", "admissions", "admissions"]


def test_patients_of_the_database_carry_valid_numbers(hospital: sqlite3.Connection):
    numbers = [row[0] for row in hospital.execute("SELECT nhs_number FROM patients")]
    assert len(numbers) == len(set(numbers)) == 1200
    assert all(check_digit_holds(number) for number in numbers)


def test_events_of_the_database_follow_each_other(hospital: sqlite3.Connection):
    stays = "admissions JOIN patients USING (patient_id)"
    assert count(hospital, f"{stays} WHERE admitted_at < birth_date") == 0
    assert count(hospital, "admissions WHERE discharged_at <= admitted_at") == 0
    results = "laboratory_results JOIN admissions USING (admission_id)"
    assert count(hospital, f"{results} WHERE taken_at < admitted_at") == 0
    assert count(hospital, f"{results} WHERE taken_at > discharged_at") == 0
    both = "admissions a JOIN admissions b ON a.patient_id = b.patient_id"
    assert (
        count(
            hospital,
            f"{both} WHERE a.admitted_at < b.admitted_at AND a.discharged_at > b.admitted_at",
        )
        == 0
    )


def test_values_are_missing_where_the_readme_says_so(hospital: sqlite3.Connection):
    assert count(hospital, "patients WHERE postcode IS NULL") / 1200 == pytest.approx(
        1 / 20, abs=0.01
    )
    assert count(hospital, "patients WHERE smoker IS NULL") / 1200 == pytest.approx(1 / 8, abs=0.02)
    assert count(hospital, "admissions WHERE discharged_at IS NULL") == 19
    assert count(hospital, "laboratory_results WHERE (value IS NULL) <> (abnormal IS NULL)") == 0


def test_the_readme_names_every_column_and_counts_every_row(
    visits: pd.DataFrame, lookup: pd.DataFrame, hospital: sqlite3.Connection
):
    text = (SAMPLE / "README.md").read_text(encoding="utf-8")
    for column in [*visits.columns, *lookup.columns]:
        assert f"| {column} |" in text
    for (table,) in hospital.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    ).fetchall():
        assert f"`{table}` ({count(hospital, table):,})" in text
        for column in hospital.execute(f"PRAGMA table_info({table})").fetchall():
            assert re.search(rf"`{column[1]}`", text)


def test_the_database_stays_small_enough_to_commit():
    assert (SAMPLE / "hospital.sqlite").stat().st_size < 2_000_000
