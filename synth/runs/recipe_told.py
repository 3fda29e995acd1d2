"""A recipe in plain sentences, for whoever has to sign what it does and reads no TOML.

It is told from the recipe alone: no row is read, and so nothing of it can tell of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from synth.budget.account import running_total
from synth.budget.lasting import LEDGER
from synth.budget.population import for_whom
from synth.learning.method import Promise
from synth.protect.steps import step_of
from synth.runs.accounts import cap_of, opened_ledger
from synth.runs.purpose import WORDS
from synth.runs.recipe import Recipe
from synth.schema.settings import settings_of
from synth.vault import Protection
from synth.wording import so_many


@dataclass(frozen=True)
class Decided:
    """One part of a recipe: what it is about, and what holds there."""

    about: str
    sentences: tuple[str, ...]


def told(recipe: Recipe) -> tuple[Decided, ...]:
    """What a recipe decides, part by part, in the order in which a run does it.

    >>> told(Recipe())[2].sentences[0]
    'Each row is one person.'

    Raises:
        MethodError, StepError, BudgetError: something in it cannot be.
    """
    parts = (
        ("Purpose", _purpose(recipe)),
        ("Rows", _rows(recipe)),
        ("People", _people(recipe)),
        *((("Second table", _children(recipe)),) if recipe.children.there else ()),
        ("Columns", _columns(recipe)),
        ("De-identification", _steps(recipe)),
        ("Promise", _promise(recipe)),
        ("Method", _method(recipe)),
        ("What leaves", _leaves(recipe)),
        ("What you see", _seen(recipe)),
    )
    return tuple(Decided(about, tuple(sentences)) for about, sentences in parts)


def _purpose(recipe: Recipe) -> Iterator[str]:
    purpose = recipe.purpose
    if not purpose.use:
        yield "The recipe does not say what recipients will do with it."
        return
    yield f"Recipients want it for: {', '.join(WORDS[use] for use in purpose.use)}."
    if purpose.columns:
        yield f"They count by themselves: {', '.join(purpose.columns)}."
    for crossing in purpose.crossings:
        yield f"They count together: {' and '.join(crossing)}."
    if purpose.target:
        yield f"They explain {purpose.target} by {', '.join(purpose.predictors) or 'the others'}."


def _rows(recipe: Recipe) -> Iterator[str]:
    source = recipe.source
    if source.database:
        yield "They are what one SELECT of a database answers."
    elif source.file:
        yield f"They are in the file {Path(source.file).name}."
    else:
        yield "The recipe does not say where they are: name a table when it is run."
    if source.stay:
        yield "They stay where they are; counts alone are fetched."
    if source.footer:
        last = so_many(source.footer, "row is", "rows are")
        yield f"The last {last} about nobody and left out."
    if source.skip_ragged:
        yield "Lines with too many or too few fields are left out."


def _people(recipe: Recipe) -> Iterator[str]:
    people = recipe.people
    if people.column:
        counts = so_many(people.rows, "row of each counts", "rows of each count")
        yield f"The column {people.column} names the person; {counts}."
    else:
        yield "Each row is one person."
    if people.account:
        yield f"What is told of them is added up in the account of: {people.account}."


def _children(recipe: Recipe) -> Iterator[str]:
    told = recipe.children
    where = f" They are in the file {Path(told.file).name}." if told.file else ""
    key = told.key or recipe.people.column
    yield f"Each person has rows of {told.name}; the column {key} there says whose they are.{where}"
    yield f"At most {told.most} of each person count; others are left out before any count."
    yield f"{told.share:.0%} of the budget is for them, and the rest for the first table."
    yield (
        f"How many a person has is a column of the first table. What they hold is drawn given "
        f"{', '.join(told.given) or 'all columns'} of the person; rows of one person do not know "
        "of each other."
    )
    if told.usual:
        usual = ", ".join(told.usual)
        yield f"What is usual for a person becomes a column of the first table, too: {usual}."


def _columns(recipe: Recipe) -> Iterator[str]:
    facts = [part for part in recipe.column if part.model_fields_set - {"name"}]
    known = [part.name for part in facts if not part.seen]
    seen = [part.name for part in facts if part.seen]
    if known:
        yield f"Declared, known without the rows: {', '.join(known)}."
    if seen:
        yield f"Settled after looking at the rows, which no epsilon covers: {', '.join(seen)}."
    if not recipe.privacy.discover:
        yield "What else there is to know of the columns is read off the rows, at no cost."
    elif recipe.formal:
        yield "What else there is to know of the columns is found out under the budget."
    for rule in recipe.rules:
        yield f"A rule that every synthetic row keeps: {rule.says}."


def _steps(recipe: Recipe) -> Iterator[str]:
    for document in recipe.protect:
        after = ", chosen after looking at the rows" if document.get("seen") else ""
        yield f"{step_of(document).said}{after}."
    if not recipe.protect:
        yield "No step is taken."


def _promise(recipe: Recipe) -> Iterator[str]:
    privacy, promise = recipe.privacy, recipe.chosen.promise
    if recipe.formal:
        delta = recipe.budget.delta
        yield f"Differentially private: epsilon {privacy.epsilon:g}, and delta {delta:g}."
    elif promise is Promise.K_PEOPLE:
        yield "No epsilon: nothing that fewer than k people share is told."
    else:
        yield "No formal promise protects the people in the table."
    if why := recipe.unbounded:
        yield f"Nothing bounds what a run may tell of somebody: {why}."
    if privacy.ledger:
        yield (
            f"What is spent is remembered; all releases about these people together may come to "
            f"epsilon {privacy.total:g}."
        )
    else:
        yield "What is spent is remembered nowhere: further releases are not added up."


def _method(recipe: Recipe) -> Iterator[str]:
    chosen = recipe.chosen
    yield f"{chosen.title}. {chosen.summary}"
    for setting in settings_of(type(chosen)):
        value = getattr(chosen, setting.name)
        usual = "" if value == setting.default else f" (usually {_shown(setting.default)})"
        yield f"{setting.title}: {_shown(value)}{usual}."


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value)) or "none"
    return "none" if value in (None, "", {}) else str(value)


def _leaves(recipe: Recipe) -> Iterator[str]:
    release, counts = recipe.release, recipe.counts
    rows = f"{release.rows:,} synthetic rows" if release.rows else "About as many rows as there are"
    copies = f", {release.copies} times" if release.copies > 1 else ""
    yield f"{rows}{copies}, drawn with the seed {release.seed}."
    if counts.k:
        ways = {Protection.ROUNDED: "rounded", Protection.WITHHELD: "with rare ones withheld"}
        how = ways.get(counts.protection, "with noise")
        yield f"Counts of real people in groups of {counts.k} or more, {how}."
    yield "The statement of privacy, the model, this recipe without your places, and papers."
    if release.exceptions:
        named = ", ".join(release.exceptions)
        yield f"Despite what the gate would stop, with your reasons: {named}."


def _seen(recipe: Recipe) -> Iterator[str]:
    yield "How close the synthetic rows are to the real ones, exactly: not for recipients."
    if share := recipe.evaluate.holdout:
        yield f"Attacks; for them {share:.0%} of the people are set aside before the table is read."


def cost(recipe: Recipe, folder: Path) -> tuple[str, ...]:
    """What a run would spend, and what would be left of the account. Nothing is written.

    Args:
        folder: that of the recipe, where its ledger is.

    Raises:
        LedgerError: the ledger or its anchor is damaged, or the anchor knows more.
    """
    if not recipe.formal:
        return ("It would spend no epsilon: it makes no formal promise.",)
    spent = (
        f"It would spend epsilon {recipe.privacy.epsilon:g} at delta {recipe.budget.delta:g} "
        f"(rho {recipe.budget.rho:.4g}), all of it before the first row is read.",
    )
    place, people = recipe.privacy.ledger, recipe.people.account
    if not (place and people):
        return spent
    if not (folder / place / LEDGER).exists():
        return (
            *spent,
            f"It would open the account of {people}, of epsilon {recipe.privacy.total:g}.",
        )
    file = opened_ledger(recipe.privacy, folder)
    total = running_total(file, people, cap_of(recipe), file.lines(people))
    return (
        *spent,
        f"Before it, {so_many(total.releases, 'release')} about {people} came to epsilon "
        f"{total.epsilon:.3g} "
        f"of {recipe.privacy.total:g}.",
        for_whom(total.with_one(recipe.people.column)).replace("**", ""),
    )
