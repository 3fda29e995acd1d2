"""`synth plan`: settings for a purpose, and how accurate its answers will be, without the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.speech import Shown, explained
from synth.errors import RecipeError
from synth.protect.steps import Shelf
from synth.release.table_files import whole
from synth.runs import read_recipe
from synth.runs.declared_shape import shape_of
from synth.runs.proposals import proposals
from synth.runs.recipe_file import whole_text
from synth.runs.rehearsal import EPSILONS, epsilon_for_purpose, rehearse


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("plan")(plan)


def plan(
    recipe: Annotated[Path, typer.Argument(help="A recipe (TOML) with a [purpose].")],
    take: Annotated[
        list[int] | None, typer.Option(help="Take the proposal of this number; may be repeated.")
    ] = None,
    solve: Annotated[
        bool, typer.Option(help="Look for the least epsilon that is accurate enough.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The recipe with what was taken.")
    ] = None,
) -> None:
    """What settings serve the purpose, and how accurate will its answers be? Reads no row.

    Example: synth plan recipe.toml --take 1 --take 2 -o planned.toml
    """
    with explained():
        told = read_recipe(_text(recipe))
        shelf = Shelf(recipe.parent)
        found = proposals(told, shape_of(told, shelf=shelf))
        for number, one in enumerate(found, start=1):
            typer.echo(f"{number:3}. {one.plain}")
        for number in sorted(set(take or ())):
            if not 1 <= number <= len(found):
                raise RecipeError(f"There is no proposal {number}.", "Take one that is listed.")
            told = found[number - 1].fix.of(told)
        if solve:
            best = epsilon_for_purpose(told, progress=Shown(), shelf=shelf)
            if best is None or best.epsilon is None:
                typer.echo(f"Not even epsilon {EPSILONS[-1]:g} is accurate enough.")
            else:
                typer.echo(f"Epsilon {best.epsilon:g} is accurate enough.")
                privacy = told.privacy.model_copy(update={"epsilon": best.epsilon})
                told = told.model_copy(update={"privacy": privacy})
        tried = rehearse(told, progress=Shown(), shelf=shelf)
        for expected in tried.expected:
            typer.echo(f"     {expected.plain}")
        for note in tried.notes:
            typer.echo(note)
        if output is not None:
            with whole(output) as stream:
                stream.write(whole_text(told).encode())
            typer.echo(f"Wrote {output}.")


def _text(recipe: Path) -> str:
    try:
        return recipe.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise RecipeError(f"`{recipe}` cannot be read.", "Give the path of a recipe.") from None
