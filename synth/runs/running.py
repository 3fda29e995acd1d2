"""From a recipe to a release: the same work for the screens, the command line and Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from synth.budget import Audience, Chosen, Entry, Opened, Rho, accounting
from synth.budget.population import LOOKED
from synth.errors import (
    IngestError,
    QueryError,
    RecipeError,
    SchemaError,
    StepError,
    TooManyGaps,
)
from synth.evaluate import Comparison, compare
from synth.evaluate.rules import found_rules, unasked
from synth.ingest import Database, Loaded, load, read_query
from synth.ingest.crowds import cut_between, cut_for
from synth.ingest.database import placed
from synth.ingest.discovery import discovered, share_of, undeclared
from synth.ingest.forming import formed, plan
from synth.ingest.lazy import check_stays, file_in_place, query_in_place
from synth.ingest.linked import LoadedLinked
from synth.ingest.reading import Noticed
from synth.ingest.steps import seen_steps
from synth.ingest.suggest_lazy import gaps_unseen
from synth.lazily import nw, pd
from synth.learning.method import Method, Model, Promise
from synth.learning.seeded import Seeded
from synth.progress import Progress, part, quiet
from synth.protect.coarsening import coarsening
from synth.protect.steps import Shelf, Stage, after_steps, protect, steps_of
from synth.release import Release
from synth.release.counts import files_of
from synth.release.release import as_saved
from synth.release.showcase import look_file
from synth.runs.accounts import NOTHING, Before, charged, conclude, content_of
from synth.runs.attacked import Aim, attacked
from synth.runs.bounds import UNBOUNDED, Bounds
from synth.runs.elsewhere import handed
from synth.runs.handout import chosen_look, of_both, reported
from synth.runs.judging import as_seen, judgeable, measured
from synth.runs.linked import Second, counted, learnt, of_both_tables, second_table
from synth.runs.outcome import Outcome
from synth.runs.recipe import Recipe
from synth.runs.recipe_file import handed_on
from synth.schema import Counts, Schema
from synth.schema.obeying import check_named
from synth.schema.rule_counts import RuleCount
from synth.schema.written import Written
from synth.vault import Noise, PrivateTable, Protection

SIZE_SHARE = 0.01  # of rho, for the noisy number of rows
LEAST_SHARE = 0.05  # of rho, where that decides whether somebody is answered at all
BY_CHANCE = 1e-9  # that noise makes enough rows of none
DEFAULT_ROWS = 1000  # where nothing public tells how many there are


def run(
    recipe: Recipe,
    source: Any = None,
    *,
    folder: Path = Path(),
    progress: Progress = quiet,
    listener: Callable[[Entry], None] | None = None,
    shelf: Shelf | None = None,
    bounds: Bounds = UNBOUNDED,
    before: Before = NOTHING,
    noise: Noise | None = None,
    thorough: bool = False,
    children: Any = None,
) -> Outcome:
    """Everything a recipe says, from reading the table to the release.

    Args:
        source: a data frame, open file or `Elsewhere` instead of the recipe's own source.
        children: the same of a second table, whose rows belong to the people of the first.
        folder: what a relative path in the recipe is relative to.
        shelf: where the files of de-identification steps are; else in `folder`.
        listener: told of every ledger entry before the rows are touched.
        bounds: of what somebody else may ask for.
        before: what is known of the table and `source` does not tell, for its account.
        noise: for tests alone; see `PrivateTable`.
        thorough: also measure all that the custodian's report tells; a minute or two.

    Raises:
        SynthError: any step that needs a decision by the person; nothing is left half done.
    """
    if not isinstance(recipe, Recipe):
        raise RecipeError(
            f"A {type(recipe).__name__} is no recipe.",
            "Write run(Recipe(), table), or Synthesizer().fit(table).",
        )
    bounds.check(recipe.release)
    progress(0.0, "reading the table")
    recipe, linked = second_table(recipe, children, folder, handed=source is not None)
    if source is None and recipe.source.database:
        dialect = Database(placed(recipe.source.database, folder)).dialect
        recipe = recipe.following(read_query(recipe.source.query, dialect))
    with handed(source) if source is not None else brought(recipe, folder) as found:
        table, address = found
        aside = recipe.evaluate.holdout
        loaded = loaded_as(recipe, table, noise, known_as=address, holdout=aside)
        files = shelf or Shelf(folder)
        with charged(recipe, loaded, folder, files, before) as owing:
            owing.private.ledger.listener = listener
            made = run_loaded(
                recipe, owing, progress, files, bounds, thorough=thorough, linked=linked
            )
            told = _noticed(recipe, table, loaded, linked)
            return replace(made, noticed=told, typed=loaded.typed)


def _noticed(
    recipe: Recipe, table: Any, loaded: Loaded, linked: LoadedLinked | None
) -> tuple[Noticed, ...]:
    """What the custodian should know of the tables as they came."""
    unseen = gaps_unseen(table, recipe.column) if isinstance(table, nw.LazyFrame) else ()
    return (*loaded.noticed, *unseen, *(linked.noticed if linked else ()))


@contextmanager
def brought(recipe: Recipe, folder: Path) -> Iterator[tuple[Any, str]]:
    """What the recipe names as its source, and its address where the rows stay there.

    Raises:
        IngestError: it names neither a file nor a database, or both.
        QueryError: the query may not run, or the database cannot answer it.
    """
    asked = recipe.source
    if bool(asked.file) == bool(asked.database):
        raise IngestError(
            "The recipe has to name either a file or a database as its source.",
            "Set `file`, or `database` and `query`, in [source].",
        )
    if asked.file and not asked.stay:
        yield folder / asked.file, ""
    elif asked.file:
        path = folder / asked.file
        with file_in_place(path, asked.choices) as rows:
            yield rows, str(path.resolve())
    elif not asked.stay:
        yield Database(placed(asked.database, folder)).answer(asked.query), ""
    else:
        check_stays(asked.choices)
        database = Database(placed(asked.database, folder))
        with query_in_place(database, asked.query) as rows:
            yield rows, database.place


def run_loaded(
    recipe: Recipe,
    loaded: Loaded,
    progress: Progress = quiet,
    shelf: Shelf | None = None,
    bounds: Bounds = UNBOUNDED,
    *,
    thorough: bool = False,
    linked: LoadedLinked | None = None,
) -> Outcome:
    """Everything after reading: declare, de-identify, fit, draw, compare, assemble."""
    made = deidentified(recipe, loaded, shelf or Shelf())
    ledger = made.private.ledger
    made = counted(recipe, made, linked)
    before = made.private
    _check_attackers(recipe, before.schema)
    _say_rules(recipe, before)
    private = settled(recipe, made, part(progress, 0.0, 0.05), bounds.least)
    private = cut(recipe, private)
    counts = reported(recipe, private)
    look = chosen_look(recipe, shelf or Shelf())
    model = fitted(recipe, private, part(progress, 0.05, 0.5 if linked else 0.6))
    told = private.declare(model.schema)
    telling = part(progress, 0.5, 0.6)
    second = learnt(recipe, told, model, linked, ledger, _second, telling) if linked else None
    statement, counts = of_both(of_both_tables(recipe, told.statement(), second, ledger), counts)
    extras = {**files_of(counts), **look_file(look)} if counts else look_file(look)
    release = _release(recipe, as_saved(model, statement), loaded.written, extras, bounds, second)
    conclude(ledger, release.statement, content_of(release))
    progress(0.6, "drawing synthetic rows")
    private.ledger.note(Opened(LOOKED, Audience.CUSTODIAN))
    seen = told if private is before else as_seen(before, told)
    rows_made, kept = release.begun
    aim = Aim(loaded, made, seen, rows_made, shelf or Shelf())
    comparison = _looked(recipe, aim, told.schema, kept.counts, progress)
    more = None
    if thorough:
        telling = part(progress, 0.95, 1.0)
        more = measured(recipe, seen, aim.synthetic, comparison, telling)
    beside = second.compared(recipe, rows_made) if second else (None, None)
    progress(1.0, "done")
    found = (release, comparison, tuple(ledger.entries))
    return Outcome(
        *found, upkeep=kept.upkeep, evaluation=more, children=beside[0], linked=beside[1]
    )


def _second(
    recipe: Recipe, made: Loaded, known: Mapping[str, Counts], progress: Progress
) -> tuple[PrivateTable, Model]:
    """What is public of a second table, and what was learnt of it."""
    private = cut(recipe, settled(recipe, made, part(progress, 0.0, 0.3)))
    rho, telling = private.ledger.left, part(progress, 0.3, 1.0)
    return private, recipe.chosen.fit_beside(private.portion(rho), rho, known, telling)


def _looked(
    recipe: Recipe, aim: Aim, schema: Schema, counts: Sequence[RuleCount], progress: Progress
) -> Comparison:
    """A release beside the real rows, with the attacks on it and the rules that it keeps."""
    comparison = compare(aim.seen, aim.synthetic, part(progress, 0.65, 0.8))
    tried = attacked(recipe, aim, _learnt, part(progress, 0.8, 0.95))
    comparison = judgeable(comparison, recipe, schema)
    before = aim.made.private
    found = found_rules(before, aim.synthetic, counts)
    more = unasked(before, aim.synthetic, [r.says for r in found])
    return replace(comparison, attacks=tried, rules=found, unasked=more)


def _release(
    recipe: Recipe,
    model: Model,
    written: Written,
    extras: Mapping[str, bytes],
    bounds: Bounds,
    second: Second | None,
) -> Release:
    """What a recipe makes of a model.

    Raises:
        RecipeError: more rows than anybody may ask for here.
    """
    asked = recipe.release
    rows = asked.rows or model.rows or DEFAULT_ROWS
    bounds.check(asked, rows)
    return Release(
        model,
        rows,
        seed=asked.seed,
        copies=asked.copies,
        recipe=handed_on(recipe, model.schema, second.children.schema if second else None),
        title=asked.title,
        extras=extras,
        order=asked.order,
        written=written.holding(model.schema.texts),
        safe=asked.safe,
        rules=recipe.rules_said,
        about=asked.about,
        children=second.children if second else None,
    )


def _say_rules(recipe: Recipe, private: PrivateTable) -> None:
    """Write down which rules were settled after looking at the rows.

    Raises:
        RuleError: a rule names a column that is not there; nothing was spent so far.
    """
    check_named(recipe.rules_said, private.schema)
    for rule in recipe.rules_said:
        if rule.seen and (entry := Chosen(rule.choice)) not in private.ledger:
            private.ledger.note(entry)


def _check_attackers(recipe: Recipe, schema: Schema) -> None:
    """Raises RecipeError where [evaluate] names what is no column; nothing was spent so far."""
    for name in (*recipe.evaluate.known, *recipe.evaluate.secrets):
        if name not in schema:
            raise RecipeError(
                f"[evaluate] names `{name}`, and after all steps there is no such column.",
                f"There are {', '.join(schema.names)}.",
            )


def deidentified(recipe: Recipe, loaded: Loaded, shelf: Shelf) -> Loaded:
    """The table as declared, after all steps of the recipe.

    Raises:
        StepError: a step does not fit, or would end a promise that otherwise holds.
    """
    steps = steps_of(recipe.protect, shelf)
    last = protect(loaded, recipe.column, steps, lenient=recipe.formal)[-1]
    made = after_steps(loaded, last, recipe.column)
    _check_promise(recipe, last, made)
    return made


def loaded_as(
    recipe: Recipe,
    table: Any,
    noise: Noise | None = None,
    *,
    known_as: str = "",
    holdout: float = 0.0,
) -> Loaded:
    """A table in its vault, read as a recipe says. It raises as `load` does."""
    told = recipe.source
    return load(
        table,
        recipe.budget,
        missing=told.missing,
        choices=told.choices,
        person=recipe.people.column,
        known_as=known_as,
        noise=noise,
        holdout=holdout,
    )


def _check_promise(recipe: Recipe, last: Stage, made: Loaded) -> None:
    """Refuse a step that looks at the rows unpaid, if only that stands in a promise's way."""
    if not recipe.formal:
        return
    written = {name for step in last.unpaid for name in step.writes}
    others = set(made.private.schema.observed) - written
    if last.unpaid and (recipe.privacy.discover or not others):
        step = last.unpaid[0]
        raise StepError(
            f"The step `{step.name}` depends on other rows ({step.depends_on_rows}), which would "
            f"end the promise of epsilon {recipe.privacy.epsilon:g}.",
            "Remove it: noise protects rare people too. Or give it a share of the budget where it "
            "has that setting, use a step with fixed parameters, or set epsilon to inf and share "
            "the release without a promise.",
        )


