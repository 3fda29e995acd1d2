"""A promise is never printed as better than it is."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.budget import Budget, Ledger, Measured, Rho, Statement
from synth.budget.figures import down, up
from synth.budget.guarantee import DifferentiallyPrivate, NoGuarantee

COSTS = st.floats(1e-12, 1e6, allow_nan=False)


@given(COSTS, st.integers(1, 6))
def test_what_is_printed_is_on_the_safe_side_and_close(value, digits):
    above, below = float(up(value, digits)), float(down(value, digits))
    assert below <= value <= above
    assert above - below <= 1.001 * 10 ** (1 - digits) * value


@pytest.mark.parametrize(
    ("value", "says"),
    [(1.0045, "1.01"), (1.0, "1"), (0.1, "0.1"), (9.999, "10"), (math.inf, "inf"), (0.0, "0")],
)
def test_a_figure_that_somebody_typed_stays_as_it_is(value, says):
    assert up(value) == says


def test_a_statement_rounds_epsilon_factor_and_delta_up():
    promise = DifferentiallyPrivate(1.0045, 1.01e-6)
    assert promise.short == "Differentially private (ε = 1.01, δ = 1.1e-06)"
    assert f"factor of at most {up(math.exp(1.0045))} (epsilon 1.01)" in promise.plain
    assert promise.document()["epsilon"] >= promise.epsilon
    assert "epsilon 1.01" in NoGuarantee(("x",), 1.0045).plain


def test_a_promise_is_worked_out_from_its_lines_and_cannot_be_set():
    one = Statement((Measured("a", Rho(0.01)),), Budget(0.1))
    two = Statement((Measured("a", Rho(0.01)), Measured("b", Rho(0.02))), Budget(0.1))
    assert one.cost is not None and two.cost is not None and one.cost < two.cost
    with pytest.raises(TypeError):
        Statement(guarantee=DifferentiallyPrivate(0.1, 1e-9))  # type: ignore[call-arg]


def test_what_was_set_aside_of_delta_is_part_of_the_limit():
    ledger = Ledger(Budget(1.0, 1e-6))
    kept = ledger.portion(Rho(0.001)).set_aside(0.25)
    ledger.spend("values", Rho(0.001), delta=kept)
    statement = ledger.statement(person="who")
    assert statement.budget.delta + statement.aside == pytest.approx(1e-6)
    assert statement.guarantee.delta == pytest.approx(1e-6)
    assert statement.document()["person"] == "who"


@pytest.mark.parametrize(
    ("epsilon", "factor"), [(1.0, "2.72 "), (650.0, "e+282 "), (710.0, "more than 1e+300 ")]
)
def test_a_promise_that_says_nothing_can_be_put_in_words_all_the_same(epsilon, factor):
    """From 709.8 on no float holds the factor: a run ended so, when its budget was spent."""
    assert f"{factor}(epsilon" in DifferentiallyPrivate(epsilon, 1e-6).plain


@pytest.mark.parametrize("name", ["age", "a`", "`[a](https://b)`", "a`` ` [b](c)", "a\n\n# b"])
def test_a_name_stays_code_and_cannot_become_a_link_or_a_heading(name):
    told = NoGuarantee((), columns=(name, "x")).short.removeprefix("No formal guarantee for: ")
    assert "\n" not in told
    fence = re.match("`+", told).group()
    inner, rest = told[len(fence) :].split(fence, 1)
    assert inner.strip() == " ".join(name.split())
    assert rest == ", `x`"
    assert fence not in re.findall("`+", inner)
