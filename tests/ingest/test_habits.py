"""Habits of writing that were read as another value, or as none: kinds met in exports."""

import io
import itertools

import numpy as np
import pandas as pd
import pytest

from synth.errors import IngestError
from synth.ingest.forms import MissingTexts, form_of
from synth.ingest.reading import read_table
from synth.ingest.shapes import TRUTHS, TruthShape, places, shapes
from synth.ingest.suggest import Suggestion, suggest
from synth.schema import Categories, Dates, Kind, Numbers, Role
from synth.schema.examples import spelling_of
from synth.schema.moments import as_seconds, written


def seen(text: str, encoding: str = "utf-8") -> dict[str, Suggestion]:
    """What the columns of a text file seem to be."""
    read = read_table(io.BytesIO(text.encode(encoding)))
    assert read.written is not None
    return suggest(read.frame, read.stored, read.gaps, read.written.delimiter)


def column(cells: list[str], name: str = "value", delimiter: str = ";", beside: str = "x") -> str:
    """A file of a column and one of words beside it."""
    rows = [f"{cell}{delimiter}{word}" for cell, word in zip(cells, itertools.cycle(beside))]
    return "\n".join([f"{name}{delimiter}other", *rows, ""])


def one(cells: list[str], name: str = "value", delimiter: str = ";") -> Suggestion:
    return seen(column(cells, name, delimiter))[name]


def test_codes_that_begin_with_a_zero_are_no_numbers():
    """One postcode in twelve began with a zero, and was missing in what was a whole number."""
    found = one([f"{n:05d}" for n in range(1067, 99000, 307)], "wohnort").column
    assert found.kind is Kind.CATEGORY
    assert one([str(n) for n in range(1067, 99000, 307)], "menge").column.kind is Kind.INTEGER


def test_three_digits_behind_a_comma_are_decimal_places_where_the_file_speaks_for_it():
    cells = [f"1,{n}" for n in range(100, 600)]
    found = one(cells).column.domain
    assert isinstance(found, Numbers)
    assert (found.spelling.mark, found.decimals, found.edges[0]) == (",", 3, 1.1)
    thousands = one([*cells, "1,234,567"]).column.domain
    assert isinstance(thousands, Numbers)
    assert thousands.spelling.between == ","


def test_other_columns_tell_thousands_from_decimal_places():
    """`1.234` beside `0,5` is a thousand and more; beside `0.55` it is one and a bit."""
    rows = [(f"{n % 90 + 1}.{n}", f"{n % 7},5") for n in range(100, 600)]
    text = "\n".join(["a\tb", *("\t".join(r) for r in rows), ""])
    found = seen(text)["a"].column.domain
    assert isinstance(found, Numbers)
    assert (found.spelling.between, found.edges[0] >= 1000) == (".", True)
    other = seen(text.replace(",5", ".55"))["a"].column.domain
    assert isinstance(other, Numbers)
    assert (other.decimals, other.edges[-1] < 100) == (3, True)


def test_a_minus_behind_is_a_minus_and_comes_out_behind():
    cells = [f"{n},50{'-' * (n % 3 == 0)}" for n in range(100, 400)]
    found = one(cells).column.domain
    assert isinstance(found, Numbers)
    assert found.edges[0] < -390
    assert found.spelling.written(-1.5, 2) == "1,50-"
    assert spelling_of(found.spelling.example(2)) == found.spelling
    marks = one(["1", "2-", "3", "4-", "5"] * 60).column
    assert marks.kind is Kind.CATEGORY  # at school


@pytest.mark.parametrize(
    ("shape", "number"),
    [
        *(("{} ₽", 12.5), ("{} руб.", 12.5), ("{} TL", 12.5), ("PLN {}", 12.5), ("kr. {}", 12.5)),  # noqa: RUF001
        *(("{}E+02", 1250.0), ("Rs. {}", 12.5)),
    ],
)
def test_amounts_of_more_currencies_and_powers_with_a_comma(shape: str, number: float):
    cells = [shape.format(f"{n},50") for n in range(12, 99)]
    found = one(cells).column.domain
    assert isinstance(found, Numbers)
    assert found.spelling.read(cells[0]) == number


