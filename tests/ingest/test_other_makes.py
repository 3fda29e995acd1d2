"""Files of makes that were not thought of at first: what is in them is read, and comes back."""

import io
from itertools import cycle

import numpy as np
import pandas as pd
import pytest

from synth.ingest.declaration import ColumnPart, declared_column
from synth.ingest.reading import read_table
from synth.ingest.suggest import Suggestion, suggest
from synth.release import Bundle
from synth.runs import read_recipe, run
from synth.runs.verifying import verify
from synth.schema import Dates, Kind, Numbers, Role, moments
from synth.schema.examples import spelling_of

ROWS = 300
DAYS = pd.date_range("1995-01-01", periods=ROWS, freq="3D")


def one(cells: list[str], name: str = "value") -> Suggestion:
    text = "\n".join([f"{name};other", *(f"{c};{w}" for c, w in zip(cells, cycle("xyz"))), ""])
    read = read_table(io.BytesIO(text.encode()))
    return suggest(read.frame, read.stored, read.gaps, ";")[name]


@pytest.mark.parametrize(
    ("cells", "low", "high"),
    [
        (["40.0000000000", "7.0000000000"], 7, 40),
        (["±355", "±4"], 4, 355),
        (["±3.5%", "±0.2%"], 0.2, 3.5),
        (["CHF 11’078.--", "CHF 500.--"], 500, 11_078),
        (["€ 12,-", "€ 1.250,-"], 12, 1250),
        (["Rs. 81,25,964/-", "Rs. 900/-"], 900, 8_125_964),
        (["19岁", "90岁"], 19, 90),
        (["176.8万", "1.5万"], 1.5, 176.8),
        (["36,4 Mio. €", "606,6 Mio. €"], 36.4, 606.6),
        (["58 bps", "270 bps"], 58, 270),
        (["6hr 23min", "10hr 36min"], 383, 636),
        (["2 hours 5 minutes", "1 hour 1 minute", "45 minutes"], 45, 125),
        (["26y 6m", "0y 9m"], 9, 318),
        (["5 years, 6 months", "1 year, 1 month"], 13, 66),
        (["26w5d", "40w0d"], 187, 280),
        (["40 weeks 0 days", "1 week 1 day"], 8, 280),
        (["8d 9h 13m", "0d 0h 5m"], 5, 12_073),
        (["99 days, 3:02:03", "3:02:03", "1 day, 0:00:05"], 10_923, 8_564_523),
        (["29m 50s", "0m 5s"], 5, 1790),
        (["€10.3bn", "€1.0bn"], 1, 10.3),
        (["511 dollars", "2 dollars"], 2, 511),
        (["60'523.00-", "1'523.50"], -60_523, 1523.5),
        (["P5Y6M", "P7M", "P12Y"], 7, 144),
        (["P11D", "P3D"], 3, 11),
        (["P6W", "P40W"], 6, 40),
        (["7:03 /km", "10:12 /km"], 423, 612),
        (["1:30 h", "26:05 h"], 90, 1565),
        (["Day 249", "Day 7"], 7, 249),
        (["1\u202f234,50\u202f€", "20,00\u202f€"], 20, 1234.5),
        (["9.43e+299", "1.05e+290"], 1.05e290, 9.43e299),
        (["2.6pp", "-0.4pp"], -0.4, 2.6),
    ],
)
def test_numbers_of_other_makes_come_back_as_they_were(cells, low, high):
    found = one((cells * ROWS)[:ROWS]).column
    domain = found.domain
    assert isinstance(domain, Numbers), found.reason
    assert (domain.codes, domain.missing, found.role) == ((), False, Role.PLAIN)
    measured = pd.Series(domain.measured(pd.Series(cells)))
    assert (measured.min(), measured.max()) == (low, high)
    assert domain.spelling.texts(measured, domain.decimals).tolist() == cells
    told = domain.spelling.example(domain.decimals)
    again = spelling_of(told, whole=domain.decimals == 0)
    assert [again.read(c) for c in cells] == measured.tolist()


@pytest.mark.parametrize(
    "cell", ["{} (15.{}%)", "1.{} [0.9, 2.{}]", "01.02.2020 - {:02}.03.{}", "08:00-16:30"]
)
def test_several_numbers_in_a_cell_name_nobody_however_rare(cell: str):
    found = one([cell.format(i % 28 + 1, 1000 + i) for i in range(ROWS)]).column
    assert (found.kind, found.role) == (Kind.CATEGORY, Role.PLAIN)


