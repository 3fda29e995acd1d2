"""Rare cells of a release, and proofs that their counts stay open.

A proof is another table that agrees with the release: people moved between few cells, people who
swap some of their states, or the answer of a linear or an integer program. Where none is found the
count is taken for betrayed, so a weak proof withholds too much and never too little.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations as subsets
from itertools import product
from typing import TYPE_CHECKING

from synth.combinations.counting import Indices
from synth.combinations.margins import FREE, Axes, Margins, Table, least_room, others_at
from synth.lazily import np, npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SEED = 1  # of the cells in which anybody may move: what holds does not rest on it
NEAR = 4  # states of each axis that a program may move people between
MANY = 40  # combinations in doubt, up to which each has programs of its own
FREELY = 10_000  # cells of a table in which anybody may move; else to a tenth of the empty ones
MOST = 1e6  # people who may join a cell in a linear program
WHOLE = 400  # cells of a table whose programs may move anybody
NODES = 200  # of the search for whole numbers


@dataclass(frozen=True, eq=False)
class Doubtful:
    """Rare cells, and how far each is known to be able to fall and rise."""

    cells: Indices
    counts: Table
    falls: Table
    rises: Table

    @classmethod
    def of(cls, cells: Table, up: Table, down: Table) -> Doubtful:
        where = np.argwhere(cells > 0)
        at = tuple(where.T)
        return cls(where, cells[at], down[at], up[at])

    def widened(self, falls: Table, rises: Table) -> Doubtful:
        more = np.maximum(self.falls, falls), np.maximum(self.rises, rises)
        return Doubtful(self.cells, self.counts, *more)

    def ends(self, least: int) -> list[list[tuple[float, float]]]:
        """Per cell, the changes any of which would leave no doubt: fewest to most people."""
        enough = zip(least - self.falls, -np.minimum(self.counts, least - self.rises), strict=True)
        return [[(float(more), np.inf), (-np.inf, float(less))] for more, less in enough]

    def still(self, least: int) -> Doubtful:
        """Those of which somebody is certain to be there, and how many too nearly."""
        doubt = (self.counts > self.falls) & (self.falls + self.rises < least)
        return Doubtful(self.cells[doubt], self.counts[doubt], self.falls[doubt], self.rises[doubt])


def rare(counts: Table, over: Axes, n: int, k: int) -> Table:
    """Counts over some places where they are rare and those of told states; 0 elsewhere.

    Of one table over n axes, or of several: one after the other in a last dimension.
    """
    whole = tuple(slice(None, -1) if i in over else -1 for i in range(n))
    cells = np.where(counts[whole] < k, counts[whole], 0)
    for at, place in enumerate(over):
        np.moveaxis(cells, at, 0)[-1] *= counts[others_at(place, n)] < k
    return cells


def after_moves(table: Margins, left: Doubtful, least: int) -> Doubtful:
    """What stays in doubt when people move to or from cells that differ in several places."""
    n = table.counts.ndim
    for moved in (m for size in range(2, n + 1) for m in subsets(range(n), size)):
        up, down = least_room(table.up, moved, n), least_room(table.down, moved, n)
        falls, rises = np.zeros((2, len(left.cells)), np.int64)
        for i, cell in enumerate(left.cells):
            others = tuple(slice(None) if p in moved else cell[p] for p in range(n))
            mine = tuple(cell)
            rises[i] = min(up[mine], _elsewhere(down[others], cell[list(moved)]))
            falls[i] = min(down[mine], _elsewhere(up[others], cell[list(moved)]))
        left = left.widened(falls, rises).still(least)
    return left


def _elsewhere(room: Table, cell: Indices) -> int:
    """The most room of a cell that has another state in each place."""
    room = room.copy()
    for place, state in enumerate(cell):
        np.moveaxis(room, place, 0)[state] = 0
    return int(room.max())


def after_programs(table: Margins, left: Doubtful, least: int) -> Doubtful:
    """What stays in doubt when many cells of a table together are made as small, or as large.

    Linear programs, without whole numbers: one by one, so many could not be looked at.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    for sign in (1.0, -1.0):
        if len(left.cells) <= MANY:
            break
        states = [np.arange(size - 1) for size in table.counts.shape]
        counts = table.counts[np.ix_(*states)]
        some = counts.size <= FREELY or np.random.default_rng(SEED).random(counts.shape) < 0.1
        free = ((counts > 0) | some).ravel()
        sums, low, high = _sums(table, states)
        weight = np.zeros(counts.shape)
        weight[tuple(left.cells.T)] = sign
        up, down = (x[np.ix_(*states)].ravel()[free].astype(float) for x in (table.up, table.down))
        answer = milp(
            weight.ravel()[free],
            constraints=LinearConstraint(sums[:, free], low, high),
            bounds=Bounds(-down, np.where(up < FREE, up, MOST)),
        )
        if answer.x is None:
            break
        change = np.zeros(counts.size)
        change[free] = answer.x
        mine = change.reshape(counts.shape)[tuple(left.cells.T)]
        rises, falls = (np.floor(np.maximum(x, 0) + 1e-6).astype(np.int64) for x in (mine, -mine))
        left = left.widened(falls, rises).still(least)
    return left


