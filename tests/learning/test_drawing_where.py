"""Rows that hold a condition: worked out on paper, and for any small network by adding all up."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.budget import Budget, Statement
from synth.errors import ConditionError
from synth.learning import drawing_where
from synth.learning.drawing_balanced import Balanced
from synth.learning.drawing_where import Conditioned
from synth.learning.inference import evidence
from synth.learning.mixture import Component
from synth.learning.network import Conditional, Network
from synth.learning.order_within import Order
from synth.learning.pool import Pool
from synth.learning.records import RecordModel
from synth.methods.mixture import MixtureModel
from synth.methods.twins import Twins
from synth.schema import Categories, Column, Numbers, Pattern, Role, Schema
from synth.schema.rules import rule_of
from synth.vault import Attributes, PrivateTable
from tests.people import SCHEMA, some_people

PAIR = Schema(
    (
        Column("id", Pattern("A-####"), role=Role.IDENTIFIER),
        Column("sex", Categories(("F", "M"))),
        Column("ill", Categories(("no", "yes"), missing=True)),
        Column("age", Numbers((0, 50, 100), decimals=0)),
    )
)
# F .2, M .8; no, yes, missing of F: .5 .25 .25, of M: .9 .1 0; old of these: .2 .6 1
NETWORK = Network(
    PAIR,
    Statement(),
    100,
    (
        Conditional("sex", (), np.array([0.2, 0.8])),
        Conditional("ill", ("sex",), np.array([[0.5, 0.25, 0.25], [0.9, 0.1, 0.0]])),
        Conditional("age", ("ill",), np.array([[0.8, 0.2], [0.4, 0.6], [0.0, 1.0]])),
    ),
)


def test_on_paper_the_condition_reaches_back_to_the_first_column():
    """P(ill) = .2 .25 + .8 .1 = .13; P(F | ill) = .05 / .13."""
    found = Conditioned.of(NETWORK, "ill = 'yes'").given
    assert found.share == pytest.approx(0.13)
    rows = Conditioned.of(NETWORK, "ill = 'yes'").rows(13_000, 1)
    assert set(rows["ill"]) == {"yes"} and len(rows) == 13_000
    assert (rows["sex"] == "F").sum() == pytest.approx(5000, abs=2)  # stratified within one
    assert (rows["age"] >= 50).mean() == pytest.approx(0.6, abs=0.001)
    assert rows["id"].is_unique


def test_on_paper_through_a_column_that_is_not_asked_about():
    """P(old | F) = .5 .2 + .25 .6 + .25 = .5, of M .9 .2 + .1 .6 = .24; P(F | old) = .1 / .292."""
    found = Conditioned.of(NETWORK, "age >= 50").given
    assert found.share == pytest.approx(0.292)
    rows = Conditioned.of(NETWORK, "age >= 50").rows(29_200, 2)
    assert (rows["sex"] == "F").sum() == pytest.approx(10_000, abs=2)
    assert rows["age"].min() == 50


def test_a_bound_within_an_interval_is_settled_by_leaving_rows_out():
    """Above 74 are half of the upper interval, so about half of 0.292."""
    meant = Conditioned.of(NETWORK, "age > 74")
    assert meant.given.share == pytest.approx(0.292)
    assert meant.expected() == pytest.approx(0.146, rel=0.1)
    rows = meant.rows(500, 3)
    assert len(rows) == 500 and rows["age"].min() >= 75
    assert (rows["sex"] == "F").mean() == pytest.approx(0.1 / 0.292, abs=0.1)  # 4 sigma and more


def test_balanced_rows_have_each_value_as_often_and_other_columns_as_they_go_with_it():
    """P(F | ill) = .05 / .13 and P(F | not ill) = .1 / .82; nobody ill is missing is asked for."""
    rows = Balanced(NETWORK, "ill").rows(10_001, 1)
    told = pd.crosstab(rows["ill"], rows["sex"])
    assert rows["ill"].value_counts().to_dict() == {"no": 5001, "yes": 5000}
    assert told.loc["yes", "F"] == pytest.approx(5000 * 0.05 / 0.13, abs=2)
    assert told.loc["no", "F"] == pytest.approx(5001 * 0.1 / 0.82, abs=2)
    assert rows["id"].is_unique and set(rows["ill"][:50]) == {"no", "yes"}
    old = Balanced(NETWORK, "ill", "age >= 50").rows(50, 1)
    assert old["age"].min() >= 50 and set(old["ill"].value_counts()) == {25}
    rules = (rule_of("sex is M when ill is no"),)
    assert set(Balanced(NETWORK, "ill", "", rules).rows(40, 1).query("ill == 'no'").sex) == {"M"}


@pytest.mark.parametrize(
    ("column", "where", "rules", "says"),
    [
        ("age", "", (), "no list of 2 to"),
        ("town", "", (), "no column `town`"),
        ("sex", "sex = 'F'", (), "fewer than two values"),
        ("sex", "", ("age is unique",), "beside the rule"),
    ],
)
def test_what_cannot_be_balanced_is_said(column, where, rules, says):
    with pytest.raises(ConditionError, match=says):
        Balanced(NETWORK, column, where, tuple(map(rule_of, rules))).rows(10, 1)


def test_no_missing_values_is_one_such_condition():
    meant = Conditioned.of(NETWORK, "no missing values")
    assert meant.given.share == pytest.approx(0.95)
    assert meant.rows(950, 1)["ill"].notna().all()
    both = Conditioned.of(NETWORK, "no missing values and sex = 'F'")
    assert both.given.share == pytest.approx(0.15)


def test_an_or_over_columns_is_drawn_from_what_it_leaves_free():
    rows = Conditioned.of(NETWORK, "sex = 'F' or ill = 'yes'").rows(2_800, 5)
    assert ((rows["sex"] == "F") | (rows["ill"] == "yes")).all()
    # P(F or ill) = .2 + .08; of these F: .2 / .28. Five standard deviations of 2,800 draws.
    assert (rows["sex"] == "F").mean() == pytest.approx(0.2 / 0.28, abs=0.043)


@pytest.mark.parametrize("text", ["sex = 'M' and ill is missing", "age < 50 and ill is missing"])
def test_what_cannot_be_is_a_sentence(text):
    with pytest.raises(ConditionError, match="its chance is 0"):
        Conditioned.of(NETWORK, text).rows(10, 1)


def test_bounds_that_no_value_is_between_are_a_sentence():
    for text in (
        "age > 99",
        "age >= 100",
        "age < 0",
        "age between 70 and 20",
        "sex = 'F' and sex = 'M'",
    ):
        with pytest.raises(ConditionError, match="its chance is 0"):
            Conditioned.of(NETWORK, text).rows(10, 1)
    with pytest.raises(ConditionError, match="0 hold the condition"):
        Conditioned.of(NETWORK, "age between 80 and 70").rows(10, 1)


def test_drawing_comes_to_an_end_where_too_few_hold_it(monkeypatch):
    monkeypatch.setattr(drawing_where, "MOST_DRAWN", 20_000)
    monkeypatch.setattr(drawing_where, "MOST_EACH", 10)
    low = Schema((Column("x", Numbers((0, 100_000), decimals=4)),))
    model = Network(low, Statement(), 9, (Conditional("x", (), np.array([1.0])),))
    meant = Conditioned.of(model, "x < 0.0002")
    with pytest.raises(ConditionError, match="too few for 500"):
        meant.rows(500, 1)
    assert "Fewer than 1 in 2,000 of" in meant.told(meant.expected())


def test_what_is_told_says_how_and_that_it_costs_nothing():
    meant = Conditioned.of(NETWORK, "ill = 'yes'")
    told = meant.told(meant.expected())
    assert "About 0.13 of the model's rows hold it; they are drawn by inference" in told
    assert "costs no privacy" in told


def test_the_same_seed_gives_the_same_rows():
    meant = Conditioned.of(NETWORK, "age > 74")
    pd.testing.assert_frame_equal(meant.rows(50, 7), meant.rows(50, 7))
    assert not meant.rows(50, 7).equals(meant.rows(50, 8))


# -- any small network -----------------------------------------------------------------------------


@st.composite
def networks(draw):
    """Up to five columns of two or three states, each with any of those before it as parents."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = [draw(st.integers(2, 3)) for _ in range(draw(st.integers(1, 5)))]
    steps, weights = [], {}
    for i, size in enumerate(sizes):
        parents = tuple(j for j in range(i) if draw(st.booleans()))
        shape = [*(sizes[j] for j in parents), size]
        table = rng.integers(0, 4, shape) + 0.0
        table[..., 0] += table.sum(axis=-1) == 0
        table /= table.sum(axis=-1, keepdims=True)
        steps.append((str(i), tuple(map(str, parents)), table))
        if draw(st.booleans()):
            weights[str(i)] = rng.integers(0, 2, size) + 0.0
    return sizes, steps, weights


