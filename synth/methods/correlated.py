"""A Bayesian network: each column given up to a few others it depends on most.

The third rung of DataSynthesizer's ladder, after PrivBayes (Zhang et al. 2017,
doi:10.1145/3134428). Simplified and mended: structure is chosen by the L1 distance between a true
table and what the network so far expects of it, whose sensitivity is one person's rows, less the
noise a measurement of it would carry, so noise never drowns the counts; every table is raked to
the marginals known before it. Without a budget the score is mutual information less what chance
alone would give (Akaike 1974).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations
from typing import ClassVar

from synth.budget import Audience, Rho
from synth.budget.accounting import ABSOLUTE
from synth.errors import MethodError
from synth.lazily import np
from synth.learning.consistency import nearest, raked, total_of
from synth.learning.grouping import empty, gathered, splits_of
from synth.learning.method import Method, Model, Promise, modelled_names
from synth.learning.network import Conditional, Network, drawn, normalised, without
from synth.progress import Progress, quiet
from synth.schema import Codes, Counts
from synth.schema.settings import setting
from synth.schema.tables import bincount, entropy, mutual_information
from synth.vault import Measurement, PrivateTable

SHARES = (0.1, 0.2, 0.7)  # of rho: one-way marginals, choice of parents, tables
RARE_SIGMAS = 3.0  # states with fewer rows than this many times the noise of a cell are gathered
USEFUL = 2.0  # a table's mean cell must carry this many times its noise
MOST_EXAMINED = 4_000  # parent sets looked at in one round
PSEUDO_ROWS = 200_000  # rows the network so far is drawn with, to tell what it expects

Family = tuple[str, ...]  # the parents, then the child


@dataclass(frozen=True)
class Correlated(Method):
    """A Bayesian network of bounded degree."""

    name: ClassVar[str] = "correlated"
    title: ClassVar[str] = "Correlated columns (Bayesian network)"
    summary: ClassVar[str] = (
        "Keeps how each column depends on one or two others. Loses weaker and longer connections."
    )
    promise: ClassVar[Promise] = Promise.PRIVATE
    model: ClassVar[type[Model]] = Network

    degree: int = setting(
        0,
        title="Most parents of a column",
        help="How many other columns a column may depend on. 0 lets epsilon, the number of "
        "rows and the size of the tables decide.",
        low=0,
        high=4,
    )

    def fit(self, private: PrivateTable, rho: Rho, progress: Progress = quiet) -> Network:
        names = modelled_names(private.schema)
        if self.degree >= len(names) > 1 or (self.degree > 0 and len(names) == 1):
            raise MethodError(
                f"A degree of {self.degree} needs more than {len(names)} modelled columns.",
                f"Choose a degree of at most {len(names) - 1}, or 0 to have it chosen.",
            )
        if math.isinf(rho):
            return _exact(private, self.degree or 2, progress)
        return _noisy(private, rho, self.degree, progress)


def _families(placed: Sequence[str], names: Sequence[str], degree: int) -> Iterator[Family]:
    """Every way to add a column with 1 to `degree` parents among those placed."""
    for child in (n for n in names if n not in placed):
        for size in range(1, min(degree, len(placed)) + 1):
            for parents in combinations(placed, size):
                yield (*parents, child)


# -- without a budget --------------------------------------------------------------------------


def _exact(private: PrivateTable, degree: int, progress: Progress) -> Network:
    names = modelled_names(private.schema)
    known: dict[Family, float] = {}

    def count(columns: Family) -> Counts:
        why = "counts were taken without noise"
        return private.exact_table(columns, why, Audience.RELEASE).astype(np.float64)

    def score(family: Family) -> float:
        if family not in known:
            known[family] = _information(count(family))
        return known[family]

    root = max(names, key=lambda n: entropy(count((n,))))
    placed: list[str] = [root]
    families: list[Family] = [(root,)]
    while len(placed) < len(names):
        progress(len(placed) / len(names), "choosing which columns depend on which")
        wide = degree if len(names) <= 40 else 1
        best = max(_families(placed, names, wide), key=score)
        families.append(best)
        placed.append(best[-1])
    steps = tuple(_smoothed(f, count(f)) for f in families)
    rows = int(count((root,)).sum())
    return Network(private.schema, private.statement(), rows, steps)


def _smoothed(family: Family, counts: Counts) -> Conditional:
    """Chances from exact counts; a parent configuration never seen takes the child's marginal."""
    child = counts.sum(axis=tuple(range(counts.ndim - 1)))
    prior = child if child.sum() else np.ones_like(child)
    return Conditional(family[-1], family[:-1], normalised(counts, prior))


def _information(counts: Counts) -> float:
    """Mutual information of the last axis with the others, in nats, less the share of chance."""
    table = counts.reshape(-1, counts.shape[-1])
    return mutual_information(table, 1.0) if table.any() else 0.0


# -- under a budget ----------------------------------------------------------------------------


