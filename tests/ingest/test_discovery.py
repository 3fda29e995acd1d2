"""Discovery: what nobody declared is found under the budget, and only what enough rows share."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from synth.budget import Budget, Measured, Rho
from synth.budget.accounting import gaussian_sigma, looked_at, stability_threshold
from synth.budget.guarantee import DifferentiallyPrivate
from synth.errors import MethodError
from synth.ingest.discovery import MOST_SHARE, SHARE, discovered, share_of, shares, undeclared
from synth.schema import Categories, Column, Dates, Kind, Numbers, Origin, Schema, Text
from synth.vault import PrivateTable
from tests.people import Silent

SEEN = Origin.OBSERVED
ROWS = 20_000


def people() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    days = pd.Timestamp("1990-01-01") + pd.to_timedelta(rng.integers(0, 3650, ROWS), unit="D")
    frame = pd.DataFrame(
        {
            "town": rng.choice(["Ulm", "Rome"], ROWS),
            "age": rng.integers(18, 90, ROWS),
            "weight": rng.normal(70, 12, ROWS).round(1),
            "born": days.strftime("%Y-%m-%d"),
            "note": "x",
        }
    )
    frame.loc[0, "town"] = "Unique on the Hill"
    return frame


SCHEMA = Schema(
    (
        Column("town", Categories(("Rome", "Ulm", "Unique on the Hill"), SEEN, missing=True)),
        Column("age", Numbers((18.0, 50.0, 90.0), SEEN, decimals=0), Kind.INTEGER),
        Column("weight", Numbers((20.0, 60.0, 120.0), SEEN, decimals=1), Kind.REAL),
        Column("born", Dates((0.0, 1e9), SEEN), Kind.DATE),
        Column("note", Text(SEEN), Kind.TEXT),
    )
)


def vault(epsilon: float = 1.0) -> PrivateTable:
    return PrivateTable(people(), SCHEMA, Budget(epsilon, 1e-6))


def found(epsilon: float = 1.0) -> tuple[PrivateTable, PrivateTable]:
    private = vault(epsilon)
    return private, discovered(private, Rho(SHARE * private.ledger.left))


def test_values_that_many_rows_share_are_told_and_one_persons_is_not() -> None:
    _, table = found()
    domain = table.schema.domain("town")
    assert isinstance(domain, Categories)
    assert domain.values == ("Rome", "Ulm")
    assert domain.other and domain.missing


def test_bounds_come_close_to_where_the_rows_lie() -> None:
    _, table = found()
    age, weight = table.schema.domain("age"), table.schema.domain("weight")
    assert isinstance(age, Numbers) and isinstance(weight, Numbers)
    assert 10 <= age.edges[0] <= 24 and 84 <= age.edges[-1] <= 100
    assert 20 <= weight.edges[0] <= 56 and 84 <= weight.edges[-1] <= 130
    assert all(edge == round(edge) for edge in age.edges)


def test_dates_are_found_within_their_decade() -> None:
    _, table = found()
    born = table.schema.domain("born")
    assert isinstance(born, Dates)
    assert pd.Timestamp(born.edges[0], unit="s").year in range(1986, 1992)
    assert pd.Timestamp(born.edges[-1], unit="s").year in range(1998, 2003)


def test_afterwards_the_guarantee_holds_at_the_delta_promised() -> None:
    private, table = found()
    assert not private.statement().formal
    guarantee = table.statement().guarantee
    assert isinstance(guarantee, DifferentiallyPrivate)
    assert guarantee.delta == pytest.approx(1e-6)
    assert guarantee.epsilon == 1.0  # what was set, however little finding out has cost


def test_every_column_has_a_line_in_the_ledger_and_the_share_is_kept() -> None:
    private, _ = found()
    spent = private.ledger.spent
    assert spent == pytest.approx(SHARE * private.ledger.allowed, rel=0.02)
    lines = [e.purpose for e in private.ledger.entries if isinstance(e, Measured)]
    for name in ("town", "age", "weight", "born"):
        assert any(name in line for line in lines)
    assert not any("note" in line for line in lines)


def test_declared_columns_cost_nothing() -> None:
    declared = tuple(
        replace(c, domain=replace(c.domain, origin=Origin.DECLARED))  # type: ignore[type-var]
        for c in SCHEMA
    )
    private = PrivateTable(people(), Schema(declared), Budget(1.0, 1e-6))
    assert undeclared(private.schema) == ()
    assert discovered(private, private.ledger.left).schema == private.schema
    assert private.ledger.spent == 0


def waits() -> pd.DataFrame:
    """Half of the people did not wait at all, the others mostly not for long."""
    rng = np.random.default_rng(4)
    waited = np.minimum(rng.exponential(40, ROWS).round(), 2000)
    return pd.DataFrame({"wait": np.where(rng.random(ROWS) < 0.5, 0, waited).astype(int)})


def bounded(high: int = 10_000) -> Schema:
    """Where between declared bounds to cut nobody has said."""
    edges = tuple(float(e) for e in np.linspace(0, high + 1, 33).round())
    return Schema((Column("wait", Numbers(edges, Origin.BOUNDED, decimals=0), Kind.INTEGER),))


def test_between_declared_bounds_the_cuts_follow_the_rows() -> None:
    private = PrivateTable(waits(), bounded(), Budget(1.0, 1e-6))
    wait = discovered(private, Rho(SHARE * private.ledger.left)).schema.domain("wait")
    assert isinstance(wait, Numbers)
    assert wait.origin is Origin.BOUNDED and wait.origin.public
    assert wait.edges[:2] == (0.0, 1.0)  # half the rows share it
    assert sum(e <= 100 for e in wait.edges) > 10
    assert wait.edges[-1] <= 1000  # nothing is told far beyond the longest wait
    assert wait.bounds == (0.0, 10_000.0)


def test_declared_bounds_stay_whole_where_a_few_people_tell_no_cut() -> None:
    private = PrivateTable(waits().head(50), bounded(), Budget(0.5, 1e-6), noise=Silent())
    wait = discovered(private, Rho(SHARE * private.ledger.left)).schema.domain("wait")
    assert isinstance(wait, Numbers)
    assert (wait.edges[0], wait.edges[-1]) == (0.0, 10_001.0)


def test_no_interval_leaves_the_declared_bounds() -> None:
    private = PrivateTable(waits(), bounded(high=50), Budget(1.0, 1e-6))
    wait = discovered(private, Rho(SHARE * private.ledger.left)).schema.domain("wait")
    assert isinstance(wait, Numbers)
    assert wait.edges[0] >= 0 and wait.edges[-1] <= 51


def test_what_is_found_is_paid_for_and_nothing_where_all_is_declared() -> None:
    assert share_of(SCHEMA) == pytest.approx(SHARE * 4 / 5)
    assert share_of(bounded()) == SHARE
    told = Schema((Column("wait", Numbers((0.0, 9.0, 99.0), Origin.DECLARED), Kind.INTEGER),))
    assert share_of(told) == 0
    private = PrivateTable(waits(), bounded(), Budget(1.0, 1e-6))
    discovered(private, Rho(SHARE * private.ledger.left))
    assert private.ledger.spent == pytest.approx(SHARE * private.ledger.allowed, rel=0.02)


def test_of_few_people_only_what_can_be_told_is_asked_and_more_is_spent_on_it() -> None:
    """300 rows of 9 columns at epsilon 1: half of the columns were withheld, if any was left."""
    private = PrivateTable(waits().head(300), bounded(), Budget(1.0, 1e-6))
    discovered(private, Rho(0.0007), people=300)
    asked = {e.purpose.split(":")[0] for e in private.ledger.entries if isinstance(e, Measured)}
    assert asked == {"where numbers lie"}
    assert private.ledger.spent == pytest.approx(0.0007)
    assert share_of(bounded(), 0.0025, people=300) == MOST_SHARE
    assert SHARE < share_of(bounded(), 0.0025, people=450) < MOST_SHARE
    assert share_of(bounded(), 0.0025, people=3000) == share_of(bounded(), 0.0025) == SHARE


def test_what_a_share_buys_is_told_before_it_is_spent() -> None:
    plan = {s.column: s for s in shares(SCHEMA, Rho(0.01), 1e-8)}
    assert set(plan) == {"town", "age", "weight", "born"}
    assert sum(s.delta for s in plan.values()) == pytest.approx(1e-8)
    assert "fewer than about" in str(plan["town"])
    rich = {s.column: s for s in shares(SCHEMA, Rho(1.0), 1e-8)}
    assert all(rich[name].least < plan[name].least for name in plan)


def test_without_a_budget_there_is_nothing_to_discover_under() -> None:
    private = vault(math.inf)
    with pytest.raises(MethodError, match="Without a privacy budget"):
        discovered(private, private.ledger.left)


@pytest.mark.parametrize("rows", [0, 1])
def test_where_nothing_can_be_told_it_is_refused_and_no_number_comes_from_noise(rows: int) -> None:
    private = PrivateTable(people().head(rows), SCHEMA, Budget(0.5, 1e-6), noise=Silent())
    with pytest.raises(MethodError, match="nothing can be told from noise"):
        discovered(private, Rho(SHARE * private.ledger.left))


def test_a_column_of_which_nothing_can_be_told_is_withheld_as_text_is() -> None:
    frame = people()
    frame["weight"] = np.where(np.arange(ROWS) < 20, frame["weight"], np.nan)
    private = PrivateTable(frame, SCHEMA, Budget(1.0, 1e-6))
    schema = discovered(private, Rho(SHARE * private.ledger.left)).schema
    assert schema["weight"].kind is Kind.TEXT
    assert schema["weight"].domain == Text(Origin.DISCOVERED, missing=True)
    assert isinstance(schema.domain("age"), Numbers)


@pytest.mark.parametrize("rows_per_person", [1, 4])
def test_a_value_of_one_person_passes_the_threshold_no_more_often_than_delta(
    rows_per_person: int,
) -> None:
    """All rows in one value is the worst case for one value; a union bound covers several."""
    rho, delta = 0.01, 1e-3
    sigma = gaussian_sigma(rho, rows_per_person)
    threshold = stability_threshold(rho, delta, rows_per_person)
    reach = stats.norm.sf((threshold - rows_per_person - 1) / sigma)
    assert rows_per_person * reach <= delta
    assert rows_per_person * stats.norm.sf((threshold - rows_per_person - 4) / sigma) > delta / 2
    fewest = looked_at(threshold)  # where rows stay, what fewer share is not looked at
    most = fewest - 1 + rows_per_person  # of a value that is looked at by one person's doing
    higher = stats.norm.sf((threshold + fewest - 1 - most - 1) / sigma)
    assert fewest > 1 and rows_per_person * higher <= delta
