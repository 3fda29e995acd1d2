"""Gaps of records filled from reported counts alone: never from rows.

Each gap draws a value by the smallest count that is reported of it with anything that its record
holds, more often where its total falls short. It is refused where a combination of up to the
reported length would be one that was not reported; what nothing fits stays open, unless every gap
is to be filled: then by that weight alone, or, where the value goes with nothing there, by its own
count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from synth.combinations.assembly import (
    all_reported,
    drawn_states,
    pair_counts,
    smallest_counts,
)
from synth.combinations.counting import Combinations, Indices
from synth.combinations.growth import NOTHING, Records
from synth.lazily import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TRIES = 8  # values drawn for a gap before it is taken as one that nothing fits
AT_ONCE = 20_000  # records
LEAST_SHORT = 0.02  # of its total, by which a value is taken to fall short where it does not


def filled(
    records: Records,
    reported: Combinations,
    axes: Sequence[int],
    rng: np.random.Generator,
    *,
    every: bool,
) -> Records:
    """The records with gaps filled; unless `every` is set, only by what was reported together.

    Args:
        axes: those whose gaps are filled.
        every: fill what nothing fits too, with values that were reported alone.
    """
    records, pairs = records.copy(), pair_counts(reported)
    gaps = {axis: int((records[:, axis] == NOTHING).sum()) for axis in axes}
    for axis in sorted(axes, key=lambda a: (gaps[a], a)):
        open_ = np.flatnonzero(records[:, axis] == NOTHING)
        for start in range(0, len(open_), AT_ONCE):
            _fill(records, open_[start : start + AT_ONCE], axis, reported, pairs, rng, every)
    return records


def _fill(
    records: Records,
    which: Indices,
    axis: int,
    reported: Combinations,
    pairs: dict[tuple[int, int], NDArray[np.float32]],
    rng: np.random.Generator,
    every: bool,
) -> None:
    """Fill one axis of some records, in place."""
    others = [a for a in range(len(reported.sizes)) if a != axis]
    short = _short(records[:, axis], reported, axis)
    weights = smallest_counts(reported, pairs, records[which], others, axis) * short
    whole, todo = weights.copy() if every else weights, np.arange(len(which))
    for _ in range(TRIES):
        drawn = drawn_states(weights[todo], rng)
        todo, drawn = todo[drawn >= 0], drawn[drawn >= 0]
        if not todo.size:
            break
        records[which[todo], axis] = drawn
        wrong = ~all_reported(reported, records[which[todo]], others, axis)
        records[which[todo[wrong]], axis] = NOTHING
        weights[todo[wrong], drawn[wrong]] = 0
        todo = todo[wrong]
    if every:
        left = np.flatnonzero(records[which, axis] == NOTHING)
        alone = whole[left]
        alone[alone.sum(axis=1) == 0] = _totals(reported, axis)
        records[which[left], axis] = drawn_states(alone, rng)


def _totals(reported: Combinations, axis: int) -> NDArray[np.float32]:
    """The reported count of each value of an axis alone."""
    told = np.zeros(reported.sizes[axis], np.float32)
    if block := reported.blocks.get((axis,)):
        told[block.keys] = block.counts
    return told


def _short(column: NDArray[np.int32], reported: Combinations, axis: int) -> NDArray[np.float32]:
    """By what share of its total each value falls short."""
    told = _totals(reported, axis)
    have = np.bincount(column[column != NOTHING], minlength=len(told)).astype(np.float32)
    share = (told - have) / np.maximum(told, 1)
    return np.asarray(np.maximum(share, LEAST_SHORT), np.float32)
