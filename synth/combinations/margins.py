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
REMEMBERED = 2  # axes of the combinations whose places are kept, as many tables hold them


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
        return int(self.counts[others_at(place, self.counts.ndim)])


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
    counts, shown = counted([axes], Placed(every, told, states), length)
    counts, shown = counts[..., 0], shown[..., 0]
    up, down = room_of(counts, shown, len(axes), k, length, exact=exact)
    return Margins(axes, tuple(states[a] for a in axes), counts, up, down, shown)


class Placed:
    """Where the combinations of a set of axes are in a table, worked out once for short sets."""

    def __init__(self, every: Combinations, told: Told, states: Sequence[Indices]) -> None:
        self.every, self.states = every, states
        self._told = told
        self._known: dict[Axes, _Cells] = {}

    def shape(self, axes: Axes) -> tuple[int, ...]:
        return tuple(self.states[a].size + 2 for a in axes)

    def over(self, axes: Axes) -> _Cells:
        """The combinations of these axes whose states are all told."""
        found = self._known.get(axes)
        if found is None:
            found = self._placed(axes)
            if len(axes) <= REMEMBERED:
                self._known[axes] = found
        return found

    def _placed(self, axes: Axes) -> _Cells:
        found = self.every.states(axes)
        columns = []
        for column, axis in zip(found.T, axes, strict=True):
            number = np.full(self.every.sizes[axis], -1)
            number[self.states[axis]] = np.arange(self.states[axis].size)
            columns.append(number[column])
        inside = columns[0] >= 0
        for column in columns[1:]:
            inside &= column >= 0
        which = np.flatnonzero(inside)
        counts = self.every.blocks[axes].counts[which]
        return _Cells(tuple(c[which] for c in columns), counts, self._told[axes][which])


@dataclass(frozen=True, eq=False)
class _Cells:
    """Some combinations: the number of each state, how many people, and whether it is told."""

    index: tuple[Indices, ...]
    counts: Table
    told: npt.NDArray[np.bool_]


def counted(
    sets: Sequence[Axes], placed: Placed, length: int
) -> tuple[Table, npt.NDArray[np.bool_]]:
    """People in each cell and sum, and which of them are told, of tables that have one shape.

    Returns:
        Two arrays with the places of a table first, and one table after the other last.
    """
    n, shape = len(sets[0]), placed.shape(sets[0])
    counts, shown = np.zeros((*shape, len(sets)), np.int64), np.zeros((*shape, len(sets)), bool)
    counts[(-1,) * n], shown[(-1,) * n] = placed.every.rows, True
    for number in range(1, n + 1):
        for places in subsets(range(n), number):
            for at, axes in enumerate(sets):
                over = tuple(axes[p] for p in places)
                if over in placed.every.blocks:
                    cells = placed.over(over)
                    index: list[Indices | int] = [-1] * n
                    for place, column in zip(places, cells.index, strict=True):
                        index[place] = column
                    counts[(*index, at)] = cells.counts
                    shown[(*index, at)] = cells.told & (number <= length)
    for place in range(n):
        line = np.moveaxis(counts, place, 0)
        line[-2] = line[-1] - line[:-2].sum(axis=0)
    return counts, shown


def room_of(
    counts: Table, told: npt.NDArray[np.bool_], n: int, k: int, length: int, *, exact: bool
) -> tuple[Table, Table]:
    """How far each cell and each sum may rise and fall, of one table over n axes or of several."""
    number = np.zeros(counts.shape, np.int8)
    other, nobody = np.zeros((2, *counts.shape), bool)
    for place in range(n):
        np.moveaxis(number, place, 0)[:-1] += 1
        others = counts[others_at(place, n)]
        np.moveaxis(other, place, 0)[-2] = others >= k
        np.moveaxis(nobody, place, 0)[-2] = others == 0
    known = ~other & (number <= length) & (told | (~np.bool_(exact) & (counts < k)))
    more = 0 if exact else k - 1 - counts % k
    less = 0 if exact else counts % k
    up, down = np.where(known, more, FREE), np.where(known, less, FREE)
    down = np.where(number == n, np.minimum(down, counts), down)
    return np.where(nobody, 0, up), np.where(nobody, 0, down)


def others_at(place: int, n: int) -> tuple[int, ...]:
    """Where a table over n axes counts the people who have no told state of one axis."""
    return tuple(-2 if i == place else -1 for i in range(n))


def least_room(room: Table, moved: Axes, n: int) -> Table:
    """Per cell, the least room among its sums over places that `moved` has a part in.

    Without `moved` among all of its sums: people come from outside, or leave.
    """
    if moved:
        room = room.copy()
        room[tuple(-1 if i in moved else slice(None) for i in range(n))] = FREE
    for place in range(n):
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
