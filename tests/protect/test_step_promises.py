"""What steps make of declarations and promises, in a recipe and in words."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth.budget import Audience, Budget, Opened
from synth.budget.guarantee import NoGuarantee
from synth.errors import StepError
from synth.ingest import load
from synth.protect.advice import advise, stories
from synth.protect.lattice import steps_for, usual_ladder
from synth.protect.risk import classes_of
from synth.protect.steps import Shelf, after_steps, protect, steps_of
from synth.protect.steps.columns import Drop
from synth.protect.steps.dates import Truncate
from synth.protect.steps.learnt import GroupRare, Quantiles
from synth.protect.steps.numbers import Band, Round
from synth.protect.steps.rows import Suppress
from synth.protect.steps.text import Mask
from synth.runs import read_recipe, run
from synth.runs.running import deidentified
from synth.schema import Categories, Column, Dates, Kind, Numbers, Origin, Role, Schema
from synth.vault import PrivateTable
from tests.people import DECLARED
from tests.protect.test_steps import VISITS, values

SAMPLE_DATA = Path(__file__).parents[2] / "sample_data"


# -- what is declared ----------------------------------------------------------------------------


def test_bands_of_a_declared_range_are_exactly_those_it_can_reach():
    ages = Column("age", Numbers((0.0, 60.0, 121.0), decimals=0), Kind.INTEGER)
    domain = Band("age", edges=(0, 18, 65, 200)).declare(Schema((ages,)))["age"].domain
    assert domain == Categories(("0-17", "18-64", "65-199"))


def test_rounding_a_declared_range_gives_declared_values():
    ages = Column("age", Numbers((0.0, 21.0), decimals=0), Kind.INTEGER)
    domain = Round("age", to=10).declare(Schema((ages,)))["age"].domain
    assert domain.values == ("0", "10", "20")


def test_months_of_declared_dates_are_declared():
    edges = (pd.Timestamp("2019-01-30").timestamp(), pd.Timestamp("2019-03-02").timestamp())
    seen = Column("seen", Dates(edges), Kind.DATE)
    domain = Truncate("seen", to="month").declare(Schema((seen,)))["seen"].domain
    assert domain.values == ("2019-01", "2019-02", "2019-03")


def test_a_value_list_read_off_the_rows_stays_that_after_a_step():
    loaded = load(VISITS.astype("category"), Budget(1.0))
    made = after_steps(loaded, protect(loaded, (), [Mask("code", first=1)])[-1], ())
    assert made.private.schema["code"].domain.origin is Origin.OBSERVED
    assert "E**" in made.private.schema["code"].domain.values


def test_what_the_file_tells_of_its_marks_outlives_the_steps():
    """`1,234` was read as 1.234 by the look at a file of semicolons, and as 1234 by every run."""
    loaded = load(io.BytesIO(b"a;b\n1,234;2\n7,100;3\n"), Budget(1.0))
    assert after_steps(loaded, protect(loaded, (), [])[-1], ()).written == loaded.written
    assert loaded.written.delimiter == ";"


# -- steps that look at the rows -----------------------------------------------------------------


def test_bands_of_equal_size_hold_as_many_rows_each(private):
    step = Quantiles("age", bands=4).settled(private, Audience.CUSTODIAN)
    ages = private.open_rows("test", Audience.CUSTODIAN)
    counts = pd.Series(values(step, ages)).value_counts()
    assert len(counts) == 4
    assert counts.max() - counts.min() < 30


def test_rare_values_become_one_word(private):
    frame = pd.DataFrame({"x": ["a"] * 30 + ["b"] * 3 + ["c"]}).astype("category")
    loaded = load(frame, Budget(1.0))
    last = protect(loaded, (), [GroupRare("x", fewer_than=10)])[-1]
    made = last.private.open_rows("test", Audience.CUSTODIAN)["x"]
    assert made.value_counts().to_dict() == {"a": 30, "Other": 4}


def test_a_look_that_is_paid_for_keeps_the_promise(silent):
    step = Quantiles("age", bands=2, share=0.1)
    settled = step.settled(silent, Audience.RELEASE)
    assert settled.edges == (0, 60)
    assert silent.ledger.spent == pytest.approx(0.1 * silent.ledger.budget.rho)
    assert silent.statement().formal


def test_a_look_that_is_not_paid_for_ends_the_promise(private):
    Quantiles("age").settled(private, Audience.RELEASE)
    assert not private.statement().formal
    assert "band edges were read off the rows" in str(private.statement())


def test_a_preview_ends_nothing(private):
    Quantiles("age", share=0.5).settled(private, Audience.CUSTODIAN)
    private.transform(Suppress(("city", "age"), k=2), Audience.CUSTODIAN)
    assert private.ledger.spent == 0
    assert private.statement().formal


def test_suppression_for_a_release_ends_the_promise(private):
    private.transform(Suppress(("city", "age"), k=2))
    assert any(
        isinstance(e, Opened) and e.audience is Audience.RELEASE for e in private.ledger.entries
    )
    assert not private.statement().formal


# -- recipes -------------------------------------------------------------------------------------

FORMAL = f"""
{DECLARED}[method]
name = "independent"
[[protect]]
"""


def test_a_formal_promise_survives_steps_with_public_parameters(people):
    text = FORMAL + 'step = "band"\ncolumn = "age"\nedges = [0, 18, 65]\n'
    made = run(read_recipe(text), people).release
    assert made.statement.formal
    assert set(made.tables[0]["age"].dropna()) <= {"0-17", "18-64", "65+"}


def test_a_step_that_would_end_a_promise_is_refused_with_the_way_out(people):
    text = FORMAL + 'step = "suppress"\ncolumns = ["city", "age"]\nk = 3\n'
    with pytest.raises(StepError, match=r"depends on other rows.*set epsilon to inf"):
        run(read_recipe(text), people)


def test_a_step_that_looks_at_rows_ends_no_promise_where_values_are_found_under_the_budget():
    recipe = read_recipe((SAMPLE_DATA / "tutorial.toml").read_text())
    steps = (*recipe.protect, {"step": "suppress", "columns": ["Gender"], "k": 3})
    with pytest.raises(StepError, match="noise protects rare people too"):
        run(recipe.model_copy(update={"protect": steps}), folder=SAMPLE_DATA)


def test_what_was_proposed_after_looking_ends_a_formal_promise_and_is_told(people):
    """Edges that begin at the smallest age of the table went out as the custodian's knowledge."""
    loaded = load(people, Budget(1.0))
    found = advise(protect(loaded, (), []), ("age", "city"))
    codes = loaded.private.exact_codes(("age", "city"), "test", Audience.CUSTODIAN)
    ladders = [usual_ladder(c, Kind.INTEGER, 5) for c in codes]
    searched = steps_for(ladders, (1, 0), 5, 1)
    proposed = [*(a.steps[-1] for a in found), *searched]
    assert {s.name for s in proposed} > {"band", "drop"}
    assert all(step.seen for step in proposed)
    banded = next(s for s in proposed if s.name == "band")
    recipe = read_recipe(FORMAL.replace("[[protect]]", "[privacy]\nepsilon = 20"))
    recipe = recipe.model_copy(update={"protect": (banded.document(),)})
    label = run(recipe, people).release.statement.guarantee
    assert isinstance(label, NoGuarantee)
    assert "chosen after looking" in label.plain


