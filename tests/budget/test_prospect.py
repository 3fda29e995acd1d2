"""Prospects: epsilon in words, and what can be had for it before anything is read."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtri

from synth.budget.prospect import MembershipGuess, Prospect, epsilon_for
from synth.errors import BudgetError

TWELVE = (2, 8, 5, 7, 30, 16, 3, 12, 20, 4, 6, 32)


def test_odds_at_worst_are_those_of_randomised_response() -> None:
    """At epsilon ln 3 a coin's 1 : 1 becomes at most 3 : 1."""
    assert MembershipGuess(math.log(3), 1e-12).at_worst == pytest.approx(0.75)


def test_gaussian_noise_gives_less_away_than_the_promise_allows() -> None:
    guess = MembershipGuess(1.0, 1e-9)
    assert 0.5 < guess.in_fact < guess.at_worst


def test_the_guess_in_fact_is_what_an_attacker_reaches() -> None:
    """Told a count with noise, the best guess is whether it lies above the middle."""
    guess, rng = MembershipGuess(2.0, 1e-6), np.random.default_rng(5)
    mu = 2 * float(ndtri(guess.in_fact))
    present = rng.integers(2, size=200_000)
    seen = present + rng.normal(0, 1 / mu, present.size)
    assert ((seen > 0.5) == present).mean() == pytest.approx(guess.in_fact, abs=0.005)


def test_odds_are_told_in_words() -> None:
    assert "times in 100" in str(MembershipGuess(1.0, 1e-6))
    assert "Nothing keeps" in str(MembershipGuess(math.inf, 1e-6))


def test_a_small_table_with_many_columns_is_mostly_noise() -> None:
    told = Prospect(TWELVE, 400, 0.5, 1e-6)
    assert "mostly noise" in told.verdict
    assert "With 400 rows and 12 columns at epsilon 0.5" in told.verdict
    assert any("leave out columns" in hint for hint in told.advice)
    assert told.advice[-1] == "ask for more people"


@pytest.mark.parametrize(("epsilon", "says"), [(0.5, "raise epsilon, to 4 at most"), (5, "leave")])
def test_no_more_epsilon_is_advised_than_is_proposed_and_the_other_way_is_told(
    epsilon: float, says: str
) -> None:
    told = Prospect(TWELVE, 400, epsilon, 1e-6).advice
    assert any(hint.startswith(says) for hint in told)
    assert any("coarser values or fewer columns" in hint for hint in told)
    assert not any("would do" in hint for hint in told)
    assert any("would do" in hint for hint in Prospect(TWELVE, 2000, 1.0, 1e-6).advice)


def test_a_large_table_is_accurate_and_needs_no_advice() -> None:
    told = Prospect(TWELVE, 1_000_000, 1.0, 1e-9)
    assert "are accurate" in told.verdict
    assert told.advice == ()


def test_more_rows_more_epsilon_and_fewer_columns_help() -> None:
    base = Prospect(TWELVE, 3000, 0.5, 1e-6)
    for better in (
        Prospect(TWELVE, 30_000, 0.5, 1e-6),
        Prospect(TWELVE, 3000, 5.0, 1e-6),
        Prospect(TWELVE[:6], 3000, 0.5, 1e-6),
    ):
        assert better.single < base.single


def test_people_with_many_rows_need_more_noise() -> None:
    one, four = (Prospect(TWELVE, 3000, 1.0, 1e-6, m).single_sigma for m in (1, 4))
    assert four == pytest.approx(4 * one, rel=0.01)


@pytest.mark.parametrize("accuracy", [0.2, 0.05, 0.01])
def test_the_epsilon_for_an_accuracy_reaches_it(accuracy: float) -> None:
    epsilon = epsilon_for(accuracy, TWELVE, 20_000, 1e-6)
    reached = Prospect(TWELVE, 20_000, epsilon, 1e-6)
    assert max(reached.single, reached.pair) <= accuracy
    missed = Prospect(TWELVE, 20_000, epsilon / 1.5, 1e-6)
    assert max(missed.single, missed.pair) > accuracy * 0.8


def test_some_accuracies_are_not_to_be_had() -> None:
    assert epsilon_for(1e-9, TWELVE, 100, 1e-6) == math.inf


@pytest.mark.parametrize("accuracy", [0.0, 1.0, -0.1])
def test_an_accuracy_that_is_no_share_is_refused(accuracy: float) -> None:
    with pytest.raises(BudgetError, match="not a share"):
        epsilon_for(accuracy, TWELVE, 100, 1e-6)


def test_nothing_is_foretold_of_an_empty_table() -> None:
    with pytest.raises(BudgetError, match="nothing can be foretold"):
        Prospect((), 100, 1.0, 1e-6)


def test_an_example_holds_the_count_within_its_noise() -> None:
    told = Prospect(TWELVE, 5000, 1.0, 1e-6).example("sex", 1200)
    assert "1,200 rows have one value of `sex`" in told


def test_without_a_budget_nothing_is_noise() -> None:
    assert Prospect(TWELVE, 500, math.inf, 1e-6).pair == pytest.approx(0, abs=1e-6)
