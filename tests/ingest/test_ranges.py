"""Ranges of small tables, whose noise is as large as what an interval holds."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synth.budget import Budget, Rho
from synth.ingest.plausible import bounds_by_name, plausible_edges
from synth.ingest.ranges import edges_anywhere
from synth.schema import Column, Dates, Kind, Numbers, Origin, Schema
from synth.schema.spelling import Spelling
from synth.vault import PrivateTable
from tests.people import Replayed

SEEDS = range(12)
RHO = Rho(0.002)  # of about as much as a column of five has at epsilon 1


def table(name: str, low: int, high: int, rows: int, seed: int) -> tuple[PrivateTable, Column]:
    values = np.random.default_rng(3).integers(low, high + 1, rows)
    column = Column(name, Numbers((0.0, 1.0), Origin.OBSERVED, decimals=0), Kind.INTEGER)
    frame = pd.DataFrame({name: values})
    return PrivateTable(frame, Schema((column,)), Budget(1.0), noise=Replayed(seed)), column


@pytest.mark.parametrize(("low", "high"), [(18, 95), (1, 900), (1000, 5000)])
def test_the_range_of_a_small_table_does_not_close_in_on_noise(low: int, high: int):
    """It was often that of one value, which all rows then had."""
    kept = []
    for seed in SEEDS:
        private, column = table("value", low, high, 500, seed)
        edges = edges_anywhere(private, column, RHO, 1.0)
        kept.append((min(edges[-1], high) - max(edges[0], low)) / (high - low))
    assert np.mean(kept) > 0.75
    assert np.quantile(kept, 0.1) > 0.3


def held(low: int, high: int, rows: int, rho: float, name: str = "value") -> np.ndarray:
    """For each seed: what is beyond either end, and what is kept, as shares of the real range."""
    found = []
    for seed in SEEDS:
        edges = plausible_edges(*table(name, low, high, rows, seed), Rho(rho), 1.0)
        width = high - low
        kept = (min(edges[-1], high) - max(edges[0], low)) / width
        found.append(((low - edges[0]) / width, (edges[-1] - 1 - high) / width, kept))
    return np.array(found)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("age", 18, 89), ("value", 1, 900), ("grams", 2000, 5000), ("income", 5000, 100_000)],
)
def test_a_range_neither_closes_in_nor_overshoots_at_700_people(name: str, low: int, high: int):
    """Of eight columns at epsilon 1: every fifth was a quarter of the real range or less."""
    below, above, kept = held(low, high, 700, 0.0004, name).T
    assert (kept > 0.25).all()
    assert kept.mean() > 0.6
    assert np.median(np.maximum(below, above)) < 0.05
    assert max(below.max(), above.max()) < 0.5


def test_noise_alone_makes_up_no_range_where_few_numbers_lie():
    """In three of these tables a choice of 1 to 5 was found at -11,315,364,055, or at 1e18."""
    for seed in (151, 491, 560, *range(20)):
        private, column = table("choice", 1, 5, 300, seed)
        assert not np.abs(edges_anywhere(private, column, Rho(1e-5), 1.0)).max(initial=0) > 1e6
    private, column = table("debt", 8_000_000, 9_000_000, 2000, 1)
    assert edges_anywhere(private, column, RHO, 1.0)[-1] > 8e6


def test_both_signs_are_within_the_range():
    """Around zero the first look has many intervals, in which nothing lies of most columns."""
    below, above, kept = held(-300, 250, 2000, 0.001).T
    assert kept.min() > 0.6
    assert max(below.max(), above.max()) < 0.2


def test_years_are_found_though_the_grid_is_wide_there():
    below, above, kept = held(1990, 2022, 1000, 0.002).T
    assert kept.min() > 0.6
    assert np.median(np.maximum(below, above)) < 0.5


def test_times_of_a_day_are_looked_for_within_a_day():
    rng = np.random.default_rng(3)
    minutes = pd.to_datetime(rng.integers(8 * 60, 18 * 60, 600), unit="m")
    start = Dates((0.0, 1.0), Origin.OBSERVED, format="%H:%M", resolution=60.0)
    column = Column("at", start, Kind.DATE)
    frame = pd.DataFrame({"at": minutes.strftime("%H:%M")})
    midnight = pd.Timestamp("1900-01-01").timestamp()
    for seed in SEEDS:
        private = PrivateTable(frame, Schema((column,)), Budget(1.0), noise=Replayed(seed))
        edges = (np.asarray(edges_anywhere(private, column, RHO, 60.0)) - midnight) / 3600
        assert 5 <= edges[0] <= 12
        assert 14 <= edges[-1] <= 21


def test_no_age_beyond_what_its_name_allows_comes_from_noise():
    ends = []
    for seed in SEEDS:
        private, column = table("age", 18, 95, 500, seed)
        ends.append(plausible_edges(private, column, RHO, 1.0)[-1])
    assert np.mean(np.asarray(ends) <= 121) > 0.8
    free = [edges_anywhere(*table("age", 18, 95, 500, s), RHO, 1.0)[-1] for s in SEEDS]
    assert sum(e > 121 for e in free) > sum(e > 121 for e in ends)


def test_ages_in_months_keep_their_range():
    """Their name says nothing of months, and the rows that lie beyond are far more than noise."""
    ends = []
    for seed in SEEDS:
        private, column = table("age", 0, 216, 3000, seed)
        ends.append(plausible_edges(private, column, RHO, 1.0)[-1])
    assert min(ends) > 150


def test_which_names_bound_numbers():
    assert bounds_by_name("age") == (0.0, 120.0)
    assert bounds_by_name("month") == (1.0, 12.0)
    assert bounds_by_name("salary") is None
    assert bounds_by_name("country") is None


def test_zeros_among_small_counts_are_within_the_range():
    """Between zero and one lay intervals that no whole number is in, and zero looked far away."""
    reached = []
    for seed in SEEDS:
        private, column = table("visits", 0, 3, 700, seed)
        reached.append(edges_anywhere(private, column, Rho(0.0008), 1.0)[0] <= 0)
    assert np.mean(reached) > 0.7


def test_numbers_and_years_that_few_tables_reach_are_found():
    """All of them became the last number or the last day of the grid."""
    rng = np.random.default_rng(3)
    masses = Numbers((0.0, 1.0), Origin.OBSERVED, spelling=Spelling(scale="e", digits=2))
    large = Numbers((0.0, 1.0), Origin.OBSERVED, decimals=0)
    days = Dates((0.0, 1.0), Origin.OBSERVED, format="%d/%m/%Y")
    buddhist = pd.Series(
        [f"{d:02}/05/{y}" for d, y in rng.integers((1, 2555), (29, 2567), (500, 2))]
    )
    cases = (
        (Column("mass", masses, Kind.REAL), pd.Series(rng.uniform(2, 6, 500) * 1e24), 1e24, 1e25),
        (
            Column("id", large, Kind.INTEGER, stored="uint64"),
            pd.Series(rng.integers(2**63, 2**63 + 10**9, 500, dtype=np.uint64)),
            *(9e18, 1e19),
        ),
        (Column("day", days, Kind.DATE), buddhist, 17_200_000_000, 19_600_000_000),
    )
    for column, values, low, high in cases:
        frame = pd.DataFrame({column.name: values})
        private = PrivateTable(frame, Schema((column,)), Budget(3.0), noise=Replayed(1))
        edges = edges_anywhere(private, column, Rho(0.05), 86_400.0 if column.name == "day" else 1)
        assert low <= edges[0] < edges[-1] <= high
    drawn = replace(large, edges=(9.2e18, 9.3e18)).decode(np.zeros(5, np.int64), rng)
    assert drawn.dtype == "UInt64" and drawn.between(9.2e18, 9.3e18).all()


def test_amounts_on_both_sides_of_zero_are_not_withheld():
    """Either half alone is within the noise, and of two halves one was taken for all."""
    values = np.random.default_rng(3).normal(0, 1000, 500).round()
    column = Column("balance", Numbers((0.0, 1.0), Origin.OBSERVED, decimals=0), Kind.INTEGER)
    found = []
    for seed in SEEDS:
        frame = pd.DataFrame({"balance": values})
        private = PrivateTable(frame, Schema((column,)), Budget(1.0), noise=Replayed(seed))
        edges = edges_anywhere(private, column, Rho(0.003), 1.0)
        found.append(bool(edges) and edges[0] < -500 and edges[-1] > 500)
    assert sum(found) >= 9