def test_a_coarser_version_of_an_own_step_was_chosen_after_looking(people):
    stages = protect(load(people, Budget(1.0)), (), [Band("age", edges=(0, 18, 40, 65))])
    wider = next(a for a in advise(stages, ("age",)) if a.words.startswith("widen"))
    assert [step.seen for step in wider.steps] == [True]


def test_the_same_step_paid_for_is_accepted(people):
    text = FORMAL + 'step = "quantiles"\ncolumn = "age"\nbands = 3\nshare = 0.1\n'
    made = run(read_recipe(text), people).release
    assert made.statement.formal
    assert made.statement.guarantee.epsilon <= 1.0


def test_a_column_made_by_a_step_can_be_declared(people):
    text = (
        '[[column]]\nname = "decade"\nvalues = ["1", "2"]\n'
        '[[protect]]\nstep = "mask"\ncolumn = "city"\nfirst = 1\ninto = "decade"\n'
    )
    loaded = load(people, Budget(1.0))
    made = deidentified(read_recipe(text), loaded, Shelf())
    assert made.private.schema["decade"].domain.values == ("1", "2")


def test_the_person_column_has_to_stay(people):
    people["who"] = np.arange(400) // 2
    loaded = load(people, Budget(1.0, rows_per_person=2), person="who")
    with pytest.raises(StepError, match=r"Step 1 \(drop columns\): `who` tells whose row it is"):
        protect(loaded, (), [Drop(("who",))])


