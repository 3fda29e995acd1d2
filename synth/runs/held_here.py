"""A release that was made elsewhere, held against the rows that were sent there: for the custodian.

Whoever sent a table has its rows, so the gate is asked where they are; a server says nothing of
them beside the release.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synth.budget.eyes import ForCustodian
from synth.evaluate import Comparison, compare
from synth.evaluate.evaluation import Evaluation
from synth.evaluate.rules import found_rules, unasked
from synth.ingest import Loaded
from synth.progress import Progress, quiet
from synth.protect.steps import Shelf
from synth.release import Bundle
from synth.runs.judging import as_seen, judgeable, measured
from synth.runs.recipe import Recipe
from synth.runs.running import deidentified, loaded_as
from synth.schema.rule_counts import counted
from synth.vault import PrivateTable


@dataclass(frozen=True, repr=False)
class HeldHere(ForCustodian):
    """What was found.

    Args:
        evaluation: every measure, where that was asked for.
    """

    comparison: Comparison
    evaluation: Evaluation | None = None


def held_here(
    recipe: Recipe,
    bundle: Bundle,
    source: Any,
    folder: Path = Path(),
    *,
    thorough: bool = False,
    progress: Progress = quiet,
) -> HeldHere:
    """How close a release is to the rows that it was made of, under the steps of its recipe.

    People whom the server set aside are not known here, so nothing is attacked.

    Args:
        source: the table that was sent.
        folder: where the files of de-identification steps are.
        thorough: also measure all that the custodian's report tells; a minute or two.

    Raises:
        SynthError: the table cannot be read, or the steps do not fit it.
    """
    loaded = loaded_as(recipe, source)
    before, seen = seen_again(recipe, bundle, loaded, Shelf(folder))
    comparison = judgeable(compare(seen, bundle.rows), recipe, bundle.schema)
    counts = counted(bundle.rules, bundle.rows, bundle.schema)
    rules = found_rules(before, bundle.rows, counts)
    more = unasked(before, bundle.rows, [r.says for r in rules])
    comparison = replace(comparison, rules=rules, unasked=more)
    if not thorough:
        return HeldHere(comparison)
    return HeldHere(comparison, measured(recipe, seen, bundle.rows, comparison, progress))


def seen_again(
    recipe: Recipe, bundle: Bundle, loaded: Loaded, shelf: Shelf
) -> tuple[PrivateTable, PrivateTable]:
    """The rows after the steps of a recipe, and as a custodian compares them with its release.

    Raises:
        StepError: a step does not fit the table.
    """
    before = deidentified(recipe, loaded, shelf).private
    return before, as_seen(before, before.declared_by_custodian(bundle.schema))
