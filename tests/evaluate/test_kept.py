"""Figures of combinations, on counts small enough to work out on paper."""

import numpy as np
import pandas as pd
import pytest

from synth.budget import Audience, Budget
from synth.combinations.counting import Axis, Combinations, combinations
from synth.evaluate.kept import judged, kept, kept_by_reported
from synth.learning.aggregates import aggregate
from synth.vault import Counting, PrivateTable
from tests.people import SCHEMA, some_people


def counted(*states: int) -> Combinations:
    """One axis with so many rows in each of three states."""
    codes = np.repeat(np.arange(3), states)
    return combinations([Axis.plain(codes, 3)], length=1, at_least=1)


def test_a_table_against_itself_keeps_everything():
    found = judged(counted(4, 3, 1), counted(4, 3, 1), 2, Audience.CUSTODIAN)
    line = found.by_length[0]
    assert (line.preserved, line.error, line.lost, line.suppressed) == (1, 0, 0, 0)
    assert (found.fabricated, found.invented, found.expansion) == (0, 0, 1)


def test_what_is_lost_and_invented_worked_out_on_paper():
    # Real 4, 4, 0; synthetic 2, 0, 6; k = 2.
    found = judged(counted(4, 4, 0), counted(2, 0, 6), 2, Audience.CUSTODIAN)
    line = found.by_length[0]
    assert line.preserved == pytest.approx((0.5 + 0 + 0) / 3)
    assert line.error == pytest.approx((0.5 + 1) / 2)
    assert (line.lost, line.suppressed, line.apart) == (0.5, 0.5, 2)
    assert (found.fabricated, found.invented) == (0.5, 0.5)


def test_too_many_look_preserved_but_are_an_error():
    line = judged(counted(2, 2, 0), counted(8, 2, 0), 1, Audience.CUSTODIAN).by_length[0]
    assert (line.preserved, line.error) == (1, 1.5)


def test_a_rare_combination_that_shows_is_leaked():
    assert judged(counted(9, 1, 0), counted(9, 1, 0), 5, Audience.CUSTODIAN).leaked == 1


def test_buckets_double_from_ten():
    found = judged(counted(50, 15, 3), counted(40, 15, 5), 1, Audience.CUSTODIAN)
    told = [(b.above, b.most, b.combinations) for b in found.by_count]
    assert told == [(0, 10, 1), (10, 20, 1), (20, 40, 1)]


def test_rows_against_themselves_keep_everything_and_only_the_custodian_may_know(people, private):
    found = kept(private, people, 5)
    assert [b.error for b in found.by_length] == [0, 0, 0]
    assert found.audience is Audience.CUSTODIAN and "0% of those of 3" in found.plain


def test_against_protected_counts_the_figures_may_be_shared():
    private = PrivateTable(some_people(), SCHEMA, Budget(1.0))
    told = aggregate(private, Counting(), 5)
    entries = list(private.ledger.entries)
    found = kept_by_reported(told, some_people(), SCHEMA)
    assert found.audience is Audience.RELEASE and found.by_length[0].lost == 0
    assert private.ledger.entries == entries


def test_a_gap_is_no_combination():
    rows = pd.DataFrame({"city": ["Oslo", "Rome"], "age": [20, 70], "ill": ["no", None]})
    people = some_people().fillna({"ill": "yes"})
    private = PrivateTable(people, SCHEMA, Budget(1.0))
    gaps = kept(private, rows, 5, Counting(blanks=False))
    assert gaps.expansion == pytest.approx(2 / 400)
    assert gaps.fabricated == 0
    assert kept(private, rows, 5).fabricated > 0
