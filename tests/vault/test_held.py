import numpy as np
import pandas as pd
import pytest

from synth.errors import MethodError
from synth.schema.tables import bincount, cells_of, packed
from synth.vault.held import HeldRows, at_most_per_person
from tests.people import SCHEMA


def test_counting_agrees_with_a_plain_group_by(people):
    held = HeldRows(people)
    table = held.count(SCHEMA, ("city", "ill"))
    slow = people.fillna("?").groupby(["city", "ill"]).size()
    assert table[0, 0] == slow["Oslo", "no"]
    assert table[1, 2] == slow["Rome", "?"]
    assert table.sum() == len(people)


def test_packing_is_row_major():
    codes = [np.array([0, 1, 1]), np.array([2, 0, 2])]
    assert packed(codes, (2, 3)).tolist() == [2, 3, 5]
    assert bincount(codes, (2, 3)).tolist() == [[0, 0, 1], [1, 0, 1]]


def test_packing_does_not_overflow_a_small_type():
    codes = [np.array([255], dtype=np.uint8), np.array([255], dtype=np.uint8)]
    assert packed(codes, (256, 256)).tolist() == [65535]


def test_a_table_beyond_reason_is_refused():
    with pytest.raises(MethodError, match=r"3 columns would have 1,000,000,000 cells"):
        cells_of((1000, 1000, 1000))


def kept_of(frame: pd.DataFrame, person: str, most: int) -> pd.DataFrame:
    return frame.iloc[at_most_per_person(frame, person, most)]


def test_at_most_m_rows_of_each_person_are_kept():
    frame = pd.DataFrame({"who": ["a"] * 5 + ["b"] + ["c"] * 2, "x": range(8)})
    left = kept_of(frame, "who", 2)
    assert left["who"].value_counts().to_dict() == {"a": 2, "b": 1, "c": 2}
    assert left["x"].is_monotonic_increasing


def test_which_rows_of_a_person_are_kept_is_the_same_however_the_table_is_sorted():
    frame = pd.DataFrame({"who": ["a"] * 50 + ["b"] * 9, "x": range(59)})
    kept = kept_of(frame, "who", 3)
    for seed in range(5):
        again = kept_of(frame.sample(frac=1, random_state=seed), "who", 3)
        assert set(again["x"]) == set(kept["x"])
    assert set(kept["x"]) != {0, 1, 2, 50, 51, 52}  # nor does the order in the file decide


def test_which_rows_of_a_person_are_kept_depends_on_nobody_else():
    frame = pd.DataFrame({"who": ["a"] * 50 + ["b"] * 9, "x": range(59)})
    kept = kept_of(frame, "who", 3)
    alone = kept_of(frame[frame["who"] == "a"], "who", 3)
    assert alone["x"].tolist() == kept["x"][kept["who"] == "a"].tolist()
