"""Accounting: what is charged is what the mechanisms cost, by an independent reckoning."""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri, ndtri_exp

from synth.budget.accounting import (
    delta_of,
    epsilon_of,
    gaussian_sigma,
    laplace_scale,
    log_delta_of,
    pure_epsilon,
    rho_of,
    selection_epsilon,
)


@pytest.fixture(scope="module")
def pld() -> ModuleType:
    """Privacy-loss distributions of another project; they load much of scipy."""
    from dp_accounting.pld import privacy_loss_distribution

    return privacy_loss_distribution


epsilons = st.floats(1e-3, 50)
deltas = st.sampled_from([1e-12, 1e-9, 1e-6, 1e-3])


@settings(deadline=None)
@given(epsilons, deltas)
def test_epsilon_to_rho_and_back(epsilon: float, delta: float) -> None:
    assert epsilon_of(rho_of(epsilon, delta), delta) == pytest.approx(epsilon, rel=1e-6)


@settings(deadline=None)
@given(st.floats(1e-6, 10), deltas)
def test_the_exact_conversion_is_never_above_the_zero_concentrated_one(
    rho: float, delta: float
) -> None:
    """Bun and Steinke (2016), proposition 1.3."""
    assert epsilon_of(rho, delta) <= rho + 2 * math.sqrt(rho * math.log(1 / delta))


def test_the_whole_budget_is_used_where_zero_concentrated_accounting_wastes_a_tenth() -> None:
    """The figures of the reference: rho under optimal zCDP at delta 1e-9, and exactly."""
    for epsilon, concentrated, exact in [
        (0.5, 0.003953, 0.004389),
        (1, 0.014973, 0.016557),
        (5, 0.311693, 0.340542),
    ]:
        assert rho_of(epsilon, 1e-9) == pytest.approx(exact, rel=1e-3)
        assert rho_of(epsilon, 1e-9) > 1.09 * concentrated


def test_limits_of_the_conversion() -> None:
    assert epsilon_of(0.0, 1e-6) == 0.0
    assert epsilon_of(1e-30, 1e-6) == 0.0
    assert epsilon_of(math.inf, 1e-6) == math.inf
    assert rho_of(math.inf, 1e-6) == math.inf
    assert delta_of(0.0, 1.0) == 0.0
    assert log_delta_of(1e-9, 50.0) == -math.inf
    assert 0 < rho_of(1e-6, 1e-9) < 1e-12


def test_discrete_gaussians_of_unequal_scales_cost_no_more_than_charged(pld: ModuleType) -> None:
    shares = [0.002, 0.004, 0.001, 0.0005, 0.007]
    together = None
    for rho in shares:
        one = pld.from_discrete_gaussian_mechanism(
            gaussian_sigma(rho, 1), sensitivity=1, value_discretization_interval=1e-4
        )
        together = one if together is None else together.compose(one)
    assert together is not None
    theirs = together.get_epsilon_for_delta(1e-6)
    ours = epsilon_of(sum(shares), 1e-6)
    assert theirs <= ours + 2e-3  # their grid rounds upwards
    assert ours == pytest.approx(theirs, rel=0.01)


def test_a_mixture_of_mechanisms_costs_no_more_than_charged(pld: ModuleType) -> None:
    gaussian = pld.from_gaussian_mechanism(
        1 / math.sqrt(2 * 0.02), value_discretization_interval=1e-4
    )
    laplace = pld.from_laplace_mechanism(laplace_scale(0.01, 1), value_discretization_interval=1e-4)
    theirs = gaussian.compose(laplace).get_epsilon_for_delta(1e-6)
    assert theirs <= epsilon_of(0.03, 1e-6) + 1e-3


def normal_scores(sigma: float) -> np.ndarray:
    """The normal score of P(X < k), for k = 1, 2, ..., X discrete Gaussian."""
    k = np.arange(0, int(35 * sigma) + 2)
    weights = np.exp(-0.5 * (k / sigma) ** 2)
    tails = np.cumsum(weights[::-1])[::-1]
    log_tails = np.log(tails[1:]) - np.log(2 * tails[0] - 1)
    return np.asarray(-ndtri_exp(log_tails[: int(30 * sigma) + 1]))


@pytest.mark.parametrize("rho", [10.0, 2.0, 0.5, 0.1, 0.02, 1e-3])
def test_discrete_gaussian_noise_is_worth_the_rho_it_is_charged(rho: float) -> None:
    """Neighbours one apart: every threshold test has a normal-score gap of at most mu."""
    sigma, mu = gaussian_sigma(rho, 1), math.sqrt(2 * rho)
    scores = normal_scores(sigma)
    gaps = np.append(np.diff(scores), 2 * scores[0])  # the threshold at the centre is symmetric
    assert gaps.max() <= mu
    assert gaps.max() > 0.85 * mu


@pytest.mark.parametrize("rho", [1.0, 0.1, 1e-3, 1e-6])
def test_a_selection_is_worth_the_rho_it_is_charged(rho: float) -> None:
    """The worst log-chances of bounded range: t for one event, t - epsilon for its complement."""
    epsilon, mu = selection_epsilon(rho), math.sqrt(2 * rho)
    t = np.linspace(0, epsilon, 2001)[1:-1]
    high = -np.expm1(t - epsilon) / -np.expm1(-epsilon)
    assert np.max(ndtri(high) - ndtri(np.exp(-t) * high)) <= mu * (1 + 1e-6)
    assert epsilon == pytest.approx(2 * pure_epsilon(rho))


def test_noise_grows_with_what_one_person_can_move() -> None:
    assert gaussian_sigma(0.01, 3) == pytest.approx(3 * gaussian_sigma(0.01, 1), rel=1e-2)
    assert laplace_scale(0.01, 3) == pytest.approx(3 * laplace_scale(0.01, 1))
