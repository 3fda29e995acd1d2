"""Row-seeded: each person's attributes, split over records that at least k people hold.

After the row-seeded mode of Microsoft's Synthetic Data Showcase. Kept: every combination of any
length in a row is shared by k real people, nothing is invented, and no attribute occurs more often
than its reported total (less often where there would be more rows than people). Different: records
are grown for all people at once, in many orders of the columns, so they are longer; how often each
is repeated is fitted to the reported counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from synth.combinations.growth import Records
from synth.combinations.repetitions import calibrated, repeated, within_totals
from synth.lazily import np
from synth.learning.seeded import Seeded, SeededGround
from synth.progress import Progress


@dataclass(frozen=True)
class RowSeeded(Seeded):
    """Partial copies of rows, each backed by k people."""

    name: ClassVar[str] = "row_seeded"
    title: ClassVar[str] = "k people behind every row (row-seeded)"
    summary: ClassVar[str] = (
        "Every combination in a row is shared by at least k real people, and no value occurs more "
        "often than its rounded total; rows have gaps where too few people agree."
    )

    def records(
        self, ground: SeededGround, rng: np.random.Generator, progress: Progress
    ) -> Records:
        records, found = self.grown(ground, rng, progress, split=True), ground.groups.found
        weights = calibrated(records, found, midpoint=ground.midpoint)
        return within_totals(repeated(records, weights, rng), found)
