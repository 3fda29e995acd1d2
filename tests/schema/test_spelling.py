"""How numbers are written: read in any spelling, and written in the same one."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from synth.errors import SchemaError
from synth.schema import Numbers
from synth.schema.documents import domain_of
from synth.schema.examples import spelling_of
from synth.schema.spelling import Spelling

BETWEEN = ["", ",", ".", " ", "\u00a0", "\u202f", "'", "\u2019"]
spellings = some.builds(
    Spelling,
    mark=some.sampled_from(".,"),
    between=some.sampled_from(BETWEEN),
    before=some.sampled_from(["", "$", "€ ", "CHF "]),
    after=some.sampled_from(["", "%", " kg", "\u00a0€"]),
    brackets=some.booleans(),
    fixed=some.booleans(),
).filter(lambda s: s.mark != s.between)


@given(spellings, some.integers(-(10**9), 10**9), some.integers(0, 6))
def test_a_number_is_read_as_it_was_written(spelling: Spelling, whole: int, decimals: int):
    number = whole / 10**decimals
    assert spelling.read(spelling.written(number, decimals)) == number


@given(spellings, some.integers(1, 6))
def test_a_spelling_is_what_its_example_shows(spelling: Spelling, decimals: int):
    assert spelling_of(spelling.example(decimals)) == spelling


@pytest.mark.parametrize(
    ("example", "text", "number"),
    [
        ("1,234", "625,797", 625797.0),
        ("1.234,50", "340.730,00", 340730.0),
        ("1 234,5", "1\u00a0234,5", 1234.5),
        ("1'234", "1'234", 1234.0),
        ("$1,234.50", "-$5.00", -5.0),
        ("($1,234.50)", "($5.00)", -5.0),
        ("1234 kg", "12 kg", 12.0),
        ("1234,5 %", "6,4 %", 6.4),
        ("1234.5", "\u22125.5", -5.5),
    ],
)
def test_habits_of_many_places(example: str, text: str, number: float):
    assert spelling_of(example).read(text) == number


@pytest.mark.parametrize(
    "text", ["", "abc", "1,2,3", "12,34,567", "1e999", "inf", "nan", "--5", "."]
)
def test_what_is_no_number_is_none(text: str):
    assert math.isnan(Spelling(between=",").read(text))


def test_an_example_without_a_number_is_refused():
    with pytest.raises(SchemaError, match="how a number is written"):
        spelling_of("kg")


def test_codes_are_states_of_their_own():
    domain = Numbers((0.0, 10.0, 20.0), missing=True, decimals=0, codes=("-99", "unknown"))
    values = pd.Series(["3", "-99", "unknown", "odd", None, "12", "-99.0"], dtype=object)
    assert domain.encode(values).tolist() == [0, 2, 3, 4, 4, 1, 2]
    assert domain.labels == ("0 to 9", "10 to 19", "-99", "unknown", "(missing)")
    drawn = domain.decode(np.array([0, 2, 3, 4]), np.random.default_rng(1))
    assert drawn[1:].tolist() == ["-99", "unknown", None]
    assert domain_of(domain.document()) == domain


def test_codes_that_are_numbers_stay_numbers():
    domain = Numbers((0.0, 10.0), missing=True, decimals=0, codes=("-99",))
    drawn = domain.decode(np.array([1, 2]), np.random.default_rng(1))
    assert drawn.dtype == "Int64"
    assert drawn[0] == -99
    assert drawn.isna()[1]


def test_a_code_that_is_called_like_an_interval_is_told_from_it():
    domain = Numbers((8.0, 9.0, 10.0), decimals=0, codes=("9",))
    assert domain.labels == ("8", "9", "9 (code)")
    assert domain.encode(pd.Series(["8", "9"])).tolist() == [0, 2]


def test_numbers_are_written_to_text_files_as_their_column_spells_them():
    money = Numbers((0.0, 5000.0), decimals=2, spelling=spelling_of("1.234,50 €"))
    numbers = pd.Series([4263.9, np.nan])
    assert money.written(numbers).tolist() == ["4.263,90 €", None]
    assert Numbers((0.0, 5000.0), decimals=2).written(numbers) is numbers


@pytest.mark.parametrize(
    "spelling",
    [Spelling(between=",", before="$", fixed=True), Spelling(",", ".", after=" €"), Spelling()],
)
def test_many_texts_are_read_as_one_by_one(spelling: Spelling):
    """Other spellings, words, dates, powers, signs and digits of other scripts among them."""
    odd = [
        "1.5e-3",
        "-7",
        "\u22127",
        " 8 ",
        "5-3",
        "1/2",
        "e5",
        "\u0661\u0662",
        "$-4",
        "-$4",
        "(3)",
    ]
    odd += ["north", "A12", "2020-01-02", "1.234", "1,234", "12,3", "1,23,4", "", "€", "1e999"]
    numbers = [n / 100 for n in range(-30_000_000, 30_000_000, 100_003)]
    texts = [*odd, *(spelling.written(n, 2) for n in numbers)]
    one_by_one = np.array([spelling.read(t) for t in texts])
    np.testing.assert_array_equal(spelling.numbers(pd.Series(texts, dtype=object)), one_by_one)


def test_of_many_texts_few_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch):
    """Words and dates are no numbers, and most numbers are written in the column's own spelling."""
    asked: list[str] = []
    monkeypatch.setattr(Spelling, "read", lambda _, text: asked.append(text) or math.nan)
    texts = [f"{n * 1.5:,.2f}" for n in range(1_000)]
    texts += [f"word {n}" for n in range(1_000)] + [f"2020-01-{n:02}" for n in range(1, 29)]
    Spelling(between=",").numbers(pd.Series([*texts, "(3)"], dtype=object))
    assert asked == ["(3)"]
