"""What recipients get beside the rows: protected counts, and the look of their showcase."""

from __future__ import annotations

from codecs import BOM_UTF8
from dataclasses import replace

from synth.budget import Rho, Statement
from synth.errors import MethodError, NotReleasable
from synth.learning.aggregates import Aggregates, aggregate, noisy_aggregate
from synth.learning.seeded import Seeded, counting_of
from synth.protect.steps import Shelf
from synth.release.showcase import Look
from synth.runs.recipe import Recipe
from synth.vault import PrivateTable, Protection


def reported(recipe: Recipe, private: PrivateTable) -> Aggregates | None:
    """The protected counts a recipe asks for, or that its method promises k with; None for none.

    Raises:
        MethodError: a setting of the counts does not fit this table, or they would tell of fewer
            people than the method promises.
    """
    asked, method = recipe.counts, recipe.chosen
    if asked.protection is Protection.NOISY and asked.k:
        counting = counting_of(private, asked.length, asked.several, asked.nothing, blanks=True)
        counting = replace(counting, columns=asked.columns)
        return noisy_aggregate(private, counting, Rho(asked.share * private.ledger.left))
    own = asked if asked.k else method if isinstance(method, Seeded) else None
    if own is None:
        return None
    if isinstance(method, Seeded) and own.k < method.k:
        raise MethodError(
            f"Counts of at least {own.k} people were asked for; the method promises {method.k}.",
            f"Ask for counts of at least {method.k} people, or lower k of the method.",
        )
    counting = counting_of(private, own.length, own.several, own.nothing)
    counting = replace(counting, columns=asked.columns)
    return aggregate(private, counting, own.k, asked.protection)


def of_both(statement: Statement, counts: Aggregates | None) -> tuple[Statement, Aggregates | None]:
    """What may be said of rows and counts together, and the counts under it.

    They are of the same people: the ledger is one, and reasons add up.
    """
    if counts is None:
        return statement, None
    every = dict.fromkeys((*statement.exceptions, *counts.statement.exceptions))
    columns = dict.fromkeys((*statement.columns, *counts.statement.columns))
    both = replace(statement, exceptions=tuple(every), columns=tuple(columns))
    return both, replace(counts, statement=both)


def chosen_look(recipe: Recipe, shelf: Shelf) -> Look:
    """How the recipe wants the showcase to look.

    Raises:
        NotReleasable: a colour or the logo cannot be used.
    """
    told = recipe.showcase
    return Look(
        title=recipe.release.title or "Data showcase",
        text=told.text,
        attributes=told.attributes,
        logo=_logo(told.logo, shelf),
        colour=told.colour,
        dark=told.dark,
    )


def image_text(content: bytes) -> str:
    """An image as text, the way a shelf holds it; `image_bytes` gives it back unchanged."""
    return content.removeprefix(BOM_UTF8).decode("utf-8", errors="surrogateescape")


def image_bytes(text: str) -> bytes:
    """The image that `image_text` made text of."""
    return text.encode("utf-8", errors="surrogateescape")


def _logo(name: str, shelf: Shelf) -> bytes:
    if not name:
        return b""
    if name in shelf.given:
        return image_bytes(shelf.given[name])
    path = None if shelf.folder is None else shelf.folder / name
    if path is None or not path.is_file():
        raise NotReleasable(
            f"The logo `{name}` is not there.",
            "Give its path from the recipe's folder, or leave it out.",
        )
    return path.read_bytes()
