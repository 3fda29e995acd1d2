"""Where a release is looked at by the custodian, its verdicts stand; nowhere else."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from synth.budget import Budget
from synth.cli import app as commands
from synth.evaluate import Fate, charts, verdicts
from synth.evaluate.verdict import Verdict
from synth.ingest import load
from synth.runs import Outcome, Recipe, read_recipe, run
from synth.runs.recipe import MethodPart, Privacy
from synth.runs.recipe_file import recipe_text
from tests.people import DECLARED, some_people
from tests.ui.test_pages import ran, screen, words
from ui.shell.visitor import Made, Visitor

ROOT = Path(__file__).parents[2]
RECIPE = Recipe(method=MethodPart(name="independent"))


@pytest.fixture(scope="module")
def clubs() -> pd.DataFrame:
    """People in 300 clubs, ten in each: no club can be told under a promise."""
    people = some_people(3000)
    return people.assign(club=[f"Club {i % 300}" for i in range(len(people))])


@pytest.fixture(scope="module")
def outcome(clubs) -> Outcome:
    return run(RECIPE, clubs)


@pytest.fixture
def who(clubs, outcome) -> Visitor:
    found = Visitor(loaded=load(clubs, Budget(1.0)), recipe=RECIPE)
    found.made = Made(RECIPE, outcome.release.zipped(), outcome.comparison)
    found.runs = [found.made.trial, replace(found.made.trial)]
    return found


def of(name: str, told: tuple[Verdict, ...]) -> Verdict:
    return next(v for v in told if v.column == name)


def test_a_run_ends_with_a_verdict_on_each_column(outcome):
    told = outcome.verdicts
    assert {v.column for v in told} == {"city", "age", "ill", "club"}
    assert told[0].column == "club"
    assert told[0].fate is Fate.LOST
    assert of("city", told).fate is Fate.KEPT


def test_a_column_that_was_taken_for_the_numbers_of_people_is_lost():
    people = some_people()
    twice = people.assign(club=[f"Club {i % 200}" for i in range(len(people))])
    told = of("club", run(RECIPE, twice).verdicts)
    assert told.fate is Fate.LOST
    assert "made anew" in told.words


def test_a_lost_column_waits_for_a_word_before_it_leaves(who):
    app = screen("release", who)
    assert app.title[0].value == "Not yet ready to leave"
    assert "`club`: nothing survives" in words(app)
    assert "leave it out" in words(app)
    assert [b.proto.disabled for b in app.get("download_button")] == [True, False]
    app.text_input[0].input("clubs are not needed")
    next(b for b in app.button if b.label == "Let it leave").click().run()
    assert ran(app).title[0].value == "Ready to leave"
    assert "clubs are not needed" in words(app)
    assert [b.proto.disabled for b in app.get("download_button")] == [False, False]


def test_the_page_for_recipients_waits_for_the_same_word(who):
    assert "see the Release screen first" in words(screen("showcase", who))


def test_where_nothing_is_lost_nothing_waits(who):
    people = some_people()
    declared = read_recipe(DECLARED).column
    more = {"column": declared, "privacy": Privacy(epsilon=20.0)}
    made = run(RECIPE.model_copy(update=more), people)
    assert Fate.LOST not in {v.fate for v in made.verdicts}
    who.loaded, who.made = (
        load(people, Budget(1.0)),
        Made(RECIPE, made.release.zipped(), made.comparison),
    )
    app = screen("release", who)
    assert app.title[0].value == "Ready to leave"
    assert not [b for b in app.button if b.label == "Let it leave"]


def test_the_method_screen_foretells_what_is_likely_lost(who):
    told = words(screen("method", who))
    assert "guessed from what stands on Columns" in told
    assert "`club`: a value takes about" in told


def test_compare_begins_with_the_verdicts(who):
    shown = [str(m.value) for m in screen("compare", who).markdown]
    first = next(i for i, text in enumerate(shown) if "**lost**" in text)
    assert shown[first].startswith("- **lost** `club`: nothing survives")
    assert "kept:** `" in shown[first + 1]
    assert "total variation distance" in shown[first + 2]


def test_runs_side_by_side_count_fates(outcome):
    pair = [("one", outcome.comparison), ("two", outcome.comparison)]
    frame = charts.runs_frame(pair)
    assert frame["lost"].tolist() == [1, 1]
    fates = charts.fates_frame(pair).set_index("column")
    assert fates.loc["club"].tolist() == ["lost", "lost"]


def test_the_last_lines_of_a_run_name_what_is_lost(tmp_path, clubs):
    clubs.to_csv(tmp_path / "people.csv", index=False)
    source = RECIPE.source.model_copy(update={"file": "people.csv"})
    recipe = RECIPE.model_copy(update={"source": source})
    (tmp_path / "recipe.toml").write_text(recipe_text(recipe))
    asked = ["run", str(tmp_path / "recipe.toml"), "-o", str(tmp_path / "out.zip")]
    said = CliRunner().invoke(commands, asked, catch_exceptions=False).output
    assert "What became of the columns, for you, not for the recipients: 1 lost, " in said
    assert "  lost    club: nothing survives" in said
    assert "Club 1" not in said


def test_no_verdict_enters_a_bundle(outcome):
    told = verdicts(outcome.comparison)
    with zipfile.ZipFile(io.BytesIO(outcome.release.zipped())) as bundle:
        files = {name: bundle.read(name) for name in bundle.namelist()}
    unsaid = [v.words.encode() for v in told] + [b"verdict", b"survives", b"made up", b"elsewhere"]
    for name, content in files.items():
        assert not [u for u in unsaid if u in content.lower()], name


def test_what_leaves_does_not_know_of_verdicts():
    for room in ("release", "api"):
        for path in (ROOT / "synth" / room).rglob("*.py"):
            assert "verdict" not in path.read_text().lower(), path
