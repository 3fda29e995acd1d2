"""What whoever runs a server lets a run of somebody else do: about how many people, how large."""

from __future__ import annotations

import os
from dataclasses import dataclass

from synth.errors import RecipeError
from synth.runs.recipe import ReleasePart

MOST_ROWS = "SYNTH_MOST_ROWS"  # set by the operator of a server
USUAL_MOST = 10_000_000  # synthetic rows of one run, all copies together


@dataclass(frozen=True)
class Bounds:
    """The bounds of a run.

    Args:
        least: it fails where there are fewer rows, by a noisy count; 0 for none.
        most: synthetic rows of all its copies together; 0 for as many as are asked for.
    """

    least: int = 0
    most: int = 0

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
                f"{each:,} rows × {told.copies:,} copies are more than the {self.most:,} rows "
                "that this server draws for one job.",
                "Ask for fewer `rows` or `copies` in [release], and draw more from the release on "
                "your own machine: `synth draw`.",
            )


UNBOUNDED = Bounds()


def most_rows() -> int:
    """How many synthetic rows a run on this server may draw, all copies together.

    Raises:
        ValueError: what is set is no whole number above 0.
    """
    text = os.environ.get(MOST_ROWS, "").strip()
    try:
        found = int(text) if text else USUAL_MOST
    except ValueError:
        found = 0
    if found < 1:
        raise ValueError(f"{MOST_ROWS} has to be a whole number above 0.")
    return found
