"""What is promised to the people in a table: epsilon and delta outside, rho inside.

Neighbouring tables differ by adding or removing one protected person, who has at most
`rows_per_person` rows. rho adds up under composition, so a ledger is a sum; (epsilon, delta) is
what people set and read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NewType

from synth.budget.accounting import rho_of
from synth.budget.guarantee import WEAK
from synth.errors import BudgetError

Rho = NewType("Rho", float)

LARGEST_DELTA = 1e-6  # above this a promise is not worth much; see Budget.warning


@dataclass(frozen=True)
class Budget:
    """The promise made to the people in the table: at most (epsilon, delta).

    >>> budget = Budget(epsilon=1.0, delta=1e-9)
    >>> f"{budget.rho:.4f}"
    '0.0166'

    Args:
        epsilon: above 0; `math.inf` asks for no noise at all, and so for no guarantee.
        delta: below 1; a common choice is 1/n^1.1 for n people, and never above 1e-6; known
            beforehand, and so of no noisy n.
        rows_per_person: how many rows one protected person may have at most.

    Raises:
        BudgetError: one of them is out of range.
    """

    epsilon: float
    delta: float = LARGEST_DELTA
    rows_per_person: int = 1

    def __post_init__(self) -> None:
        if not self.epsilon > 0:
            raise BudgetError(
                f"Epsilon is {self.epsilon:g}, but must be above 0.",
                "Common choices lie between 0.1 (strong protection) and 10 (weak).",
            )
        if not 0 < self.delta < 1:
            raise BudgetError(
                f"Delta is {self.delta:g}, but must lie between 0 and 1.",
                "Leave it out, or give a number well below one over the number of people.",
            )
        if self.rows_per_person < 1:
            raise BudgetError(
                f"{self.rows_per_person} rows per person are allowed.",
                "Allow at least 1.",
            )

    @cached_property
    def rho(self) -> Rho:
        """The most that may be spent within this promise."""
        found = rho_of(self.epsilon, self.delta)
        if not found > 0:
            raise BudgetError(
                f"Epsilon {self.epsilon:g} with delta {self.delta:g} leaves nothing to spend.",
                "Raise epsilon.",
            )
        return Rho(found)

    @property
    def warning(self) -> str:
        """Why this promise is weak, in a sentence; empty where it is not."""
        if math.isinf(self.epsilon):
            return "No noise is added, so nothing is promised to the people in the table."
        if self.delta > LARGEST_DELTA:
            return (
                f"Delta {self.delta:g} is above {LARGEST_DELTA:g}: the promise may fail outright."
            )
        if self.epsilon > WEAK:
            return f"Epsilon {self.epsilon:g} is above {WEAK:g}: the promise says very little."
        return ""
