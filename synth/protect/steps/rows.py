"""Steps on rows: leave some out by a condition; suppress what too few people share."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import ClassVar

from synth.errors import StepError
from synth.lazily import np, npt, pd
from synth.protect.risk.classes import Labels, classes_of, people_in, people_of
from synth.protect.steps.step import Step, checked_number, known_column
from synth.schema import Categories, Column, Dates, Numbers, Origin, Schema
from synth.schema.settings import Ask, setting
from synth.schema.spelling import PLAINLY
from synth.schema.values import as_text
from synth.vault.coded import Coded, coded
from synth.wording import so_many

MOST_TRIED = 120  # sets of columns tried for each number of suppressed cells


@dataclass(frozen=True)
class Filter(Step):
    """Keep the rows that meet a condition on one column."""

    name: ClassVar[str] = "filter"
    title: ClassVar[str] = "Leave out rows"
    summary: ClassVar[str] = "Keep only rows with certain values, or numbers within bounds."
    column: str = setting(title="Column", ask=Ask.COLUMN)
    only: tuple[str, ...] = setting((), title="Keep only these values", ask=Ask.TEXTS)
    leave: tuple[str, ...] = setting((), title="Leave out these values", ask=Ask.TEXTS)
    at_least: float | None = setting(None, title="Number at least")
    below: float | None = setting(None, title="Number below")
    blanks: bool = setting(False, title="Keep rows where it is missing")

    def __post_init__(self) -> None:
        if not self.only and not self.leave and self.at_least is None and self.below is None:
            raise StepError(
                "No condition is given.", "Give only, leave, at_least or below.", "only"
            )
        if self.at_least is not None and self.below is not None and not self.at_least < self.below:
            raise StepError(
                f"No number is at least {self.at_least:g} and below {self.below:g}.",
                "Exchange the bounds.",
                "at_least",
            )

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        values = frame[self.column].astype("category")
        passing = np.append(self._pass(pd.Series(values.cat.categories)), self.blanks)
        return frame[passing[values.cat.codes.to_numpy()]]

    def _pass(self, values: pd.Series) -> npt.NDArray[np.bool_]:
        text = as_text(values)
        passing = text.isin(self.only).to_numpy() | (not self.only)
        passing = passing & ~text.isin(self.leave).to_numpy()
        if self.at_least is not None or self.below is not None:
            numbers = PLAINLY.numbers(values.astype(object))
            low = -math.inf if self.at_least is None else self.at_least
            high = math.inf if self.below is None else self.below
            passing &= (numbers >= low) & (numbers < high)
        return np.asarray(passing)

    def declare(self, schema: Schema) -> Schema:
        old = known_column(schema, self.column)
        if isinstance(old.domain, Categories) and old.domain.origin is Origin.DECLARED:
            passing = self._pass(pd.Series(old.domain.values, dtype=object))
            left = tuple(v for v, p in zip(old.domain.values, passing, strict=True) if p)
            if left:
                domain = replace(old.domain, values=left, missing=self.blanks)
                return schema.replaced(replace(old, domain=domain))
        return schema

    @property
    def writes(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def said(self) -> str:
        told = [f"is {', '.join(self.only)}"] if self.only else []
        told += [f"is not {', '.join(self.leave)}"] if self.leave else []
        told += [] if self.at_least is None else [f"is at least {self.at_least:g}"]
        told += [] if self.below is None else [f"is below {self.below:g}"]
        return f"Keep rows where {self.column} {' and '.join(told)}"


@dataclass(frozen=True)
class Suppress(Step):
    """Blank the cells, or leave out the rows, of classes smaller than k.

    Local suppression: of the rows in small classes, as few cells as possible are blanked so that
    each then shares its values, blanks included, with at least k rows. Sets of columns are tried
    from small to large, those that help most rows first; what no set helps is left out.
    """

    name: ClassVar[str] = "suppress"
    title: ClassVar[str] = "Suppress small classes"
    summary: ClassVar[str] = (
        "Blank the fewest cells, or leave out the rows, until all share with k."
    )
    depends_on_rows: ClassVar[str] = "rows were suppressed because of what other rows hold"
    columns: tuple[str, ...] = setting(title="What an attacker may know", ask=Ask.KNOWN)
    k: int = setting(5, title="Smallest class (k)")
    whole: bool = setting(False, title="Leave out whole rows")
    person: str = setting(
        "",
        title="Column that tells whose row it is, where people have several",
        ask=Ask.COLUMN,
        help="Then k people have to share, not k rows.",
    )

    def __post_init__(self) -> None:
        checked_number(self.k, 2, "k", "k")
        if not self.columns:
            raise StepError("No column is named.", "Name what an attacker may know.", "columns")

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        if self.k > len(frame):
            raise StepError(
                f"k is {self.k:,}, but the table has {so_many(len(frame), 'row')}.",
                "Give a k that classes can reach; 5 or 11 are common.",
                "k",
            )
        columns = [coded(name, frame[name]) for name in self.columns]
        whose = people_of(coded(self.person, frame[self.person])) if self.person else None
        blanked, gone = self._cells(columns, whose)
        for name, cells in zip(self.columns, blanked.T, strict=True):
            if cells.any():
                frame[name] = _blank(frame[name], cells)
        return frame[~gone] if gone.any() else frame

    def _cells(
        self, columns: list[Coded], whose: Labels | None
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Which cells are blanked, one column each, and which rows go."""
        rows = len(columns[0].codes)
        blanked = np.zeros((rows, len(columns)), dtype=bool)
        small = self._alike(columns, rows, whose) < self.k
        if self.whole:
            return blanked, small
        for size in range(1, len(columns) + 1):
            for chosen in _sets(columns, size):
                if not small.any():
                    return blanked, small
                helped = self._helped(columns, np.flatnonzero(small), chosen, whose)
                blanked[np.ix_(helped, np.array(chosen))] = True
                small[helped] = False
        return blanked, small

    def _helped(
        self,
        columns: list[Coded],
        rows: npt.NDArray[np.int64],
        blank: tuple[int, ...],
        whose: Labels | None,
    ) -> npt.NDArray[np.int64]:
        """Of some rows, those in classes of k among themselves once `blank` columns are blank."""
        left = [
            Coded(c.name, c.codes[rows], c.labels, c.absent)
            for i, c in enumerate(columns)
            if i not in blank
        ]
        mine = None if whose is None else whose[rows]
        return rows[self._alike(left, len(rows), mine) >= self.k]

    @staticmethod
    def _alike(columns: list[Coded], rows: int, whose: Labels | None) -> Labels:
        """For each row, how many share its class: rows, or people where it is told whose."""
        found = classes_of(columns, rows)
        if whose is None:
            return found.own_size
        return people_in(found.of_row, len(found.sizes), whose)[found.of_row]

    @property
    def writes(self) -> tuple[str, ...]:
        return () if self.whole else self.columns

    def declare(self, schema: Schema) -> Schema:
        if self.person:
            known_column(schema, self.person)
        for name in self.columns:
            schema = schema.replaced(_may_be_missing(known_column(schema, name)))
        return schema

    @property
    def said(self) -> str:
        what = "rows" if self.whole else "cells"
        who = f"{self.k} people" if self.person else f"{self.k}"
        return f"Suppress {what} so that at least {who} share {', '.join(self.columns)}"


def _sets(columns: list[Coded], size: int) -> list[tuple[int, ...]]:
    """Sets of columns to blank; those with most different values first, because they help most."""
    order = sorted(range(len(columns)), key=lambda i: -columns[i].size)
    sets = itertools.islice(itertools.combinations(order, size), MOST_TRIED)
    return [tuple(sorted(s)) for s in sets]


def _blank(values: pd.Series, cells: npt.NDArray[np.bool_]) -> pd.Series:
    blank = values.astype("category").copy()
    blank[cells] = None
    return blank


def _may_be_missing(column: Column) -> Column:
    domain = column.domain
    if isinstance(domain, Categories | Numbers | Dates):
        return replace(column, domain=replace(domain, missing=True))
    return column
