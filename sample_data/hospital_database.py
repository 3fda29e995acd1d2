"""A small relational hospital: patients, their admissions, and each admission's findings."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from names import DIAGNOSES, HOSPITALS, LABORATORY_TESTS, WARDS, LaboratoryTest

Rng = np.random.Generator

SCHEMA = """
CREATE TABLE patients (
    patient_id INTEGER PRIMARY KEY,
    nhs_number TEXT NOT NULL UNIQUE,
    birth_date TEXT NOT NULL,
    sex TEXT NOT NULL CHECK (sex IN ('Female', 'Male')),
    postcode TEXT,
    smoker INTEGER CHECK (smoker IN (0, 1))
);
CREATE TABLE admissions (
    admission_id INTEGER PRIMARY KEY,
    patient_id INTEGER NOT NULL REFERENCES patients (patient_id),
    hospital TEXT NOT NULL,
    ward TEXT NOT NULL,
    admitted_at TEXT NOT NULL,
    discharged_at TEXT,
    emergency INTEGER NOT NULL CHECK (emergency IN (0, 1))
);
CREATE TABLE diagnoses (
    admission_id INTEGER NOT NULL REFERENCES admissions (admission_id),
    position INTEGER NOT NULL,
    code TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (admission_id, position)
);
CREATE TABLE laboratory_results (
    result_id INTEGER PRIMARY KEY,
    admission_id INTEGER NOT NULL REFERENCES admissions (admission_id),
    test TEXT NOT NULL,
    taken_at TEXT NOT NULL,
    value REAL,
    unit TEXT NOT NULL,
    abnormal INTEGER CHECK (abnormal IN (0, 1))
);
CREATE INDEX admissions_of_patient ON admissions (patient_id);
CREATE INDEX results_of_admission ON laboratory_results (admission_id);
"""

OPENED = pd.Timestamp("2018-01-01")
TAKEN_ON = pd.Timestamp("2019-12-31")  # nobody discharged after this day has a discharge yet


@dataclass(frozen=True)
class Stay:
    """One admission, and the age (years) and diagnoses its results depend on."""

    number: int
    patient: int
    age: float
    admitted: pd.Timestamp
    discharged: pd.Timestamp
    diagnoses: tuple[int, ...]


def patients(rng: Rng, numbers: list[str], postcodes: list[str]) -> pd.DataFrame:
    """One row per number: born 1920 to 2017, postcode and smoking missing for some."""
    rows = len(numbers)
    born = pd.Timestamp("1920-01-01") + pd.to_timedelta(
        (rng.beta(1.3, 1.6, rows) * 35_700).astype(np.int64), unit="D"
    )
    smoker = pd.Series(rng.random(rows) < 0.17).astype("Int64")
    place = pd.Series(rng.choice(postcodes, rows), dtype=object)
    return pd.DataFrame(
        {
            "patient_id": np.arange(1, rows + 1),
            "nhs_number": numbers,
            "birth_date": born.strftime("%Y-%m-%d"),
            "sex": rng.choice(["Female", "Male"], rows, p=[0.52, 0.48]),
            "postcode": place.where(rng.random(rows) >= 0.04, None),
            "smoker": smoker.astype(object).where(rng.random(rows) >= 0.12, None),
        }
    )


def stays(rng: Rng, people: pd.DataFrame) -> list[Stay]:
    """Each person's admissions in order of time, never two at once: mostly one, at times many."""
    chance = np.array([d.weight for d in DIAGNOSES])
    slope = np.array([d.age_slope for d in DIAGNOSES])
    found: list[Stay] = []
    for person, birth in zip(
        people["patient_id"], pd.to_datetime(people["birth_date"]), strict=True
    ):
        count = min(int(rng.geometric(0.5)), 12)
        free = OPENED
        for second in np.sort(rng.integers(0, 730 * 86_400, count)).tolist():
            admitted = OPENED + pd.Timedelta(seconds=second)
            age = (admitted - birth).days / 365.25
            weights = chance * np.exp(slope * (age - 50) / 20)
            several = min(1 + int(rng.poisson(0.4 + age / 60)), 6)
            codes = rng.choice(len(DIAGNOSES), several, replace=False, p=weights / weights.sum())
            length = rng.gamma(1.2, 0.6 + age / 25 + 0.8 * several)
            discharged = admitted + pd.Timedelta(seconds=int(3600 + length * 86_400))
            if admitted < free:
                continue
            free = discharged
            found.append(Stay(len(found) + 1, person, age, admitted, discharged, tuple(codes)))
    return found


def admission_rows(rng: Rng, found: list[Stay]) -> list[tuple[object, ...]]:
    """The table admissions; a stay that outlasts the extract has no discharge."""
    rows: list[tuple[object, ...]] = []
    for stay in found:
        hospital = HOSPITALS[(stay.patient * 7 + int(rng.random() < 0.1)) % 8]
        ward = WARDS[2] if stay.age > 80 else WARDS[int(rng.integers(len(WARDS)))]
        left = None if stay.discharged > TAKEN_ON else moment(stay.discharged)
        emergency = int(rng.random() < 0.7)
        rows.append(
            (stay.number, stay.patient, hospital, ward, moment(stay.admitted), left, emergency)
        )
    return rows


def laboratory_rows(rng: Rng, found: list[Stay]) -> list[tuple[object, ...]]:
    """The table laboratory_results: a few tests of each stay, some never reported."""
    rows: list[tuple[object, ...]] = []
    for stay in found:
        seconds = int((stay.discharged - stay.admitted).total_seconds())
        for index in rng.choice(len(LABORATORY_TESTS), int(rng.integers(1, 6))).tolist():
            test = LABORATORY_TESTS[index]
            taken = stay.admitted + pd.Timedelta(seconds=int(rng.integers(0, seconds)))
            value = None if rng.random() < 0.03 else result(rng, test, stay)
            abnormal = None if value is None else int(not test.low <= value <= test.high)
            record = (len(rows) + 1, stay.number, test.name, moment(taken), value, test.unit)
            rows.append((*record, abnormal))
    return rows


def result(rng: Rng, test: LaboratoryTest, stay: Stay) -> float:
    """A value of `test` (in its unit, one decimal), raised or lowered by the diagnoses."""
    raised = any(DIAGNOSES[code].code in test.raised_by for code in stay.diagnoses)
    shape = (test.mean / test.spread) ** 2
    return round(float(rng.gamma(shape, test.mean / shape)) * (test.factor if raised else 1.0), 1)


def moment(time: pd.Timestamp) -> str:
    """ISO 8601 without a zone, to the second."""
    return time.strftime("%Y-%m-%d %H:%M:%S")


def fill(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Insert `rows`, whose values stand in the order of the columns of `table`."""
    rows = list(rows)
    marks = ", ".join("?" * len(rows[0]))
    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def write_database(path: Path, rng: Rng, numbers: list[str], postcodes: list[str]) -> None:
    """Write the SQLite file at `path` anew, one patient for each of `numbers`."""
    path.unlink(missing_ok=True)
    people = patients(rng, numbers, postcodes)
    found = stays(rng, people)
    findings = [
        (stay.number, position, DIAGNOSES[code].code, DIAGNOSES[code].text)
        for stay in found
        for position, code in enumerate(stay.diagnoses, start=1)
    ]
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(SCHEMA)
    fill(connection, "patients", people.itertuples(index=False, name=None))
    fill(connection, "admissions", admission_rows(rng, found))
    fill(connection, "diagnoses", findings)
    fill(connection, "laboratory_results", laboratory_rows(rng, found))
    connection.commit()
    connection.execute("VACUUM")
    connection.close()
