"""Counting rows over columns: the one question that is asked of real rows, on any engine.

`HeldRows` answers from integer codes in memory; `staying` asks the engine that holds the
rows. Only the vault makes either of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from synth.budget.resemblance import Traits
from synth.lazily import np, npt, pd
from synth.schema import Codes, Domain, Schema
from synth.schema.tables import IntCounts, bincount
from synth.schema.values import as_text
from synth.vault.answers import Shares
from synth.vault.likeness import row_hashes, traits_of_frame

BLOCK = 1 << 16  # rows worked on at once, so that what is held beside them stays small


class Rows(Protocol):
    """Real rows, wherever they are held."""

    @property
    def names(self) -> tuple[str, ...]: ...

    def total(self) -> int:
        """Number of rows."""
        ...

    def count(self, schema: Schema, names: Sequence[str]) -> IntCounts:
        """The contingency table of `names`: one axis per column, in order."""
        ...

    def occurring(self, name: str) -> tuple[tuple[str, ...], IntCounts]:
        """The values of a column, as text, and how many rows have each; missing left out."""
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
    """

    frame: pd.DataFrame
    before: Traits | None = field(default=None, repr=False)
    _codes: dict[tuple[str, Domain], Codes] = field(default_factory=dict, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(map(str, self.frame.columns))

    def total(self) -> int:
        return len(self.frame)

    def codes(self, schema: Schema, name: str) -> Codes:
        """One code per row; worked out once per column and domain."""
        domain = schema.domain(name)
        key = (name, domain)
        if key not in self._codes:
            self._codes[key] = domain.encode(self.frame[name])
        return self._codes[key]

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

    def occurring(self, name: str) -> tuple[tuple[str, ...], IntCounts]:
        found = self.frame[name].dropna().value_counts()
        found = found[found > 0]  # a categorical column also names values that no row has
        return merged(pd.Series(found.index), np.asarray(found, dtype=np.int64))


def merged(values: pd.Series, rows: IntCounts) -> tuple[tuple[str, ...], IntCounts]:
    """Values as text, each once: several may be written alike."""
    added = pd.Series(rows).groupby(as_text(values).to_numpy()).sum()
    return tuple(map(str, added.index)), added.to_numpy(dtype=np.int64)


def people_of(frame: pd.DataFrame, person: str) -> tuple[npt.NDArray[np.int64], int]:
    """A number for the person of each row, and how many people there are.

    A row that names nobody is one person's.
    """
    codes, known = pd.factorize(frame[person].astype(str).where(frame[person].notna()))
    nobody = codes < 0
    codes = codes.astype(np.int64)
    codes[nobody] = len(known) + np.arange(int(nobody.sum()))
    return codes, len(known) + int(nobody.sum())


def at_most_per_person(frame: pd.DataFrame, person: str, most: int) -> pd.DataFrame:
    """At most `most` rows of each person, in their old order, and the same whenever it is asked.

    Which of them follows from that person's rows alone, by their hashes: so one person more or less
    changes nothing about the others, and releases of one table do not tell more and more of the
    rows of somebody who has many. A row that names nobody is one person's.
    """
    order = np.argsort(row_hashes(frame), kind="stable")
    owners = pd.Series(people_of(frame, person)[0][order])
    place = owners.groupby(owners).cumcount().to_numpy()
    return frame.iloc[np.sort(order[place < most])].reset_index(drop=True)
