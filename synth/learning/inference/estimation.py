"""The most even model that agrees with noisy marginals as far as their noise allows.

Minimises N log Z(theta) - <theta, y> + lam/2 sum sigma^2 (theta - center)^2 over one log-table
theta per measured clique: the dual of maximum entropy under noisy constraints, smooth and convex.
Solved by L-BFGS with a per-cell secant curvature, in proximal steps, each centred on the last.
Stops by the discrepancy principle: once residuals are as large as the noise, a closer fit only
follows the noise.

Reference: McKenna, Sheldon, Miklau (2019), arXiv:1901.09136; the solver is ours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from synth.lazily import np, npt
from synth.learning.inference.program import IndexConditional, Program, Table
from synth.learning.inference.triangulation import Clique, clique_cells

Vector: TypeAlias = "npt.NDArray[np.float64]"  # all log-tables, or all their cells, end to end

FIRST_STEP = 0.2  # of the diagonal step, before anything is known about overlaps
STANDSTILL = 1e-3  # a step that changes the misfit by less than this part of it is the last
LEAST_VARIANCE = 64.0  # keeps a proximal step well conditioned where there is next to no noise


@dataclass(frozen=True)
class Noisy:
    """A noisy marginal: rows per cell, one axis per column of the ascending clique.

    Args:
        sigma: standard deviation of the noise, of every cell or one for each.
    """

    clique: Clique
    values: Table
    sigma: float | Table

    @property
    def variance(self) -> Table:
        return np.broadcast_to(np.square(self.sigma), self.values.shape)


@dataclass(frozen=True)
class Effort:
    """How hard to fit.

    Args:
        proximal: most proximal steps.
        iterations: most L-BFGS steps within each.
        ridge: pull towards the centre; k steps act like a ridge of ridge / k.
        tolerance: a step ends when the preconditioned gradient is below this.
        misfit: mean squared residual, in noise variances, at which fitting ends.
    """

    proximal: int = 25
    iterations: int = 25
    ridge: float = 1.0
    tolerance: float = 0.02
    misfit: float = 0.8


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted model of expected rows.

    Args:
        total: number of rows.
        program: inference over the maximal measured cliques.
        log_tables: one per clique of `program`.
        thetas: one log-table per measured clique, for a warm start.
        expected: expected rows of each measured clique.
    """

    total: float
    program: Program
    log_tables: list[Table]
    thetas: Mapping[Clique, Table]
    expected: Mapping[Clique, Table]
    misfit: float

    @cached_property
    def _hosts(self) -> list[tuple[frozenset[int], Clique, Table]]:
        chances = self.program.marginals(self.log_tables)[1]
        return [(frozenset(c), c, t) for c, t in zip(self.program.cliques, chances, strict=True)]

    def marginal(self, clique: Clique) -> Table:
        """Expected rows per cell over any columns, axes in the order given."""
        for host, order, table in self._hosts:
            if host.issuperset(clique):
                gone = tuple(k for k, v in enumerate(order) if v not in clique)
                kept = [v for v in order if v in clique]
                table = self.total * table.sum(axis=gone)
                return np.asarray(table.transpose([kept.index(v) for v in clique]))
        return self.total * self.program.marginal(self.log_tables, clique)

    def conditionals(self) -> list[IndexConditional]:
        """The model as chances of each column given earlier ones, in sampling order."""
        return self.program.conditionals(self.log_tables)


def pooled(measured: Sequence[Noisy]) -> list[Noisy]:
    """One table per clique: repeated measurements averaged by inverse variance."""
    merged: dict[Clique, Noisy] = {}
    for new in measured:
        old = merged.get(new.clique)
        if old is None:
            merged[new.clique] = new
            continue
        a, b = 1 / old.variance, 1 / new.variance
        values = (a * old.values + b * new.values) / (a + b)
        merged[new.clique] = Noisy(new.clique, values, (a + b) ** -0.5)
    return list(merged.values())


def estimate_total(measured: Sequence[Noisy]) -> float:
    """Number of rows: the inverse-variance mean of the tables' sums, at least 1."""
    weights = np.array([1 / m.variance.sum() for m in measured])
    sums = np.array([m.values.sum() for m in measured])
    return max(1.0, float(weights @ sums / weights.sum()))


