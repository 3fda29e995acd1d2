"""The noise of a recipe, looked at where it is drawn: does it spread as far as the ledger says?

One training tells it of every method, however much that smooths its noisy answers: the sum of
squares of Gaussian noise, in units of what was paid for, has a chi-squared law. It is a look from
inside: it trusts that what was paid for each answer is its due, which canaries do not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.budget.eyes import ForCustodian
from synth.budget.figures import down
from synth.errors import RecipeError
from synth.evaluate.claim import SURE
from synth.lazily import special
from synth.progress import Progress, quiet
from synth.protect.steps import Shelf
from synth.runs.recipe import Recipe
from synth.runs.running import cut, deidentified, fitted, loaded_as, settled
from synth.vault import Noise
from synth.vault.watched import Watched

FEWEST = 20  # noisy numbers that tell anything


@dataclass(frozen=True, repr=False)
class NoiseSeen(ForCustodian):
    """What was seen.

    Args:
        numbers: noisy numbers that were looked at, in one training.
        what: they were paid for as, of all sorts that which spreads least for sure.
        some: how many there are of that.
        spread: of their noise, in units of what was paid for.
        low, high: between which that surely is, of noise without end.
        cheap: numbers for which less noise was asked than was paid for.
        unseen: answers with noise of another law (choices, the number of people).
    """

    numbers: int
    what: str
    some: int
    spread: float
    low: float
    high: float
    cheap: int
    unseen: int

    @property
    def broken(self) -> bool:
        """Whether surely less is added than was paid for."""
        return self.cheap > 0 or self.high < 1

    @property
    def plain(self) -> str:
        """In a few sentences."""
        high = math.ceil(self.high * 1000) / 1000
        told = (
            f"Looked at from inside: the noise of {self.numbers:,} numbers of one training. What "
            f"surely spreads least, {self.some:,} of them ({self.what}), spreads {self.spread:.3f} "
            f"times as far as the ledger says ({down(self.low)} to {high:.3f}, "
            f"{SURE:.1%} sure of all sorts)."
        )
        if self.cheap:
            told += f" For {self.cheap:,} of them less noise was asked than was paid for."
        if self.unseen:
            told += f" {self.unseen:,} answers have another noise, and were not looked at."
        return told + (" The claim is broken." if self.broken else "")


def noise_seen(
    recipe: Recipe,
    source: Path | Any,
    progress: Progress = quiet,
    *,
    folder: Path = Path(),
    noise: Noise | None = None,
) -> NoiseSeen:
    """Train once, and look at all noise on its way; nothing of it leaves.

    Args:
        noise: for tests alone; see `PrivateTable`.

    Raises:
        RecipeError: no epsilon is claimed, or hardly any noise could be looked at.
    """
    if not recipe.formal:
        raise RecipeError(
            "The recipe claims no epsilon, so there is none to be tried.",
            "Take a method with differential privacy and a finite epsilon.",
        )
    if recipe.children.file or recipe.children.query:
        raise RecipeError(
            "The noise of two linked tables cannot be looked at.",
            "Try the claim of the first by itself: leave [children] out.",
        )
    each = recipe.budget.rows_per_person
    seen = Watched(each) if noise is None else Watched(each, noise)
    loaded = loaded_as(recipe, source, seen)
    loaded.private.ledger.listener = seen.paying
    made = deidentified(recipe, loaded, Shelf(folder))
    fitted(recipe, cut(recipe, settled(recipe, made, quiet)), progress)
    return found_of(seen)


def found_of(seen: Watched) -> NoiseSeen:
    """What follows from what was watched.

    Raises:
        RecipeError: that is hardly anything.
    """
    told = {what: found for what, found in seen.sums.items() if found[0] >= FEWEST}
    if not told:
        raise RecipeError("Hardly any noise was drawn.", "Try it with less epsilon.")
    miss = (1 - SURE) / (2 * len(told))
    bounds = {what: _bounds(*found, miss) for what, found in told.items()}
    worst = min(told, key=lambda what: bounds[what][1])
    some, squares = told[worst]
    numbers = sum(many for many, _ in seen.sums.values())
    spread = math.sqrt(squares / some)
    return NoiseSeen(numbers, worst, some, spread, *bounds[worst], seen.cheap, seen.unseen)


def _bounds(many: int, squares: float, miss: float) -> tuple[float, float]:
    """The least and the most spread that explains a sum of squares, each but for `miss`."""
    low, high = (2 * float(special.gammaincinv(many / 2, q)) for q in (miss, 1 - miss))
    return math.sqrt(squares / high), math.sqrt(squares / low)  # chi-squared is twice a gamma
