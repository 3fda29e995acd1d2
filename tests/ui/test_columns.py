"""The table of columns: what is typed is declared, and what was seen first is said to be."""

import io

import pandas as pd
import pytest

from synth.budget import Budget
from synth.errors import SchemaError
from synth.ingest import load
from synth.ingest.declaration import ColumnPart, declared, declared_column
from synth.runs import Recipe, run
from synth.runs.recipe import MethodPart, Privacy
from synth.schema import Kind, Origin
from tests.people import some_people
from ui.columns import _line, _part, _still, _wide, column_frame

TABLE = some_people().to_csv(index=False).encode()


@pytest.fixture
def seen():
    return load(io.BytesIO(TABLE), Budget(1.0)).suggestions


def changed(seen, name, **typed):
    """What one line declares after something was typed into it."""
    before = _line(seen[name].column, None)
    return _part(seen[name].column, seen[name], before, before | typed)


def test_nothing_is_taken_as_known_before_somebody_types_it(seen):
    frame = column_frame(declared(seen, []), [])
    assert not frame["known"].any()
    assert frame[["listed", "low", "high"]].isna().all(axis=None)
    assert "0 to" in frame.set_index("column")["values"]["age"]  # for the custodian's eyes


def test_a_long_range_has_two_lines_and_its_column_room_for_each_and_for_a_format():
    text = "at\n" + "\n".join(f"2021-03-{1 + n % 28:02d}T10:0{n % 9}:00+02:00" for n in range(60))
    found = load(io.BytesIO(text.encode()), Budget(1.0)).suggestions
    (line,) = column_frame(declared(found, []), [], found).to_dict("records")
    low, high = line["values"].split("\n")
    assert low.startswith("2021-03-01T") and high.startswith("to 2021-03-28T")
    assert _wide(pd.Series([line["values"]]), "In your rows") >= 8 * len(high)
    assert _wide(pd.Series([line["written"]]), "Written as") >= 8 * len(line["written"])


def test_what_is_known_without_the_rows_is_declared(seen):
    part = changed(seen, "age", known=True, low="0", high="120")
    column = declared_column(seen["age"], part)
    assert (column.facts, column.domain.origin) == (Origin.DECLARED, Origin.BOUNDED)
    part = changed(seen, "city", known=True, listed="Oslo; Rome ;Oslo")
    assert part.values == ("Oslo", "Rome")
    assert not part.seen


def test_a_tick_alone_declares_no_value_that_was_read_off_the_rows(seen):
    part = changed(seen, "city", known=True)
    assert part.kind is Kind.CATEGORY
    assert part.values is None
    assert declared_column(seen["city"], part).domain.origin is Origin.OBSERVED


@pytest.mark.parametrize("typed", [{"low": "0", "high": "99"}, {"kind": "category"}])
def test_what_is_settled_after_looking_is_said_to_be(seen, typed):
    part = changed(seen, "age", **typed)
    assert part.seen
    assert declared_column(seen["age"], part).facts is Origin.CONFIRMED


def test_a_meaning_settles_nothing(seen):
    part = changed(seen, "age", meaning="in years")
    assert (part.kind, part.seen, part.meaning) == (None, False, "in years")


def test_the_label_names_the_columns_that_were_settled_after_looking(seen):
    part = changed(seen, "age", low="0", high="99")
    recipe = Recipe(
        column=(part,), method=MethodPart(name="independent"), privacy=Privacy(epsilon=5.0)
    )
    guarantee = run(recipe, io.BytesIO(TABLE)).release.statement.guarantee
    assert guarantee.short == "No formal guarantee for: `age`"
    recipe = recipe.model_copy(update={"column": ()})
    assert run(recipe, io.BytesIO(TABLE)).release.statement.formal


def test_what_a_click_declared_stays_when_a_meaning_is_typed(seen):
    before = ColumnPart(name="age", public="ages", codes=("-99",))
    old = _line(declared_column(seen["age"], before), before)
    new = old | {"meaning": "in years"}
    part = _still(before, _part(seen["age"].column, seen["age"], old, new), old, new)
    assert part == before.model_copy(update={"meaning": "in years"})


def test_each_column_is_shown_at_a_glance(seen):
    frame = column_frame(declared(seen, []), [], seen).set_index("column")
    assert len(frame.loc["age", "spread"]) == 16
    assert sum(frame.loc["age", "spread"]) == len(some_people())
    assert frame.loc["age", "missing"] == 0


def test_what_a_click_said_stays_when_a_line_is_typed_in(seen):
    said = ColumnPart(name="age", missing_as="NA", codes=("-9",), template="name in de_DE")
    before = _line(seen["age"].column, None)
    after = before | {"low": "0", "high": "120"}
    part = _still(said, _part(seen["age"].column, seen["age"], before, after), before, after)
    assert (part.missing_as, part.codes, part.template) == ("NA", ("-9",), None)
    named = before | {"role": "identifier"}
    part = _still(said, _part(seen["age"].column, seen["age"], before, named), before, named)
    assert part.template == "name in de_DE"


def test_a_step_is_typed_and_taken_back(seen):
    column = seen["age"].column
    before = _line(column, None)
    part = _part(column, seen["age"], before, before | {"known": True, "step": "5"})
    assert (part.step, declared_column(seen["age"], part).domain.step) == (5, 5)
    line = _line(declared_column(seen["age"], part), part)
    assert line["step"] == "5"
    after = line | {"step": None}
    assert _still(part, _part(column, seen["age"], line, after), line, after).step is None
    for typed in ("0.5", "inf", "monday"):
        part = _part(column, seen["age"], before, before | {"step": typed})
        with pytest.raises(SchemaError, match="steps of"):
            declared_column(seen["age"], part)
