"""The root that budgets are converted with, beside scipy's."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.optimize import brentq
from synth.budget.root import root

from synth.budget.accounting import LEAST_RHO, MOST_RHO, log_delta_of


@given(st.floats(1e-4, 200), st.floats(1e-15, 0.1))
@example(1.0, 1e-9)
def test_a_budget_is_the_same_double_that_scipy_finds(epsilon, delta):
    def excess(log_rho: float) -> float:
        return max(log_delta_of(math.exp(log_rho), epsilon), -1e9) - math.log(delta)

    low, high = math.log(LEAST_RHO), math.log(MOST_RHO)
    if excess(low) < 0 < excess(high):
        assert root(excess, low, high) == brentq(excess, low, high, xtol=1e-12)


@given(st.floats(-3, 3), st.floats(0.01, 5), st.sampled_from([1, 3, 5]), st.floats(-1, 1))
def test_so_is_the_root_of_other_curves(place, width, power, bend):
    def curve(x: float) -> float:
        return math.copysign(abs(x - place) ** power, x - place) * math.exp(bend * x)

    low, high = place - width, place + 2 * width
    assert root(curve, low, high) == brentq(curve, low, high, xtol=1e-12)


def test_a_root_at_an_end_is_found():
    assert root(lambda x: x, 0.0, 1.0) == 0
    assert root(lambda x: x, -1.0, 0.0) == 0


def test_signs_have_to_differ():
    with pytest.raises(ValueError, match="no change of sign"):
        root(lambda x: x, 1.0, 2.0)


def test_a_function_that_jumps_about_is_given_up():
    flips = iter([-1.0, 1.0, *[1.0, -1.0] * 100])
    with pytest.raises(ValueError, match="no root"):
        root(lambda x: next(flips) * 1e300, -1e300, 1e300)
