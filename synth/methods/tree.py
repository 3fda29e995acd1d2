"""A tree of the strongest pairs: which columns go together, two at a time.

MST of McKenna, Miklau, Sheldon (2021), "Winning the NIST contest", arXiv:2108.04978, with two
changes: the strength of all pairs is measured at once, with Gaussian noise, instead of choosing
edge by edge; and the budget goes mostly to the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

from synth.budget import Rho
from synth.learning.graphical import GraphGround
from synth.learning.inference.triangulation import Clique
from synth.learning.method import Method, Model, Promise
from synth.learning.network import Network
from synth.progress import Progress, quiet
from synth.vault import PrivateTable

SHARES = (0.35, 0.05, 0.6)  # of rho: one-way marginals, strength of pairs, tables of the tree

WORTH = 0.5  # a pair is left out where its noise is over twice what it has to tell


@dataclass(frozen=True)
class Tree(Method):
    """A maximum spanning tree of pairs, fitted exactly."""

    name: ClassVar[str] = "tree"
    title: ClassVar[str] = "Tree of pairs (MST)"
    summary: ClassVar[str] = (
        "Keeps each column's strongest connection to one other. Loses what takes three columns to "
        "see. The fastest method with pairs."
    )
    promise: ClassVar[Promise] = Promise.PRIVATE
    model: ClassVar[type[Model]] = Network

    def fit(self, private: PrivateTable, rho: Rho, progress: Progress = quiet) -> Network:
        alone = len(private.schema.modelled) < 2
        progress(0.0, "counting columns")
        ground = GraphGround.of(private, Rho(rho if alone else SHARES[0] * rho))
        if alone:
            return ground.network(ground.fitted([]))
        progress(0.3, "looking for the strongest pairs")
        pairs: list[Clique] = list(combinations(range(len(ground.names)), 2))
        found = ground.dependence(pairs, Rho(SHARES[1] * rho)).rows
        rest = Rho(SHARES[2] * rho)
        edges = [
            pair
            for pair in spanning_tree(pairs, found.tolist(), len(ground.names))
            if found[pairs.index(pair)] > WORTH * ground.noise(pair, rest / len(ground.names))
        ]
        progress(0.6, "counting pairs")
        tables = ground.all_measured(edges, [1.0] * len(edges), rest)
        progress(0.8, "fitting the tree")
        return ground.network(ground.fitted(tables), tables)


def spanning_tree(
    pairs: Sequence[Clique], strengths: Sequence[float], columns: int
) -> list[Clique]:
    """The pairs that join all columns without a circle, strongest first.

    Reference: Kruskal (1956), doi:10.1090/S0002-9939-1956-0078686-7.
    """
    part = list(range(columns))
    edges = []
    for _, pair in sorted(zip(strengths, pairs, strict=True), reverse=True):
        a, b = (part[v] for v in pair)
        if a != b:
            part = [a if p == b else p for p in part]
            edges.append(pair)
    return edges
