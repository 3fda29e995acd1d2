import re

import numpy as np
import pandas as pd
import pytest
from stdnum.gb import nhs
from stdnum.iso7064 import mod_97_10

from synth.errors import SchemaError
from synth.schema import Pattern
from synth.schema.pattern import (
    RESERVED,
    RUNNING,
    USUAL,
    Reserved,
    usual_pattern,
)


def made(pattern: Pattern, rows: int = 200) -> pd.Series:
    return pattern.decode(np.zeros(rows, dtype=np.uint8), np.random.default_rng(1))


EVERY = [
    RUNNING,
    USUAL,
    "AA-##-x",
    "K-#",
    r"\A-##",
    "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
    *RESERVED,
]


@pytest.mark.parametrize("template", EVERY)
def test_all_are_different_and_the_same_whether_drawn_at_once_or_in_parts(template):
    pattern = Pattern(template)
    whole = pattern.numbered(0, 3000, seed=7)
    assert len(set(whole)) == 3000
    assert whole[1000:] == pattern.numbered(1000, 2000, seed=7)
    if template != RUNNING:
        assert whole != pattern.numbered(0, 3000, seed=8)


def test_a_format_of_ones_own_gets_a_mark_that_real_ones_do_not_bear():
    assert all(re.fullmatch(r"SYN-[A-Z]{2}-\d\d-[0-9a-f]", i) for i in made(Pattern("AA-##-x")))


LOOKS = {
    "nhs": r"999\d{7}",
    "ssn": r"666-\d\d-\d{4}",
    "e-mail": r"[a-z]{8}@example\.org",
    "phone": r"\+999\d{9}",
    "iban": r"ZZ\d{18}",
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-0[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
    "ip": r"240(\.\d{1,3}){3}",
    "url": r"https://example\.org/[a-z]{8}",
}


@pytest.mark.parametrize("name", RESERVED)
def test_new_ones_of_a_known_sort_are_of_a_range_that_is_issued_to_nobody(name):
    pattern = Pattern(name)
    assert all(re.fullmatch(LOOKS[name], i) for i in made(pattern))
    assert "SYN" not in pattern.why


def test_they_pass_the_check_digit_that_real_ones_pass():
    assert all(nhs.is_valid(i) for i in made(Pattern("nhs"), 500))
    assert all(mod_97_10.is_valid(i[4:] + i[:4]) for i in made(Pattern("iban"), 500))


def test_running_numbers_begin_where_no_register_has_counted_to():
    assert made(Pattern(RUNNING), 3).tolist() == [999_000_000_001, 999_000_000_002, 999_000_000_003]


def test_a_format_too_small_for_the_rows_gets_further_digits():
    fresh = made(Pattern("#"), 50)
    assert fresh.is_unique
    assert fresh.str.fullmatch(r"SYN-\d\d").all()


def test_a_range_too_small_for_the_rows_is_left_for_one_with_a_mark(monkeypatch):
    gaps = Reserved("#", "are few", lambda drawn: [d for d in drawn if d != "4"], gaps=True)
    for small, room in ((gaps, 9), (Reserved("#", "are few"), 10)):
        monkeypatch.setitem(RESERVED, "small", small)
        assert len(set(Pattern("small").numbered(0, room, seed=1))) == room
        assert all(i.startswith("SYN-") for i in Pattern("small").numbered(0, room + 1, seed=1))
        whole = Pattern("small").numbered(0, 9, seed=1)
        assert whole[3:6] == Pattern("small").numbered(3, 3, seed=1)


def test_a_part_of_a_range_takes_no_longer_the_further_it_is(monkeypatch):
    """Each part of a large table had made all the identifiers before it again."""
    tried = []

    def finished(drawn):
        tried.append(len(drawn))
        return list(drawn)

    counted = Reserved("########", "are counted", finished)
    monkeypatch.setitem(RESERVED, "counted", counted)
    Pattern("counted").numbered(1_000_000, 10, seed=1)
    assert tried == [10]


def test_a_format_without_choice_is_refused():
    with pytest.raises(SchemaError, match="allows one value only"):
        Pattern("K-")


@pytest.mark.parametrize(
    ("name", "template"),
    [("nhs number", "nhs"), ("e mail", "e-mail"), ("mobile", "phone"), ("patient", USUAL)],
)
def test_the_format_is_told_by_the_name_of_the_column(name, template):
    assert usual_pattern(name).template == template