def test_noughts_that_are_no_noughts_everywhere_stay_decimal_places():
    cells = ["40.0000000000", "21.5000000000", "7.0000000000"]
    found = one(cells * 100).column.domain
    assert isinstance(found, Numbers)
    assert found.spelling.texts(pd.Series([40, 21.5]), found.decimals).tolist() == ["40", "21.5"]


@pytest.mark.parametrize(
    ("cells", "places", "other"),
    [
        (["1.250 kg", "2.300 kg", "120 kg"], 0, "1234.500 kg"),
        (["1.250", "2.300"], 3, "1.234.567"),
        (["625,797", "12,345"], 3, "1,234"),
        (["0.785 kg", "1.250 kg"], 3, ""),
        (["3749.785 €", "749.785 €"], 3, ""),
        (["1.250", "2345"], 3, ""),
        (["1.250.000", "2.345"], 0, ""),
        (["9'423.610%", "423.610%"], 3, ""),
    ],
)
def test_three_digits_behind_a_mark_are_asked_about_where_nothing_tells(cells, places, other):
    """In a file whose fields stand between semicolons, as here."""
    found = one(cells * 100)
    assert isinstance(found.column.domain, Numbers)
    assert found.column.domain.decimals == places
    assert [r.declares["written"] for r in found.reread if r.label] == [other] * bool(other)
    for reread in found.reread:
        declared = declared_column(found, ColumnPart(name="value", **reread.declares)).domain
        assert isinstance(declared, Numbers) and declared.decimals == 3 - places
        ratio = declared.measured(pd.Series(cells)) / found.column.domain.measured(pd.Series(cells))
        assert ratio[0] == (1000 if places else 0.001)


@pytest.mark.parametrize("flag", ["e", "p", "b", "ep", "bu"])
def test_a_flag_of_eurostats_behind_a_number_marks_it(flag: str):
    cells = [f"{i % 37}.5{f' {flag}' * (i % 3 == 0)}" if i % 11 else ":" for i in range(ROWS)]
    found = one(cells).column.domain
    assert isinstance(found, Numbers) and (found.codes, found.missing) == ((), True)
    assert found.measured(pd.Series([f"3.5 {flag}"]))[0] == 3.5
    units = one([f"{i} d" for i in range(ROWS)]).column.domain
    assert isinstance(units, Numbers) and units.spelling.after == " d"


@pytest.mark.parametrize(
    ("cells", "format"),
    [
        (["Jan 5, 2020, 11:44:23 PM", "Jun 29, 2021, 9:18:01 AM"], "%b %-d, %Y, %-I:%M:%S %p"),
        (["March 5, 2020 at 11:44 PM", "June 29, 2021 at 9:18 AM"], "%B %-d, %Y at %-I:%M %p"),
        (["09:18 Uhr", "23:44 Uhr"], "%H:%M Uhr"),
        (["30.12.2020 9:18 Uhr", "01.02.2020 23:44 Uhr"], "%d.%m.%Y %-H:%M Uhr"),
        (["2020年1月5日 9时18分", "2020年12月31日 23时18分"], "%Y年%-m月%-d日 %-H时%M分"),
        (["09.18am", "11.44pm"], "%I.%M%P"),
        (["29 июня", "5 января"], "%-d %B[ru]"),
        (["29 июня 2021 г.", "5 января 2020 г."], "%-d %B[ru] %Y г."),  # noqa: RUF001
        (["29-Jun", "5-Jan", "29-Feb"], "%-d-%b"),
        (["2021-180", "2020-005"], "%Y-%j"),
        (["KW 26/2021", "KW 01/2020"], "KW %V/%G"),
        (["2021.06", "2020.12"], "%Y.%m"),
        (["2021/06/29 9:18:01 AM GMT+2"], "%Y/%m/%d %-I:%M:%S %p GMT%-z[+0200]"),
        (["2021-06-29 09:18:01 UTC-3:30"], "%Y-%m-%d %H:%M:%S UTC%-z[-0330]"),
        (["mardi 29 juin 2021", "dimanche 5 janvier 2020"], "%A[fr] %-d %B[fr] %Y"),
        (["Dienstag, 29. Juni 2021", "Sonntag, 5. Januar 2020"], "%A[De], %-d. %B[De] %Y"),
        (["Di., 29. Juni 2021", "So., 5. Jan. 2020"], "%a[De]., %-d. %b[De.] %Y"),
        (["martes, 29 de junio de 2021"], "%A[es], %d de %B[es] de %Y"),
        (["Tuesday, June 29, 2021", "Sunday, January 5, 2020"], "%A, %B %-d, %Y"),
        (["Mon Jan 20 21:03:00 2020", "Fri Feb 21 03:03:00 2020"], "%a %b %d %H:%M:%S %Y"),
        (["2020-01-24 12:56:00 CET"], "%Y-%m-%d %H:%M:%S CET"),
        (["01/28/2020 2:16 PM EST", "01/08/2020 11:16 AM EST"], "%m/%d/%Y %-I:%M %p EST"),
        (["11pm", "2am"], "%-I%P"),
        (["[29/Jun/2021:13:55:36 +0000]"], "[%d/%b/%Y:%H:%M:%S %z]"),
        (["2020-W15-6", "2020-W53-1"], "%G-W%V-%u"),
        (["29 czerwca 2021 r.", "5 stycznia 2020 r."], "%-d %B[pl] %Y r."),
        (["29.06.2021 r.", "05.01.2020 r."], "%d.%m.%Y r."),
    ],
)
def test_dates_of_other_makes_come_back_as_they_were(cells, format):
    found = one((cells * ROWS)[:ROWS]).column
    assert isinstance(found.domain, Dates) and found.domain.format == format, found.reason
    assert not found.domain.missing
    assert moments.written(found.domain.measured(pd.Series(cells)), format).tolist() == cells


