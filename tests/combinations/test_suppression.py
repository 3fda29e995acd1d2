from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.combinations.counting import Axis, Combinations, combinations
from synth.combinations.suppression import suppress

Cells = dict[frozenset[tuple[int, int]], int]


def cells(found: Combinations) -> Cells:
    return {
        frozenset(zip(axes, map(int, states), strict=True)): int(count)
        for axes, block in found.blocks.items()
        for states, count in zip(found.states(axes), block.counts, strict=True)
    }


def table(seed: int, rows: int) -> list[Axis]:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 5, size=4)
    return [Axis.plain(np.minimum(rng.geometric(0.5, rows) - 1, s - 1), int(s)) for s in sizes]


def families(every: Cells, axes: int) -> list[tuple[frozenset[tuple[int, int]], int]]:
    return [
        (parent, axis)
        for parent, axis in itertools.product(every, range(axes))
        if all(a != axis for a, _ in parent)
    ]


def children(every: Cells, parent: frozenset[tuple[int, int]], axis: int) -> Cells:
    return {
        cell: n
        for cell, n in every.items()
        if len(cell) == len(parent) + 1 and parent < cell and any(a == axis for a, _ in cell)
    }


def subtracted(every: Cells, told: Cells, axes: int) -> Cells:
    """Everything that follows from `told` by solving sums with one unknown, over and over."""
    known = dict(told)
    while True:
        fresh = {}
        for parent, axis in families(every, axes):
            terms = children(every, parent, axis)
            if terms and sum(terms.values()) == every[parent]:
                unknown = [c for c in (parent, *terms) if c not in known]
                if len(unknown) == 1:
                    fresh[unknown[0]] = every[unknown[0]]
        if not fresh:
            return known
        known |= fresh


def test_the_sibling_of_a_lone_rare_count_is_withheld_too() -> None:
    sex = np.repeat([0, 1], [25, 25])
    ill = np.concatenate([np.repeat([0, 1], [22, 3]), np.repeat([0, 1], [12, 13])])
    found = combinations([Axis.plain(sex, 2), Axis.plain(ill, 2)], length=2, at_least=1)
    told = cells(suppress(found, 10))
    assert frozenset({(0, 0), (1, 0)}) not in told
    assert frozenset({(0, 0), (1, 1)}) not in told
    assert told[frozenset({(0, 0)})] == 25


@given(seed=st.integers(0, 10_000), rows=st.integers(5, 120), k=st.integers(2, 8))
@settings(deadline=None, max_examples=40)
def test_no_rare_count_follows_by_subtraction(seed: int, rows: int, k: int) -> None:
    axes = table(seed, rows)
    found = combinations(axes, length=3, at_least=1)
    every = cells(found) | {frozenset(): rows}
    told = cells(suppress(found, k)) | ({frozenset(): rows} if rows >= k else {})
    assert all(every[c] == n >= k for c, n in told.items())
    assert all(n >= k for n in subtracted(every, told, len(axes)).values())


@given(seed=st.integers(0, 10_000), rows=st.integers(5, 120), k=st.integers(2, 8))
@settings(deadline=None, max_examples=40)
def test_the_rest_of_a_reported_group_is_nobody_or_at_least_k(seed: int, rows: int, k: int) -> None:
    axes = table(seed, rows)
    found = combinations(axes, length=3, at_least=1)
    told = cells(suppress(found, k)) | ({frozenset(): rows} if rows >= k else {})
    for parent, axis in families(told, len(axes)):
        rest = told[parent] - sum(children(told, parent, axis).values())
        assert len(parent) == 3 or rest == 0 or rest >= k


def test_nothing_is_withheld_where_nothing_is_rare() -> None:
    axes = [Axis.plain(np.repeat([0, 1], 40), 2), Axis.plain(np.tile([0, 1], 40), 2)]
    found = combinations(axes, length=2, at_least=1)
    assert cells(suppress(found, 10)) == cells(found)