def tutorial(audience=Audience.CUSTODIAN):
    recipe = read_recipe((SAMPLE_DATA / "tutorial.toml").read_text())
    loaded = load(SAMPLE_DATA / recipe.source.file, recipe.budget)
    steps = steps_of(recipe.protect, Shelf(SAMPLE_DATA))
    return protect(loaded, recipe.column, steps, audience)


def test_the_tutorial_leaves_most_visits_unique():
    stages = tutorial()
    shares = []
    for stage in stages:
        names = [c.name for c in stage.private.schema if c.role is Role.QUASI]
        columns = stage.private.exact_codes(names, "test", Audience.CUSTODIAN)
        shares.append(classes_of(columns, stage.rows).unique_share)
    assert shares[0] == 1.0
    assert shares[-1] == pytest.approx(0.789, abs=0.001)
    assert shares == sorted(shares, reverse=True)
    assert [s.left for s in stages if s.left] == [114]
    assert [s.emptied for s in stages if s.emptied] == [34, 34]


def test_the_tutorial_runs_to_a_release(tmp_path):
    recipe = read_recipe((SAMPLE_DATA / "tutorial.toml").read_text())
    made = run(recipe, folder=SAMPLE_DATA).release
    assert set(made.tables[0]["Age Band"].dropna()) <= {
        "0-17", "18-24", "25-44", "45-64", "65-84", "85+",
    }  # fmt: skip
    assert "Postcode" not in made.tables[0]


# -- stories and advice --------------------------------------------------------------------------


def test_a_story_counts_the_people_it_is_about():
    frame = pd.DataFrame({"age": ["85+"] * 3 + ["18-24"] * 40, "town": ["K"] * 43})
    loaded = load(frame.astype("category"), Budget(1.0))
    columns = loaded.private.exact_codes(("age", "town"), "test", Audience.CUSTODIAN)
    assert [str(s) for s in stories(columns)] == ["3 people are the only ones with age 85+"]


def test_advice_widens_the_bands_that_are_there_and_says_what_comes_of_it():
    stages = tutorial()
    known = [c.name for c in stages[-1].private.schema if c.role is Role.QUASI]
    found = {a.words: a for a in advise(stages, known)}
    wider = found["widen the bands of Age Band"]
    assert wider.unique < 0.70
    assert len(wider.steps) == len(stages) - 1
    assert not wider.loses
    assert found["drop Gender"].loses


def test_what_no_change_touches_is_looked_at_once(monkeypatch):
    """Of 400 columns each of some thousand changes had all of them coded again: three minutes."""
    frame = pd.DataFrame({f"c{i}": [str((i + row) % 3) for row in range(9)] for i in range(20)})
    stages, look, coded = protect(load(frame, Budget(1.0)), (), []), PrivateTable.exact_codes, []

    def counted(self, names, *told):
        coded.extend(names)
        return look(self, names, *told)

    monkeypatch.setattr(PrivateTable, "exact_codes", counted)
    assert len(advise(stages, list(frame))) == 20
    assert len(coded) <= 3 * 20


def test_a_change_that_changes_nothing_is_not_offered():
    """The day of a date without a time was offered to whoever stood out."""
    days = pd.date_range("2019-04-01", periods=28).strftime("%Y-%m-%d")
    frame = pd.DataFrame({"born": list(days) * 3, "town": ["Bath", "York", "Ely"] * 28})
    found = advise(protect(load(frame.astype("category"), Budget(1.0)), (), []), ("born", "town"))
    assert {a.words for a in found if a.column == "born"} == {"drop born"}