@pytest.mark.parametrize(
    "cells", [["1er janvier 2020", "29 juin 2021"], ["1º de enero de 2020", "29 de junio de 2021"]]
)
def test_the_first_of_a_month_is_a_day_as_others(cells):
    found = one(cells * 150).column.domain
    assert isinstance(found, Dates) and not found.missing
    assert found.measured(pd.Series(cells))[0] == pd.Timestamp("2020-01-01").timestamp()


def test_a_named_day_without_end_is_a_code():
    cells = ["31-Dec-9999" if i % 2 else d.strftime("%d-%b-%Y") for i, d in enumerate(DAYS)]
    found = one(cells).column.domain
    assert isinstance(found, Dates) and found.codes == ("31-Dec-9999",)


@pytest.mark.parametrize(
    ("name", "written", "formats"),
    [
        ("date", "%y%m%d", ["%y%m%d"]),
        ("Buchungsdatum", "%d%m%y", ["%d%m%y"]),
        ("birthday", "%d/%m", ["%d/%m"]),
        ("birthday", "%m-%d", ["%m-%d"]),
        ("datum", "%d.%m.", ["%d.%m."]),
        ("fecha", "%-d/%-m", ["%-d/%-m"]),
        ("x", "%d/%m", []),
        *((name, "%H%M", ["%H%M"]) for name in ("Aufnahmezeit", "hhmm", "godzina", "时间")),
        ("x", "%H%M", ["%H%M"]),  # none of all the minutes is above 59
        ("room", "%M%H", []),
    ],
)
def test_digits_that_a_name_explains_are_offered_as_days_and_times(name, written, formats):
    cells = [(d + pd.Timedelta(minutes=37 * i)).strftime(written) for i, d in enumerate(DAYS)]
    found = one(cells, name)
    offered = [r.declares["format"] for r in found.repairs if "format" in r.declares]
    assert offered == formats
    assert isinstance(found.as_kind(Kind.DATE), Dates) is bool(formats)


@pytest.mark.parametrize("name", ["Duration", "Dauer", "arrival"])
def test_times_of_day_are_offered_as_durations_where_the_name_says_so(name):
    found = one([f"{i % 3}:{i * 7 % 60:02}:{i * 11 % 60:02}" for i in range(ROWS)], name)
    assert found.column.kind is Kind.DATE
    offered = [r for r in found.repairs if r.what == "Read them as durations"]
    assert bool(offered) is (name != "arrival")
    for repair in offered:
        declared = declared_column(found, ColumnPart(name=name, **repair.declares)).domain
        assert isinstance(declared, Numbers)
        assert declared.measured(pd.Series(["1:30:05"]))[0] == 5405
        assert declared.spelling.written(5405, 0) == "1:30:05"


