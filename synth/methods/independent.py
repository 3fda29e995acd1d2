"""Each column on its own: the baseline every other method has to beat.

The second rung of DataSynthesizer's ladder (Ping, Stoyanovich, Howe 2017, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from synth.budget import Rho
from synth.learning.consistency import nearest, total_of
from synth.learning.grouping import calmed, unseen
from synth.learning.method import Method, Model, Promise, modelled_names
from synth.learning.network import Conditional, Network, normalised, without
from synth.progress import Progress, quiet
from synth.vault import PrivateTable


@dataclass(frozen=True)
class Independent(Method):
    """One-way marginals, each with an equal share of the budget."""

    name: ClassVar[str] = "independent"
    title: ClassVar[str] = "Independent columns"
    summary: ClassVar[str] = (
        "Keeps how often each value occurs in each column. Loses how columns go together."
    )
    promise: ClassVar[Promise] = Promise.PRIVATE
    model: ClassVar[type[Model]] = Network

    def fit(self, private: PrivateTable, rho: Rho, progress: Progress = quiet) -> Network:
        names = modelled_names(private.schema)
        each = Rho(rho / len(names))
        ones = []
        for i, name in enumerate(names):
            progress(i / len(names), "counting columns")
            ones.append(private.measure((name,), each, "one-way marginal"))
        total = total_of(ones)
        steps, gone = [], {}
        for name, one in zip(names, ones, strict=True):
            domain = private.schema.domain(name)
            counts = nearest(calmed(domain, one.counts, one.sigma), total)
            steps.append(Conditional(name, (), normalised(counts)))
            gone[name] = unseen(domain, one.counts, one.sigma)
        told = without(steps, gone)
        return Network(private.schema, private.statement(), round(total), told)
