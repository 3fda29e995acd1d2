"""The yardstick of the bench, on tables small enough to work out on paper."""

import math

import pandas as pd
import pytest

from bench.tvd import Truth

REAL = pd.DataFrame({"ill": ["no", "no", "yes", "yes"], "age": [0, 0, 100, 100]})


def test_a_table_is_at_no_distance_from_itself():
    errors = Truth(REAL).errors(REAL)
    assert (errors.one, errors.two) == (0, 0)
    assert math.isnan(errors.three)


def test_right_marginals_and_a_wrong_pairing_show_in_pairs_only():
    paired_wrongly = REAL.assign(age=[0, 100, 0, 100])
    errors = Truth(REAL).errors(paired_wrongly)
    # The real pairs hold (1/2, 0, 0, 1/2), the synthetic (1/4, 1/4, 1/4, 1/4).
    assert (errors.one, errors.two) == (0, 0.5)


@pytest.mark.parametrize("value", [-1, 101, None])
def test_a_number_outside_the_real_range_or_missing_is_an_error_of_its_own(value: int | None):
    # One row of four has left its bin; the other column is right, so the mean is half of 1/4.
    errors = Truth(REAL).errors(REAL.assign(age=[0, 0, 100, value]))
    assert errors.one == 0.125


def test_numbers_within_one_of_twenty_bins_count_as_equal():
    assert Truth(REAL).errors(REAL.assign(age=[0, 4.9, 96, 100])).one == 0
    assert Truth(REAL).errors(REAL.assign(age=[0, 5, 96, 100])).one == 0.125


def test_texts_are_compared_by_what_they_say():
    real = pd.DataFrame({"code": ["07", "08", None, "x"]})
    assert Truth(real).errors(pd.DataFrame({"code": [" 07", "08", None, "x"]})).one == 0
    assert Truth(real).errors(pd.DataFrame({"code": ["unseen", "08", "x", "x"]})).one == 0.5


def test_categorical_numbers_are_compared_value_by_value_in_any_spelling():
    real = pd.DataFrame({"ward": [1, 2, 3, 4]})
    synthetic = pd.DataFrame({"ward": ["01", "2.0", "3", "5"]})
    assert Truth(real, categorical=["ward"]).errors(synthetic).one == 0.25


def test_two_hundred_triples_are_drawn_and_always_the_same():
    wide = pd.DataFrame({f"c{i}": [0, 1] for i in range(12)})
    singles, pairs, triples = Truth(wide).sets
    assert (len(singles), len(pairs), len(set(triples))) == (12, 66, 200)
    assert triples == Truth(wide).sets[2]
