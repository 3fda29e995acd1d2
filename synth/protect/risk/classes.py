"""Equivalence classes: the groups of rows that nobody can tell apart by some columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from synth.budget.eyes import ForCustodian
from synth.lazily import np, npt, pd
from synth.schema import Codes
from synth.vault.coded import Coded

Labels: TypeAlias = (
    "npt.NDArray[np.int64]"  # which class each row is in, 0 .. number of classes - 1
)
Sizes: TypeAlias = "npt.NDArray[np.int64]"  # rows in each class

SPARSE = 8  # beyond this many cells per row, classes are numbered by hashing, not by counting


@dataclass(frozen=True, eq=False, repr=False)
class Classes(ForCustodian):
    """Rows grouped by the columns that an attacker may know.

    Args:
        of_row: one class per row.
        sizes: rows per class, each at least 1.
        counted: of people with several rows, how many are counted in each class: each once, in
            the smallest of theirs; `of_row` is then of people, and `sizes` of all in a class.
    """

    columns: tuple[str, ...]
    of_row: Labels
    sizes: Sizes
    counted: Sizes | None = None

    @property
    def each(self) -> Sizes:
        """How many are counted in each class; together they are `rows`."""
        return self.sizes if self.counted is None else self.counted

    @property
    def rows(self) -> int:
        return len(self.of_row)

    @property
    def k(self) -> int:
        """The size of the smallest class: the table is k-anonymous for it. 0 without rows."""
        return int(self.sizes.min()) if self.sizes.size else 0

    @cached_property
    def own_size(self) -> Sizes:
        """For each row, the size of its class."""
        return self.sizes[self.of_row]

    @cached_property
    def unique(self) -> int:
        """Rows that are alone in their class."""
        return int(self.each[self.sizes == 1].sum())

    @property
    def unique_share(self) -> float:
        return self.unique / self.rows if self.rows else 0.0

    def below(self, k: int) -> int:
        """Rows in classes smaller than `k`."""
        return int(self.each[self.sizes < k].sum())

    def histogram(self) -> dict[int, int]:
        """Number of classes of each size that occurs, ascending."""
        sizes, counts = np.unique(self.sizes, return_counts=True)
        return dict(zip(sizes.tolist(), counts.tolist(), strict=True))


def classes_of(columns: Sequence[Coded], rows: int = 0) -> Classes:
    """The classes of rows that hold the same values in all of `columns`.

    Without columns everybody looks alike, and there is one class of `rows` rows.

    >>> from synth.vault.coded import coded
    >>> classes_of([coded("city", pd.Series(["Oslo", "Rome", "Oslo"]))]).sizes.tolist()
    [2, 1]
    """
    names = tuple(c.name for c in columns)
    if not columns:
        sizes = np.full(int(rows > 0), rows, dtype=np.int64)
        return Classes(names, np.zeros(rows, dtype=np.int64), sizes)
    label, groups = columns[0].codes.astype(np.int64), columns[0].size
    for column in columns[1:]:
        label, groups = refined(label, groups, column.codes, column.size)
    return Classes(names, label, np.bincount(label, minlength=groups).astype(np.int64))


def refined(label: Labels, groups: int, codes: Codes, size: int) -> tuple[Labels, int]:
    """Classes split by one more column: dense new labels, and how many there are."""
    packed = label * size
    packed += codes
    if groups * size > SPARSE * max(len(label), 1):
        dense, known = pd.factorize(packed)
        return dense.astype(np.int64), len(known)
    used = np.bincount(packed, minlength=groups * size) > 0
    renumber = np.cumsum(used) - 1
    return renumber[packed], int(used.sum())


def most_exposed(classes: Classes, people: Labels) -> Classes:
    """Each person once, in the smallest of the classes that their rows are in.

    Args:
        people: whose each row is; nobody has two rows in one class.

    >>> found = Classes(("city",), np.array([0, 1, 1]), np.array([1, 2]))
    >>> most_exposed(found, np.array([7, 7, 8])).unique_share
    0.5
    """
    order = np.lexsort((classes.own_size, people))
    first = order[np.unique(people[order], return_index=True)[1]]
    of_row = classes.of_row[first]
    counted = np.bincount(of_row, minlength=len(classes.sizes)).astype(np.int64)
    return replace(classes, of_row=of_row, counted=counted)


def people_of(owner: Coded) -> Labels:
    """Whose each row is, as a number; a row that names nobody is one person's."""
    codes = owner.codes.astype(np.int64)
    if owner.absent:
        nobody = codes == owner.size - 1
        codes[nobody] = owner.size + np.arange(int(nobody.sum()))
    return codes


def people_in(label: Labels, groups: int, people: Labels) -> Sizes:
    """Different people in each of `groups` classes, where a person may have several rows.

    >>> people_in(np.array([0, 0, 1]), 2, np.array([7, 7, 7])).tolist()
    [1, 1]
    """
    width = int(people.max(initial=0)) + 1
    return np.bincount(pd.unique(label * width + people) // width, minlength=groups)
