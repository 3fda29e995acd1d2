"""How long something took is a number, read and written as the column writes it."""

import io

import numpy as np
import pandas as pd
import pytest

from synth import Budget, load
from synth.ingest.day_shapes import DateShape
from synth.ingest.shapes import DurationShape, shapes
from synth.ingest.shaping import shape_of
from synth.runs import read_recipe, run
from synth.schema import Categories, Dates, Kind, Numbers, Role
from synth.schema.columns import column_of
from synth.schema.durations import WAYS, way_of, ways
from synth.schema.examples import spelling_of

ROWS = 500
RECIPE = '[privacy]\nepsilon = {}\n[method]\nname = "independent"\n[release]\nrows = 300\n'
UNITS = np.random.default_rng(4).integers(0, 4000, ROWS)


def csv(cells: list[str]) -> io.BytesIO:
    return io.BytesIO(pd.DataFrame({"x": cells}).to_csv(index=False).encode())


@pytest.mark.parametrize("way", WAYS, ids=lambda w: w.name)
def test_what_a_way_writes_it_reads_again(way):
    for number in (0, 1, 59, 60, 61, 3599, 3600, 3601, 90_061, -61, 2_000_000):
        assert way.read(way.written(number)) == number
    assert spelling_of(way.name).clock == way.name


@pytest.mark.parametrize(
    ("text", "name", "units"),
    [
        ("1:30:05", "1:30:05", 5405),
        ("26:05", "1:30", 1565),
        ("PT1H30M", "PT1H30M", 90),
        ("PT2H", "PT1H", 2),
        ("PT1M30S", "PT1H30M5S", 90),
        ("P2DT1H", "P1DT1H30M", 2940),
        ("3 days 00:00:07", "1 days 01:30:05", 259_207),
        ("1h 05m", "1h 30m", 65),
        ("2 h 5 min", "1 h 30 min", 125),
        ("5:07.60", "5:37.61", 30_760),
        ("59:59,9", "5:37,6", 35_999),
        ("05:37.614", "05:37.614", 337_614),
    ],
)
def test_ways_are_told_apart(text, name, units):
    assert way_of(text) == name
    assert ways()[name].read(text) == units


@pytest.mark.parametrize("text", ["", "P", "PT", "90 min", "1:75", "2h", "12h", "10:00-11:00", "a"])
def test_what_is_no_duration_has_no_way(text):
    assert way_of(text) == ""


@pytest.mark.parametrize("padded", [False, True])
def test_laps_keep_their_zeros_and_their_parts_of_a_second(padded):
    """Minutes, seconds and hundredths were words, of which nearly all became (other)."""
    cells = [f"{n // 6000:0{1 + padded}}:{n // 100 % 60:02}.{n % 100:02}" for n in UNITS * 31]
    found = load(csv(cells), Budget(1.0)).suggestions["x"].column.domain
    assert isinstance(found, Numbers) and found.spelling.clock == f"{'0' * padded}5:37.61"
    assert found.measured(pd.Series(cells)).tolist() == (UNITS * 31).tolist()


def test_a_time_of_day_stays_one_and_longer_is_a_duration():
    assert shapes()[shape_of("14:05")] == DateShape("%H:%M")
    assert shapes()[shape_of("34:05")] == DurationShape("1:30")


@pytest.mark.parametrize("name", ["1:30:05", "PT1H30M", "PT1H30M5S", "P1DT1H30M", "1h30m"])
@pytest.mark.parametrize("epsilon", ["inf", "20.0"])
def test_durations_come_out_as_they_came_in(name, epsilon):
    way = ways()[name]
    cells = [way.written(60 * u + 61 if way.unit == 1 else u + 61) for u in UNITS]
    release = run(read_recipe(RECIPE.format(epsilon)), csv(cells)).release
    domain = release.model.schema["x"].domain
    assert isinstance(domain, Numbers) and domain.spelling.clock == name
    made = pd.read_csv(io.BytesIO(release.files()["synthetic.csv"]), dtype=str)["x"].dropna()
    read = np.array([way.read(text) for text in made])
    assert [way.written(x) for x in read] == made.tolist() and len(made) > 250
    middle = np.median([way.read(c) for c in cells])
    assert abs(np.median(read) - middle) < middle / 3


def test_a_zero_before_the_hour_is_kept():
    cells = [ways()["01:30:05"].written(60 * u) for u in UNITS]
    domain = load(csv(cells), Budget(1.0)).suggestions["x"].column.domain
    assert domain.spelling.clock == "01:30:05"


def test_where_none_is_longer_than_a_day_it_is_a_time_of_day():
    cells = [f"{u % 24:02}:{u % 60:02}" for u in UNITS]
    column = load(csv(cells), Budget(1.0)).suggestions["x"].column
    assert isinstance(column.domain, Dates) and column.domain.format == "%H:%M"


def test_durations_are_neither_identifiers_nor_words():
    cells = [ways()["1:30:05"].written(3600 * 20 + 97 * i) for i in range(ROWS)]
    column = load(csv(cells), Budget(1.0)).suggestions["x"].column
    assert (column.kind, column.role) == (Kind.INTEGER, Role.PLAIN)
    assert "durations, in seconds" in column.reason


def test_a_schema_and_a_recipe_name_them_by_example():
    told = (
        '[[column]]\nname = "x"\nkind = "integer"\nrole = "plain"\nwritten = "1:30"\n'
        'low = "0:00"\nhigh = "40:00"\nintervals = 40\n'
    )
    cells = [ways()["1:30"].written(u % 2400) for u in UNITS]
    release = run(read_recipe(RECIPE.format("5.0") + told), csv(cells)).release
    column = release.model.schema["x"]
    assert column.domain.edges[0] == 0 and column.domain.edges[-1] == 2401
    assert column_of(column.document()).domain == column.domain


def test_a_timedelta_comes_back_as_one():
    frame = pd.DataFrame({"stay": pd.to_timedelta(UNITS * 60, unit="s"), "sex": ["f", "m"] * 250})
    frame.loc[3, "stay"] = pd.NaT
    made = run(read_recipe(RECIPE.format("inf")), frame).rows
    assert made["stay"].dtype == frame["stay"].dtype
    assert pd.Timedelta(0) <= made["stay"].min() and made["stay"].max() < pd.Timedelta(4001, "min")


def test_a_column_of_words_is_not_read_as_durations():
    cells = ["yes", "no"] * 240 + ["30:05"] * 20
    assert isinstance(load(csv(cells), Budget(1.0)).suggestions["x"].column.domain, Categories)
