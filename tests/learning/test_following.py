"""A column that follows a number step by step is one value of it in every synthetic row."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synth.budget import Budget, Statement
from synth.errors import BundleError
from synth.learning.dependents import Dependents, Fine, Pair
from synth.learning.drawing_where import Conditioned
from synth.learning.following import Following
from synth.learning.functions import Single, stairs
from synth.learning.network import Conditional, Network
from synth.methods.adaptive import Adaptive
from synth.schema import Categories, Column, Kind, Numbers, Schema
from synth.schema.gathered import Gathered
from synth.vault import PrivateTable

ROWS = 3000
SIGMA = 30.0
BANDS = ("middle", "old", "young")
INCOMES = Numbers(tuple(np.geomspace(2000, 200_000, 33).round()), decimals=0)
AGES = Numbers(tuple(float(a) for a in range(16, 97, 4)), decimals=0)
SCHEMA = Schema(
    (
        Column("income", INCOMES, Kind.INTEGER),
        Column("decile", Numbers(tuple(map(float, range(1, 12))), decimals=0), Kind.INTEGER),
        Column("age", AGES, Kind.INTEGER),
        Column("band", Categories(BANDS)),
        Column("sex", Categories(("f", "m"))),
    )
)


def people() -> pd.DataFrame:
    """A decile of an income, and a band of an age, among columns of chance."""
    rng = np.random.default_rng(4)
    income = np.exp(rng.normal(10, 0.6, ROWS)).round().clip(2000, 199_999)
    age = rng.integers(16, 96, ROWS)
    return pd.DataFrame(
        {
            "income": income.astype(int),
            "decile": decile(income),
            "age": age,
            "band": np.array(["young", "middle", "old"])[np.searchsorted([35, 65], age, "right")],
            "sex": rng.choice(["f", "m"], ROWS),
        }
    )


def decile(income: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(4)
    real = np.exp(rng.normal(10, 0.6, ROWS)).round().clip(2000, 199_999)
    return np.searchsorted(np.quantile(real, np.arange(1, 10) / 10), income, "right") + 1


def fitted(epsilon: float = 1.0) -> Network:
    private = PrivateTable(people(), SCHEMA, Budget(epsilon, 1e-6))
    return Adaptive().fit(private, private.ledger.left)


def test_a_decile_and_a_band_are_read_off_the_number_that_came_out() -> None:
    """Groups of some 300 rows hold several deciles each: .6 to .7 of rows were right."""
    model = fitted()
    made = pd.concat([model.sample(2000, np.random.default_rng(s)) for s in (0, 1)])
    assert (made.groupby("income")["decile"].nunique() == 1).all()
    assert (made.groupby("age")["band"].nunique() == 1).all()
    right = decile(made["income"].to_numpy()) == made["decile"]
    assert right.mean() > 0.85
    bands = np.array(["young", "middle", "old"])[np.searchsorted([35, 65], made["age"], "right")]
    assert (bands == made["band"]).mean() > 0.95
    again = Network.restored(model.schema, model.statement, model.rows, model.parameters())
    assert again.parameters() == model.parameters()
    assert not again.given({"band": np.array([True, False, False])}).exact
    some = Conditioned.of(model, "decile in (3, 4) and band = 'old'").rows(300, seed=1)
    assert set(some["decile"]) == {3, 4} and set(some["band"]) == {"old"}


def steps(astray: float = 0.0) -> np.ndarray:
    """Eight groups of a number, and four states that come in the order 2, 0, 3, 1."""
    table = np.full((8, 4), astray * ROWS / 32)
    for line, states in enumerate([[2], [2, 0], [0], [0, 3], [3], [3, 1], [1], [1]]):
        table[line, states] += (1 - astray) * ROWS / 8 / len(states)
    return table + np.random.default_rng(2).normal(0, SIGMA, table.shape)


def counted(table: np.ndarray) -> Single:
    return Single(table.sum(axis=0), np.full(table.shape[1], SIGMA))


def test_stairs_are_found_in_the_order_in_which_states_come() -> None:
    table = steps()
    path = stairs(table, SIGMA, 8, counted(table))
    assert path is not None
    assert list(dict.fromkeys(state for _, state in path)) == [2, 0, 3, 1]
    assert [line for line, _ in path] == sorted(line for line, _ in path)


@pytest.mark.parametrize("astray", [0.15, 1.0])
def test_what_only_mostly_follows_has_no_stairs(astray: float) -> None:
    table = steps(astray)
    assert stairs(table, SIGMA, 8, counted(table)) is None


def test_a_group_that_alone_holds_several_states_is_no_step() -> None:
    """Two lines of which one holds both states: whether they change along it nobody can tell."""
    table = np.array([[1000.0, 0.0], [500.0, 500.0], [0.0, 1000.0]])
    assert stairs(table[:2], 10.0, 2, counted(table[:2])) is None
    assert stairs(table, 10.0, 3, counted(table)) is not None


def test_what_follows_from_two_functions_holds_for_the_third_pair() -> None:
    """Density, district, region: rows of a density in another region had kept nothing to draw."""
    each = {n: Fine(np.full(4, 500.0), 5.0, np.full(4, 500.0), whole(n)) for n in "abc"}
    one, two = np.eye(4) * 500, np.eye(4)[[0, 0, 1, 1]] * 500
    pairs = [
        Pair((a, b), (whole(a), whole(b)), t, 5.0) for a, b, t in (("a", "b", one), ("b", "c", two))
    ]
    assert Dependents.of(each, pairs).cells["a", "c"].tolist() == (two > 0).tolist()


def whole(name: str) -> Gathered:
    return Gathered(Categories(tuple(f"{name}{i}" for i in range(4))), (0, 1, 2, 3))


FOLLOWS = Following("band", "age", (35.0, 65.0), (2, 0, 1), frozenset({0, 1, 2}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"of": "band"},
        {"of": "sex"},
        {"cuts": (65.0, 35.0)},
        {"states": (2, 0)},
        {"states": (2, 0, 3)},
    ],
)
def test_a_damaged_model_is_refused(wrong: dict[str, object]) -> None:
    document = replace(FOLLOWS, **wrong).document()
    model = Network(SCHEMA, Statement(), 1, (Conditional("sex", (), np.array([0.5, 0.5])),))
    with pytest.raises(BundleError, match="follows does not fit"):
        Network.restored(SCHEMA, Statement(), 1, {**model.parameters(), "follows": [document]})
