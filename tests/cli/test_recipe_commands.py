"""A recipe in words and as a schema, what a run would cost, and figures for programs."""

import json
import tomllib

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from synth.cli import app
from synth.errors import RecipeError, SynthError
from synth.methods import all_methods
from synth.protect.steps.catalogue import STEPS
from synth.runs import Recipe, read_recipe, run
from synth.runs.recipe_file import whole_text
from synth.runs.recipe_schema import recipe_schema
from synth.runs.recipe_told import told
from tests.people import some_people


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    some_people().to_csv("people.csv", index=False)
    return tmp_path


@pytest.fixture(scope="module")
def checked() -> Draft202012Validator:
    Draft202012Validator.check_schema(recipe_schema())
    return Draft202012Validator(recipe_schema())


def synth(*words: str):
    return CliRunner().invoke(app, [str(w) for w in words], catch_exceptions=False)


@pytest.mark.parametrize("method", [m.name for m in all_methods()])
def test_the_schema_takes_every_whole_recipe_and_no_setting_of_another_method(method, checked):
    recipe = Recipe.model_validate({"method": {"name": method}})
    assert not list(checked.iter_errors(tomllib.loads(whole_text(recipe))))
    assert list(checked.iter_errors({"method": {"name": method, "nothing": 1}}))


WRONG = (
    "[privacy]\nepsilonn = 1",
    '[[protect]]\nstep = "band"\ncolumn = "age"',
    '[method]\nname = "nope"',
    "[release]\ncopies = 0",
    '[[column]]\nkind = "real"',
)


@pytest.mark.parametrize("wrong", WRONG)
def test_the_schema_and_the_reader_refuse_the_same(wrong, checked):
    with pytest.raises((RecipeError, SynthError), match=r"\w"):
        read_recipe(wrong)
    assert list(checked.iter_errors(tomllib.loads(wrong)))


def test_the_schema_knows_every_step():
    steps = recipe_schema()["properties"]["protect"]["items"]["properties"]["step"]
    assert steps["enum"] == [s.name for s in STEPS]


def test_a_recipe_is_told_in_words(folder):
    recipe = read_recipe(
        'rules = ["age decides city"]\n[people]\ncolumn = "id"\nrows = 3\n[privacy]\nepsilon = 2\n'
        '[[column]]\nname = "city"\nrole = "quasi-identifier"\nseen = true\n'
        '[[protect]]\nstep = "drop"\ncolumns = ["ill"]\n'
    )
    words = {part.about: " ".join(part.sentences) for part in told(recipe)}
    assert "id names the person; 3 rows" in words["People"]
    assert "no epsilon covers: city" in words["Columns"] and "age decides city" in words["Columns"]
    assert "ill" in words["De-identification"] and "epsilon 2" in words["Promise"]
    (folder / "r.toml").write_text(whole_text(recipe))
    assert "Settled after looking" in synth("explain", "r.toml").output
    for method in all_methods():
        assert told(Recipe.model_validate({"method": {"name": method.name}}))


def test_a_dry_run_says_what_it_would_cost_and_leaves_no_trace(folder):
    text = '[people]\npopulation = "w"\n[privacy]\nepsilon = 50\nledger = "kept"\ntotal = 300\n'
    (folder / "r.toml").write_text(f'[source]\nfile = "people.csv"\n{text}')
    before = sorted(folder.rglob("*"))
    dry = synth("run", "r.toml", "--dry", "-o", "out.zip")
    assert dry.exit_code == 0
    assert "epsilon 50" in dry.output and "open the account of w, of epsilon 300" in dry.output
    assert sorted(folder.rglob("*")) == before
    run(read_recipe((folder / "r.toml").read_text()), folder=folder)
    assert "1 release about w came to epsilon" in synth("run", "r.toml", "--dry").output
    (folder / "people.csv").unlink()
    gone = synth("run", "r.toml", "--dry")
    assert gone.exit_code == 2 and "There is no table `people.csv`" in gone.output


def test_what_programs_read_is_json_and_nothing_else(folder):
    (folder / "r.toml").write_text('[method]\nname = "independent"\n[privacy]\nepsilon = 5')
    assert synth("run", "r.toml", "--data", "people.csv", "-o", "out.zip").exit_code == 0
    found = json.loads(synth("verify", "out.zip", "--json").stdout)
    assert found["held"] and found["signed_by"] == ""
    found = json.loads(synth("risk", "people.csv", "--quasi", "city", "--json").stdout)
    assert found["known"] == ["city"] and found["rows"] == len(some_people())
    assert [a["attacker"] for a in found["attacks"]] == ["prosecutor", "journalist", "marketer"]
    found = json.loads(synth("methods", "--json").stdout)
    assert [m["name"] for m in found["methods"]] == [m.name for m in all_methods()]
    found = json.loads(synth("aggregate", "people.csv", "-o", "c.csv", "--json").stdout)
    assert found["files"] == ["c.csv", "c.json"]


def test_where_things_are_and_what_is_installed_is_told(folder, monkeypatch):
    monkeypatch.setenv("SYNTH_LEDGER", "/secret/place")
    output = synth("doctor").output
    assert "accounts and allowances are kept at a place that is not there yet" in output
    assert "SYNTH_LEDGER" in output and "/secret/place" not in output and "pandas" in output
    assert synth("init", "people.csv").exit_code == 0
    assert (folder / "recipe.toml").read_text().startswith("#:schema recipe.schema.json\n")
    assert synth("schema", "-o", "recipe.schema.json").exit_code == 0
    assert json.loads((folder / "recipe.schema.json").read_text()) == recipe_schema()
