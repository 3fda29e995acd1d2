"""Columns that go together strongly do so within their groups too; others stay as they were."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from synth.budget import Budget
from synth.errors import BundleError
from synth.learning.method import Model
from synth.learning.network import Network
from synth.learning.order_within import Order, correlation, order_of, put_together
from synth.methods import model_of
from synth.methods.adaptive import Adaptive
from synth.methods.tree import Tree
from synth.schema import Column, Kind, Numbers, Schema
from synth.vault import PrivateTable

ROWS, GROUPS, STATES = 8_000, 8, 100
EDGES = tuple(map(float, range(0, STATES + 1)))
TENTHS = np.arange(1, 11) / 10


def normals(r: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    one = rng.normal(size=ROWS)
    return one, r * one + np.sqrt(1 - r * r) * rng.normal(size=ROWS)


def ranks(values: np.ndarray) -> np.ndarray:
    return values.argsort().argsort() / len(values)


def in_tenths(r: float, noise: float = 0.0) -> np.ndarray:
    """Rows of two columns in ten groups each, as a noisy table would tell them."""
    one, other = (np.minimum(ranks(v) * 10, 9).astype(int) for v in normals(r))
    table = np.zeros((10, 10))
    np.add.at(table, (one, other), 1)
    return table + np.random.default_rng(6).normal(0, noise, table.shape) if noise else table


@pytest.mark.parametrize("r", [-0.99, -0.9, 0.9, 0.98])
@pytest.mark.parametrize("noise", [0.0, 20.0])
def test_the_correlation_behind_a_noisy_table_is_found(r, noise):
    found = correlation(in_tenths(r, noise), TENTHS, TENTHS, noise**2)
    assert found == pytest.approx(r, abs=0.02)


def test_noise_alone_is_no_correlation():
    noise = np.random.default_rng(7).normal(0, 20, (10, 10))
    assert correlation(noise + ROWS / 100, TENTHS, TENTHS, 400.0) == 0


def test_columns_that_hardly_go_together_have_no_order():
    pairs = {("a", "b"): (in_tenths(0.5), 1.0)}
    assert not order_of({"a": TENTHS, "b": TENTHS}, pairs).ends


def test_pairs_that_nobody_measured_follow_from_those_between():
    found = put_together({(0, 1): 0.9, (1, 2): -0.9}, 3)
    assert found[0, 2] == pytest.approx(-0.81, abs=0.01)


def test_correlations_that_cannot_be_are_moved_until_they_can():
    found = put_together({(0, 1): 0.95, (1, 2): 0.95, (0, 2): -0.95}, 3)
    assert np.linalg.eigvalsh(found).min() > 0
    assert np.diag(found) == pytest.approx(np.ones(3))


def test_scores_stay_within_their_groups(rng):
    order = order_of({"a": TENTHS, "b": TENTHS}, {("a", "b"): (in_tenths(0.95), 1.0)})
    groups = {"a": rng.integers(11, size=2000), "b": rng.integers(11, size=2000)}
    scores = order.scores(groups, rng)
    for name, group in groups.items():
        found = [scores[name][group == g] for g in range(10)]
        assert all(a.max() <= b.min() for a, b in pairwise(found))
        assert np.isfinite(scores[name]).all()  # of group 10, which has no order, too


def lengths(r: float) -> pd.DataFrame:
    """A length, and a weight that goes with it."""
    one, other = normals(r)
    return pd.DataFrame({"length": ranks(one) * STATES, "weight": ranks(other) * STATES})


def fitted(method: Adaptive | Tree, r: float, epsilon: float = 2.0) -> Network:
    columns = tuple(Column(n, Numbers(EDGES, decimals=1), Kind.REAL) for n in ("length", "weight"))
    private = PrivateTable(lengths(r), Schema(columns), Budget(epsilon, 1e-9))
    return method.fit(private, private.ledger.left)


def within(model: Network, codes: dict[str, np.ndarray] | None = None) -> float:
    """The correlation of the states of two columns within each pair of their groups."""
    codes = codes or model.sample_codes(20_000, np.random.default_rng(0))
    groups = {n: model.splits[n].argmax(axis=0) for n in codes}
    frame = pd.DataFrame({n: c.astype(float) for n, c in codes.items()})
    held = [frame[n].groupby([groups[m][codes[m]] for m in codes]).transform("mean") for n in codes]
    apart = frame - pd.concat(held, axis=1).to_numpy()
    return float(apart.corr().iloc[0, 1])


@pytest.mark.parametrize("method", [Adaptive(), Tree()])
def test_a_weight_follows_a_length_within_their_groups(method):
    model = fitted(method, 0.998)
    real = {n: np.minimum(v, STATES - 1).astype(int) for n, v in lengths(0.998).items()}
    assert within(model) == pytest.approx(within(model, real), abs=0.1)
    without = Network(model.schema, model.statement, model.rows, model.conditionals, model.splits)
    assert abs(within(without)) < 0.1


def test_an_order_moves_no_row_to_another_group_and_no_state_to_another_number_of_rows():
    model = fitted(Adaptive(), 0.998)
    without = Network(model.schema, model.statement, model.rows, model.conditionals, model.splits)
    one, other = (m.sample_codes(5000, np.random.default_rng(1)) for m in (model, without))
    for name, table in model.splits.items():
        counts = [np.bincount(c[name], minlength=table.shape[1]) for c in (one, other)]
        held = [table.argmax(axis=0)[c[name]] for c in (one, other)]
        assert (held[0] == held[1]).all()
        assert np.abs(counts[0] - counts[1]).max() <= 1


def test_columns_on_their_own_are_drawn_as_before():
    model = fitted(Adaptive(), 0.0)
    assert not model.order.ends


def again(model: Model, harm: dict[str, object]) -> Model:
    parameters = model.parameters()
    parameters["order"] |= harm
    return Network.restored(model.schema, model.statement, model.rows, parameters)


def test_an_order_comes_back_as_it_was_saved():
    model = fitted(Adaptive(), 0.998)
    back = model_of(model.document())
    for seed in (1, 2):
        drawn = [m.sample(500, np.random.default_rng(seed)) for m in (again(back, {}), back)]
        pd.testing.assert_frame_equal(*drawn)
    assert back.order.ends.keys() == {"length", "weight"}


@pytest.mark.parametrize(
    "harm",
    [
        {"weights": [1.0]},
        {"weights": [0.0, 0.0, 0.0, 0.0]},
        {"weights": [float("nan")] * 4},
        {"ends": {"length": [0.5, 1.0], "nobody": [1.0]}},
        {"ends": {"length": [0.5, 0.4], "weight": [1.0]}},
        {"ends": {"length": [0.5, 1.4], "weight": [1.0]}},
        {"ends": {"length": [0.01] * 200, "weight": [1.0]}},
    ],
)
def test_a_damaged_order_is_refused(harm):
    with pytest.raises(BundleError):
        again(fitted(Adaptive(), 0.998), harm)


def test_an_order_without_columns_scores_nothing(rng):
    assert Order({}, np.zeros((0, 0))).scores({}, rng) == {}
