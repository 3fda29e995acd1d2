"""Which order to eliminate columns in, and how large the junction tree becomes.

Column sets are bit masks: bit i stands for column i.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Clique = tuple[int, ...]


def clique_cells(clique: Iterable[int], sizes: Sequence[int]) -> int:
    """Number of cells of the table over these columns."""
    return math.prod(sizes[v] for v in clique)


def mask_of(clique: Iterable[int]) -> int:
    """The set of columns as bits."""
    return sum(1 << v for v in set(clique))


def members(mask: int) -> Iterator[int]:
    """The columns of a set, ascending."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


@dataclass(frozen=True)
class Graph:
    """Which columns stand in a common clique: one mask of neighbours (itself included) each."""

    neighbours: tuple[int, ...]

    @classmethod
    def of(cls, cliques: Iterable[Clique], columns: int) -> Graph:
        return cls(tuple(1 << v for v in range(columns))).joined(cliques)

    def joined(self, cliques: Iterable[Clique]) -> Graph:
        """The graph with further cliques in it."""
        near = list(self.neighbours)
        for clique in cliques:
            mask = mask_of(clique)
            for v in clique:
                near[v] |= mask
        return Graph(tuple(near))


@dataclass(frozen=True)
class Elimination:
    """Columns in elimination order, each with the set of columns it is joined to (itself too)."""

    steps: tuple[tuple[int, int], ...]
    cells: int  # of all maximal cliques of the triangulated graph together

    @property
    def maximal(self) -> tuple[Clique, ...]:
        """The maximal cliques of the triangulated graph."""
        masks = [mask for _, mask in self.steps]
        return tuple(
            tuple(members(m))
            for i, m in enumerate(masks)
            if not any(m & ~other == 0 for other in masks[:i])
        )


def eliminate(graph: Graph, sizes: Sequence[int], limit: float = math.inf) -> Elimination | None:
    """Greedy order, smallest table first; None as soon as the cliques exceed `limit` cells.

    Eliminating a column joins its remaining neighbours. A clique within an earlier one is not
    counted again.
    """
    near = list(graph.neighbours)
    weight = [clique_cells(members(mask), sizes) for mask in near]
    left = set(range(len(sizes)))
    steps: list[tuple[int, int]] = []
    seen: list[int] = []
    total = 0
    while left:
        v = min(left, key=lambda u: (weight[u], u))
        clique = near[v]
        left.remove(v)
        steps.append((v, clique))
        if not any(clique & ~big == 0 for big in seen):
            seen.append(clique)
            total += weight[v]
            if total > limit:
                return None
        for u in members(clique & ~(1 << v)):
            near[u] = (near[u] | clique) & ~(1 << v)
            weight[u] = clique_cells(members(near[u]), sizes)
    return Elimination(tuple(steps), total)


def junction_tree(cliques: Iterable[Clique], sizes: Sequence[int]) -> Elimination:
    """The greedy elimination of a model that measures these cliques."""
    found = eliminate(Graph.of(cliques, len(sizes)), sizes)
    assert found is not None  # no limit was given
    return found


def junction_cells(
    cliques: Iterable[Clique], sizes: Sequence[int], limit: float = math.inf
) -> float:
    """Cells of the junction tree of these cliques; infinite when above `limit`."""
    found = eliminate(Graph.of(cliques, len(sizes)), sizes, limit)
    return math.inf if found is None else found.cells
