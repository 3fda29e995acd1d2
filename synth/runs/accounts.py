"""A run charged to the account of the people it is about, where its recipe names a ledger."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synth.budget import Ledger, Statement
from synth.budget.account import Account, Cap, Intent, account_of
from synth.budget.accounting import epsilon_of
from synth.budget.anchor import Anchor
from synth.budget.guarantee import DifferentiallyPrivate
from synth.budget.lasting import LedgerFile
from synth.budget.population import Unkept
from synth.budget.resemblance import Traits, traits_of
from synth.errors import BudgetExceeded, LedgerError, RecipeError
from synth.ingest import Loaded
from synth.protect.steps import Shelf
from synth.release import Release
from synth.runs.recipe import Privacy, Recipe
from synth.runs.recipe_file import recipe_text

ANCHOR = "SYNTH_ANCHOR"  # names the anchor of whoever runs this, where the recipe names none
LEDGER = "SYNTH_LEDGER"  # names the folder in which the operator of a server keeps all accounts


@dataclass(frozen=True)
class Before:
    """What whoever starts a run knows of its table, and the rows that are handed on do not tell.

    Args:
        traits: of the table as it was before some rows were left out; None where it is all there.
        looks: runs on it in this session that were held against the real rows.
    """

    traits: Traits | None = None
    looks: int = 0

    def document(self) -> dict[str, Any]:
        """The value as plain values, for a pipe; `before_of` reads them back."""
        traits = None if self.traits is None else self.traits.document()
        return {"traits": traits, "looks": self.looks}


NOTHING = Before()


def before_of(document: Mapping[str, Any]) -> Before:
    """The value a document describes."""
    traits = document["traits"]
    return Before(None if traits is None else traits_of(traits), int(document["looks"]))


@contextmanager
def charged(
    recipe: Recipe, loaded: Loaded, folder: Path, shelf: Shelf, before: Before = NOTHING
) -> Iterator[Loaded]:
    """The table charged to the account of its people as well, where the recipe names a ledger.

    That the release begins, and what it is about to tell, is on disk before this yields.

    Args:
        before: what is known of the table from elsewhere.

    Raises:
        RecipeError: the recipe does not say who the people are.
        AccountRefused: the account has no place for this release, or has to ask about it.
        LedgerError: the ledger is damaged, or the people were promised something else before.
        BudgetExceeded: earlier releases left less than this one asks for.
    """
    if not recipe.privacy.ledger:
        if before.looks:
            loaded.private.ledger.parent = Unkept(before.looks)
        yield loaded
        return
    account = _account(recipe, loaded, folder, shelf, before.traits)
    with account.concluding():
        _check_left(recipe, account)
        lasting = Ledger(recipe.budget, parent=account)
        yield replace(loaded, private=loaded.private.charged_to(lasting))


def conclude(ledger: Ledger, statement: Statement, content: bytes) -> None:
    """Write down that a release was made; nothing where no account is kept.

    Args:
        content: what was learnt and counted: the same bytes for the same release.

    Raises:
        AccountRefused: it was to be an earlier one again, and is not.
    """
    if isinstance(ledger.parent, Account):
        bounded = isinstance(statement.guarantee, DifferentiallyPrivate)
        ledger.parent.ended(content, statement.population, bounded=bounded)


def content_of(release: Release) -> bytes:
    """What was learnt and counted for a release."""
    told = [release.model.document()]
    if release.children is not None:
        told.append(release.children.document())
    model = "\0".join(json.dumps(document, sort_keys=True) for document in told)
    files = (f"\0{name}\0{content.hex()}" for name, content in sorted(release.extras.items()))
    return "".join((model, *files)).encode()


def opened_ledger(told: Privacy, folder: Path = Path()) -> LedgerFile:
    """The lasting ledger that a recipe names, with its anchor.

    Raises:
        LedgerError: one of them is missing or damaged, or the anchor knows more.
    """
    place = folder / told.ledger
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(
            f"The folder of the lasting ledger cannot be made ({type(error).__name__}).",
            "Make it, or name another. Nothing is released while there is none.",
        ) from None
    anchor = told.anchor or os.environ.get(ANCHOR, "")
    return LedgerFile.opened(place, Anchor(folder / anchor) if anchor else None)


def operators_folder() -> str:
    """Where the operator of a server keeps the accounts of tokens and populations; "" for nowhere.

    The anchor, where there is one, is that of `ANCHOR`.
    """
    told = os.environ.get(LEDGER, "").strip()
    return str(Path(told).expanduser().resolve()) if told else ""


def operators_ledger() -> LedgerFile | None:
    """The lasting ledger of the operator of a server; None where nothing is to be written.

    Raises:
        LedgerError: it or its anchor is missing or damaged, or the anchor knows more.
    """
    folder = operators_folder()
    return opened_ledger(Privacy(ledger=folder)) if folder else None


def in_operators_ledger(recipe: Recipe) -> Recipe:
    """The recipe charged to the operator's ledger, where there is one, whatever it names."""
    folder = operators_folder()
    if not folder:
        return recipe
    told = recipe.privacy.model_copy(update={"ledger": folder, "anchor": ""})
    return recipe.model_copy(update={"privacy": told})


