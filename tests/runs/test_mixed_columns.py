"""Columns of masses, codes and a continuous rest, through every method: nothing absurd is drawn."""

import io
from functools import cache

import numpy as np
import pandas as pd
import pytest

from synth.learning.method import Promise
from synth.methods import all_methods
from synth.runs import Recipe, run

METHODS = {m.name: m.promise for m in all_methods() if m.promise is not Promise.NO_ROW_READ}
MANY = 1_500
UNKNOWN = "unknown"


@cache
def people() -> pd.DataFrame:
    """Incomes: many of 0 and of 500, a code, a tail; scores in half steps; whole ages; days."""
    rng = np.random.default_rng(21)
    kind = rng.choice(4, MANY, p=[0.3, 0.2, 0.05, 0.45])
    income = np.round(rng.gamma(3.0, 200.0, MANY) + 100, 1)
    income = np.where(kind == 0, 0.0, np.where(kind == 1, 500.0, income))
    days = pd.Timestamp("2023-01-02") + pd.to_timedelta(rng.integers(0, 200, MANY), "D")
    written = np.array([f"{x:.1f}" for x in income], dtype=object)
    return pd.DataFrame(
        {
            "income": np.where(kind == 2, UNKNOWN, written),
            "score": [f"{x / 2:.1f}" for x in rng.binomial(10, 0.6, MANY)],
            "age": (18 + rng.binomial(60, 0.4, MANY)).astype(str),
            "day": days.strftime("%Y-%m-%d"),
        }
    )


DECLARED = [
    {"name": "income", "kind": "real", "decimals": 1, "low": 0, "high": 4000, "codes": [UNKNOWN]},
    {"name": "score", "kind": "real", "decimals": 1, "low": 0, "high": 5},
    {"name": "age", "kind": "integer", "low": 0, "high": 120},
    {
        "name": "day",
        "kind": "date",
        "format": "%Y-%m-%d",
        "low": "2023-01-01",
        "high": "2023-12-31",
    },
]


def released(method: str, *, declared: bool):
    told = {
        "column": DECLARED if declared else (),
        "method": {"name": method},
        "privacy": {"epsilon": 50.0},
        "release": {"rows": 2_000},
    }
    if METHODS[method] is Promise.K_PEOPLE:
        told["method"]["gaps"] = "leave"
    release = run(Recipe.model_validate(told), people()).release
    drawn = io.BytesIO(release.files()["synthetic.csv"])
    return release, pd.read_csv(drawn, dtype=str, keep_default_na=False)


def numbers(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column, errors="coerce").dropna()


@pytest.mark.parametrize("declared", [False, True], ids=["found", "declared"])
@pytest.mark.parametrize("method", METHODS)  # kde blurs masses, and rows of k leave some open
def test_masses_codes_and_ranges_come_through_every_method(method, declared):
    release, made = released(method, declared=declared)
    real = people()
    words = {n: set(made[n][numbers(made[n]).index.symmetric_difference(made.index)]) for n in made}
    assert words["income"] <= {UNKNOWN, ""}
    assert words["score"] | words["age"] <= {""}
    for name in ("income", "score", "age"):
        was, new = numbers(real[name]), numbers(made[name])
        domain = release.model.schema.domain(name)
        edges = np.asarray(getattr(domain, "edges", (was.min(), was.max())))
        step = np.diff(edges).max() if len(edges) > 1 else 0
        assert len(new)
        assert new.min() >= was.min() - step and new.max() <= was.max() + step
    for value in (0.0, 500.0):
        drawn, there = ((numbers(f["income"]) == value).mean() for f in (made, real))
        assert drawn > there / 6
        if method != "kde" and METHODS[method] is not Promise.K_PEOPLE:
            assert abs(drawn - there) < 0.1
    day, seen = made["day"][made["day"] != ""], pd.to_datetime(real["day"])
    if declared or METHODS[method] is not Promise.PRIVATE:
        assert day.between("2023-01-01", "2023-12-31").all()
    else:  # no further out than the intervals that hold the first real day and the last
        edges = pd.to_datetime(release.model.schema.domain("day").edges, unit="s")
        drawn = pd.to_datetime(day)
        assert drawn.min() >= edges[edges <= seen.min()].max()
        assert drawn.max() < edges[edges > seen.max()].min()
