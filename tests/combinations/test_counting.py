from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.combinations.counting import Axis, Combinations, combinations, merge_people, present_axes

Named = dict[tuple[tuple[int, int], ...], int]

CITY = np.array([0, 0, 1, 1])
ILL = np.array([1, 1, 0, 1])


def one_by_one(axes: list[Axis], length: int, at_least: int) -> Named:
    """The slow, obvious way: every subset of every row's attributes."""
    counts: Counter[tuple[tuple[int, int], ...]] = Counter()
    for row in range(len(axes[0].codes)):
        held = [
            (place, int(axis.codes[row]))
            for place, axis in enumerate(axes)
            if axis.counted[axis.codes[row]]
        ]
        for size in range(1, length + 1):
            counts.update(itertools.combinations(held, size))
    return {combination: n for combination, n in counts.items() if n >= at_least}


def named(found: Combinations) -> Named:
    return {
        tuple(zip(axes, map(int, states), strict=True)): int(count)
        for axes, block in found.blocks.items()
        for states, count in zip(found.states(axes), block.counts, strict=True)
    }


def tables() -> st.SearchStrategy[list[Axis]]:
    def axis(rows: int) -> st.SearchStrategy[Axis]:
        return st.integers(1, 4).flatmap(
            lambda size: st.builds(
                lambda codes, counted: Axis(np.array(codes, int), size, np.array(counted)),
                st.lists(st.integers(0, size - 1), min_size=rows, max_size=rows),
                st.lists(st.booleans(), min_size=size, max_size=size),
            )
        )

    return st.integers(0, 25).flatmap(lambda rows: st.lists(axis(rows), min_size=1, max_size=5))


def test_four_rows_worked_out_on_paper() -> None:
    found = combinations([Axis.plain(CITY, 2), Axis.plain(ILL, 2)], length=2, at_least=2)
    assert named(found) == {
        ((0, 0),): 2,
        ((0, 1),): 2,
        ((1, 1),): 3,
        ((0, 0), (1, 1)): 2,
    }


@given(axes=tables(), length=st.integers(1, 6), at_least=st.integers(1, 4))
@settings(deadline=None)
def test_counts_equal_those_of_the_slow_obvious_way(
    axes: list[Axis], length: int, at_least: int
) -> None:
    found = combinations(axes, length=length, at_least=at_least)
    assert named(found) == one_by_one(axes, length, at_least)


def test_rows_that_drop_out_early_do_not_disturb_the_rest() -> None:
    rng = np.random.default_rng(3)
    axes = [Axis.plain(np.minimum(rng.geometric(0.2, 3000), 30) - 1, 30) for _ in range(4)]
    found = combinations(axes, length=4, at_least=5)
    assert named(found) == one_by_one(axes, 4, 5)


def test_a_state_that_is_not_counted_takes_part_in_nothing() -> None:
    missing_city = Axis(CITY, 2, np.array([True, False]))
    found = combinations([missing_city, Axis.plain(ILL, 2)], length=2, at_least=1)
    assert all(attribute != (0, 1) for combination in named(found) for attribute in combination)


def test_a_multi_value_column_counts_several_values_of_one_person_together() -> None:
    people, values = np.array([0, 0, 1, 1, 2, 0]), np.array([0, 1, 0, 1, 1, 1])
    axes = list(present_axes(people, values, people=3, size=2))
    found = combinations(axes, length=2, at_least=2)
    assert named(found) == {((0, 0),): 2, ((1, 0),): 3, ((0, 0), (1, 0)): 2}


def test_a_person_with_several_rows_counts_once() -> None:
    people = np.array([0, 0, 1, 2, 2])
    sex = Axis(np.array([0, 2, 1, 2, 1]), 3, np.array([True, True, False]))
    merged, conflicting = merge_people(people, {"sex": sex}, count=3)
    assert merged["sex"].codes.tolist() == [0, 1, 1]
    assert conflicting == ()


def test_a_column_with_two_values_for_one_person_is_named() -> None:
    people = np.array([0, 0, 1])
    told = {"sex": Axis.plain(np.array([0, 0, 1]), 2), "ward": Axis.plain(np.array([0, 1, 1]), 2)}
    assert merge_people(people, told, count=2)[1] == ("ward",)


def test_support_of_a_combination_that_is_not_there_is_zero() -> None:
    found = combinations([Axis.plain(CITY, 2), Axis.plain(ILL, 2)], length=2, at_least=1)
    assert found.support((0, 1), np.array([[0, 1], [0, 0], [1, 0]])).tolist() == [2, 0, 1]
    assert found.support((), np.zeros((1, 0), int)).tolist() == [4]


def test_rounding_down_keeps_multiples_and_drops_zeros() -> None:
    found = combinations([Axis.plain(CITY, 2), Axis.plain(ILL, 2)], length=2, at_least=1)
    rounded = found.rounded_down(2)
    assert named(rounded) == {((0, 0),): 2, ((0, 1),): 2, ((1, 1),): 2, ((0, 0), (1, 1)): 2}
    assert rounded.rows == 4


@given(axes=tables(), resolution=st.integers(2, 5))
@settings(deadline=None)
def test_rounding_down_is_the_same_as_rounding_each_count(
    axes: list[Axis], resolution: int
) -> None:
    found = combinations(axes, length=3, at_least=1)
    each = {c: n // resolution * resolution for c, n in named(found).items()}
    assert named(found.rounded_down(resolution)) == {c: n for c, n in each.items() if n}


@pytest.mark.parametrize("length", [1, 2, 9])
def test_a_table_without_rows_has_no_combinations(length: int) -> None:
    found = combinations([Axis.plain(np.zeros(0, int), 3)] * 2, length=length, at_least=1)
    assert len(found) == 0
