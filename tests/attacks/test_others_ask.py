"""Somebody with a token and an allowance asks a database: no record is read around the noise."""

import io

import httpx
import pandas as pd
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from synth.api import api, mounted
from synth.api.allowance import Allowance
from synth.api.registry import Registry, Rules
from synth.errors import QueryError
from synth.ingest import Database, read_query
from synth.ingest.bounded import Owned, bounded
from synth.release import Bundle
from synth.vault.held import at_most_per_person, people_of
from tests.api.test_jobs import ALICE, SAMPLE, ended
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
    return {k: v for k, v in told.items() if k not in ("id", "progress", "doing")}


def test_every_failure_that_rows_decide_looks_alike_and_costs_all():
    """One person of whom nothing is, none at all, and cells that cannot be: the same answer."""
    with asker() as alice:
        few = outcome(alice, ask(alice, "SELECT sex, smoker FROM patients WHERE patient_id = 1"))
        none = outcome(alice, ask(alice, "SELECT sex, smoker FROM patients WHERE patient_id = -1"))
        assert few == none
        assert few["state"] == "failed"
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
