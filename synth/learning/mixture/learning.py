"""The arithmetic of private expectation-maximisation.

Each round, every row is shared among the hidden groups as the last, already private parameters
say; only the noisy sums of its statistics come back. Sums are perturbed, never means, so that no
sensitivity depends on the rows. Noisy sums are then shrunk: a cell keeps of its distance from the
column's own private marginal what is more than noise (positive-part James-Stein).

Reference: Park, Foulds, Chaudhuri, Welling (2017), "DP-EM", arXiv:1605.06995. Changed: one release
of all sums a round, shrinkage, and raking to the marginals at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synth.lazily import np
from synth.learning.mixture.laws import UNIT, Free, Law
from synth.schema import Counts
from synth.schema.values import Values

LEAST = 0.05  # of its share in the marginal, which a state keeps in every group
RAKES = 20
KEPT = 3  # rounds whose sums are averaged at the end
CONCENTRATION = 20.0  # of the Dirichlet that the first groups are drawn from, around the marginals
PSEUDO = 2.0  # rows of prior knowledge on moments, in standard deviations of their noise


@dataclass(frozen=True)
class ColumnLaw:
    """One column: its name, its law, and the private chances of its states."""

    column: str
    law: Law | Free
    marginal: Values


@dataclass(frozen=True)
class Component:
    """What was learnt of one column: one line per hidden group.

    Args:
        chances: groups x states.
        parameters: groups x parameters of the law; none for free chances.
    """

    column: str
    law: str
    parameters: tuple[tuple[float, ...], ...]
    chances: Counts


class Learning:
    """The state of the learning: weights of the groups, and their chances per column."""

    def __init__(self, blocks: Sequence[ColumnLaw], groups: int, rng: np.random.Generator) -> None:
        self.blocks, self.groups = tuple(blocks), groups
        self.weights: Values = np.full(groups, 1 / groups)
        self.chances: list[Counts] = [
            np.maximum(rng.dirichlet(CONCENTRATION * b.marginal + 0.05, size=groups), 1e-9)
            for b in blocks
        ]
        self._moments: list[list[tuple[float, float]]] = [[] for _ in blocks]
        self._last: list[list[Counts]] = []

    def log_weights(self) -> Values:
        return np.asarray(np.log(self.weights))

    def log_chances(self) -> list[Counts]:
        """States x groups, one table per column."""
        return [np.log(np.maximum(table.T, 1e-12)) for table in self.chances]

    def learn(self, sums: Sequence[Counts], sigma: float) -> None:
        """Take in one round of noisy sums (groups x statistics, per column), in rows."""
        self._last = [*self._last, list(sums)][-KEPT:]
        means = [np.mean(tables, axis=0) for tables in zip(*self._last, strict=True)]
        noise = sigma / np.sqrt(len(self._last))
        sizes = self._sizes(means)
        self.weights = sizes / sizes.sum()
        for i, block in enumerate(self.blocks):
            if isinstance(block.law, Free):
                self.chances[i] = _shrunk(means[i], block.marginal, sizes, noise)
            else:
                self._moments[i] = _moments(block, means[i], noise)
                absent = _absent(block, means[i], noise)
                self.chances[i] = np.stack(
                    [
                        block.law.chances(*m, a)
                        for m, a in zip(self._moments[i], absent, strict=True)
                    ]
                )

    def _sizes(self, means: Sequence[Counts]) -> Values:
        """Rows of each group: every column's states add up to it; small blocks carry less noise."""
        total, weight = np.zeros(self.groups), 0.0
        for block, table in zip(self.blocks, means, strict=True):
            states = table if isinstance(block.law, Free) else table[:, :2]
            total += states.sum(axis=1) / states.shape[1]
            weight += 1 / states.shape[1]
        return np.maximum(total / weight, 1.0)

    def raked(self) -> None:
        """Scale the free chances until the groups together give the private marginals."""
        for i, block in enumerate(self.blocks):
            if not isinstance(block.law, Free):
                continue
            table = self.chances[i]
            for _ in range(RAKES):
                table = table * (block.marginal / np.maximum(self.weights @ table, 1e-12))
                table = table / table.sum(axis=1, keepdims=True)
            self.chances[i] = table

    def components(self) -> tuple[Component, ...]:
        return tuple(
            Component(b.column, b.law.name, self._parameters(i), self.chances[i])
            for i, b in enumerate(self.blocks)
        )

    def _parameters(self, i: int) -> tuple[tuple[float, ...], ...]:
        law = self.blocks[i].law
        if isinstance(law, Free):
            return ()
        return tuple(law.parameters(*moments) for moments in self._moments[i])


def _shrunk(sums: Counts, marginal: Values, sizes: Values, noise: float) -> Counts:
    prior = marginal[None, :] * sizes[:, None]
    apart = sums - prior
    kept = np.maximum(0.0, 1 - noise**2 / np.maximum(apart**2, 1e-9))
    table = np.maximum(prior + kept * apart, LEAST * prior) + 1e-9
    return np.asarray(table / table.sum(axis=1, keepdims=True))


def _moments(block: ColumnLaw, sums: Counts, noise: float) -> list[tuple[float, float]]:
    """Mean and variance of the scaled value in each group, drawn towards those of the column."""
    assert isinstance(block.law, Law)
    states = block.law.statistics() / UNIT
    first, second = (float(block.marginal @ states[:, k]) for k in (2, 3))
    present = max(float(block.marginal @ states[:, 0]), 1e-9)
    prior = PSEUDO * noise
    rows = np.maximum(sums[:, 0], 0) + prior
    mean = np.clip((sums[:, 2] + prior * first / present) / rows, -1, 1)
    square = np.clip((sums[:, 3] + prior * second / present) / rows, 0, 1)
    variance = np.maximum(square - mean**2, 1e-4)
    return [(float(m), float(v)) for m, v in zip(mean, variance, strict=True)]


def _absent(block: ColumnLaw, sums: Counts, noise: float) -> Values:
    """The chance of a missing value in each group, drawn towards that of the column."""
    assert isinstance(block.law, Law)
    usual = float(block.marginal[-1]) if block.law.missing else 0.0
    prior = PSEUDO * noise
    rows = np.maximum(sums[:, 0], 0) + np.maximum(sums[:, 1], 0) + prior
    return np.asarray(np.clip((np.maximum(sums[:, 1], 0) + prior * usual) / rows, 0, 1))