def joint(sizes, steps, weights=None):
    """The chance of every row, each multiplied up by itself."""
    found = np.zeros(sizes)
    for row in itertools.product(*map(range, sizes)):
        chance = 1.0
        for column, parents, table in steps:
            chance *= table[tuple(row[int(p)] for p in parents)][row[int(column)]]
            chance *= (
                1.0
                if weights is None or column not in weights
                else weights[column][row[int(column)]]
            )
        found[row] = chance
    return found


@settings(max_examples=60, deadline=None)
@given(networks())
def test_any_small_network_given_anything_is_what_adding_all_up_gives(made):
    sizes, steps, weights = made
    due = joint(sizes, steps, weights)
    found, chance = evidence.given(steps, weights)
    assert chance == pytest.approx(due.sum(), abs=1e-12)
    if due.sum():
        np.testing.assert_allclose(joint(sizes, found), due / due.sum(), atol=1e-12)
    else:
        assert found == []


def test_a_network_whose_tables_would_grow_too_large_is_drawn_from_by_leaving_out(monkeypatch):
    monkeypatch.setattr(evidence, "MOST_CELLS", 2)
    meant = Conditioned.of(NETWORK, "age >= 50")
    assert meant.given.model is NETWORK
    rows = meant.rows(400, 3)
    assert len(rows) == 400 and rows["age"].min() >= 50


