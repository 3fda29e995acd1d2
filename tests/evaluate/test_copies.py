"""Rows that are copies, counted beside what chance alone would make."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.budget import Audience, Budget
from synth.evaluate import Comparison
from synth.evaluate.copies import copies, counted
from synth.ingest import load
from synth.runs import Recipe, run
from synth.runs.recipe import MethodPart
from synth.schema import Column, Kind, Numbers, Schema
from synth.vault import PrivateTable
from tests.people import some_people
from tests.ui.test_pages import ran, screen, words
from ui.shell.visitor import Made, Visitor


def numbers(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.uint64)


def test_four_rows_worked_out_on_paper():
    found = counted(numbers(1, 2, 2, 3), numbers(1, 1, 2, 9))
    assert (found.rows, found.copied, found.singled) == (4, 3, 2)
    assert found.fresh == 0.5  # two of four have nobody like them
    assert found.fresh_singled == 0.5  # twice the one pair, of four


@given(st.lists(st.integers(0, 9), max_size=30), st.lists(st.integers(0, 9), min_size=1))
def test_counting_agrees_with_the_slow_way(real, made):
    found = counted(numbers(*real), numbers(*made))
    assert found.copied == sum(m in real for m in made)
    assert found.singled == sum(real.count(m) == 1 for m in made)


def test_what_chance_would_make_is_what_a_holdout_makes(rng):
    people = rng.geometric(0.01, 20_000).astype(np.uint64)
    found = counted(people[:10_000], people[10_000:])
    assert found.copied / found.rows == pytest.approx(found.fresh, abs=0.01)
    assert found.singled / found.rows == pytest.approx(found.fresh_singled, abs=0.01)
    assert not found.too_many


def test_given_back_rows_are_too_many(rng):
    people = rng.integers(0, 100_000, 5_000).astype(np.uint64)
    assert counted(people, people[rng.integers(0, 5_000, 1_000)]).too_many


def test_the_states_of_the_schema_decide_what_is_equal():
    schema = Schema((Column("age", Numbers((0, 50, 101), decimals=0), Kind.INTEGER),))
    private = PrivateTable(pd.DataFrame({"age": [10, 20, 70]}), schema, Budget(1.0))
    private.open_rows("as a method does", Audience.RELEASE)
    found = copies(private, pd.DataFrame({"age": [30, 60]}))
    assert (found.copied, found.singled) == (2, 1)


def test_only_a_method_that_saw_the_rows_is_asked_about_copies(private):
    assert copies(private, some_people(10)) is None
    private.open_rows("a look", Audience.CUSTODIAN)
    assert copies(private, some_people(10)) is None


def test_a_comparison_with_copies_survives_being_sent():
    told = run(Recipe(method=MethodPart(name="kde")), some_people()).comparison
    assert told.copies.rows > 0
    assert Comparison.of(told.document()) == told


def made_by(method: str, **settings) -> Visitor:
    """A visitor whose table has few people like each other, and what a method made of it."""
    people = some_people(300).assign(income=np.random.default_rng(1).integers(0, 10**6, 300))
    recipe = Recipe(method=MethodPart.model_validate({"name": method, **settings}))
    outcome = run(recipe, people)
    who = Visitor(loaded=load(people, Budget(1.0)), recipe=recipe)
    who.made = Made(recipe, outcome.release.zipped(), outcome.comparison)
    return who


def buttons(app) -> list[bool]:
    return [b.proto.disabled for b in app.get("download_button")]


def test_rows_that_are_copies_leave_only_after_somebody_agreed():
    who = made_by("sequential")
    assert who.made.comparison.copies.too_many
    app = screen("release", who)
    assert "gives real rows back" in words(app)
    assert buttons(app) == [True, False]  # the release; the recipe holds no rows
    why = next(t for t in app.text_input if "Copies" in t.label)
    why.input("they agreed to it")
    form = why.form_id
    next(b for b in app.button if b.form_id == form).click().run()
    assert buttons(ran(app)) == [False, False]


def test_the_page_for_recipients_waits_for_the_same_word():
    app = screen("showcase", made_by("sequential"))
    assert "see the Release screen first" in words(app)
    assert buttons(app) == [True]


def test_where_there_are_no_more_than_by_chance_it_is_said_and_nothing_waits():
    app = screen("release", made_by("kde"))
    assert "no more than chance" in words(app)
    assert buttons(app) == [False, False]


def test_a_method_with_a_promise_says_nothing_of_copies():
    app = screen("release", made_by("independent"))
    assert "equal a real row" not in words(app)
