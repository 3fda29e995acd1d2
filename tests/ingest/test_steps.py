"""Numbers that come in steps keep them, where that is told from noise."""

from __future__ import annotations

import io
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synth.budget import Budget, Rho
from synth.errors import SchemaError
from synth.ingest import load
from synth.ingest.declaration import ColumnPart, declared
from synth.ingest.discovery import SHARE, discovered
from synth.ingest.masses import with_masses
from synth.ingest.steps import STEPS, Multiples, largest_step, may_step, stepped
from synth.runs import read_recipe, run
from synth.schema import Column, Dates, Kind, Numbers, Origin, Schema
from synth.schema.date_steps import DATE_STEPS, edges_on, lies_on, on_date_steps
from synth.schema.documents import domain_of
from synth.schema.moments import resolution_of
from synth.schema.spelling import Spelling
from synth.vault import PrivateTable
from tests.people import Silent

ROWS = 20_000
WHOLE = Numbers((0.0, 1.0), Origin.OBSERVED, decimals=0)


def step_told(numbers: list[int], sigma: float, domain: Numbers = WHOLE) -> int:
    asked = Multiples(domain)
    texts = domain.spelling.texts(pd.Series(numbers), 0)
    counts = np.bincount(asked.encode(texts), minlength=asked.size).astype(float)
    return largest_step(asked, counts, sigma)


@pytest.mark.parametrize("step", STEPS)
def test_the_largest_step_is_told_and_zeros_tell_nothing(step: int) -> None:
    numbers = [step * n for n in (1, 2, 3, 7, 9)] * 400
    assert step_told([*numbers, *[0] * 9000], 10.0) == step
    assert step_told(numbers, 200.0) == 1, "too few to be sure"
    assert step_told([*numbers, *[1] * 200], 10.0) == 1
    assert step_told([0] * 9000, 10.0) == 1


@pytest.mark.parametrize(
    ("written", "steps"),
    [("1 days 01:30:05", (60, 900, 3600)), ("PT1H30M", (15, 60, 1440)), ("", (5, 1000))],
)
def test_durations_come_in_steps_of_the_clock(written: str, steps: tuple[int, ...]) -> None:
    """Stays of whole minutes came back with seconds: 60 is one of no number's steps."""
    domain = replace(WHOLE, spelling=Spelling(clock=written))
    for step in steps:
        assert step_told([step * n for n in (1, 2, 3, 7, 11)] * 400, 10.0, domain) == step


def test_whole_numbers_with_a_mean_for_what_was_missing_stay_whole() -> None:
    """Years of school beside 9.9372, which stood for none, came back with four decimals each."""
    domain = replace(WHOLE, decimals=4)
    column = Column("years", domain, Kind.REAL)
    years = np.random.default_rng(3).integers(5, 18, 1100)
    others = np.random.default_rng(4).uniform(5, 18, 1100).round(4)

    def told(numbers: np.ndarray, shared: list[str], rho: float) -> tuple[int, float]:
        frame = pd.DataFrame({"years": [*numbers, *[9.9372] * 400]})
        private = PrivateTable(frame, Schema((column,)), Budget(1.0), noise=Silent())
        found, cost = stepped(private, column, Rho(rho), shared, len(frame))
        assert isinstance(found, Numbers)
        return found.step, float(cost)

    for rho, cost in ((0.001, 0.0001), (0.012, 0.0018)):  # the others are asked for steps as well
        assert told(years, ["9.9372", "12"], rho) == (10_000, pytest.approx(rho / 10))
        assert told(others, ["9.9372", "12"], rho) == (1, pytest.approx(cost))
    assert told(years, ["12"], 0.001) == (1, 0.0)
    kept = with_masses(replace(domain, step=10_000), (5.0, 18.0), ["9.9372", "12"])
    assert kept.edges == (5.0, 9.9372, 9.9373, 12.0, 13.0, 18.0)


