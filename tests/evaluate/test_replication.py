"""Twins: intervals from several tables cover what they should, and say when they cannot."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from synth.budget import Budget
from synth.errors import MethodError
from synth.evaluate.replication import combined, drawn_from_one
from synth.learning.inference import IndexConditional
from synth.methods import model_of
from synth.methods.twins import Twins, TwinsModel, independent_draws
from synth.schema import Categories, Column, Schema
from synth.vault import PrivateTable

COINS = Schema(tuple(Column(name, Categories(("no", "yes"))) for name in ("a", "b", "c")))
SHARE = 0.7  # of those with a who have b


def people(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    a = rng.random(rows) < 0.4
    b = rng.random(rows) < np.where(a, SHARE, 0.3)
    c = rng.random(rows) < 0.5
    return pd.DataFrame({n: np.where(x, "yes", "no") for n, x in (("a", a), ("b", b), ("c", c))})


def learnt(rows: int, seed: int, epsilon: float = 0.5) -> TwinsModel:
    private = PrivateTable(people(rows, np.random.default_rng(seed)), COINS, Budget(epsilon, 1e-6))
    return Twins(pinned=(("a", "b"),)).fit(private, private.ledger.left)


def estimates(model: TwinsModel, tables: int, rows: int, seed: int) -> tuple[list, list]:
    rng, found, variances = np.random.default_rng(seed), [], []
    for _ in range(tables):
        codes = model.sample_codes(rows, rng)
        with_a = codes["a"] == 1
        share = float((codes["b"][with_a] == 1).mean())
        found.append(share)
        variances.append(share * (1 - share) / with_a.sum())
    return found, variances


def test_the_rule_of_combining_on_paper() -> None:
    """Estimates 1, 2, 3: b = 1, so T = 4/3 - 1/3 = 1, with 2 (1 - 1/4)^2 degrees of freedom."""
    found = combined([1.0, 2.0, 3.0], [0.2, 0.3, 0.5])
    assert found.estimate == 2.0
    assert found.variance == pytest.approx(1.0)
    assert found.degrees == pytest.approx(2 * 0.75**2)
    half = stats.t.ppf(0.975, 1.125)
    assert found.interval() == (pytest.approx(2 - half), pytest.approx(2 + half))


def test_a_variance_below_zero_falls_back_on_the_usual_one() -> None:
    found = combined([1.0, 1.0], [0.5, 0.5], drawn=200, real=100)
    assert found.variance == pytest.approx(1.0)


def test_one_table_has_no_interval() -> None:
    with pytest.raises(MethodError, match="two or more"):
        combined([1.0], [0.1])


def test_an_interval_without_calibration_says_so() -> None:
    doubtful = combined([1.0, 2.0], [0.1, 0.1], doubt="noise")
    assert "(not to be trusted: noise)" in str(doubtful) and not doubtful.calibrated
    assert "trusted" not in str(combined([1.0, 2.0], [0.1, 0.1]))


def test_the_rule_for_draws_from_one_model_on_paper() -> None:
    """Two tables of 300 rows for 100 real ones: T = (3 + 1/2) 0.2 = 0.7."""
    found = drawn_from_one([1.0, 3.0], [0.1, 0.3], drawn=300, real=100)
    assert (found.estimate, found.variance) == (2.0, pytest.approx(0.7))
    half = stats.norm.ppf(0.975) * 0.7**0.5
    assert found.interval() == (pytest.approx(2 - half), pytest.approx(2 + half))
    assert drawn_from_one([1.0], [0.2], drawn=50, real=50).variance == pytest.approx(0.4)
    with pytest.raises(MethodError, match="number of rows of the real one"):
        drawn_from_one([1.0], [0.2], drawn=50, real=0)


@pytest.mark.nightly
def test_intervals_of_twins_cover_and_those_of_one_table_do_not() -> None:
    rows, repeats, covered, naive = 1500, 25, 0, 0
    for seed in range(repeats):
        found, variances = estimates(learnt(rows, seed), 8, rows, seed)
        low, high = combined(found, variances, drawn=rows, real=rows).interval()
        covered += low <= SHARE <= high
        naive += abs(found[0] - SHARE) <= 1.96 * variances[0] ** 0.5
    # Nominal 24 of 25; fewer than 20 had a chance of 1 in 5,000, but seeds and noise are fixed.
    assert covered >= 20
    assert naive < covered


def test_what_was_measured_together_is_known() -> None:
    model = learnt(1500, 0)
    assert model.measured_together(("b", "a"))
    assert model.measured_together(("c",))
    assert not model.measured_together(("a", "b", "c")) or any(
        len(t.clique) == 3 for t in model.tables
    )


def test_every_table_drawn_is_another_replicate() -> None:
    model = learnt(1500, 0, epsilon=0.1)
    found, _ = estimates(model, 6, 50_000, 1)
    assert np.std(found) > 3 * (SHARE * 0.3 / 20_000) ** 0.5


def test_independent_draws_scatter_as_people_do() -> None:
    steps = [IndexConditional(0, (), np.array([0.5, 0.5]))]
    rng = np.random.default_rng(3)
    counts = [int(independent_draws(steps, (2,), 1000, rng)[0].sum()) for _ in range(400)]
    assert np.var(counts) == pytest.approx(250, rel=0.3)


def test_a_saved_model_draws_the_same_replicate() -> None:
    document = json.loads(json.dumps(learnt(1500, 0).document()))
    once, twice = (model_of(document).sample(100, np.random.default_rng(4)) for _ in range(2))
    pd.testing.assert_frame_equal(once, twice)
