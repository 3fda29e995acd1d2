"""Counts in a bundle, and a bundle held against the real table."""

from __future__ import annotations

import io
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from synth.budget import Budget
from synth.errors import NotReleasable
from synth.learning.seeded import as_model, counting_of, grounded
from synth.methods.aggregate_seeded import AggregateSeeded
from synth.methods.row_seeded import RowSeeded
from synth.methods.unseeded import Unseeded
from synth.methods.value_seeded import ValueSeeded
from synth.release import Bundle
from synth.release.counts import aggregates_of, recheck, uncounted
from synth.runs import Recipe, run
from synth.schema import Categories, Column, Schema
from synth.vault import PrivateTable
from tests.people import SCHEMA, some_people

SEEDED = (RowSeeded, ValueSeeded, Unseeded, AggregateSeeded)


def many_columns(people: int = 600) -> pd.DataFrame:
    """Seven columns of four values with a common cause."""
    rng = np.random.default_rng(0)
    cause = rng.integers(0, 4, people)
    own = rng.integers(0, 4, (people, 7))
    linked = np.where(rng.random((people, 7)) < 0.6, cause[:, None], own)
    return pd.DataFrame(linked, columns=list("abcdefg")).astype(str)


MANY = Schema(tuple(Column(n, Categories(tuple("0123"))) for n in "abcdefg"))


def bundle_of(recipe: Recipe, people: pd.DataFrame) -> Bundle:
    return Bundle.read(io.BytesIO(run(recipe, people).release.zipped()))


@pytest.fixture(scope="module")
def seeded() -> Bundle:
    return bundle_of(
        Recipe.model_validate({"method": {"name": "row_seeded", "k": 5}}), some_people()
    )


@pytest.mark.parametrize("method", SEEDED, ids=lambda m: m.name)
def test_every_combination_in_the_rows_is_shared_by_k_people(method):
    """Counted by hand, combination by combination, at every length that is promised."""
    people = many_columns()
    private = PrivateTable(people, MANY, Budget(1.0))
    model = method(k=8).fit(private, private.ledger.left)
    promised = model.statement.guarantee
    assert promised.k == 8 and promised.length == (3 if method is AggregateSeeded else 0)
    rows = model.sample(model.rows, np.random.default_rng(0))
    for length in range(1, (promised.length or 7) + 1):
        for columns in combinations("abcdefg", length):
            made = rows[list(columns)].dropna().astype(str).drop_duplicates()
            real = people.groupby(list(columns)).size().rename("n").reset_index()
            assert (made.merge(real, how="left")["n"] >= 8).all()


def test_a_record_that_too_few_hold_stops_the_release():
    people = many_columns()
    private = PrivateTable(people, MANY, Budget(1.0))
    rare = people.groupby(list("abcdefg")).size().idxmin()
    ground = grounded(private, counting_of(private, 3, "", ""), 8)
    with pytest.raises(NotReleasable, match="1 combination is shared by fewer than 8 people"):
        as_model(ground, np.array([[int(v) for v in rare]], np.int32))


def test_a_table_whose_values_nobody_shares_is_refused():
    people = pd.DataFrame({"a": [str(i) for i in range(5)]})
    schema = Schema((Column("a", Categories(tuple(people["a"]))),))
    private = PrivateTable(people, schema, Budget(1.0))
    with pytest.raises(NotReleasable, match="No value is shared by 10 people"):
        RowSeeded().fit(private, private.ledger.left)


def test_a_seeded_method_brings_its_counts_along(seeded):
    told = aggregates_of(seeded)
    assert told is not None and told.resolution == 5 and told.count({"city": "Rome"}) is not None


def test_a_bundle_holds_against_the_table_it_was_made_from(seeded):
    held = recheck(seeded, PrivateTable(some_people(), SCHEMA, Budget(1.0)))
    assert "any length" in held[0] and "reported counts are those of the table" in held[1]


def test_a_bundle_does_not_hold_against_another_table(seeded):
    people = some_people().query("city == 'Rome'")
    with pytest.raises(NotReleasable, match="shared by fewer than 5 people"):
        recheck(seeded, PrivateTable(people, SCHEMA, Budget(1.0)))


def test_a_promise_without_k_cannot_be_counted_again():
    bundle = bundle_of(Recipe.model_validate({"method": {"name": "independent"}}), some_people())
    assert recheck(bundle, PrivateTable(some_people(), SCHEMA, Budget(1.0))) == ()
    assert "no look at the rows can confirm" in uncounted(bundle)


def test_noisy_counts_are_paid_for_out_of_the_budget():
    recipe = Recipe.model_validate(
        {"method": {"name": "independent"}, "counts": {"k": 10, "protection": "noisy"}}
    )
    bundle = bundle_of(recipe, some_people())
    told = aggregates_of(bundle)
    assert told is not None and told.sigma and bundle.statement.ledger
    assert any("counts of 2 attributes" in e.purpose for e in bundle.statement.measured)