def test_where_no_day_is_past_the_twelfth_both_orders_are_offered():
    cells = [f"{i % 12 + 1:02}/{i // 12 % 12 + 1:02}" for i in range(ROWS)]
    found = [r.declares["format"] for r in one(cells, "date").repairs]
    assert found == ["%d/%m", "%m/%d"]


SINCE_1970 = [1_500_000_000 + 397_007 * i for i in range(ROWS)]
COUNTS = {
    "created_at": ("epoch", [str(n) for n in SINCE_1970]),
    "timestamp": ("epoch ms", [str(1000 * n + 7) for n in SINCE_1970]),
    "Datum": ("excel moment", [f"{25_569 + n / 86_400:.15g}" for n in SINCE_1970]),
    "date": ("excel", [str(25_569 + n // 86_400) for n in SINCE_1970]),
}


@pytest.mark.parametrize("name", COUNTS)
def test_numbers_that_count_moments_are_offered_as_such(name):
    form, cells = COUNTS[name]
    found = one(cells, name)
    (declares,) = [r.declares for r in found.repairs]
    assert declares["format"] == form
    declared = declared_column(found, ColumnPart(name=name, **declares)).domain
    assert isinstance(declared, Dates)
    seconds = declared.measured(pd.Series(cells))
    assert seconds[0] == pytest.approx(1_500_000_000, abs=86_400 if form == "excel" else 1)
    assert moments.written(seconds, form).tolist() == cells
    assert not one(cells, "salary").repairs


def test_whether_a_number_behind_a_month_is_a_day_is_asked():
    cells = [d.strftime("%b %d") for d in DAYS]
    (asked,) = one(cells).reread
    declared = declared_column(one(cells), ColumnPart(name="value", **asked.declares)).domain
    assert isinstance(declared, Dates) and declared.format == "%b %d"
    assert declared.measured(pd.Series(["Feb 29"]))[0] == pd.Timestamp("2000-02-29").timestamp()
    assert not one([d.strftime("%b %y") for d in DAYS]).reread  # 95 to 97


def test_days_of_a_year_and_counted_moments_that_are_declared_come_out_as_they_came_in():
    table = pd.DataFrame({"birthday": DAYS.strftime("%d/%m"), "at": COUNTS["created_at"][1]})
    told = '[[column]]\nname = "birthday"\nkind = "date"\nformat = "%d/%m"\nseen = true\n'
    told += told.replace("birthday", "at").replace("%d/%m", "epoch")
    recipe = read_recipe(f'{told}[privacy]\nepsilon = 50\n[method]\nname = "independent"\n')
    bundle = Bundle.read(
        io.BytesIO(run(recipe, io.BytesIO(table.to_csv(index=False).encode())).release.zipped())
    )
    verify(bundle)
    both = pd.read_csv(io.BytesIO(bundle.files["synthetic.csv"]), dtype=str)
    made, at = both["birthday"], both["at"].astype(int)
    assert at.min() > 1.4e9 and at.max() < 1.8e9
    assert made.str.fullmatch(r"\d\d/\d\d").all()
    assert pd.to_datetime("2000/" + made, format="%Y/%d/%m").notna().all()


@pytest.mark.parametrize(
    ("name", "cells"),
    [("icd9 code", ["250.01", "401.90"]), ("app version", ["1.12", "2.40"]), ("ean", ["40078621"])],
)
def test_codes_with_a_point_are_no_numbers_where_the_name_says_so(name, cells):
    assert one(cells * 150, name).column.kind is Kind.CATEGORY


def test_years_that_span_two_are_no_two_measurements_and_places_are():
    years = [f"{2000 + i % 22}/{(i % 22 + 1) % 100:02}" for i in range(ROWS)]
    assert not one(years).repairs
    rng = np.random.default_rng(1)
    places = [f"{a:.4f}, {b:.4f}" for a, b in rng.uniform(-60, 60, (ROWS, 2))]
    found = one(places)
    assert found.column.role is Role.QUASI
    assert [r.step["step"] for r in found.repairs] == ["divide"]


@pytest.mark.parametrize(
    ("cells", "role"),
    [
        ([f"{i * 7919:032x}" for i in range(ROWS)], Role.IDENTIFIER),
        ([f"fe80::{i:x}:1" for i in range(ROWS)], Role.IDENTIFIER),
        (["12:30:05", "13:31:06"] * 150, Role.PLAIN),
    ],
)
def test_hashes_and_addresses_of_machines_are_identifiers(cells, role):
    assert one(cells).column.role is role
