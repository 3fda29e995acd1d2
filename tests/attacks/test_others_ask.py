"""Somebody with a token and an allowance asks a database: no record is read around the noise."""

import contextlib
import io
import sqlite3

import duckdb
import httpx
import pandas as pd
import psycopg
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from synth.api import api, mounted
from synth.api.allowance import Allowance
from synth.api.registry import Registry, Rules
from synth.errors import QueryError
from synth.ingest import Database, read_query
from synth.ingest.bounded import Owned, bounded
from synth.ingest.database import Limits
from synth.release import Bundle
from synth.vault.held import at_most_per_person, people_of
from tests.api.test_jobs import ALICE, SAMPLE, ended
from tests.postgres import started
from ui.data.sources import HOSPITAL

OWNED = Owned("patient_id", ("admission_id",), ("wards",))
TABLES = {
    "patients": {"patient_id": "INTEGER", "sex": "TEXT", "smoker": "INTEGER"},
    "admissions": {"admission_id": "INTEGER", "patient_id": "INTEGER", "ward": "TEXT"},
    "diagnoses": {"admission_id": "INTEGER", "code": "TEXT"},
    "wards": {"ward": "TEXT", "beds": "INTEGER"},
}


def asker(epsilon: float = 5.0, owned: Owned | None = OWNED) -> TestClient:
    databases = {SAMPLE: Database(f"sqlite:///{HOSPITAL}", owned=owned)}
    registry = Registry(Rules(20, allowance=Allowance(epsilon)))
    app = Starlette(routes=[mounted(api(ALICE, lambda: databases, registry))])
    return TestClient(app, "http://test", headers={"Authorization": f"Bearer {ALICE}"})


def ask(to: httpx.Client, query: str, more: str = "", epsilon: float = 1.0) -> httpx.Response:
    recipe = f'[privacy]\nepsilon = {epsilon}\n[method]\nname = "independent"\n{more}'
    return to.post("/api/v1/jobs", json={"recipe": recipe, "database": SAMPLE, "query": query})


def outcome(to: httpx.Client, answer: httpx.Response) -> dict:
    """All that whoever asked sees of a job but its name."""
    assert answer.status_code == 202, answer.text
    told = ended(to, answer.headers["location"])
    return {k: v for k, v in told.items() if k != "id"}


def test_every_failure_that_rows_decide_looks_alike_and_costs_all():
    """One person of whom nothing is, none at all, and cells that cannot be: the same answer."""
    with asker() as alice:
        few = outcome(alice, ask(alice, "SELECT sex, smoker FROM patients WHERE patient_id = 1"))
        none = outcome(alice, ask(alice, "SELECT sex, smoker FROM patients WHERE patient_id = -1"))
        assert few == none
        assert few["state"] == "failed"
        assert (few["progress"], few["doing"]) == (1.0, "stopped")  # wherever it did
        assert few["spent_epsilon"] == 1.0
        assert "operator's log" in few["error"]["detail"]
        spent = alice.get("/api/v1/budget").json()["spent_epsilon"]
        assert spent > 1.3  # two of epsilon 1 together


def test_what_is_wrong_with_the_query_itself_is_told_and_costs_nothing():
    with asker() as alice:
        told = ask(alice, "SELECT sex, wealth FROM patients")
        assert told.status_code == 422
        assert "no column `wealth`" in told.json()["detail"]
        assert alice.get("/api/v1/budget").json()["spent_epsilon"] == 0


def test_punctuation_is_no_format_that_carries_a_record():
    """`(943)-476-5919` of one patient came back as the template of an identifier."""
    told = '[[column]]\nname = "code"\nrole = "identifier"\n'
    query = "SELECT sex, '(' || nhs_number || ')' AS code FROM patients"
    with asker() as alice:
        place = ask(alice, query, told).headers["location"]
        assert ended(alice, place)["state"] == "finished"
        bundle = Bundle.read(io.BytesIO(alice.get(f"{place}/release").content))
    assert bundle.rows["code"].str.fullmatch(r"SYN-\d+").all()


