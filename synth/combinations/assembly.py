"""Records put together from reported counts alone, never from rows.

Value after value is added to a record, drawn by the counts reported for it together with what is
there; a value is refused where any combination of up to the reported length would be one that was
not reported. So every combination up to that length is a reported one; longer ones may be new.

After the aggregate-seeded mode of Microsoft's Synthetic Data Showcase, for many records at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations as subsets
from typing import TYPE_CHECKING

from synth.combinations.counting import Combinations
from synth.combinations.growth import MOST_PARTS, NOTHING, Found, Records, different
from synth.lazily import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_EACH = 100  # records of an order, however many combinations are in them
TRIES = 4  # values drawn for a place before it is left open


def assembled(
    reported: Combinations, rng: np.random.Generator, *, orders: int, each: int
) -> Records:
    """Different records, all of whose combinations up to the reported length were reported.

    Args:
        orders: in how many orders of the axes records are put together.
        each: how many records are tried in each; fewer, and fewer orders, where many columns make
            more combinations in them than can be fitted.
    """
    pairs, found = pair_counts(reported), Found(reported.length)
    whole = sum(math.comb(len(reported.sizes), part) for part in range(1, reported.length + 1))
    each = min(each, max(LEAST_EACH, MOST_PARTS // max(whole, 1)))
    for _ in range(orders):
        order = rng.permutation(len(reported.sizes)).tolist()
        found.add(_in_order(reported, pairs, order, each, rng))
        if found.enough:
            break
    records = different(np.concatenate([_single_records(reported), *found.parts]))
    return np.asarray(records[(records != NOTHING).any(axis=1)])


def _single_records(reported: Combinations) -> Records:
    parts = [np.zeros((0, len(reported.sizes)), np.int32)]
    for axes, block in reported.blocks.items():
        if len(axes) == 1:
            records = np.full((block.keys.size, len(reported.sizes)), NOTHING, np.int32)
            records[:, axes[0]] = block.keys
            parts.append(records)
    return np.concatenate(parts)


def pair_counts(reported: Combinations) -> dict[tuple[int, int], NDArray[np.float32]]:
    """Reported counts of two attributes as dense tables, in both directions."""
    found = {}
    for first, second in subsets(range(len(reported.sizes)), 2):
        table = np.zeros((reported.sizes[first], reported.sizes[second]), np.float32)
        if block := reported.blocks.get((first, second)):
            states = reported.states((first, second))
            table[states[:, 0], states[:, 1]] = block.counts
        found[first, second], found[second, first] = table, table.T
    return found


def _in_order(
    reported: Combinations,
    pairs: dict[tuple[int, int], NDArray[np.float32]],
    order: Sequence[int],
    each: int,
    rng: np.random.Generator,
) -> Records:
    records = np.full((each, len(reported.sizes)), NOTHING, np.int32)
    for place, axis in enumerate(order):
        weights = smallest_counts(reported, pairs, records, order[:place], axis)
        todo = np.arange(each)
        for _ in range(TRIES):
            drawn = drawn_states(weights[todo], rng)
            todo, drawn = todo[drawn >= 0], drawn[drawn >= 0]
            if not todo.size:
                break
            records[todo, axis] = drawn
            wrong = ~all_reported(reported, records[todo], sorted(order[:place]), axis)
            records[todo[wrong], axis] = NOTHING
            weights[todo[wrong], drawn[wrong]] = 0
            todo = todo[wrong]
    return records


def smallest_counts(
    reported: Combinations,
    pairs: dict[tuple[int, int], NDArray[np.float32]],
    records: Records,
    before: Sequence[int],
    axis: int,
) -> NDArray[np.float32]:
    """Per record and state: the smallest count reported of the state with anything there."""
    single = np.zeros(reported.sizes[axis], np.float32)
    if block := reported.blocks.get((axis,)):
        single[block.keys] = block.counts
    weights = np.tile(single, (len(records), 1))
    if reported.length == 1:
        return weights
    for other in before:
        has = records[:, other] != NOTHING
        weights[has] = np.minimum(weights[has], pairs[other, axis][records[has, other]])
    return weights


def drawn_states(weights: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.int64]:
    """A state per line by its weight; -1 where there is none."""
    if not weights.shape[1]:
        return np.full(len(weights), -1)
    ends = np.cumsum(weights, axis=1)
    points = rng.random(len(weights)) * ends[:, -1]
    drawn = np.minimum((ends <= points[:, None]).sum(axis=1), weights.shape[1] - 1)
    return np.where(ends[:, -1] > 0, drawn, -1)


def all_reported(
    reported: Combinations, records: Records, before: Sequence[int], axis: int
) -> NDArray[np.bool_]:
    """Whether every combination of three or more that holds the new state was reported."""
    good = np.ones(len(records), bool)
    for size in range(2, reported.length):
        for others in subsets(before, size):
            has = np.flatnonzero(good & (records[:, others] != NOTHING).all(axis=1))
            axes = tuple(sorted((*others, axis)))
            good[has] = reported.find(axes, records[has][:, list(axes)]) >= 0
    return good
