"""Row-seeded: each person's attributes, split over records that at least k people hold.

After the row-seeded mode of Microsoft's Synthetic Data Showcase. Kept: every combination of any
length in a row is shared by k real people, nothing is invented, and the total of each attribute is
its reported total. Different: records are grown for all people at once, in many orders of the
columns, so they are longer; how often each is repeated is fitted to the reported counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from synth.budget import Rho
from synth.combinations.repetitions import calibrated, repeated, settled
from synth.learning.method import Method, Model
from synth.learning.records import Listed
from synth.learning.seeded import (
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
class RowSeeded(Method):
    """Partial copies of rows, each backed by k people."""

    name: ClassVar[str] = "row_seeded"
    title: ClassVar[str] = "k people behind every row (row-seeded)"
    summary: ClassVar[str] = (
        "Every combination in a row is shared by at least k real people. Totals of single values "
        "are exact to the rounding; rows have gaps where too few people agree."
    )
    formal: ClassVar[bool] = True
    spends: ClassVar[bool] = False
    model: ClassVar[type[Model]] = Listed

    k: int = field(default=10, metadata=K)
    length: int = field(default=3, metadata=LENGTH)
    orders: int = field(default=20, metadata=ORDERS)
    seed: int = field(default=1, metadata=SEED)
    several: str = field(default="", metadata=SEVERAL)
    nothing: str = field(default="", metadata=NOTHING_TOLD)

    def fit(self, private: PrivateTable, rho: Rho, progress: Progress = quiet) -> Listed:
        counting = counting_of(private, self.length, self.several, self.nothing)
        rng = np.random.default_rng(self.seed)
        progress(0.0, "counting combinations")
        ground = grounded(private, counting, self.k)
        progress(0.1, "growing records")
        grown = private.records(counting, self.k, rng, orders=self.orders, split=True)
        records = ground.on_axes(grown)
        progress(0.5, "fitting repetitions")
        weights = calibrated(records, ground.groups.found, midpoint=ground.midpoint)
        drawn = settled(repeated(records, weights, rng), ground.groups.found)
        progress(0.9, "checking the promise")
        return listed(ground, drawn)
