"""The contract every method signs. A method on offer is tested here at once."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from synth.budget import Budget, Rho
from synth.errors import MethodError
from synth.evaluate import compare
from synth.learning.network import Network
from synth.methods import Promise, all_methods, method_named, model_of
from synth.methods.correlated import Correlated
from synth.methods.independent import Independent
from synth.schema import Categories, Column, Kind, Numbers, Pattern, Role, Schema
from synth.schema.settings import Ask, settings_of
from synth.vault import PrivateTable
from tests.people import SCHEMA, some_people

PROMISING = [m for m in all_methods() if m.promise is Promise.PRIVATE]


@pytest.fixture(params=all_methods(), ids=lambda m: m.name)
def method(request):
    return request.param()


@pytest.fixture(params=PROMISING, ids=lambda m: m.name)
def promising(request):
    return request.param()


def test_a_fit_spends_what_it_was_given_and_no_more(promising, private):
    rho = Rho(private.ledger.budget.rho / 2)
    promising.fit(private, rho)
    assert rho * 0.2 <= private.ledger.spent <= rho * (1 + 1e-6)


def test_a_fit_stays_within_a_portion(promising, private):
    rho = Rho(private.ledger.budget.rho / 2)
    promising.fit(private.portion(rho), rho)
    assert private.ledger.spent <= rho * (1 + 1e-6)


def test_only_a_method_that_says_so_ends_the_promise(method, private):
    model = method.fit(private, private.ledger.left)
    assert model.statement.formal == (method.promise is not Promise.NONE)


def test_the_statement_is_what_the_ledger_says(method, private):
    assert method.fit(private, private.ledger.left).statement == private.statement()


def test_samples_follow_the_schema(method, private, rng):
    fake = method.fit(private, private.ledger.left).sample(50, rng)
    assert list(fake) == list(SCHEMA.names)
    assert len(fake) == 50
    assert set(fake["city"].dropna()) <= {"Oslo", "Rome", "(other)"}
    assert fake["age"].dropna().between(0, 120).all()


def test_sampling_is_repeatable(method, private):
    model = method.fit(private, private.ledger.left)
    one, two = (model.sample(20, np.random.default_rng(5)) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)


def test_a_saved_model_draws_the_same_rows(method, private):
    model = method.fit(private, private.ledger.left)
    saved = model_of(json.loads(json.dumps(model.document())))
    again = model_of(json.loads(json.dumps(saved.document())))
    one, two = (m.sample(40, np.random.default_rng(5)) for m in (saved, again))
    pd.testing.assert_frame_equal(one, two)


def test_a_table_without_rows_is_no_error(promising, people, rng):
    empty = PrivateTable(people[:0], SCHEMA, Budget(1.0))
    assert len(promising.fit(empty, empty.ledger.left).sample(5, rng)) == 5


def test_a_table_of_one_row_is_no_error(promising, people, rng):
    one = PrivateTable(people[:1], SCHEMA, Budget(1.0))
    assert len(promising.fit(one, one.ledger.left).sample(5, rng)) == 5


def test_a_single_column_is_no_error(method, people, rng):
    alone = PrivateTable(people[["city"]], Schema((SCHEMA["city"],)), Budget(1.0))
    assert len(method.fit(alone, alone.ledger.left).sample(5, rng)) == 5


def test_a_tiny_epsilon_is_no_error(promising, people, rng):
    private = PrivateTable(people, SCHEMA, Budget(1e-6))
    assert len(promising.fit(private, private.ledger.left).sample(5, rng)) == 5


def test_only_identifiers_leave_nothing_to_learn(method):
    schema = Schema((Column("id", Pattern("####"), role=Role.IDENTIFIER),))
    private = PrivateTable(pd.DataFrame({"id": ["0001"]}), schema, Budget(1.0))
    with pytest.raises(MethodError, match="Every column is an identifier"):
        method.fit(private, private.ledger.left)


def test_settings_out_of_range_are_refused_with_the_range():
    with pytest.raises(MethodError, match="`degree` of `correlated` is 9, outside 0 to 4"):
        Correlated.configured({"degree": 9})
    with pytest.raises(MethodError, match=r"no setting `degre`. It has degree"):
        Correlated.configured({"degre": 1})


def test_an_unknown_method_lists_the_known_ones():
    with pytest.raises(MethodError, match=r"no method `magic`.*correlated"):
        method_named("magic")


def test_more_parents_than_columns_is_refused(private):
    with pytest.raises(MethodError, match="degree of 4 needs more than 3 modelled columns"):
        Correlated(degree=4).fit(private, private.ledger.left)


# -- what the ladder keeps ---------------------------------------------------------------------


def test_correlated_keeps_a_strong_pair_and_independent_loses_it(silent, rng):
    near = Correlated().fit(silent, Rho(silent.ledger.left / 2)).sample(2000, rng)
    far = Independent().fit(silent, silent.ledger.left).sample(2000, rng)
    assert (near["ill"] == "yes")[near["city"] == "Rome"].mean() > 0.8
    assert (far["ill"] == "yes")[far["city"] == "Rome"].mean() < 0.65


def test_missing_values_are_modelled_with_their_pattern(rng):
    people = some_people(4000)
    people.loc[people["age"] > 60, "ill"] = None
    private = PrivateTable(people, SCHEMA, Budget(20.0))
    fake = Correlated().fit(private, private.ledger.left).sample(4000, rng)
    assert fake["ill"].isna()[fake["age"] > 60].mean() > 0.9
    assert fake["ill"].isna()[fake["age"] <= 60].mean() < 0.25


def test_without_a_budget_the_score_is_not_fooled_by_many_values():
    """2,000 rows: a column of 300 values unrelated to the child against a weak true parent."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 10, 2000)
    child = np.where(rng.random(2000) < 0.35, true, rng.integers(0, 10, 2000))
    frame = pd.DataFrame({"child": child, "many": rng.integers(0, 300, 2000), "true": true}).astype(
        str
    )
    schema = Schema(tuple(Column(n, Categories(tuple(sorted(frame[n].unique())))) for n in frame))
    private = PrivateTable(frame, schema, Budget(math.inf))
    model = Correlated(degree=1).fit(private, private.ledger.left)
    linked = {frozenset((c.column, *c.parents)) for c in model.conditionals}
    assert frozenset(("child", "true")) in linked


