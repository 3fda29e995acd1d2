"""Unseeded: as many rows as there are people, to the rounding, each as full as k people allow.

After the unseeded mode of Microsoft's Synthetic Data Showcase. Kept: every combination of any
length in a row is shared by k real people, and the number of rows is that of the people. Mended:
that number is rounded down to a multiple of k like every other count, and a record goes on after
a value that too few people share, where the original stopped and lost a third of all cells.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from synth.budget import Rho
from synth.combinations.repetitions import calibrated, repeated
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

FILLED = (20.0, 5.0, 1.0)  # how much counts of one, two and more attributes weigh


@dataclass(frozen=True)
class Unseeded(Method):
    """As many records as people, each backed by k of them."""

    name: ClassVar[str] = "unseeded"
    title: ClassVar[str] = "k people behind every row, one row per person (unseeded)"
    summary: ClassVar[str] = (
        "Every combination in a row is shared by at least k real people, and there are as many "
        "rows as people. Fuller rows; rare values lose more than common ones."
    )
    formal: ClassVar[bool] = True
    spends: ClassVar[bool] = False
    model: ClassVar[type[Model]] = Listed

    k: int = field(default=10, metadata=K)
    length: int = field(default=3, metadata=LENGTH)
    orders: int = field(default=40, metadata=ORDERS)
    seed: int = field(default=1, metadata=SEED)
    several: str = field(default="", metadata=SEVERAL)
    nothing: str = field(default="", metadata=NOTHING_TOLD)

    def fit(self, private: PrivateTable, rho: Rho, progress: Progress = quiet) -> Listed:
        counting = counting_of(private, self.length, self.several, self.nothing)
        rng = np.random.default_rng(self.seed)
        progress(0.0, "counting combinations")
        ground = grounded(private, counting, self.k)
        people = ground.groups.found.rows
        progress(0.1, "growing records")
        grown = private.records(counting, self.k, rng, orders=self.orders, split=False)
        records = ground.on_axes(grown)
        progress(0.4, "fitting repetitions")
        weights = calibrated(
            records, ground.groups.found, rows=people, midpoint=ground.midpoint, pulls=FILLED
        )
        weights = weights * people / max(float(weights.sum()), 1e-9)
        drawn = repeated(records, weights, rng)
        progress(0.9, "checking the promise")
        return listed(ground, drawn[:people])
