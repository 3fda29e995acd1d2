"""The sets of columns most worth measuring, and the model fitted to them: a clique tree at once.

Noisy one-way marginals; one noisy look at how far every pair and triple is from independence; a
triangulated graph grown by the strongest sets, no clique above the size limit; within it, the
tables chosen and the budget shared so that what they tell exceeds their noise by most; one fit.
Every answer is a Gaussian one, so accounting is exact.

Reference: the workload and its weights are AIM's (McKenna et al. 2022, arXiv:2201.12677); growing
one clique tree from noisy errors follows the idea of SWIFT in google/dpsynth. Left out: AIM's
rounds, each of which costs budget for a selection, and gave larger errors here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations, product
from types import MappingProxyType

from synth.budget import Rho
from synth.errors import MethodError
from synth.lazily import np
from synth.learning.consistency import nearest
from synth.learning.dependents import Dependents, Pair, coarser, may_follow
from synth.learning.graphical import GraphGround, need
from synth.learning.inference import Fitted, Graph, Noisy
from synth.learning.inference.estimation import Effort
from synth.learning.inference.triangulation import Clique, eliminate
from synth.learning.method import modelled_names
from synth.progress import Progress, quiet
from synth.schema import Counts
from synth.vault import Distances, PrivateTable
from synth.wording import so_many

ONE_WAY, SELECTION = 0.25, 0.05  # of rho; the rest goes to the joint marginals, and one-way again
SINGLE = 2.0  # weight of a one-way error
TRIPLE = 0.3  # weight of a triple's error, where a pair's is 1
MOST_TRIPLES = 2_500  # more columns than this allows are looked at in pairs only
PENALTIES = (0.0, 0.25, 0.5, 1.0, 2.0)  # how much expected noise speaks against a set of columns
POWERS = (0.25, 0.5, 0.75, 1.0)  # of its cells, by which the worth of a set is divided
MORE = 1.05  # times the worth of the pairs of another graph, for which that one is left
TRIED = 8  # pairs, and triples, a column that the graph is tried to be widened by
FEW = 40  # columns, up to which several graphs and widths of groups are tried
NEARLY = 0.9  # of the best gain: what the finest groups of all need, as a fit calms their noise
PINNED = 4.0  # weight of a pinned set of columns
FUNCTION = 0.7  # of the distance from independence that a function would have, and
DOUBT = 0.25  # of it, at most, as the noise of it: then a function is expected


@dataclass(frozen=True)
class CliqueModel:
    """What was measured, and the model fitted to it."""

    ground: GraphGround
    tables: tuple[Noisy, ...]
    fitted: Fitted
    told: Dependents = field(default_factory=Dependents)

    @property
    def measured(self) -> tuple[tuple[str, ...], ...]:
        """The sets of columns that were measured together."""
        return tuple(self.ground.named(t.clique) for t in self.tables)


@dataclass(frozen=True)
class CliqueTree:
    """How to choose what to measure.

    Args:
        largest: most cells of one clique of the model.
        triples: whether three columns may be measured together.
        pinned: sets of columns that are measured whatever the rows say.
        weights: how much the errors of a column count, where 1 is usual.
        functions: whether columns that seem to be functions of others are taken for that.
    """

    largest: int = 100_000
    triples: bool = True
    pinned: tuple[tuple[str, ...], ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    functions: bool = True

    def learn(
        self,
        private: PrivateTable,
        rho: Rho,
        progress: Progress = quiet,
        effort: Effort | None = None,
        known: Mapping[str, Counts] = MappingProxyType({}),
    ) -> CliqueModel:
        """Choose, measure and fit, worth `rho` together.

        Args:
            known: about how many rows have each state of some columns, as far as that is public.

        Raises:
            MethodError: a pinned or weighted column is not a modelled one.
        """
        names = modelled_names(private.schema)
        pinned = self._pinned(names)
        share = ONE_WAY if len(names) > 1 else 1.0
        progress(0.0, "counting columns")
        ground = GraphGround.of(private, Rho(share * rho), known)
        progress(0.1, "looking for columns that go together")
        rest = Rho((1 - ONE_WAY - SELECTION) * rho)
        choice, chosen, finest = self._chosen(ground, pinned, Rho(SELECTION * rho), rest)
        if not chosen:
            return CliqueModel(ground, (), ground.fitted([], effort))
        progress(0.4, f"counting {so_many(len(chosen), 'table')}")
        weights = [choice.weights[c] for c in chosen]
        close = {c: finest.ground for c in chosen if self.functions and self._close(finest, c)}
        ground, tables, closer = _measured(choice.ground, chosen, weights, rest, close)
        progress(0.5, "fitting the model")
        told = Dependents()
        if self.functions:
            told = ground.dependents(tables, list(closer.values()))
        tables += [coarser(p, ground.columns, c, told) for c, p in closer.items()]
        return CliqueModel(ground, tuple(tables), ground.fitted(tables, effort, told), told)

    def _close(self, finest: _Choice, clique: Clique) -> bool:
        """Whether two columns are counted in narrower groups, as one may follow the other."""
        domains = [finest.ground.schema.domain(n) for n in finest.ground.named(clique)]
        return finest.functional(clique) and any(
            may_follow(one, other) for one, other in (domains, domains[::-1])
        )

    def _chosen(
        self, ground: GraphGround, pinned: Sequence[Clique], rho: Rho, rest: Rho
    ) -> tuple[_Choice, list[Clique], _Choice]:
        """The tables that promise most, over groups of which width, and what the finest showed.

        Looking is worth `rho`.

        Args:
            rest: what the tables may cost.
        """
        tried = ground.levels() if len(ground.names) <= FEW else (ground,)
        found: list[tuple[_Choice, list[Clique]]] = []
        for level in tried:
            choice = self._looked(level, pinned, Rho(rho / len(tried)), rest)
            found.append((choice, choice.best(pinned)))
        gains = [choice.gain(chosen) for choice, chosen in found]
        return *found[level_of(gains, found[-1][0].ground.fine_pairs)], found[0][0]

    def _looked(
        self, ground: GraphGround, pinned: Sequence[Clique], rho: Rho, rest: Rho
    ) -> _Choice:
        """How far all candidates are from independence, for `rho`."""
        candidates = self._candidates(ground, pinned)
        found = ground.dependence(candidates, rho) if candidates else Distances(np.zeros(0), 0.0)
        weights = {c: self._weight(ground, c, pinned) for c in candidates}
        worth = {c: weights[c] * float(e) for c, e in zip(candidates, found.rows, strict=True)}
        return _Choice(ground, worth, weights, float(rest), self.largest, found.sigma)

    def _pinned(self, names: Sequence[str]) -> tuple[Clique, ...]:
        """The pinned sets as ascending indices."""
        for column in (c for p in (*self.pinned, tuple(self.weights)) for c in p):
            if column not in names:
                raise MethodError(
                    f"There is no modelled column `{column}` to pin or to weigh.",
                    f"Choose among {', '.join(names)}.",
                )
        cliques = (tuple(sorted({names.index(c) for c in p})) for p in self.pinned)
        return tuple(dict.fromkeys(c for c in cliques if len(c) > 1))

    def _candidates(self, ground: GraphGround, pinned: Iterable[Clique]) -> list[Clique]:
        columns = [v for v, size in enumerate(ground.sizes) if size > 1]  # one state tells nothing
        triples = self.triples and math.comb(len(columns), 3) <= MOST_TRIPLES
        sets = (c for k in ((2, 3) if triples else (2,)) for c in combinations(columns, k))
        usual = [c for c in sets if ground.cells(c) <= self.largest]
        return list(dict.fromkeys([*usual, *pinned]))

    def _weight(self, ground: GraphGround, clique: Clique, pinned: Sequence[Clique]) -> float:
        own = math.prod(self.weights.get(n, 1.0) for n in ground.named(clique))
        return own * (1.0 if len(clique) == 2 else TRIPLE) * (PINNED if clique in pinned else 1.0)


def level_of(gains: Sequence[float], fine_pairs: bool) -> int:
    """Which width of groups to take, by what each promises.

    Args:
        fine_pairs: whether the last has more groups than tables of three columns may have.
    """
    nearly = fine_pairs and len(gains) > 1 and gains[-1] >= NEARLY * max(gains)
    return len(gains) - 1 if nearly else int(np.argmax(gains))


def _measured(
    ground: GraphGround,
    chosen: Sequence[Clique],
    weights: Sequence[float],
    rho: Rho,
    close: Mapping[Clique, GraphGround],
) -> tuple[GraphGround, list[Noisy], dict[Clique, Pair]]:
    """The chosen tables, and the one-way marginals once more, each with its share of `rho`.

    Args:
        close: pairs that are counted in narrower groups, and in which; their tables are apart.
    """
    singles = sum(need(len(ground.fine[n]), SINGLE) for n in ground.asked)
    needs = {c: need(ground.cells(c), w) for c, w in zip(chosen, weights, strict=True)}
    each = {c: Rho(rho * n / (singles + sum(needs.values()))) for c, n in needs.items()}
    ground = ground.refined(Rho(rho * singles / (singles + sum(needs.values()))))
    tables = [ground.measured(c, part) for c, part in each.items() if c not in close]
    closer = {c: ground.measured_closer(c, g, each[c]) for c, g in close.items()}
    return ground, tables, closer


@dataclass(frozen=True)
class _Choice:
    """Which tables to measure, given what each is worth and what its noise would cost.

    Args:
        worth: weighted noisy distance from independence of every candidate, in rows.
        rho: what the tables may cost together.
        largest: most cells of a clique of the triangulated graph.
        sigma: standard deviation of the noise of a distance, in rows.
    """

    ground: GraphGround
    worth: Mapping[Clique, float]
    weights: Mapping[Clique, float]
    rho: float
    largest: int
    sigma: float

    def functional(self, clique: Clique) -> bool:
        """Whether two columns are as far from independent as a function makes them."""
        if len(clique) != 2 or clique not in self.worth:
            return False
        total = self.ground.total
        alone = [nearest(self.ground.ones[v].values, total) / total for v in clique]
        most = 2 * total * min(1 - float(a @ a) for a in alone)
        seen = self.worth[clique] / self.weights[clique]
        return self.sigma <= DOUBT * most and seen >= FUNCTION * most

    def best(self, pinned: Sequence[Clique]) -> list[Clique]:
        """The choice that promises most among graphs grown with different penalties for noise.

        Unless, in another order, a graph has room for surely more pairs: columns of few states take
        little of it, and what lies between them and all others may tell more than wide ones do.
        What choices promise does not compare such graphs, as triples count their pairs again.
        """
        usual = {self._grown(penalty, 0.0, pinned): None for penalty in self._penalties()}
        best = max(((self._subset(n, pinned), n) for n in usual), key=lambda c: self.gain(c[0]))
        others = product(self._penalties(), POWERS) if len(self.ground.names) <= FEW else ()
        wider = max((self._grown(*o, pinned) for o in others), key=self._pairs, default=best[1])
        if self._pairs(wider) <= MORE * self._pairs(best[1]):
            return best[0]
        return self._subset(wider, pinned)

    def _penalties(self) -> tuple[float, ...]:
        return PENALTIES if len(self.ground.names) <= FEW else (0.5,)

    def _pairs(self, nodes: Sequence[int]) -> float:
        """What all pairs tell that a graph has room for."""
        return sum(w for c, w in self.worth.items() if len(c) == 2 and _within(c, nodes))

    def _grown(self, penalty: float, power: float, pinned: Sequence[Clique]) -> tuple[int, ...]:
        """Maximal cliques, as masks, of a graph grown by the strongest sets within the limit.

        Pairs first, then the triples that tell more than their pairs do together.
        """
        noise = partial(self.ground.noise, rho=self.rho / len(self.ground.names))
        value = {
            c: (self._alone(c) - penalty * self.weights[c] * noise(c))
            / self.ground.cells(c) ** power
            for c in self.worth
            if len(c) <= 3
        }
        graph = Graph.of(pinned, len(self.ground.names))
        nodes = _nodes(graph, self.ground.sizes) or ()
        for clique in self._strongest(value):
            if len(clique) == 3 and _within(clique, nodes):
                continue
            wider = graph.joined([clique])
            grown = _nodes(wider, self.ground.sizes, self.largest)
            if grown is not None:
                graph, nodes = wider, grown
        return nodes

    def _strongest(self, value: Mapping[Clique, float]) -> list[Clique]:
        """Pairs, then triples, that are worth anything: the first `TRIED` a column of each."""
        most = TRIED * len(self.ground.names)
        kinds = ([c for c, v in value.items() if len(c) == k and v > 0] for k in (2, 3))
        return [c for kind in kinds for c in sorted(kind, key=lambda c: -value[c])[:most]]

    def _alone(self, clique: Clique) -> float:
        """What a set of columns tells that the pairs within it do not."""
        if len(clique) == 2:
            return self.worth[clique]
        pairs = sum(
            self.worth.get(p, 0.0) / self.weights.get(p, 1.0) for p in combinations(clique, 2)
        )
        return self.worth[clique] - self.weights[clique] * pairs

    def _cost(self, clique: Clique) -> float:
        return need(self.ground.cells(clique), self.weights[clique])

    def _subset(self, nodes: Sequence[int], pinned: Sequence[Clique]) -> list[Clique]:
        """The candidates inside the nodes that tell more than their share of the noise costs."""
        inside = [c for c in self.worth if _within(c, nodes) and c not in pinned]
        order = sorted(inside, key=lambda c: -self.worth[c] / self._cost(c))
        chosen = list(pinned)
        best, gain = list(pinned), self.gain(pinned) if pinned else 0.0
        told = sum(self.worth[c] for c in chosen)
        cost = sum(self._cost(c) for c in chosen)
        for clique in order:
            told, cost = told + self.worth[clique], cost + self._cost(clique)
            chosen.append(clique)
            new = told - cost * math.sqrt(cost / (2 * self.rho))
            if new > gain:
                best, gain = list(chosen), new
            else:
                told, cost = told - self.worth[clique], cost - self._cost(clique)
                chosen.pop()
        return best

    def gain(self, chosen: Sequence[Clique]) -> float:
        """Rows of error spared, less rows of noise, where the budget is shared in the best way."""
        cost = sum(self._cost(c) for c in chosen)
        return sum(self.worth[c] for c in chosen) - cost * math.sqrt(cost / (2 * self.rho))


def _within(clique: Clique, nodes: Iterable[int]) -> bool:
    mask = sum(1 << v for v in clique)
    return any(mask & ~node == 0 for node in nodes)


def _nodes(graph: Graph, sizes: Sequence[int], largest: float = math.inf) -> tuple[int, ...] | None:
    """The cliques of the triangulated graph; None if one has more than `largest` cells."""
    found = eliminate(graph, sizes, widest=largest)
    return None if found is None else found.nodes
