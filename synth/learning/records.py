"""A model that is a list of records: partial rows, each of which at least k real people hold.

The seeded methods end here. Drawing rows draws records, so nothing can come out that is not on the
list; what a record leaves open comes out as a missing value and says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from synth.budget import Statement
from synth.combinations.counting import Indices
from synth.combinations.growth import NOTHING, Records
from synth.errors import BundleError
from synth.lazily import np, pd
from synth.learning.method import Model, Narrowed
from synth.schema import Codes, Schema
from synth.schema.domain import smallest
from synth.schema.obeying import Marked
from synth.vault import Attributes
from synth.vault.attributes import attributes_from


@dataclass(frozen=True)
class RecordModel(Model):
    """Records to draw rows from.

    Args:
        names: the axes by column and label, as they were counted.
        records: one line per record, one column per axis.
    """

    kind: ClassVar[str] = "records"
    whole: ClassVar[bool] = True
    names: tuple[Attributes, ...]
    records: Records

    def sample(self, rows: int, rng: np.random.Generator) -> pd.DataFrame:
        return self.decoded(self.records[self._drawn(rows, rng)], rng)

    def given(self, states: Mapping[str, Marked]) -> Narrowed | None:
        """The records that may hold it; of columns of several values, nothing is told by states."""
        kept = np.ones(len(self.records), dtype=bool)
        axes = {a.column: i for i, a in enumerate(self.names) if not a.delimiter}
        several = {a.column for a in self.names if a.delimiter}
        for name, may in states.items():
            if name in axes:
                attributes = self.names[axes[name]]
                kept &= may[self._codes(attributes, self.records[:, axes[name]])]
            elif name not in several and not may[-1]:  # it is missing in every record
                kept[:] = False
        if not kept.any():
            return Narrowed(None, 0.0)
        return Narrowed(replace(self, records=self.records[kept]), float(kept.mean()))

    def _drawn(self, rows: int, rng: np.random.Generator) -> Indices:
        """Positions of records: each as often as the others, or once more; the fullest first."""
        count = len(self.records)
        if not count:
            raise BundleError("The model has no records.", "Lower k, or bring more people.")
        times, rest = divmod(rows, count)
        drawn = np.concatenate([np.tile(np.arange(count), times), rng.permutation(count)[:rest]])
        drawn = rng.permutation(drawn)
        filled = (self.records[drawn] != NOTHING).sum(axis=1)
        return np.asarray(drawn[np.argsort(-filled, kind="stable")])

    def decoded(self, records: Records, rng: np.random.Generator) -> pd.DataFrame:
        """Records as rows of values."""
        codes: dict[str, Codes] = {}
        several: dict[str, list[int]] = {}
        for axis, attributes in enumerate(self.names):
            if attributes.delimiter:
                several.setdefault(attributes.column, []).append(axis)
            else:
                codes[attributes.column] = self._codes(attributes, records[:, axis])
        blank = np.zeros(len(records), np.int64)
        for name in (c.name for c in self.schema.modelled if c.name not in codes):
            codes[name] = blank + self.schema.domain(name).size - 1
        rows = self.schema.decode(codes, rng)
        for column, axes in several.items():
            rows[column] = _joined([self.names[a] for a in axes], records[:, axes])
        return rows

    def _codes(self, attributes: Attributes, states: Records) -> Codes:
        """States of an axis as codes of its column's domain, whose last code is missing."""
        domain = self.schema.domain(attributes.column)
        place = {label: code for code, label in enumerate(domain.labels)}
        told = [domain.size - 1 if x is None else place[x] for x in attributes.labels]
        codes = np.array([*told, domain.size - 1])[states]  # NOTHING is the last
        return smallest(codes, domain.size)

    def parameters(self) -> dict[str, Any]:
        return {
            "axes": [a.document() for a in self.names],
            "records": [column.tolist() for column in self.records.T],
        }

    @classmethod
    def restored(
        cls, schema: Schema, statement: Statement, rows: int, parameters: Mapping[str, Any]
    ) -> Self:
        names = tuple(map(attributes_from, parameters["axes"]))
        records = np.array(parameters["records"], dtype=np.int32).T.reshape(-1, len(names))
        sizes = np.array([len(a.labels) for a in names])
        known = all(
            a.delimiter or set(a.labels) <= set(schema.domain(a.column).labels) for a in names
        )
        if not known or (records < NOTHING).any() or (records >= sizes).any():
            raise BundleError("The records do not fit the schema.", "Make the release again.")
        return cls(schema, statement, rows, names, np.ascontiguousarray(records))


def _joined(names: Sequence[Attributes], states: Records) -> pd.Series:
    """The values each record has in a column of several; missing where it has none."""
    labels = [str(a.labels[0]) for a in names]
    delimiter = names[0].delimiter
    texts = [
        delimiter.join(label for label, has in zip(labels, line, strict=True) if has) or None
        for line in (states != NOTHING)
    ]
    return pd.Series(texts, dtype=object)
