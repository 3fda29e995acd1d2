"""What will they do with it: asked on Method, proposed by, and rehearsed without a row."""

from __future__ import annotations

import pytest

from synth.budget import Budget
from synth.ingest import load
from synth.runs import Recipe, read_recipe, run
from synth.runs.purpose import Use
from tests.people import DECLARED, some_people
from tests.ui.test_pages import ran, screen, words
from tests.waiting import until
from ui.shell.visitor import Made, Visitor

PURPOSE = '[purpose]\nuse = "tables"\ncrossings = [["city", "ill"]]\nrows = 1000\n'


@pytest.fixture
def planned() -> Visitor:
    who = Visitor()
    who.bring(load(some_people(), Budget(1.0)), "people")
    told = read_recipe(PURPOSE + DECLARED)
    who.recipe = Recipe(purpose=told.purpose, column=told.column)
    return who


def test_a_use_is_said_with_a_click(planned):
    planned.recipe = Recipe()
    app = screen("method", planned)
    app.button_group(key="purpose.use").set_value([Use.SOFTWARE]).run()
    assert "no row has to be read" in words(ran(app))
    assert planned.recipe.purpose.use == (Use.SOFTWARE,)


def test_what_the_rows_are_for_makes_no_run_an_earlier_one(planned):
    outcome = run(planned.wanted, some_people())
    planned.made = Made(planned.wanted, outcome.release.zipped(), outcome.comparison)
    planned.decide(purpose=planned.recipe.purpose.model_copy(update={"rows": 2000}))
    assert not planned.stale
    planned.decide(privacy=planned.recipe.privacy.model_copy(update={"epsilon": 2.0}))
    assert planned.stale


def test_a_proposal_is_taken_with_a_click_and_answers_are_rehearsed(planned):
    app = screen("method", planned)
    assert "Leave `age` out: nobody asks for it" in words(app)
    app.button(key="purpose.take.0").click().run()
    assert planned.recipe.protect == ({"step": "drop", "columns": ("age",)},)
    assert "Always measure city × ill together" in words(ran(app))
    app.button(key="purpose.take.0").click().run()
    assert planned.recipe.chosen.pinned == (("city", "ill"),)
    ran(app).button(key="purpose.try").click().run()
    until(lambda: all(w.finished.is_set() for w in planned.works.values()), "no rehearsal ended")
    assert "Counts by city and ill within ±" in words(ran(app.run()))
    app.button(key="purpose.more").click().run()
    until(lambda: all(w.finished.is_set() for w in planned.works.values()), "no ladder ended")
    ran(app.run())
    assert list(app.dataframe[0].value.columns) == ["answers", "ε = 1", "ε = 2", "ε = 4"]
    assert "**ε = 4** is above 1, which is usual here" in words(app)
    assert planned.entries == []
