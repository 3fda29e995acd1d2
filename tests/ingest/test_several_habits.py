"""A column of several habits: read in full where each cell says what it means, and said."""

import io
from itertools import cycle

import numpy as np
import pandas as pd
import pytest

from synth import Budget, load
from synth.ingest.reading import read_table
from synth.ingest.suggest import Suggestion, suggest
from synth.release import Bundle
from synth.release.counts import recheck
from synth.runs import read_recipe, run
from synth.runs.verifying import verify
from synth.schema import Dates, Kind, Numbers, Role, moments
from synth.schema.examples import decimals_of, spelling_of
from synth.schema.measures import in_one_unit
from synth.schema.scripts import APART, MARK, in_script
from synth.schema.spelling import Spelling

ROWS = 300
NOUGHT = "\u0660"
DAYS = pd.date_range("2019-01-01", periods=ROWS, freq="3D")


def arabic(text: str) -> str:
    """A text with the digits and marks of Arabic."""
    return in_script(text, NOUGHT).replace(",", APART).replace(".", MARK)


def one(cells: list[str]) -> Suggestion:
    text = "\n".join(["value;other", *(f"{c};{w}" for c, w in zip(cells, cycle("xyz"))), ""])
    read = read_table(io.BytesIO(text.encode()))
    return suggest(read.frame, read.stored, read.gaps, ";")["value"]


def days(*formats: str) -> list[str]:
    """Days in several formats by turns; the first format has two of every three or so."""
    turns = cycle((formats[0], *formats))
    return [day.strftime(next(turns)) for day in DAYS]


@pytest.mark.parametrize(
    ("formats", "also"),
    [
        (("%Y-%m-%d", "%d/%m/%Y"), ("%d/%m/%Y",)),
        (("%m/%d/%Y", "%Y-%m-%d"), ("%Y-%m-%d",)),
        (("%d %b %Y", "%d.%m.%Y"), ("%d.%m.%Y",)),
        (("%Y-%m-%d", "%d/%m/%Y", "%d %B %Y"), ("%d/%m/%Y", "%d %B %Y")),
        (("%Y%m%d", "%Y-%m-%d"), ("%Y-%m-%d",)),
        (("%d.%m.%Y", "%d.%m.%y"), ("%d.%m.%y",)),
        (("%Y-%m-%d (est.)", "%Y-%m-%d", "%Y-%m-%d"), ()),
    ],
)
def test_dates_of_several_formats_are_all_read(formats, also):
    """They were an identifier, drawn anew, and not a date was left."""
    found = one(days(*formats)).column
    assert isinstance(found.domain, Dates) and not found.domain.missing
    assert found.domain.also == also
    told = found.domain.measured(pd.Series(days(*formats)))
    assert (told == DAYS.to_numpy().astype("datetime64[s]").astype(np.int64)).all()
    assert ("about right" if not also else f"of {1 + len(also)} formats") in found.reason


def test_a_month_beside_days_is_its_first():
    cells = [
        d.strftime("%Y-%m") if i % 4 == 0 else d.strftime("%Y-%m-%d") for i, d in enumerate(DAYS)
    ]
    found = one(cells)
    assert isinstance(found.column.domain, Dates) and found.column.domain.also == ("%Y-%m",)
    assert ("2019-01", "2019-01-01") in found.reread[0].examples


def test_of_days_that_excel_counted_years_are_none():
    cells = [
        str(d.year) if i % 9 == 0 else c
        for i, (d, c) in enumerate(zip(DAYS, days("%d/%m/%Y"), strict=True))
    ]
    cells[1], cells[2] = "43466", "43467"
    for i in range(10, 60, 9):
        cells[i] = "43500"
    found = one(cells).column
    assert isinstance(found.domain, Dates) and found.domain.also == ("excel",)
    read = found.domain.measured(pd.Series(["43466", "2019", "59999", "60001"]))
    assert read[0] == pd.Timestamp("2019-01-01").timestamp() and np.isnan(read[[1, 3]]).all()
    assert "2019" in found.domain.codes


