"""The methods on offer. To add one: write its file, add its line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synth.budget.guarantee import statement_of
from synth.errors import BundleError, MethodError
from synth.learning.method import Method, Model
from synth.methods.adaptive import Adaptive
from synth.methods.aggregate_seeded import AggregateSeeded
from synth.methods.correlated import Correlated
from synth.methods.dp_aggregate_seeded import DpAggregateSeeded
from synth.methods.independent import Independent
from synth.methods.kde import KernelDensity
from synth.methods.mixture import Mixture
from synth.methods.plugins import plugged
from synth.methods.random import Random
from synth.methods.row_seeded import RowSeeded
from synth.methods.sequential import Sequential
from synth.methods.tree import Tree
from synth.methods.twins import Twins
from synth.methods.unseeded import Unseeded
from synth.methods.value_seeded import ValueSeeded
from synth.schema import Schema

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
PLUGGED = plugged((m.name for m in OWN), models=(m.model for m in OWN))
METHODS = OWN + PLUGGED.methods


def method_named(name: str) -> type[Method]:
    """The method of this name.

    Raises:
        MethodError: there is none.
    """
    for method in METHODS:
        if method.name == name:
            return method
    raise MethodError(
        f"There is no method `{name}`.", f"Choose one of {', '.join(m.name for m in METHODS)}."
    )


def model_of(document: Mapping[str, Any]) -> Model:
    """The model that a saved document describes. Reads values only; runs nothing.

    Raises:
        BundleError: the document is not a model, or is damaged.
    """
    kinds = {m.model.kind: m.model for m in METHODS}
    kind = kinds.get(str(document.get("kind")))
    if document.get("format") != "synth model" or kind is None:
        raise BundleError(
            f"The model is of the kind `{document.get('kind')}`, which is not known here.",
            "Was it made by a newer version, or by a plug-in that is not installed?",
        )
    try:
        return kind.restored(
            Schema.of(document["schema"]),
            statement_of(document["statement"]),
            int(document["rows"]),
            document["parameters"],
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BundleError(
            f"The model file is damaged ({type(error).__name__}).", "Make the release again."
        ) from None
