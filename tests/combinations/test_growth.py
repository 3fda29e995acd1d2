from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.combinations import growth
from synth.combinations.counting import Axis
from synth.combinations.growth import NOTHING, Records, candidates, different, holders, partition


def table(seed: int, people: int) -> list[Axis]:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 6, size=5)
    return [Axis.plain(np.minimum(rng.geometric(0.5, people) - 1, s - 1), int(s)) for s in sizes]


def held_by(axes: list[Axis], record: np.ndarray) -> int:
    """The slow, obvious way."""
    has = np.ones(len(axes[0].codes), bool)
    for axis, state in zip(axes, record, strict=True):
        has &= (axis.codes == state) | (state == NOTHING)
    return int(has.sum())


def records_of(data: st.DataObject, axes: list[Axis]) -> Records:
    record = st.tuples(*(st.integers(NOTHING, axis.size - 1) for axis in axes))
    return np.array(data.draw(st.lists(record, min_size=1, max_size=20)), np.int32)


@given(seed=st.integers(0, 999), people=st.integers(1, 60), data=st.data(), bits=st.booleans())
@settings(deadline=None)
def test_holders_equal_those_of_the_slow_obvious_way(
    seed: int, people: int, data: st.DataObject, bits: bool
):
    """Both ways: by a bit per person, and by walking through people where these are too many."""
    axes = table(seed, people)
    records = records_of(data, axes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(growth, "MOST_BITS", growth.MOST_BITS if bits else 0)
        patch.setattr(growth, "AT_ONCE", 20)
        assert holders(axes, records).tolist() == [held_by(axes, r) for r in records]


def test_no_more_records_are_looked_for_than_can_be_fitted(monkeypatch: pytest.MonkeyPatch):
    axes = table(3, 400)
    every = candidates(axes, 2, np.random.default_rng(1), 20, 3)
    monkeypatch.setattr(growth, "MOST_PARTS", 200)
    few = candidates(axes, 2, np.random.default_rng(1), 20, 3)
    singles = [r for r in few.tolist() if sum(s != NOTHING for s in r) == 1]
    assert len(few) < len(every) and len(few) - len(singles) <= 200
    assert all(held_by(axes, r) >= 2 for r in few)
    assert singles == [r for r in every.tolist() if sum(s != NOTHING for s in r) == 1]


@given(seed=st.integers(0, 999), people=st.integers(1, 80), k=st.integers(1, 9))
@settings(deadline=None, max_examples=50)
def test_whatever_is_grown_is_held_by_k_people(seed: int, people: int, k: int):
    axes = table(seed, people)
    for find in (partition, candidates):
        records = find(axes, k, np.random.default_rng(seed), 3)
        assert all(held_by(axes, r) >= k for r in records)


def test_each_attribute_that_k_share_and_no_other_is_in_some_record():
    axes = table(7, 200)
    records = partition(axes, 5, np.random.default_rng(0), 3)
    for place, axis in enumerate(axes):
        real = np.bincount(axis.codes, minlength=axis.size)
        mine = records[:, place][records[:, place] != NOTHING]
        assert sorted(set(mine)) == np.flatnonzero(real >= 5).tolist()


def test_people_who_are_all_alike_stay_whole_and_how_many_they_are_does_not_show():
    axes = [Axis.plain(np.zeros(12, int), 2), Axis.plain(np.ones(12, int), 2)]
    found = partition(axes, 10, np.random.default_rng(0), 1).tolist()
    assert [0, 1] in found
    assert found == partition([a_longer(a) for a in axes], 10, np.random.default_rng(0), 1).tolist()


def a_longer(axis: Axis) -> Axis:
    """One person more who is like all others."""
    return Axis.plain(np.append(axis.codes, axis.codes[0]), axis.size)


def test_different_records_are_each_there_once():
    records = np.array([[1, NOTHING], [0, 2], [1, NOTHING]], np.int32)
    assert different(records).tolist() == [[0, 2], [1, NOTHING]]
