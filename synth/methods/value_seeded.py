"""Value-seeded: records built to use up the reported total of every value, and no more.

After the value-seeded mode of Microsoft's Synthetic Data Showcase. Kept: every combination of any
length in a row is shared by k real people, and no value occurs more often than reported, but for
the share of oversampling that is allowed. Different: many records are grown first, then their
repetitions are fitted to the reported counts together, where the original drew one value after
another and, with oversampling controlled, took the rounding off twice.
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
class ValueSeeded(Method):
    """Records fitted to reported counts, each backed by k people."""

    name: ClassVar[str] = "value_seeded"
    title: ClassVar[str] = "k people behind every row (value-seeded)"
    summary: ClassVar[str] = (
        "Every combination in a row is shared by at least k real people. Keeps more of how values "
        "go together than row-seeded; rows have gaps where too few people agree."
    )
    formal: ClassVar[bool] = True
    spends: ClassVar[bool] = False
    model: ClassVar[type[Model]] = Listed

    k: int = field(default=10, metadata=K)
    length: int = field(default=3, metadata=LENGTH)
    oversampling: float = field(
        default=0.0,
        metadata={
            "title": "Oversampling",
            "help": "By what share a value may occur more often than reported. More keeps "
            "combinations better and totals worse.",
            "low": 0.0,
            "high": 10.0,
        },
    )
    orders: int = field(default=40, metadata=ORDERS)
    seed: int = field(default=1, metadata=SEED)
    several: str = field(default="", metadata=SEVERAL)
    nothing: str = field(default="", metadata=NOTHING_TOLD)

    def fit(self, private: PrivateTable, rho: Rho, progress: Progress = quiet) -> Listed:
        counting = counting_of(private, self.length, self.several, self.nothing)
        rng = np.random.default_rng(self.seed)
        progress(0.0, "counting combinations")
        ground = grounded(private, counting, self.k)
        progress(0.1, "growing records")
        grown = private.records(counting, self.k, rng, orders=self.orders, split=False)
        records = ground.on_axes(grown)
        progress(0.4, "fitting repetitions")
        weights = calibrated(records, ground.groups.found, midpoint=ground.midpoint)
        drawn = settled(
            repeated(records, weights, rng), ground.groups.found, over=self.oversampling
        )
        progress(0.9, "checking the promise")
        return listed(ground, drawn)
