"""Columns that are functions of others, told by noisy tables: which cells hold no rows.

A region of a district, a question that is put to nobody below an age: in the table of both, one
cell of each line holds its rows, and the others hold noise. A band of an age, a decile of an
income: along the lines of a number one state follows another, and each line holds one or, where it
is cut, several neighbours. Where noise could hide next to no rows in all other cells, they are
taken for empty, and nothing is drawn there. How many rows are in them is told twice: by what they
hold, and by what the full cells lack of the rows that their columns have one by one.

This is worked out from noisy tables, and free.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from synth.lazily import np
from synth.learning.network import Conditional
from synth.schema import Codes, Counts

if TYPE_CHECKING:
    from synth.lazily import npt

Possible: TypeAlias = "npt.NDArray[np.bool_]"  # states by states: whether rows may have both
Path: TypeAlias = Sequence[tuple[int, int]]  # cells of a table, by line and column

HIDDEN = 0.1  # of the rows, at most, that do not follow a function and hide in the noise
TOLD = 5.0  # times the noise: what the fullest cell of a line holds, if it tells a function
SEEN = 3.0  # times the noise: what a state of the second column holds, if it is one of the stairs
GUESSED = 2.0  # times the noise: what the fullest cell of a line holds, once others told a function
NOISE = 3.0  # times the noise of all other cells together: what they may hold
EMPTY = 0.6  # of what a function would leave empty has to lie off the stairs
LEAST_LINES = 3  # of stairs


@dataclass(frozen=True)
class Amount:
    """How many rows some cells hold, as far as it is told.

    Args:
        sigma: standard deviation of the noise.
    """

    rows: float
    sigma: float

    def beside(self, other: Amount | None) -> Amount:
        """Both together, by inverse variance."""
        if other is None:
            return self
        a, b = max(self.sigma, 1e-9) ** -2, max(other.sigma, 1e-9) ** -2
        return Amount((a * self.rows + b * other.rows) / (a + b), (a + b) ** -0.5)

    def nothing(self, rows: float) -> bool:
        """Whether it may be taken for nothing, beside so many rows."""
        few = max(self.rows, 0.0) + self.sigma <= HIDDEN * rows
        return few and self.rows <= NOISE * self.sigma


@dataclass(frozen=True)
class Single:
    """Noisy rows of each state of one column, counted by itself, and the noise of each."""

    rows: Counts
    sigma: Counts

    def of(self, states: Possible) -> Amount:
        """Of some of them together."""
        return Amount(
            float(self.rows[states].sum()), float(np.sqrt(np.square(self.sigma[states]).sum()))
        )


def possible(
    table: Counts, sigma: float, alone: Possible, lines: Single | None = None
) -> Possible | None:
    """Which cells of a noisy table may hold rows, if its second column is a function of the first.

    Lines of too few rows, and those of several states, may be anywhere.

    Args:
        sigma: standard deviation of the noise of each cell.
        alone: which lines may tell: those of a single state.
        lines: the rows of each line, as they were counted by themselves.
    """
    best = table.argmax(axis=1)
    fullest = table.max(axis=1)
    told = alone & (fullest >= TOLD * sigma)
    if len(np.unique(best[told])) < 2:  # a constant tells nothing
        return None
    others = table[told].sum(axis=1) - fullest[told]
    noise = sigma * math.sqrt(table.shape[1] - 1)
    if (others > (NOISE + 1) * noise).any():
        return None
    full = Amount(float(fullest[told].sum()), sigma * math.sqrt(told.sum()))
    left = Amount(float(others.sum()), noise * math.sqrt(told.sum()))
    counted = None if lines is None else _less(lines.of(told), full)
    if not left.beside(counted).nothing(full.rows):
        return None
    found = np.ones(table.shape, dtype=bool)
    sure = alone & (fullest >= GUESSED * sigma)
    found[sure] = False
    found[sure, best[sure]] = True
    return found


def _less(all_rows: Amount, full: Amount) -> Amount:
    return Amount(all_rows.rows - full.rows, math.hypot(all_rows.sigma, full.sigma))


def stairs(
    table: Counts, sigma: float, lines: int, columns: Single, ordered: bool = False
) -> Path | None:
    """The cells that hold all rows, if the second column follows the first one step by step.

    Args:
        table: noisy rows; `lines` of its lines are groups of a number or date, in their order.
        columns: the rows of each state of the second column, as they were counted by themselves;
            none where it does not stand for an answer.
        ordered: whether these states have an order, which they are tried in first.

    Returns:
        The cells from the first line to the last; None where it does not follow.
    """
    there = np.flatnonzero(columns.rows >= SEEN * sigma)
    if lines < LEAST_LINES or len(there) < 2:
        return None
    held = np.maximum(table[:lines, there] - sigma, 0) + 1e-9
    met = there[np.argsort(np.arange(lines) @ held / held.sum(axis=0), kind="stable")]
    for turn in (there, there[::-1], met) if ordered else (met,):
        path = _steps(table, sigma, lines, columns, turn)
        if path is not None:
            return path
    return None


def _steps(table: Counts, sigma: float, lines: int, columns: Single, turn: Codes) -> Path | None:
    """The stairs along which states come in a given turn; None where not all rows are there."""
    inside = table[:lines, turn]
    path = _path(inside)
    off = np.ones(inside.shape, dtype=bool)
    off[tuple(np.transpose(path))] = False
    if not _most(inside, off):
        return None
    beyond = table[lines:, turn]
    aside = Amount(float(beyond.sum()), sigma * math.sqrt(beyond.size))
    part = np.isin(np.arange(table.shape[1]), turn)
    full = Amount(float(inside[~off].sum()), sigma * math.sqrt((~off).sum()))
    left = Amount(float(inside[off].sum()), sigma * math.sqrt(off.sum()))
    if not left.beside(_less(_less(columns.of(part), aside), full)).nothing(full.rows):
        return None
    return [(line, int(turn[step])) for line, step in path]


def _most(table: Counts, off: Possible) -> bool:
    """Whether most of what a function would leave empty lies in some cells."""
    rows = max(float(table.sum()), 1e-9)
    by_line, by_column = (np.maximum(table.sum(axis=k), 0) / rows for k in (1, 0))
    would = float((np.outer(by_line, by_column) * off).sum())
    return would >= EMPTY * float(by_column @ (1 - by_column))


def _path(table: Counts) -> list[tuple[int, int]]:
    """The way from the first cell to the last, down or to the right, that meets most rows."""
    lines, columns = table.shape
    best = np.zeros((lines, columns))
    for i in range(lines):
        for j in range(columns):
            before = [best[i - 1, j]] * (i > 0) + [best[i, j - 1]] * (j > 0)
            best[i, j] = table[i, j] + max(before, default=0.0)
    way = [(lines - 1, columns - 1)]
    while way[-1] != (0, 0):
        i, j = way[-1]
        up = j == 0 or (i > 0 and best[i - 1, j] >= best[i, j - 1])
        way.append((i - 1, j) if up else (i, j - 1))
    return way[::-1]


def kept(
    steps: Sequence[Conditional], functions: Mapping[tuple[str, str], Possible]
) -> tuple[Conditional, ...]:
    """The steps, with nothing drawn where a function leaves no rows.

    Args:
        functions: of the first column of a pair, the second one.
    """
    return tuple(_within(step, functions) for step in steps)


def _within(step: Conditional, functions: Mapping[tuple[str, str], Possible]) -> Conditional:
    axes = (*step.parents, step.column)
    may = np.ones(step.table.shape, dtype=bool)
    for (one, other), found in functions.items():
        if step.column == other:
            may &= found.any(axis=0)
        if step.column in (one, other) and one in axes and other in axes:
            may &= spread(found, axes.index(one), axes.index(other), len(axes))
    if may.all():
        return step
    left = np.where(may, np.maximum(step.table, 1e-12), 0.0)
    sums = left.sum(axis=-1, keepdims=True)
    table = np.where(sums > 0, left / np.where(sums > 0, sums, 1.0), step.table)
    return Conditional(step.column, step.parents, table)


def spread(found: Possible, first: int, second: int, axes: int) -> Possible:
    """Cells of two columns as cells of a table of more, whose axes these two are."""
    shape = [1] * axes
    shape[first], shape[second] = found.shape
    return (found if first < second else found.T).reshape(shape)