def test_steps_come_back_under_a_budget() -> None:
    rng = np.random.default_rng(4)
    table = pd.DataFrame(
        {
            "halves": rng.integers(0, 900, ROWS) / 2,
            "hundreds": rng.integers(-40, 4000, ROWS) * 100,
            "any": rng.integers(0, 4000, ROWS),
        }
    )
    halves = Numbers((0.0, 1.0), Origin.OBSERVED, decimals=1)
    schema = Schema(
        (
            Column("halves", halves, Kind.REAL),
            Column("hundreds", WHOLE, Kind.INTEGER),
            Column("any", WHOLE, Kind.INTEGER),
        )
    )
    private = PrivateTable(table, schema, Budget(3.0, 1e-6))
    rho = Rho(SHARE * private.ledger.left)
    found = discovered(private, rho)
    assert found.ledger.spent <= rho * (1 + 1e-9)
    domains = [found.schema.domain(n) for n in table]
    assert [d.step for d in domains if isinstance(d, Numbers)] == [5, 100, 1]
    drawn = found.schema.decode(
        {n: rng.integers(0, d.size - 1, 500) for n, d in zip(table, domains, strict=True)}, rng
    )
    assert (drawn["halves"].astype(float) * 2 % 1 == 0).all()
    assert (drawn["hundreds"].dropna().astype(int) % 100 == 0).all()
    assert (drawn["any"].dropna().astype(int) % 5 != 0).any()


def test_nothing_is_asked_where_shared_values_speak_against_a_step() -> None:
    table = pd.DataFrame({"n": [1, 2, 3, 4] * 50})
    private = PrivateTable(table, Schema((Column("n", WHOLE, Kind.INTEGER),)), Budget(3.0, 1e-6))
    assert not may_step(private, WHOLE, ["1", "2", "3", "10"])
    assert may_step(private, WHOLE, ["0", "10", "15", "16"])
    assert may_step(private, WHOLE, [])


def test_a_shared_value_off_the_steps_is_kept_beside_them() -> None:
    domain = Numbers((0.0, 1.0), Origin.OBSERVED, decimals=1, step=5)
    found = with_masses(domain, (0.0, 2.0, 4.0), ["1.5", "2.7"])
    assert found.edges == (0.0, 1.5, 2.0, 2.7, 2.8, 4.0)
    drawn = found.decode(np.arange(5).repeat(50), np.random.default_rng(1))
    assert set(drawn) == {0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 2.7, 3.0, 3.5}
    assert found.largest == 3.5
    assert domain_of(found.document()) == found


@pytest.mark.parametrize("step", [0, -5, 2.5, math.inf, 10**9])
def test_a_step_that_no_number_has_is_refused(step: float) -> None:
    with pytest.raises(SchemaError, match="steps"):
        Numbers((0.0, 1.0), decimals=1, step=step)  # type: ignore[arg-type]


def dates(rng: np.random.Generator) -> pd.DataFrame:
    """Dates on steps of several kinds, and some on none."""
    months = pd.date_range("2015-01-01", periods=90, freq="MS")
    mondays = pd.date_range("1990-01-01", periods=1500, freq="W-MON")
    quarters = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 90_000, ROWS) * 15, "m")
    days = pd.Timestamp("2001-01-01") + pd.to_timedelta(rng.integers(0, 5000, ROWS), "D")
    hours = pd.Timestamp("2001-01-01") + pd.to_timedelta(rng.integers(7, 20, ROWS), "h")
    return pd.DataFrame(
        {
            "month": months[rng.integers(0, 90, ROWS)].strftime("%Y-%m-%d"),
            "monday": mondays[rng.integers(0, 1500, ROWS)].strftime("%d/%m/%Y"),
            "15 minutes": quarters.strftime("%Y-%m-%d %H:%M"),
            "hour": hours.strftime("%H:%M"),
            "minute": (hours + pd.to_timedelta(rng.integers(0, 6e5, ROWS), "m")).strftime(
                "%Y-%m-%d %H:%M:%S"
            ),
            "second": (quarters + pd.to_timedelta(rng.integers(0, 899, ROWS), "s")).strftime(
                "%Y-%m-%dT%H:%M:%S.000"
            ),
            "any": days.strftime("%Y-%m-%d"),
        }
    )


