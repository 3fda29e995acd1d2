"""The default under a budget: the pairs and triples most worth measuring, fitted exactly.

The mechanism is `synth.learning.clique_tree`; here are its settings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from synth.budget import Rho
from synth.errors import MethodError
from synth.learning.clique_tree import CliqueTree
from synth.learning.method import Method, Model, Promise
from synth.learning.network import Network
from synth.progress import Progress, quiet
from synth.schema import Counts
from synth.schema.settings import Ask, setting
from synth.vault import PrivateTable


@dataclass(frozen=True)
class Adaptive(Method):
    """Pairs and triples chosen by a noisy look at all of them."""

    name: ClassVar[str] = "adaptive"
    title: ClassVar[str] = "Adaptive marginals (recommended)"
    summary: ClassVar[str] = (
        "Finds out, privately, which pairs and triples of columns matter, and keeps those. The "
        "most accurate method with a formal guarantee."
    )
    promise: ClassVar[Promise] = Promise.PRIVATE
    model: ClassVar[type[Model]] = Network

    largest: int = setting(
        100_000,
        title="Largest table",
        help="Most cells of one table inside the model. A larger limit keeps more "
        "connections and takes longer.",
        low=100,
        high=5_000_000,
    )
    triples: bool = setting(
        True,
        title="Look at triples",
        help="Whether three columns may be measured together, not only two.",
    )
    pinned: tuple[tuple[str, ...], ...] = setting(
        (),
        ask=Ask.COLUMN_SETS,
        title="Always measure together",
        help="Sets of columns that are always measured together, whatever the rows say. "
        "Statistics over them can be given honest intervals.",
    )
    weights: Mapping[str, float] = setting(
        {},
        ask=Ask.WEIGHTS,
        title="Importance of columns",
        help="How much the errors of a column count, where 1 is usual: one line per column, "
        "`Age = 2`. A column left out counts 1.",
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "pinned", tuple(tuple(p) for p in self.pinned))
        for name, weight in self.weights.items():
            if not (math.isfinite(weight) and weight > 0):
                raise MethodError(
                    f"The importance of column `{name}` is {weight:g}.",
                    "Give a number above 0.",
                    about=("weights", name),
                )

    def fit(self, private: PrivateTable, rho: Rho, progress: Progress = quiet) -> Network:
        return self.fit_beside(private, rho, {}, progress)

    def fit_beside(
        self,
        private: PrivateTable,
        rho: Rho,
        known: Mapping[str, Counts],
        progress: Progress = quiet,
    ) -> Network:
        tree = CliqueTree(self.largest, self.triples, self.pinned, self.weights)
        learnt = tree.learn(private, rho, progress, known=known)
        return learnt.ground.network(learnt.fitted, learnt.tables, learnt.told)