def fit(
    measured: Sequence[Noisy],
    sizes: Sequence[int],
    *,
    total: float | None = None,
    start: Mapping[Clique, Table] | None = None,
    effort: Effort | None = None,
) -> Fitted:
    """Fit the model to noisy marginals.

    Args:
        measured: every column must occur in at least one.
        sizes: number of states of each column.
        total: number of rows; estimated from the tables when absent.
        start: log-tables of an earlier fit to begin from (`Fitted.thetas`).
    """
    effort = effort or Effort()
    tables = pooled(measured)
    rows = estimate_total(tables) if total is None else max(1.0, total)
    problem = _Dual(tables, sizes, rows, effort.ridge)
    before = start or {}
    theta = np.concatenate([before.get(m.clique, np.zeros(m.values.shape)).ravel() for m in tables])
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):  # many small products: threads only wait
        now = math.inf
        for _ in range(effort.proximal):
            problem.center = theta
            theta, mu = _lbfgs(problem, theta, effort)
            earlier, now = now, problem.misfit(mu)
            if now <= effort.misfit or abs(earlier - now) < STANDSTILL * now:
                break
        return problem.fitted(theta, mu)


def _independent(tables: Sequence[Noisy], total: float) -> dict[Clique, Table]:
    """Log-tables of independent columns: where a fit without a warm start begins."""
    return {
        m.clique: np.log(np.maximum(m.values, 0.5) / total) for m in tables if len(m.clique) == 1
    }


@dataclass
class _Point:
    """A place on the dual: value, gradient, and the expected rows there."""

    theta: Vector
    value: float
    gradient: Vector
    mu: Vector


class _Dual:
    """The dual objective of one proximal step."""

    def __init__(
        self, tables: Sequence[Noisy], sizes: Sequence[int], total: float, ridge: float
    ) -> None:
        self.tables, self.total = tables, total
        cliques = [frozenset(m.clique) for m in tables]
        hosts = [tuple(sorted(c)) for c in cliques if not any(c < other for other in cliques)]
        self.program = Program(hosts, sizes)
        self._shapes = [tuple(sizes[v] for v in host) for host in hosts]
        self._homes = [_Home.of(c, hosts, sizes) for c in cliques]
        self._ends = np.cumsum([m.values.size for m in tables])[:-1]
        self.y = np.concatenate([m.values.ravel() for m in tables]).astype(np.float64)
        self.variance = np.concatenate([m.variance.ravel() for m in tables])
        self.ridge = ridge * np.maximum(self.variance, LEAST_VARIANCE)
        self.center: Vector = np.zeros_like(self.y)

    def __call__(self, theta: Vector) -> tuple[float, Vector, Vector]:
        """Value, gradient, and expected rows of every measured cell."""
        log_z, chances = self.program.marginals(self.log_tables(theta))
        mu = self.total * np.concatenate([home.fold(chances).ravel() for home in self._homes])
        pull = theta - self.center
        value = self.total * log_z - theta @ self.y + 0.5 * (self.ridge * pull) @ pull
        return float(value), mu - self.y + self.ridge * pull, mu

    def at(self, theta: Vector) -> _Point:
        return _Point(theta, *self(theta))

    def parts(self, flat: Vector) -> dict[Clique, Table]:
        pieces = zip(self.tables, np.split(flat, self._ends), strict=True)
        return {m.clique: part.reshape(m.values.shape) for m, part in pieces}

    def log_tables(self, theta: Vector) -> list[Table]:
        tables = [np.zeros(shape) for shape in self._shapes]
        for part, home in zip(np.split(theta, self._ends), self._homes, strict=True):
            tables[home.host] += part.reshape(home.spread)
        return tables

    def misfit(self, mu: Vector) -> float:
        """Mean squared residual in noise variances: about 1 for a model that fits."""
        return float((((mu - self.y) ** 2) / self.variance).mean())

    def fitted(self, theta: Vector, mu: Vector) -> Fitted:
        return Fitted(
            self.total,
            self.program,
            self.log_tables(theta),
            self.parts(theta),
            self.parts(mu),
            self.misfit(mu),
        )


