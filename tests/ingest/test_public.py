"""Public lists: told by a column's name, confirmed by its values, declared in one word."""

import io

import pandas as pd
import pytest
from pydantic import ValidationError

from synth.errors import SynthError
from synth.ingest.declaration import ColumnPart, declared_column
from synth.ingest.public import PUBLIC, fitting, proposed, public_named
from synth.ingest.suggest import suggest
from synth.runs import Recipe, read_recipe, run
from synth.runs.recipe import MethodPart, Privacy
from synth.runs.recipe_file import recipe_text
from synth.schema import Kind, Origin, Role

TABLE = pd.DataFrame(
    {
        "age": [18 + i % 70 for i in range(400)],
        "gender": ["F", "M", "M", "F"] * 100,
        "country": ["DE", "FR", "PL", "BR", "NA"] * 80,
        "month": [1 + i % 12 for i in range(400)],
        "state": ["open", "closed"] * 200,
        "Q1": [1 + i % 5 for i in range(400)],
        "blood_group": ["A+", "O-", "B+", "AB-"] * 100,
        "smoker": ["yes", "no"] * 200,
        "weight": [50 + i % 40 for i in range(400)],
        "pct": [f"{i % 100}.5" for i in range(400)],
        "lat": [f"{40 + i % 9}.{i % 100:02}" for i in range(400)],
        "share": [f"0.{i % 97:02}" for i in range(400)],
        "Q2": [i % 11 for i in range(400)],
    }
)


@pytest.mark.parametrize("key", PUBLIC)
def test_every_list_makes_a_domain_known_without_the_rows(key):
    seen = suggest(pd.DataFrame({"x": ["?", "!"] * 10}))["x"]
    column = declared_column(seen, ColumnPart(name="x", public=key))
    if PUBLIC[key].whole:
        assert (column.facts, column.domain.origin) == (Origin.DECLARED, Origin.DECLARED)
        assert column.domain.size > 2
    else:  # where to cut, and how many places there are, is found out
        assert column.domain.origin is Origin.BOUNDED
        ends = column.domain.edges[0], column.domain.edges[-1]
        assert ends == (PUBLIC[key].low, PUBLIC[key].high)


def test_the_lists_hold_what_they_are_called():
    assert len(public_named("iso-countries").values) == 249
    three = public_named("iso-countries-3").values
    assert len(three) == 249
    assert {"DEU", "FRA", "COD", "USA"} < set(three)
    assert {"EUR", "USD", "JPY"} < set(public_named("iso-currencies").values)
    assert not {"DEM", "FRF"} & set(public_named("iso-currencies").values)
    assert len(public_named("icd-10-chapters").values) == 22
    assert len(public_named("uk-postcode-areas").values) == 126  # 124, BF and BX
    assert len(public_named("us-states").values) == 56
    assert all(len(set(p.values)) == len(p.values) for p in PUBLIC.values() if p.values)


def test_the_name_proposes_and_the_values_confirm():
    told = {n: proposed(s) for n, s in suggest(TABLE).items()}
    assert told == {
        "age": "ages",
        "gender": "sex-letters",
        "country": "iso-countries",
        "month": "months",
        "state": "",
        "Q1": "likert-5",
        "blood_group": "blood-groups",
        "smoker": "yes-no",
        "weight": "",
        "pct": "percentages-exact",
        "lat": "latitudes",
        "share": "shares",
        "Q2": "answers-to-10",
    }


@pytest.mark.parametrize("code", [-99, 999])
def test_a_code_beside_the_values_does_not_hide_the_list(code):
    table = pd.DataFrame({"age": [*range(18, 90)] * 5 + [code] * 20, "year": [1990] * 380})
    assert [proposed(s) for s in suggest(table).values()] == ["ages", "years"]


def test_values_alone_propose_nothing():
    table = TABLE.rename(columns={"age": "x", "gender": "y", "country": "z"})
    assert [proposed(s) for s in suggest(table[["x", "y", "z"]]).values()] == ["", "", ""]
    assert fitting("x") == ()


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("alter", "ages"),
        ("geschlecht", "sex-letters"),
        ("pays", "iso-countries"),
        ("jahr", "years"),
    ],
)
def test_names_in_other_languages_propose_too(words, key):
    assert key in fitting(words)


def test_one_word_of_a_recipe_declares_a_column_and_stays_one_word():
    recipe = read_recipe('[[column]]\nname = "country"\npublic = "iso-countries"\n')
    (part,) = recipe.column
    assert part.kind is Kind.CATEGORY
    assert part.role is Role.QUASI
    assert "NA" in part.values
    text = recipe_text(recipe)
    assert 'public = "iso-countries"' in text
    assert "values" not in text
    assert read_recipe(text) == recipe


def test_what_is_said_besides_a_list_stands():
    part = ColumnPart(name="age", public="ages", high=99, role=Role.PLAIN)
    assert (part.low, part.high, part.role) == (0, 99, Role.PLAIN)
    again = read_recipe(recipe_text(Recipe(column=(part,))))
    assert again.column == (part,)


def test_an_unknown_list_is_refused_with_those_there_are():
    with pytest.raises(ValidationError, match="no public list"):
        ColumnPart(name="age", public="aeons")
    with pytest.raises(SynthError, match="no public list `aeons`"):
        read_recipe('[[column]]\nname = "age"\npublic = "aeons"\n')


def test_a_column_of_a_public_list_costs_nothing_to_find_out():
    def purposes(parts):
        recipe = Recipe(
            column=parts, method=MethodPart(name="independent"), privacy=Privacy(epsilon=5.0)
        )
        csv = io.BytesIO(TABLE[["country", "age"]].to_csv(index=False).encode())
        statement = run(recipe, csv).release.statement
        assert statement.formal
        return {e.purpose for e in statement.measured}

    some = tuple(
        ColumnPart(name=n, public=k) for n, k in (("age", "ages"), ("country", "iso-countries"))
    )
    found = ("how cells are written", "how many values", "values that many rows share")
    assert any(p.startswith(found) for p in purposes(()))
    assert not any(p.startswith(found) for p in purposes(some))