@pytest.mark.parametrize(
    ("cells", "places"),
    [
        ([f"{n // 100},{n % 100:02},{7 * n % 1000:03}" for n in range(1000, 5000, 9)], 0),  # India
        ([f"$ ({n}.25)" if n % 3 else f"$ {n}.50" for n in range(100, 600)], 2),
        ([f"{n / 10:.1f}{'K' if n % 3 else 'M'}" for n in range(10, 900)], 0),
        ([f"€{n / 2:g}{'k' if n % 3 else 'M'}" for n in range(10, 900)], 0),
        ([f"{n % 10}.{n}E-0{n % 7 + 1}" for n in range(1110, 9999, 11) if n % 10], None),
        ([f"{n:+d}" for n in range(-40, 60) if n] * 4, 0),
        ([f"{n / 10:+.1f}%" for n in range(-400, 600) if n], 1),
    ],
)
def test_numbers_of_rarer_habits_come_out_as_they_came_in(cells: list[str], places: int | None):
    """They were words, of which nearly all are rare: nothing of the column was left."""
    domain = one(cells, delimiter="|").column.domain
    assert isinstance(domain, Numbers)
    assert domain.decimals == places
    numbers = domain.spelling.numbers(pd.Series(cells))
    assert not np.isnan(numbers).any()
    assert [domain.spelling.written(n, places) for n in numbers] == cells
    assert spelling_of(domain.spelling.example(places), whole=places == 0) == domain.spelling


def test_months_are_told_from_numbers_of_four_decimal_places():
    coordinates = [f"{n / 10_000:.4f}" for n in range(100_003, 130_000, 37)]
    assert one(coordinates, delimiter="|").column.kind is Kind.REAL
    assert one([f"1{n % 3}.{1990 + n % 30}" for n in range(300)]).column.kind is Kind.DATE


@pytest.mark.parametrize("end", ["", "\n"])
def test_records_in_a_list_of_one_line_are_the_table(end: str):
    """What a service answers: counts and pages beside the records, in one line."""
    told = ",".join(f'{{"age": {n}, "sex": "F"}}' for n in range(30))
    read = read_table(io.BytesIO(f'{{"count": 30, "results": [{told}]}}{end}'.encode()))
    assert (list(read.frame.columns), len(read.frame)) == (["age", "sex"], 30)
    lines = "\n".join(f'{{"n": {n}, "tags": [{{"a": 1}}]}}' for n in range(3))
    with pytest.raises(IngestError, match="holds lists or records"):
        read_table(io.BytesIO(lines.encode()))


DRAWN = {
    "psql": " id | age | town \n----+-----+------\n{}(3 rows)\n",
    "mysql": "+----+-----+------+\n| id | age | town |\n+----+-----+------+\n{}"
    "+----+-----+------+\n",
    "markdown": "| id | age | town |\n|---:|:---:|------|\n{}",
    "box": "┌────┬─────┬──────┐\n│ id │ age │ town │\n├────┼─────┼──────┤\n{}└────┴─────┴──────┘\n",
}


@pytest.mark.parametrize("drawn", DRAWN)
def test_lines_drawn_around_a_table_are_no_people(drawn: str):
    bar = "│" if drawn == "box" else "|"
    edge = "" if drawn == "psql" else bar
    rows = [(" 1", " 34", "Oslo"), (" 2", " 56", "--"), (" 3", "   ", "Bern")]
    told = "".join(f"{edge} {f' {bar} '.join(r)} {edge}\n" for r in rows)
    read = read_table(io.BytesIO(DRAWN[drawn].format(told).encode()))
    assert list(read.frame.columns) == ["id", "age", "town"]
    assert read.frame.astype(object).fillna("").to_numpy().tolist() == [
        *(["1", "34", "Oslo"], ["2", "56", ""], ["3", "", "Bern"]),
    ]


