"""Whether two tables seem to be about the same people: sketches of hashes, never of values.

A vault makes `Traits` of its rows: the smallest hashes of the rows as a whole, of the rows without
each one column, and of the values of each column. Nothing in them depends on the names or the
order of columns, on the order of rows, or on which rows of a person were kept. So a row added or
dropped, a column renamed, added or left out, and other missing spellings leave most of them as
they are. What is written down is a `Sketch`: the same under a key, so that whoever has the file
alone cannot try a row against it.

Reference: Broder (1997), doi:10.1109/SEQUEN.1997.666900, for the smallest hashes of two sets;
Cohen and Kaplan (2007), doi:10.1145/1281100.1281133, for what they tell of containment.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_ROWS, MOST_VALUES = 256, 64  # hashes kept of the rows, and of the values of one column
FEWEST = 5  # rows in common below which a share of them says nothing, in tables with more
SAME_ROWS = 0.25  # share of the rows of the smaller table that both have
SAME_VALUES = 0.5  # share of the values of a column, and of all columns by what they tell


@dataclass(frozen=True)
class Traits:
    """What tells a table from others, as hashes: held in memory, and sealed before it is written.

    Args:
        whole: of all rows and the names of their columns.
        rows: the smallest hashes of the rows, in order: of whole rows first, then without each
            column.
        columns: for each column, how many values it has and their smallest hashes, in order.
    """

    whole: str
    rows: tuple[tuple[int, ...], ...]
    columns: tuple[tuple[int, tuple[int, ...]], ...] = ()

    def document(self) -> dict[str, Any]:
        """The traits as plain values, for a pipe to a worker; `traits_of` reads them back."""
        return {"whole": self.whole, "rows": self.rows, "columns": self.columns}

    def sealed(self, key: bytes) -> Sketch:
        """The sketch that may be written down: what only the holder of the key can make again."""
        rows = tuple(_sealed(key, hashes) for hashes in self.rows)
        columns = tuple((size, _sealed(key, hashes)) for size, hashes in self.columns)
        whole = hashlib.blake2b(self.whole.encode(), key=key[:64]).hexdigest()
        return Sketch(whole[:32], rows, columns)


@dataclass(frozen=True)
class Sketch:
    """Traits under a key; the order of the hashes is that of the traits."""

    whole: str
    rows: tuple[tuple[str, ...], ...]
    columns: tuple[tuple[int, tuple[str, ...]], ...]

    def document(self) -> dict[str, Any]:
        """The sketch as plain values; `sketch_of` reads them back."""
        return {
            "whole": self.whole,
            "rows": ["".join(r) for r in self.rows],
            "columns": [[size, "".join(values)] for size, values in self.columns],
        }

    def resembles(self, other: Sketch) -> bool:
        """Whether both seem to be about the same people."""
        if self.whole == other.whole:
            return True
        pairs = ((mine, theirs) for mine in self.rows for theirs in other.rows)
        if any(_shared(mine, theirs, FEWEST) >= SAME_ROWS for mine, theirs in pairs):
            return True
        return _alike_columns(self.columns, other.columns) >= SAME_VALUES


WIDTH = 12  # characters of one sealed hash


def traits_of(document: Mapping[str, Any]) -> Traits:
    """The traits that a document describes."""
    rows = tuple(tuple(map(int, r)) for r in document["rows"])
    columns = tuple((int(size), tuple(map(int, v))) for size, v in document["columns"])
    return Traits(str(document["whole"]), rows, columns)


def sketch_of(document: Mapping[str, Any]) -> Sketch:
    """The sketch that a document describes."""
    columns = tuple((int(size), _cut(text)) for size, text in document["columns"])
    return Sketch(str(document["whole"]), tuple(map(_cut, document["rows"])), columns)


def _cut(text: str) -> tuple[str, ...]:
    return tuple(text[i : i + WIDTH] for i in range(0, len(text), WIDTH))


def _sealed(key: bytes, hashes: Iterable[int]) -> tuple[str, ...]:
    return tuple(
        hashlib.blake2b(int(h).to_bytes(8, "big"), key=key[:64], digest_size=WIDTH // 2).hexdigest()
        for h in hashes
    )


def _shared(mine: Sequence[str], theirs: Sequence[str], fewest: int = 1) -> float:
    """The share of the smaller set that is in the other too, by the smallest hashes of both.

    Both are in one order, so up to the last hash in common each is known in full.
    """
    places = {h: i for i, h in enumerate(theirs)}
    common = [(i, places[h]) for i, h in enumerate(mine) if h in places]
    if len(common) < min(fewest, len(mine), len(theirs)) or not common:
        return 0.0
    last = (common[-1][0] + 1, common[-1][1] + 1)
    known = (len(mine) < MOST_ROWS, len(theirs) < MOST_ROWS)
    if all(known):  # both sets are known in full
        last = (len(mine), len(theirs))
    return len(common) / min(last)


def _alike_columns(
    mine: Sequence[tuple[int, Sequence[str]]], theirs: Sequence[tuple[int, Sequence[str]]]
) -> float:
    """The share of columns whose values are mostly those of a column of the other table.

    A column counts by the logarithm of how many values it has: nearly every table has one of yes
    and no.
    """
    left, alike = list(theirs), 0.0
    for size, values in mine:
        found = [o for o in left if _shared_values(values, o[1]) >= SAME_VALUES]
        if found:
            left.remove(found[0])
            alike += math.log2(max(size, 1))
    whole = min(sum(math.log2(max(size, 1)) for size, _ in one) for one in (mine, theirs))
    return alike / whole if whole > 0 else 0.0


def _shared_values(mine: Sequence[str], theirs: Sequence[str]) -> float:
    """How much two sets of values have in common, as a share of both together."""
    both, either = set(mine) & set(theirs), set(mine) | set(theirs)
    return len(both) / len(either) if either else 0.0
