"""Find it for me: the generalisation that loses least and still protects.

Every node of the lattice is one level per column. Nodes are looked at by rising lower bound of
their loss, so the first bound above the best loss found ends the search with the optimum. Where a
node fails, a path to the top is probed (as Flash does), and everything below the highest failure
on it is known to fail, because generalising further never makes more rows fail.

References: Kohlmayer, Prasser et al. (2012), "Flash: efficient, stable and optimal k-anonymity",
doi:10.1109/SocialCom-PASSAT.2012.52; Bayardo and Agrawal (2005) for discernibility; Gionis and
Tassa (2009) for non-uniform entropy. Suppressed rows lose what leaving out all columns would.
Where people have several rows, k of them have to share a class: rows of one person are one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from synth.budget.eyes import ForCustodian
from synth.errors import RiskError
from synth.lazily import np, npt
from synth.protect.lattice.ladders import Ladder, Losses
from synth.protect.risk.classes import Labels, classes_of, people_in, people_of, refined
from synth.protect.risk.disclosure import Spread, distances, distinct_values
from synth.vault.coded import Coded
from synth.wording import so_many

Levels: TypeAlias = "npt.NDArray[np.int64]"  # nodes x columns
Weights: TypeAlias = "npt.NDArray[np.float64]"  # rows behind each different combination

MOST_NODES = 200_000
LOSSES = ("entropy", "discernibility", "generalisation")
UNKNOWN, FAILS, HOLDS = 0, 1, 2


@dataclass(frozen=True)
class Goal:
    """What has to hold, and what is lost least.

    Args:
        k: rows that have to look alike; people, where they have several rows.
        suppression: share of rows that may be left out to get there.
        distinct: different values of the sensitive column in each class (l-diversity).
        closeness: largest distance of a class from the whole table (t-closeness); 1: any.
        loss: "entropy" (non-uniform entropy, bits), "discernibility" (sum of squared class
            sizes), or "generalisation" (share of a column's values that a group covers, weighted).
        weights: how much what a column loses counts; 1 where it is not named. Discernibility is
            of all columns together, and knows none.

    Raises:
        RiskError: one of them makes no sense.
    """

    k: int = 5
    suppression: float = 0.02
    distinct: int = 1
    closeness: float = 1.0
    loss: str = "entropy"
    weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.k < 1 or self.distinct < 1:
            raise RiskError(f"k is {self.k} and l is {self.distinct}.", "Give at least 1 for both.")
        if not 0 <= self.suppression < 1:
            raise RiskError(
                f"A share of {self.suppression:g} of all rows may be left out.",
                "Give 0 or more, below 1; 0.02 is common.",
            )
        if not 0 < self.closeness <= 1:
            raise RiskError(
                f"The largest distance t is {self.closeness:g}.", "Give more than 0, at most 1."
            )
        if self.loss not in LOSSES:
            raise RiskError(
                f"There is no loss called `{self.loss}`.", f"Choose one of {', '.join(LOSSES)}."
            )


@dataclass(frozen=True, repr=False)
class Node(ForCustodian):
    """One level per column, and what comes of it."""

    levels: tuple[int, ...]
    loss: float
    suppressed: int
    holds: bool


@dataclass(frozen=True, eq=False)
class Space:
    """The lattice after a search.

    Args:
        levels: one line per node, one column per ladder.
        bound: the least a node can lose.
        state: UNKNOWN (not needed), FAILS or HOLDS, per node.
        best: None if not even the top holds.
        looked: nodes that were worked out.
    """

    ladders: tuple[Ladder, ...]
    goal: Goal
    rows: int
    levels: Levels
    bound: npt.NDArray[np.float64]
    state: npt.NDArray[np.int8]
    best: Node | None
    looked: int
    evaluate: Callable[[tuple[int, ...]], Node]

    def words(self, levels: Sequence[int]) -> str:
        """A node in words: what becomes of each column."""
        told = [
            f"{ld.name}: {ld.words(level)}" for ld, level in zip(self.ladders, levels, strict=True)
        ]
        return ", ".join(told)


def search(
    ladders: Sequence[Ladder],
    goal: Goal,
    sensitive: Coded | None = None,
    tick: Callable[[float], None] = lambda share: None,
    owner: Coded | None = None,
) -> Space:
    """The optimal node of the lattice.

    Args:
        owner: whose each row is, where people have several; a row without is one person's.
        tick: told the share of nodes settled; may raise to stop the search.

    Raises:
        RiskError: k is larger than the table, or the lattice is too large.
    """
    rows = len(ladders[0].column.codes) if ladders else 0
    nodes = math.prod(ld.top + 1 for ld in ladders)
    if goal.k > rows:
        raise RiskError(
            f"k is {goal.k:,}, but the table has {so_many(rows, 'row')}.", "Ask for a smaller k."
        )
    if nodes > MOST_NODES:
        many = f"{nodes:,}" if nodes < 10**9 else "more than a billion"
        raise RiskError(
            f"{len(ladders)} columns have {many} combinations of levels; "
            f"at most {MOST_NODES:,} are searched.",
            "Choose fewer columns, or hierarchies with fewer levels.",
        )
    return _LatticeSearch(tuple(ladders), goal, sensitive, owner).run(tick)


class _LatticeSearch:
    """The distinct combinations of values, what each loses, and the walk."""

    def __init__(
        self,
        ladders: tuple[Ladder, ...],
        goal: Goal,
        sensitive: Coded | None,
        owner: Coded | None,
    ) -> None:
        columns = [ld.column for ld in ladders]
        rows = len(columns[0].codes) if columns else 0
        self.ladders, self.goal, self.rows = ladders, goal, rows
        every = classes_of([*columns, sensitive] if sensitive is not None else columns, rows)
        label, groups = every.of_row, len(every.sizes)
        whose = None if owner is None else people_of(owner)
        if whose is not None:
            label, groups = refined(label, groups, whose, int(whose.max(initial=0)) + 1)
        first = np.zeros(groups, dtype=np.int64)
        first[label] = np.arange(rows)
        self.owner = None if whose is None else whose[first]
        self.weights: Weights = np.bincount(label, minlength=groups).astype(np.float64)
        self.values = [c.codes[first].astype(np.int64) for c in columns]
        self.sensitive = None if sensitive is None else sensitive.codes[first].astype(np.int64)
        self.width = 1 if sensitive is None else sensitive.size
        self.losses = [_losses(ld, goal) for ld in ladders]
        self.constrained = goal.distinct > 1 or goal.closeness < 1
        if self.constrained and sensitive is None:
            raise RiskError(
                "l or t is asked for, but no column is sensitive.", "Name the sensitive column."
            )
        self.looked = 0

    # -- one node --------------------------------------------------------------------------------

    def label(self, levels: Sequence[int]) -> tuple[Labels, int]:
        """The class of each distinct combination at a node."""
        label, groups = np.zeros(len(self.weights), dtype=np.int64), 1
        for ld, values, level in zip(self.ladders, self.values, levels, strict=True):
            if (known := ld.rungs[level]).size > 1:
                label, groups = refined(label, groups, known.groups[values], known.size)
        return label, groups

    def evaluate(self, levels: tuple[int, ...]) -> Node:
        """Work a node out."""
        self.looked += 1
        label, groups = self.label(levels)
        sizes: Weights = np.bincount(label, weights=self.weights, minlength=groups).astype(float)
        alike = sizes if self.owner is None else people_in(label, groups, self.owner)
        small = alike < self.goal.k
        if self.constrained:
            small |= self._gives_away(label, groups, sizes)
        left = int(sizes[small].sum())
        holds = left <= self.goal.suppression * self.rows + 1e-9
        return Node(levels, self._loss(levels, sizes, small, label), left, holds)

    def _gives_away(
        self, label: Labels, groups: int, sizes: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.bool_]:
        """Classes that break l-diversity or t-closeness."""
        assert self.sensitive is not None, "checked at the start"
        keys, place = np.unique(label * self.width + self.sensitive, return_inverse=True)
        counts = np.bincount(place, weights=self.weights).astype(np.int64)
        group, value = np.divmod(keys, self.width)
        pairs = Spread(group, value, counts, sizes.astype(np.int64), self.width)
        bad = distinct_values(pairs) < self.goal.distinct
        if self.goal.closeness < 1:
            bad |= distances(pairs, None) > self.goal.closeness + 1e-12
        return np.asarray(bad)

    def _loss(
        self,
        levels: Sequence[int],
        sizes: npt.NDArray[np.float64],
        small: npt.NDArray[np.bool_],
        label: Labels,
    ) -> float:
        if self.goal.loss == "discernibility":
            return float((sizes[~small] ** 2).sum() + sizes[small].sum() * self.rows)
        gone = np.flatnonzero(small[label])
        loss = self.bound_of(levels)
        for values, table, level in zip(self.values, self.losses, levels, strict=True):
            more = table[-1] - table[level]
            loss += float((self.weights[gone] * more[values[gone]]).sum())
        return loss

    def bound_of(self, levels: Sequence[int]) -> float:
        """What a node loses if no row is suppressed."""
        return float(sum(self.column_loss[i][level] for i, level in enumerate(levels)))

    @cached_property
    def column_loss(self) -> list[Losses]:
        """Per column, the loss of all rows at each level."""
        return [
            np.array([float((self.weights * t[v]).sum()) for t in table])
            for v, table in zip(self.values, self.losses, strict=True)
        ]

    # -- all nodes -------------------------------------------------------------------------------

    def run(self, tick: Callable[[float], None]) -> Space:
        heights = [range(ld.top + 1) for ld in self.ladders]
        levels = np.array(list(itertools.product(*heights)), dtype=np.int64)
        additive = self.goal.loss != "discernibility"
        bound = (
            sum(np.asarray(self.column_loss[i])[levels[:, i]] for i in range(levels.shape[1]))
            if additive
            else levels.sum(axis=1).astype(np.float64)
        )
        bound = np.asarray(bound, dtype=np.float64)
        state = np.zeros(len(levels), dtype=np.int8)
        best = self._walk(levels, bound, state, additive, tick)
        return Space(
            self.ladders,
            self.goal,
            self.rows,
            levels,
            bound,
            state,
            best,
            self.looked,
            self.evaluate,
        )

    def _walk(
        self,
        levels: Levels,
        bound: npt.NDArray[np.float64],
        state: npt.NDArray[np.int8],
        additive: bool,
        tick: Callable[[float], None],
    ) -> Node | None:
        best: Node | None = None
        for settled, place in enumerate(np.argsort(bound, kind="stable")):
            if settled % 16 == 0:
                tick(settled / len(levels))
            if best is not None and additive and bound[place] >= best.loss:
                break
            if state[place] != UNKNOWN:
                continue
            node = self.evaluate(tuple(levels[place].tolist()))
            state[place] = HOLDS if node.holds else FAILS
            if node.holds and (best is None or node.loss < best.loss):
                best = node
            if not node.holds and self.goal.closeness >= 1:
                self._probe(levels[place], levels, state)
            if not additive and best is not None and self._least(levels[place]) >= best.loss:
                state[(levels >= levels[place]).all(axis=1) & (state == UNKNOWN)] = HOLDS
        return best

    def _least(self, levels: Levels) -> float:
        """The least discernibility of a node and all above it: its own, with nothing suppressed."""
        label, groups = self.label(levels.tolist())
        sizes = np.bincount(label, weights=self.weights, minlength=groups)
        return float((sizes**2).sum())

    def _probe(self, start: Levels, levels: Levels, state: npt.NDArray[np.int8]) -> None:
        """Find a failing node far above a failing one; all below it fail too."""
        path = self._path(start)
        low, high = 0, len(path)
        while high - low > 1:
            middle = (low + high) // 2
            if self.evaluate(tuple(path[middle].tolist())).holds:
                high = middle
            else:
                low = middle
        state[(levels <= path[low]).all(axis=1) & (state == UNKNOWN)] = FAILS

    def _path(self, start: Levels) -> list[Levels]:
        """From a node to the top, the cheapest rung first."""
        path, at = [start], start.copy()
        while True:
            costs = [
                self.column_loss[i][at[i] + 1] - self.column_loss[i][at[i]]
                if at[i] < ld.top
                else math.inf
                for i, ld in enumerate(self.ladders)
            ]
            cheapest = int(np.argmin(costs))
            if math.isinf(costs[cheapest]):
                return path
            at = at.copy()
            at[cheapest] += 1
            path.append(at)


def _losses(ladder: Ladder, goal: Goal) -> list[Losses]:
    """What a row of each value loses at each level; the last is leaving the value out."""
    counts = np.bincount(ladder.column.codes, minlength=ladder.column.size).astype(np.float64)
    weight = goal.weights.get(ladder.name, 1.0)
    total, values = counts.sum(), len(counts)
    tables = []
    for groups in ladder.groups:
        if goal.loss == "generalisation":
            covered = np.bincount(groups)[groups]
            share = (covered - 1) / max(values - 1, 1)
            tables.append(weight * share)
        else:
            told = np.log2(np.bincount(groups, weights=counts)[groups] / counts)
            tables.append(weight * told)
    out = weight * np.log2(total / counts)
    if goal.loss == "generalisation":
        out = np.full(values, weight)
    return [*tables, np.asarray(out)]
