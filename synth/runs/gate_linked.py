"""What stands against the second table of a release, in the words of the gate.

For the custodian's eyes, as the gate itself. No fix is offered as a button: they are lines of
[children], which a sentence names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from synth.evaluate import Comparison
from synth.evaluate.verdict import Fate, Verdict, verdicts
from synth.ingest.looks import identifiers_in
from synth.release.children import Children
from synth.runs.gate import Objection, gate, labels
from synth.runs.outcome import Outcome
from synth.runs.recipe import Recipe

ELSEWHERE, HERE = "on Columns", "under [[children.column]] in the recipe"
MORE = (
    "Declare it in [[children.column]], lower `most` or raise `share` in [children], or leave the "
    "column out of the query."
)


def gate_of_both(recipe: Recipe, outcome: Outcome) -> tuple[Objection, ...]:
    """Whatever stands against a run's release, its second table included; what stops it first.

    Args:
        recipe: that the release was made by; its exceptions are the reasons given so far.
    """
    first = gate(recipe, outcome.release.model, outcome.comparison, outcome.upkeep)
    return with_second(first, recipe, outcome.release.children, outcome.linked)


def with_second(
    first: tuple[Objection, ...],
    recipe: Recipe,
    second: Children | None,
    comparison: Comparison | None,
) -> tuple[Objection, ...]:
    """What stands against the first table, and what against the second, where there is one."""
    if second is None or comparison is None:
        return first
    every = [*first, *_columns(recipe, second, comparison), *_identifiers(recipe, second)]
    return tuple(sorted(every, key=lambda line: not line.stops))


def verdicts_of_second(second: Children, comparison: Comparison) -> tuple[Verdict, ...]:
    """What became of each column of a second table, the worst first."""
    own = tuple(h for h in comparison.columns if h.column in second.schema)
    told = verdicts(replace(comparison, columns=own))
    return tuple(replace(v, remedy=v.remedy.replace(ELSEWHERE, HERE)) for v in told)


def _columns(recipe: Recipe, second: Children, comparison: Comparison) -> Iterator[Objection]:
    """Columns of which nothing survives stop; those that are spread are to be looked at."""
    for verdict in verdicts_of_second(second, comparison):
        if verdict.fate in (Fate.LOST, Fate.SPREAD):
            key = f"{verdict.fate.value} {second.name}.{verdict.column}"
            stops = verdict.fate is Fate.LOST
            why = f"{verdict.words}. {MORE}"
            what = f"`{second.name}.{verdict.column}`"
            yield Objection(key, what, why, stops=stops, reason=_reason(recipe, key))


def _identifiers(recipe: Recipe, second: Children) -> Iterator[Objection]:
    """Values that look like the identifier of somebody, and would be told as they are."""
    for column in second.schema.modelled:
        for kind, many in identifiers_in(labels(column)):
            key = f"identifiers {second.name}.{column.name}"
            what = f"Values of `{second.name}.{column.name}`"
            why = f"{many:,} of them look like {kind}, and would be told as they are."
            yield Objection(key, what, why, reason=_reason(recipe, key))
            break


def _reason(recipe: Recipe, key: str) -> str:
    return " ".join(recipe.release.exceptions.get(key, "").split())