# -- other models ----------------------------------------------------------------------------------


def test_states_within_groups_are_weighed_exactly():
    """sex in one group with itself; ill: no alone, yes and missing in a group at 3 to 1."""
    steps = (
        Conditional("sex", (), np.array([0.5, 0.5])),
        Conditional("ill", ("sex",), np.array([[0.2, 0.8], [0.6, 0.4]])),
        Conditional("age", (), np.array([0.5, 0.5])),
    )
    splits = {"ill": np.array([[1.0, 0, 0], [0, 0.75, 0.25]])}
    model = Network(PAIR, Statement(), 9, steps, splits)
    meant = Conditioned.of(model, "ill is missing")
    assert meant.given.share == pytest.approx(0.5 * 0.8 / 4 + 0.5 * 0.4 / 4)
    rows = meant.rows(3000, 1)
    assert rows["ill"].isna().all()
    assert (rows["sex"] == "F").sum() == pytest.approx(2000, abs=2)


def test_where_an_order_was_learnt_rows_are_left_out_while_many_hold_it():
    order = Order.of({"age": np.array([0.5, 1.0])}, np.eye(1))
    schema = Schema((Column("age", Numbers((0, 25, 50, 75, 100), decimals=0)),))
    steps = (Conditional("age", (), np.array([0.999, 0.001])),)
    splits = {"age": np.array([[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]])}
    model = Network(schema, Statement(), 9, steps, splits, order)
    often = Conditioned.of(model, "age < 50")
    assert often.given.model is model and often.given.exact
    seldom = Conditioned.of(model, "age >= 75")
    assert seldom.given.model is not model and not seldom.given.exact
    assert seldom.rows(300, 1)["age"].min() >= 75


