"""What the type of a column's source settles is known, and costs nothing."""

from __future__ import annotations

import io
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth.budget import Measured
from synth.runs import Outcome, read_recipe, run
from synth.schema import Kind, Origin

TYPED = {
    "yes": pa.array([True, False, None] * 100),
    "day": pa.array([date(2024, 1, 1 + i % 28) for i in range(300)], pa.date32()),
    "count": pa.array([i % 40 for i in range(300)], pa.int16()),
    "wide": pa.array([None, *range(299)], pa.uint64()),
}
OPEN = {
    "share": pa.array([i / 8 for i in range(300)], pa.float64()),
    "moment": pa.array(range(300), pa.timestamp("s")),
    "word": pa.array(["a", "b"] * 150),
}


def of_parquet(columns: dict[str, pa.Array], told: str = "") -> Outcome:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    file.seek(0)
    recipe = '[method]\nname = "independent"\n[privacy]\nepsilon = 5.0\n'
    return run(read_recipe(recipe + told), file)


def asked(outcome: Outcome, door: str) -> set[str]:
    purposes = [e.purpose for e in outcome.entries if isinstance(e, Measured)]
    return {p.rsplit(": ", 1)[1] for p in purposes if p.startswith(door)}


def test_what_the_type_of_a_column_settles_is_not_asked():
    """A truth value, a date or a whole number of a Parquet file paid for a histogram of shapes."""
    outcome = of_parquet(TYPED | OPEN)
    assert asked(outcome, "how cells are written") == set(OPEN)
    assert asked(outcome, "how many values there are") == set(OPEN)
    kinds = {c.name: (c.kind, c.facts) for c in outcome.release.model.schema if c.name in TYPED}
    assert kinds["yes"] == (Kind.BOOLEAN, Origin.DISCOVERED)
    assert kinds["day"] == (Kind.DATE, Origin.DISCOVERED)
    assert kinds["count"][0] is kinds["wide"][0] is Kind.INTEGER
    assert outcome.release.statement.formal
    assert outcome.rows["count"].between(0, 60).all()
    assert set(outcome.rows["yes"].dropna()) == {True, False}


def test_nothing_of_a_table_whose_types_settle_it_all_is_asked_of_its_rows():
    columns = {name: TYPED[name] for name in ("day", "count")}
    assert asked(of_parquet(columns), "how") == set()


@pytest.mark.parametrize("told", [{"patient_id": "count"}, {"nhs_number": "wide"}])
def test_what_may_be_the_number_of_a_person_is_asked_whatever_its_type(told):
    columns = {new: TYPED[old] for new, old in told.items()} | {"day": TYPED["day"]}
    assert asked(of_parquet(columns), "how many values there are") == set(told)


def test_a_step_makes_something_else_of_a_typed_column_and_then_it_is_asked():
    """Its type is no longer that of its source: masked numbers are words."""
    step = '[[protect]]\nstep = "mask"\ncolumn = "count"\nfirst = 1\n'
    outcome = of_parquet(TYPED, step)
    assert "count" in asked(outcome, "how cells are written")
