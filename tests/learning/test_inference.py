"""Inference: every answer agrees with the joint table written out in full."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.learning.inference import (
    Graph,
    Noisy,
    Program,
    clique_cells,
    estimate_total,
    fit,
    junction_cells,
    junction_tree,
)
from synth.learning.inference.estimation import Effort, pooled
from synth.learning.inference.triangulation import Clique, eliminate, members

SIZES = (2, 3, 2, 4)
EVERY_CLIQUE = [c for k in (1, 2, 3) for c in combinations(range(4), k)]


def joint_of(cliques: list[Clique], tables: list[np.ndarray]) -> np.ndarray:
    """The product of the tables over all columns, the slow and obvious way."""
    joint = np.ones(SIZES)
    for clique, table in zip(cliques, tables, strict=True):
        shape = [SIZES[v] if v in clique else 1 for v in range(4)]
        joint = joint * np.exp(table).reshape(shape)
    return joint


def summed(joint: np.ndarray, clique: Clique) -> np.ndarray:
    ordered = tuple(sorted(clique))
    table = joint.sum(axis=tuple(v for v in range(4) if v not in clique))
    return table.transpose([ordered.index(v) for v in clique])


models = st.lists(st.sampled_from(EVERY_CLIQUE), unique=True, max_size=5).map(
    lambda chosen: sorted({*chosen, *((v,) for v in range(4))})
)


def random_tables(cliques: list[Clique], seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(0, 2, [SIZES[v] for v in c]) for c in cliques]


@settings(max_examples=60, deadline=None)
@given(models, st.integers(0, 10**6))
def test_marginals_and_log_z_are_those_of_the_joint(cliques: list[Clique], seed: int) -> None:
    tables = random_tables(cliques, seed)
    joint = joint_of(cliques, tables)
    log_z, chances = Program(cliques, SIZES).marginals(tables)
    assert log_z == pytest.approx(math.log(joint.sum()))
    for clique, table in zip(cliques, chances, strict=True):
        np.testing.assert_allclose(table, summed(joint, clique) / joint.sum(), atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(models, st.integers(0, 10**6), st.permutations(range(4)).map(lambda p: tuple(p[:2])))
def test_any_marginal_is_that_of_the_joint(
    cliques: list[Clique], seed: int, wanted: Clique
) -> None:
    tables = random_tables(cliques, seed)
    joint = joint_of(cliques, tables)
    found = Program(cliques, SIZES).marginal(tables, wanted)
    np.testing.assert_allclose(found, summed(joint, wanted) / joint.sum(), atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(models, st.integers(0, 10**6))
def test_conditionals_multiply_to_the_joint(cliques: list[Clique], seed: int) -> None:
    tables = random_tables(cliques, seed)
    joint = joint_of(cliques, tables)
    product, known = np.ones(SIZES), set()
    for step in Program(cliques, SIZES).conditionals(tables):
        assert known.issuperset(step.parents)
        known.add(step.column)
        np.testing.assert_allclose(step.table.sum(axis=-1), 1)
        order = np.argsort([*step.parents, step.column])
        shape = [SIZES[v] if v in (*step.parents, step.column) else 1 for v in range(4)]
        product = product * step.table.transpose(order).reshape(shape)
    np.testing.assert_allclose(product, joint / joint.sum(), atol=1e-12)


def test_extreme_log_tables_neither_overflow_nor_vanish() -> None:
    tables = [np.array([0.0, 5000.0]), np.zeros(3), np.zeros(2), np.array([-4000.0, 0, 0, 0])]
    log_z, chances = Program([(0,), (1,), (2,), (3,)], SIZES).marginals(tables)
    assert math.isfinite(log_z)
    assert chances[0][1] == pytest.approx(1)
    assert chances[3][0] == pytest.approx(0, abs=1e-80)


def test_a_parent_never_seen_gives_even_chances() -> None:
    from_nowhere = np.array([[-math.inf, -math.inf, -math.inf], [0.0, 0.0, 0.0]])
    tables = [np.maximum(from_nowhere, -1e9)]
    step = Program([(0, 1)], (2, 3)).conditionals(tables)[-1]
    np.testing.assert_allclose(step.table.sum(axis=-1), 1)


# Four columns in a ring: eliminating one joins its neighbours, so two triples remain.
RING = [(0, 1), (1, 2), (2, 3), (0, 3)]


def test_a_ring_is_triangulated_into_two_triples() -> None:
    found = junction_tree(RING, (2, 2, 2, 2))
    assert sorted(found.maximal) == [(0, 1, 3), (1, 2, 3)]
    assert found.cells == 16


def test_a_junction_tree_above_the_limit_is_abandoned() -> None:
    assert eliminate(Graph.of(RING, 4), (2, 2, 2, 2), limit=15) is None
    assert junction_cells(RING, (2, 2, 2, 2), limit=15) == math.inf
    assert junction_cells(RING, (2, 2, 2, 2), limit=16) == 16


def test_a_clique_wider_than_the_limit_is_abandoned_though_all_together_are_not_looked_at() -> None:
    assert eliminate(Graph.of(RING, 4), (2, 2, 2, 3), widest=11) is None
    found = eliminate(Graph.of(RING, 4), (2, 2, 2, 3), widest=12)
    assert found is not None and found.widest == 12 and found.cells == 20


def test_each_step_takes_the_smallest_table_of_what_is_left() -> None:
    rng = np.random.default_rng(4)
    sizes = [int(s) for s in rng.integers(2, 30, 12)]
    cliques = [tuple(sorted(map(int, rng.choice(12, 3, replace=False)))) for _ in range(9)]
    found = eliminate(Graph.of(cliques, 12), sizes)
    assert found is not None
    near, left = list(Graph.of(cliques, 12).neighbours), set(range(12))
    for v, clique in found.steps:
        tables = {u: clique_cells(members(near[u]), sizes) for u in left}
        assert v == min(left, key=lambda u: (tables[u], u)) and clique == near[v]
        left.remove(v)
        for u in left & set(members(clique)):
            near[u] = (near[u] | clique) & ~(1 << v)


def test_cells_multiply_and_nothing_has_one() -> None:
    assert clique_cells((1, 3), SIZES) == 12
    assert clique_cells((), SIZES) == 1


def test_repeated_measurements_are_averaged_by_their_precision() -> None:
    rough, fine = np.array([10.0, 0.0]), np.array([0.0, 10.0])
    (one,) = pooled([Noisy((0,), rough, 2.0), Noisy((0,), fine, 1.0)])
    np.testing.assert_allclose(one.values, [2.0, 8.0])  # weights 1/4 and 1
    assert one.sigma == pytest.approx((1 / 4 + 1) ** -0.5)


def test_the_total_trusts_small_tables_more() -> None:
    pair, single = np.full((2, 3), 30.0), np.array([50.0, 50.0])
    found = estimate_total([Noisy((0, 1), pair, 1.0), Noisy((0,), single, 1.0)])
    assert found == pytest.approx((180 / 6 + 100 / 2) / (1 / 6 + 1 / 2))
    assert estimate_total([Noisy((0,), np.array([-5.0, -9.0]), 1.0)]) == 1.0


def truth(seed: int = 3) -> np.ndarray:
    counts = np.random.default_rng(seed).gamma(1.0, 200.0, SIZES)
    return np.asarray(counts)


def test_a_fit_to_exact_marginals_reproduces_them() -> None:
    joint = truth()
    measured = [Noisy(c, summed(joint, c), 0.01) for c in [(0, 1), (1, 2, 3), (3,)]]
    fitted = fit(measured, SIZES, effort=Effort(proximal=60, iterations=40, misfit=0.0))
    assert fitted.total == pytest.approx(joint.sum())
    for m in measured:
        np.testing.assert_allclose(fitted.expected[m.clique], m.values, rtol=0.01, atol=3)
    np.testing.assert_allclose(fitted.marginal((2, 1)), summed(joint, (2, 1)), rtol=0.01, atol=3)


def test_unmeasured_pairs_come_out_independent() -> None:
    joint = truth()
    fitted = fit([Noisy((v,), summed(joint, (v,)), 0.01) for v in range(4)], SIZES)
    ones = [summed(joint, (v,)) for v in (0, 3)]
    expected = np.outer(*ones) / joint.sum()
    np.testing.assert_allclose(fitted.marginal((0, 3)), expected, rtol=0.01)


def test_a_fit_does_not_chase_noise() -> None:
    joint, sigma = truth(), 60.0
    rng = np.random.default_rng(8)
    cliques: list[Clique] = [(0,), (1,), (2,), (3,), (1, 2, 3), (0, 3)]
    measured = []
    for clique in cliques:
        exact = summed(joint, clique)
        measured.append(Noisy(clique, exact + rng.normal(0, sigma, exact.shape), sigma))
    fitted = fit(measured, SIZES)
    assert 0.3 < fitted.misfit < 1.3
    noisy_error = sum(np.abs(m.values - summed(joint, m.clique)).sum() for m in measured)
    fitted_error = sum(np.abs(fitted.marginal(c) - summed(joint, c)).sum() for c in cliques)
    assert fitted_error < noisy_error


def test_a_warm_start_agrees_with_a_cold_one() -> None:
    joint = truth()
    measured = [Noisy((v,), summed(joint, (v,)), 5.0) for v in range(4)]
    first = fit(measured, SIZES)
    more = [*measured, Noisy((0, 1), summed(joint, (0, 1)), 5.0)]
    thorough = Effort(proximal=40, iterations=30, misfit=0.0)
    warm = fit(more, SIZES, total=first.total, start=first.thetas, effort=thorough)
    cold = fit(more, SIZES, total=first.total, effort=thorough)
    np.testing.assert_allclose(warm.marginal((0, 1)), cold.marginal((0, 1)), rtol=0.02, atol=3)


def test_every_measurement_below_zero_still_fits() -> None:
    measured = [Noisy((v,), np.full(SIZES[v], -20.0), 10.0) for v in range(4)]
    fitted = fit(measured, SIZES)
    assert np.isfinite(fitted.marginal((0, 1))).all()
    assert fitted.marginal((0, 1)).sum() == pytest.approx(fitted.total)
