"""Aggregate-seeded: rows put together from protected counts alone.

After the aggregate-seeded mode of Microsoft's Synthetic Data Showcase. Every combination of up to
the counted length is shared by k real people. Longer ones may be invented, or be those of one
person: there is no promise about them, and the statement says so, where the original's was easily
read as covering whole rows. Repetitions are fitted to all reported counts together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from synth.budget import Rho
from synth.combinations.assembly import assembled
from synth.combinations.repetitions import calibrated, repeated, settled
from synth.learning.method import Method, Model
from synth.learning.records import Listed
from synth.learning.seeded import (
    EACH,
    LENGTH,
    NOTHING_TOLD,
    ORDERS,
    SEED,
    SEVERAL,
    K,
    counting_of,
    grounded,
    listed,
)
from synth.progress import Progress, quiet
from synth.vault import PrivateTable


@dataclass(frozen=True)
class AggregateSeeded(Method):
    """Records assembled from reported counts."""

    name: ClassVar[str] = "aggregate_seeded"
    title: ClassVar[str] = "Rows from protected counts (aggregate-seeded)"
    summary: ClassVar[str] = (
        "Full rows that keep counts of a few attributes best. Only combinations up to the counted "
        "length are shared by k people; longer ones may be anybody's."
    )
    formal: ClassVar[bool] = True
    spends: ClassVar[bool] = False
    model: ClassVar[type[Model]] = Listed

    k: int = field(default=10, metadata=K)
    length: int = field(default=3, metadata=LENGTH)
    orders: int = field(default=20, metadata=ORDERS)
    each: int = field(default=2000, metadata=EACH)
    seed: int = field(default=1, metadata=SEED)
    several: str = field(default="", metadata=SEVERAL)
    nothing: str = field(default="", metadata=NOTHING_TOLD)

    def fit(self, private: PrivateTable, rho: Rho, progress: Progress = quiet) -> Listed:
        counting = counting_of(private, self.length, self.several, self.nothing)
        rng = np.random.default_rng(self.seed)
        progress(0.0, "counting combinations")
        ground = grounded(private, counting, self.k)
        found = ground.groups.found
        progress(0.1, "putting records together")
        records = assembled(found, rng, orders=self.orders, each=self.each)
        progress(0.5, "fitting repetitions")
        weights = calibrated(records, found, midpoint=ground.midpoint)
        drawn = settled(repeated(records, weights, rng), found)
        progress(0.9, "checking the promise")
        return listed(ground, drawn, length=counting.length)
