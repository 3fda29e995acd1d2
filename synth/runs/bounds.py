"""What whoever runs a server lets a run of somebody else do: about how many people, how large."""

from __future__ import annotations

import math
from dataclasses import dataclass

from synth.errors import RecipeError, SynthError
from synth.operating import operating
from synth.runs.recipe import Recipe, ReleasePart
from synth.wording import so_many


@dataclass(frozen=True)
class Bounds:
    """The bounds of a run.

    Args:
        least: it fails where there are fewer rows, by a noisy count; 0 for none.
        most: synthetic rows of all its copies together; 0 for as many as are asked for.
        epsilon: the largest of one run; where it is finite, an epsilon has to bound the run.
        minutes: it may take, once it has begun; 0 for as long as it takes.
        memory: bytes that it may take; 0 for all there are.
        waiting: jobs that may wait for a place on this server before it; 0 for any number.
    """

    least: int = 0
    most: int = 0
    epsilon: float = math.inf
    minutes: float = 0.0
    memory: int = 0
    waiting: int = 0

    def full(self, waiting: int) -> SynthError | None:
        """Why no more jobs are taken while so many wait; None where they are."""
        if not self.waiting or waiting < self.waiting:
            return None
        return SynthError(
            f"{so_many(waiting, 'job waits', 'jobs wait')} on this server, the most that it "
            "keeps waiting.",
            "Nothing was charged and no row was read: try again in some minutes.",
        )

    def check_promise(self, recipe: Recipe) -> None:
        """Refuse to promise less than the operator allows.

        Raises:
            RecipeError: its epsilon is larger, or nothing bounds what it would cost.
        """
        if math.isinf(self.epsilon):
            return
        if reason := recipe.unbounded:
            raise RecipeError(
                f"This server allows an epsilon of {self.epsilon:g} for one release, and nothing "
                f"bounds what this one would cost: {reason}.",
                "Use a method of differential privacy with an epsilon, without exact counts.",
            )
        if recipe.privacy.epsilon > self.epsilon:
            raise RecipeError(
                f"Epsilon {recipe.privacy.epsilon:g} is more than the {self.epsilon:g} that this "
                "server allows for one release.",
                f"Ask for {self.epsilon:g} at most, or ask whoever runs the server.",
            )

    def check(self, told: ReleasePart, rows: int = 0) -> None:
        """Refuse to draw too much.

        Args:
            rows: of each copy, where the recipe leaves it open.

        Raises:
            RecipeError: it is more than may be drawn.
        """
        each = told.rows or rows
        if self.most and each * told.copies > self.most:
            raise RecipeError(
                f"{so_many(each, 'row')} × {so_many(told.copies, 'copy', 'copies')} are "
                f"more than the {self.most:,} rows that this server draws for one job.",
                "Ask for fewer `rows` or `copies` in [release], and draw more from the release on "
                "your own machine: `synth draw`.",
            )


UNBOUNDED = Bounds()


def of_server(least: int = 0) -> Bounds:
    """The bounds that the operator of a server sets. Raises ValueError where a setting is wrong."""
    told = operating()
    limits = told.most_rows, told.most_epsilon, told.most_minutes, told.memory, told.most_waiting
    return Bounds(least, *limits)
