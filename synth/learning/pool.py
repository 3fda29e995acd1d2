"""A model that is a pool of synthetic rows, for methods whose own model would hold real ones.

A kernel density, for one, is a list of real people with a blur around each. It never leaves the
run: what is kept is a pool of rows drawn from it, and how numbers that go together lie within
their intervals, which is told from these rows alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any, ClassVar, Self

from synth.budget import Statement
from synth.errors import BundleError
from synth.lazily import np, pd
from synth.learning.method import Model, Narrowed
from synth.learning.order_within import LEAST, Order, order_of
from synth.schema import Codes, Counts, Dates, Numbers, Schema
from synth.schema.domain import smallest
from synth.schema.obeying import Marked

FEWEST = 20  # rows that have numbers in both of two columns, for these to tell anything


@dataclass(frozen=True)
class Pool(Model):
    """Synthetic rows to draw from: each once before any is drawn again.

    Args:
        codes: one code array per modelled column, all of one length.
        order: in which order rows are given the values within an interval, where it matters.
    """

    kind: ClassVar[str] = "pool"
    codes: Mapping[str, Codes]
    order: Order = field(default_factory=lambda: Order({}, np.zeros((0, 0))))

    def ordered(self) -> Self:
        """The same, with an order for numbers and dates that nearly follow from each other."""
        return replace(self, order=_order(self.schema, self.codes))

    def sample(self, rows: int, rng: np.random.Generator) -> pd.DataFrame:
        held = len(next(iter(self.codes.values())))
        times, rest = divmod(rows, held)
        whole = [rng.permutation(held) for _ in range(times)]
        order = np.concatenate([*whole, rng.permutation(held)[:rest]]).astype(np.int64)
        drawn = {n: c[order] for n, c in self.codes.items()}
        frame = self.schema.decode(drawn, rng)
        for name, scores in self.order.scores(drawn, rng).items():
            domain = self.schema.domain(name)
            assert isinstance(domain, Numbers | Dates)
            by_size = np.lexsort((domain.measured(frame[name]), drawn[name]))
            place = np.empty(rows, dtype=np.int64)
            place[np.lexsort((scores, drawn[name]))] = by_size
            frame[name] = frame[name].take(place).reset_index(drop=True)
        return frame

    def given(self, states: Mapping[str, Marked]) -> Narrowed | None:
        held = [may[self.codes[name]] for name, may in states.items()]
        kept = np.logical_and.reduce(held) if held else np.ones(1, dtype=bool)
        if not kept.any():
            return Narrowed(None, 0.0)
        codes = {n: c[kept] for n, c in self.codes.items()} if held else self.codes
        return Narrowed(replace(self, codes=codes), float(kept.mean()))

    def parameters(self) -> dict[str, Any]:
        codes = {n: np.asarray(c).tolist() for n, c in self.codes.items()}
        return {"codes": codes, **({"order": self.order.parameters()} if self.order.ends else {})}

    @classmethod
    def restored(
        cls, schema: Schema, statement: Statement, rows: int, parameters: Mapping[str, Any]
    ) -> Self:
        codes = {c.name: _codes(schema, c.name, parameters) for c in schema.modelled}
        if len({len(c) for c in codes.values()}) != 1:
            raise BundleError(
                "The model's columns differ in length.", "The file is damaged; make it again."
            )
        sizes = {
            c.name: c.domain.intervals
            for c in schema.modelled
            if isinstance(c.domain, Numbers | Dates)
        }
        order = Order.restored(parameters.get("order", {}), sizes)
        return cls(schema, statement, rows, codes, order)


def _order(schema: Schema, codes: Mapping[str, Codes]) -> Order:
    """How numbers and dates lie within their intervals, from rows that tell only these."""
    ends: dict[str, Counts] = {}
    ranks: dict[str, Counts] = {}
    for name, states in codes.items():
        domain = schema.domain(name)
        if isinstance(domain, Numbers | Dates) and (states < domain.intervals).any():
            held = np.bincount(states, minlength=domain.size)[: domain.intervals]
            ends[name] = np.cumsum(held) / held.sum()
            ranks[name] = np.where(
                states < domain.intervals,
                ends[name][np.minimum(states, domain.intervals - 1)],
                np.nan,
            )
    tables: dict[tuple[str, str], tuple[Counts, float]] = {}
    for one, other in combinations(ends, 2):
        both = ~np.isnan(ranks[one]) & ~np.isnan(ranks[other])
        a, b = ranks[one][both], ranks[other][both]
        if len(a) < FEWEST or not a.std() or not b.std():
            continue
        if abs(float(np.corrcoef(a, b)[0, 1])) >= LEAST:
            size = len(ends[one]), len(ends[other])
            at = codes[one][both].astype(np.int64) * size[1] + codes[other][both]
            counts = np.bincount(at, minlength=size[0] * size[1]).reshape(size)
            tables[one, other] = counts.astype(np.float64), 1.0
    return order_of(ends, tables)


def _codes(schema: Schema, name: str, parameters: Mapping[str, Any]) -> Codes:
    size = schema.domain(name).size
    codes = np.array(parameters["codes"][name], dtype=np.int64)
    if codes.size == 0 or codes.min() < 0 or codes.max() >= size:
        raise BundleError(
            f"The rows of `{name}` do not fit the schema.", "The file is damaged; make it again."
        )
    return smallest(codes, size)
