"""Records that at least k people hold in full: grown attribute by attribute, never past k.

A record is a partial row: one state per axis, or nothing (-1). Growing follows the axes in a
random order, keeping people with the same record so far in one group. A person's attribute is
added where at least k of their group share it; the others stay behind with what they have. Those
who stay behind are no longer counted as holders of longer records, so a group only ever
understates how many people hold its record: whatever is grown has at least k holders, at any
length. `holders` counts them exactly, for the proof.

This replaces the record-by-record search of Microsoft's Synthetic Data Showcase (row- and
value-seeded modes), which keeps the same promise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from synth.combinations.counting import Axis, Integers
from synth.lazily import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOTHING = -1
ROUNDS = 12  # times that what is left of everybody is split on; the records found last are short
MOST_PARTS = (
    12_000_000  # combinations inside the records found, beyond which no more are looked for
)
MOST_BITS = 1 << 32  # bytes that the check reads as bits; beyond it people are walked through
AT_ONCE = 1 << 23  # bytes of bits that are held at a time

# One line per record, one column per axis; NOTHING where it has none.
Records: TypeAlias = "NDArray[np.int32]"
Chosen: TypeAlias = "NDArray[np.bool_]"  # one line per person, one column per axis


@dataclass(frozen=True, eq=False)
class Taken:
    """What people take into their records, following one order of the axes.

    Args:
        chosen: which attributes each person takes.
        label: a number for each person's record; two have the same if all in them is the same.
        groups: how many numbers there are.
    """

    chosen: Chosen
    label: NDArray[np.int64]
    groups: int

    def backed(self, axes: Sequence[Axis], at_least: int) -> Records:
        """The different records that at least so many people took, not only hold.

        A record that fewer were left with would come and go with one person, at whatever count.
        """
        if not len(self.label):
            return np.zeros((0, len(axes)), np.int32)
        took = np.bincount(self.label, minlength=self.groups)
        first = np.zeros(self.groups, np.intp)
        first[self.label[::-1]] = np.arange(len(self.label))[::-1]
        some = self.chosen[first].any(axis=1)
        who = first[(took >= at_least) & some]
        codes = np.column_stack([a.codes[who] for a in axes]).astype(np.int32)
        return np.where(self.chosen[who], codes, NOTHING)


def grown(axes: Sequence[Axis], open_: Chosen, order: Sequence[int], at_least: int) -> Taken:
    """Which attributes each person's record takes, following one order of the axes.

    Args:
        open_: the attributes that may still be taken, per person.
        order: positions of the axes.
    """
    people = len(open_)
    chosen = np.zeros_like(open_)
    label, groups = np.zeros(people, np.int64), 1
    for place in order:
        axis = axes[place]
        free = np.flatnonzero(open_[:, place] & axis.counted[axis.codes])
        key = label[free] * axis.size + axis.codes[free]
        enough = np.bincount(key, minlength=groups * axis.size) >= at_least
        moves = enough[key]
        if not moves.any():
            continue
        chosen[free[moves], place] = True
        renumber = np.cumsum(enough) - 1 + groups
        label[free[moves]] = renumber[key[moves]]
        label, groups = _dense(label, groups + int(enough.sum()))
    return Taken(chosen, label, groups)


def _dense(label: NDArray[np.int64], groups: int) -> tuple[NDArray[np.int64], int]:
    """Labels without gaps."""
    used = np.zeros(groups, bool)
    used[label] = True
    return (np.cumsum(used) - 1)[label], int(used.sum())


def partition(
    axes: Sequence[Axis], at_least: int, rng: np.random.Generator, orders: int, length: int = 3
) -> Records:
    """Each person's attributes split over records: as few as can be found, the longest first.

    All records that k people could take on the way are told, not those that somebody did take: the
    choice of one person would show. For the same reason every attribute that k people share has a
    record of its own, and the splitting, which takes as long as single people need, draws from a
    generator of its own. What is left of people after `ROUNDS` records has those of one attribute.

    Args:
        orders: how many orders of the axes are tried for each of a person's records.
        length: of the combinations inside the records that somebody will count.
    """
    rng, found = rng.spawn(1)[0], Found(length)
    open_ = np.column_stack([_shared(axis, at_least) for axis in axes])
    for _ in range(ROUNDS):
        best = np.zeros_like(open_)
        for _ in range(orders):
            taken = grown(axes, open_, rng.permutation(len(axes)).tolist(), at_least)
            found.add(taken.backed(axes, at_least))
            longer = taken.chosen.sum(axis=1) > best.sum(axis=1)
            best[longer] = taken.chosen[longer]
        alone = ~best.any(axis=1)
        open_ &= ~best
        open_[alone] = False
        if found.enough or not open_.any():
            break
    return np.concatenate([*_alone(axes, at_least), *found.parts])


class Found:
    """Records as they are found, until what they hold together is as much as can be fitted.

    Args:
        length: of the combinations inside the records that somebody will count.
    """

    def __init__(self, length: int) -> None:
        self.parts: list[Records] = []
        self._length = length
        self._left = MOST_PARTS

    def add(self, records: Records) -> None:
        """Take records; evenly some of them where they are too many."""
        inside = np.array(
            [
                sum(math.comb(size, part) for part in range(1, self._length + 1))
                for size in range(records.shape[1] + 1)
            ],
            np.float64,
        )
        held = float(inside[(records != NOTHING).sum(axis=1)].sum())
        if held > self._left:
            some = max(1, int(len(records) * max(self._left, 0) / held))
            records = records[np.linspace(0, len(records) - 1, some).astype(np.intp)]
        self.parts.append(records)
        self._left -= int(held)

    @property
    def enough(self) -> bool:
        """Read off the records themselves, each of which k people took, and off nobody else."""
        return self._left <= 0


def _shared(axis: Axis, at_least: int) -> NDArray[np.bool_]:
    """Whose attribute at least k people share."""
    counts = np.bincount(axis.codes, minlength=axis.size)
    return ((counts >= at_least) & axis.counted)[axis.codes]


def candidates(
    axes: Sequence[Axis], at_least: int, rng: np.random.Generator, orders: int, length: int = 3
) -> Records:
    """Different records, each held by at least k people: what some orders of the axes bring.

    Args:
        length: of the combinations inside the records that somebody will count.
    """
    open_ = np.column_stack([_shared(axis, at_least) for axis in axes])
    found = Found(length)
    for _ in range(orders):
        taken = grown(axes, open_, rng.permutation(len(axes)).tolist(), at_least)
        found.add(taken.backed(axes, at_least))
        if found.enough:
            break
    return different(np.concatenate([*_alone(axes, at_least), *found.parts]))


def _alone(axes: Sequence[Axis], at_least: int) -> list[Records]:
    return [_singles(axes, place, at_least) for place in range(len(axes))]


def _singles(axes: Sequence[Axis], place: int, at_least: int) -> Records:
    """The records of one attribute of an axis."""
    axis = axes[place]
    counts = np.bincount(axis.codes, minlength=axis.size)
    states = np.flatnonzero((counts >= at_least) & axis.counted)
    records = np.full((states.size, len(axes)), NOTHING, np.int32)
    records[:, place] = states
    return records


def different(records: Records) -> Records:
    """Each record once, in lexicographic order."""
    if not len(records):
        return records
    order = np.lexsort(records.T[::-1])
    ordered = records[order]
    new = np.ones(len(records), bool)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return ordered[new]


def holders(axes: Sequence[Axis], records: Records) -> NDArray[np.int64]:
    """How many people hold all attributes of each record: exact."""
    people = len(axes[0].codes) if axes else 0
    if not len(records):
        return np.zeros(0, np.int64)
    asked = [np.unique(column[column != NOTHING]) for column in records.T]
    width = -(-people // 8)
    if width * (records.size + sum(map(len, asked))) <= MOST_BITS:
        return _by_bits(axes, records, asked, people)
    counts = np.full(len(records), people, np.int64)
    whole = _Part(np.arange(len(records)), np.zeros(len(records), np.int64))
    _visit(axes, records, 0, whole, _Part(np.arange(people), np.zeros(people, np.int64)), counts)
    return counts


def _by_bits(
    axes: Sequence[Axis], records: Records, asked: Sequence[NDArray[np.int32]], people: int
) -> NDArray[np.int64]:
    """Holders, with a bit per person and attribute: for many axes, where most records differ."""
    counts = np.empty(len(records), np.int64)
    every = np.packbits(np.ones(people, bool))
    step = max(1, AT_ONCE // max(len(every), 1))
    for start in range(0, len(records), step):
        some = records[start : start + step]
        bits = np.tile(every, (len(some), 1))
        for axis, states, column in zip(axes, asked, some.T, strict=True):
            mine = np.flatnonzero(column != NOTHING)
            for one in states[np.isin(states, column[mine])]:
                bits[mine[column[mine] == one]] &= np.packbits(axis.codes == one)
        counts[start : start + step] = np.bitwise_count(bits).sum(axis=1)
    return counts


@dataclass(frozen=True, eq=False)
class _Part:
    """Some records or people, and which distinct record-so-far each of them has."""

    which: NDArray[np.intp]
    label: NDArray[np.int64]


def _visit(
    axes: Sequence[Axis],
    records: Records,
    place: int,
    wanted: _Part,
    people: _Part,
    counts: NDArray[np.int64],
) -> None:
    """Split by whether a record has an attribute of this axis; people no record asks for leave."""
    if place == len(axes):
        held = np.bincount(people.label, minlength=int(wanted.label.max()) + 1)
        counts[wanted.which] = held[wanted.label]
        return
    states: Integers = records[wanted.which, place]
    without = states == NOTHING
    for absent in (True, False):
        mine = np.flatnonzero(without == absent)
        if mine.size:
            asked = _Part(wanted.which[mine], wanted.label[mine])
            axis = None if absent else axes[place]
            _visit(
                axes, records, place + 1, *_narrowed(axis, records, place, asked, people), counts
            )


def _narrowed(
    axis: Axis | None, records: Records, place: int, wanted: _Part, people: _Part
) -> tuple[_Part, _Part]:
    """Labels extended by one axis (none: as they are) and renumbered to what records ask for."""
    if axis is None:
        asked, had = wanted.label, people.label
    else:
        asked = wanted.label * axis.size + records[wanted.which, place]
        had = people.label * axis.size + axis.codes[people.which]
    known, label = np.unique(asked, return_inverse=True)
    renumber = np.full(int(max(asked.max(), had.max(initial=0))) + 1, -1)
    renumber[known] = np.arange(known.size)
    found = renumber[had]
    stay = found >= 0
    return _Part(wanted.which, label), _Part(people.which[stay], found[stay])
