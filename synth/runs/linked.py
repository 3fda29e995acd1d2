"""A second table whose rows belong to the people of the first: learnt under one promise with it.

The person is the unit: a row of the first table, and at most `most` of the second. The budget is
one. A share of it is kept for the second table, where an answer is charged as one that a person
moves by `most` rows; what both come to is a sum, in one account and one statement. See
docs/linked-tables.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synth.budget import Budget, Ledger, Rho, Statement
from synth.errors import RecipeError
from synth.evaluate import Comparison, compare
from synth.ingest import Database, Loaded
from synth.ingest.database import placed
from synth.ingest.linked import (
    LoadedLinked,
    as_person,
    beside,
    joined,
    left_out,
    load_linked,
    number_of,
    usual_of,
    with_numbers,
)
from synth.lazily import np, pd
from synth.learning.method import Model
from synth.learning.network import Network
from synth.progress import Progress, quiet
from synth.release.children import Children
from synth.release.release import as_saved
from synth.runs.judging import as_seen, judgeable
from synth.runs.recipe import CountsPart, MethodPart, Recipe
from synth.schema import Column, Counts
from synth.schema.settings import Ask, settings_of
from synth.vault import PrivateTable

OF_COLUMNS = (Ask.COLUMN, Ask.COLUMNS, Ask.COLUMN_SETS, Ask.WEIGHTS, Ask.KNOWN)
DRAWN = 20_000  # people, by whom it is told beside what the rows of the second table stand
Known = Mapping[str, Counts]
Learn = Callable[[Recipe, Loaded, Known, Progress], tuple[PrivateTable, Model]]


def second_table(
    recipe: Recipe, rows: Any, folder: Path, *, handed: bool
) -> tuple[Recipe, LoadedLinked | None]:
    """The recipe as both tables need it, and the second one; None where there is none.

    Args:
        rows: the second table, where it was handed over.
        folder: what a relative path in the recipe is relative to.
        handed: whether the first table was handed over, and not read by the recipe: then no file is
            read for the second either.

    Raises:
        RecipeError: the two cannot be released together as the recipe says.
        IngestError, SchemaError, QueryError: the second table cannot be read.
    """
    told = recipe.children
    if rows is None and not told.there:
        return recipe, None
    check_linked(recipe)
    key = told.key or recipe.people.column
    found = rows if rows is not None else _brought(recipe, folder, handed=handed)
    source = recipe.source
    linked = load_linked(found, key, missing=source.missing, choices=source.choices)
    noticed = (*linked.noticed, *left_out(linked.rows, told.name, told.most))
    linked = replace(linked, noticed=noticed)
    children = told.model_copy(update={"key": key})
    column = as_person(recipe.column, recipe.people.column)
    return recipe.model_copy(update={"children": children, "column": column}), linked


def _brought(recipe: Recipe, folder: Path, *, handed: bool) -> Any:
    told = recipe.children
    if handed or bool(told.file) == bool(told.query):
        raise RecipeError(
            "The recipe has a second table, and it is not there."
            if handed
            else "[children] has to name either a file or a query.",
            "Hand both over: run(recipe, people, children=visits), or `synth run --data … "
            "--children …`; or let the recipe name both. On the screens, bring it on Data.",
        )
    if told.file:
        return folder / told.file
    if not recipe.source.database:
        raise RecipeError(
            "[children] has a query, and [source] names no database.",
            "Name the database in [source], or a `file` in [children].",
        )
    return Database(placed(recipe.source.database, folder)).answer(told.query)


def check_linked(recipe: Recipe) -> None:
    """Refuse what two tables cannot do together.

    Raises:
        RecipeError: they cannot.
    """
    chosen, people = recipe.chosen, recipe.people
    refused = (
        (
            not people.column,
            "nobody said which column of the first table names the person",
            "Name it in [people]: column = … It is the key that both tables share.",
        ),
        (
            people.rows != 1,
            "a person is to have several rows in the first table",
            "Let the first table have one row for each person: rows = 1 in [people].",
        ),
        (recipe.source.stay, "its rows stay in their engine", "Take `stay` out of [source]."),
        (
            bool(recipe.evaluate.holdout or recipe.evaluate.shadows),
            "attacks are to be tried, which know one table only",
            "Take `holdout` and `shadows` out of [evaluate].",
        ),
        (
            chosen.model is not Network,
            f"the method `{chosen.name}` cannot draw rows for a person who is given",
            "Use adaptive, tree, correlated or independent.",
        ),
    )
    for wrong, why, remedy in refused:
        if wrong:
            raise RecipeError(f"The recipe has a second table, and {why}.", remedy)


def counted(recipe: Recipe, people: Loaded, linked: LoadedLinked | None) -> Loaded:
    """The people with how many rows of the second table each has, and their part of the budget.

    Raises:
        RecipeError: a column of the person is named that is not there, or one of the second table
            is called as those are beside it; nothing was spent so far.
    """
    if linked is None:
        return people
    told, schema = recipe.children, people.private.schema
    if absent := [n for n in told.given if n not in schema]:
        raise RecipeError(
            f"[children] is given `{absent[0]}`, which is no column of the first table.",
            f"After all steps it has {', '.join(schema.names)}.",
        )
    if twice := [n for n in linked.suggestions if n.startswith(beside(told.of, ""))]:
        raise RecipeError(
            f"The second table has a column `{twice[0]}`, as a column of {told.of} is called "
            "beside it.",
            "Call it something else in its query, or the people something else: `of` in "
            "[children].",
        )
    made = with_numbers(
        people,
        linked,
        recipe.people.column,
        told.name,
        told.most,
        usual=told.usual,
        parts=told.column,
    )
    own = made.private.ledger.portion(Rho((1 - told.share) * made.private.ledger.left))
    return replace(made, private=made.private.charged_to(own))


@dataclass(frozen=True)
class Second:
    """What was learnt of a second table, and what that is held against.

    Args:
        before: its rows with columns of their people, as the custodian sees them.
        told: the same under what is public of them.
    """

    children: Children
    before: PrivateTable
    told: PrivateTable

    def compared(
        self, recipe: Recipe, people: pd.DataFrame, progress: Progress = quiet
    ) -> tuple[pd.DataFrame, Comparison]:
        """Rows for the people of a release, and how close they are with their people's columns."""
        rows = next(self.children.drawn([people], recipe.release.seed))
        beside = self.children.beside(people, rows)
        found = compare(as_seen(self.before, self.told), beside, progress)
        people_of = recipe.people.model_copy(update={"rows": self.children.most})
        share = recipe.children.model_copy(update={"share": 1 - recipe.children.share})
        each = recipe.model_copy(update={"people": people_of, "children": share})
        return rows, judgeable(found, each, self.told.schema)


