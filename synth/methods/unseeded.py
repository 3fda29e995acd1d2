"""Unseeded: as many rows as there are people, to the rounding, each as full as k people allow.

After the unseeded mode of Microsoft's Synthetic Data Showcase. Kept: every combination of any
length in a row is shared by k real people, and the number of rows is that of the people. Mended:
that number is rounded down to a multiple of k like every other count, and a record goes on after
a value that too few people share, where the original stopped and lost a third of all cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from synth.combinations.growth import Records
from synth.combinations.repetitions import calibrated, repeated
from synth.lazily import np
from synth.learning.seeded import ORDERS, Seeded, SeededGround
from synth.progress import Progress
from synth.schema.settings import setting

FILLED = (20.0, 5.0, 1.0)  # how much counts of one, two and more attributes weigh


@dataclass(frozen=True)
class Unseeded(Seeded):
    """As many records as people, each backed by k of them."""

    name: ClassVar[str] = "unseeded"
    title: ClassVar[str] = "k people behind every row, one row per person (unseeded)"
    summary: ClassVar[str] = (
        "Every combination in a row is shared by at least k real people, and there are as many "
        "rows as people. Fuller rows; rare values lose more than common ones."
    )

    orders: int = setting(40, **ORDERS)

    def records(
        self, ground: SeededGround, rng: np.random.Generator, progress: Progress
    ) -> Records:
        records, found = self.grown(ground, rng, progress, split=False), ground.groups.found
        weights = calibrated(
            records, found, rows=found.rows, midpoint=ground.midpoint, pulls=FILLED
        )
        weights = weights * found.rows / max(float(weights.sum()), 1e-9)
        return repeated(records, weights, rng)[: found.rows]
