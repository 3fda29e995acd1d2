"""Columns that are functions of others, told by noisy tables: kept exactly.

A region of a district, a question that is put to nobody below an age: in the table of both, one
cell of each line holds its rows, and the others hold noise. Where noise of that size could not hide
more than `HIDDEN` of the rows, the other cells are taken for empty, and nothing is drawn there.
This is worked out from noisy tables, and free.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from synth.lazily import np
from synth.learning.network import Conditional
from synth.schema import Counts

if TYPE_CHECKING:
    from synth.lazily import npt

Possible: TypeAlias = "npt.NDArray[np.bool_]"  # states by states: whether rows may have both

HIDDEN = 0.01  # of the rows, at most, that do not follow a function and hide in the noise
TOLD = 5.0  # times the noise: what the fullest cell of a line holds, if it tells a function
NOISE = 2.0  # times the noise of all other cells together: what they may hold


def possible(table: Counts, sigma: float, alone: Possible) -> Possible | None:
    """Which cells of a noisy table may hold rows, if its second column is a function of the first.

    Lines of too few rows, and those of several states, may be anywhere.

    Args:
        sigma: standard deviation of the noise of each cell.
        alone: which lines may tell: those of a single state.
    """
    best = table.argmax(axis=1)
    fullest = table.max(axis=1)
    told = alone & (fullest >= TOLD * sigma)
    if len(np.unique(best[told])) < 2:  # a constant tells nothing
        return None
    others = float((table[told].sum(axis=1) - fullest[told]).sum())
    noise = NOISE * sigma * math.sqrt(told.sum() * (table.shape[1] - 1))
    if others > noise or noise > HIDDEN * float(table[told].sum()):
        return None
    found = np.ones(table.shape, dtype=bool)
    found[told] = False
    found[told, best[told]] = True
    return found


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
            first, second = axes.index(one), axes.index(other)
            shape = [1] * len(axes)
            shape[first], shape[second] = found.shape
            may &= (found if first < second else found.T).reshape(shape)
    if may.all():
        return step
    left = np.where(may, np.maximum(step.table, 1e-12), 0.0)
    sums = left.sum(axis=-1, keepdims=True)
    table = np.where(sums > 0, left / np.where(sums > 0, sums, 1.0), step.table)
    return Conditional(step.column, step.parents, table)
