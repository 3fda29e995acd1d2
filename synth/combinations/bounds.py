"""How closely a release of counts pins the rare ones, and what to withhold so that it does not.

Whoever holds a release can ask for the least and the most people who may share a combination, over
all tables that agree with every count that is told and, where counts are rounded, with every one
that is missing. A rare combination is *betrayed* where these bounds leave no doubt that somebody
has it and lie closer together than a tenth of k: a sliding protection level. The attacker is taken
to know every value that is told, and who has none of them.

The bounds are those of the table over the combination's own axes, or over all axes where that table
is small. People moved between few cells are proof enough for nearly all combinations; for the rest
an integer program looks for the two ends, and what it cannot prove open counts as betrayed.

Reference: Fischetti and Salazar (2001), doi:10.1287/mnsc.47.7.1008.9807 (the attacker's two
programs, sliding protection); Hundepool et al. (2012), "Statistical Disclosure Control", chapter 4.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations as subsets
from itertools import product
from typing import TypeAlias

from synth.combinations.counting import Combinations, Indices
from synth.lazily import np, npt

Axes: TypeAlias = tuple[int, ...]
Table: TypeAlias = "npt.NDArray[np.int64]"
Told: TypeAlias = "Mapping[Axes, npt.NDArray[np.bool_]]"  # per block, which combinations are told

LONGEST = 3  # axes of a table that is looked at on its own
JOINT = 1_500  # cells, with sums, of a table over all axes that is looked at as a whole
MOST_CELLS = 4_000_000  # with sums; beyond it a table is left out
FREE = 1 << 40  # room without a bound
TRIES = 24  # swaps tried for a combination before a program is solved for it
SEED = 1  # of the partners that are tried: what holds does not rest on it
NEAR = 4  # states of each axis that a program may move people between
MANY = 40  # combinations in doubt, up to which each has programs of its own
FREELY = 10_000  # cells of a table in which anybody may move; else to a tenth of the empty ones
MOST = 1e6  # people who may join a cell in a linear program
WHOLE = 400  # cells of a table whose programs may move anybody
NODES = 200  # of the search for whole numbers


def width(k: int) -> int:
    """How far apart the bounds of a rare combination lie at least, in people."""
    return max(1, math.ceil(k / 10))


def looked_at(sizes: Sequence[int], length: int) -> list[Axes]:
    """The sets of axes whose tables are looked at.

    Args:
        sizes: number of states that are told, per axis.
        length: of the longest combinations that are told.
    """
    shape = [size + 2 for size in sizes]
    if length < len(sizes) and math.prod(shape) <= JOINT:
        return [tuple(range(len(sizes)))]
    return [
        axes
        for number in range(1, min(length, LONGEST, len(sizes)) + 1)
        for axes in subsets(range(len(sizes)), number)
        if math.prod(shape[a] for a in axes) <= MOST_CELLS
    ]


def bounded(every: Combinations, safe: Combinations, k: int, *, exact: bool) -> Combinations:
    """The counts that may be told so that no rare combination is betrayed.

    Args:
        every: all combinations that occur, as long as `longest` says.
        safe: those that are to be told, with the counts that are.
        exact: whether counts are told as they are; else rounded down to multiples of k.
    """
    pending = looked_at(told_sizes(safe), safe.length)
    while pending:
        told = _told(every, safe)
        states = _states(every, told)
        victims, again = {axes: np.zeros_like(shown) for axes, shown in told.items()}, []
        for axes in pending:
            table = _table(every, told, axes, states, k, safe.length, exact=exact)
            marked = [
                _withhold(every, victims, table, over, cell)
                for over, cell in _betrayed_in(table, k, safe.length)
            ]
            if any(marked):
                again.append(axes)
        safe, pending = _without(every, safe, victims), again
    return safe


def longest(safe: Combinations) -> int:
    """How long combinations have to be counted for the tables that are looked at."""
    return max(map(len, looked_at(told_sizes(safe), safe.length)), default=1)


def told_sizes(safe: Combinations) -> list[int]:
    """Number of states that are told, per axis."""
    return [
        safe.blocks[(a,)].counts.size if (a,) in safe.blocks else 0 for a in range(len(safe.sizes))
    ]


def _told(every: Combinations, safe: Combinations) -> Told:
    return {axes: safe.find(axes, every.states(axes)) >= 0 for axes in every.blocks}


def _without(
    every: Combinations, safe: Combinations, victims: Mapping[Axes, npt.NDArray[np.bool_]]
) -> Combinations:
    """What is told without some combinations, and without all that hold one of these."""
    kept: dict[Axes, npt.NDArray[np.bool_]] = {(): np.ones(1, bool)}
    for axes, block in safe.blocks.items():
        kept[axes] = np.ones(block.counts.size, bool)
        if axes in victims:
            gone = every.states(axes)[victims[axes]]
            kept[axes][safe.find(axes, gone)] = False
        states = safe.states(axes)
        for place in range(len(axes) if len(axes) > 1 else 0):
            rest = axes[:place] + axes[place + 1 :]
            kept[axes] &= kept[rest][safe.find(rest, np.delete(states, place, axis=1))]
    return safe.with_counts(
        {axes: np.where(kept[axes], block.counts, 0) for axes, block in safe.blocks.items()}
    )


def _states(every: Combinations, told: Told) -> list[Indices]:
    """The states of each axis that are told."""
    none = np.zeros(0, np.intp)
    return [
        every.blocks[(a,)].keys[told[(a,)]].astype(np.intp) if (a,) in every.blocks else none
        for a in range(len(every.sizes))
    ]


@dataclass(frozen=True, eq=False)
class _Table:
    """All cells over some axes and all their sums: what is told of each, and what it may become.

    An axis has its told states, then one for everybody else, then the sum of all of these.

    Args:
        axes: positions among all axes.
        states: the told states of each.
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

    def nobody_else(self, place: int) -> bool:
        """Whether so few have no told state of an axis that they may be of one that is not told."""
        return bool(self.up[self._alone(place)] < FREE)

    def _alone(self, place: int) -> tuple[int, ...]:
        return tuple(-2 if i == place else -1 for i in range(self.counts.ndim))


