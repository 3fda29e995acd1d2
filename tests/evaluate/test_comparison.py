"""Four-row tables whose results can be worked out on paper."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from synth.budget import Budget
from synth.evaluate import Comparison, compare
from synth.evaluate.comparison import fresh_distance, normalised_information, total_variation
from synth.schema import Categories, Column, Schema
from synth.vault import PrivateTable

REAL = pd.DataFrame({"a": ["x", "x", "y", "y"], "b": ["p", "p", "q", "q"]})
FAKE = pd.DataFrame({"a": ["x", "x", "x", "y"], "b": ["p", "q", "p", "q"]})
FOUR = Schema((Column("a", Categories(("x", "y"))), Column("b", Categories(("p", "q")))))


@pytest.fixture
def found() -> Comparison:
    return compare(PrivateTable(REAL, FOUR, Budget(1.0)), FAKE)


def test_shares_and_distances_are_those_worked_out_on_paper(found):
    a, b = found.columns
    assert a.real == (0.5, 0.5)
    assert a.synthetic == (0.75, 0.25)
    assert a.tvd == 0.25
    assert b.tvd == 0
    # xp .5/.5, xq 0/.25, yp 0/0, yq .5/.25: half of .25 + .25
    assert found.pairs[0].tvd == 0.25


def test_a_comparison_survives_being_sent(found):
    assert Comparison.of(found.document()) == found


probabilities = arrays(np.float64, 5, elements=some.floats(0.01, 1)).map(lambda x: x / x.sum())


@given(probabilities, probabilities)
def test_total_variation_is_a_distance_between_nought_and_one(p, q):
    assert total_variation(p, p) == 0
    assert total_variation(p, q) == total_variation(q, p)
    assert 0 <= total_variation(p, q) <= 1


def test_disjoint_tables_are_one_apart():
    assert total_variation(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == 1


def test_information_is_one_for_copies_and_nought_for_chance():
    same = np.diag([500.0, 500.0])
    assert normalised_information(same) == pytest.approx(1, abs=0.002)
    assert normalised_information(np.full((2, 2), 250.0)) == 0
    assert normalised_information(np.array([[10.0], [5.0]])) == 0


def test_chance_is_taken_off_so_many_values_do_not_look_dependent():
    """On raw values two unrelated numbers had a mutual information of 1."""
    rng = np.random.default_rng(0)
    table = np.zeros((40, 40))
    np.add.at(table, (rng.integers(0, 40, 4000), rng.integers(0, 40, 4000)), 1)
    assert normalised_information(table) < 0.02


def test_the_distance_of_a_fresh_sample_is_what_simulation_gives(rng):
    p = np.array([0.5, 0.3, 0.15, 0.05])
    drawn = [
        total_variation(rng.multinomial(400, p) / 400, rng.multinomial(300, p) / 300)
        for _ in range(3000)
    ]
    assert fresh_distance(p, 400, 300) == pytest.approx(np.mean(drawn), rel=0.03)


def test_findings_are_for_the_custodian(found):
    assert found.audience.value == "custodian"
    assert math.isclose(found.two_way, 0.25)