def test_japanese_without_kana_is_no_chinese():
    rows = [f"{n},{'男女'[n % 2]},{20 + n % 60}" for n in range(100)]
    for encoding, header in (("euc_jp", "番号,性別,年齢"), ("gbk", "编号,性别,年龄")):
        found = read_table(io.BytesIO("\n".join([header, *rows]).encode(encoding)))
        assert ",".join(found.frame.columns) == header


def test_periods_and_pairs_of_measurements_name_nobody():
    found = seen(
        "\n".join(["bp,fy,id", *(f"{n}/{n % 60},{n}-{n % 80 + 10},x{n}" for n in range(101, 400))])
    )
    assert [found[n].column.role.value for n in ("bp", "id")] == ["plain", "identifier"]


def test_a_star_among_numbers_is_a_code():
    domain = one([*map(str, range(90)), *["*"] * 20]).column.domain
    assert isinstance(domain, Numbers) and domain.codes == ("*",)


def test_more_or_less_than_a_number_among_numbers_is_a_code():
    cells = [*map(str, range(10, 250)), *["<5"] * 60, *["≥250"] * 40]
    found = one(cells).column
    assert found.kind is Kind.INTEGER
    assert isinstance(found.domain, Numbers)
    assert found.domain.codes == ("<5", "≥250")
    mostly = one([*[f"0.{n:03d}" for n in range(100, 250)], *["<0.001"] * 200]).column
    assert mostly.kind is Kind.REAL


FORMATS = (
    *(
        "%d. %m. %Y",
        "%-d. %-m. %Y",
        "%Y.%m.%d.",
        "%Y. %m. %d.",
        "%Y年%-m月%-d日",
        "%Y年%m月%d日 %H:%M",
    ),
    *("%a, %d %b %Y", "%A, %B %-d, %Y", "%d-%b[EN]-%y %I.%M.%S %p", "%d-%b[EN]-%Y %H.%M.%S.%6f"),
    *("%d%b[EN]%Y:%H:%M:%S", "%d/%b/%Y:%H:%M:%S %z", "%Y-%m-%d %H:%M:%S UTC", "%Y%m%d_%H%M%S"),
    *("%Y-%m-%d %H:%M:%S%.z", "%Y-%m-%d %H:%M:%S.%6f%.z", "%Y-%m-%d %H:%M:%S %z", "%Y%m%d %H:%M"),
    *("%Y-%m-%d %H:%M:%S,%3f", "%d/%m/%Y %I:%M:%S %:P", "%Y-%b-%d", "%Y. %B[hu] %-d.", "%Y%m"),
    *("%d %B[Tr] %Y", "%d %B[El] %Y", "%d %B[ro] %Y", "%d-%h[es]-%y", "%d %h[De] %Y"),
    *("%a, %d %b %Y %H:%M:%S GMT", "%Y-%m-%dT%H:%M:%S%:z[+0200]", "%Y-%m-%d %H:%M:%S.%3f%z[-0330]"),
    *("%d/%b/%Y:%H:%M:%S %z[-0500]", "%-m/%-d/%Y, %-I:%M:%S %p", "%d.%m.%Y, %H:%M:%S"),
    *("%O %B %Y", "%B %O, %Y", "%O %b %Y %H:%M", "%m.%Y", "%G-W%V", "%GW%V"),
    *("%Y-%m-%d %H:%M:%S.%3f Z", "%Y-%m-%dT%H:%M%.z[+0100]", "%Hh%M", "%d%m%Y", "%m%d%Y"),
)


@pytest.mark.parametrize("format", FORMATS)
def test_dates_as_databases_programs_and_countries_write_them(format: str):
    texts = written(np.arange(1_600_000_000, 1_700_000_000, 250_007.0), format)
    found = one(texts.tolist(), delimiter="|").column
    assert found.kind is Kind.DATE
    assert isinstance(found.domain, Dates)
    again = as_seconds(texts, found.domain.format)
    assert (again == as_seconds(texts, format)).all()
    assert written(again, found.domain.format).tolist() == texts.tolist()


