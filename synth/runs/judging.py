"""How a release is held against the real rows, for the custodian: under which columns, and beside
what was known of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from synth.budget.prospect import Prospect
from synth.evaluate import Comparison
from synth.evaluate.evaluation import Evaluation, evaluate
from synth.evaluate.evaluation_of_counts import of_counts
from synth.ingest.suggest_lazy import as_they_are
from synth.lazily import pd
from synth.progress import Progress, quiet
from synth.runs.recipe import Recipe
from synth.schema import Categories, Column, Dates, Domain, Numbers, Origin, Schema, Text
from synth.vault import PrivateTable


def judgeable(comparison: Comparison, recipe: Recipe, schema: Schema) -> Comparison:
    """The comparison, with what a verdict depends on beside it.

    What was declared, what was taken for the numbers of people, and what noise lets tell.
    """
    told = {c.name: c for c in schema}
    anew = tuple(h.column for h in comparison.columns if not told[h.column].modelled)
    comparison = replace(comparison, anew=anew)
    told_before = (Origin.DECLARED, Origin.BOUNDED)
    known = tuple(c.name for c in schema.modelled if c.domain.origin in told_before)
    sizes = schema.shape([c.name for c in schema.modelled])
    if not recipe.formal or not sizes:
        return replace(comparison, declared=known)
    budget, rows = recipe.budget_of_first, max(comparison.rows, 1)
    seen = Prospect(sizes, rows, budget.epsilon, budget.delta, budget.rows_per_person)
    return replace(comparison, declared=known, tellable=seen.tellable)


def as_seen(before: PrivateTable, told: PrivateTable) -> PrivateTable:
    """The rows as a custodian compares: not under what was found, which may be far coarser.

    Of the columns that are in the release: a method may leave some out.
    """
    if told.stays:
        return as_they_are(told)
    seen = with_other(Schema(tuple(before.schema[column.name] for column in told.schema)))
    for column in told.schema:
        judged, origin = _judged_as(seen[column.name], column), seen[column.name].domain.origin
        if judged.domain.origin.better_than(origin):  # a method may have changed what was found
            judged = replace(judged, domain=_of_origin(judged.domain, origin))
        seen = seen.replaced(judged)
    return before.declare(seen)


def _judged_as(seen: Column, told: Column) -> Column:
    """What a column is compared as: what it is to the custodian's eyes.

    Where they saw words and it turned out to be numbers or dates, it is compared as those: they
    may be written otherwise. Words that turned out to be free text, or the numbers of people, are
    still looked for.
    """
    if not seen.modelled:
        return told
    if (
        not told.modelled
        or isinstance(seen.domain, Numbers | Dates)
        or isinstance(told.domain, Text)
    ):
        return seen
    return seen if told.kind is seen.kind else told


def with_other(schema: Schema) -> Schema:
    """The schema a custodian compares under: what was found coarser than it is counts as other."""
    return Schema(
        tuple(
            replace(c, domain=replace(c.domain, other=True))
            if isinstance(c.domain, Categories)
            else c
            for c in schema.columns
        )
    )


def _of_origin(domain: Any, origin: Origin) -> Domain:
    """The same domain from elsewhere: all of them are dataclasses with that field."""
    made: Domain = replace(domain, origin=origin)
    return made


def measured(
    recipe: Recipe,
    seen: PrivateTable,
    rows: pd.DataFrame,
    comparison: Comparison,
    progress: Progress = quiet,
) -> Evaluation:
    """Everything that is measured of a run's rows, beside what it found itself.

    Of rows that stay in their engine, what counts can tell.

    Args:
        seen: the real rows as a custodian compares them.
        comparison: of the run, with the attacks that were tried on it.
    """
    if seen.stays:
        return of_counts(seen, rows, comparison, progress)
    asked, named = recipe.evaluate, set(c.name for c in seen.schema.modelled) & set(rows.columns)
    target = recipe.purpose.regressed[:1]
    return evaluate(
        seen,
        rows,
        targets=[n for n in target if n in named],
        known=[n for n in asked.known if n in named],
        secrets=[n for n in asked.secrets if n in named],
        before=comparison,
        progress=progress,
    )
