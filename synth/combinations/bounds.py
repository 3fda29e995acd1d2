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
from itertools import combinations as subsets
from itertools import islice, product

from synth.combinations.counting import Combinations, Indices
from synth.combinations.doubt import (
    Doubtful,
    after_moves,
    after_programs,
    open_by_program,
    rare,
)
from synth.combinations.exchanges import after_exchanges
from synth.combinations.margins import (
    Axes,
    Margins,
    Placed,
    Table,
    Told,
    best_other,
    counted,
    least_room,
    margins_of,
    room_of,
)
from synth.lazily import np, npt

LONGEST = 3  # axes of a table that is looked at on its own
MOST_WORK = 6_000_000  # cells of all tables that are looked at, each at least of its least work
LEAST_WORK = {2: 60, 3: 1_000}  # cells; measured: of 500 people, about 5 microseconds each
MOST_HELD = 10_000  # cells of a table that people are in, whatever its states
JOINT = 1_500  # cells, with sums, of a table over all axes that is looked at as a whole
AT_ONCE = 200_000  # cells, with sums, of the tables that are looked at together
MOST_CELLS = 4_000_000  # with sums; beyond it a table is left out


def width(k: int) -> int:
    """How far apart the bounds of a rare combination lie at least, in people."""
    return max(1, math.ceil(k / 10))