def settled(recipe: Recipe, made: Loaded, progress: Progress, least: int = 0) -> PrivateTable:
    """Find out under the budget what the columns are and may hold."""
    private = made.private
    if not recipe.formal:
        free = recipe.chosen.promise in (Promise.PRIVATE, Promise.NONE)
        return seen_steps(_known(private)) if free else _known(private)
    people, asked = 0, plan(private.schema, made.said, made.changed).questions
    if least or (asked and recipe.privacy.discover):
        rho = Rho((LEAST_SHARE if least else SIZE_SHARE) * private.ledger.left)
        people = private.people(rho)
        _check_size(people - _by_noise(rho, private.rows_per_person), least)
    if not recipe.privacy.discover:
        return _known(private)
    telling = part(progress, 0.0, 0.3)
    mark = made.written.delimiter
    private = formed(private, made.said, people, telling, changed=made.changed, delimiter=mark)
    left, each = private.ledger.left, private.rows_per_person
    if share := share_of(private.schema, left, people, each):
        rho = Rho(share * left)
        return discovered(private, rho, part(progress, 0.3, 1.0), people)
    return _known(private)


def _by_noise(rho: Rho, rows_per_person: int) -> float:
    """How many rows noise alone may add to a count, but for a chance of `BY_CHANCE`.

    So that few rows are refused as surely as none, and it does not show whether there are any.
    """
    return accounting.laplace_scale(rho, rows_per_person) * math.log(1 / (2 * BY_CHANCE))


