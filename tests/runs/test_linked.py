"""Two tables of the same people: one promise, keys that hold, and what is told of it."""

import csv
import io
import json
import math
import re
import sqlite3
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from synth.budget import Audience, Budget
from synth.cli import app
from synth.errors import BundleError, RecipeError, SchemaError
from synth.evaluate.evaluation import Evaluation
from synth.release import Bundle
from synth.release.papers.about import About
from synth.release.sandbox import resources, service
from synth.release.sandbox.resources import about
from synth.release.sandbox.take_away import files
from synth.release.showcase import showcase
from synth.release.table_files import write_parquet
from synth.runs import Outcome, Recipe, read_recipe, run, verify
from synth.runs.evidence import custodian_pack
from synth.runs.gate import excepted
from synth.runs.gate_linked import gate_of_both
from synth.runs.recipe import People
from synth.runs.recipe_file import recipe_text, whole_text
from synth.runs.recipe_told import told
from synth.runs.remote import sendable
from synth.runs.rewording import reworded
from synth.runs.verifying import as_released
from synth.schema import Categories, Column, Schema
from synth.vault import PrivateTable
from synth.vault.linked import JoinLinked, LinkedRows
from synth.vault.passing import Came
from tests.bundles import passed_on

ROOT = Path(__file__).parents[2]
PEOPLE = 1000
MOST = 3
RECIPE = f"""
[people]
column = "patient"
[children]
name = "visits"
of = "patients"
key = "whose"
most = {MOST}
usual = ["place"]
[[children.column]]
name = "place"
values = ["north", "south", "west"]
other = false
missing = false
[[children.column]]
name = "ward"
values = ["eye", "heart"]
other = false
missing = false
[[children.column]]
name = "visit"
role = "identifier"
[[children.column]]
name = "days"
kind = "integer"
low = 0
high = 9
intervals = 10
role = "plain"
missing = false
[[column]]
name = "sex"
values = ["F", "M"]
other = false
missing = false
[[column]]
name = "age"
kind = "integer"
low = 0
high = 100
role = "plain"
[privacy]
epsilon = 20
[release]
copies = 2
rows = 600
"""


