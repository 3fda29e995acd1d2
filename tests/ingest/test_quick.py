"""What is matched at once is what is told one by one: no text may be taken for another shape."""

from itertools import product

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synth.ingest.dated import padding_of, paddings
from synth.ingest.day_shapes import DateShape
from synth.ingest.quick import matched, padding_patterns, pattern_of, words
from synth.ingest.shapes import DEEP, NumberShape, places, shapes
from synth.ingest.shaping import Shapes, shape_of
from synth.schema.moments import as_seconds

SIGNS = ("", "-", "+", "(", "$", "-$", "€ ")
ENDS = ("", " kg", "%", " €", ".0", "-", ")", ",-")
PARTS = ("0", "5", "12", "31", "007", "234", "1999", "2006", "199912", "20060131")
BETWEEN = (".", ",", " ", "'", "/", "-", ":", "\u00a0")
WORDS = ("yes", "No", "Ann Smith", "x" * 31, "x" * 60, "P12", "P12D", "k5", "Jan", "мая", "-", "٣")


@pytest.fixture(scope="module")
def odd_texts() -> list[str]:
    two = [f"{a}{s}{b}" for a, b, s in product(PARTS, PARTS, BETWEEN)]
    three = [f"{a}{s}{b}{t}567" for a, b, s, t in product(PARTS[:6], PARTS[:6], BETWEEN, ".,")]
    numbers = [*PARTS, *two[::5], *three[::3]]
    framed = [f"{s}{n}{e}" for n, s, e in product(numbers[::3], SIGNS, ENDS)]
    ends = ("1", "05", "12", "13", "32")
    days = [f"{a}{s}{b}{s}{y}" for a, b, y, s in product(ends, ends, ("1999", "06"), "/.-")]
    days += [f"1999{s}{a}{s}{b}" for a, b, s in product(ends, ends, "/.-")]
    clocks = ("", " 07:30", "T12:30", " 7:30:05", " 23:59:59", " 24:00", " 10:61")
    return sorted(
        {*WORDS, *PARTS, *two, *framed, *(day + clock for day, clock in product(days, clocks))}
    )


def test_texts_matched_at_once_have_the_shape_that_they_have_alone(odd_texts: list[str]) -> None:
    alone = np.array([shape_of(text) for text in odd_texts])
    told = pa.array(odd_texts)
    at_once = words(told)
    assert (at_once >= 0).sum() > 5
    assert (at_once[at_once >= 0] == alone[at_once >= 0]).all()
    found = 0
    for place in sorted(
        {*alone.tolist(), *(places()[NumberShape(d, ".")] for d in range(1, DEEP + 1))}
    ):
        if pattern := pattern_of(place):
            mine = matched(told, pattern)
            assert (alone[mine] == place).all(), shapes()[place]
            found += int(mine.sum())
    assert found > 500


def test_a_column_of_many_shapes_is_told_as_text_by_text(odd_texts: list[str]) -> None:
    texts = pd.Series(odd_texts, dtype=object)
    assert Shapes().shown(texts).tolist() == [shape_of(text) for text in odd_texts]


def test_paddings_matched_at_once_are_those_told_one_by_one(odd_texts: list[str]) -> None:
    texts = pd.Series(odd_texts, dtype=object)
    alone = [paddings().index(padding_of(text)) for text in odd_texts]
    assert Shapes("paddings").shown(texts).tolist() == alone
    told = pa.array(odd_texts)
    assert all(matched(told, pattern).any() for _, pattern in padding_patterns())


@pytest.mark.parametrize(
    "form", ["%d/%m/%Y", "%m.%d.%Y", "%d-%m-%Y %H:%M", "%Y%m", "%Y/%m/%d", "%d.%m.%y"]
)
def test_many_days_are_read_as_few_are(odd_texts: list[str], form: str) -> None:
    texts = pd.Series([*odd_texts, "30/02/2020", "3/7/2020  7:30", "03/07/2020"], dtype=object)
    parts = [as_seconds(texts.iloc[i : i + 400], form) for i in range(0, len(texts), 400)]
    few = np.concatenate(parts)
    np.testing.assert_array_equal(as_seconds(texts, form), few)
    assert not np.isnan(few).all()


def test_dates_with_the_day_first_have_a_pattern() -> None:
    assert pattern_of(places()[DateShape("%d/%m/%Y", "d")])