@dataclass(frozen=True)
class _Home:
    """Where a measured clique lives: a maximal clique, and how to reach it."""

    host: int
    spread: tuple[int, ...]  # the clique's table, shaped to broadcast over the host's
    folded: tuple[int, ...]  # the host's axes to sum over

    @classmethod
    def of(cls, clique: frozenset[int], hosts: Sequence[Clique], sizes: Sequence[int]) -> _Home:
        fitting = [i for i, host in enumerate(hosts) if clique <= set(host)]
        host = min(fitting, key=lambda i: clique_cells(hosts[i], sizes))
        spread = tuple(sizes[v] if v in clique else 1 for v in hosts[host])
        return cls(host, spread, tuple(k for k, v in enumerate(hosts[host]) if v not in clique))

    def fold(self, chances: Sequence[Table]) -> Table:
        return np.asarray(chances[self.host].sum(axis=self.folded))


def _curvature(point: _Point, ridge: Vector) -> Vector:
    """Secant curvature of each cell's own equation.

    The step -gradient / curvature is then a damped step of iterative proportional fitting,
    log(target / mu), where Newton's step would explode at mu far below its target.
    """
    mu = np.maximum(point.mu, 1e-9)
    target = np.maximum(mu - point.gradient, 0.05 * mu)
    gap = np.log(target / mu)
    flat = np.abs(gap) < 1e-4
    return np.asarray(np.where(flat, mu, (target - mu) / np.where(flat, 1.0, gap)) + ridge)


@dataclass
class _Memory:
    """The last steps of L-BFGS: (step, change of gradient, 1 / their product)."""

    steps: list[tuple[Vector, Vector, float]] = field(default_factory=list)
    longest: int = 8

    def add(self, step: Vector, change: Vector) -> None:
        product = float(step @ change)
        if product > 1e-12:
            self.steps = [*self.steps, (step, change, 1.0 / product)][-self.longest :]

    def _scale(self, diagonal: Vector) -> float:
        if not self.steps:
            return FIRST_STEP
        _, change, scale = self.steps[-1]
        return min(max(1.0 / (scale * float(change @ (diagonal * change))), 0.02), 5.0)

    def direction(self, gradient: Vector, diagonal: Vector) -> Vector:
        """The two-loop recursion, with `diagonal` as the first inverse Hessian.

        The diagonal knows nothing of overlapping cliques, which all push the same way; the last
        step says by how much it is out (Nocedal and Wright 2006, equation 7.20).
        """
        diagonal = diagonal * self._scale(diagonal)
        direction, stack = -gradient, []
        for step, change, scale in reversed(self.steps):
            a = scale * float(step @ direction)
            direction = direction - a * change
            stack.append(a)
        direction = direction * diagonal
        for (step, change, scale), a in zip(self.steps, reversed(stack), strict=True):
            direction += (a - scale * float(change @ direction)) * step
        return direction


def _lbfgs(problem: _Dual, theta: Vector, effort: Effort) -> tuple[Vector, Vector]:
    """Minimise one proximal step; where it ended, and the expected rows there."""
    point, memory = problem.at(theta), _Memory()
    for _ in range(effort.iterations):
        diagonal = 1.0 / _curvature(point, problem.ridge)
        if math.sqrt(float((point.gradient**2 * diagonal).mean())) < effort.tolerance:
            break
        direction = memory.direction(point.gradient, diagonal)
        if point.gradient @ direction >= 0:
            memory = _Memory()
            direction = -point.gradient * diagonal
        new = _line_search(problem, point, direction)
        memory.add(new.theta - point.theta, new.gradient - point.gradient)
        point = new
    return point.theta, point.mu


def _line_search(problem: _Dual, point: _Point, direction: Vector) -> _Point:
    """The first of the steps 1, 0.4, 0.16, ... that decreases the objective enough (Armijo)."""
    slope, step = float(point.gradient @ direction), 1.0
    while True:
        new = problem.at(point.theta + step * direction)
        enough = point.value + 1e-4 * step * slope + 1e-12 * abs(point.value)
        if new.value <= enough or step < 1e-3:
            return new
        step *= 0.4
