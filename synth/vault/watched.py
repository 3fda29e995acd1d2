"""Noise that is watched: how far it spreads, beside what is asked of it and what is paid for it.

It is drawn as ever. Of what is drawn only sums of squares are kept, so none can be taken off again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from synth.budget.entries import Entry, Measured
from synth.vault import noise as exact_noise
from synth.vault.noise import Noise

if TYPE_CHECKING:
    from synth.vault.noise import Whole

NARROW = 1.0  # rows: below, whole numbers spread otherwise than their law's sigma says
SLACK = 1 + 1e-9


@dataclass
class Watched:
    """A source of noise that looks on.

    Args:
        rows_per_person: what one person moves a count by at most.
        noise: drawn from; left alone, the exact one.
        sums: by what was paid for, how many noisy numbers were looked at, and the sum of squares
            of their noise, each in units of the sigma that was paid for or asked, the larger.
        cheap: numbers for which less noise was asked than was paid for.
        unseen: answers with noise of another law, or too little to tell.
    """

    rows_per_person: int = 1
    noise: Noise = exact_noise
    sums: dict[str, tuple[int, float]] = field(default_factory=dict)
    cheap: int = 0
    unseen: int = 0
    _least: float = field(default=0.0, init=False)
    _what: str = field(default="", init=False)

    def paying(self, entry: Entry) -> None:
        """As the listener of a ledger: what the next noise is paid with.

        One person may be in one cell, so no count may have less noise than its whole price buys.
        """
        rho, self._what = math.inf, ""
        if isinstance(entry, Measured):
            rho, self._what = entry.rho, entry.purpose.split(":")[0]
        self._least = self.rows_per_person / math.sqrt(2 * rho) if 0 < rho < math.inf else 0.0

    def discrete_gaussian(self, counts: Whole, sigma: float) -> Whole:
        noisy = self.noise.discrete_gaussian(counts, sigma)
        due = max(sigma, self._least)
        if due < NARROW:
            self.unseen += 1
            return noisy
        many, before = int(noisy.size), self.sums.get(self._what, (0, 0.0))
        self.cheap += many if sigma * SLACK < self._least else 0
        squares = float((((noisy - counts) / due) ** 2).sum())
        self.sums[self._what] = (before[0] + many, before[1] + squares)
        return noisy

    def discrete_laplace(self, counts: Whole, scale: float) -> Whole:
        self.unseen += 1
        return self.noise.discrete_laplace(counts, scale)

    def noisy_max(self, scores: Sequence[int], epsilon: float, sensitivity: int) -> int:
        self.unseen += 1
        return self.noise.noisy_max(scores, epsilon, sensitivity)