def affordable(sizes: Sequence[int], length: int) -> int:
    """How long the combinations may be that are counted and looked at, in bounded time: 1 at least.

    Known before any row is read.

    Args:
        sizes: number of states of each axis.
        length: what is asked for.
    """
    left, length = MOST_WORK, min(length, len(sizes))
    for number in range(2, length + 1):
        if math.comb(len(sizes), number) * LEAST_WORK[min(number, LONGEST)] > left:
            return number - 1
        if number > LONGEST:  # counted where they are frequent, and not looked at
            left -= math.comb(len(sizes), number) * LEAST_WORK[LONGEST]
        else:
            left -= sum(
                max(LEAST_WORK[number], min(math.prod(some), MOST_HELD))
                for some in subsets(sizes, number)
            )
        if left < 0:
            return number - 1
    return max(1, length)


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

    In the table of all axes one thing after another is withheld, because each may be enough.

    Args:
        every: all combinations that occur, as long as `longest` says.
        safe: those that are to be told, with the counts that are.
        exact: whether counts are told as they are; else rounded down to multiples of k.
    """
    pending = looked_at(told_sizes(safe), safe.length)
    states = _states(every, _told(every, safe))
    while pending:
        told = _told(every, safe)
        victims, again = {axes: np.zeros_like(shown) for axes, shown in told.items()}, []
        placed = Placed(every, told, states)
        for axes in _in_doubt(placed, pending, k, safe.length, exact=exact):
            table = margins_of(every, told, axes, states, k, safe.length, exact=exact)
            found = _betrayed_in(table, k, safe.length)
            if len(axes) > safe.length:
                found = islice(found, 1)
            marked = [_withhold(every, victims, table, *cell) for cell in found]
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
    if not any(marked.any() for marked in victims.values()):
        return safe
    kept: dict[Axes, npt.NDArray[np.bool_]] = {(): np.ones(1, bool)}
    for axes, block in safe.blocks.items():
        kept[axes] = np.ones(block.counts.size, bool)
        if axes in victims and victims[axes].any():
            gone = every.states(axes)[victims[axes]]
            kept[axes][safe.find(axes, gone)] = False
        for place in range(len(axes) if len(axes) > 1 else 0):
            rest = axes[:place] + axes[place + 1 :]
            if not kept[rest].all():
                states = np.delete(safe.states(axes), place, axis=1)
                kept[axes] &= kept[rest][safe.find(rest, states)]
    return safe.with_counts(
        {axes: np.where(kept[axes], block.counts, 0) for axes, block in safe.blocks.items()}
    )


def _states(every: Combinations, told: Told) -> list[Indices]:
    """The states of each axis that are to be told; known ones, even if they are withheld then."""
    none = np.zeros(0, np.intp)
    return [
        every.blocks[(a,)].keys[told[(a,)]].astype(np.intp) if (a,) in every.blocks else none
        for a in range(len(every.sizes))
    ]


def _in_doubt(
    placed: Placed, sets: Sequence[Axes], k: int, length: int, *, exact: bool
) -> Iterator[Axes]:
    """The sets of axes whose tables have a cell that a few moves leave in doubt.

    Tables of one shape are looked at many at a time: most have none.
    """
    alike: dict[tuple[int, ...], list[Axes]] = {}
    for axes in sets:
        alike.setdefault(placed.shape(axes), []).append(axes)
    for shape, mine in alike.items():
        step = max(1, AT_ONCE // math.prod(shape))
        for some in (mine[i : i + step] for i in range(0, len(mine), step)):
            counts, shown = counted(some, placed, length)
            up, down = room_of(counts, shown, len(shape), k, length, exact=exact)
            doubt = np.zeros(len(some), bool)
            for _, cells, rises, falls in _moved(counts, up, down, len(shape), k, length):
                short = (cells > falls) & (falls + rises < width(k)) & (cells > 0)
                doubt |= short.any(axis=tuple(range(short.ndim - 1)))
            yield from (some[i] for i in np.flatnonzero(doubt))


def _moved(
    counts: Table, up: Table, down: Table, n: int, k: int, length: int
) -> Iterator[tuple[Axes, Table, Table, Table]]:
    """Rare cells over some places, and how far people moved along one axis raise and lower them.

    Of one table over n axes, or of several: one after the other in a last dimension.
    """
    plain = least_room(up, (), n), least_room(down, (), n)
    along = [(least_room(up, (i,), n), least_room(down, (i,), n)) for i in range(n)]
    moves = [
        (np.minimum(u, best_other(d, i)), np.minimum(d, best_other(u, i)))
        for i, (u, d) in enumerate(along)
    ]
    for number in range(1, length + 1) if length < n else (n,):
        for over in subsets(range(n), number):
            rest = tuple(i for i in range(n) if i not in over)
            rises, falls = (x.max(axis=rest) for x in plain)
            for i in over:
                rises = np.maximum(rises, moves[i][0].max(axis=rest))
                falls = np.maximum(falls, moves[i][1].max(axis=rest))
            yield over, rare(counts, over, n, k), rises, falls


def _betrayed_in(table: Margins, k: int, length: int) -> Iterator[tuple[Axes, Indices]]:
    """The betrayed cells: over which places of the table, and their index on these."""
    n = table.counts.ndim
    for over, cells, rises, falls in _moved(table.counts, table.up, table.down, n, k, length):
        left = Doubtful.of(cells, rises, falls).still(width(k))
        if len(over) == n:
            left = after_exchanges(table, left, width(k))
            left = after_programs(table, left, width(k))
            left = after_moves(table, left, width(k))
        for cell, ends in zip(left.cells, left.ends(width(k)), strict=True):
            if not open_by_program(table, over, cell, ends):
                yield over, cell


def _withhold(
    every: Combinations,
    victims: Mapping[Axes, npt.NDArray[np.bool_]],
    table: Margins,
    over: Axes,
    cell: Indices,
) -> bool:
    """Mark the smallest told count beside a betrayed cell, else of its parts, else in the table."""
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
    known = np.argwhere(table.told)
    anywhere = map(tuple, np.where(known == np.array(table.told.shape) - 1, -1, known).tolist())
    for among in (beside, parts, anywhere):
        shown = [at for at in among if table.told[at] and any(x != -1 for x in at)]
        if shown:
            at = min(shown, key=lambda a: (table.counts[a], a))
            axes = tuple(table.axes[i] for i in range(n) if at[i] != -1)
            states = [[table.states[i][at[i]] for i in range(n) if at[i] != -1]]
            victims[axes][every.find(axes, np.array(states))] = True
            return True
    return False