@dataclass
class _Growth:
    """The network so far, and what it expects of tables it has not measured."""

    sizes: dict[str, int]
    total: float
    margins: dict[str, Counts]
    steps: list[Conditional] = field(default_factory=list)
    pseudo: dict[str, Codes] = field(default_factory=dict)

    def place(self, step: Conditional) -> None:
        """Add a step, and draw its column for the pseudo-rows drawn so far."""
        rows = min(PSEUDO_ROWS, max(1000, round(self.total)))
        self.steps.append(step)
        drawn([step], rows, np.random.default_rng(), self.pseudo)

    def joint(self, columns: Sequence[str]) -> Counts:
        """Rows the network expects in each cell of placed columns."""
        if len(columns) == 1:
            return self.margins[columns[0]]
        counts = bincount([self.pseudo[c] for c in columns], [self.sizes[c] for c in columns])
        return np.asarray(counts * (self.total / counts.sum()))

    def expected(self, family: Family) -> Counts:
        """Rows in each cell if the child had nothing to do with its parents."""
        return np.multiply.outer(self.joint(family[:-1]), self.margins[family[-1]] / self.total)

    def cells(self, family: Family) -> int:
        return math.prod(self.sizes[c] for c in family)

    def add(self, measured: Measurement, one: Measurement) -> None:
        """Place the last column of `measured`, consistent with all that is known."""
        *parents, child = measured.columns
        axis = len(parents)
        own = measured.counts.sum(axis=tuple(range(axis)))
        spread = measured.sigma**2 * measured.counts[..., 0].size
        weight = spread / (spread + one.sigma**2)
        margin = nearest(weight * one.counts + (1 - weight) * own, self.total)
        table = raked(
            nearest(measured.counts, self.total),
            [([axis], margin), (list(range(axis)), self.joint(parents))],
        )
        self.margins[child] = table.sum(axis=tuple(range(axis)))
        self.place(Conditional(child, tuple(parents), normalised(table, margin + 1e-9)))

    def alone(self, child: str) -> None:
        """Place a column that is worth no parents."""
        margin = self.margins[child]
        self.place(Conditional(child, (), normalised(margin, np.ones_like(margin))))


def _noisy(private: PrivateTable, rho: Rho, degree: int, progress: Progress) -> Network:
    names, schema = modelled_names(private.schema), private.schema
    picks = max(1, len(names) - 1)
    one_each = Rho((SHARES[0] if len(names) > 1 else 1.0) * rho / len(names))
    fine = {n: private.measure((n,), one_each, "one-way marginal") for n in names}
    counts = {n: m.counts for n, m in fine.items()}
    total = total_of(list(fine.values()))
    noise = ABSOLUTE * private.rows_per_person / math.sqrt(2 * SHARES[2] * rho / picks)
    sigma = max(m.sigma for m in fine.values())
    most = max(2, round(math.sqrt(total / (USEFUL * noise))))
    private, groups = gathered(private, counts, RARE_SIGMAS * max(noise, sigma), most)
    ones = {n: replace(m, counts=groups[n].added(m.counts)) for n, m in fine.items()}
    margins = {n: nearest(m.counts, total) for n, m in ones.items()}
    grown = _Growth({n: g.size for n, g in groups.items()}, total, margins)
    _grow(private, grown, ones, degree, (SHARES[1] * rho, SHARES[2] * rho), progress)
    splits = splits_of(groups, counts, total, sigma)
    return Network(
        schema,
        private.declare(schema).statement(),
        round(total),
        without(grown.steps, empty(groups, counts, sigma)),
        splits,
    )


def _grow(
    private: PrivateTable,
    grown: _Growth,
    ones: Mapping[str, Measurement],
    degree: int,
    shares: tuple[float, float],
    progress: Progress,
) -> None:
    """Place every column; shares of rho that no table took go to the tables after it."""
    names = list(ones)
    placed = [max(names, key=lambda n: entropy(grown.margins[n]))]
    grown.alone(placed[0])
    tables = shares[1]
    while todo := len(names) - len(placed):
        progress(len(placed) / len(names), "choosing and measuring tables")
        table = Rho(tables / todo)
        noise = ABSOLUTE * private.rows_per_person / math.sqrt(2 * table)
        family = private.choose(
            [*_affordable(grown, placed, names, degree, noise), ()],
            grown.expected,
            Rho(shares[0] / (len(names) - 1)),
            "choice of parents",
            penalty=partial(_by_noise, grown, ones, noise),
        )
        if family:
            grown.add(private.measure(family, table, "table of a family"), ones[family[-1]])
            tables -= table
        else:  # every table left would be mostly noise
            family = (max(set(names) - set(placed), key=lambda n: grown.sizes[n]),)
            grown.alone(family[-1])
        placed.append(family[-1])


def _by_noise(
    grown: _Growth, ones: Mapping[str, Measurement], noise: float, family: Family
) -> float:
    """Rows by which a family would seem off through noise alone: its table's, and its margins'."""
    margins = math.fsum(ABSOLUTE * ones[c].sigma * grown.sizes[c] for c in family)
    return noise * grown.cells(family) + margins


def _affordable(
    grown: _Growth, placed: Sequence[str], names: Sequence[str], degree: int, noise: float
) -> list[Family]:
    """Families whose mean cell outweighs the noise; more than one parent only within `degree`."""
    most = grown.total / (USEFUL * noise)
    widest = degree or (3 if len(names) <= 12 else 2 if len(names) <= 40 else 1)
    families = [
        f for f in _families(placed, names, widest) if len(f) == 2 or grown.cells(f) <= most
    ]
    return sorted(families, key=grown.cells)[:MOST_EXAMINED]
