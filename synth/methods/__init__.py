"""The methods on offer, and all that whoever writes one imports.

To add one here: write its file, add its line. To add one from another package: docs/plugins.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from synth.budget import Audience, Rho, Statement
from synth.budget.ledger import statement_of
from synth.errors import BundleError, MethodError
from synth.incoming import Refusal, reading, whole
from synth.learning.method import Method, Model, Promise, modelled_names
from synth.methods.adaptive import Adaptive
from synth.methods.aggregate_seeded import AggregateSeeded
from synth.methods.correlated import Correlated
from synth.methods.dp_aggregate_seeded import DpAggregateSeeded
from synth.methods.independent import Independent
from synth.methods.kde import KernelDensity
from synth.methods.mixture import Mixture
from synth.methods.plugins import Plugged, plugged
from synth.methods.random import Random
from synth.methods.row_seeded import RowSeeded
from synth.methods.sequential import Sequential
from synth.methods.tree import Tree
from synth.methods.twins import Twins
from synth.methods.unseeded import Unseeded
from synth.methods.value_seeded import ValueSeeded
from synth.progress import Progress, quiet
from synth.schema import Codes, Counts, Dates, Domain, Numbers, Schema
from synth.schema.domain import smallest
from synth.schema.settings import Ask, setting
from synth.vault import PrivateTable

__all__ = [
    "OWN",
    "Ask",
    "Audience",
    "BundleError",
    "Codes",
    "Counts",
    "Dates",
    "Domain",
    "Method",
    "MethodError",
    "Model",
    "Numbers",
    "Plugged",
    "PrivateTable",
    "Progress",
    "Promise",
    "Rho",
    "Schema",
    "Statement",
    "all_methods",
    "method_named",
    "model_of",
    "modelled_names",
    "plugins",
    "quiet",
    "setting",
    "smallest",
]

DAMAGED = Refusal(BundleError, "The model file is damaged.", "Make the release again.")
OWN: tuple[type[Method], ...] = (
    Adaptive,
    Tree,
    Correlated,
    Mixture,
    Twins,
    Independent,
    ValueSeeded,
    RowSeeded,
    Unseeded,
    AggregateSeeded,
    DpAggregateSeeded,
    Sequential,
    KernelDensity,
    Random,
)


@cache
def plugins() -> Plugged:
    """What other packages add. They are imported when this is first asked, not before."""
    return plugged((m.name for m in OWN), models=(m.model for m in OWN))


def all_methods() -> tuple[type[Method], ...]:
    """The methods on offer: our own, then those of plug-ins."""
    return OWN + plugins().methods


def method_named(name: str) -> type[Method]:
    """The method of this name.

    Raises:
        MethodError: there is none.
    """
    for method in all_methods():
        if method.name == name:
            return method
    raise MethodError(
        f"There is no method `{name}`.",
        f"Choose one of {', '.join(m.name for m in all_methods())}.",
        about=("name",),
    )


def model_of(document: Mapping[str, Any]) -> Model:
    """The model that a saved document describes. Reads values only; runs nothing.

    Raises:
        BundleError: the document is not a model, or is damaged.
    """
    kinds = {m.model.kind: m.model for m in all_methods()}
    kind = kinds.get(str(document.get("kind")))
    if document.get("format") != "synth model" or kind is None:
        raise BundleError(
            f"The model is of the kind `{document.get('kind')}`, which is not known here.",
            "Was it made by a newer version, or by a plug-in that is not installed?",
        )
    with reading(DAMAGED):
        return kind.restored(
            Schema.of(document["schema"]),
            statement_of(document["statement"]),
            whole(document["rows"]),
            document["parameters"],
        )
