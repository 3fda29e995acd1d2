"""Special uniques: the smallest combinations of values that single a row out, and their scores.

A row's combination is *rare* if fewer than k rows share it, and *minimal* if nothing inside it is
rare already. With k = 2 these are the minimal sample uniques of SUDA. The search walks all sets of
columns so that every subset comes before its superset, refines class labels one column at a time,
and drops rows that are rare already.

References: Elliot, Manning, Ford (2002), doi:10.1142/S0218488502001600, for the score; Skinner and
Elliot (2002), doi:10.1111/1467-9868.00365, for DIS.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from synth.budget.eyes import ForCustodian
from synth.errors import RiskError
from synth.lazily import np, npt
from synth.protect.risk.classes import Labels, refined
from synth.vault.coded import Coded
from synth.wording import so_many

Flags: TypeAlias = "npt.NDArray[np.bool_]"  # one truth value per row
Packed: TypeAlias = "npt.NDArray[np.uint8]"  # the same, eight rows to a byte

MOST_SETS = 20_000  # sets of columns; beyond this a search is not live any more


@dataclass(frozen=True, eq=False, repr=False)
class Rare(ForCustodian):
    """The rows whose values in some columns are a minimal rare combination.

    Args:
        columns: positions of the columns, ascending.
        rows: positions of the rows, ascending.
    """

    columns: tuple[int, ...]
    rows: npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class SpecialUniques(ForCustodian):
    """All minimal rare combinations of up to `length` columns.

    Args:
        fewer_than: a combination is rare if fewer rows than this share it.
    """

    columns: tuple[Coded, ...]
    length: int
    fewer_than: int
    rows: int
    found: tuple[Rare, ...]

    @cached_property
    def smallest(self) -> npt.NDArray[np.int64]:
        """For each row, how many values its smallest minimal rare combination has; 0: none."""
        size = np.zeros(self.rows, dtype=np.int64)
        for rare in reversed(self.found):  # the smallest are found last and overwrite
            size[rare.rows] = len(rare.columns)
        return size

    @property
    def linkable(self) -> int:
        """Rows with at least one rare combination of up to `length` values."""
        return int(np.count_nonzero(self.smallest))

    @cached_property
    def scores(self) -> npt.NDArray[np.float64]:
        """The SUDA score of each row: the more and the smaller its combinations, the higher."""
        score = np.zeros(self.rows)
        for rare in self.found:
            score[rare.rows] += self.weight(len(rare.columns))
        return score

    def weight(self, size: int) -> float:
        """What one combination of `size` values adds to a score: the product of ATT - j.

        j runs from `size` to the largest size searched, at most ATT - 1 for ATT columns.
        """
        most = min(self.length, len(self.columns) - 1)
        return float(math.prod(len(self.columns) - j for j in range(size, most + 1)))

    @cached_property
    def column_shares(self) -> dict[str, float]:
        """For each column, the part of all scores that comes from combinations with it."""
        totals = np.zeros(len(self.columns))
        for rare in self.found:
            totals[list(rare.columns)] += self.weight(len(rare.columns)) * len(rare.rows)
        whole = float(self.scores.sum())
        return {
            c.name: float(t / whole) if whole else 0.0
            for c, t in zip(self.columns, totals, strict=True)
        }

    def through(self, column: int) -> Flags:
        """The rows that have a minimal rare combination in which this column takes part."""
        flags = np.zeros(self.rows, dtype=bool)
        for rare in self.found:
            if column in rare.columns:
                flags[rare.rows] = True
        return flags


def special_uniques(
    columns: Sequence[Coded], *, length: int = 3, fewer_than: int = 2
) -> SpecialUniques:
    """Every minimal rare combination of up to `length` of `columns`.

    Raises:
        RiskError: length or threshold is below its least, or there are too many sets of columns.
    """
    _check(len(columns), length, fewer_than)
    rows = len(columns[0].codes) if columns else 0
    search = _UniqueSearch(columns, length, fewer_than)
    found = sorted(search.found(), key=lambda r: (len(r.columns), r.columns))
    return SpecialUniques(tuple(columns), length, fewer_than, rows, tuple(found))


def _check(columns: int, length: int, fewer_than: int) -> None:
    if length < 1 or fewer_than < 2:
        raise RiskError(
            f"Combinations of up to {so_many(length, 'value')} in fewer than {fewer_than} rows "
            "make no sense.",
            "Ask for at least 1 value, and for fewer than 2 rows or more.",
        )
    sets = sum(math.comb(columns, size) for size in range(1, min(length, columns) + 1))
    if sets > MOST_SETS:
        raise RiskError(
            f"{columns} columns have {sets:,} combinations of up to {length}; "
            f"at most {MOST_SETS:,} are searched.",
            "Choose fewer columns, or shorter combinations.",
        )


@dataclass(frozen=True, eq=False)
class _UniqueNode:
    """A set of columns, and the rows that are not rare in it, with their class."""

    columns: tuple[int, ...]
    rows: npt.NDArray[np.int64]
    label: Labels
    groups: int


class _UniqueSearch:
    """Adds columns in falling order, from each highest column upwards: subsets come first."""

    def __init__(self, columns: Sequence[Coded], length: int, fewer_than: int) -> None:
        self._columns = columns
        self._length = length
        self._fewer_than = fewer_than
        self._rare: dict[tuple[int, ...], Packed] = {}  # every rare row, by set of columns

    def found(self) -> Iterator[Rare]:
        rows = len(self._columns[0].codes) if self._columns else 0
        everybody = np.arange(rows, dtype=np.int64)
        self._rare[()] = np.packbits(np.zeros(rows, dtype=bool))
        root = _UniqueNode((), everybody, np.zeros(rows, dtype=np.int64), 1)
        for column in range(len(self._columns)):
            yield from self._visit(root, column)

    def _visit(self, parent: _UniqueNode, column: int) -> Iterator[Rare]:
        """Add one column to a set, then every lower one to the result."""
        columns = (column, *parent.columns)
        subsets = [columns[:i] + columns[i + 1 :] for i in range(len(columns))]
        if not len(parent.rows) or any(s not in self._rare for s in subsets):
            return  # everybody is rare in a subset already
        known = self._columns[column]
        label, groups = refined(parent.label, parent.groups, known.codes[parent.rows], known.size)
        small = np.bincount(label, minlength=groups) < self._fewer_than
        rare = small[label]
        before = self._rare[subsets[0]]
        for subset in subsets[1:]:
            before = before | self._rare[subset]
        minimal = self._minimal(parent.rows[rare], before)
        if len(minimal):
            yield Rare(columns, minimal)
        if len(columns) < self._length:
            self._rare[columns] = self._with(self._rare[parent.columns], parent.rows[rare])
            child = _UniqueNode(columns, parent.rows[~rare], *_dense(label[~rare], small))
            for lower in range(column):
                yield from self._visit(child, lower)

    @staticmethod
    def _minimal(rows: npt.NDArray[np.int64], before: Packed) -> npt.NDArray[np.int64]:
        taken = (before[rows >> 3] >> (7 - (rows & 7)).astype(np.uint8)) & 1
        return np.asarray(rows[taken == 0])

    def _with(self, packed: Packed, rows: npt.NDArray[np.int64]) -> Packed:
        flags = np.unpackbits(packed, count=len(self._columns[0].codes)).astype(bool)
        flags[rows] = True
        return np.packbits(flags)


def _dense(label: Labels, small: Flags) -> tuple[Labels, int]:
    """Labels numbered anew without the small classes."""
    renumber = np.cumsum(~small) - 1
    return renumber[label], int(np.count_nonzero(~small))


def dis(unique: int, pairs: int, fraction: float) -> float:
    """The chance that a unique match with a file of `fraction` of the population is correct.

    Args:
        unique: rows alone in their class.
        pairs: classes of two rows.
    """
    right = unique * fraction
    return right / (right + pairs * (1 - fraction)) if right else 0.0


def dis_scores(
    special: SpecialUniques, unique: int, pairs: int, fraction: float
) -> npt.NDArray[np.float64]:
    """DIS shared out over the special uniques in proportion to their SUDA scores, at most 1."""
    scored = special.scores[special.scores > 0]
    if not len(scored):
        return np.zeros(special.rows)
    share = special.scores / float(scored.mean())
    return np.asarray(np.minimum(1.0, share * dis(unique, pairs, fraction)))
