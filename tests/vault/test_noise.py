"""Noise: the law is the one stated, exactly, and nothing about it can be replayed."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import opendp.prelude as opendp
import pytest
from scipy import stats

from synth.errors import BudgetError
from synth.vault.noise import (
    _below_exp,
    _certain,
    _exp,
    _Law,
    _table,
    discrete_gaussian,
    discrete_laplace,
    noisy_max,
)

ZEROS = np.zeros(200_000, dtype=np.int64)
ALARM = 1e-7  # of the bits of a run one in ten million would look wrong; these bits do not
NEVER = 1e-12  # where OpenDP brings bits of its own, a sound sampler fails with this chance


@pytest.fixture
def fixed_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sampler as it is, fed with the same random bits in every run."""
    bits = np.random.default_rng(7)
    monkeypatch.setattr("synth.vault.noise.os", SimpleNamespace(urandom=bits.bytes))


with_fixed_bits = pytest.mark.usefixtures("fixed_bits")


def gaussian_chances(sigma: float, k: np.ndarray) -> np.ndarray:
    far = np.arange(-int(12 * sigma) - 12, int(12 * sigma) + 13)
    return np.exp(-0.5 * (k / sigma) ** 2) / np.exp(-0.5 * (far / sigma) ** 2).sum()


def laplace_chances(scale: float, k: np.ndarray) -> np.ndarray:
    return np.tanh(0.5 / scale) * np.exp(-np.abs(k) / scale)


def fits(draws: np.ndarray, chances: np.ndarray, k: np.ndarray) -> float:
    """P-value of the chi-square test of draws against chances at k; rare k are pooled."""
    seen = np.array([(draws == value).sum() for value in k])
    usual = chances * draws.size >= 10
    rest = max(draws.size * (1 - chances[usual].sum()), 1e-9)
    observed = np.append(seen[usual], draws.size - seen[usual].sum())
    expected = np.append(chances[usual] * draws.size, rest)
    if rest < 5:
        observed, expected = (
            observed[:-1],
            expected[:-1] * observed[:-1].sum() / expected[:-1].sum(),
        )
    return float(stats.chisquare(observed, expected).pvalue)


@with_fixed_bits
@pytest.mark.parametrize("sigma", [0.4, 1.0, 3.3, 40.25])
def test_gaussian_noise_follows_its_law(sigma: float) -> None:
    k = np.arange(-int(8 * sigma) - 3, int(8 * sigma) + 4)
    assert fits(discrete_gaussian(ZEROS, sigma), gaussian_chances(sigma, k), k) > ALARM


@with_fixed_bits
@pytest.mark.parametrize("scale", [0.4, 1.0, 12.5])
def test_laplace_noise_follows_its_law(scale: float) -> None:
    k = np.arange(-int(20 * scale) - 3, int(20 * scale) + 4)
    assert fits(discrete_laplace(ZEROS, scale), laplace_chances(scale, k), k) > ALARM


@with_fixed_bits
@pytest.mark.parametrize("sigma", [5_000.5, 3e7, 1e13])
def test_wide_noise_drawn_in_two_steps_follows_its_law(sigma: float) -> None:
    draws = discrete_gaussian(ZEROS, sigma)
    assert stats.kstest(draws / sigma, "norm").pvalue > ALARM
    draws = discrete_laplace(ZEROS, sigma)
    assert stats.kstest(draws / sigma, "laplace").pvalue > ALARM


@with_fixed_bits
def test_last_digits_of_wide_noise_are_even() -> None:
    digits = np.bincount(discrete_gaussian(ZEROS, 123_456.7) % 10, minlength=10)
    assert stats.chisquare(digits).pvalue > ALARM


@pytest.mark.parametrize("n", [100_000, pytest.param(1_000_000, marks=pytest.mark.nightly)])
def test_gaussian_agrees_with_opendp(n: int) -> None:
    sigma = 2.7
    opendp.enable_features("contrib")
    theirs_of = opendp.m.make_gaussian(
        opendp.vector_domain(opendp.atom_domain(T="i64")), opendp.l2_distance(T=float), scale=sigma
    )
    theirs = np.array(theirs_of([0] * n))
    ours = discrete_gaussian(np.zeros(n, dtype=np.int64), sigma)
    # Tails are pooled, so that every cell holds 70 draws or more and the p-value is right.
    table = np.array([np.bincount(np.clip(x, -9, 9) + 9, minlength=19) for x in (ours, theirs)])
    assert stats.chi2_contingency(table).pvalue > NEVER


def test_table_of_cumulative_chances_is_certain_to_the_last_bit() -> None:
    law = _Law(Fraction(0), Fraction(1, 2))  # sigma 1
    coarse, fine = _certain(law, 64), _certain(law, 256)
    assert coarse == [entry >> 192 for entry in fine[: len(coarse)]]
    assert coarse[-1] == 2**64 - 1


def test_a_word_equal_to_a_table_entry_asks_for_more_bits() -> None:
    table = _table(_Law(Fraction(0), Fraction(1, 2)))
    word = int(table.cumulative[0])
    assert table.decide(word, lambda: 0) == 0
    assert table.decide(word, lambda: 2**64 - 1) == 1


def test_a_comparison_too_close_for_doubles_is_settled_in_whole_numbers() -> None:
    gap = Fraction(1, 3)
    truth = _exp(gap, 64)
    assert _below_exp(truth - 1, gap)
    assert not _below_exp(truth + 2, gap)


def test_counts_keep_their_shape_and_are_noised_each_on_its_own() -> None:
    counts = np.array([[10**15, 0], [5, -3]], dtype=np.int64)
    noisy = discrete_gaussian(counts, 1.5)
    assert noisy.shape == counts.shape and noisy.dtype == np.int64
    assert np.abs(noisy - counts).max() < 30  # 20 sigma: a chance below 1e-80


def test_noise_ignores_every_seed() -> None:
    np.random.seed(1)  # noqa: NPY002
    first = discrete_gaussian(ZEROS[:50], 20.0)
    np.random.seed(1)  # noqa: NPY002
    # Two draws agree with a chance of 0.0141, all fifty with one of 1e-92.
    assert (first != discrete_gaussian(ZEROS[:50], 20.0)).any()


def test_next_to_no_noise_is_no_noise() -> None:
    # The chance of anything but 0 is below exp(-10^7).
    assert (discrete_gaussian(ZEROS[:100], 1e-8) == 0).all()
    assert (discrete_laplace(ZEROS[:100], 1e-8) == 0).all()


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf"), 1e300])
def test_a_scale_that_cannot_be_drawn_is_refused(scale: float) -> None:
    with pytest.raises(BudgetError, match="cannot be drawn"):
        discrete_gaussian(ZEROS[:1], scale)
    with pytest.raises(BudgetError, match="cannot be drawn"):
        discrete_laplace(ZEROS[:1], scale)


def test_selection_follows_the_exponential_mechanism() -> None:
    scores, epsilon, sensitivity = [0, 2, 3], 1.0, 2
    picks = [noisy_max(scores, epsilon, sensitivity) for _ in range(5_000)]
    chances = np.exp(epsilon * np.array(scores) / (2 * sensitivity))
    expected = len(picks) * chances / chances.sum()  # 1,000 or more each: the p-value is right
    assert stats.chisquare(np.bincount(picks, minlength=3), expected).pvalue > NEVER


def test_selection_does_not_overflow_on_large_scores() -> None:
    # Another pick has a chance below exp(-10^10).
    assert noisy_max([0, 10**12, 10**9], 1.0) == 1
    assert noisy_max([-(10**15), -(10**14)], 50.0) == 1