def _table(
    every: Combinations,
    told: Told,
    axes: Axes,
    states: Sequence[Indices],
    k: int,
    length: int,
    *,
    exact: bool,
) -> _Table:
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
    return _Table(axes, mine, counts, up, down, shown)


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
    number, other = np.zeros(counts.shape, np.int64), np.zeros(counts.shape, bool)
    for place in range(counts.ndim):
        np.moveaxis(number, place, 0)[:-1] += 1
        few = counts[tuple(-2 if i == place else -1 for i in range(counts.ndim))] < k
        np.moveaxis(other, place, 0)[-2] = exact or not few
    known = ~other & (number <= length) & (told | (~np.bool_(exact) & (counts < k)))
    more = 0 if exact else k - 1 - counts % k
    less = 0 if exact else counts % k
    up, down = np.where(known, more, FREE), np.where(known, less, FREE)
    cells = number == counts.ndim
    return up, np.where(cells, np.minimum(down, counts), down)


def _betrayed_in(table: _Table, k: int, length: int) -> Iterator[tuple[Axes, Indices]]:
    """The betrayed cells: over which places of the table, and their index on these."""
    n = table.counts.ndim
    plain = _least(table.up, ()), _least(table.down, ())
    along = [(_least(table.up, (i,)), _least(table.down, (i,))) for i in range(n)]
    for number in range(1, length + 1) if length < n else (n,):
        for over in subsets(range(n), number):
            rest = tuple(i for i in range(n) if i not in over)
            up, down = (x.max(axis=rest) for x in plain)
            for i in over:
                rises = np.minimum(along[i][0], _best_other(along[i][1], i))
                falls = np.minimum(along[i][1], _best_other(along[i][0], i))
                up, down = (
                    np.maximum(up, rises.max(axis=rest)),
                    np.maximum(down, falls.max(axis=rest)),
                )
            cells = _rare(table, over, k)
            left = _Doubtful.of(cells, up, down).still(width(k))
            if not rest:
                left = _after_swaps(table, left, width(k))
                left = _after_programs(table, left, width(k))
                left = _after_moves(table, left, width(k))
            for cell, ends in zip(left.cells, left.ends(width(k)), strict=True):
                if not _open_by_program(table, over, cell, ends):
                    yield over, cell


