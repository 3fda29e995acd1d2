"""Combinations of attributes from contingency tables, where rows cannot be walked one by one.

The same answer as `combinations.combinations` gives for rows in memory: a combination is there if
enough rows share it, and then everything inside it is there too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations as subsets
from typing import Any

from synth.combinations.counting import Block, Combinations
from synth.lazily import np, npt

Axes = tuple[int, ...]


def sets_of(shape: Sequence[int], length: int, most_cells: float = math.inf) -> list[Axes]:
    """Sets of up to `length` axes whose table has at most `most_cells`; short ones first."""
    return [
        axes
        for size in range(1, min(length, len(shape)) + 1)
        for axes in subsets(range(len(shape)), size)
        if size == 1 or math.prod(shape[a] for a in axes) <= most_cells
    ]


def tabled(
    tables: Iterable[tuple[Axes, npt.NDArray[Any]]],
    counted: Sequence[npt.NDArray[np.bool_]],
    rows: int,
    length: int,
    least: Callable[[int], float],
    at_least: int = 1,
) -> Combinations:
    """The combinations that tables tell of.

    Args:
        tables: counts by axes, the tables of all subsets before each; looked at one by one.
        counted: for each axis, which of its states are attributes.
        least: the least count that is told, by the number of attributes.
    """
    sizes = tuple(len(c) for c in counted)
    blocks: dict[Axes, Block] = {}
    found = Combinations(sizes, rows, length, at_least, blocks)
    for axes, table in tables:
        states = np.argwhere(table >= least(len(axes)))
        told = np.all([counted[a][states[:, i]] for i, a in enumerate(axes)], axis=0)
        states = states[told & _parts_kept(found, axes, states)]
        if len(states):
            parent = found.find(axes[:-1], states[:, :-1]) if len(axes) > 1 else 0
            keys = np.asarray(parent * sizes[axes[-1]] + states[:, -1], np.int64)
            blocks[axes] = Block(keys, np.rint(table[tuple(states.T)]).astype(np.int64))
    return found


def _parts_kept(
    found: Combinations, axes: Axes, states: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    kept = np.ones(len(states), bool)
    for i in range(len(axes) if len(axes) > 1 else 0):
        rest = axes[:i] + axes[i + 1 :]
        kept &= found.find(rest, np.delete(states, i, axis=1)) >= 0
    return kept
