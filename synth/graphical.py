"""From measurements of the vault to a network: columns by name outside, by index inside.

What tree, adaptive and twins share. One-way marginals are measured first; rare states and narrow
intervals are gathered by them; every further table is counted in groups. A graphical model is
fitted to all that was measured, and written as the conditional tables of a `Network`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from synth.accounting import gaussian_sigma
from synth.budget import Rho
from synth.consistency import nearest
from synth.grouping import Grouped, gathered
from synth.inference import Fitted, Noisy, cells_of, estimate_total, fit
from synth.inference.triangulation import Clique
from synth.method import modelled_names
from synth.network import Conditional, Network
from synth.private import Distances, PrivateTable
from synth.schema import Counts, Schema

RARE = 4.0  # a value is gathered with others below this many standard deviations of its noise
NARROW = 30.0  # and an interval of numbers or dates with its neighbour below this many
ABSOLUTE = math.sqrt(2 / math.pi)  # mean absolute value of a standard Gaussian
LEAST_SIGMA = 0.5  # stands in for no noise at all, where nothing is private


@dataclass(frozen=True)
class Ground:
    """A table whose one-way marginals are known, ready for tables over several columns.

    Args:
        private: the rows, with rare states gathered.
        schema: the schema before that.
        names: the modelled columns; index i of a clique is names[i].
        sizes: number of groups of each.
        total: number of rows, estimated.
        fine: noisy rows per state.
        ones: noisy rows per group.
    """

    private: PrivateTable
    schema: Schema
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    total: float
    fine: tuple[Counts, ...]
    ones: tuple[Noisy, ...]
    groups: tuple[Grouped, ...]

    @classmethod
    def of(cls, private: PrivateTable, rho: Rho) -> Ground:
        """Measure all one-way marginals, equally well, worth `rho` together."""
        names = modelled_names(private.schema)
        each = Rho(rho / len(names))
        fine = {n: private.measure((n,), each, "one-way marginal") for n in names}
        sigma = max(LEAST_SIGMA, fine[names[0]].sigma)
        total = estimate_total([Noisy((0,), m.counts, sigma) for m in fine.values()])
        most = max(2, round(total / (NARROW * sigma)))
        coarse, how = gathered(private, fine, RARE * sigma, most)
        groups = tuple(how[n] for n in names)
        ones = (
            Noisy((i,), g.added(fine[n].counts), sigma * np.sqrt(g.added(np.ones(len(g.groups)))))
            for i, (n, g) in enumerate(zip(names, groups, strict=True))
        )
        return cls(
            coarse,
            private.schema,
            names,
            tuple(g.size for g in groups),
            total,
            tuple(fine[n].counts for n in names),
            tuple(ones),
            groups,
        )

    def named(self, clique: Clique) -> tuple[str, ...]:
        return tuple(self.names[v] for v in clique)

    def cells(self, clique: Clique) -> int:
        return cells_of(clique, self.sizes)

    def independent(self, columns: Sequence[str]) -> Counts:
        """Rows expected in each cell if these columns had nothing to do with each other."""
        where = [self.names.index(c) for c in columns]
        shares = [nearest(self.ones[v].values, self.total) / self.total for v in where]
        return np.asarray(self.total * reduce(np.multiply.outer, shares))

    def dependence(self, candidates: Sequence[Clique], rho: Rho) -> Distances:
        """How far each candidate is from independence, in rows, worth `rho` together."""
        named = [self.named(c) for c in candidates]
        return self.private.distances(
            named, self.independent, rho, f"dependence of {len(named)} sets of columns"
        )

    def measured(self, clique: Clique, rho: Rho) -> Noisy:
        """The marginal of one clique, counted in groups, worth `rho`."""
        found = self.private.measure(self.named(clique), rho, "joint marginal")
        return Noisy(clique, found.counts, max(LEAST_SIGMA, found.sigma))

    def all_measured(
        self, cliques: Sequence[Clique], weights: Sequence[float], rho: Rho
    ) -> list[Noisy]:
        """The marginals of all cliques, worth `rho` together, with the least noise overall.

        The noise of a table is its cells times sigma, times the weight its error has; the sum is
        least where rho goes in proportion to (cells times weight)^(2/3).
        """
        needs = [(w * self.cells(c)) ** (2 / 3) for c, w in zip(cliques, weights, strict=True)]
        return [
            self.measured(c, Rho(rho * need / sum(needs)))
            for c, need in zip(cliques, needs, strict=True)
        ]

    def noise(self, clique: Clique, rho: float) -> float:
        """Mean L1 error, in rows, of a marginal measured with `rho`."""
        sigma = gaussian_sigma(rho, self.private.rows_per_person)
        return ABSOLUTE * max(LEAST_SIGMA, sigma) * self.cells(clique)

    def fitted(self, measured: Sequence[Noisy]) -> Fitted:
        return fit([*self.ones, *measured], self.sizes, total=self.total)

    def network(self, fitted: Fitted) -> Network:
        """The fitted model as conditional tables, with the states within each group."""
        steps = tuple(
            Conditional(self.names[c.column], self.named(c.parents), c.table)
            for c in fitted.conditionals()
        )
        splits = {
            n: g.spread(nearest(counts, self.total))
            for n, g, counts in zip(self.names, self.groups, self.fine, strict=True)
            if g.size < len(g.groups)
        }
        statement = self.private.declare(self.schema).statement()
        return Network(self.schema, statement, round(self.total), steps, splits)
