"""Aggregate-seeded under differential privacy: rows put together from noisy counts.

After the differentially private mode of Microsoft's Synthetic Data Showcase (`pac-synth`), with
its accuracy and fabrication modes. Different: exact discrete noise through the ledger, tables that
agree with each other, no budget for a number of rows (the tables tell it), and repetitions fitted
to all noisy counts together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from synth.budget import Rho
from synth.combinations.assembly import assembled
from synth.combinations.repetitions import calibrated, repeated
from synth.lazily import np
from synth.learning.method import Method, Model, Promise
from synth.learning.noisy_groups import ACCURACY, FABRICATION, noisy_groups
from synth.learning.records import RecordModel
from synth.learning.seeded import (
    EACH,
    LENGTH,
    NOTHING_TOLD,
    ORDERS,
    SEED,
    blank_record,
    counting_of,
    shortened,
    with_blanks,
)
from synth.progress import Progress, quiet
from synth.schema import Schema
from synth.schema.settings import setting
from synth.vault import PrivateTable

PULLS = (100.0, 5.0, 1.0)  # how much counts of one, two and more attributes weigh


@dataclass(frozen=True)
class DpAggregateSeeded(Method):
    """Records assembled from differentially private counts."""

    name: ClassVar[str] = "dp_aggregate_seeded"
    title: ClassVar[str] = "Rows from noisy counts (aggregate-seeded)"
    summary: ClassVar[str] = (
        "Rows put together from differentially private counts of a few attributes. What noise "
        "makes up or hides depends on the fabrication mode."
    )
    promise: ClassVar[Promise] = Promise.PRIVATE
    model: ClassVar[type[Model]] = RecordModel

    length: int = setting(3, **LENGTH)
    accuracy: str = setting(
        "long",
        title="Accuracy goes to",
        help="Counts of many attributes together (long), of few (short), or all alike.",
        choices=ACCURACY,
    )
    fabrication: str = setting(
        "balanced",
        title="Fabrication",
        help="How far small counts are dropped that noise may have made up. Less invented "
        "means more lost.",
        choices=FABRICATION,
    )
    orders: int = setting(20, **ORDERS)
    each: int = setting(2000, **EACH)
    seed: int = setting(1, **SEED)
    nothing: str = setting("", **NOTHING_TOLD)

    def less(self, schema: Schema) -> str:
        return shortened(schema, self.length)

    def fit(self, private: PrivateTable, rho: Rho, progress: Progress = quiet) -> RecordModel:
        counting = counting_of(private, self.length, "", self.nothing, blanks=True)
        rng = np.random.default_rng(self.seed)
        progress(0.0, "measuring counts")
        noisy = noisy_groups(
            private, counting, rho, accuracy=self.accuracy, fabrication=self.fabrication
        )
        found = noisy.groups.found
        progress(0.4, "putting records together")
        records = assembled(found, rng, orders=self.orders, each=self.each)
        progress(0.7, "fitting repetitions")
        weights = calibrated(records, found, rows=found.rows, pulls=PULLS)
        drawn = repeated(records, weights * found.rows / max(float(weights.sum()), 1e-9), rng)
        drawn = drawn if len(drawn) else blank_record(found)
        schema = with_blanks(private.schema)
        return RecordModel(schema, private.statement(), found.rows, noisy.groups.names, drawn)