@pytest.mark.parametrize(
    "ending", [" 00:00:00", " 00:00", "T00:00:00Z", " 00:00:00.000", " 12:00:00 AM"]
)
def test_days_that_are_written_as_midnights_stay_days(ending: str):
    """A workbook or a database writes days so; they came out at any second of the day."""
    days = "%m/%d/%Y" if "AM" in ending else "%Y-%m-%d"
    seconds = np.arange(1_600_000_000, 1_620_000_000, 86_400.0)
    cells = written(seconds, days + ending).tolist()
    found = one(cells, delimiter="|").column.domain
    assert isinstance(found, Dates)
    assert (found.format, found.resolution) == (days + ending, 86_400)
    later = written(seconds + 3_601, ending and f"{days}{_clock(ending)}").tolist()
    timed = one([*cells, *later], delimiter="|").column.domain
    assert isinstance(timed, Dates)
    assert (timed.resolution < 86_400, timed.missing) == (True, False)


def _clock(midnight: str) -> str:
    """The codes of which a midnight is written."""
    parts = {"12:00:00 AM": "%I:%M:%S %p", "00:00:00.000": "%H:%M:%S.%3f", "00:00:00": "%H:%M:%S"}
    parts["00:00"] = "%H:%M"
    told = next(p for p in parts if p in midnight)
    return midnight.replace(told, parts[told])


def test_years_of_two_digits_are_those_of_people_and_not_of_the_future():
    texts = pd.Series(["14/02/54", "01/01/30", "31/12/29", "29/02/68"])
    assert written(as_seconds(texts, "%d/%m/%y"), "%Y").tolist() == ["1954", "1930", "2029", "1968"]


@pytest.mark.parametrize("pair", TRUTHS)
def test_truth_in_any_language_has_two_values(pair: tuple[str, str]):
    found = one([*pair] * 100).column
    assert found.kind is Kind.BOOLEAN
    assert isinstance(found.domain, Categories)
    assert (found.domain.values, found.domain.other) == (pair, False)


def test_words_that_two_pairs_share_are_told_by_the_other_word():
    rare = one(["No"] * 300 + ["Sí"] * 2).column.domain
    assert isinstance(rare, Categories)
    assert rare.values == ("No", "Sí")
    counts = np.zeros(len(shapes()))
    counts[places()[TruthShape("no")]], counts[places()[TruthShape("sim")]] = 900.0, 0.0
    counts[places()[TruthShape("sí")]] = 70.0  # too few to be sure of
    assert form_of(counts, 20.0).truth == ("no", "sí")


def test_a_third_answer_is_no_gap_of_a_truth_value():
    found = one([*["Yes"] * 150, *["No"] * 140, *["Unknown"] * 15]).column.domain
    assert isinstance(found, Categories)
    assert "Unknown" in found.values


def test_a_column_of_nothing_but_gaps_is_not_made_up_from_noise():
    """Noise let the likeliest of the usual shapes be `True`, in every row."""
    counts = np.random.default_rng(1).normal(0.0, 20.0, len(shapes()) + 2)
    counts[-2] = 500.0
    found = form_of(counts, 20.0, gaps=MissingTexts(("NA",), frozenset(("NA",)), "NA"))
    assert (found.kind, found.missing, found.missing_as) == (Kind.TEXT, True, "NA")


GAPS = ("-", "--", "NaT", "N.A.", "n.a.", "(null)", "<null>", "#DIV/0!", "#VALUE!", "k.A.")


@pytest.mark.parametrize("text", GAPS)
def test_what_programs_write_for_nothing_is_missing(text: str):
    found = one([text if n % 6 == 0 else str(n) for n in range(300)]).column
    assert found.kind is Kind.INTEGER
    assert found.missing_as == text


