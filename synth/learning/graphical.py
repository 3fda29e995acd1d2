"""From measurements of the vault to a network: columns by name outside, by index inside.

What tree, adaptive and twins share. One-way marginals are measured first; rare states and narrow
intervals are gathered by them; every further table is counted in groups. A graphical model is
fitted to all that was measured, and written as the conditional tables of a `Network`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import combinations
from types import MappingProxyType

from synth.budget import Rho
from synth.budget.accounting import ABSOLUTE, gaussian_sigma
from synth.lazily import np
from synth.learning.consistency import nearest
from synth.learning.dependents import Dependents, Fine, Pair
from synth.learning.functions import kept
from synth.learning.grouping import RARE_SIGMAS, empty, gathered, likely, splits_of
from synth.learning.inference import Fitted, Noisy, clique_cells, estimate_total, fit
from synth.learning.inference.estimation import Effort
from synth.learning.inference.triangulation import Clique
from synth.learning.method import modelled_names
from synth.learning.network import Conditional, Network, without
from synth.learning.order_within import Order, order_of
from synth.schema import Counts, Dates, Numbers, Schema
from synth.schema.gathered import Gathered
from synth.vault import Distances, Measurement, PrivateTable

NARROW = 30.0  # and an interval of numbers or dates with its neighbour below this many
LEVELS = (10.0, 20.0, NARROW)  # the same, where several are tried
MOST_GROUPS = 46  # of a column of numbers or dates: tables of three of them may have 100,000 cells
MOST_FINE = 316  # the same of two, for a last width
LEAST_SIGMA = 0.5  # stands in for no noise at all, where nothing is private


@dataclass(frozen=True)
class GraphGround:
    """A table whose one-way marginals are known, ready for tables over several columns.

    Args:
        private: the rows, with rare states gathered.
        schema: the schema before that.
        names: the modelled columns; index i of a clique is names[i].
        total: number of rows, estimated.
        fine: noisy rows per state of each column.
        sigma: standard deviation of their noise.
        groups: which states of each column are gathered.
        most: about how many groups numbers and dates may be in.
        known: columns whose rows per state were public before; nothing is spent on them alone.
    """

    private: PrivateTable
    schema: Schema
    names: tuple[str, ...]
    total: float
    fine: Mapping[str, Counts]
    sigma: float
    groups: Mapping[str, Gathered]
    most: int = 0
    known: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, private: PrivateTable, rho: Rho, known: Mapping[str, Counts] = MappingProxyType({})
    ) -> GraphGround:
        """Measure all one-way marginals, equally well, worth `rho` together.

        Args:
            known: about how many rows have each state of some columns, as far as that is public.
        """
        schema, names = private.schema, modelled_names(private.schema)
        asked = [n for n in names if n not in known] or names
        fine = _one_way(private, asked, rho)
        sigma = max(LEAST_SIGMA, fine[asked[0]].sigma)
        total = estimate_total([Noisy((0,), m.counts, sigma) for m in fine.values()])
        told = {n: nearest(known[n], total) for n in names if n not in asked}
        counts = {n: fine[n].counts if n in fine else told[n] for n in names}
        ground = cls(private, schema, names, total, counts, sigma, {}, known=frozenset(told))
        return ground.in_groups(_most(total, sigma))

    @property
    def asked(self) -> tuple[str, ...]:
        """The columns whose rows per state are measured."""
        return tuple(n for n in self.names if n not in self.known)

    def levels(self) -> tuple[GraphGround, ...]:
        """The same marginals, with numbers and dates in groups of several widths: finest first.

        Narrow ones tell more of what goes together, and cost more noise: which is worth it depends
        on the table.
        """
        numbers = [_most(self.total, self.sigma, narrow) for narrow in LEVELS]
        numbers.append(_most(self.total, self.sigma, NARROW, MOST_FINE))
        every = (self.in_groups(most) for most in dict.fromkeys(numbers))
        return tuple({ground.sizes: ground for ground in every}.values())

    @property
    def fine_pairs(self) -> bool:
        """Whether numbers and dates are in more groups than tables of three of them may have."""
        most = max(len(g.groups) for g in self.groups.values())
        return self.most > MOST_GROUPS and most > MOST_GROUPS

    def in_groups(self, most: int) -> GraphGround:
        """Rare states gathered, and numbers and dates in about `most` groups."""
        fine = self.private.declare(self.schema)
        coarse, groups = gathered(fine, self.fine, RARE_SIGMAS * self.sigma, most)
        return replace(self, private=coarse, groups=groups, most=most)

    def refined(self, rho: Rho) -> GraphGround:
        """The same groups, with the one-way marginals measured once more."""
        again = _one_way(self.private.declare(self.schema), self.asked, rho)
        sigma = max(LEAST_SIGMA, again[self.asked[0]].sigma)
        a, b = self.sigma**-2, sigma**-2
        fine = {n: (a * self.fine[n] + b * m.counts) / (a + b) for n, m in again.items()}
        better = (a + b) ** -0.5
        total = estimate_total([Noisy((0,), counts, better) for counts in fine.values()])
        every = {n: fine[n] if n in fine else nearest(self.fine[n], total) for n in self.names}
        return replace(self, total=total, fine=every, sigma=better)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Number of groups of each column."""
        return tuple(self.groups[n].size for n in self.names)

    @cached_property
    def ones(self) -> tuple[Noisy, ...]:
        """Noisy rows per group of each column: sums of states, with the noise of all of them."""
        return tuple(
            Noisy(
                (i,), g.added(self.fine[n]), self.sigma * np.sqrt(g.added(np.ones(len(g.groups))))
            )
            for i, (n, g) in enumerate((n, self.groups[n]) for n in self.names)
        )

    def named(self, clique: Clique) -> tuple[str, ...]:
        return tuple(self.names[v] for v in clique)

    def cells(self, clique: Clique) -> int:
        return clique_cells(clique, self.sizes)

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
        needs = [need(self.cells(c), w) for c, w in zip(cliques, weights, strict=True)]
        return [
            self.measured(c, Rho(rho * part / sum(needs)))
            for c, part in zip(cliques, needs, strict=True)
        ]

    def noise(self, clique: Clique, rho: float) -> float:
        """Mean L1 error, in rows, of a marginal measured with `rho`."""
        sigma = gaussian_sigma(rho, self.private.rows_per_person)
        return ABSOLUTE * max(LEAST_SIGMA, sigma) * self.cells(clique)

    def measured_closer(self, clique: Clique, finer: GraphGround, rho: Rho) -> Pair:
        """The table of two columns in narrower groups than these, worth `rho`."""
        names = self.named(clique)
        groups = {n: _both(self.groups[n], finer.groups[n]) for n in names}
        columns = (replace(c, domain=groups.get(c.name, c.domain)) for c in self.schema.columns)
        found = self.private.declare(Schema(tuple(columns))).measure(names, rho, "joint marginal")
        one, other = names
        sigma = max(LEAST_SIGMA, found.sigma)
        return Pair((one, other), (groups[one], groups[other]), found.counts, sigma)

    def dependents(self, measured: Sequence[Noisy], closer: Sequence[Pair] = ()) -> Dependents:
        """Which columns are functions of others.

        Args:
            closer: tables in narrower groups, which are told from instead of others.
        """
        pairs = {self.named(t.clique): self._pair(t) for t in pairs_of(measured).values()}
        pairs |= {p.names: p for p in closer}
        return Dependents.of(self.columns, list(pairs.values()))

    def _pair(self, table: Noisy) -> Pair:
        one, other = self.named(table.clique)
        sigma = float(np.sqrt(np.mean(table.variance)))
        return Pair((one, other), (self.groups[one], self.groups[other]), table.values, sigma)

    @cached_property
    def columns(self) -> dict[str, Fine]:
        """Each column as it was counted by itself."""
        return {
            n: Fine(
                self.fine[n],
                self.sigma,
                likely(g.inner, self.fine[n], self.total, self.sigma),
                g,
            )
            for n, g in self.groups.items()
        }

    def fitted(
        self,
        measured: Sequence[Noisy],
        effort: Effort | None = None,
        told: Dependents | None = None,
    ) -> Fitted:
        """The model of all that was measured; cells that a function leaves empty are empty."""
        found = (told or self.dependents(measured)).emptied(self.names, measured, LEAST_SIGMA)
        return fit([*self.ones, *found], self.sizes, total=self.total, effort=effort)

    def network(
        self, fitted: Fitted, measured: Sequence[Noisy] = (), told: Dependents | None = None
    ) -> Network:
        """The fitted model as conditional tables, with the states within each group.

        Args:
            measured: noisy tables that tell which columns are functions of others, and in which
                order the rows of a group lie.
            told: the functions, where they are known already.
        """
        steps = tuple(
            Conditional(self.names[c.column], self.named(c.parents), c.table)
            for c in fitted.conditionals()
        )
        splits = splits_of(self.groups, self.fine, self.total, self.sigma)
        statement = self.private.declare(self.schema).statement()
        told = told or self.dependents(measured)
        steps = without(kept(steps, told.cells), empty(self.groups, self.fine, self.sigma))
        order = self._order(pairs_of(measured))
        rows = round(self.total)
        return Network(self.schema, statement, rows, steps, splits, order, told.follows)

    def _order(self, pairs: Mapping[Clique, Noisy]) -> Order:
        """How numbers and dates that go together lie within their groups."""
        ends: dict[str, Counts] = {}
        for one, name in zip(self.ones, self.names, strict=True):
            domain, groups = self.schema.domain(name), self.groups[name]
            if isinstance(domain, Numbers | Dates) and groups.size < len(groups.groups):
                inner = np.maximum(one.values[: groups.groups[domain.intervals - 1] + 1], 1e-3)
                ends[name] = np.cumsum(inner) / inner.sum()
        told = {}
        for clique, table in pairs.items():
            a, b = self.named(clique)
            if a in ends and b in ends:
                inside = table.values[: len(ends[a]), : len(ends[b])]
                told[a, b] = inside, float(np.mean(table.variance))
        return order_of(ends, told)