def test_a_wide_table_of_noise_is_left_alone():
    """Two columns of 200 values and 500 rows: a pair table would be noise only."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.integers(0, 200, (500, 2)), columns=["a", "b"]).astype(str)
    values = tuple(map(str, range(200)))
    schema = Schema(tuple(Column(n, Categories(values)) for n in frame))
    private = PrivateTable(frame, schema, Budget(0.5))
    model = Correlated(degree=1).fit(private, private.ledger.left)
    assert isinstance(model, Network)
    assert max(c.table.size for c in model.conditionals) < 2000


def test_marginals_of_wide_columns_survive(promising, rng):
    """Many states, some of them rare, so that states are gathered and codes are large."""
    ages = np.minimum(rng.gamma(4.0, 10.0, 6000).astype(int), 119)
    codes = [f"{chr(65 + i % 26)}{i // 26}" for i in np.minimum(rng.geometric(0.05, 6000), 70)]
    table = pd.DataFrame({"age": ages, "code": codes, "late": (ages > 45).astype(str)})
    listed = tuple(sorted({f"{chr(65 + i % 26)}{i // 26}" for i in range(71)}))
    schema = Schema(
        (
            Column("age", Numbers(tuple(map(float, range(121))), decimals=0), Kind.INTEGER),
            Column("code", Categories(listed)),
            Column("late", Categories(("False", "True"))),
        )
    )
    private = PrivateTable(table, schema, Budget(20.0))
    fake = promising.fit(private, private.ledger.left).sample(6000, rng)
    assert compare(private, fake).one_way < 0.12


OF_ANOTHER_KIND = ("text", 2.5, math.nan, math.inf, True, [2.5], {"city": "much"}, [["city", 1]])
LIKE = {
    Ask.NUMBER: (2.5,),
    Ask.SWITCH: (True,),
    Ask.TEXT: ("text",),
    Ask.LINES: ("text",),
}


def wrong_settings():
    for kind in all_methods():
        for asked in settings_of(kind):
            for value in OF_ANOTHER_KIND:
                meant = value in LIKE.get(asked.ask, ()) and not (
                    isinstance(asked.default, int) and isinstance(value, float)
                )
                if not meant:
                    yield pytest.param(kind, asked.name, value, id=f"{kind.name}-{asked.name}")


@pytest.mark.parametrize(("kind", "name", "value"), list(wrong_settings()))
def test_a_value_of_another_kind_is_refused_with_the_setting_and_a_remedy(kind, name, value):
    """`k = nan` in a recipe passed every bound, and `pinned = 2.5` was a traceback."""
    with pytest.raises(MethodError) as refused:
        kind.configured({name: value})
    assert name in refused.value.what
    assert refused.value.remedy
    assert refused.value.about == (name,)
