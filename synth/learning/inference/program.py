"""Exact inference by variable elimination, compiled once per structure to matrix products.

The joint is a product of tables exp(theta_c(x_c)), one per clique. Columns are summed out one by
one; each step is a product of two tensors, run as a batched matrix product, so that the tables of
the triangulated cliques are never written out. The derivative of log Z with respect to the
log-tables, by the reverse sweep, is every clique's marginal, at about twice the cost of log Z.

Reference: Darwiche (2003), "A differential approach to inference in Bayesian networks".
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from synth.lazily import np, npt
from synth.learning.inference.triangulation import Clique, clique_cells, junction_tree, members

Table: TypeAlias = "npt.NDArray[np.float64]"

DEEPEST = -200.0  # log-weights below a table's top by more than this are raised to it


class Contraction:
    """out[batch, left, right] = sum over k of a[batch, left, k] * b[batch, k, right]."""

    def __init__(self, a: Clique, b: Clique, keep: Collection[int], sizes: Sequence[int]) -> None:
        batch = [v for v in a if v in b and v in keep]
        summed = [v for v in a if v in b and v not in keep]
        left, right = [v for v in a if v not in b], [v for v in b if v not in a]
        self.index = (*batch, *left, *right)
        self._shape = tuple(sizes[v] for v in self.index)
        self._axes_a = [a.index(v) for v in batch + left + summed]
        self._axes_b = [b.index(v) for v in batch + summed + right]
        m, n, k, r = (clique_cells(part, sizes) for part in (batch, left, summed, right))
        self._shape_a, self._shape_b = (m, n, k), (m, k, r)
        self._outer = k == 1
        self._small = m > 8 and n * k * r < 256  # a call per batch entry would dominate

    def __call__(self, a: Table, b: Table) -> Table:
        a = a.transpose(self._axes_a).reshape(self._shape_a)
        b = b.transpose(self._axes_b).reshape(self._shape_b)
        if self._outer:
            out = a * b
        elif self._small:
            out = np.einsum("blk,bkr->blr", a, b)
        else:
            out = a @ b
        return np.asarray(out).reshape(self._shape)


@dataclass(frozen=True)
class _Sum:
    """Sum tensor `source` over one axis."""

    source: int
    axis: int


class _Product:
    """Contract tensors `a` and `b`; the adjoints lead back to either."""

    def __init__(
        self, a: int, b: int, index: list[Clique], keep: Collection[int], sizes: Sequence[int]
    ) -> None:
        self.a, self.b = a, b
        self.forward = Contraction(index[a], index[b], keep, sizes)
        self._back_a = Contraction(self.forward.index, index[b], index[a], sizes)
        self._back_b = Contraction(self.forward.index, index[a], index[b], sizes)
        self._order_a = [self._back_a.index.index(v) for v in index[a]]
        self._order_b = [self._back_b.index.index(v) for v in index[b]]

    def adjoints(self, out: Table, a: Table, b: Table) -> tuple[Table, Table]:
        to_a = self._back_a(out, b).transpose(self._order_a)
        return to_a, self._back_b(out, a).transpose(self._order_b)


@dataclass(frozen=True)
class IndexConditional:
    """Chances of one column given its parents: axes are the parents in order, then the column."""

    column: int
    parents: Clique
    table: Table


class Program:
    """Inference for a fixed set of cliques that together hold every column.

    Args:
        cliques: ascending tuples of column indices.
        sizes: number of states of each column.
    """

    def __init__(self, cliques: Sequence[Clique], sizes: Sequence[int]) -> None:
        assert {v for c in cliques for v in c} == set(range(len(sizes)))
        self.cliques, self.sizes = tuple(cliques), tuple(sizes)
        self.elimination = junction_tree(cliques, sizes)
        self._index: list[Clique] = list(self.cliques)
        self._live = set(range(len(cliques)))
        self._steps = list(self._compiled())
        self._roots = sorted(self._live)  # scalars, one per connected part

    def log_z(self, log_tables: Sequence[Table]) -> float:
        """Logarithm of the sum of the product of all exp(log_tables)."""
        return self._forward(log_tables)[0]

    def marginals(self, log_tables: Sequence[Table]) -> tuple[float, list[Table]]:
        """Log Z, and the chances of each clique's cells (each table sums to 1)."""
        log_z, tensors = self._forward(log_tables)
        adjoint = self._backward(tensors)
        joints = [t * d for t, d in zip(tensors, adjoint[: len(self.cliques)], strict=False)]
        return log_z, [joint / joint.sum() for joint in joints]

    def marginal(self, log_tables: Sequence[Table], clique: Clique) -> Table:
        """Chances over any columns: one more pass, with that clique added to the model."""
        ordered = tuple(sorted(clique))
        wider = Program((*self.cliques, ordered), self.sizes)
        empty = np.zeros([self.sizes[v] for v in ordered])
        table = wider.marginals([*log_tables, empty])[1][-1]
        return np.asarray(table.transpose([ordered.index(v) for v in clique]))

    def conditionals(self, log_tables: Sequence[Table]) -> list[IndexConditional]:
        """The joint as chances of each column given earlier ones, in an order fit for sampling."""
        live = [(c, np.exp(_level(t))) for c, t in zip(self.cliques, log_tables, strict=True)]
        steps = []
        for v, mask in self.elimination.steps:
            touching = [f for f in live if v in f[0]]
            live = [f for f in live if v not in f[0]]
            parents = tuple(u for u in members(mask) if u != v)
            product = self._product(touching, (*parents, v))
            message = product.sum(axis=-1)
            top = message.max()
            steps.append(IndexConditional(v, parents, _chances(product, message)))
            if parents:
                live.append((parents, message / top))
        return steps[::-1]

    def _product(self, factors: list[tuple[Clique, Table]], axes: Clique) -> Table:
        product: Table = np.ones([1] * len(axes))
        for clique, table in sorted(factors, key=lambda f: f[1].size):
            shape = [self.sizes[u] if u in clique else 1 for u in axes]
            order = [clique.index(u) for u in axes if u in clique]
            product = product * table.transpose(order).reshape(shape)
        return np.broadcast_to(product, [self.sizes[u] for u in axes])

    def _compiled(self) -> Iterator[_Sum | _Product]:
        """The steps, in order; `_index` and `_live` follow the tensors they make."""
        for v, _ in self.elimination.steps:
            touching = [t for t in self._live if v in self._index[t]]
            while len(touching) > 1:
                a, b = min(combinations(sorted(touching), 2), key=self._union)
                keep = set(self._index[a]) | set(self._index[b])
                last = len(touching) == 2
                step = _Product(a, b, self._index, keep - {v} if last else keep, self.sizes)
                made = self._made(step.forward.index, (a, b))
                touching = [t for t in touching if t not in (a, b)] + ([] if last else [made])
                yield step
            if touching:
                index = self._index[touching[0]]
                self._made(tuple(u for u in index if u != v), touching)
                yield _Sum(touching[0], index.index(v))

    def _union(self, pair: tuple[int, int]) -> int:
        return clique_cells(set(self._index[pair[0]]) | set(self._index[pair[1]]), self.sizes)

    def _made(self, index: Clique, sources: Sequence[int]) -> int:
        self._index.append(index)
        self._live.difference_update(sources)
        self._live.add(len(self._index) - 1)
        return len(self._index) - 1

    def _forward(self, log_tables: Sequence[Table]) -> tuple[float, list[Table]]:
        log_z = math.fsum(float(t.max()) for t in log_tables)
        tensors = [np.exp(_level(t)) for t in log_tables]
        for step in self._steps:
            if isinstance(step, _Sum):
                out = tensors[step.source].sum(axis=step.axis)
            else:
                out = step.forward(tensors[step.a], tensors[step.b])
            scale = float(out.max())
            log_z += math.log(scale)
            tensors.append(np.asarray(out / scale))
        return log_z + sum(math.log(float(tensors[r])) for r in self._roots), tensors

    def _backward(self, tensors: list[Table]) -> list[Table]:
        """Derivative of log Z by each tensor, up to a scale of its own."""
        adjoint: list[Table] = [np.ones(())] * len(tensors)
        for step, out in zip(reversed(self._steps), range(len(tensors) - 1, -1, -1), strict=False):
            d = adjoint[out]
            if isinstance(step, _Sum):
                wide = np.expand_dims(d, step.axis)
                adjoint[step.source] = np.broadcast_to(wide, tensors[step.source].shape)
            else:
                d = d / d.max()
                adjoint[step.a], adjoint[step.b] = step.adjoints(
                    d, tensors[step.a], tensors[step.b]
                )
        return adjoint


def _level(log_table: Table) -> Table:
    """The table with its top at 0 and nothing deeper than `DEEPEST`."""
    return np.asarray(np.maximum(log_table - log_table.max(), DEEPEST))


def _chances(product: Table, message: Table) -> Table:
    """Rows that sum to 1; a parent configuration of no weight gets equal chances."""
    empty = message <= 0
    safe = np.where(empty, 1.0, message)[..., None]
    return np.where(empty[..., None], 1.0 / product.shape[-1], product / safe)