def test_two_opposite_columns_do_not_tell_which_one_cannot_be():
    told = '[[column]]\nname = "{}"\nkind = "date"\nformat = "%Y-%m-%d"\n'
    both = told.format("a") + told.format("b")
    one = "CASE WHEN smoker = {} THEN birth_date ELSE 'no' END AS {}"
    query = f"SELECT {one.format(0, 'a')}, {one.format(9, 'b')} FROM patients"
    with asker() as alice:
        assert outcome(alice, ask(alice, query, both))["error"] is None


def test_a_database_of_which_nobody_said_whose_the_rows_are_is_closed():
    with asker(owned=None) as alice:
        told = ask(alice, "SELECT sex FROM patients")
        assert told.status_code == 403
        assert "names the person" in told.json()["detail"]


MIXED = [
    "SELECT p.sex, q.sex AS s FROM patients p, patients q",
    "SELECT p.sex, q.sex AS s FROM patients p JOIN patients q ON p.sex = q.sex",
    "SELECT p.sex, q.smoker FROM patients p JOIN patients q ON p.patient_id = p.patient_id",
    "SELECT p.sex FROM patients p JOIN admissions a ON p.patient_id = a.patient_id OR 1 = 1",
    "SELECT p.sex FROM patients p JOIN admissions a ON p.patient_id = a.admission_id",
    "SELECT p.sex FROM patients p NATURAL JOIN admissions",
    "SELECT p.sex FROM patients p CROSS JOIN admissions a",
    "SELECT a.ward FROM patients p RIGHT JOIN admissions a ON p.patient_id = a.patient_id",
    "SELECT a.ward FROM patients p FULL JOIN admissions a ON p.patient_id = a.patient_id",
    "SELECT sex, count(*) AS n FROM patients GROUP BY sex",
    "SELECT max(sex) AS m FROM patients",
    "SELECT group_concat(sex) AS g FROM patients",
    "SELECT total(smoker) AS t FROM patients",
    "SELECT DISTINCT sex FROM patients",
    "SELECT row_number() OVER () AS n, sex FROM patients",
    "SELECT sex FROM patients UNION ALL SELECT sex FROM patients",
    "SELECT sex FROM patients WHERE smoker > (SELECT min(smoker) FROM patients)",
    "SELECT sex FROM patients WHERE EXISTS (SELECT 1 FROM admissions)",
    "SELECT sex FROM patients WHERE patient_id IN (SELECT patient_id FROM admissions)",
    "WITH x AS (SELECT patient_id, sex FROM patients) SELECT sex FROM x",
    "SELECT s.sex FROM (SELECT patient_id, sex FROM patients) s",
    "SELECT 1 + patient_id AS patient_id FROM patients",
    "SELECT sex AS patient_id FROM patients",
    "SELECT * FROM patients",
    "SELECT code FROM diagnoses",
    "SELECT w.beds FROM wards w JOIN admissions a ON a.ward = w.ward",
    "SELECT w.beds FROM wards w",
    "SELECT (VALUES (1)) AS x FROM patients",
]


@pytest.mark.parametrize("dialect", ["sqlite", "postgres", "duckdb"])
@pytest.mark.parametrize("query", MIXED)
def test_a_row_of_the_answer_is_about_one_person(query, dialect):
    with pytest.raises(QueryError):
        bounded(read_query(query, dialect), OWNED, TABLES)