@dataclass(frozen=True, eq=False)
class _Doubtful:
    """Rare cells, and how far each is known to be able to fall and rise."""

    cells: Indices
    counts: Table
    falls: Table
    rises: Table

    @classmethod
    def of(cls, cells: Table, up: Table, down: Table) -> _Doubtful:
        where = np.argwhere(cells > 0)
        at = tuple(where.T)
        return cls(where, cells[at], down[at], up[at])

    def widened(self, falls: Table, rises: Table) -> _Doubtful:
        more = np.maximum(self.falls, falls), np.maximum(self.rises, rises)
        return _Doubtful(self.cells, self.counts, *more)

    def ends(self, least: int) -> list[list[tuple[float, float]]]:
        """Per cell, the changes any of which would leave no doubt: fewest to most people."""
        enough = zip(least - self.falls, -np.minimum(self.counts, least - self.rises), strict=True)
        return [[(float(more), np.inf), (-np.inf, float(less))] for more, less in enough]

    def still(self, least: int) -> _Doubtful:
        """Those of which somebody is certain to be there, and how many too nearly."""
        doubt = (self.counts > self.falls) & (self.falls + self.rises < least)
        return _Doubtful(
            self.cells[doubt], self.counts[doubt], self.falls[doubt], self.rises[doubt]
        )


def _rare(table: _Table, over: Axes, k: int) -> Table:
    """Counts over some places where they are rare and those of told states; 0 elsewhere."""
    n = table.counts.ndim
    whole = tuple(slice(None, -1) if i in over else -1 for i in range(n))
    cells = np.where(table.counts[whole] < k, table.counts[whole], 0)
    for at, place in enumerate(over):
        if not table.nobody_else(place):
            np.moveaxis(cells, at, 0)[-1] = 0
    return cells


def _least(room: Table, moved: Axes) -> Table:
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


def _best_other(room: Table, place: int) -> Table:
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


def _after_moves(table: _Table, left: _Doubtful, least: int) -> _Doubtful:
    """What stays in doubt when people move to or from cells that differ in several places."""
    n = table.counts.ndim
    for moved in (m for size in range(2, n + 1) for m in subsets(range(n), size)):
        up, down = _least(table.up, moved), _least(table.down, moved)
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


def _after_swaps(table: _Table, left: _Doubtful, least: int) -> _Doubtful:
    """What stays in doubt when people swap some of their states with others, drawn at random.

    A swap leaves every sum over only swapped, or only kept, places as it is.
    """
    n = table.counts.ndim
    rng = np.random.default_rng(SEED)
    held = np.argwhere(table.counts[(slice(None, -1),) * n] > 0)
    sides = [s for size in range(1, n) for s in subsets(range(n), size) if 0 in s]
    for side in sides * TRIES:
        moved, cells = np.isin(np.arange(n), side), left.cells
        if not len(cells):
            break
        other = held[rng.integers(len(held), size=len(cells))]
        swapped = np.where(moved, other, cells), np.where(moved, cells, other)
        falls = _swap_room(table, moved, (cells, other), swapped)
        first, second = (_alike(held, cells, kept, table, rng) for kept in (~moved, moved))
        corner = np.where(moved, first, second)
        rises = _swap_room(table, moved, (first, second), (cells, corner))
        left = left.widened(falls, rises).still(least)
    return left


