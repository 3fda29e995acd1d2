"""Which order to eliminate columns in, and how large the junction tree becomes.

Column sets are bit masks: bit i stands for column i.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

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
    """Columns in elimination order, each with the set of columns it is joined to (itself too).

    Args:
        nodes: the maximal ones of these sets, in that order.
        cells: of all of them together.
        widest: the most cells of one.
    """

    steps: tuple[tuple[int, int], ...]
    nodes: tuple[int, ...]
    cells: int
    widest: int

    @property
    def maximal(self) -> tuple[Clique, ...]:
        """The maximal cliques of the triangulated graph."""
        return tuple(tuple(members(node)) for node in self.nodes)


def eliminate(
    graph: Graph, sizes: Sequence[int], limit: float = math.inf, widest: float = math.inf
) -> Elimination | None:
    """Greedy order, smallest table first.

    Eliminating a column joins its remaining neighbours. A clique within an earlier one is not
    counted again.

    Args:
        limit: None is the answer as soon as the cliques exceed so many cells together,
        widest: or one of them so many.
    """
    near = list(graph.neighbours)
    weight = [clique_cells(members(mask), sizes) for mask in near]
    waiting = [(w, v) for v, w in enumerate(weight)]
    heapify(waiting)
    left = set(range(len(sizes)))
    within: list[list[int]] = [[] for _ in sizes]  # earlier cliques that hold a column
    steps: list[tuple[int, int]] = []
    nodes: list[int] = []
    total = largest = 0
    while left:
        w, v = heappop(waiting)
        if v not in left or w != weight[v]:
            continue  # its table has changed since
        clique = near[v]
        left.remove(v)
        steps.append((v, clique))
        rest = clique & ~(1 << v)
        if not any(clique & ~big == 0 for big in within[v]):
            nodes.append(clique)
            total, largest = total + w, max(largest, w)
            if total > limit or largest > widest:
                return None
        for u in members(rest):
            within[u].append(clique)
            fill = clique & ~near[u]
            near[u] = (near[u] | clique) & ~(1 << v)
            weight[u] = weight[u] * clique_cells(members(fill), sizes) // sizes[v]
            heappush(waiting, (weight[u], u))
    return Elimination(tuple(steps), tuple(nodes), total, largest)


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