@pytest.mark.parametrize(
    ("odd", "kept"),
    [
        ("2019-00-00", "2019-00-00"),
        ("ongoing", "ongoing"),
        ("pending", "pending"),
        ("2019", "2019"),
        ("00/00/0000", None),
        ("1/0/1900", None),
    ],
)
def test_what_stands_for_no_day_in_one_of_three_rows_takes_no_day_away(odd, kept):
    often = 3 if odd != "pending" else 2  # and even then
    cells = [odd if i % 5 < 5 // often else c for i, c in enumerate(days("%Y-%m-%d"))]
    found = one(cells).column.domain
    assert isinstance(found, Dates)
    assert (found.codes, found.missing) == (((kept,), False) if kept else ((), True))


def test_no_day_of_digits_alone_is_a_number_because_of_a_nought():
    found = one(["0" if i % 4 == 0 else c for i, c in enumerate(days("%Y%m%d"))]).column.domain
    assert isinstance(found, Dates) and found.codes == ("0",)


@pytest.mark.parametrize(
    ("cells", "spelling", "low", "high"),
    [
        (
            ["36 years", "9 months", "2 weeks", "70 years", "1 year"],
            "1234.56 years, months, weeks",
            0.03,
            70,
        ),
        (["70.5 kg", "154 lb", "61.0 kg"], "1234.0 kg", 61, 70.5),
        (["98.6 °F", "37 °C", "99.1 °F"], "1234.0 °F", 98.6, 99.1),
        (["30 min", "2 h", "45 min"], "1234 min", 30, 120),
        (["180cm", "1.75m", "169cm"], "1234cm", 169, 180),
        (["30y", "6m", "41y"], "1234.56y, m", 0.5, 41),
        (["15,80", "19.70", "4.25"], "1234.50", 4.25, 19.7),
        (["12-", "40", "7", "103-"], "1234-", -103, 40),
        (["1,200.50 CR", "30.00 DR", "7.25 CR"], "1,234.50 CR/DR", -30, 1200.5),
        (["88.10 DR", "1,200.00", "5.30"], "1,234.50 DR", -88.1, 1200),
        (["~85", "40", "c. 51", "approx 20", "33?", "26*"], "1234", 20, 85),
    ],
)
def test_each_cell_says_what_it_measures(cells, spelling, low, high):
    """A unit more, a comma or a mark made of measures a category, or new identifiers."""
    found = one((cells * ROWS)[:ROWS]).column
    domain = found.domain
    assert isinstance(domain, Numbers), found.reason
    assert (domain.codes, domain.missing, found.role) == ((), False, Role.PLAIN)
    assert domain.spelling == spelling_of(spelling, whole=found.kind is Kind.INTEGER) or (
        domain.spelling.example(domain.decimals) == spelling
    )
    measured = domain.measured(pd.Series(cells))
    assert measured.min() == pytest.approx(low, abs=0.01) and measured.max() == pytest.approx(
        high, abs=0.01
    )


@pytest.mark.parametrize("word", ["5+", "<0.1%", "10-19", "90 and over", "unknown", "under 5"])
def test_more_or_less_than_a_number_is_a_code_beside_it(word: str):
    after = "%" * word.endswith("%")
    cells = [word if i % 4 == 0 else f"{i % 37 + 20}{after}" for i in range(ROWS)]
    found = one(cells).column.domain
    assert isinstance(found, Numbers)
    assert (found.codes, found.missing) == ((word,), False)


@pytest.mark.parametrize(
    "cells",
    [["${}.50", "€{}.25"], ["{}.1 ± 0.2"], ["5{} mg", "3{} kPa"]],
    ids=["two", "±", "mixed"],
)
def test_measures_of_which_each_row_has_its_own_name_nobody(cells):
    made = [form.format(i) for i, form in zip(range(100, 100 + ROWS), cycle(cells))]
    found = one(made).column
    assert (found.kind, found.role) == (Kind.CATEGORY, Role.PLAIN)
    assert "two columns" in found.reason or "divide the column" in found.reason
    few = one([form.format(100 + i % 3) for i, form in zip(range(ROWS), cycle(cells))])
    assert "divide the column" not in few.column.reason and not few.reread


def test_codes_that_look_like_powers_of_ten_are_no_numbers():
    assert one(["1E5", "2E5", "7E2"] * 100).column.kind is Kind.CATEGORY
    assert one(["1E+05", "2E+05", "7E+02"] * 100).column.kind is not Kind.CATEGORY


def test_a_sign_that_is_missing_is_said():
    cells = [f"{i}%" if i % 3 else f"{i}" for i in range(100)]
    assert "34 stand without %" in one(cells).column.reason


@pytest.mark.parametrize("moment", ["20240131235959+0100", "20240131235959.123+0000"])
def test_moments_of_messages_are_dates(moment: str):
    cells = [moment.replace("0131", f"{i % 12 + 1:02}{i % 28 + 1:02}") for i in range(ROWS)]
    assert one(cells).column.kind is Kind.DATE


def test_reading_in_one_unit_does_not_depend_on_how_many_are_read_at_once():
    spelling = spelling_of("1234.56 years")
    odd = ["9 months", "about 3 years", "x2 months", "1 kg", "c. 4"]
    many = pd.Series([*(f"{i} years" for i in range(600)), *odd])
    one_by_one = [spelling.read(t) for t in many]
    assert np.array_equal(spelling.numbers(many), one_by_one, equal_nan=True)
    assert one_by_one[-5:-3] == [0.75, 3.0] and one_by_one[-1] == 4.0
    assert [spelling.written(n, 2) for n in (1, 2, 0.75)] == ["1 year", "2 years", "0.75 years"]
    fitting = spelling_of("1234.56 years, months, weeks")
    ages = ["9 months", "22 months", "3 weeks", "40 years", "1 year", "1 week"]
    assert [fitting.written(round(fitting.read(a), 2), 2) for a in ages] == ages
    assert fitting.written(60.71, 2) == "60 years"
    assert in_one_unit(3, "kg", "m") is None
    assert spelling_of(Spelling(sides=("", " DR")).example(2)).sides == ("", " DR")


@pytest.mark.parametrize("epsilon", ["inf", "50"])
def test_a_release_of_several_habits_checks_against_its_table(epsilon: str):
    """Read as the rows suggest and as noise tells, and counted again from the file."""
    measures = cycle(["36 years", "9 months", "52 years", "18 years"])
    table = pd.DataFrame({"seen": days("%Y-%m-%d", "%d/%m/%Y") * 4})
    table["age"] = [next(measures) for _ in range(len(table))]
    file = table.to_csv(index=False).encode()
    recipe = f'[privacy]\nepsilon = {epsilon}\n[method]\nname = "independent"\n'
    release = run(read_recipe(recipe), io.BytesIO(file)).release
    bundle = Bundle.read(io.BytesIO(release.zipped()))
    verify(bundle)
    recheck(bundle, load(io.BytesIO(file), Budget(1.0)).private)
    made = pd.read_csv(io.BytesIO(bundle.files["synthetic.csv"]), dtype=str)
    assert made["seen"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    assert made["age"].str.fullmatch(r"\d+ (years?|months)").all()
    assert set(made["age"]) >= {"9 months", "36 years"}


@pytest.mark.parametrize(
    ("cells", "written"),
    [
        (["5'8\"", "6'0\"", "5'11\""], "5'8\""),
        (["5 ft 8 in", "6 ft 1 in"], "5 ft 8 in"),
        (["0h 5m", "1h 20m", "2h 0m"], "0h 30m"),
        (["5m", "1h 20m", "2h", "1h 1m", "2h 4m"], "1h 30m"),
        (["47°12'03.4\"N", "12°05'59.1\"S"], "47°12'03.4\"N"),
        (["47.12° N", "46.90° N"], "1234.50° N/"),
        ([arabic(n) for n in ("27", "34", "40")], arabic("1234")),
        ([arabic(n) for n in ("49.80", "12.35")], arabic("1234.50")),
        ([arabic(n) for n in ("47,150", "3,730")], arabic("1,234")),
    ],
)
def test_measures_of_several_parts_and_other_digits_come_back_as_they_were(cells, written):
    found = one((cells * ROWS)[:ROWS]).column.domain
    assert isinstance(found, Numbers)
    assert spelling_of(written, whole=found.decimals == 0) == found.spelling or (
        found.spelling.example(found.decimals) == written
    )
    measured = pd.Series(found.measured(pd.Series(cells)))
    assert found.spelling.texts(measured, found.decimals).tolist() == cells
    again = spelling_of(found.spelling.example(found.decimals), whole=found.decimals == 0)
    assert [again.read(c) for c in cells] == measured.tolist()
    assert found.spelling.clock or decimals_of(written) == found.decimals


@pytest.mark.parametrize(
    ("cells", "format", "day"),
    [
        (["2015-Q3", "2019-Q1", "2020-Q4"], "%Y-Q%q", "2015-07-01"),
        (["1990m3", "2001m11", "1985m7"], "%Ym%-m", "1990-03-01"),
        (["平成4年3月9日", "令和元年5月1日", "昭和57年12月30日"], "%:E年%-m月%-d日", "1992-03-09"),
        (["R5.3.1", "H30.12.24"], "%.E.%-m.%-d", "2023-03-01"),
        (["2014/12/14", "2012/02/18"], "%Y/%m/%d", "2014-12-14"),
        ([arabic(d) for d in ("2014/12/14", "2012/02/18")], f"%Y/%m/%d%[{NOUGHT}]", "2014-12-14"),
    ],
)
def test_quarters_eras_and_other_digits_are_dates(cells, format, day):
    found = one((cells * ROWS)[:ROWS]).column.domain
    assert isinstance(found, Dates) and found.format == format
    seconds = found.measured(pd.Series(cells))
    assert seconds[0] == pd.Timestamp(day).timestamp()
    assert moments.written(seconds, format).tolist() == cells


def test_four_digits_are_read_as_times_where_the_name_speaks_of_time():
    times = [f"{i % 24:02}{7 * i % 60:02}" for i in range(ROWS)]
    text = "\n".join(["admission_time", *times, ""])
    read = read_table(io.BytesIO(text.encode()))
    found = suggest(read.frame)["admission_time"]
    assert [r.what for r in found.repairs] == ["Read them as times of day"]
    assert isinstance(found.as_kind(Kind.DATE), Dates)
    assert one(times).repairs, "no code of four digits has all its minutes below 60"
    assert not one([f"{1 + i % 12:02}{1 + i % 28:02}" for i in range(ROWS)]).repairs
    assert not one([f"{i:04}" for i in range(ROWS)]).repairs


@pytest.mark.parametrize(
    ("cells", "format"),
    [
        (["31 janv. 2011", "20 mai 2013", "6 avr. 2017"], "%-d %b[fr.] %Y"),
        (["3 mrt. 2011", "20 mei 2013", "9 okt. 2020"], "%-d %b[nl.] %Y"),
        (["Jan. 5, 2020", "May 12, 2019", "Oct. 30, 2021"], "%b[En.] %-d, %Y"),
        (["5 Jan 2020", "12 May 2019", "30 Oct 2021"], "%-d %b %Y"),
    ],
)
def test_names_of_months_that_are_cut_short_keep_their_dots(cells, format):
    found = one((cells * ROWS)[:ROWS]).column.domain
    assert isinstance(found, Dates) and found.format == format
    assert moments.written(found.measured(pd.Series(cells)), format).tolist() == cells


@pytest.mark.parametrize(
    "told", ["", '[[column]]\nname = "x"\nkind = "real"\nwritten = "1.00e+03"\n']
)
@pytest.mark.parametrize("power", ["e+299", "e-12"])
def test_powers_of_ten_keep_their_digits_without_a_promise(power: str, told: str):
    """Cut to twelve decimal places, or to those of an example, the small ones lost theirs."""
    cells = [f"{1 + i % 89 / 10 + 0.0123:.2f}{power}" for i in range(ROWS)]
    recipe = '[privacy]\nepsilon = inf\n[method]\nname = "independent"\n[release]\nrows = 200\n'
    text = "x,y\n" + "".join(f"{c},{w}\n" for c, w in zip(cells, cycle("ab")))
    release = run(read_recipe(recipe + told), io.BytesIO(text.encode())).release
    made = Bundle.read(io.BytesIO(release.zipped())).files["synthetic.csv"].decode().split("\n")
    drawn = [row.split(",")[0] for row in made[1:-1]]
    assert all(d.endswith(power) and len(d) == len(cells[0]) for d in drawn)
    assert len({d[3] for d in drawn}) > 3
