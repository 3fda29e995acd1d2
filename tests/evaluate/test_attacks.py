"""Attacks on tables of which it is known what has to come of them; every seed is fixed."""

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest

from synth import Budget, load
from synth.evaluate.attacks import Result, attacks, roles
from synth.evaluate.attacks.copying import near_copies
from synth.evaluate.attacks.inference import inference
from synth.evaluate.attacks.linkability import linkability
from synth.evaluate.attacks.shadow import shadowed
from synth.evaluate.sides import beside
from synth.schema import Role, Schema

KNOWN, SECRETS = ("age", "weight", "town"), ("ill", "income")
ROWS = 1200


def people(rows: int, seed: int) -> pd.DataFrame:
    """People who are mostly alone with what may be known of them, and whose income tells of age."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, rows)
    return pd.DataFrame(
        {
            "age": age,
            "weight": np.round(rng.normal(75, 12, rows), 1),
            "town": rng.choice([f"town {i}" for i in range(40)], rows),
            "income": np.round(300.0 * age + rng.normal(0, 2000, rows), 2),
            "job": rng.choice([f"job {i}" for i in range(30)], rows),
            "ill": np.where(rng.random(rows) < age / 120, "yes", "no"),
        }
    )


def at_random(rows: int, seed: int) -> pd.DataFrame:
    """A table with the columns of `people` and nothing else of them."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, rows),
            "weight": np.round(rng.uniform(30, 120, rows), 1),
            "town": rng.choice([f"town {i}" for i in range(40)], rows),
            "income": np.round(rng.uniform(0, 30000, rows), 2),
            "job": rng.choice([f"job {i}" for i in range(30)], rows),
            "ill": rng.choice(["yes", "no"], rows),
        }
    )


REAL, HELD = people(ROWS, 1), people(ROWS, 7)
MADE = {
    "copies": REAL.sample(ROWS, replace=True, random_state=3).reset_index(drop=True),
    "at random": at_random(ROWS, 9),
    "a fresh sample": people(ROWS, 2),
}


@cache
def schema_of_the_real() -> Schema:
    return load(REAL, Budget(math.inf)).private.schema


ALL = {
    "singling out by one column",
    "singling out by several columns",
    "linkability",
    "attribute inference of ill",
    "attribute inference of income",
    "disclosure of ill",
    "disclosure of income",
    "replicated uniques",
    "membership",
    "exact copies",
    "near copies",
}


def tried(made, held=HELD):
    both = beside(schema_of_the_real(), REAL, made, held)
    return attacks(both, KNOWN, SECRETS, np.random.default_rng(0))


def of(made, result, held=HELD):
    return {a.threat.name for a in tried(made, held) if a.result is result}


def test_copies_of_the_rows_give_in_to_every_attack():
    found = tried(MADE["copies"])
    assert {a.threat.name for a in found if a.result is Result.SUCCEEDED} == ALL
    assert all(a.risk.low > 0.2 for a in found)
    assert all(a.remedy and "succeeded" in a.plain for a in found)


def test_rows_at_random_are_no_better_than_a_guess():
    found = tried(MADE["at random"])
    assert {a.threat.name for a in found if a.failed} == ALL
    assert all(a.plain.startswith("The attack failed") and not a.remedy for a in found)
    assert all(a.risk is None for a in found)


def test_a_fresh_sample_holds_in_every_attack():
    found = tried(MADE["a fresh sample"])
    assert {a.threat.name for a in found if a.result is Result.HOLDS} == ALL
    better = {a.threat.name for a in found if not a.failed}
    assert "attribute inference of income" in better  # a guess is beaten, and strangers are not
    assert "attribute inference of income" in of(MADE["a fresh sample"], Result.UNJUDGED, None)


@pytest.mark.parametrize("kind", MADE)
def test_without_strangers_nothing_but_copies_succeeds(kind):
    told = {"exact copies"} if kind == "copies" else set()
    assert of(MADE[kind], Result.SUCCEEDED, None) == told
    assert {"membership", "near copies"} <= of(MADE[kind], Result.UNJUDGED, None)


def test_people_who_are_given_back_a_little_changed_are_near_copies():
    moved = MADE["copies"].assign(
        weight=MADE["copies"]["weight"] + 0.1, income=MADE["copies"]["income"] + 1
    )
    found = of(moved, Result.SUCCEEDED)
    assert "exact copies" not in found
    assert {"near copies", "membership", "linkability"} <= found


