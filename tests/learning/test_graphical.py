"""Tree and adaptive: they find what is there, spend what they may, and say what they did."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from synth.budget import Budget
from synth.errors import MethodError
from synth.learning.clique_tree import level_of
from synth.learning.graphical import GraphGround
from synth.learning.inference import Graph
from synth.learning.network import Network
from synth.methods.adaptive import Adaptive
from synth.methods.tree import Tree, spanning_tree
from synth.schema import Categories, Column, Kind, Numbers, Schema
from synth.vault import PrivateTable

LETTERS = ("a", "b", "c")


def people(rows: int = 6000) -> pd.DataFrame:
    """Two copies of one column, an exclusive or of two coins, and a number on its own."""
    rng = np.random.default_rng(11)
    letter = rng.choice(LETTERS, rows, p=[0.6, 0.3, 0.1])
    heads, tails = rng.integers(2, size=rows), rng.integers(2, size=rows)
    return pd.DataFrame(
        {
            "letter": letter,
            "copy": letter,
            "heads": heads.astype(str),
            "tails": tails.astype(str),
            "either": (heads ^ tails).astype(str),
            "number": rng.integers(50, size=rows),
        }
    )


SCHEMA = Schema(
    (
        Column("letter", Categories(LETTERS)),
        Column("copy", Categories(LETTERS)),
        Column("heads", Categories(("0", "1"))),
        Column("tails", Categories(("0", "1"))),
        Column("either", Categories(("0", "1"))),
        Column("number", Numbers(tuple(map(float, range(51))), decimals=0), Kind.INTEGER),
    )
)


def vault(epsilon: float = 3.0, rows: int = 6000, schema: Schema = SCHEMA) -> PrivateTable:
    return PrivateTable(people(rows), schema, Budget(epsilon, 1e-6))


def agreement(model: Network, a: str, b: str) -> float:
    fake = model.sample(5000, np.random.default_rng(0))
    return float((fake[a].astype(str) == fake[b].astype(str)).mean())


@pytest.mark.parametrize("method", [Tree(), Adaptive()])
def test_a_copied_column_stays_a_copy(method: Tree | Adaptive) -> None:
    private = vault()
    model = method.fit(private, private.ledger.left)
    assert agreement(model, "letter", "copy") > 0.95


def test_adaptive_sees_what_takes_three_columns_to_see() -> None:
    private = vault()
    fake = Adaptive().fit(private, private.ledger.left).sample(5000, np.random.default_rng(0))
    odd = (fake["heads"].astype(int) ^ fake["tails"].astype(int)).astype(str)
    assert (odd == fake["either"]).mean() > 0.9


@pytest.mark.parametrize("method", [Tree(), Adaptive()])
def test_the_whole_share_is_spent_and_no_more(method: Tree | Adaptive) -> None:
    private = vault()
    method.fit(private, private.ledger.left)
    assert private.ledger.spent <= private.ledger.budget.rho * (1 + 1e-9)
    assert private.ledger.spent == pytest.approx(private.ledger.budget.rho, rel=1e-6)


def test_the_achieved_epsilon_is_the_one_promised() -> None:
    private = vault(1.0)
    statement = Adaptive().fit(private, private.ledger.left).statement
    assert statement.document()["epsilon"] == pytest.approx(1.0, rel=1e-4)


@pytest.mark.parametrize("method", [Tree(), Adaptive()])
@pytest.mark.parametrize("epsilon", [1e-6, 0.05, math.inf])
def test_any_budget_gives_a_model(method: Tree | Adaptive, epsilon: float) -> None:
    private = PrivateTable(people(400), SCHEMA, Budget(epsilon, 1e-6))
    fake = method.fit(private, private.ledger.left).sample(100, np.random.default_rng(0))
    assert list(fake.columns) == list(SCHEMA.names)
    assert len(fake) == 100


@pytest.mark.parametrize("method", [Tree(), Adaptive()])
@pytest.mark.parametrize("rows", [0, 1])
def test_next_to_no_rows_still_give_a_model(method: Tree | Adaptive, rows: int) -> None:
    private = PrivateTable(people(rows), SCHEMA, Budget(1.0, 1e-6))
    assert len(method.fit(private, private.ledger.left).sample(10, np.random.default_rng(0))) == 10


@pytest.mark.parametrize("method", [Tree(), Adaptive()])
def test_one_column_is_its_marginal(method: Tree | Adaptive) -> None:
    private = vault(schema=Schema(SCHEMA.columns[:1]))
    fake = method.fit(private, private.ledger.left).sample(1000, np.random.default_rng(0))
    assert (fake["letter"] == "a").mean() == pytest.approx(0.6, abs=0.05)


def test_a_pinned_pair_is_measured_whatever_the_rows_say() -> None:
    private = vault(0.2)
    Adaptive(pinned=(("number", "heads"),)).fit(private, private.ledger.left)
    purposes = [e.purpose for e in private.statement().measured]
    assert "joint marginal: heads, number" in purposes


def test_a_pin_on_an_unknown_column_is_refused_before_anything_is_spent() -> None:
    private = vault()
    with pytest.raises(MethodError, match="no modelled column `age`"):
        Adaptive(pinned=(("age", "heads"),)).fit(private, private.ledger.left)
    assert private.ledger.spent == 0


def test_an_importance_of_nothing_is_refused() -> None:
    with pytest.raises(MethodError, match="importance of column `letter`"):
        Adaptive(weights={"letter": 0.0})


def test_a_heavier_column_is_kept_better() -> None:
    """With little budget, what is measured goes to the column that counts."""
    light, heavy = vault(0.3), vault(0.3)
    Adaptive(triples=False).fit(light, light.ledger.left)
    Adaptive(triples=False, weights={"letter": 20.0, "copy": 20.0}).fit(heavy, heavy.ledger.left)

    def share(private: PrivateTable) -> float:
        spent = {e.purpose: e.rho for e in private.statement().measured}
        return spent.get("joint marginal: letter, copy", 0.0) / private.ledger.spent

    assert share(heavy) > share(light)


def test_the_size_limit_holds() -> None:
    private = vault()
    model = Adaptive(largest=100).fit(private, private.ledger.left)
    assert max(step.table.size for step in model.conditionals) <= 100


def test_states_too_rare_to_see_are_gathered_and_given_back() -> None:
    values = tuple(f"v{i}" for i in range(200))
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"wide": rng.choice(values, 2000), "flag": rng.choice(["y", "n"], 2000)})
    schema = Schema((Column("wide", Categories(values)), Column("flag", Categories(("y", "n")))))
    private = PrivateTable(frame, schema, Budget(0.5, 1e-6))
    model = Adaptive().fit(private, private.ledger.left)
    assert model.splits["wide"].shape[0] < 200
    assert model.sample(2000, rng)["wide"].nunique() > 50


def test_independence_is_the_product_of_the_marginals() -> None:
    ground = GraphGround.of(vault(math.inf), vault(math.inf).ledger.left)
    expected = ground.independent(("heads", "letter"))
    assert expected.shape == (2, 3)
    assert expected.sum() == pytest.approx(6000)
    share = (people()["letter"] == "a").mean() * (people()["heads"] == "0").mean()
    assert expected[0, 0] == pytest.approx(6000 * share, rel=1e-3)


def test_the_spanning_tree_takes_the_strongest_pairs_that_make_no_circle() -> None:
    pairs = [(0, 1), (0, 2), (1, 2), (2, 3)]
    assert spanning_tree(pairs, [5.0, 4.0, 4.5, 1.0], 4) == [(0, 1), (1, 2), (2, 3)]


def test_a_saved_model_draws_the_same_rows() -> None:
    private = vault()
    model = Adaptive().fit(private, private.ledger.left)
    again = Network.restored(model.schema, model.statement, model.rows, model.parameters())
    once = again.sample(300, np.random.default_rng(4))
    twice = Network.restored(again.schema, again.statement, again.rows, again.parameters()).sample(
        300, np.random.default_rng(4)
    )
    pd.testing.assert_frame_equal(once, twice)


def test_growth_joins_columns_without_touching_the_old_graph() -> None:
    empty = Graph.of((), 3)
    assert empty.joined([(0, 2)]).neighbours == (0b101, 0b010, 0b101)
    assert empty.neighbours == (0b001, 0b010, 0b100)


@pytest.mark.parametrize("told", [0, 2])
def test_many_columns_of_which_little_is_told_are_no_large_table(told: int) -> None:
    """A set of columns of one state each has one cell, however many they are."""
    rng = np.random.default_rng(5)
    plain = {f"number{i}": rng.integers(1000, size=300) for i in range(150)}
    coin = rng.integers(2, size=300).astype(str)
    frame = pd.DataFrame({**plain, **{f"coin{i}": coin for i in range(told)}})
    numbers = Numbers((0.0, 1000.0), decimals=0)
    columns = (
        *(Column(n, numbers, Kind.INTEGER) for n in plain),
        *(Column(f"coin{i}", Categories(("0", "1"))) for i in range(told)),
    )
    private = PrivateTable(frame, Schema(columns), Budget(2.0, 1e-6))
    model = Adaptive().fit(private, private.ledger.left)
    assert len(model.sample(50, np.random.default_rng(0))) == 50


def test_stripes_that_only_narrow_groups_show_are_kept() -> None:
    """Six groups, as wide as the noise asks for at first, would see little of these stripes."""
    rng = np.random.default_rng(7)
    number = rng.integers(80, size=6000)
    frame = pd.DataFrame({"number": number, "stripe": (number // 10 % 2).astype(str)})
    numbers = Numbers(tuple(float(x) for x in range(81)), decimals=0)
    columns = Column("number", numbers, Kind.INTEGER), Column("stripe", Categories(("0", "1")))
    private = PrivateTable(frame, Schema(columns), Budget(0.4, 1e-6))
    model = Adaptive().fit(private, private.ledger.left)
    fake = model.sample(6000, np.random.default_rng(0))
    assert (fake["stripe"].astype(int) == fake["number"].astype(int) // 10 % 2).mean() > 0.75


def test_stripes_are_kept_that_more_groups_show_than_tables_of_three_columns_may_have() -> None:
    """46 groups of 200 numbers hold a whole stripe each."""
    number = np.random.default_rng(7).integers(200, size=20_000)
    frame = pd.DataFrame({"number": number, "stripe": (number // 2 % 2).astype(str)})
    numbers = Numbers(tuple(float(x) for x in range(201)), decimals=0)
    columns = Column("number", numbers, Kind.INTEGER), Column("stripe", Categories(("0", "1")))
    private = PrivateTable(frame, Schema(columns), Budget(10.0, 1e-6))
    fake = Adaptive().fit(private, private.ledger.left).sample(2000, np.random.default_rng(0))
    assert (fake["stripe"].astype(int) == fake["number"].astype(int) // 2 % 2).mean() > 0.9


@pytest.mark.parametrize(("finest", "taken"), [(91.0, 2), (89.0, 0), (120.0, 2)])
def test_the_finest_groups_of_all_are_taken_where_they_promise_nearly_most(
    finest: float, taken: int
) -> None:
    """A fit calms the noise of their tables, which what they promise does not know."""
    assert level_of([100.0, 95.0, finest], fine_pairs=True) == taken
    assert level_of([100.0, 95.0, 91.0], fine_pairs=False) == level_of([100.0], True) == 0


def test_columns_of_few_states_are_joined_first_where_room_is_scarce() -> None:
    """By worth alone, wide pairs took the room, and what two states tell of all others was lost."""
    rng, rows = np.random.default_rng(7), 5000
    causes, weights = rng.normal(size=(rows, 3)), rng.normal(size=(3, 9))
    sizes = [(2, 3, 5, 8, 12, 20)[i % 6] for i in range(9)]
    made, columns = {}, []
    for i, size in enumerate(sizes):
        values = causes @ weights[:, i] + 0.7 * rng.normal(size=rows)
        cuts = np.quantile(values, np.linspace(0, 1, size + 1)[1:-1])
        made[f"c{i}"] = pd.Series(np.searchsorted(cuts, values)).astype(str)
        columns.append(Column(f"c{i}", Categories(tuple(map(str, range(size)))), Kind.CATEGORY))
    real = pd.DataFrame(made)
    private = PrivateTable(real, Schema(tuple(columns)), Budget(20.0))
    drawn = Adaptive(largest=2000).fit(private, private.ledger.left).sample(rows, rng)
    apart = [
        real.groupby(pair).size().sub(drawn.groupby(pair).size(), fill_value=0).abs().sum() / 2
        for pair in map(list, combinations(made, 2))
    ]
    assert np.mean(apart) / rows < 0.028
