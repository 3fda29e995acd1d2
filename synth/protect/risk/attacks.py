"""Three people who try to find somebody in the table, and how often they would be right.

The *prosecutor* knows that a certain person is in the table; the *journalist* wants to find anybody
in it, and has a register of a larger population; the *marketer* links everybody he can.

Reference: El Emam (2013), "Guide to the De-Identification of Personal Health Information", ch. 16;
for a population that is only known by the share sampled, Benedetti and Franconi (1998).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from synth.budget.eyes import ForCustodian
from synth.errors import RiskError
from synth.lazily import np, npt
from synth.protect.risk.classes import Classes, Sizes

Chances: TypeAlias = (
    "npt.NDArray[np.float64]"  # one per class: the chance that a link to it is right
)

THRESHOLDS = {3: 0.33, 5: 0.2, 11: 0.09, 20: 0.05}  # smallest class -> highest chance allowed


class Attacker(Enum):
    """Who tries."""

    PROSECUTOR = "prosecutor"
    JOURNALIST = "journalist"
    MARKETER = "marketer"


@dataclass(frozen=True, repr=False)
class Attack(ForCustodian):
    """What one attacker achieves.

    Args:
        at_risk: rows whose chance of being re-identified is above `threshold`.
        highest: the highest chance of any row.
        average: the mean chance over rows.
        expected: how many rows are re-identified correctly if all are tried.
    """

    attacker: Attacker
    rows: int
    threshold: float
    at_risk: int
    highest: float
    average: float
    expected: float

    @property
    def share_at_risk(self) -> float:
        return self.at_risk / self.rows if self.rows else 0.0


def attacks(
    classes: Classes,
    *,
    threshold: float = 0.2,
    fraction: float = 1.0,
    population: Sizes | None = None,
) -> tuple[Attack, Attack, Attack]:
    """Prosecutor, journalist and marketer, in this order.

    Args:
        threshold: the highest chance that is accepted for a row; 0.2 means classes of 5.
        fraction: which share of the population the table is; 1: all of it.
        population: people of the population in each class, where that is known; not below the
            rows in the class. Without it the chances are estimated from `fraction`.

    Raises:
        RiskError: threshold or fraction is not in (0, 1], or a class is larger than its population.
    """
    _check(threshold, "threshold")
    _check(fraction, "sampling fraction")
    sizes = classes.sizes
    known = 1.0 / np.maximum(sizes, 1)
    chances = individual_risk(sizes, fraction)
    outside = classes.rows / fraction
    if population is not None:
        _check_population(sizes, population)
        chances, outside = 1.0 / population, float(population.sum())
    linked = float((classes.each * chances).sum())
    rows = classes.rows
    mean = linked / rows if rows else 0.0
    found = float((classes.each * known).sum())
    floor = len(sizes) / outside if outside else 0.0
    return (
        _attack(Attacker.PROSECUTOR, classes, known, threshold, found / max(rows, 1)),
        _attack(Attacker.JOURNALIST, classes, chances, threshold, max(mean, floor)),
        _attack(Attacker.MARKETER, classes, chances, threshold, mean),
    )


def _attack(
    who: Attacker, classes: Classes, chances: Chances, threshold: float, average: float
) -> Attack:
    above = chances > threshold + 1e-12
    return Attack(
        who,
        classes.rows,
        threshold,
        int(classes.each[above].sum()),
        float(chances.max()) if len(chances) else 0.0,
        average,
        float((classes.each * chances).sum()),
    )


def individual_risk(sizes: Sizes, fraction: float) -> Chances:
    """The expected 1/F of each class: F people of the population, of whom f were sampled.

    Reference: Benedetti and Franconi (1998), as in mu-Argus, with F given f negative binomial.
    """
    f = sizes.astype(np.float64)
    if fraction >= 1.0:
        return np.asarray(1.0 / np.maximum(f, 1))
    p = fraction
    odds, surprise = p / (1 - p), np.log(1 / p)
    large = p / (f - (1 - p))
    twice = odds - odds**2 * surprise
    return np.where(f == 1, odds * surprise, np.where(f == 2, twice, large))


def in_words(attack: Attack, columns: Sequence[str]) -> str:
    """The expected number of re-identifications as a sentence."""
    expected = attack.expected
    number = f"{expected:,.0f}" if expected >= 1 or expected == 0 else "fewer than 1"
    return (
        f"We expect {number} of {attack.rows:,} people to be re-identified by someone who knows "
        f"{_listed(columns)}."
    )


def _listed(columns: Sequence[str]) -> str:
    if len(columns) < 2:
        return columns[0] if columns else "nothing about them"
    return f"{', '.join(columns[:-1])} and {columns[-1]}"


def _check(value: float, name: str) -> None:
    if not 0 < value <= 1:
        raise RiskError(
            f"The {name} is {value:g}, but must be above 0 and at most 1.",
            "Give a share, for example 0.1 for one in ten.",
        )


def _check_population(sizes: Sizes, population: Sizes) -> None:
    if len(population) != len(sizes) or bool((population < sizes).any()):
        raise RiskError(
            "The population has fewer people in some classes than the table has rows.",
            "Give the population that the table was drawn from, counted by the same columns.",
        )
