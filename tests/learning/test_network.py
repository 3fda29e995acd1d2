import numpy as np
import pytest

from synth.errors import BundleError, SynthError
from synth.learning.grouping import grouped
from synth.learning.network import Conditional, drawn, normalised, restored_splits
from synth.methods import model_of
from synth.methods.random import Random
from synth.schema import Categories, Numbers
from tests.people import SCHEMA


def test_draws_are_stratified_within_one_row(rng):
    chances = np.array([0.5, 0.3, 0.2])
    codes = drawn([Conditional("a", (), chances)], 1000, rng)["a"]
    assert np.abs(np.bincount(codes) - 1000 * chances).max() <= 1


def test_a_child_follows_its_parent(rng):
    steps = [
        Conditional("a", (), np.array([0.5, 0.5])),
        Conditional("b", ("a",), np.array([[0.9, 0.1], [0.2, 0.8]])),
    ]
    codes = drawn(steps, 10_000, rng)
    share = [(codes["b"][codes["a"] == a] == 1).mean() for a in (0, 1)]
    assert share == pytest.approx([0.1, 0.8], abs=0.001)


def test_two_children_of_one_parent_are_independent_given_it(rng):
    """Ranks by row order, in another library, sorted the children of one parent alike."""
    half = np.array([[0.5, 0.5], [0.5, 0.5]])
    steps = [
        Conditional("a", (), np.array([0.5, 0.5])),
        Conditional("b", ("a",), half),
        Conditional("c", ("a",), half),
    ]
    codes = drawn(steps, 20_000, rng)
    assert (codes["b"] == codes["c"]).mean() == pytest.approx(0.5, abs=0.02)


def test_chances_that_are_nought_are_never_drawn(rng):
    steps = [
        Conditional("a", (), np.array([0.0, 1.0, 0.0])),
        Conditional("b", ("a",), np.array([[1.0, 0], [0.0, 1.0], [1.0, 0]])),
    ]
    codes = drawn(steps, 5000, rng)
    assert set(codes["a"]) == {1}
    assert set(codes["b"]) == {1}


def test_an_empty_row_of_a_table_takes_the_prior():
    table = normalised(np.array([[0.0, 0.0], [1.0, 3.0]]), np.array([1.0, 1.0]))
    assert table.tolist() == [[0.5, 0.5], [0.25, 0.75]]


@pytest.mark.parametrize(
    "harm",
    [
        lambda c: c.update(table=c["table"][:-1]),
        lambda c: c.update(table=[float("nan")] * len(c["table"])),
        lambda c: c.update(table=[-1.0] * len(c["table"])),
        lambda c: c.update(parents=["nobody"]),
        lambda c: c.pop("column"),
        lambda c: c.update(table=[2 * x for x in c["table"]]),
    ],
    ids=["short", "not a number", "negative", "unknown parent", "no column", "more than 1"],
)
def test_a_damaged_model_is_refused(harm, private):
    document = Random().fit(private, private.ledger.left).document()
    harm(document["parameters"]["conditionals"][0])
    with pytest.raises(BundleError, match=r"damaged|does not fit|sum to 1"):
        model_of(document)


@pytest.mark.parametrize(
    "told", [{"city": [[0.123, 0, 0, 0]]}, {"share of Oslo": [[1.0]]}, {"city": [[1.0]]}]
)
def test_nothing_but_chances_of_its_own_columns_is_read_as_how_a_group_is_split(told):
    with pytest.raises(SynthError):
        restored_splits(SCHEMA, told)


def test_rare_values_are_gathered_and_spread_again():
    domain = Categories(("a", "b", "c", "d"))
    found = grouped(domain, np.array([500.0, 3.0, 400.0, 1.0]), least=20, most=10)
    assert found.groups == (0, 2, 1, 2)
    assert found.added(np.array([5.0, 3.0, 4.0, 1.0])).tolist() == [5, 4, 4]
    spread = found.spread(np.array([5.0, 3.0, 4.0, 1.0]))
    assert spread[2].tolist() == pytest.approx([0, 0.75, 0, 0.25], abs=1e-6)


def test_intervals_are_joined_with_their_neighbours_and_missing_stays_apart():
    domain = Numbers(tuple(range(7)), missing=True)
    counts = np.array([5.0, 5, 90, 5, 5, 90, 2])
    found = grouped(domain, counts, least=50, most=10)
    assert found.groups == (0, 0, 0, 1, 1, 1, 2)
