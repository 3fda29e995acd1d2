"""How cells are written: the first shape that fits, and what a count of shapes tells."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from synth.ingest.shapes import FORMATS, SHAPES, Form, Shapes, form_of, shape_of
from synth.ingest.suggest import suggest
from synth.schema import Kind
from synth.schema.values import as_seconds


def form(*texts: str, noise: float = 0.0, within: Kind | None = None) -> Form:
    codes = Shapes().encode(pd.Series(texts, dtype=object))
    return form_of(np.bincount(codes, minlength=len(SHAPES) + 1).astype(float), noise, within)


SOME = [
    "1",
    "-07",
    "1.50",
    ".5",
    "1,5",
    "1.234,5",
    "1,234.5",
    "1e5",
    "12/31/2024",
    "31.12.2024",
    "2024-12-31T10:00",
    "true",
    "FALSE",
    "perhaps",
    "+",
    "E1000",
    "1e999",
]


@given(some.one_of(some.sampled_from([*SOME, "", "word " * 9]), some.text(max_size=40)))
def test_the_quick_way_finds_the_first_shape_that_fits(text: str):
    slow = next(i for i, s in enumerate(SHAPES) if re.fullmatch(s.pattern, text))
    assert shape_of(text) == slow


FORMS = {
    ("1", "2", "-300"): (Kind.INTEGER, 0, "."),
    ("1.5", "2.25", "3"): (Kind.REAL, 2, "."),
    ("1,5", "1.234,75", "2"): (Kind.REAL, 2, ","),
    ("1,234", "2,345,678"): (Kind.INTEGER, 0, "."),
    ("1,234", "2,5"): (Kind.REAL, 3, ","),
    ("007", "012"): (Kind.CATEGORY, 0, "."),
    ("E1000", "+", "1e999", "inf"): (Kind.CATEGORY, 0, "."),
    ("True", "False"): (Kind.BOOLEAN, 0, "."),
    ("x" * 40, "y " * 20): (Kind.TEXT, 0, "."),
}


@pytest.mark.parametrize("texts", FORMS)
def test_kind_decimals_and_mark_are_told_by_most_cells(texts):
    found = form(*texts)
    assert (found.kind, found.decimals, found.mark) == FORMS[texts]


def test_one_odd_cell_in_many_changes_nothing():
    plain = form(*["1.5", "22.5"] * 100)
    odd = form(*["1.5", "22.5"] * 100, "83.1234")
    assert (plain.kind, plain.decimals) == (odd.kind, odd.decimals) == (Kind.REAL, 1)
    assert form(*["1", "2"] * 100, "unknown").kind is Kind.INTEGER
    assert form(*["01/02/2024"] * 100, "2024-01-02 10:00:00").format == "%d/%m/%Y"


@pytest.mark.parametrize("format", FORMATS)
def test_dates_of_each_format_are_read_in_it(format):
    days = pd.Series(pd.date_range("2023-01-29 10:11:12", periods=40, freq="1D")).dt.strftime(
        format
    )
    found = form(*days)
    assert found.kind is Kind.DATE
    assert not np.isnan(as_seconds(days, found.format)).any()
    assert (as_seconds(days, found.format) == as_seconds(days, format)).all()


def test_days_among_moments_are_their_midnights():
    found = form(*["2024-01-01"] * 5, *["2024-01-02 10:00:00"] * 5)
    assert (found.format, found.fitting) == ("%Y-%m-%d %H:%M:%S", 1.0)


def test_noise_alone_passes_for_no_shape():
    counts = np.where(np.arange(len(SHAPES)) == 0, 500.0, 150.0)
    assert form_of(counts, 40.0).kind is Kind.INTEGER


@pytest.mark.parametrize("text", ["100000000000000000141", "2.43e+299", "9223372036854775807"])
def test_a_number_past_what_doubles_tell_apart_has_an_interval(text):
    """Nothing is one above it, so its interval had no end and the table was refused."""
    numbers = suggest(pd.DataFrame({"n": pd.Series([text] * 30, dtype="category")}))["n"]
    domain = numbers.as_kind(Kind.REAL)
    assert domain.encode(pd.Series([text])).tolist() == [0]