def test_one_row_in_ten_is_enough_to_be_found():
    mixed = pd.concat([MADE["a fresh sample"].iloc[ROWS // 10 :], REAL.iloc[: ROWS // 10]])
    found = of(mixed.reset_index(drop=True), Result.SUCCEEDED)
    assert {"exact copies", "membership", "replicated uniques"} <= found


def test_many_rows_nearest_to_one_stranger_or_member_tell_no_more_than_one():
    crowd = pd.concat([REAL.iloc[[5]]] * ROWS, ignore_index=True)
    found = near_copies(beside(schema_of_the_real(), REAL, crowd, HELD), np.random.default_rng(0))
    assert found.main.share == 1.0
    assert found.main.shared == ROWS
    assert found.result is not Result.SUCCEEDED


def test_people_who_are_alike_are_told_alike_in_the_table_and_aside():
    rng = np.random.default_rng(4)
    alike = pd.DataFrame({"age": [40] * 400, "town": ["Oslo"] * 400, "ill": ["no", "yes"] * 200})
    made = alike.assign(ill=rng.permutation(alike["ill"].to_numpy()))
    both = beside(load(alike, Budget(math.inf)).private.schema, alike, made, alike)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        for one in (
            inference(both, ("age", "town"), "ill", rng),
            linkability(both, ("age", "town"), rng),
        ):
            assert one.main.successes == one.control.successes


def test_the_same_tables_come_to_the_same():
    one, again = (tried(MADE["copies"].head(200)) for _ in range(2))
    assert [a.document() for a in one] == [a.document() for a in again]
    assert "exact figures" in repr(one[0])
    assert "exact figures" in repr(one[0].main)


def test_tables_of_nothing_are_not_judged():
    for made in (MADE["copies"].head(0), MADE["copies"][[]]):
        found = tried(made, HELD[made.columns])
        assert {a.result for a in found} == {Result.UNJUDGED}


def test_gaps_and_few_rows_end_in_results_and_not_in_errors():
    odd = MADE["copies"].head(30).astype(object)
    odd.loc[:9, ["age", "town", "ill"]] = None
    for held in (None, HELD.head(3), HELD.head(0)):
        assert len(tried(odd, held)) == len(ALL)


def test_what_is_known_and_wanted_follows_from_the_roles_unless_it_is_said():
    both = beside(schema_of_the_real(), REAL, MADE["a fresh sample"])
    schema = schema_of_the_real()
    for name in schema.names:
        schema = schema.with_role(name, Role.PLAIN)
    assert roles(both, schema, (), ()) == (both.names, ())
    assert roles(both, schema, ("age",), ("ill",)) == (("age",), ("ill",))
    schema = schema.with_role("ill", Role.SENSITIVE)
    known, wanted = roles(both, schema, (), ())
    assert wanted == ("ill",)
    assert set(known) == set(both.names) - {"ill"}
    schema = schema.with_role("town", Role.QUASI)
    assert roles(both, schema, (), ()) == (("town",), ("ill",))
    assert roles(both, schema, ("nowhere",), ("town",))[0] == tuple(
        n for n in both.names if n != "town"
    )


# -- shadow models ---------------------------------------------------------------------------------


def by_shadows(kind: str, shadows: int = 4):
    rng = np.random.default_rng(4)

    def made(table: pd.DataFrame) -> pd.DataFrame:
        if kind == "copies":
            return table.sample(len(table), replace=True, random_state=rng)
        some = people(len(table), int(rng.integers(10**6)))
        if kind == "a few copies":
            return pd.concat([some, table.sample(frac=0.1, random_state=rng)])
        return some

    def train(members, strangers) -> pd.DataFrame:
        return made(pd.concat([REAL.iloc[members], HELD.iloc[strangers]]))

    told = np.random.default_rng(0)
    tables = (REAL, HELD)
    return shadowed(schema_of_the_real(), tables, made(REAL), train, shadows, told)


@pytest.mark.parametrize("kind", ["copies", "a few copies"])
def test_shadow_models_find_the_people_of_a_method_that_gives_rows_back(kind):
    found = by_shadows(kind)
    assert found.result is Result.SUCCEEDED and found.remedy
    assert found.main.share > 5 * found.control.share and found.control.share <= 0.01
    assert found.figures[0].name == "AUC" and found.figures[0].low > 0.5


def test_shadow_models_find_nobody_where_the_method_gives_nobody_away():
    found = by_shadows("other people")
    assert found.result is Result.HOLDS
    assert found.figures[0].low < 0.5 < found.figures[0].high


def test_too_few_shadow_models_or_people_are_no_judgement():
    assert by_shadows("copies", 3).result is Result.UNJUDGED