def two_tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Women come twice or four times, to the eye ward and for long; men once, to the heart ward."""
    rng = np.random.default_rng(3)
    sex = rng.choice(["F", "M"], PEOPLE)
    ages = rng.integers(20, 80, PEOPLE)
    people = pd.DataFrame({"patient": [f"P{i:05}" for i in range(PEOPLE)], "sex": sex, "age": ages})
    many = np.where(sex == "F", rng.choice([2, 4], PEOPLE), 1)
    owner = np.repeat(np.arange(PEOPLE), many)
    woman = (sex[owner] == "F") ^ (rng.random(len(owner)) < 0.1)
    visits = pd.DataFrame(
        {
            "visit": np.arange(len(owner)) + 5000,
            "whose": people["patient"].to_numpy()[owner],
            "ward": np.where(woman, "eye", "heart"),
            "place": np.array(["north", "south", "west"])[
                (owner + (rng.random(len(owner)) < 0.1)) % 3
            ],
            "days": rng.integers(0, 5, len(owner)) + 5 * woman,
        }
    )
    strangers = visits.iloc[:7].assign(whose=[None, None, *("Q1", "Q2", "Q3", "Q4", "Q5")])
    return people, pd.concat([visits, strangers], ignore_index=True)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    people, visits = two_tables()
    return run(read_recipe(RECIPE), people, children=visits)


@pytest.fixture(scope="module")
def bundle(outcome) -> Bundle:
    return Bundle.read(io.BytesIO(outcome.release.zipped()))


def test_each_row_belongs_to_somebody_who_has_as_many_as_is_said(outcome, bundle):
    for end in ("", "-2"):
        people = pd.read_parquet(io.BytesIO(bundle.files[f"synthetic{end}.parquet"]))
        visits = pd.read_parquet(io.BytesIO(bundle.files[f"children{end}.parquet"]))
        each = visits["whose"].value_counts().reindex(people["patient"]).fillna(0)
        assert set(visits["whose"]) <= set(people["patient"])
        assert each.to_numpy().tolist() == people["number of visits"].tolist()
        assert visits["visit"].is_unique and people["patient"].is_unique
    real = set(map(str, two_tables()[0]["patient"]))
    assert real.isdisjoint(outcome.rows["patient"])
    assert outcome.children["whose"].tolist() == visits_of(bundle)["whose"].tolist()


def visits_of(bundle: Bundle) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(bundle.files["children.csv"]))


def test_what_rows_hold_goes_by_their_person(outcome):
    beside = outcome.release.children.beside(outcome.rows, outcome.children)
    woman = beside["patients.sex"] == "F"
    assert (beside["ward"][woman] == "eye").mean() == pytest.approx(0.9, abs=0.05)
    assert (beside["ward"][~woman] == "heart").mean() == pytest.approx(0.9, abs=0.05)
    assert beside["days"].astype(int)[woman].mean() > 6
    many = outcome.rows.groupby("sex", observed=True)["number of visits"].mean()
    assert many["M"] == pytest.approx(1, abs=0.2)
    assert many["F"] == pytest.approx(2.5, abs=0.2)  # of two or four, three count
    assert outcome.linked.two_way < outcome.linked.apart_two_way / 2


def test_what_is_usual_for_a_person_is_a_column_of_theirs_and_their_rows_keep_to_it(
    outcome, bundle
):
    beside = outcome.release.children.beside(outcome.rows, outcome.children)
    assert (beside["place"] == beside["patients.usual place"]).mean() > 0.8  # a third by chance
    assert bundle.schema["usual place"].meaning == "what most of its rows of visits hold in place"
    assert "but for what is usual in place" in bundle.files["README.md"].decode()
    people, visits = two_tables()
    undeclared = read_recipe(RECIPE.replace('usual = ["place"]', 'usual = ["days"]'))
    with pytest.raises(SchemaError, match="values are not declared"):
        run(undeclared, people, children=visits)
    with pytest.raises(RecipeError, match="as a column of patients is called"):
        run(read_recipe(RECIPE), people, children=visits.rename(columns={"days": "patients.days"}))
    given = read_recipe(RECIPE.replace("most = 3", 'most = 3\ngiven = ["height"]'))
    with pytest.raises(RecipeError, match="given `height`"):
        run(given, people, children=visits)


def test_what_a_cap_leaves_out_is_told_to_the_custodian_and_not_to_recipients(outcome, bundle):
    seen = " ".join(map(str, outcome.noticed))
    visits = two_tables()[1]
    each = visits["whose"].value_counts()
    cut = int((each - MOST).clip(lower=0).sum())
    assert f"{(each > MOST).sum():,} people have more than 3 rows of visits: {cut:,} of" in seen
    assert "2 of" in seen and "name nobody" in seen
    privacy = bundle.files["PRIVACY.md"].decode()
    assert "at most 3 of each were used" in privacy and "how many is not told" in privacy
    assert f"{cut:,}" not in privacy.replace("children.json", "")


def test_both_are_paid_for_once_and_the_promise_names_both(bundle, outcome):
    statement = bundle.statement
    assert "one person (one row and up to 3 linked to it)" in statement.guarantee.plain
    assert statement.cost == pytest.approx(20)
    own = bundle.children.model.statement
    labelled = [e for e in statement.measured if e.purpose.startswith("visits: ")]
    assert sum(e.rho for e in labelled) == pytest.approx(sum(e.rho for e in own.measured))
    assert own.budget.rows_per_person == MOST
    asked = " ".join(e.purpose for e in own.measured if not e.purpose.startswith("joint"))
    assert "ward" in asked and "patients." not in asked  # they were told of with the first table
    assert statement.guarantee.delta <= 1e-6
    assert set(outcome.entries) >= set(statement.measured)
    twice = pd.DataFrame({"patient": ["a", "a"], "number of visits": [0, 0]})
    told = bundle.children.broken(twice, pd.DataFrame({"whose": []}))
    assert "not different in every row" in told


def test_what_stands_against_the_second_table_stops_the_release(outcome):
    place = next(h for h in outcome.linked.columns if h.column == "place")
    gone = replace(place, tvd=1.0, synthetic=(0.0,) * len(place.labels))
    gone = replace(gone, traces=replace(place.traces, met=0, known_synthetic=0.0))
    worse = replace(outcome, linked=replace(outcome.linked, columns=(gone,)))
    (line,) = [n for n in gate_of_both(Recipe(), worse) if "visits." in n.key]
    assert line.stops and line.key == "lost visits.place" and "[[children.column]]" in line.why
    kept = excepted(Recipe(), line.key, "it is declared")
    assert not [n for n in gate_of_both(kept, worse) if n.open and "visits." in n.key]


def test_papers_name_the_relation(bundle):
    first, second, third, fourth = json.loads(bundle.files["datapackage.json"])["resources"]
    assert first["schema"]["primaryKey"] == ["patient"]
    keys = [r["schema"]["foreignKeys"][0]["reference"]["resource"] for r in (third, fourth)]
    assert keys == [first["name"], second["name"]]
    lines = list(csv.DictReader(io.StringIO(bundle.files["dictionary.csv"].decode("utf-8-sig"))))
    assert {(r["table"], r["column"]) for r in lines} >= {("patients", "sex"), ("visits", "ward")}
    assert "each of which belongs to one of patients" in bundle.files["README.md"].decode()
    croissant = json.loads(bundle.files["croissant.json"])
    assert [r["@id"] for r in croissant["recordSet"]] == ["rows", "children"]
    assert "references" in croissant["recordSet"][1]["field"][1]


def test_the_recipients_page_says_that_there_is_a_second_table(bundle):
    told = f"The release also holds {len(visits_of(bundle)):,} rows of their visits"
    assert told in showcase(bundle)


def test_the_custodians_evidence_says_that_the_second_table_was_not_attacked(outcome, bundle):
    found = Evaluation(PEOPLE, PEOPLE, 0, outcome.comparison, *[()] * 5, {}, (), (), {})
    with zipfile.ZipFile(io.BytesIO(custodian_pack(bundle, found, (), RECIPE))) as pack:
        answers = json.loads(pack.read("evidence.json"))["answers"]
    assert all("No attack was tried on the rows of visits" in a["words"] for a in answers)


def test_it_is_verified_and_a_broken_reference_is_refused(bundle):
    said = " ".join(verify(bundle))
    assert "belongs to one of patients, and each of patients has as many as it says" in said
    rows = visits_of(bundle)
    for change, why in (
        (rows.assign(whose=["nobody", *rows["whose"][1:]]), "1 row of visits belongs to nobody"),
        (rows.iloc[1:], "more or fewer rows of visits than it says"),
    ):
        out = io.BytesIO()
        for _ in write_parquet([change], out):
            pass
        files = {**bundle.files, "children.parquet": out.getvalue()}
        with pytest.raises(BundleError, match=why):
            verify(passed_on(files))
    other = Bundle.read(io.BytesIO(reworded(bundle, "Stays", About(publisher="Me"))))
    assert verify(other) and other.files["children.csv"] == bundle.files["children.csv"]
    alone = {n: c for n, c in bundle.files.items() if not n.startswith("children")}
    with pytest.raises(BundleError, match="lacks its second table"):
        verify(passed_on(alone))


def test_a_second_table_that_promises_or_takes_something_else_is_refused(bundle):
    told = json.loads(bundle.files["children.json"])
    less = json.loads(bundle.files["children.json"])
    less["model"]["statement"]["ledger"].pop()
    for change, why in (
        (less, "promises something else|the model says something else"),
        (told | {"most": 4}, "do not belong together"),
        (told | {"key": "sex"}, "do not belong together"),
        (told | {"name": "stays"}, "promises something else"),
    ):
        with pytest.raises(BundleError, match=why):
            verify(passed_on({**bundle.files, "children.json": json.dumps(change).encode()}))


def test_the_mock_api_serves_the_rows_of_one_person(bundle):
    api = TestClient(service(bundle).app())
    person = api.get("/patients/1").json()
    mine = api.get("/patients/1/visits").json()
    assert len(mine) == person["number of visits"] > 0
    assert {r["whose"] for r in mine} == {person["patient"]}
    assert api.get("/patients/999999/visits").status_code == 404
    assert len(api.get("/patients/1/visits", params={"_per_page": 1}).json()) == 1
    assert "/patients/{id}/visits" in api.get("/openapi.json").json()["paths"]
    statements = files(resources(bundle), about(bundle))["data.sql"].decode()
    with sqlite3.connect(":memory:") as database:
        database.executescript(f"PRAGMA foreign_keys = ON; {statements}")
        with pytest.raises(sqlite3.IntegrityError):
            database.execute("DELETE FROM patients")


def test_a_recipe_with_a_second_table_says_all_of_it_again(bundle):
    recipe = read_recipe(RECIPE)
    assert read_recipe(recipe_text(recipe)) == recipe
    assert whole_text(read_recipe(whole_text(recipe))) == whole_text(recipe)
    assert "Second table" in [part.about for part in told(recipe)]
    handed = tomllib.loads(bundle.files["recipe.toml"].decode())["children"]
    assert handed["most"] == MOST and "file" not in handed and handed["usual"] == ["place"]
    assert "[children]" not in whole_text(Recipe()).replace("[children]", "", 1)
    with pytest.raises(RecipeError, match="sends one"):
        sendable(recipe)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ('[people]\ncolumn = "patient"\nrows = 2', "several rows"),
        ("", "which column of the first table names the person"),
        ('[people]\ncolumn = "patient"\n[method]\nname = "row_seeded"', "cannot draw rows"),
        ('[people]\ncolumn = "patient"\n[evaluate]\nholdout = 0.1', "know one table only"),
        ('[people]\ncolumn = "patient"\n[source]\nfile = "a.csv"\nstay = true', "stay"),
    ],
)
def test_what_two_tables_cannot_do_together_is_refused_before_a_row_is_read(lines, why):
    with pytest.raises(RecipeError, match=why):
        run(read_recipe(lines + '\n[children]\nkey = "whose"'), *(None,), children=two_tables()[1])


def test_no_file_is_read_for_a_table_that_was_handed_over(tmp_path):
    """A server runs recipes of others on tables that come with them."""
    (tmp_path / "visits.csv").write_text("whose,ward\nP00001,eye\n")
    recipe = read_recipe('[people]\ncolumn = "patient"\n[children]\nfile = "visits.csv"')
    with pytest.raises(RecipeError, match="it is not there"):
        run(recipe, two_tables()[0], folder=tmp_path)
    with pytest.raises(SchemaError, match="no column `patient`"):
        run(recipe, two_tables()[0], folder=tmp_path, children=tmp_path / "visits.csv")


def test_the_recipe_of_the_page_runs_on_the_command_line(tmp_path, monkeypatch):
    def typed(*words: object) -> str:
        answer = CliRunner().invoke(app, list(map(str, words)))
        assert answer.exit_code == 0, answer.output
        return answer.output

    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "linked-tables.md").read_text(encoding="utf-8")
    block = re.findall(r"^```toml\n(.*?)^```", page, re.M | re.S)[0]
    block = block.replace("sample_data", str(ROOT / "sample_data"))
    Path("recipe.toml").write_text(block + '[method]\nname = "tree"\n[release]\nrows = 200\n')
    assert "rows of admissions" in typed("run", "recipe.toml", "--dry")
    said = typed("run", "recipe.toml", "-o", "two.zip")
    assert "more than 4 rows of admissions" in said
    assert "The same of admissions, each beside its person" in said
    assert "200 synthetic rows, and admissions that belong to them, to" in said
    typed("sample", "two.zip", "-n", 40, "-o", "p.csv", "--children", "v.csv")
    people, rows = map(pd.read_csv, ("p.csv", "v.csv"))
    assert list(rows) == ["patient_id", "ward", "emergency"] and len(people) == 40
    assert rows["patient_id"].value_counts().sum() == people["number of admissions"].sum()
    assert set(rows["patient_id"]) <= set(people["patient_id"])


def test_whom_a_key_names_is_the_same_in_whatever_type_it_is_held():
    """Else two rows of one person would be two people, and their linked rows would be either's."""
    people = pd.DataFrame({"key": pd.Series([1, 1.0, 2, "x"], dtype=object), "a": list("pqrs")})
    schema = Schema((Column("a", Categories(tuple("pqrs"))),))
    private = PrivateTable(people, schema, Budget(math.inf), person="key")
    rows = pd.DataFrame({"key": [1.0, 1.0, 2.0, math.nan], "b": list("tuvw")})
    linked, left = LinkedRows(Came(rows), "key"), Audience.CUSTODIAN
    assert linked.figures.nameless == 1 and sorted(linked.figures.each) == [1, 2]
    both = Schema((Column("b", Categories(tuple("tuvw"))), schema["a"]))
    assert private.exact_size("a test", left) == 3
    made = private.transform(JoinLinked(linked, "key", 5, {"a": "a"}, both))
    assert made.exact_table(["b", "a"], "a test", left).sum() == 3


def test_the_real_table_is_counted_again_with_what_is_counted_of_the_second(bundle, tmp_path):
    places = tmp_path / "people.csv", tmp_path / "visits.csv"
    for frame, place in zip(two_tables(), places, strict=True):
        frame.to_csv(place, index=False)
    whom = People(column="patient")
    with pytest.raises(BundleError, match="--children"):
        as_released(bundle, places[0], whom)
    found = as_released(bundle, places[0], whom, places[1])
    assert {"number of visits", "usual place"} <= set(found.schema.names)