def _alike(
    held: Indices,
    cells: Indices,
    places: npt.NDArray[np.bool_],
    table: _Table,
    rng: np.random.Generator,
) -> Indices:
    """For each cell one that somebody is in and that has the same states at some places."""
    shape = [size for size, kept in zip(table.counts.shape, places, strict=True) if kept]
    keys, wanted = (np.ravel_multi_index(tuple(c[:, places].T), shape) for c in (held, cells))
    order = np.argsort(keys, kind="stable")
    start = np.searchsorted(keys[order], wanted)
    number = np.searchsorted(keys[order], wanted, side="right") - start
    step = np.floor(rng.random(len(cells)) * number).astype(np.intp)
    return np.asarray(held[order[start + step]])


def _swap_room(
    table: _Table,
    moved: npt.NDArray[np.bool_],
    leave: tuple[Indices, Indices],
    join: tuple[Indices, Indices],
) -> Table:
    """How many people can leave two cells for two others that have their states swapped."""
    n = table.counts.ndim
    room = np.full(len(leave[0]), FREE)
    for parts in product((True, False), repeat=n):
        kept = np.array(parts)
        if (kept & moved).any() and (kept & ~moved).any():
            for cells in leave:
                room = np.minimum(room, table.down[tuple(np.where(kept, cells, -1).T)])
            for cells in join:
                room = np.minimum(room, table.up[tuple(np.where(kept, cells, -1).T)])
    still = [(a == b).all(axis=1) for a, b in product(leave, join)]
    return np.where(np.any(still, axis=0), 0, room)


def _after_programs(table: _Table, left: _Doubtful, least: int) -> _Doubtful:
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


def _open_by_program(
    table: _Table, over: Axes, cell: Indices, ends: Sequence[tuple[float, float]]
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
            integrality=np.ones(target.size),
            options={"node_limit": NODES},
        )
        if answer.x is not None:
            return True
    return False


def _near(table: _Table, over: Axes, cell: Indices) -> list[Indices]:
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
    table: _Table, states: Sequence[Indices]
) -> tuple[object, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The sums that bound how cells may change together: a matrix, and how far each may go."""
    from scipy.sparse import csr_array, vstack

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
        every = csr_array((ones, (line, np.arange(line.size))), shape=(math.prod(sizes), line.size))
        rise, fall = table.up[index].ravel(), table.down[index].ravel()
        bound = (rise < FREE) | (fall < FREE)
        parts.append(every[bound])
        high.append(np.where(rise < FREE, rise, np.inf)[bound])
        low.append(np.where(fall < FREE, -fall.astype(float), -np.inf)[bound])
    return vstack(parts).tocsr(), np.concatenate(low), np.concatenate(high)


def _withhold(
    every: Combinations,
    victims: Mapping[Axes, npt.NDArray[np.bool_]],
    table: _Table,
    over: Axes,
    cell: Indices,
) -> bool:
    """Mark the smallest told count beside a betrayed cell, or the smallest told part of it."""
    n = table.counts.ndim
    whole = tuple(int(cell[over.index(i)]) if i in over else -1 for i in range(n))
    beside = [
        (*whole[:place], state, *whole[place + 1 :])
        for place in over
        for state in range(table.counts.shape[place] - 2)
    ]
    parts = [
        tuple(at if keep else -1 for at, keep in zip(whole, kept, strict=True))
        for kept in product((True, False), repeat=n)
    ]
    for among in (beside, parts):
        shown = [at for at in among if table.told[at] and any(x != -1 for x in at)]
        if shown:
            at = min(shown, key=lambda a: (table.counts[a], a))
            axes = tuple(table.axes[i] for i in range(n) if at[i] != -1)
            states = [[table.states[i][at[i]] for i in range(n) if at[i] != -1]]
            victims[axes][every.find(axes, np.array(states))] = True
            return True
    return False
