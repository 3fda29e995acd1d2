"""Counting rows over columns: the one question that is asked of real rows, on any engine.

`HeldRows` answers from integer codes in memory; `staying` asks the engine that holds the
rows. Only the vault makes either of them.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from synth.budget.resemblance import Traits
from synth.lazily import np, npt, pd
from synth.schema import Codes, Domain, Schema
from synth.schema.gathered import Gathered
from synth.schema.intervals import Cut, Readout
from synth.schema.tables import IntCounts, bincount
from synth.schema.values import as_text, is_text
from synth.schema.written import AS_USUAL, Written
from synth.vault.answers import Shares
from synth.vault.gaps import NO_GAPS, Gaps, TellsGaps
from synth.vault.likeness import row_hashes, traits_of_frame
from synth.vault.passing import Came, Joins, RowStep

REMEMBERED = 4  # domains of a column whose codes are kept: its own, and those that gather it
BLOCK = 1 << 16  # rows worked on at once, so that what is held beside them stays small


class Rows(Protocol):
    """Real rows, wherever they are held."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def gaps(self) -> Gaps:
        """How missing cells were written."""
        ...

    def held(self) -> HeldRows:
        """The rows in memory. Raises SchemaError where they stay in their engine."""
        ...

    def total(self) -> int:
        """Number of rows."""
        ...

    def count(self, schema: Schema, names: Sequence[str]) -> IntCounts:
        """The contingency table of `names`: one axis per column, in order."""
        ...

    def occurring(self, name: str, at_least: int = 1) -> tuple[tuple[str, ...], IntCounts]:
        """The values of a column that `at_least` so many rows have, as text, and how many do.

        Missing left out.
        """
        ...

    def different(self, name: str) -> int:
        """How many values of a column occur."""
        ...

    def shared(self, schema: Schema, names: Sequence[str], shares: Shares) -> list[IntCounts]:
        """Groups x states for each column: parts of rows, shared among hidden groups."""
        ...

    def traits(self) -> Traits:
        """What tells these rows from others, in whatever order they stand."""
        ...


