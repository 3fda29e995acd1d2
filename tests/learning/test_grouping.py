"""Neighbours that noise alone seems to tell apart are spread by width; what is told stays."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.budget import Budget
from synth.learning.grouping import calmed, unseen
from synth.methods import method_named
from synth.schema import Categories, Column, Numbers, Origin, Schema
from synth.vault import PrivateTable
from tests.people import Silent

EVEN = Numbers(tuple(float(e) for e in range(65)))


def noisy(truth: np.ndarray, sigma: float, seed: int) -> np.ndarray:
    return truth + np.random.default_rng(seed).normal(0, sigma, truth.size)


def wrong(counts: np.ndarray, truth: np.ndarray) -> float:
    return float(((counts - truth) ** 2).sum())


def test_an_even_stretch_comes_out_nearly_even():
    truth = np.full(64, 3.0)
    seen = [noisy(truth, 10.0, seed) for seed in range(50)]
    before = sum(wrong(s, truth) for s in seen)
    after = sum(wrong(calmed(EVEN, s, 10.0), truth) for s in seen)
    assert after < before / 2


def test_a_value_that_many_rows_share_keeps_its_count():
    truth = np.full(64, 2.0)
    truth[30] = 3000.0
    counts = noisy(truth, 5.0, 1)
    assert calmed(EVEN, counts, 5.0)[30] == pytest.approx(counts[30], rel=0.01)


def test_intervals_are_spread_by_their_widths():
    wide = Numbers((0.0, 1.0, 2.0, 10.0))
    told = calmed(wide, np.array([2.0, 2.0, 6.0]), 5.0)
    assert told == pytest.approx([1.0, 1.0, 8.0])


@given(st.lists(st.floats(-50, 500), min_size=66, max_size=66), st.floats(0, 30))
def test_the_sum_and_what_is_no_interval_stay(counts, sigma):
    seen = np.array(counts)
    domain = Numbers(EVEN.edges, codes=("refused",), missing=True)
    told = calmed(domain, seen, sigma)
    assert told.sum() == pytest.approx(seen.sum(), abs=1e-6)
    assert list(told[64:]) == list(seen[64:])


def test_categories_and_exact_counts_are_left_alone():
    counts = np.array([3.0, 1.0, 7.0])
    assert calmed(Categories(("a", "b", "c")), counts, 9.0) is counts
    assert calmed(Numbers((0.0, 1.0, 2.0, 3.0)), counts, 0.0) is counts


def test_gaps_and_unlisted_values_that_noise_may_account_for_are_not_drawn():
    whole = Categories(("a", "b"), missing=True, other=True)
    assert unseen(whole, np.array([400.0, 90.0, 15.0, -3.0]), 10.0).tolist() == [0, 0, 1, 1]
    assert unseen(whole, np.array([400.0, 90.0, 25.0, 21.0]), 10.0).tolist() == [0, 0, 0, 0]
    assert not unseen(whole, np.array([400.0, 90.0, 0.0, 0.0]), 0.0).any()  # nothing was added
    gapped = replace(whole, gapped=True)  # declared, so that it is no question of how many
    assert unseen(gapped, np.array([400.0, 90.0, 15.0, 2.0]), 10.0).tolist() == [0, 0, 1, 0]
    nothing = Categories((), missing=True, other=True)
    assert not unseen(nothing, np.array([0.0, 1.0]), 10.0).any()  # something has to be drawn


def test_outermost_intervals_that_noise_alone_may_account_for_are_not_drawn():
    found = Numbers(EVEN.edges[:7], Origin.DISCOVERED)
    seen = np.array([12.0, -3.0, 400.0, 380.0, 8.0, 15.0])
    assert unseen(found, seen, 10.0).tolist() == [1, 1, 0, 0, 1, 1]
    assert calmed(found, seen, 10.0)[2:4].sum() == pytest.approx(780)  # lost nothing to them
    thin = np.array([400.0, 380.0, 18.0, 18.0, 18.0, 18.0])  # rows, as several together tell
    assert unseen(found, thin, 10.0).tolist() == [0, 0, 0, 0, 0, 1]
    assert not unseen(Numbers(found.edges), seen, 10.0).any()  # declared
    assert not unseen(found, np.zeros(6), 10.0).any()  # something has to be drawn


class Raised(Silent):
    """Adds one standard deviation to every count."""

    def discrete_gaussian(self, counts, sigma):
        return counts + round(sigma)


@pytest.mark.parametrize("method", ["independent", "adaptive", "tree", "correlated"])
def test_a_column_without_gaps_gets_none(method, monkeypatch):
    """Noise of one standard deviation in every cell is no reason for a gap or for "(other)".

    Nor for numbers beyond all others.
    """
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({n: rng.choice(["a", "b", "c"], 2000) for n in ("one", "two", "three")})
    frame.loc[:199, "two"] = None
    listed = Categories(("a", "b", "c"), missing=True, other=True)
    columns = [Column(n, listed) for n in frame]
    frame["number"] = rng.integers(10, 30, 2000)
    ends = Numbers((0.0, 10.0, 20.0, 30.0, 40.0), Origin.DISCOVERED, decimals=0)
    schema = Schema((*columns, Column("number", ends)))
    private = PrivateTable(frame, schema, Budget(1.0), noise=Raised())
    rows = method_named(method)().fit(private, private.ledger.left).sample(4000, rng)
    assert not rows[["one", "three"]].isna().any().any()
    assert not (rows == "(other)").any().any()
    assert 0.05 < rows["two"].isna().mean() < 0.15
    assert rows["number"].between(10, 29).all()
