"""A table of counts with all its sums: what is told of each, and how far it may be otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations as subsets
from typing import TypeAlias

from synth.combinations.counting import Combinations, Indices
from synth.lazily import np, npt

Axes: TypeAlias = tuple[int, ...]
Table: TypeAlias = "npt.NDArray[np.int64]"
Told: TypeAlias = "Mapping[Axes, npt.NDArray[np.bool_]]"  # per block, which combinations are told

FREE = 1 << 40  # room without a bound


@dataclass(frozen=True, eq=False)
class Margins:
    """All cells over some axes and all their sums: what is told of each, and what it may become.

    An axis has the states that were to be told, then one for everybody else, then their sum.

    Args:
        axes: positions among all axes.
        states: the states of each that were to be told.
        counts: people in each cell or sum.
        up, down: how many more, and how many fewer, may be there without contradicting the release.
        told: which of them are told.
    """

    axes: Axes
    states: tuple[Indices, ...]
    counts: Table
    up: Table
    down: Table
    told: npt.NDArray[np.bool_]

    def others(self, place: int) -> int:
        """How many people have no told state of an axis; if few, they may be of a single one."""
        return int(self.counts[tuple(-2 if i == place else -1 for i in range(self.counts.ndim))])


def margins_of(
    every: Combinations,
    told: Told,
    axes: Axes,
    states: Sequence[Indices],
    k: int,
    length: int,
    *,
    exact: bool,
) -> Margins:
    mine = tuple(states[a] for a in axes)
    shape = tuple(s.size + 2 for s in mine)
    counts, shown = np.zeros(shape, np.int64), np.zeros(shape, bool)
    counts[(-1,) * len(axes)], shown[(-1,) * len(axes)] = every.rows, True
    for number in range(1, len(axes) + 1):
        for places in subsets(range(len(axes)), number):
            over = tuple(axes[p] for p in places)
            if over in every.blocks:
                which, index = _placed(every, over, places, mine)
                counts[index] = every.blocks[over].counts[which]
                shown[index] = told[over][which] & (number <= length)
    for place in range(len(axes)):
        line = np.moveaxis(counts, place, 0)
        line[-2] = line[-1] - line[:-2].sum(axis=0)
    up, down = _room(counts, shown, k, length, exact=exact)
    return Margins(axes, mine, counts, up, down, shown)


def _placed(
    every: Combinations, over: Axes, places: Axes, states: Sequence[Indices]
) -> tuple[Indices, tuple[Indices, ...]]:
    """The combinations of a block whose states are all told, and their cells in the table."""
    found = every.states(over)
    columns = []
    for column, axis, place in zip(found.T, over, places, strict=True):
        number = np.full(every.sizes[axis], -1)
        number[states[place]] = np.arange(states[place].size)
        columns.append(number[column])
    which = np.flatnonzero(np.all([c >= 0 for c in columns], axis=0))
    index = [np.full(which.size, -1)] * len(states)
    for column, place in zip(columns, places, strict=True):
        index[place] = column[which]
    return which, tuple(index)


def _room(
    counts: Table, told: npt.NDArray[np.bool_], k: int, length: int, *, exact: bool
) -> tuple[Table, Table]:
    """How far each cell and each sum may rise and fall."""
    number = np.zeros(counts.shape, np.int64)
    other, nobody = np.zeros((2, *counts.shape), bool)
    for place in range(counts.ndim):
        np.moveaxis(number, place, 0)[:-1] += 1
        others = counts[tuple(-2 if i == place else -1 for i in range(counts.ndim))]
        np.moveaxis(other, place, 0)[-2] = others >= k
        np.moveaxis(nobody, place, 0)[-2] = others == 0
    known = ~other & (number <= length) & (told | (~np.bool_(exact) & (counts < k)))
    more = 0 if exact else k - 1 - counts % k
    less = 0 if exact else counts % k
    up, down = np.where(known, more, FREE), np.where(known, less, FREE)
    cells = number == counts.ndim
    down = np.where(cells, np.minimum(down, counts), down)
    return np.where(nobody, 0, up), np.where(nobody, 0, down)


def least_room(room: Table, moved: Axes) -> Table:
    """Per cell, the least room among its sums over places that `moved` has a part in.

    Without `moved` among all of its sums: people come from outside, or leave.
    """
    if moved:
        room = room.copy()
        room[tuple(-1 if i in moved else slice(None) for i in range(room.ndim))] = FREE
    for place in range(room.ndim):
        line = np.moveaxis(room, place, 0)
        room = np.moveaxis(np.minimum(line[:-1], line[-1:]), 0, place)
    return np.asarray(room)


def best_other(room: Table, place: int) -> Table:
    """Per cell, the most room of another one on its line along a place."""
    line = np.moveaxis(room, place, 0)
    if len(line) < 2:
        return np.zeros_like(room)
    best = line.argmax(axis=0)[None]
    others = line.copy()
    np.put_along_axis(others, best, -1, 0)
    mine = np.arange(len(line)).reshape(-1, *(1,) * (line.ndim - 1)) == best
    most = np.where(mine, others.max(axis=0), line.max(axis=0))
    return np.asarray(np.moveaxis(most, 0, place))