@dataclass
class HeldRows:
    """Rows in memory, columns as pandas categoricals where that is smaller.

    Args:
        before: what told the table from others before rows per person were limited.
        written: how the text file was written that they came from.
    """

    frame: pd.DataFrame
    before: Traits | None = field(default=None, repr=False)
    gaps: Gaps = field(default=NO_GAPS, repr=False)
    written: Written = AS_USUAL
    _codes: dict[str, dict[Domain, Codes]] = field(default_factory=dict, repr=False)
    _last: tuple[str, Hashable, Readout] | None = field(default=None, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(map(str, self.frame.columns))

    def held(self) -> HeldRows:
        return self

    def came(self, stored: Mapping[str, str]) -> Came:
        """The rows with how they were written.

        Args:
            stored: the types in which their source stores the columns.
        """
        return Came(self.frame, self.gaps, stored, self.written)

    def after(self, step: RowStep) -> HeldRows:
        """The rows as a step leaves them, each with the gaps it had.

        A step keeps the number of each row as its label, by which it is known which are left.
        """
        frame = self.frame.copy(deep=False)
        frame.index = pd.RangeIndex(len(frame))
        if isinstance(step, Joins):
            came = step.joined(frame)
            return HeldRows(came.frame, gaps=came.gaps, written=self.written)
        made = step(frame)
        gaps = self.gaps.taken(made.index.to_numpy()) if self.gaps.codes else self.gaps
        return HeldRows(made.reset_index(drop=True), gaps=gaps, written=self.written)

    def total(self) -> int:
        return len(self.frame)

    def codes(self, schema: Schema, name: str) -> Codes:
        """One code per row; worked out once per column for the domains it had last."""
        return self._coded(name, schema.domain(name))

    def _coded(self, name: str, domain: Domain) -> Codes:
        known = self._codes.setdefault(name, {})
        found = known.get(domain)
        if found is None:
            found = self._encoded(name, domain)
            for oldest in list(known)[: 1 - REMEMBERED]:
                known.pop(oldest, None)
            known[domain] = found
        return found

    def _encoded(self, name: str, domain: Domain) -> Codes:
        if isinstance(domain, Gathered):
            return domain.gathered(self._coded(name, domain.inner))
        if isinstance(domain, Cut):
            return domain.placed(self._measured(name, domain))
        found = domain.encode(self.frame[name])
        if isinstance(domain, TellsGaps) and name in self.gaps.codes:
            found = domain.apart(found, self.gaps.codes[name])
        return found

    def _measured(self, name: str, domain: Cut) -> Readout:
        """A column's cells as what they measure: of the last one, which is often looked at again.

        Looks for where its numbers lie come one after the other, each over other edges.
        """
        last = self._last
        if last is None or last[:2] != (name, domain.reading):
            self._last = last = name, domain.reading, domain.read(self.frame[name])
        return last[2]

    def count(self, schema: Schema, names: Sequence[str]) -> IntCounts:
        if not names:
            return np.array(self.total(), dtype=np.int64)
        return bincount([self.codes(schema, n) for n in names], schema.shape(names))

    def shared(self, schema: Schema, names: Sequence[str], shares: Shares) -> list[IntCounts]:
        columns, shape = [self.codes(schema, n) for n in names], schema.shape(names)
        groups = len(shares.log_weights)
        tables = [np.zeros((groups, size), dtype=np.int64) for size in shape]
        for start in range(0, self.total(), BLOCK):
            block = [c[start : start + BLOCK] for c in columns]
            parts = shares.of(block)
            for table, codes, size in zip(tables, block, shape, strict=True):
                for group in range(groups):
                    # sums of parts stay far below 2^53, so the doubles of bincount are exact
                    added = np.bincount(codes, weights=parts[:, group], minlength=size)
                    table[group] += added.astype(np.int64)
        return tables

    def traits(self) -> Traits:
        return traits_of_frame(self.frame) if self.before is None else self.before

    def different(self, name: str) -> int:
        return len(self._occurring(name)[0])

    def occurring(self, name: str, at_least: int = 1) -> tuple[tuple[str, ...], IntCounts]:
        values, rows = self._occurring(name)
        if at_least < 2:
            return values, rows
        often = rows >= at_least
        return tuple(v for v, kept in zip(values, often, strict=True) if kept), rows[often]

    def _occurring(self, name: str) -> tuple[tuple[str, ...], IntCounts]:
        column = self.frame[name]
        kind = column.dtype
        if isinstance(kind, pd.CategoricalDtype) and is_text(pd.Series(kind.categories)):
            return _occurring(column)
        found = column.dropna().value_counts()
        found = found[found > 0]  # a categorical column also names values that no row has
        if isinstance(found.index, pd.CategoricalIndex) and found.index.ordered:
            found = found.sort_index()
            return tuple(map(str, found.index)), np.asarray(found, dtype=np.int64)
        return merged(pd.Series(found.index), np.asarray(found, dtype=np.int64))


def _occurring(column: pd.Series) -> tuple[tuple[str, ...], IntCounts]:
    """The same of a categorical of texts, of which no two are alike: ordered as it is, or as text.

    It may also name values that no row has.
    """
    codes = column.cat.codes.to_numpy()
    rows = np.bincount(codes[codes >= 0], minlength=len(column.cat.categories))
    values = column.cat.categories.to_numpy(dtype=object)
    order = np.arange(len(values)) if column.cat.ordered else np.argsort(values, kind="stable")
    order = order[rows[order] > 0]
    return tuple(map(str, values[order])), rows[order].astype(np.int64)


def merged(
    values: pd.Series, rows: IntCounts, *, most: bool = False
) -> tuple[tuple[str, ...], IntCounts]:
    """Values as text, each once: several may be written alike.

    Args:
        most: of those take the one that most rows have, and not all together. Where rare values
            were left out, one row more may bring one back: a sum would then move by more than it.
    """
    each = pd.Series(rows).groupby(as_text(values).to_numpy())
    added = each.max() if most else each.sum()
    return tuple(map(str, added.index)), added.to_numpy(dtype=np.int64)


def names_of(values: pd.Series) -> pd.Series:
    """Whom each cell names, as text, in whatever type tables hold it; None for nobody."""
    whole = pd.api.types.is_integer_dtype(values.dtype)  # quicker, and the same
    plain = values.astype(str) if whole else as_text(values.astype(object).infer_objects())
    return plain.where(values.notna().to_numpy(), None)


def people_of(frame: pd.DataFrame, person: str) -> tuple[npt.NDArray[np.int64], int]:
    """A number for the person of each row, and how many people there are.

    A row that names nobody is one person's.
    """
    codes, known = pd.factorize(names_of(frame[person]))
    nobody = codes < 0
    codes = codes.astype(np.int64)
    codes[nobody] = len(known) + np.arange(int(nobody.sum()))
    return codes, len(known) + int(nobody.sum())


def at_most_per_person(frame: pd.DataFrame, person: str, most: int) -> npt.NDArray[np.int64]:
    """The numbers of at most `most` rows of each person, the same whenever it is asked.

    Which of them follows from that person's rows alone, by their hashes: so one person more or less
    changes nothing about the others, and releases of one table do not tell more and more of the
    rows of somebody who has many. A row that names nobody is one person's.
    """
    order = np.argsort(row_hashes(frame), kind="stable")
    owners = pd.Series(people_of(frame, person)[0][order])
    place = owners.groupby(owners).cumcount().to_numpy()
    return np.sort(order[place < most])