def learnt(
    recipe: Recipe,
    people: PrivateTable,
    drawing: Model,
    linked: LoadedLinked,
    ledger: Ledger,
    learn: Learn,
    progress: Progress = quiet,
) -> Second:
    """Learn the second table, given the columns of its people, with what is left of the budget.

    Args:
        people: the first table under what is public of it.
        drawing: what was learnt of it.
        ledger: of both.
        learn: what finds out and learns a table by a recipe.
    """
    told = recipe.children
    names = {c.name: c for c in people.schema.modelled}
    count = number_of(told.name)
    always = count, *map(usual_of, told.usual)
    given = [c for n, c in names.items() if not told.given or n in (*told.given, *always)]
    own = ledger.portion(ledger.left, told.most, told.name)
    made = joined(people, linked, told.column, given, own, of=told.of, lenient=recipe.formal)
    known = _known(drawing, given, count, told.of) if recipe.formal else {}
    private, model = learn(_without_columns(recipe), made, known, progress)
    after = private.declare(model.schema)
    saved = as_saved(model, _of_second(after.statement(), ledger, told.most))
    assert isinstance(saved, Network)
    words = told.name, told.of, recipe.people.column, told.key, count
    children = Children(saved, *words, told.most, told.usual)
    return Second(children, made.private, after)


def _known(drawing: Model, given: Sequence[Column], count: str, of: str) -> Known:
    """About how many linked rows have a person in each state of each given column.

    By people that were drawn from what is public, as often as they have rows: it costs nothing.
    """
    drawn = drawing.sample(DRAWN, np.random.default_rng(0))
    each = drawn[count].to_numpy().astype(np.float64)
    if not each.any():
        return {}
    found = {}
    for column in given:
        domain = drawing.schema.domain(column.name)
        held = np.bincount(domain.encode(drawn[column.name]), weights=each, minlength=domain.size)
        found[beside(of, column.name)] = held * drawing.rows / DRAWN
    return found


def _of_second(statement: Statement, ledger: Ledger, most: int) -> Statement:
    """What is said of the second table alone: its part of the ledger, under the limits of both."""
    limits = Budget(ledger.budget.epsilon, ledger.budget.delta, most)
    return replace(statement, budget=limits, aside=ledger.aside, population=None)


def _without_columns(recipe: Recipe) -> Recipe:
    """The recipe for another table: settings and parts that name columns are of the first."""
    chosen = recipe.chosen
    kept = {
        s.name: getattr(chosen, s.name)
        for s in settings_of(type(chosen))
        if s.ask not in OF_COLUMNS
    }
    method = MethodPart.model_validate({"name": recipe.method.name, **kept})
    none = {"method": method, "counts": CountsPart(), "rules": (), "protect": ()}
    return recipe.model_copy(update=none)


def of_both_tables(
    recipe: Recipe, people: Statement, second: Second | None, ledger: Ledger
) -> Statement:
    """What may be said of both tables together: they are of the same people."""
    if second is None:
        return people
    theirs = second.told.declare(second.children.schema).statement()  # the people's are told
    every = dict.fromkeys((*people.exceptions, *theirs.exceptions))
    columns = dict.fromkeys((*people.columns, *theirs.columns))
    whole = ledger.statement(tuple(every), people.person, tuple(columns))
    return replace(whole, linked=recipe.children.most)