def test_hidden_groups_are_weighed_by_how_well_they_fit():
    """P(F | group) .9 and .1, groups .25 and .75: P(F) = .3, and of the first group .225 / .3."""
    schema = PAIR.without(["id", "age"])
    components = (
        Component("sex", "categorical", (), np.array([[0.9, 0.1], [0.1, 0.9]])),
        Component("ill", "categorical", (), np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])),
    )
    model = MixtureModel(schema, Statement(), 9, np.array([0.25, 0.75]), components)
    meant = Conditioned.of(model, "sex = 'F'")
    assert meant.given.share == pytest.approx(0.3)
    rows = meant.rows(4000, 1)
    assert (rows["ill"] == "yes").sum() == pytest.approx(3000, abs=2)
    assert set(rows["sex"]) == {"F"}


def test_records_and_pools_give_those_that_hold_it():
    schema = Schema((Column("city", Categories(("Oslo", "Rome"), missing=True)),))
    names = (Attributes("city", ("Oslo", "Rome", None)),)
    records = RecordModel(schema, Statement(), 3, names, np.array([[0], [1], [-1]], np.int32))
    pool = Pool(schema, Statement(), 3, {"city": np.array([0, 1, 2], np.uint8)})
    for model in (records, pool):
        meant = Conditioned.of(model, "city is not missing and city <> 'Rome'")
        assert meant.given.share == pytest.approx(1 / 3)
        assert set(meant.rows(30, 1)["city"]) == {"Oslo"}
        assert Conditioned.of(model, "city is missing").rows(9, 1)["city"].isna().all()


def test_rows_of_a_replicate_stay_together(monkeypatch):
    private = PrivateTable(some_people(), SCHEMA, Budget(1.0))
    model = Twins().fit(private, private.ledger.left)
    meant = Conditioned.of(model, "city = 'Rome'")
    calls = []
    drawn = type(model).sample
    monkeypatch.setattr(type(model), "sample", lambda *a: calls.append(a[1]) or drawn(*a))
    rows = meant.rows(3000, 1)
    assert set(rows["city"]) == {"Rome"} and len(rows) == 3000
    assert calls[-1] >= 3000


# -- with rules ------------------------------------------------------------------------------------


def test_rules_are_kept_as_well():
    rules = (rule_of("ill is yes when sex is F"),)
    rows = Conditioned.of(NETWORK, "sex = 'F'", rules).rows(300, 1)
    assert set(rows["sex"]) == {"F"} and set(rows["ill"].dropna()) == {"yes"}


def test_a_function_is_that_of_all_rows_not_of_those_that_hold_the_condition():
    """Nearly all of M are well, so `sex decides ill` leaves no ill man to be drawn."""
    steps = (
        Conditional("sex", (), np.array([0.5, 0.5])),
        Conditional("ill", ("sex",), np.array([[0.0, 1.0, 0.0], [0.99, 0.01, 0.0]])),
        Conditional("age", (), np.array([0.5, 0.5])),
    )
    model = Network(PAIR, Statement(), 9, steps)
    rows = Conditioned.of(model, "ill = 'yes'", (rule_of("sex decides ill"),)).rows(200, 1)
    assert set(rows["sex"]) == {"F"}


def test_a_total_is_held_against_the_condition_after_it_was_added_up():
    names = ("a", "b", "total")
    schema = Schema(tuple(Column(n, Numbers((0, 10, 20, 41), decimals=0)) for n in names))
    steps = tuple(Conditional(n, (), np.array([0.5, 0.5, 0.0])) for n in names)
    model = Network(schema, Statement(), 9, steps)
    rows = Conditioned.of(model, "total > 30", (rule_of("total = a + b"),)).rows(100, 1)
    assert (rows["total"] == rows["a"] + rows["b"]).all() and rows["total"].min() > 30