def test_a_day_of_zeros_is_missing():
    days = written(np.arange(1_600_000_000, 1_630_000_000, 86_400.0), "%Y-%m-%d").tolist()
    found = one(["0000-00-00" if i % 5 == 0 else d for i, d in enumerate(days)]).column
    assert (found.kind, found.missing_as) == (Kind.DATE, "0000-00-00")


@pytest.mark.parametrize("name", ["rhesus", "test_result", "HIV"])
def test_a_minus_is_the_result_of_a_test(name: str):
    found = one(["+", "-", "-"] * 80, name).column.domain
    assert isinstance(found, Categories)
    assert (found.values, found.missing) == (("+", "-"), False)


def test_a_namibia_that_was_read_as_missing_is_asked_about():
    text = column(["NA", "ZA", "BW", "AO"] * 50, "code", ",")
    said = " ".join(n.what for n in read_table(io.BytesIO(text.encode())).noticed)
    assert "Namibia" in said
    text = column(["NA", "Zed", "BW", "AO"] * 50, "code", ",")
    said = " ".join(n.what for n in read_table(io.BytesIO(text.encode())).noticed)
    assert "Namibia" not in said


@pytest.mark.parametrize(
    ("pair", "kind"),
    [
        (("${}.50", "€{}.50"), Kind.CATEGORY),
        (("{},5", "{}.25"), Kind.REAL),
        (("{} kg", "{} lb"), Kind.REAL),
    ],
)
def test_numbers_of_two_habits_are_not_half_of_them_missing(pair: tuple[str, str], kind: Kind):
    found = one([pair[n % 2].format(n) for n in range(10, 300)])
    assert (found.column.kind, found.column.role) == (kind, Role.PLAIN)
    assert found.column.kind is Kind.CATEGORY or not found.column.domain.missing


def test_a_day_that_stands_for_no_end_is_a_code_however_many_rows_have_it():
    cells = [f"2020-01-{n % 28 + 1:02d}" if n % 3 else "9999-12-31" for n in range(300)]
    found = one(cells).column
    assert found.kind is Kind.DATE
    assert isinstance(found.domain, Dates)
    assert found.domain.codes == ("9999-12-31",)
    assert found.domain.edges[-1] < as_seconds(pd.Series(["2020-02-02"]), "%Y-%m-%d")[0]


def test_days_behind_the_last_year_have_labels():
    """There was no way to write them: a traceback instead of a release."""
    domain = Dates((0.0, 253_370_764_800.0, 253_402_300_800.0, 253_402_400_000.0))
    assert len(set(domain.labels)) == 3


def test_moments_of_summer_and_winter_are_written_in_one_zone():
    summer = written(np.arange(1_620_000_000, 1_630_000_000, 100_003.0), "%Y-%m-%d %H:%M%z[+0200]")
    winter = written(np.arange(1_600_000_000, 1_610_000_000, 100_003.0), "%Y-%m-%d %H:%M%z[+0100]")
    found = one([*summer, *winter]).column.domain
    assert isinstance(found, Dates)
    assert found.format == "%Y-%m-%d %H:%M%z"
    told = as_seconds(pd.Series(["2021-07-01 12:00+0200"]), found.format)
    assert written(told, found.format).tolist() == ["2021-07-01 10:00+0000"]


@pytest.mark.parametrize("coarser", ["%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S"])
def test_moments_of_fewer_digits_are_read_by_a_finer_format(coarser: str):
    """Excel shows full minutes without seconds, Python full seconds without a fraction."""
    seconds = np.arange(1_600_000_000, 1_610_000_000, 50_003.0)
    fine = written(seconds, "%Y-%m-%d %H:%M:%S.%3f").tolist()
    coarse = written(seconds, coarser).tolist()
    found = one([*fine, *coarse[:60]]).column
    assert found.kind is Kind.DATE
    assert not found.domain.missing