def of_the_visitor(recipe: Recipe) -> Recipe:
    """The recipe as its writer may save it: without the place of an operator's ledger."""
    if not operators_folder():
        return recipe
    told = recipe.privacy.model_copy(update={"ledger": ""})
    return recipe.model_copy(update={"privacy": told})


def cap_of(recipe: Recipe) -> Cap:
    """What all releases about the people of a recipe may come to."""
    return Cap(recipe.privacy.total, recipe.privacy.total_delta, recipe.people.rows)


def _account(
    recipe: Recipe, loaded: Loaded, folder: Path, shelf: Shelf, traits: Traits | None
) -> Account:
    people = recipe.people
    if not people.account:
        raise RecipeError(
            "The recipe keeps a lasting ledger, and does not say who the people are.",
            'Name them in [people], for good: population = "patients of ward 7, 2026". All '
            "releases about them are added up under this name, whatever table they come from.",
        )
    intent = Intent(
        release=recipe.release.title or "release",
        unbounded=recipe.exact or ("" if recipe.privacy.discover else recipe.unbounded),
        exact=bool(recipe.exact),
        settings=_settings(recipe, shelf),
        despite=" ".join(recipe.privacy.why_another.split()),
        other_than=people.other_than,
        person=people.column,
    )
    known = loaded.private.rows_traits() if traits is None else traits
    file = opened_ledger(recipe.privacy, folder)
    return account_of(file, people.account, cap_of(recipe), intent, known)


def _settings(recipe: Recipe, shelf: Shelf) -> str:
    """Everything that decides about a release but its table: the recipe, and the files it names."""
    named = [str(step["file"]) for step in recipe.protect if step.get("file")]
    files: Mapping[str, str] = {name: shelf.text(name) for name in sorted({*named})}
    told = "".join(f"\0{name}\0{text}" for name, text in files.items())
    privacy = recipe.privacy.model_copy(update={"ledger": "", "anchor": ""})
    source = recipe.source.model_copy(update={"file": ""})  # the table itself is known again
    placeless = recipe.model_copy(update={"privacy": privacy, "source": source})
    # Who is set aside is drawn anew, so that the same settings are never the same release again.
    anew = secrets.token_hex(16) if recipe.evaluate.holdout else ""
    return recipe_text(placeless) + hashlib.sha256(told.encode()).hexdigest() + anew


def _check_left(recipe: Recipe, account: Account) -> None:
    """Refuse a release that would quietly get less than it asks for."""
    left = account.left
    if not recipe.formal or recipe.budget.rho <= left * (1 + 1e-9):
        return
    reach = epsilon_of(left, recipe.budget.delta)
    raise BudgetExceeded(
        f"Earlier releases about `{account.population}` came to epsilon {account.epsilon:.3g} of "
        f"{account.cap.epsilon:g}; this one asks for {recipe.privacy.epsilon:g} more.",
        f"Ask for epsilon {reach:.2g} at most."
        if reach > 0.001
        else "Nothing is left for these people: draw more rows from an earlier release instead.",
    )
