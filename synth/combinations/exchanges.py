"""Proofs that rare counts stay open: people who exchange some of their states with others.

Two people who exchange what they have at some places change none of the sums over these places, nor
over the others. Four people at the corners of a cube, every second one, change no sum but the cells
at its corners: they are what is left where every sum of two axes is told. Partners are drawn at
random among the cells that somebody is in; what is found holds whatever was drawn, in whole people.

Reference: Diaconis and Sturmfels (1998), doi:10.1214/aos/1030563990 (moves between the tables that
have the same sums).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations as subsets
from itertools import product
from typing import TypeAlias

from synth.combinations.counting import Indices
from synth.combinations.doubt import Doubtful
from synth.combinations.margins import FREE, Axes, Margins, Table
from synth.lazily import np, npt

ROUNDS = 40  # at most, in which each sort of exchange is tried once
WORTH = 0.05  # of what is in doubt: a round that settles less is the last
PARTNERS = 1_500  # tried in one go: one for each combination in doubt, several where these are few
SEED = 1  # of the partners that are tried: what holds does not rest on it

Drawn: TypeAlias = tuple[Indices, Table, Table]  # of which cells, and how far they fall and rise


def after_exchanges(table: Margins, left: Doubtful, least: int) -> Doubtful:
    """What stays in doubt when people exchange some of their states with others."""
    held = Held(table)
    for _ in range(ROUNDS):
        before = len(left.cells)
        for exchange in _exchanges(table.counts.ndim):
            if not len(left.cells):
                return left
            which, fall, rise = exchange(held, np.ascontiguousarray(left.cells.T))
            falls, rises = np.zeros((2, len(left.cells)), np.int64)
            np.maximum.at(falls, which, fall)
            np.maximum.at(rises, which, rise)
            left = left.widened(falls, rises).still(least)
        if before - len(left.cells) < WORTH * before:
            break
    return left


class Held:
    """The cells of a table that somebody is in, to draw partners from.

    Cells stand beside each other here: one line of states for each place of the table.
    """

    def __init__(self, table: Margins) -> None:
        self.table, self.n = table, table.counts.ndim
        self.up, self.down = table.up.ravel(), table.down.ravel()
        self._rng = np.random.default_rng(SEED)
        self._cells = np.array(np.nonzero(table.counts[(slice(None, -1),) * self.n] > 0))
        self._step = [math.prod(table.counts.shape[i + 1 :]) for i in range(self.n)]
        self._end = [size - 1 for size in table.counts.shape]
        self._sorted: dict[Axes, tuple[Indices, Indices]] = {}

    def at(self, cells: Indices, kept: Axes) -> Indices:
        """Where the sums of some cells over the kept places are, in the table as one line."""
        gone = (place for place in range(self.n) if place not in kept)
        line = np.full(cells.shape[1], sum(self._end[p] * self._step[p] for p in gone))
        for place in kept:
            line += cells[place] * self._step[place]
        return line

    def alike(self, cells: Indices, kept: Axes) -> Indices:
        """For each cell one that somebody is in and that has the same states at the kept places.

        The cell itself where there is none.
        """
        if kept not in self._sorted:
            keys = self.at(self._cells, kept)
            order = np.argsort(keys, kind="stable")
            self._sorted[kept] = order, keys[order]
        order, keys = self._sorted[kept]
        wanted = self.at(cells, kept)
        start = np.searchsorted(keys, wanted)
        number = np.searchsorted(keys, wanted, side="right") - start
        step = np.floor(self._rng.random(cells.shape[1]) * number).astype(np.intp)
        found = self._cells[:, order[np.minimum(start + step, len(order) - 1)]]
        return np.where(number > 0, found, cells)


def _exchanges(n: int) -> Iterator[Callable[[Held, Indices], Drawn]]:
    """Each sort of exchange in a table of n axes: what is swapped, and where partners are alike."""
    for size in range(1, n):
        for side in (s for s in subsets(range(n), size) if n == 3 or 0 in s):
            yield partial(_swapped, side=side, shared=())
            rest = [place for place in range(n) if place not in side]
            if n > 2 and len(rest) > 1:
                yield from (partial(_swapped, side=side, shared=(place,)) for place in rest)
    if n == 3:
        yield from (partial(_cornered, first=place) for place in range(n))


def _swapped(held: Held, cells: Indices, *, side: Axes, shared: Axes) -> Drawn:
    """Two people exchange their states at one side; both have the same at the shared places."""
    n = held.n
    rest = tuple(place for place in range(n) if place not in side)
    apart = [
        kept
        for size in range(2, n + 1)
        for kept in subsets(range(n), size)
        if set(kept) & set(side) and set(kept) & set(rest) - set(shared)
    ]
    room = [np.stack([x[held.at(cells, kept)] for kept in apart]) for x in (held.down, held.up)]
    which = _several(np.flatnonzero((room[0] > 0).all(axis=0) | (room[1] > 0).all(axis=0)))
    mine = cells[:, which]
    other = held.alike(mine, shared)
    falls = _swap_room(held, (mine, other), side, rest)
    one = held.alike(mine, tuple(sorted({*side, *shared})))
    two = held.alike(mine, rest)
    return which, falls, _swap_room(held, (one, two), side, rest, rises=True)


def _swap_room(
    held: Held, leave: tuple[Indices, Indices], side: Axes, rest: Axes, *, rises: bool = False
) -> Table:
    """How many people can leave two cells for those where their states at one side are exchanged.

    Args:
        rises: whether the cell in question is the one with the first's side and the second's rest.
    """
    one, two = leave
    join = _mixed((one, side), (two, rest)), _mixed((two, side), (one, rest))
    same = one == two
    room = np.full(one.shape[1], FREE)
    for size in range(2, held.n + 1):
        for kept in subsets(range(held.n), size):
            parts = [[p for p in kept if p in some] for some in (side, rest)]
            if not all(parts):
                continue
            nothing = same[parts[0]].all(axis=0) | same[parts[1]].all(axis=0)
            least = np.minimum(
                np.minimum(*(held.down[held.at(c, kept)] for c in leave)),
                np.minimum(*(held.up[held.at(c, kept)] for c in join)),
            )
            room = np.where(nothing, 0 if size == held.n else room, np.minimum(room, least))
    return room


def _cornered(held: Held, cells: Indices, *, first: int) -> Drawn:
    """Four people at every second corner of a cube go to the other four."""
    at = held.at(cells, tuple(range(3)))
    which = _several(np.flatnonzero((held.down[at] > 0) | (held.up[at] > 0)))
    mine = cells[:, which]
    second, third = (place for place in range(3) if place != first)
    one = held.alike(mine, (first,))
    near = _mixed((mine, (first, second)), (one, (third,)))
    two = held.alike(near, tuple(sorted((second, third))))
    far = _mixed((two, (first,)), (one, (second, third)))
    falls = _cube_room(held, mine, far)
    beside = [held.alike(mine, tuple(p for p in range(3) if p != place)) for place in range(3)]
    far = _mixed(*((cell, (place,)) for place, cell in enumerate(beside)))
    return which, falls, _cube_room(held, mine, far, rises=True)


def _cube_room(held: Held, near: Indices, far: Indices, *, rises: bool = False) -> Table:
    """How many people can go from the corner near, and from those two steps away, to the others."""
    room = np.where((near == far).any(axis=0), 0, FREE)
    for corner in product((False, True), repeat=3):
        cell = held.at(np.where(np.array(corner)[:, None], far, near), (0, 1, 2))
        leaves = (sum(corner) % 2 == 0) != rises
        room = np.minimum(room, (held.down if leaves else held.up)[cell])
    return room


def _several(which: Indices) -> Indices:
    """Each several times, if they are few."""
    return np.repeat(which, max(1, PARTNERS // max(1, len(which))))


def _mixed(*parts: tuple[Indices, Axes]) -> Indices:
    """Cells that have the states of one at some places, of another at others."""
    cells: npt.NDArray[np.intp] = np.empty_like(parts[0][0])
    for some, places in parts:
        cells[list(places)] = some[list(places)]
    return cells
