"""How many rows break a rule, in tables where it is known how many do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import RuleError
from synth.schema import Categories, Column, Dates, Kind, Numbers, Pattern, Role, Schema, Text
from synth.schema.obeying import check_named, unfit
from synth.schema.rule_counts import RuleCounts, counted
from synth.schema.rules import rule_of

SCHEMA = Schema(
    (
        Column("id", Pattern("A-####"), role=Role.IDENTIFIER),
        Column("came", Dates((0.0, 4e9), format="%d/%m/%Y", missing=True), Kind.DATE),
        Column("arrived", Dates((0.0, 4e9), format="%Y-%m-%d %H:%M", resolution=60.0), Kind.DATE),
        Column("left", Dates((0.0, 4e9), format="%d.%m.%y", codes=("open",)), Kind.DATE),
        Column("a", Numbers((0.0, 100.0), decimals=2, missing=True), Kind.REAL),
        Column("b", Numbers((0.0, 100.0), decimals=1, codes=("-99",)), Kind.REAL),
        Column("total", Numbers((0.0, 300.0), decimals=1), Kind.REAL),
        Column("sex", Categories(("F", "M"), missing=True)),
        Column("pregnant", Categories(("no", "yes"))),
        Column("district", Categories(("A", "B", "C 1"), other=True)),
        Column("region", Categories(("N", "S"))),
        Column("stay", Categories(("0", "1", "2"), typed="integer")),
        Column("note", Text(missing=True), Kind.TEXT),
    )
)


def broken(text: str, **cells: list[object]) -> int | None:
    frame = pd.DataFrame({name: pd.Series(held, dtype=object) for name, held in cells.items()})
    return counted([rule_of(text)], frame, SCHEMA)[0].broken


def test_dates_out_of_order_are_counted_however_they_are_written():
    came = ["01/02/2024", "01/02/2024", "01/02/2024", None, "01/02/2024"]
    left = ["31.01.24", "01.02.24", "02.02.24", "01.01.24", "open"]
    assert broken("left is not before came", came=came, left=left) == 1
    assert broken("came is before left", came=came, left=left) == 2
    assert broken("left is after came", came=came, left=left) == 2
    assert broken("came is not after left", came=came, left=left) == 1


def test_a_day_is_not_before_a_moment_of_that_day():
    told = {
        "came": ["01/02/2024", "31/01/2024"],
        "arrived": ["2024-02-01 12:39", "2024-02-01 00:01"],
    }
    assert broken("came is not before arrived", **told) == 1


def test_numbers_and_codes_beside_them():
    told = {"a": ["1.00", "2.50", "3.00", None], "b": ["2.0", "2.5", "-99", "1.0"]}
    assert broken("a is at least b", **told) == 1
    assert broken("a is less than b", **told) == 1
    assert broken("a is more than b", **told) == 2
    assert broken("stay is at most b", stay=["2", "1"], b=["1.5", "1.0"]) == 1


def test_a_sum_holds_within_the_decimals_of_its_total():
    told = {"a": ["0.10", "1.24", "1.00", None], "b": ["0.2", "1.0", "1.0", "1.0"]}
    assert broken("total = a + b", total=["0.3", "2.2", "2.1", "9.0"], **told) == 1


def test_conditions_hold_where_a_cell_says_yes_or_one_of_the_values():
    told = {"pregnant": ["yes", "yes", "no", "yes"], "sex": ["F", "M", "M", None]}
    assert broken("pregnant only if sex is F", **told) == 1
    assert broken("sex is F when pregnant", **told) == 1
    assert broken("pregnant is no when sex is not F", **told) == 1
    assert broken("pregnant is no only if sex is F or M", **told) == 0


def test_a_condition_on_numbers_means_the_number_and_not_its_text():
    assert broken("sex is F when a is 0", a=["0.00", 0, 0.0, "1"], sex=["M", "F", "M", "M"]) == 2


def test_that_there_is_something_is_a_condition_too():
    told = {"left": ["01.02.24", None, "01.02.24"], "sex": ["F", "M", "M"]}
    assert broken("left only if sex is F", **told) == 1
    assert broken("sex only if left", **told) == 1


def test_what_is_gathered_as_other_decides_nothing_and_is_decided_by_nothing():
    told = {"district": ["(other)", "(other)", "A"], "region": ["N", "S", "N"]}
    assert broken("district decides region", **told) == 0
    assert broken("region decides district", **told) == 0


def test_a_function_is_broken_by_what_is_not_usual_and_unique_values_by_all_but_the_first():
    told = {"district": ["A", "A", "A", "B", None], "region": ["N", "N", "S", "S", "S"]}
    assert broken("district decides region", **told) == 1
    assert broken("region decides district", **told) == 1
    assert broken("stay is unique", stay=["1", "1", None, None, "2", "1"]) == 2


@given(st.lists(st.tuples(*[st.sampled_from("ABC")] * 2), max_size=40), st.integers(1, 40))
def test_blocks_of_a_table_break_a_rule_as_often_as_the_table(cells, size):
    frame = pd.DataFrame(cells, columns=["district", "region"], dtype=object)
    rules = [rule_of("district decides region"), rule_of("district is unique")]
    made = RuleCounts(rules, SCHEMA)
    for start in range(0, len(frame), size):
        made.add(frame.iloc[start : start + size].reset_index(drop=True))
    made.close()
    assert made.counts == counted(rules, frame, SCHEMA)


def test_a_decoded_table_counts_as_the_written_one():
    rng = np.random.default_rng(0)
    frame = SCHEMA.simulate(300, rng)
    texts = SCHEMA.written(frame).map(lambda v: None if pd.isna(v) else str(v)).astype(object)
    rules = [
        rule_of(t) for t in ("a is at least b", "left is not before came", "sex is F when a is 0")
    ]
    assert counted(rules, frame, SCHEMA) == counted(rules, texts, SCHEMA)
    assert counted(rules, frame, SCHEMA)[0].broken


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("came is before a", "`a` holds no dates"),
        ("sex is before region", "`sex` holds neither numbers nor dates"),
        ("total = a + sex", "`sex` holds no numbers"),
        ("pregnant only if sex is Female", "a value that it names is not among those of `sex`"),
        ("id decides sex", "`id` is an identifier, and each row has a new one"),
        ("note decides sex", "`note` is free text, of which nothing is kept"),
        ("note only if sex is F", ""),
        ("district and region only together as in the data", "which combinations occur is known"),
        ("id is unique", ""),
    ],
)
def test_what_cannot_be_told_says_why(text, why):
    found = unfit(rule_of(text), SCHEMA)
    assert found.startswith(why)
    assert bool(found) is bool(why)


def test_a_column_that_is_not_there_is_refused_and_the_nearest_named():
    with pytest.raises(RuleError, match="Did you mean `district`"):
        check_named([rule_of("distric decides region")], SCHEMA)


def test_a_bound_is_told_where_it_belongs():
    with pytest.raises(RuleError, match="declare its lowest and highest on Columns"):
        check_named([rule_of("a is at least 0")], SCHEMA)
