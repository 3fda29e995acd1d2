import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from synth.errors import SchemaError
from synth.schema import Pattern
from synth.schema.pattern import RUNNING, luhn_check, nhs_check, pattern_of


def made(pattern: Pattern, rows: int = 200) -> pd.Series:
    return pattern.decode(np.zeros(rows, dtype=np.uint8), np.random.default_rng(1))


def test_the_format_is_learnt_place_by_place():
    assert pattern_of(pd.Series(["AB-12", "CD-34", "EF-56"])).template == "AA-##"
    assert pattern_of(pd.Series(["980-24-0087", "852-90-4418"])).template == "###-##-####"


def test_new_identifiers_have_the_format_and_are_all_different():
    fresh = made(Pattern("AA-##-x"))
    assert fresh.is_unique
    assert all(re.fullmatch(r"[A-Z]{2}-\d\d-[0-9a-f]", i) for i in fresh)


def test_where_there_is_a_check_digit_new_ones_fail_it_so_nobody_can_have_them():
    real = pd.Series(["943-476-5919", "401-023-2137"])
    pattern = pattern_of(real)
    assert (pattern.check, pattern.unclaimable) == ("nhs", True)
    assert not any(nhs_check(i.replace("-", "")) for i in made(pattern, 500))


def test_running_numbers_start_above_all_real_ones():
    pattern = pattern_of(pd.Series([str(i) for i in range(1, 1500)]))
    assert pattern.template == RUNNING
    assert made(pattern, 5).tolist() == [10001, 10002, 10003, 10004, 10005]


def test_a_format_too_small_for_the_rows_is_refused():
    with pytest.raises(SchemaError, match="allows 10 values, too few for 50 rows"):
        made(Pattern("#"), 50)


def test_a_format_without_choice_is_refused():
    with pytest.raises(SchemaError, match="allows one value only"):
        Pattern("K-")


def test_an_unknown_check_is_refused():
    with pytest.raises(SchemaError, match=r"no check digit rule called `abc`.*nhs, luhn"):
        Pattern("##", check="abc")


@given(some.integers(0, 10**14))
def test_luhn_catches_every_single_wrong_digit(number):
    digits = str(number).zfill(15)
    valid = next(digits + str(d) for d in range(10) if luhn_check(digits + str(d)))
    wrong = valid[:3] + str((int(valid[3]) + 1) % 10) + valid[4:]
    assert not luhn_check(wrong)
