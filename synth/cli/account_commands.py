"""`synth account`: what all releases about the people of a recipe came to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synth.budget.account import running_total
from synth.budget.lasting import LEDGER
from synth.cli.speech import explained, say_total, text_of
from synth.errors import LedgerError, RecipeError
from synth.runs import read_recipe
from synth.runs.accounts import cap_of, opened_ledger

HIDDEN = ("promised", "table")  # lines that say nothing to a reader


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("account")(account)


def account(
    recipe: Annotated[Path, typer.Argument(help="A recipe (TOML) with a lasting ledger.")],
) -> None:
    """Tell what all releases about the people of a recipe came to, line by line.

    Example: synth account recipe.toml
    """
    with explained():
        read = read_recipe(text_of(recipe))
        told, population = read.privacy, read.people.account
        if not (told.ledger and population):
            raise RecipeError(
                "The recipe does not say whose account is kept where.",
                "Set `ledger` in [privacy] and `population` in [people].",
            )
        if not (recipe.parent / told.ledger / LEDGER).exists():
            raise LedgerError(
                f"There is no lasting ledger in `{told.ledger}` yet.",
                "The first run with this recipe makes it.",
            )
        file = opened_ledger(told, recipe.parent)
        lines = file.lines(population)
    for line in lines:
        if line.kind not in HIDDEN:
            cost = f"  rho {line.rho:.3g}" if line.rho else ""
            typer.echo(f"{line.at}  {line.release}  {line.purpose}{cost}")
    say_total(running_total(file, population, cap_of(read), lines))