def _check_size(people: float, least: int) -> None:
    if least and people < least:
        raise QueryError(
            f"The answer has fewer than {least} rows for sure, by a noisy count: too few to be "
            "about a group and not about its members.",
            "Ask about more people.",
        )


def _known(private: PrivateTable) -> PrivateTable:
    """Refuse rows that stay under a schema that nobody knows: no row was read for it."""
    if private.stays and (unknown := undeclared(private.schema)):
        raise SchemaError(
            f"Nobody knows what {', '.join(f'`{c.name}`' for c in unknown)} may hold, and the rows "
            "stay where they are.",
            "Declare values or bounds, or let them be found out with discover = true and an "
            "epsilon.",
        )
    return private


def cut(recipe: Recipe, private: PrivateTable) -> PrivateTable:
    """The rows as they are cut for a promise of k, where there is one, or without any promise."""
    method, counts = recipe.chosen, recipe.counts
    by_method = method.k if isinstance(method, Seeded) else 0
    by_counts = 0 if counts.protection is Protection.NOISY else counts.k
    k = max(by_method, by_counts)
    if private.stays:
        return private
    if k:
        return cut_for(private, k)
    return private if recipe.formal else cut_between(private)


def fitted(recipe: Recipe, private: PrivateTable, progress: Progress) -> Model:
    """Learn the model with what is left of the budget."""
    method = recipe.chosen
    if method.promise is not Promise.PRIVATE:
        return _of_exact(method, private, progress)
    rho = private.ledger.left
    return method.fit(private.portion(rho), rho, progress)


def _learnt(recipe: Recipe, table: pd.DataFrame) -> Model:
    """What a recipe without steps learns of a table that was de-identified before."""
    loaded = load(table, recipe.budget)
    private = cut(recipe, settled(recipe, deidentified(recipe, loaded, Shelf()), quiet))
    reported(recipe, private)  # noisy counts have their share of the budget
    return fitted(recipe, private, quiet)


def _of_exact(method: Method, private: PrivateTable, progress: Progress) -> Model:
    """The model of a method without noise; where that leaves gaps alone, what would help.

    Raises:
        TooManyGaps: with steps that make the columns coarser.
    """
    try:
        return method.fit(private, Rho(0.0), progress)
    except TooManyGaps as error:
        if not isinstance(method, Seeded):
            raise
        steps = coarsening(private, method.k, method.reach).steps
        told = tuple(step.document() for step in steps)
        raise TooManyGaps(error.what, error.remedy, about=error.about, steps=told) from None