FORMATS = {
    "month": "%Y-%m-%d",
    "monday": "%d/%m/%Y",
    "15 minutes": "%Y-%m-%d %H:%M",
    "hour": "%H:%M",
    "minute": "%Y-%m-%d %H:%M:%S",
    "second": "%Y-%m-%dT%H:%M:%S.%3f",
}


def test_steps_of_dates_come_back_under_a_budget() -> None:
    """Days of the month, weekdays and minutes were drawn of which the real table has none."""
    rng = np.random.default_rng(4)
    table = dates(rng)
    schema = Schema(
        tuple(
            Column(n, Dates((0.0, 1.0), Origin.OBSERVED, format=f, resolution=r), Kind.DATE)
            for n in table
            for f in (FORMATS.get(n, "%Y-%m-%d"),)
            for r in (resolution_of(f),)
        )
    )
    private = PrivateTable(table, schema, Budget(3.0, 1e-6))
    rho = Rho(SHARE * private.ledger.left)
    found = discovered(private, rho)
    assert found.ledger.spent <= rho * (1 + 1e-9)
    domains = [found.schema.domain(n) for n in table]
    assert [d.step for d in domains if isinstance(d, Dates)] == [*FORMATS, ""]
    for domain in domains[:-1]:
        assert isinstance(domain, Dates)
        drawn = domain.decode(rng.integers(0, domain.intervals, 3000), rng)
        assert lies_on(domain.seconds(drawn), domain.step).mean() > 0.999
        assert domain_of(domain.document()) == domain


@pytest.mark.parametrize("step", DATE_STEPS)
def test_moments_are_moved_to_steps_within_their_interval(step: str) -> None:
    rng = np.random.default_rng(5)
    edges = edges_on(np.sort(rng.uniform(-1e9, 2e9, 40)), step)
    low, high = edges[:-1], edges[1:]
    drawn = low + rng.random(len(low)) * (high - low)
    moved = on_date_steps(drawn, low, high, step)
    assert lies_on(moved, step).all()
    assert ((moved >= low) & (moved < high)).all()
    drawn[::7] = np.nan  # a missing one stays, and is cast to nothing
    np.testing.assert_equal(
        on_date_steps(drawn, low, high, step), np.where(np.isnan(drawn), np.nan, moved)
    )


def test_steps_are_declared_in_the_recipe() -> None:
    rows = "\n".join(["day,grade", *(f"2020-{i % 12 + 1:02d}-01,{i % 9 / 2}" for i in range(300))])
    suggestions = load(io.BytesIO(rows.encode()), Budget(1.0)).suggestions
    parts = [ColumnPart(name="day", step="month"), ColumnPart(name="grade", step=0.5)]
    schema = declared(suggestions, parts)
    steps = [d.step for c in schema if isinstance(d := c.domain, Numbers | Dates)]
    assert steps == ["month", 5]
    for wrong in (ColumnPart(name="day", step="moon"), ColumnPart(name="grade", step=0.03)):
        with pytest.raises(SchemaError) as error:
            declared(suggestions, [wrong])
        assert error.value.remedy


@pytest.mark.parametrize("method", ["adaptive", "sequential", "kde"])
def test_steps_that_rows_show_are_kept_without_a_promise(method: str) -> None:
    table = dates(np.random.default_rng(7))[:600]
    table["hundreds"] = np.random.default_rng(8).integers(1, 900, 600) * 100
    infinite = "[privacy]\nepsilon = inf\n" if method == "adaptive" else ""
    recipe = read_recipe(f'{infinite}[method]\nname = "{method}"\n')
    outcome = run(recipe, io.BytesIO(table.to_csv(index=False).encode()))
    made, schema = outcome.rows, outcome.release.model.schema
    for name in FORMATS:
        domain = schema.domain(name)
        assert isinstance(domain, Dates)
        assert domain.step == name
        assert lies_on(domain.seconds(made[name].astype(str)), name).mean() > 0.99
    assert (made["hundreds"] % 100 == 0).mean() > 0.99
