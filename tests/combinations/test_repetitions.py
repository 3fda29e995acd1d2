from __future__ import annotations

import numpy as np

from synth.combinations.counting import Axis, combinations
from synth.combinations.growth import NOTHING
from synth.combinations.repetitions import calibrated, repeated, within_totals

CITY = np.repeat([0, 1], 50)
ILL = np.concatenate([np.repeat([0, 1], [40, 10]), np.repeat([0, 1], [10, 40])])
REPORTED = combinations([Axis.plain(CITY, 2), Axis.plain(ILL, 2)], length=2, at_least=1)
WHOLE = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.int32)


def test_weights_give_back_the_counts_they_were_fitted_to():
    assert np.allclose(calibrated(WHOLE, REPORTED, pulls=(1.0,)), [40, 10, 10, 40], rtol=0.01)


def test_the_number_of_rows_is_met_where_it_is_given():
    weights = calibrated(WHOLE[:2], REPORTED, rows=100)
    assert np.isclose(weights.sum(), 100)


def test_repetitions_are_whole_and_follow_the_weights():
    drawn = repeated(WHOLE, np.array([1.5, 0.5, 2.0, 3.0]), np.random.default_rng(0))
    assert len(drawn) in (7, 8)
    assert [(drawn == WHOLE[2]).all(axis=1).sum(), (drawn == WHOLE[3]).all(axis=1).sum()] == [2, 3]


def test_settling_meets_every_total_by_taking_out_and_adding():
    records = np.repeat(WHOLE, [60, 10, 10, 40], axis=0)
    drawn = within_totals(records, REPORTED)
    for place in (0, 1):
        states = drawn[:, place][drawn[:, place] != NOTHING]
        assert np.bincount(states).tolist() == [50, 50]


def test_settling_leaves_what_may_stay_above():
    drawn = within_totals(
        np.repeat(WHOLE, [44, 10, 10, 40], axis=0), REPORTED, over=0.1, fill=False
    )
    assert len(drawn) == 104


def test_a_record_that_is_taken_apart_stays_part_of_a_record():
    records = np.repeat(WHOLE, [60, 10, 10, 40], axis=0)
    for record in within_totals(records, REPORTED):
        assert any(((record == w) | (record == NOTHING)).all() for w in WHOLE)
