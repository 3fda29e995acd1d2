"""Value-seeded: records built to use up the reported total of every value, and no more.

After the value-seeded mode of Microsoft's Synthetic Data Showcase. Kept: every combination of any
length in a row is shared by k real people, and no value occurs more often than reported, but for
the share of oversampling that is allowed. Different: many records are grown first, then their
repetitions are fitted to the reported counts together, where the original drew one value after
another and, with oversampling controlled, took the rounding off twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from synth.combinations.growth import Records
from synth.combinations.repetitions import calibrated, repeated, within_totals
from synth.lazily import np
from synth.learning.seeded import ORDERS, Seeded, SeededGround
from synth.progress import Progress
from synth.schema.settings import setting


@dataclass(frozen=True)
class ValueSeeded(Seeded):
    """Records fitted to reported counts, each backed by k people."""

    name: ClassVar[str] = "value_seeded"
    title: ClassVar[str] = "k people behind every row (value-seeded)"
    summary: ClassVar[str] = (
        "Every combination in a row is shared by at least k real people. Keeps more of how values "
        "go together than row-seeded; rows have gaps where too few people agree."
    )

    oversampling: float = setting(
        0.0,
        title="Oversampling",
        help="By what share a value may occur more often than reported. More keeps "
        "combinations better and totals worse.",
        low=0.0,
        high=10.0,
    )
    orders: int = setting(40, **ORDERS)

    def records(
        self, ground: SeededGround, rng: np.random.Generator, progress: Progress
    ) -> Records:
        records, found = self.grown(ground, rng, progress, split=False), ground.groups.found
        weights = calibrated(records, found, midpoint=ground.midpoint)
        return within_totals(repeated(records, weights, rng), found, over=self.oversampling)
