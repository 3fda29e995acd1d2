"""Values at random: names, kinds and declared domains only. Reads no row at all.

The first rung of DataSynthesizer's ladder (Ping, Stoyanovich, Howe 2017, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from synth.budget import Rho
from synth.lazily import np
from synth.learning.method import Method, Model, Promise, modelled_names
from synth.learning.network import Conditional, Network
from synth.progress import Progress, quiet
from synth.vault import PrivateTable


@dataclass(frozen=True)
class Random(Method):
    """Every state of a column is equally likely."""

    name: ClassVar[str] = "random"
    title: ClassVar[str] = "Random values"
    summary: ClassVar[str] = (
        "Keeps column names and the values they may take, nothing else. Good for testing software."
    )
    promise: ClassVar[Promise] = Promise.NO_ROW_READ
    model: ClassVar[type[Model]] = Network

    def fit(self, private: PrivateTable, rho: Rho, progress: Progress = quiet) -> Network:
        names = modelled_names(private.schema)
        sizes = private.schema.shape(names)
        steps = (Conditional(n, (), np.full(s, 1 / s)) for n, s in zip(names, sizes, strict=True))
        return Network(private.schema, private.statement(), 0, tuple(steps))