ONE = "CASE WHEN patient_id = 6 AND smoker = 1 THEN {} END"
FAILING = {  # each on some row, and on others not; or slow on one
    "abs(-9223372036854775807 - 1)": ("sqlite", "postgres"),
    "printf('%.*c', 500000000, 'x')": ("sqlite",),
    "replace(sex, 'M', sex || sex)": ("sqlite", "postgres", "duckdb"),
    "repeat(sex, 500000000)": ("postgres", "duckdb"),
    "sex LIKE '%a%a%a%a%a%b'": ("sqlite", "postgres", "duckdb"),
    "sex LIKE smoker": ("sqlite", "postgres", "duckdb"),
    "sex LIKE 'a\\'": ("sqlite", "postgres", "duckdb"),
    "sex ~ '(a*)*b'": ("postgres",),
    "9223372036854775807 + smoker": ("postgres",),
    "1 / (smoker - 1)": ("postgres",),
    "CAST(sex AS INTEGER)": ("postgres",),
    "substring(sex, 1, -1)": ("postgres",),
    "extract(hour FROM sex)": ("postgres",),
    "date_trunc('month', sex)": ("postgres",),
    "random()": ("sqlite", "postgres", "duckdb"),
    "sex = '" + "x" * 2000 + "'": ("sqlite", "postgres", "duckdb"),
    " || ".join(["sex"] * 30): ("sqlite", "postgres", "duckdb"),
}
SLOW = [
    "SELECT p.sex FROM patients p JOIN wards w ON p.patient_id = 6",
    "SELECT p.sex FROM patients p CROSS JOIN wards w",
    "SELECT p.sex FROM patients p JOIN admissions a USING (patient_id) "
    "JOIN admissions b USING (patient_id)",
]


@pytest.mark.parametrize(("what", "dialects"), FAILING.items())
def test_nothing_that_fails_on_one_row_is_asked(what, dialects):
    """Whether a job failed told one bit of one person for certain, at whatever epsilon."""
    for dialect in dialects:
        for query in (
            f"SELECT sex, {ONE.format(what)} AS x FROM patients",
            f"SELECT sex FROM patients WHERE {ONE.format(what)} IS NULL",
        ):
            with pytest.raises(QueryError, match=r"can fail|characters|put together"):
                bounded(read_query(query, dialect), OWNED, TABLES)


@pytest.mark.parametrize("dialect", ["sqlite", "postgres", "duckdb"])
@pytest.mark.parametrize("query", SLOW)
def test_the_rows_of_one_person_cannot_be_multiplied(query, dialect):
    with pytest.raises(QueryError):
        bounded(read_query(query, dialect), OWNED, TABLES)


TOTAL = {
    "sqlite": [
        "9223372036854775807 + smoker",
        "1 / (smoker - 1)",
        "CAST(sex AS INTEGER)",
        "strftime('%Y', 'no date')",
        "substr(sex, 2, 3) || lower(sex)",
        "-(-9223372036854775807 - smoker)",
        "julianday(sex)",
    ],
    "duckdb": [
        "9223372036854775807 + smoker",
        "1 // (smoker - 1)",
        "CAST(sex AS INTEGER)",
        "strftime(CAST(sex AS DATE), '%Y')",
        "abs(-9223372036854775807 - smoker)",
        "sex = 'Male' AND CAST(sex AS INTEGER) = 3",
        "CAST('infinity' AS DATE)",
        "CAST('2024-01-01' AS DATE) + 2000000000",
        "CAST('5000-01-01' AS TIMESTAMP) - CAST('infinity' AS TIMESTAMP)",
    ],
}


