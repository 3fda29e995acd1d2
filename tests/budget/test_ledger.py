import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from synth.budget import Audience, Budget, Grouped, Ledger, Opened, Rho
from synth.budget.guarantee import DifferentiallyPrivate, KAnonymous, NoGuarantee
from synth.budget.ledger import epsilon_of, statement_of
from synth.errors import BudgetError, BudgetExceeded


@given(some.floats(0.01, 20), some.sampled_from([1e-4, 1e-6, 1e-9]))
def test_epsilon_to_rho_and_back(epsilon, delta):
    assert epsilon_of(Budget(epsilon, delta).rho, delta) == pytest.approx(epsilon, rel=1e-3)


@given(some.lists(some.floats(1e-6, 1e-3), max_size=20))
def test_spending_adds_up(costs):
    ledger = Ledger(Budget(5.0))
    for cost in costs:
        ledger.spend("x", Rho(cost))
    assert ledger.spent + ledger.left == pytest.approx(ledger.budget.rho)


def test_asking_for_more_than_is_left_changes_nothing():
    ledger = Ledger(Budget(1.0))
    with pytest.raises(BudgetExceeded, match=r"`x` needs rho 99, but .* is left. Raise epsilon"):
        ledger.spend("x", Rho(99))
    assert ledger.entries == []


def test_a_portion_refuses_beyond_its_share_and_charges_the_whole():
    ledger = Ledger(Budget(1.0))
    part = ledger.portion(Rho(ledger.left / 4))
    part.spend("first", Rho(part.left / 2))
    with pytest.raises(BudgetExceeded, match="`second` needs"):
        part.spend("second", Rho(ledger.left))
    assert ledger.spent == part.spent > 0


def test_whoever_listens_is_told_before_an_entry_counts():
    ledger = Ledger(Budget(1.0))
    seen = []
    ledger.listener = lambda entry: seen.append((entry.purpose, len(ledger.entries)))
    ledger.spend("x", Rho(0.001))
    assert seen == [("x", 0)]


@pytest.mark.parametrize("epsilon", [0, -1, math.nan])
def test_an_epsilon_that_is_not_above_zero_is_refused(epsilon):
    with pytest.raises(BudgetError, match=r"must be above 0.*Common choices"):
        Budget(epsilon)


@pytest.mark.parametrize("delta", [0, 1, -0.1])
def test_a_delta_outside_zero_to_one_is_refused(delta):
    with pytest.raises(BudgetError, match="must lie between 0 and 1"):
        Budget(1.0, delta)


def test_a_weak_promise_warns():
    assert "above 1e-06" in Budget(1.0, 1e-4).warning
    assert "says very little" in Budget(20.0).warning
    assert "nothing is promised" in Budget(math.inf).warning
    assert Budget(1.0).warning == ""


def test_a_clean_ledger_is_a_formal_promise():
    ledger = Ledger(Budget(1.0))
    ledger.spend("x", ledger.left)
    promise = ledger.statement().guarantee
    assert isinstance(promise, DifferentiallyPrivate)
    assert promise.epsilon == pytest.approx(1.0, rel=1e-3)


def test_rows_opened_for_a_release_end_the_promise_and_for_the_custodian_do_not():
    ledger = Ledger(Budget(1.0))
    ledger.note(Opened("a look", Audience.CUSTODIAN))
    assert ledger.statement().formal
    ledger.note(Opened("a copy", Audience.RELEASE))
    assert ledger.statement().guarantee == NoGuarantee(("a copy",), 0.0)


def test_infinite_rho_ends_the_promise():
    ledger = Ledger(Budget(math.inf))
    ledger.spend("x", Rho(math.inf))
    assert "without noise" in ledger.statement().guarantee.plain


def test_groups_alone_are_a_promise_of_k_and_beside_noise_are_none():
    ledger = Ledger(Budget(1.0))
    ledger.note(Grouped("counts", 10, 3))
    assert ledger.statement().guarantee == KAnonymous(10, 3)
    ledger.spend("x", Rho(0.001))
    assert not ledger.statement().formal


def test_the_delta_of_an_answer_adds_to_the_promise():
    ledger = Ledger(Budget(1.0, 1e-6))
    ledger.spend("values", Rho(0.01), delta=2e-6)
    promise = ledger.statement().guarantee
    assert isinstance(promise, DifferentiallyPrivate)
    assert promise.delta == pytest.approx(3e-6)


@pytest.mark.parametrize(
    "entries",
    [[], [Opened("a copy", Audience.RELEASE)], [Grouped("counts", 5, 2)]],
    ids=["private", "none", "k"],
)
def test_a_statement_survives_being_saved(entries):
    ledger = Ledger(Budget(2.0))
    for entry in entries:
        ledger.note(entry)
    statement = ledger.statement()
    assert statement_of(statement.document()) == statement


def test_the_sentence_says_factor_and_delta():
    text = DifferentiallyPrivate(1.0, 1e-6).plain
    assert "factor of at most 2.72" in text
    assert "1e-06" in text
