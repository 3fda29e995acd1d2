"""What the promise of a release answers to each criterion, without a figure of the real rows.

Under differential privacy whatever is found out about somebody is bounded by epsilon and delta: of
two equally likely worlds, with and without a person, nobody tells the right one more often than
(e^epsilon + delta) / (1 + e^epsilon) (Kairouz, Oh, Viswanath 2017, arXiv:1311.0776), and with one
false accusation in a hundred nobody finds more than 0.01 e^epsilon + delta of those who are in it.
Singling out is bounded with it, and not by k people alone: Cohen and Nissim (2020),
doi:10.1073/pnas.1914598117. Where an epsilon stands for "strong" is a custom of this house.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from synth.budget import Statement
from synth.budget.figures import up
from synth.budget.guarantee import WEAK, DifferentiallyPrivate, KAnonymous
from synth.budget.prospect import MembershipGuess
from synth.release.bundle import Bundle
from synth.release.evidence.criteria import (
    CRITERIA,
    EMA,
    EMA_MOST,
    EXPERT,
    INFERRING,
    INTRUDER,
    LINKING,
    SINGLING,
    Answered,
    Criterion,
    Proof,
    Tied,
)
from synth.schema import Pattern, Schema
from synth.wording import so_many

STRONG = 1.0  # epsilon up to which the promise alone is said to answer
EMA_K = 11  # the smallest group: of one in 11, EMA_MOST is what is left after rounding
FALSE = 0.01  # of those who are not in the table may be accused
PRIVACY, REPORT = "release/PRIVACY.md", "report.html"
MODEL_TOLD = "What was looked at"


def promised(bundle: Bundle) -> tuple[Answered, ...]:
    """One answer for each criterion, from the bundle alone."""
    statement, schema = bundle.statement, bundle.schema
    return tuple(_answered(c, statement, schema) for c in CRITERIA)


def _answered(asked: Criterion, statement: Statement, schema: Schema) -> Answered:
    guarantee = statement.guarantee
    ties = tuple(_ties(statement))
    if asked is EXPERT:
        return Answered(asked, Proof.PERSON, TO_SIGN, ties)
    if asked is INTRUDER:
        ties = (*ties, _identifiers(schema))
    match guarantee:
        case DifferentiallyPrivate():
            proof, words = by_noise(asked, guarantee)
        case KAnonymous():
            proof, words = by_groups(asked, guarantee)
        case _:
            proof, words = Proof.UNMEASURED, NO_PROMISE
    return Answered(asked, proof, words, ties)


TO_SIGN = (
    "No program determines this. The pack documents methods and results; the determination is that "
    "of the expert who signs it."
)
NO_PROMISE = (
    "Nothing is promised formally, so the release alone answers nothing; only attacks on it do, "
    "and the custodian has those."
)


def by_noise(asked: Criterion, held: DifferentiallyPrivate) -> tuple[Proof, str]:
    """What epsilon answers."""
    strong = held.epsilon <= STRONG
    proof = Proof.SHOWN if strong else Proof.PART if held.epsilon <= WEAK else Proof.NOT
    size = "" if strong else f" Epsilon is above {STRONG:g}, so the bound is loose."
    if asked is EMA:
        most = advantage(held)
        if most <= EMA_MOST:
            return Proof.SHOWN, f"The promise bounds what anybody gains to {up(most, 2)}."
        return Proof.UNMEASURED, (
            f"The promise alone bounds what anybody gains to {up(most, 2)}, above {EMA_MOST}: "
            "only a measurement can show less. No synthetic row is a record of a real person."
        )
    words = {
        SINGLING: "What the release says of any one person is bounded, so a description read off "
        "it fits exactly one person hardly more often than by chance.",
        LINKING: "No row is a record of a real person, and what a row gives away about somebody "
        "in another file is bounded.",
        INFERRING: "What is learnt about a person because they were in the table is bounded. What "
        "is true of people like them is told on purpose, whether or not they were in it.",
        INTRUDER: "The bound holds whatever somebody knows, finds and asks.",
    }[asked]
    return proof, words + size


def by_groups(asked: Criterion, held: KAnonymous) -> tuple[Proof, str]:
    """What groups of k people answer."""
    reach = f" of up to {so_many(held.length, 'value')}" if held.length else ""
    group = f"Each combination{reach} in the release was shared by at least {held.k} people."
    longer = " Longer combinations may be those of one person." if held.length else ""
    if asked is EMA:
        risk = f"One in {held.k} is {1 / held.k:.3f}."
        if held.k < EMA_K:
            return Proof.NOT, f"{group} {risk} That is above {EMA_MOST}."
        return (Proof.PART if held.length else Proof.SHOWN), f"{group} {risk}{longer}"
    if asked is INFERRING:
        return Proof.NOT, f"{group} All of a group may share a secret, which is then told of each."
    extra = " Groups alone do not rule it out where several releases are put together."
    return Proof.PART, group + longer + (extra if asked in (SINGLING, LINKING) else "")


def advantage(held: DifferentiallyPrivate) -> float:
    """The most by which anybody tells better than chance whether a person is in the table."""
    return 2 * MembershipGuess(held.epsilon, held.delta).at_worst - 1


def _ties(statement: Statement) -> Iterator[Tied]:
    """The figures of the promise, each with where it stands."""
    guarantee = statement.guarantee
    yield Tied("what is promised", guarantee.short, PRIVACY, "first lines")
    if isinstance(guarantee, DifferentiallyPrivate):
        right = MembershipGuess(guarantee.epsilon, guarantee.delta).at_worst
        found = (
            min(1.0, FALSE * math.exp(guarantee.epsilon) + guarantee.delta)
            if guarantee.epsilon < 100
            else 1.0
        )
        yield Tied(
            "of two equally likely worlds, with and without a person, the right one is told",
            f"at most {_percent(right)} of the time",
            PRIVACY,
            MODEL_TOLD,
        )
        yield Tied(
            "of people in the table, found out with 1 in 100 wrongly accused",
            f"at most {_percent(found)}",
            PRIVACY,
            MODEL_TOLD,
        )


def _percent(share: float) -> str:
    """Rounded up, as all bounds are."""
    return f"{math.ceil(share * 1000 - 1e-9) / 10:g} %"


def _identifiers(schema: Schema) -> Tied:
    made = [c.name for c in schema if isinstance(c.domain, Pattern)]
    told = f"{len(made)} of {len(schema.names)} columns" if made else "none is in the release"
    return Tied("identifiers, made anew", told, REPORT, "Column by column")
