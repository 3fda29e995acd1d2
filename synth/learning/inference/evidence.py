"""A network of conditional tables, given that some columns lie within some of their states.

Columns are taken out from the last to the first, and what each leaves behind is multiplied into
those before it; the tables met on the way, made to sum to 1, are the network of what is left, in
the same order of drawing. Exact; where tables would grow too large, there is no answer.

Reference: Zhang and Poole (1994), "A simple approach to Bayesian network computations", for taking
columns out; drawing forward from what was met is Dechter (1999), doi:10.1016/S0004-3702(99)00059-4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from synth.lazily import np, npt

Chances: TypeAlias = "npt.NDArray[np.float64]"
Step: TypeAlias = "tuple[str, tuple[str, ...], Chances]"  # a column, its parents, and its table
MOST_CELLS = 4_000_000  # of one table on the way


def given(steps: Sequence[Step], weights: Mapping[str, Chances]) -> tuple[list[Step], float] | None:
    """The network given evidence, and how likely that is.

    Args:
        steps: in the order of drawing; a table has one axis per parent, then one for the column.
        weights: of the states of some columns: 1 for one that may be, 0 for one that may not.

    Returns:
        None where a table would have more than `MOST_CELLS`. Where the evidence cannot be, it has
        the chance 0 and no steps.
    """
    place = {column: i for i, (column, _, _) in enumerate(steps)}
    sizes = {column: table.shape[-1] for column, _, table in steps}
    left: list[tuple[tuple[str, ...], Chances]] = []
    found, chance = [], 1.0
    for column, parents, table in reversed(steps):
        mine = [m for m in left if column in m[0]]
        if not mine and column not in weights:
            found.append((column, parents, table))
            continue
        left = [m for m in left if column not in m[0]]
        names = {*parents, *(n for scope, _ in mine for n in scope)} - {column}
        scope = tuple(sorted(names, key=place.__getitem__))
        if math.prod(sizes[n] for n in (*scope, column)) > MOST_CELLS:
            return None
        whole = _summing_to_one(_spread(table, (*parents, column), (*scope, column)))
        for other, values in mine:
            whole = whole * _spread(values, other, (*scope, column))
        if column in weights:
            whole = whole * weights[column]
        whole = np.broadcast_to(whole, [sizes[n] for n in (*scope, column)])
        rest = whole.sum(axis=-1)
        found.append((column, scope, np.asarray(whole / np.where(rest > 0, rest, 1)[..., None])))
        if scope:
            left.append((scope, rest))
        else:
            chance *= float(rest)
    return (found[::-1], chance) if chance > 0 else ([], 0.0)


def _summing_to_one(table: Chances) -> Chances:
    """A saved table without the digits that saving took off."""
    return np.asarray(table / table.sum(axis=-1, keepdims=True))


def _spread(table: Chances, axes: Sequence[str], onto: Sequence[str]) -> Chances:
    """A table with its axes in another order, and one of length 1 for each that it lacks."""
    order = sorted(range(len(axes)), key=lambda i: onto.index(axes[i]))
    turned = table.transpose(order)
    sizes = dict(zip((axes[i] for i in order), turned.shape, strict=True))
    return turned.reshape([sizes.get(name, 1) for name in onto])
