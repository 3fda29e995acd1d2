"""`synth canaries`: the claimed epsilon of a recipe, tried on the custodian's own table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.speech import Shown, explained
from synth.errors import RecipeError, SynthError
from synth.runs import Recipe, read_recipe
from synth.runs.canaries import one_run, retrained
from synth.runs.noise_seen import noise_seen

BROKEN = 4  # the exit code of a claim that is surely wrong


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("canaries")(canaries)


def canaries(
    recipe: Annotated[Path, typer.Argument(help="A recipe (TOML) with an epsilon.")],
    data: Annotated[Path | None, typer.Option(help="A table instead of the recipe's.")] = None,
    many: Annotated[
        int, typer.Option(help="Canaries in one training; 0: none, look at the noise alone.")
    ] = 500,
    trainings: Annotated[
        int, typer.Option(help="Train so often, with up to 40 canaries each; 0: once, with many.")
    ] = 0,
) -> None:
    """Is the claimed epsilon contradicted? Canaries are hidden in the table, and guessed at.

    And the noise of one training is looked at from inside: does it spread as the ledger says?

    For your eyes; nothing is released or written. Exit code 4 where the claim is broken.

    Example: synth canaries recipe.toml --trainings 100
    """
    with explained():
        try:
            told = read_recipe(recipe.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            raise RecipeError(f"`{recipe}` cannot be read.", "Give the path of a recipe.") from None
        if data is None and not told.source.file:
            raise RecipeError("The recipe names no file.", "Give the table with --data.")
        table = data or recipe.parent / told.source.file
        folder, broken = recipe.parent, False
        if trainings or many:
            found = (
                retrained(told, table, trainings, Shown(), folder=folder)
                if trainings
                else one_run(told, table, many, Shown(), folder=folder)
            )
            typer.echo(found.plain)
            broken = found.broken
        less = _from_inside(told, table, folder, alone=not (trainings or many))
    if broken or less:
        raise typer.Exit(BROKEN)


def _from_inside(recipe: Recipe, table: Path, folder: Path, *, alone: bool) -> bool:
    """Say how far the noise spreads; whether surely less is added than was paid for.

    Args:
        alone: whether nothing else was tried, so that a refusal ends the command.
    """
    try:
        seen = noise_seen(recipe, table, folder=folder)
    except SynthError as error:  # what canaries told stands without it
        if alone:
            raise
        typer.echo(f"Not looked at from inside. {error.what}")
        return False
    typer.echo(seen.plain)
    return seen.broken