@pytest.mark.parametrize(("dialect", "what"), [(d, w) for d, found in TOTAL.items() for w in found])
def test_what_may_be_asked_fails_on_no_row(dialect, what, tmp_path):
    """In DuckDB what would fail is NULL; both as a column, as a condition and beside a join."""
    make = "CREATE TABLE patients (patient_id BIGINT, sex TEXT, smoker BIGINT)"
    keys = "CREATE TABLE admissions (admission_id BIGINT, patient_id BIGINT, ward TEXT)"
    text = "CAST(x'ff' AS TEXT)" if dialect == "sqlite" else "'ÿ'"  # no UTF-8, which SQLite keeps
    rows = f"INSERT INTO patients VALUES (1, 'Male', 0), (6, {text}, 1)"
    path = tmp_path / "people.db"
    connect = sqlite3.connect if dialect == "sqlite" else duckdb.connect
    with contextlib.closing(connect(path)) as made:
        for statement in (make, keys, rows, "INSERT INTO admissions VALUES (1, 1, 'w')"):
            made.execute(statement)
        made.commit()
    database = Database(f"{dialect}:///{path}", Limits(least_rows=0), owned=OWNED)
    for query in (
        f"SELECT sex, {what} AS x FROM patients",
        f"SELECT sex FROM patients WHERE ({what}) IS NULL OR TRUE",
        "SELECT a.ward FROM patients p LEFT JOIN admissions a ON p.patient_id = a.patient_id "
        f"AND ({what.replace('smoker', 'p.smoker').replace('sex', 'p.sex')}) IS NULL",
    ):
        asked = database.bounded(read_query(query, dialect))
        assert len(database.answer(asked, alike=True)) <= 2


def test_postgresql_hands_out_what_python_has_no_value_for(postgres):
    """A date without end, or midnight written 24:00, ended the job of whoever asked about it."""
    with psycopg.connect(postgres, autocommit=True) as made:
        made.execute(
            "CREATE TABLE patients (patient_id int, d date, t timestamptz, c time, x bytea)"
        )
        made.execute("INSERT INTO patients VALUES (1, '2024-01-02', '2024-01-02', '12:00', 'x')")
        made.execute("INSERT INTO patients VALUES (2, 'infinity', 'infinity', '24:00', null)")
        made.execute("INSERT INTO patients VALUES (3, '20000-01-01', '-infinity', null, null)")
    database = Database(postgres, Limits(least_rows=0), owned=OWNED)
    query = read_query("SELECT d, t, c, x FROM patients", "postgres")
    rows = database.answer(database.bounded(query), alike=True)
    assert rows[["d", "t", "x"]].notna().sum().tolist() == [1, 1, 0]
    assert rows["c"].dropna().tolist() == ["12:00:00", "24:00:00"]


@pytest.fixture(scope="module")
def postgres():
    with started() as address:
        yield address


CARRIED = {
    "SELECT sex, smoker FROM patients": '"patients"."patient_id"',
    "SELECT p.sex FROM patients p LEFT JOIN admissions a USING (patient_id)": '"p"."patient_id"',
    "SELECT a.patient_id, p.sex FROM patients p LEFT JOIN admissions a "
    "ON (a.patient_id = p.patient_id) AND a.ward = 'x'": '"p"."patient_id"',
    "SELECT d.code FROM admissions a JOIN diagnoses d ON d.admission_id = a.admission_id "
    "JOIN wards w ON w.ward = a.ward": '"a"."patient_id"',
}


@pytest.mark.parametrize("query", CARRIED)
def test_the_person_is_carried_into_the_answer(query):
    inner = bounded(read_query(query, "sqlite"), OWNED, TABLES).inner
    selected = inner.split(" FROM ")[0]
    assert selected.endswith(CARRIED[query])
    assert selected.lower().count("patient_id") == 1


def test_a_persons_rows_are_bounded_after_a_join(tmp_path):
    query = "SELECT a.ward FROM patients p JOIN admissions a USING (patient_id)"
    database = Database(f"sqlite:///{HOSPITAL}", owned=OWNED)
    rows = database.answer(database.bounded(read_query(query, "sqlite")))
    assert rows["patient_id"].value_counts().max() > 2
    kept = rows.iloc[at_most_per_person(rows, "patient_id", 2)]
    assert kept["patient_id"].value_counts().max() == 2


def test_a_row_that_names_nobody_is_one_persons():
    """Three hundred rows without a number became one."""
    rows = pd.DataFrame({"who": [None] * 300 + ["a", "a", "a", "b"], "x": range(304)})
    assert len(at_most_per_person(rows, "who", 1)) == 302
    codes, people = people_of(rows, "who")
    assert people == 302
    assert codes[300] == codes[301] != codes[303]
