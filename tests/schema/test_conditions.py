"""Conditions are read as SQL reads them, and states hold all that rows may be."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import ConditionError
from synth.schema import Categories, Column, Dates, Numbers, Pattern, Role, Schema, Text
from synth.schema.condition_reading import read_where
from synth.schema.conditions import holds, possible_states
from synth.schema.spelling import Spelling

DAY = 86400.0
COMMA = Spelling(mark=",", after=" €")
SCHEMA = Schema(
    (
        Column("id", Pattern("A-##"), role=Role.IDENTIFIER),
        Column("sex", Categories(("F", "M"), missing=True, other=True)),
        Column("grade", Categories(("1", "2", "10"), missing=True, typed="integer")),
        Column("pregnant", Categories(("no", "yes"), missing=True)),
        Column("age", Numbers((0, 18, 65, 121), missing=True, decimals=0, codes=("unknown",))),
        Column("lab value", Numbers((0.0, 5.0, 10.0), decimals=1, codes=("-99",))),
        Column("pay", Numbers((0.0, 500.0, 1000.0), decimals=2, spelling=COMMA)),
        Column("came", Dates((0.0, DAY * 10, DAY * 20), missing=True)),
        Column("at", Dates((0.0, DAY, DAY * 3), format="%d.%m.%Y %H:%M", resolution=60.0)),
        Column("note", Text(missing=True)),
    )
)
ROWS = pd.DataFrame(
    {
        "id": ["A-01", "A-02", "A-03", "A-04"],
        "sex": ["F", "M", None, "(other)"],
        "grade": pd.array([1, 2, 10, None], "Int64"),
        "pregnant": ["yes", "no", None, "no"],
        "age": ["17", "65", "unknown", None],
        "lab value": [0.5, -99.0, 7.0, 5.0],
        "pay": [1.5, 600.0, 999.99, 0.0],
        "came": ["1970-01-02", "1970-01-12", None, "1970-01-20"],
        "at": ["01.01.1970 00:00", "01.01.1970 23:59", "02.01.1970 00:00", "03.01.1970 12:00"],
        "note": ["(text withheld)", None, None, "(text withheld)"],
    }
)
SAID = {
    "sex = 'F'": [0],
    'sex = "F"': [0],
    "SEX = 'F'": [0],
    "sex <> 'F'": [1, 3],
    "not sex = 'F'": [1, 3],
    "sex in ('F', 'M')": [0, 1],
    "sex not in ('F', 'M')": [3],
    "sex = '(other)'": [3],
    "came < '7374-01-05'": [0, 1, 3],
    "came > '0001-01-05'": [0, 1, 3],
    "sex is missing": [2],
    "sex is not null": [0, 1, 3],
    "grade > 1": [1, 2],
    "grade = 10": [2],
    "grade = '10.0'": [2],
    "pregnant": [0],
    "not pregnant": [1, 3],
    "pregnant = true": [0],
    "age >= 65": [1],
    "age < 65": [0],
    "80 > age": [0, 1],
    "age = 'unknown'": [2],
    "age <> 65": [0, 2],
    "age is missing": [3],
    "not (age < 65 or sex = 'F')": [1],
    "age < 65 or sex is missing": [0, 2],
    "`lab value` between 0.5 and 5": [0, 3],
    '"lab value" < 6': [0, 3],
    "`lab value` = -99": [1],
    "pay = '600,00 €'": [1],
    "pay > 600.5": [2],
    "came = '1970-01-12'": [1],
    "came <= date '1970-01-12'": [0, 1],
    "at <= '1970-01-01'": [0, 1],
    "at > '1970-01-01'": [2, 3],
    "at = '1970-01-01'": [0, 1],
    "at >= '1970-01-01 23:59'": [1, 2, 3],
    "note is missing": [1, 2],
    "no missing values": [0],
    "No Missing Values and sex = 'F'": [0],
    "not no missing values": [1, 2, 3],
}


@pytest.mark.parametrize(("text", "rows"), SAID.items(), ids=list(SAID))
def test_rows_hold_what_sql_would_say(text, rows):
    where = read_where(text, SCHEMA)
    assert np.flatnonzero(holds(where, ROWS, SCHEMA)).tolist() == rows


@pytest.mark.parametrize("text", SAID)
def test_no_row_that_holds_it_is_in_a_state_that_may_not(text):
    where = read_where(text, SCHEMA)
    rows = SCHEMA.decode(
        {
            c.name: np.random.default_rng(3).integers(c.domain.size, size=400)
            for c in SCHEMA.modelled
        },
        np.random.default_rng(4),
    )
    held = holds(where, rows, SCHEMA)
    for name, may in possible_states(where, SCHEMA).items():
        codes = np.asarray(SCHEMA.domain(name).encode(rows[name]))
        assert may[codes[held]].all()


@settings(max_examples=80, deadline=None)
@given(
    st.recursive(
        st.sampled_from([t for t in SAID if "no missing" not in t.lower()]),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
                lambda t: f"({t[0]}) {t[1]} ({t[2]})"
            ),
            inner.map(lambda t: f"not ({t})"),
        ),
        max_leaves=5,
    ),
    st.integers(0, 1000),
)
def test_nor_in_any_combination(text, seed):
    where = read_where(text, SCHEMA)
    rng = np.random.default_rng(seed)
    codes = {c.name: rng.integers(c.domain.size, size=200) for c in SCHEMA.modelled}
    rows = SCHEMA.decode(codes, rng)
    held = holds(where, rows, SCHEMA)
    for name, may in possible_states(where, SCHEMA).items():
        assert may[codes[name][held]].all()


def test_states_are_cut_where_a_bound_is():
    found = possible_states(read_where("age >= 65 and sex = 'F'", SCHEMA), SCHEMA)
    assert found["age"].tolist() == [False, False, True, False, False]
    assert found["sex"].tolist() == [True, False, False, False]
    found = possible_states(read_where("age > 20", SCHEMA), SCHEMA)
    assert found["age"].tolist() == [False, True, True, False, False]
    found = possible_states(read_where("age > 20 or sex = 'F'", SCHEMA), SCHEMA)
    assert found == {}


REFUSED = {
    "sex like 'F%'": "not understood",
    "sex = 'F'; drop table x": "not understood",
    "(select 1)": "not understood",
    "sex in (select 1)": "not understood",
    "lower(sex) = 'f'": "not understood",
    "age + 1 > 3": "not understood",
    "1 = 1": "not understood",
    "sex = 'F' and": "not understood",
    "sex = 'F": "not understood",
    "other.sex = 'F'": "not understood",
    "": "none",
    "x" * 3000: "none",
    "town = 'Oslo'": "no column `town`",
    "sex = 'X'": "`sex` never is what",
    "sex > 'F'": "neither numbers nor dates",
    "age > 'old'": "no number",
    "came > 'soon'": "no date",
    "id = 'A-01'": "identifier",
    "note = 'x'": "free text",
    "sex": "does not say yes or no",
    "age > grade": "Only a column and values",
}


@pytest.mark.parametrize(
    ("text", "why"), REFUSED.items(), ids=[str(i) for i in range(len(REFUSED))]
)
def test_what_is_no_condition_is_a_sentence(text, why):
    with pytest.raises(ConditionError, match=why):
        read_where(text, SCHEMA)


def test_brackets_within_brackets_come_to_an_end():
    with pytest.raises(ConditionError):
        read_where("(" * 900 + "sex = 'F'" + ")" * 900, SCHEMA)


def test_words_of_ours_within_quotes_are_values():
    schema = Schema((Column("say", Categories(("no missing values", "x is missing"))),))
    rows = pd.DataFrame({"say": ["no missing values", "x is missing"]})
    for i, text in enumerate(rows["say"]):
        where = read_where(f"say = '{text}'", schema)
        assert np.flatnonzero(holds(where, rows, schema)).tolist() == [i]
