"""What all jobs of a token may cost together.

Jobs are added up whatever they are about: the same person may be in every table, so nothing smaller
than the sum of rho holds for sure. It is converted at one delta; what answers set aside of their
own (see `Measured.delta`) comes on top of that delta, and may come to as much again at most. Where
the sums are kept, `synth/api/tally.py` says. Who one person is, each recipe says for itself: the
sum holds for whoever every job protects (`HOLDS_FOR`), and is none for persons who have more rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from synth.api.problems import Problem
from synth.budget.accounting import epsilon_of, rho_of
from synth.budget.figures import down
from synth.budget.promise import LARGEST_DELTA
from synth.ingest.discovery import DELTA_SHARE
from synth.runs import Recipe

HOLDS_FOR = (
    "whoever each job protects: a person that its column names, or whoever has at most as many "
    "rows as it says one person has. To somebody with twice as many rows, a job without such a "
    "column may tell twice the epsilon and more."
)
SLACK = 1 + 1e-9  # what a sum may be out by


@dataclass(frozen=True)
class Allowance:
    """The most epsilon, at `LARGEST_DELTA`, that the jobs of one token may come to together."""

    epsilon: float = math.inf

    def __post_init__(self) -> None:
        if not self.epsilon > 0:
            raise ValueError("The epsilon of a token has to be a number above 0.")

    @property
    def limited(self) -> bool:
        return not math.isinf(self.epsilon)

    def left(self, spent: float) -> float:
        """The largest epsilon a further job may ask for, when `spent` rho is gone."""
        rho = rho_of(self.epsilon, LARGEST_DELTA) - spent
        return math.inf if not self.limited else epsilon_of(max(rho, 0.0), LARGEST_DELTA)

    def check(self, recipe: Recipe, spent: float, deltas: float = 0.0) -> None:
        """Refuse a job that could pass the limit, before any row is read.

        403 and not 429: waiting does not bring a spent budget back.

        Args:
            spent: the rho of all jobs.
            deltas: what single answers of all jobs may fail by of their own.

        Raises:
            Problem: nothing bounds what the job would cost, or it is more than is left.
        """
        if not self.limited:
            return
        if reason := recipe.unbounded:
            raise Problem(
                403,
                f"This token has an epsilon of {self.epsilon:g} for all its jobs, and nothing "
                f"bounds what this one would cost: {reason}.",
                "Use a method of differential privacy with an epsilon, without exact counts.",
            )
        if spent + recipe.budget.rho > rho_of(self.epsilon, LARGEST_DELTA) * SLACK:
            left = self.left(spent)
            raise Problem(
                403,
                f"This token has an epsilon of {self.epsilon:g} for all its jobs, and epsilon "
                f"{recipe.privacy.epsilon:g} more would pass it.",
                f"Epsilon {down(left)} is left: ask for that at most."
                if left >= 0.001
                else "Nothing is left: draw more rows from an earlier release instead.",
            )
        if deltas + answers_delta(recipe) > LARGEST_DELTA * SLACK:
            raise Problem(
                403,
                "The jobs of this token found so many values under their budget that the chance "
                f"that one of them fails (delta) would pass {LARGEST_DELTA:g}.",
                "Declare the values in [[column]] and set discover = false.",
            )


def answers_delta(recipe: Recipe) -> float:
    """The most that single answers of a job may fail by of their own: those that find values."""
    return recipe.budget.delta * DELTA_SHARE if recipe.formal and recipe.privacy.discover else 0.0