def _both(groups: Gathered, others: Gathered) -> Gathered:
    """Groups that end wherever one of two ways to gather states has an end."""
    found: dict[tuple[int, int], int] = {}
    both = zip(groups.groups, others.groups, strict=True)
    return Gathered(groups.inner, tuple(found.setdefault(b, len(found)) for b in both))


def pairs_of(measured: Sequence[Noisy]) -> dict[Clique, Noisy]:
    """The table of each pair within a measured set, from the one that tells most of it."""
    found: dict[Clique, Noisy] = {}
    for table in measured:
        for i, j in combinations(range(len(table.clique)), 2):
            gone = tuple(k for k in range(len(table.clique)) if k not in (i, j))
            sigma = np.sqrt(table.variance.sum(axis=gone))
            pair = table.clique[i], table.clique[j]
            if pair not in found or np.mean(sigma) < np.mean(found[pair].sigma):
                found[pair] = Noisy(pair, table.values.sum(axis=gone), sigma)
    return found


def need(cells: int, weight: float) -> float:
    """The part of rho that a table asks for: (cells times weight)^(2/3), see `all_measured`."""
    return math.pow(ABSOLUTE * cells * weight, 2 / 3)


def _most(total: float, sigma: float, narrow: float = NARROW, most: int = MOST_GROUPS) -> int:
    """The groups of a column of numbers, so that each holds `narrow` times the noise."""
    return int(np.clip(round(total / (narrow * sigma)), 2, most))


def _one_way(private: PrivateTable, names: Sequence[str], rho: Rho) -> dict[str, Measurement]:
    each = Rho(rho / len(names))
    return {n: private.measure((n,), each, "one-way marginal") for n in names}
