"""What is known of a table without its rows: the names of columns, and what is declared of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from synth.errors import RecipeError
from synth.ingest.declaration import ColumnPart, declared
from synth.ingest.forms import Form
from synth.ingest.roles import guessed_role, words_of
from synth.ingest.suggest import Suggestion, possible
from synth.lazily import pd
from synth.protect.steps import Shelf, Step, steps_of
from synth.protect.steps.columns import Drop, Keep, Rename
from synth.runs.recipe import Recipe
from synth.schema import (
    Categories,
    Column,
    Dates,
    Domain,
    Kind,
    Numbers,
    Origin,
    Role,
    Schema,
    Text,
)
from synth.schema.moments import dated
from synth.schema.pattern import usual_pattern

ASSUMED = 20  # values of a column of which nobody declared any
SINCE, MONTH, HOUR = 946_684_800.0, 30 * 86_400.0, 3_600.0  # where made-up dates begin; steps
KNOWN = (Origin.DECLARED, Origin.BOUNDED)


@dataclass(frozen=True)
class DeclaredShape:
    """The columns of a table before and after the steps of a recipe, without a look at its rows.

    Args:
        first: the columns as the table comes; `schema`: those that are left after the steps.
        assumed: columns whose values nobody declared, so that some are assumed.
        steps: of the recipe, those that can be tried on made-up values.
    """

    first: Schema
    schema: Schema
    assumed: tuple[str, ...]
    steps: tuple[Step, ...]


def shape_of(
    recipe: Recipe, names: Sequence[str] = (), shelf: Shelf | None = None
) -> DeclaredShape:
    """The shape that a recipe declares.

    Args:
        names: all columns of the table; else those that the recipe names.

    Raises:
        RecipeError: the recipe names no column.
        SchemaError: a declaration contradicts itself.
        StepError: a step does not fit the columns.
    """
    told = [p for p in recipe.column if not names or p.name in names]
    every = tuple(names) or tuple(p.name for p in told)
    if not every:
        raise RecipeError(
            "The recipe names no column, and the table is not read for this.",
            "Name each under [[column]]; `synth init` writes a recipe that does.",
        )
    given = {p.name: p for p in told}
    bare = {n: _unseen(n, given.get(n)) for n in every}
    first = declared(bare, told, lenient=True)
    assumed = tuple(c.name for c in first.modelled if c.domain.origin not in KNOWN)
    for name in assumed:
        first = first.replaced(_filled(first[name]))
    steps = tuple(
        s for s in steps_of(recipe.protect, shelf or Shelf()) if _can_be_tried(s, assumed)
    )
    schema = first
    for step in steps:
        schema = step.declare(schema)
    return DeclaredShape(first, schema, tuple(n for n in assumed if n in schema), steps)


def _unseen(name: str, part: ColumnPart | None) -> Suggestion:
    """What a name alone suggests."""
    kinds = possible(Form(Kind.TEXT))
    kind = part.kind if part is not None and part.kind is not None else Kind.CATEGORY
    role = guessed_role(name, pd.Series([], dtype=object), 0, kind).role
    new = usual_pattern(words_of(name))
    domain: Any = new if role is Role.IDENTIFIER else kinds[kind]
    return Suggestion(Column(name, domain, kind, role, facts=Origin.OBSERVED), kinds, new)


def _filled(column: Column) -> Column:
    """The column with values that are made up."""
    domain: Domain
    if column.kind in (Kind.INTEGER, Kind.REAL):
        edges = tuple(float(i) for i in range(ASSUMED + 1))
        domain = Numbers(edges, decimals=0 if column.kind is Kind.INTEGER else None)
    elif column.kind is Kind.DATE and isinstance(column.domain, Dates):
        whole = dated(column.domain.format)
        first, step = (SINCE, MONTH) if whole else (0.0, HOUR)
        edges = tuple(first + step * i for i in range(ASSUMED + 1))
        domain = replace(column.domain, edges=edges, origin=Origin.DECLARED)
    elif column.kind is Kind.TEXT:
        domain = Text()
    elif column.kind is Kind.BOOLEAN and isinstance(column.domain, Categories):
        domain = replace(column.domain, origin=Origin.DECLARED)
    else:
        domain = Categories(tuple(f"value {i + 1}" for i in range(ASSUMED)))
    return replace(column, domain=domain)


def _can_be_tried(step: Step, assumed: Sequence[str]) -> bool:
    """Whether made-up values take it: not where it reads values that nobody declared, or rows."""
    if isinstance(step, Drop | Keep | Rename):
        return True
    touched = step.writes
    return bool(touched) and not step.depends_on_rows and not set(touched) & set(assumed)
