"""The defects found in other systems, each as a test that ours does not have it."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from synth.budget import Budget, Rho
from synth.budget.accounting import gaussian_sigma
from synth.budget.guarantee import DifferentiallyPrivate
from synth.errors import BundleError
from synth.ingest.discovery import discovered
from synth.learning.method import Method
from synth.methods import model_of
from synth.methods.adaptive import Adaptive
from synth.methods.correlated import Correlated
from synth.methods.independent import Independent
from synth.methods.mixture import Mixture
from synth.methods.tree import Tree
from synth.methods.twins import Twins
from synth.schema import Categories, Column, Kind, Numbers, Origin, Schema
from synth.vault import PrivateTable
from tests.people import Silent

PRIVATE: tuple[Method, ...] = (
    Adaptive(),
    Tree(),
    Twins(),
    Mixture(rounds=4),
    Correlated(),
    Independent(),
)
by_chance = pytest.mark.usefixtures("left_to_chance")
every_method = pytest.mark.parametrize("method", PRIVATE, ids=lambda m: m.name)
some_methods = pytest.mark.parametrize(
    "method",
    [PRIVATE[0], PRIVATE[-1], *(pytest.param(m, marks=pytest.mark.nightly) for m in PRIVATE[1:-1])],
    ids=lambda m: m.name,
)
SCHEMA = Schema(
    (
        Column("illness", Categories(("flu", "cold", "rare"))),
        Column("ward", Categories(("north", "south"))),
        Column("age", Numbers((0.0, 30.0, 60.0, 120.0), decimals=0), Kind.INTEGER),
    )
)


def people(rows: int = 300, canary: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "illness": rng.choice(["flu", "cold"], rows),
            "ward": rng.choice(["north", "south"], rows),
            "age": rng.integers(20, 50, rows),
        }
    )
    extra = pd.DataFrame({"illness": ["rare"], "ward": ["south"], "age": [99]})
    return pd.concat([frame, extra], ignore_index=True) if canary else frame


def vault(frame: pd.DataFrame, epsilon: float = 1.0, schema: Schema = SCHEMA) -> PrivateTable:
    return PrivateTable(frame, schema, Budget(epsilon, 1e-6))


@by_chance
@every_method
def test_noise_is_not_drawn_from_any_seed(method: Method) -> None:
    documents = []
    for _ in range(2):
        np.random.seed(0)  # noqa: NPY002
        private = vault(people(3000), epsilon=0.1)
        documents.append(method.fit(private, private.ledger.left).parameters())
    # Six counts or more above 1,000, with noise of sigma 60 and more: 0.005^6 or less, 2e-14.
    assert documents[0] != documents[1]


@by_chance
def test_no_noise_is_drawn_twice() -> None:
    private = vault(people())
    each = Rho(private.ledger.left / 2)
    noise = [private.measure(SCHEMA.names, each, "again").counts for _ in range(2)]
    assert (noise[0] != noise[1]).any()  # 18 counts agree with a chance of 0.05 each: 4e-24


@every_method
def test_every_touch_is_in_the_ledger_and_the_sum_is_what_was_given(method: Method) -> None:
    private = vault(people())
    given = Rho(private.ledger.left / 2)
    statement = method.fit(private, given).statement
    assert math.fsum(e.rho for e in statement.measured) <= given * (1 + 1e-9)
    assert private.ledger.spent == pytest.approx(math.fsum(e.rho for e in statement.measured))


@by_chance
@every_method
def test_one_neighbour_relation_is_stated_and_the_number_of_rows_is_noisy(method: Method) -> None:
    private = vault(people(3000), epsilon=0.2)
    models = [method.fit(private, Rho(private.ledger.budget.rho / 8)) for _ in range(6)]
    # Six alike, with a standard error of 80 and more: (0.4 / 80)^5 or less, 3e-12.
    assert len({m.rows for m in models}) > 1
    assert models[0].statement.document()["neighbours"] == "one person's rows added or removed"


def test_a_value_only_one_person_has_is_not_told() -> None:
    listed = Categories(("flu", "cold", "rare"), Origin.OBSERVED)
    schema = SCHEMA.replaced(Column("illness", listed))
    private = vault(people(3000, canary=True), schema=schema)
    found = discovered(private, private.ledger.left).schema.domain("illness")
    assert isinstance(found, Categories)
    assert found.values == ("cold", "flu")


@every_method
def test_a_declared_list_is_never_widened_by_the_rows(method: Method) -> None:
    short = SCHEMA.replaced(Column("illness", Categories(("flu", "cold"), other=True)))
    private = vault(people(canary=True), schema=short)
    model = method.fit(private, private.ledger.left)
    assert model.schema == short
    drawn = model.sample(500, np.random.default_rng(0))
    assert "rare" not in set(drawn["illness"])


@every_method
def test_the_shape_of_what_is_learnt_does_not_depend_on_values_that_occur(method: Method) -> None:
    """Without rows there are no values; the domains are still all there."""
    private = vault(people(0))
    model = method.fit(private, private.ledger.left)
    assert [c.domain.size for c in model.schema.modelled] == [3, 2, 3]


def test_the_noise_does_not_depend_on_the_rows() -> None:
    both = [vault(f).measure(("illness",), Rho(0.01), "x") for f in (people(2), people(5000))]
    assert both[0].sigma == both[1].sigma == gaussian_sigma(0.01, 1)
    assert both[0].counts.shape == both[1].counts.shape


def test_noise_is_added_to_whole_counts_in_whole_numbers() -> None:
    counts = vault(people()).measure(("illness", "ward"), Rho(0.01), "x").counts
    assert (counts == np.rint(counts)).all()


def test_a_person_with_many_rows_is_bounded_and_the_noise_scaled() -> None:
    frame = people(40).assign(who=["one"] * 30 + [f"p{i}" for i in range(10)])
    private = PrivateTable(frame, SCHEMA, Budget(1.0, 1e-6, rows_per_person=3), person="who")
    measured = private.measure(("ward",), Rho(0.01), "x")
    assert measured.sigma == gaussian_sigma(0.01, 3)
    exact = PrivateTable(frame, SCHEMA, Budget(math.inf, 1e-6, rows_per_person=3), person="who")
    assert exact.measure(("ward",), Rho(math.inf), "x").counts.sum() == 13
    guarantee = private.statement().guarantee
    assert isinstance(guarantee, DifferentiallyPrivate)
    assert guarantee.rows_per_person == 3


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_one_person_moves_a_distance_by_no_more_than_their_rows(seed: int, rows: int) -> None:
    """Neighbouring tables, without noise: what `distances` and `choose` rely on."""
    rng = np.random.default_rng(seed)
    frame = people(12)
    person = frame.sample(rows, random_state=seed, replace=True)
    pairs = [("illness", "ward"), ("ward", "age"), ("illness",)]
    expected = {p: rng.normal(4, 3, SCHEMA.shape(p)) for p in pairs}
    both = []
    for table in (frame, pd.concat([frame, person], ignore_index=True)):
        private = PrivateTable(table, SCHEMA, Budget(1.0, 1e-6), noise=Silent())
        both.append(private.distances(pairs, expected.__getitem__, Rho(0.01), "x").rows)
    assert np.abs(both[0] - both[1]).max() <= rows


@every_method
def test_a_saved_model_is_data_and_never_runs(method: Method) -> None:
    private = vault(people())
    document = json.loads(json.dumps(method.fit(private, private.ledger.left).document()))
    document["parameters"] = "__import__('os').system('true')"
    with pytest.raises(BundleError, match="damaged"):
        model_of(document)


@by_chance
@some_methods
def test_an_attacker_gains_no_more_than_epsilon(method: Method) -> None:
    """An audit: one person with a value of their own, in the table or not, told from samples.

    A lower bound on epsilon from the best threshold of half the trials, by Clopper and Pearson
    on the other half: each bound is wrong with a chance of 4e-10. Without noise epsilon would come
    out at 0.8.
    """
    epsilon, trials, wrong = 0.3, 120, 4e-10
    seen = np.empty((2, trials))
    for there in (0, 1):
        frame = people(30, canary=bool(there))
        for trial in range(trials):
            private = vault(frame, epsilon)
            drawn = method.fit(private, private.ledger.left).sample(400, np.random.default_rng(1))
            seen[there, trial] = (drawn["illness"] == "rare").mean()
    half = trials // 2
    cuts = np.unique(seen[:, :half])
    gains = [(seen[1, :half] >= c).mean() - (seen[0, :half] >= c).mean() for c in cuts]
    hits = (seen[:, half:] >= cuts[int(np.argmax(gains))]).sum(axis=1)
    low = stats.beta.ppf(wrong, hits[1], half - hits[1] + 1) if hits[1] else 0.0
    high = stats.beta.isf(wrong, hits[0] + 1, half - hits[0]) if hits[0] < half else 1.0
    assert low <= math.exp(epsilon) * high + 1e-6
