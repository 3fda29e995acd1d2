import numpy as np
import pytest

from synth.errors import SchemaError
from synth.schema import Categories, Column, Origin, Pattern, Role, Schema
from tests.people import SCHEMA


def test_the_document_of_a_schema_describes_it():
    with_name = Schema((*SCHEMA.columns, Column("id", Pattern("##-AA"), role=Role.IDENTIFIER)))
    assert Schema.of(with_name.document()).document() == with_name.document()


def test_a_column_declared_twice_is_refused():
    with pytest.raises(SchemaError, match="Columns city are declared twice"):
        Schema((SCHEMA["city"], SCHEMA["city"]))


def test_an_unknown_column_lists_the_known_ones():
    with pytest.raises(SchemaError, match=r"no column `town`.*city, age, ill"):
        SCHEMA["town"]


def test_an_unknown_role_lists_the_choices():
    document = {**SCHEMA["city"].document(), "role": "secret"}
    with pytest.raises(SchemaError, match=r"role `secret`.*identifier, quasi-identifier"):
        Schema.of([document])


def test_identifiers_are_not_modelled_but_come_back(rng):
    schema = Schema((Column("id", Pattern("####"), role=Role.IDENTIFIER), SCHEMA["city"]))
    assert [c.name for c in schema.modelled] == ["city"]
    rows = schema.decode({"city": np.array([0, 1])}, rng)
    assert list(rows) == ["id", "city"]
    assert rows["id"].is_unique


def test_an_identifier_cannot_be_counted():
    schema = Schema((Column("id", Pattern("####"), role=Role.IDENTIFIER),))
    with pytest.raises(SchemaError, match="`id` is an identifier and cannot be counted"):
        schema.shape(("id",))


def test_observed_columns_are_named():
    seen = Column("x", Categories(("a",), Origin.OBSERVED))
    assert Schema((SCHEMA["city"], seen)).observed == ("x",)


def test_simulated_rows_follow_the_schema(rng):
    rows = SCHEMA.simulate(300, rng)
    assert set(rows["city"]) <= {"Oslo", "Rome", "(other)"}
    assert rows["age"].between(0, 120).all()
