"""Rules held against real rows, and those that real rows propose: for the custodian's eyes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synth.budget import Budget
from synth.evaluate.likely_rules import likely_rules
from synth.evaluate.rules import found_rules, rules_of_real
from synth.ingest import load
from synth.schema.rule_counts import counted
from synth.schema.rules import rule_of


def stays(rows: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    came = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 200, rows), unit="D")
    left = came + pd.to_timedelta(rng.integers(0, 9, rows), unit="D")
    room, board = rng.integers(100, 999, rows), rng.integers(10, 99, rows)
    district = rng.integers(0, 6, rows)
    return pd.DataFrame(
        {
            "came": came.strftime("%d/%m/%Y"),
            "left": left.strftime("%d/%m/%Y"),
            "room": room.astype(str),
            "board": board.astype(str),
            "total": (room + board).astype(str),
            "district": [f"D{i}" for i in district],
            "region": [f"R{i % 2}" for i in district],
            "sex": rng.choice(["F", "M"], rows),
        }
    )


def private(table: pd.DataFrame):
    return load(table, Budget(1.0)).private


def wards(rows: int = 200) -> pd.DataFrame:
    """With columns that are asked of some rows only, and a number nobody shares."""
    rng, table = np.random.default_rng(6), stays(rows)
    pregnant = (table["sex"] == "F") & (rng.random(rows) < 0.5)
    clinic = np.where(rng.random(rows) < 0.5, "C", "S")
    both = rng.random(rows) < 0.3
    shift = rng.choice(["day", "night"], rows)
    return table.assign(
        pregnant=np.where(pregnant, "yes", "no"),
        weeks=[str(i % 40) if p else None for i, p in enumerate(pregnant)],
        shift=shift,
        ward=np.where(both, "G", np.where(shift == "day", clinic, "E")),
        bed=rng.permutation(4 * rows)[:rows].astype(str),
    )


def test_what_no_row_breaks_is_proposed_as_seen():
    told = likely_rules(private(stays()))
    assert {str(r) for r in told} == {
        "left is not before came",
        "district decides region",
        "total = room + board",
    }
    assert all(r.seen for r in told)
    more = {str(r) for r in likely_rules(private(wards()))} - {str(r) for r in told}
    assert more == {
        "bed is unique",
        "pregnant only if weeks",
        "weeks only if pregnant",
        "pregnant only if sex is F",
        "weeks only if sex is F",
        "shift is day when ward is C or S",
        "shift is night when ward is E",
    }


@pytest.mark.parametrize(
    ("column", "value", "gone"),
    [
        ("left", "01/01/2023", "left is not before came"),
        ("total", "7", "total = room + board"),
        ("region", "R9", "district decides region"),
        ("weeks", None, "pregnant only if weeks"),
        ("sex", "M", "pregnant only if sex is F"),
        ("bed", 0, "bed is unique"),
    ],
)
def test_one_row_that_breaks_it_is_enough_for_it_not_to_be(column, value, gone):
    table = wards()
    if column == "bed":
        value = table["bed"][0]
    last = table.index[table["pregnant"] == "yes"][-1]
    assert gone in map(str, likely_rules(private(table)))
    table.loc[last, column] = value
    assert gone not in map(str, likely_rules(private(table)))


def test_two_dates_of_different_years_are_in_an_order_that_says_nothing():
    table = stays()
    table["left"] = table["left"].str.replace("2024", "2031")
    assert "left is not before came" not in map(str, likely_rules(private(table)))


def test_rows_that_break_a_rule_are_counted_on_both_sides():
    table = stays()
    table.loc[[3, 50, 199], "left"] = "01/01/2023"
    drawn = table.assign(left="02/02/2024")
    rules = [
        rule_of("left is not before came"),
        rule_of("district and region only together as in the data"),
    ]
    real = private(table)
    first, second = found_rules(real, drawn, counted(rules, drawn, real.schema))
    late = int((pd.to_datetime(table["came"], dayfirst=True) > "2024-02-02").sum())
    assert (first.broken, first.rows, first.real_broken, first.real_rows) == (late, 200, 3, 200)
    assert first.plain == f"broken in {late} of 200 rows: left is not before came"
    assert (second.broken, second.real_broken) == (0, 0)
    assert rules_of_real(rules, real)[0].broken == 3
    assert "199" not in repr(first)


def test_a_combination_that_no_real_row_has_is_a_stranger():
    table = stays()
    drawn = table.copy()
    drawn.loc[:9, "region"] = np.where(drawn.loc[:9, "region"] == "R0", "R1", "R0")
    rule = rule_of("district and region only together as in the data")
    real = private(table)
    (found,) = found_rules(real, drawn, counted([rule], drawn, real.schema))
    assert found.broken == 10
    drawn.loc[:29, "district"] = "(other)"  # of which nobody can tell what it stands for
    assert found_rules(real, drawn, counted([rule], drawn, real.schema))[0].broken == 0


def test_a_function_that_was_not_learnt_is_told_although_every_row_keeps_it():
    table = stays()
    drawn = table.assign(region="R0")
    rule, real = rule_of("district decides region"), private(table)
    (found,) = found_rules(real, drawn, counted([rule], drawn, real.schema))
    odd = int((table["region"] == "R1").sum())
    assert (found.broken, found.strange) == (0, odd)
    assert (
        f"{odd} of 200 synthetic rows keep it with another value than any real row" in found.plain
    )
    (right,) = found_rules(real, table, counted([rule], table, real.schema))
    assert right.plain == "kept: district decides region"