def open_by_program(
    table: Margins, over: Axes, cell: Indices, ends: Sequence[tuple[float, float]]
) -> bool:
    """Whether people moved between cells near this one can change its count by one of the ends."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    states = _near(table, over, cell)
    shape = tuple(len(s) for s in states)
    sums, low, high = _sums(table, states)
    core = tuple(slice(0, size) for size in shape)
    up, down = (x[np.ix_(*states)][core].ravel().astype(float) for x in (table.up, table.down))
    up[up >= FREE] = np.inf
    target = np.ones(shape)
    for at, place in enumerate(over):
        side = np.isin(states[place], cell[at]).astype(float)
        target *= side.reshape(tuple(-1 if i == place else 1 for i in range(len(shape))))
    chosen = target.ravel()[None]
    for least_change, most_change in ends:
        answer = milp(
            np.zeros(target.size),
            constraints=[
                LinearConstraint(sums, low, high),
                LinearConstraint(chosen, least_change, most_change),
            ],
            bounds=Bounds(-down, up),
            integrality=np.ones(target.size, np.int64),
            options={"node_limit": NODES},
        )
        if answer.x is not None:
            return True
    return False


def _near(table: Margins, over: Axes, cell: Indices) -> list[Indices]:
    """The states of each place that a program may move people between: those with most room."""
    n = table.counts.ndim
    if math.prod(size - 1 for size in table.counts.shape) <= WHOLE:
        return [np.arange(size - 1) for size in table.counts.shape]
    states = []
    for place in range(n):
        line = tuple(
            slice(None, -1) if i == place else int(cell[over.index(i)]) if i in over else -1
            for i in range(n)
        )
        room = np.minimum(table.up[line], 100) + np.minimum(table.down[line], 100)
        if place in over:
            room[cell[over.index(place)]] = FREE
        states.append(np.sort(np.argsort(-room, kind="stable")[:NEAR]))
    return states


def _sums(
    table: Margins, states: Sequence[Indices]
) -> tuple[csr_array, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The sums that bound how cells may change together: a matrix, and how far each may go."""
    from scipy import sparse

    shape = tuple(len(s) for s in states)
    place = np.indices(shape).reshape(len(shape), -1)
    parts, low, high = [], [], []
    for kept in product((True, False), repeat=len(shape)):
        if all(kept):
            continue
        index = np.ix_(*(s if keep else [-1] for s, keep in zip(states, kept, strict=True)))
        sizes = tuple(size if keep else 1 for size, keep in zip(shape, kept, strict=True))
        line = np.ravel_multi_index(tuple(np.where(kept, place.T, 0).T), sizes)
        ones = np.ones(line.size)
        every = sparse.csr_array(
            (ones, (line, np.arange(line.size))), shape=(math.prod(sizes), line.size)
        )
        rise, fall = table.up[index].ravel(), table.down[index].ravel()
        bound = (rise < FREE) | (fall < FREE)
        parts.append(every[bound])
        high.append(np.where(rise < FREE, rise, np.inf)[bound])
        low.append(np.where(fall < FREE, -fall.astype(float), -np.inf)[bound])
    return sparse.vstack(parts).tocsr(), np.concatenate(low), np.concatenate(high)
