"""Aggregate-seeded: rows put together from protected counts alone.

After the aggregate-seeded mode of Microsoft's Synthetic Data Showcase. Every combination of up to
the counted length is shared by k real people. Longer ones may be invented, or be those of one
person: there is no promise about them, and the statement says so, where the original's was easily
read as covering whole rows. Repetitions are fitted to all reported counts together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from synth.combinations.assembly import assembled
from synth.combinations.growth import Records
from synth.combinations.repetitions import calibrated, repeated, within_totals
from synth.lazily import np
from synth.learning.seeded import EACH, Seeded, SeededGround
from synth.progress import Progress
from synth.schema.settings import setting


@dataclass(frozen=True)
class AggregateSeeded(Seeded):
    """Records assembled from reported counts."""

    name: ClassVar[str] = "aggregate_seeded"
    title: ClassVar[str] = "Rows from protected counts (aggregate-seeded)"
    summary: ClassVar[str] = (
        "Full rows that keep counts of a few attributes best. Only combinations up to the counted "
        "length are shared by k people; longer ones may be anybody's."
    )

    whole: ClassVar[bool] = False
    each: int = setting(2000, **EACH)

    def records(
        self, ground: SeededGround, rng: np.random.Generator, progress: Progress
    ) -> Records:
        found = ground.groups.found
        progress(0.1, "putting records together")
        records = assembled(found, rng, orders=self.orders, each=self.each)
        progress(0.5, "fitting repetitions")
        weights = calibrated(records, found, midpoint=ground.midpoint)
        return within_totals(repeated(records, weights, rng), found)
