"""Rows drawn given some of their columns, held against the network worked out state by state."""

from itertools import product

import numpy as np

from synth.budget import Statement
from synth.learning.drawing_given import drawn_given
from synth.learning.network import Conditional, Network
from synth.schema import Categories, Column, Schema

SIZES = {"a": 2, "b": 3, "c": 2, "d": 3, "e": 2}
PARENTS = {"c": (), "a": ("c",), "d": ("a", "c"), "b": ("d",), "e": ("b",)}  # given ones come late
ROWS = 60_000


def network() -> Network:
    rng = np.random.default_rng(1)
    names = {n: Categories(tuple(f"{n}{i}" for i in range(s))) for n, s in SIZES.items()}
    steps = []
    for name, parents in PARENTS.items():
        table = rng.random((*(SIZES[p] for p in parents), SIZES[name])) ** 2
        steps.append(Conditional(name, parents, table / table.sum(axis=-1, keepdims=True)))
    schema = Schema(tuple(Column(n, d) for n, d in names.items()))
    return Network(schema, Statement(), 100, tuple(steps))


def joint(model: Network) -> np.ndarray:
    """The chance of every row, one axis per column of `SIZES`."""
    found = np.ones(tuple(SIZES.values()))
    for states in product(*map(range, SIZES.values())):
        at = dict(zip(SIZES, states, strict=True))
        for s in model.conditionals:
            found[states] *= s.table[tuple(at[n] for n in (*s.parents, s.column))]
    return found


def test_each_row_is_drawn_as_its_own_columns_say():
    model, rng = network(), np.random.default_rng(5)
    known = {"b": rng.integers(0, 3, ROWS), "e": rng.integers(0, 2, ROWS)}
    codes = drawn_given(model, known, ROWS, rng)
    assert (codes["b"] == known["b"]).all() and (codes["e"] == known["e"]).all()
    whole = joint(model)
    for b, e in product(range(3), range(2)):
        mine = (known["b"] == b) & (known["e"] == e)
        wanted = whole[:, b, :, :, e] / whole[:, b, :, :, e].sum()
        found = np.zeros_like(wanted)
        np.add.at(found, tuple(codes[n][mine] for n in "acd"), 1 / mine.sum())
        assert 0.5 * np.abs(found - wanted).sum() < 0.03  # a fresh sample: 0.01


def test_what_cannot_be_beside_what_is_given_is_drawn_without_it():
    steps = (
        Conditional("a", (), np.array([1.0, 0.0])),
        Conditional("b", ("a",), np.array([[1.0, 0.0], [0.0, 1.0]])),
    )
    schema = Schema(tuple(Column(n, Categories(("x", "y"))) for n in "ab"))
    model = Network(schema, Statement(), 10, steps)
    codes = drawn_given(model, {"b": np.array([0, 1, 1])}, 3, np.random.default_rng(0))
    assert codes["a"].tolist() == [0, 0, 0]
    nobody = drawn_given(model, {"b": np.array([], dtype=int)}, 0, np.random.default_rng(0))
    assert nobody["a"].tolist() == []
