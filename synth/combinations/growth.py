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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from synth.combinations.counting import Axis, Integers
from synth.lazily import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOTHING = -1

# One line per record, one column per axis; NOTHING where it has none.
Records: TypeAlias = "NDArray[np.int32]"
Chosen: TypeAlias = "NDArray[np.bool_]"  # one line per person, one column per axis


def grown(axes: Sequence[Axis], open_: Chosen, order: Sequence[int], at_least: int) -> Chosen:
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
        free = open_[:, place] & axis.counted[axis.codes]
        key = label * axis.size + axis.codes
        counts = np.bincount(key[free], minlength=groups * axis.size)
        enough = counts >= at_least
        moves = free & enough[key]
        if not moves.any():
            continue
        chosen[:, place] = moves
        renumber = np.cumsum(enough) - 1 + groups
        label = np.where(moves, renumber[key], label)
        label, groups = _dense(label, groups + int(enough.sum()))
    return chosen


def _dense(label: NDArray[np.int64], groups: int) -> tuple[NDArray[np.int64], int]:
    """Labels without gaps."""
    used = np.zeros(groups, bool)
    used[label] = True
    return (np.cumsum(used) - 1)[label], int(used.sum())


def records_of(axes: Sequence[Axis], chosen: Chosen) -> Records:
    """What people chose, as records; people who chose nothing have none."""
    codes = np.column_stack([a.codes for a in axes]).astype(np.int32)
    return np.where(chosen, codes, NOTHING)[chosen.any(axis=1)]


def partition(
    axes: Sequence[Axis], at_least: int, rng: np.random.Generator, orders: int
) -> Records:
    """Each person's attributes split over records: as few as can be found, the longest first.

    All records that k people could take on the way are told, not those that somebody did take: the
    choice of one person would show. For the same reason every attribute that k people share has a
    record of its own, and the splitting, which takes as long as single people need, draws from a
    generator of its own.

    Args:
        orders: how many orders of the axes are tried for each of a person's records.
    """
    rng = rng.spawn(1)[0]
    open_ = np.column_stack([_shared(axis, at_least) for axis in axes])
    parts = [_singles(axes, place, at_least) for place in range(len(axes))]
    while open_.any():
        best = np.zeros_like(open_)
        for _ in range(orders):
            tried = grown(axes, open_, rng.permutation(len(axes)).tolist(), at_least)
            parts.append(_backed(records_of(axes, tried), at_least))
            longer = tried.sum(axis=1) > best.sum(axis=1)
            best[longer] = tried[longer]
        alone = open_.any(axis=1) & ~best.any(axis=1)
        open_ &= ~best
        open_[alone] = False
    return np.concatenate(parts)


def _backed(records: Records, at_least: int) -> Records:
    """Different records that at least k people took, not only hold.

    A record that fewer were left with would come and go with one person, at whatever count.
    """
    if not len(records):
        return records
    found, took = np.unique(records, axis=0, return_counts=True)
    return np.asarray(found[took >= at_least])


def _shared(axis: Axis, at_least: int) -> NDArray[np.bool_]:
    """Whose attribute at least k people share."""
    counts = np.bincount(axis.codes, minlength=axis.size)
    return ((counts >= at_least) & axis.counted)[axis.codes]


def candidates(
    axes: Sequence[Axis], at_least: int, rng: np.random.Generator, orders: int
) -> Records:
    """Different records, each held by at least k people: what some orders of the axes bring."""
    open_ = np.column_stack([_shared(axis, at_least) for axis in axes])
    singles = [_singles(axes, place, at_least) for place in range(len(axes))]
    found = [
        _backed(
            records_of(axes, grown(axes, open_, rng.permutation(len(axes)).tolist(), at_least)),
            at_least,
        )
        for _ in range(orders)
    ]
    return different(np.concatenate([*singles, *found]))


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
    counts = np.full(len(records), people, np.int64)
    if len(records):
        whole = _Part(np.arange(len(records)), np.zeros(len(records), np.int64))
        _visit(
            axes, records, 0, whole, _Part(np.arange(people), np.zeros(people, np.int64)), counts
        )
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
