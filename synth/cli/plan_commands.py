"""`synth plan | trials`: settings for a purpose, and what they lead to, without the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.speech import Shown, as_text, explained
from synth.errors import RecipeError
from synth.protect.steps import Shelf
from synth.release.table_files import whole
from synth.runs import Recipe, read_recipe
from synth.runs.declared_shape import shape_of
from synth.runs.fixes import USUAL
from synth.runs.proposals import proposals, told_of
from synth.runs.recipe_file import whole_text
from synth.runs.rehearsal import (
    EPSILONS,
    check_named,
    counts_anything,
    epsilon_for_purpose,
    ladder,
    rehearse,
)
from synth.runs.trials import assumed_words, candidates, frontier, on_made_up, on_real


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("plan")(plan)
    app.command("trials")(trials)


def plan(
    recipe: Annotated[Path, typer.Argument(help="A recipe (TOML) with a [purpose].")],
    take: Annotated[
        list[int] | None, typer.Option(help="Take the proposal of this number; may be repeated.")
    ] = None,
    solve: Annotated[
        bool, typer.Option(help="Look for the least epsilon that is accurate enough.")
    ] = False,
    more: Annotated[
        bool, typer.Option("--more", help="Tell what epsilon 1, 2 and 4 would buy.")
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
        shape = shape_of(told, shelf=shelf)
        check_named(told.purpose, shape.schema)  # of half a table, proposals would be wrong
        found = proposals(told, shape)
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
                if best.epsilon > USUAL:
                    typer.echo(f"Mind: {told_of(best.epsilon, told)}.")
                privacy = told.privacy.model_copy(update={"epsilon": best.epsilon})
                told = told.model_copy(update={"privacy": privacy})
        if told.purpose.use and not counts_anything(told.purpose):
            typer.echo("Software is tested with the form of values: there is nothing to foretell.")
        else:
            _foretell(told, shelf, more=more)
        if output is not None:
            with whole(output) as stream:
                stream.write(whole_text(told).encode())
            typer.echo(f"Wrote {output}.")


def _foretell(recipe: Recipe, shelf: Shelf, *, more: bool) -> None:
    """How accurate each answer will be, at the recipe's epsilon or at several."""
    tried = (
        ladder(recipe, progress=Shown(), shelf=shelf)
        if more
        else (rehearse(recipe, progress=Shown(), shelf=shelf),)
    )
    for one in tried:
        if more and one.epsilon is not None:
            typer.echo(f"At epsilon {one.epsilon:g}:")
            if one.epsilon > USUAL:
                typer.echo(f"     Mind: {told_of(one.epsilon, recipe)}.")
        for expected in one.expected:
            short = "" if expected.enough(recipe.purpose) else ", less accurate than you want"
            typer.echo(f"     {expected.plain}{short}")
    for note in tried[0].notes:
        typer.echo(note)


def trials(
    recipe: Annotated[Path, typer.Argument(help="A recipe (TOML).")],
    method: Annotated[
        list[str] | None, typer.Option(help="A method to try; may be repeated.")
    ] = None,
    epsilon: Annotated[
        list[float] | None, typer.Option(help="An epsilon to try; may be repeated.")
    ] = None,
    rows: Annotated[
        int, typer.Option(help="About how many people there are, if [purpose] does not say.")
    ] = 0,
    real: Annotated[
        bool,
        typer.Option("--real", help="On the real table: each trial is a run, and costs as one."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
) -> None:
    """Try several methods and budgets: which of them does no other one beat?

    On a made-up table of the declared shape, which reads no row and costs nothing, unless --real.

    Example: synth trials recipe.toml --method adaptive --method independent --epsilon 1
    """
    with explained():
        told, shelf = read_recipe(_text(recipe)), Shelf(recipe.parent)
        wanted = candidates(told, method or [told.method.name], epsilon or [told.privacy.epsilon])
        assumed: tuple[str, ...] = ()
        if real:
            found = on_real(wanted, recipe.parent, Shown())
        else:
            many = rows or told.purpose.rows
            found, assumed = on_made_up(wanted, (), Shown(), shelf, rows=many)
    best = frontier(found)
    if as_json:
        lines = [{**t.document(), "beaten": not any(t is b for b in best)} for t in found]
        typer.echo(as_text({"real": real, "trials": lines, "assumed": list(assumed)}))
        return
    for trial in found:
        mark = "*" if any(trial is b for b in best) else " "
        typer.echo(f"{mark} {trial.plain}")
    typer.echo("* is beaten by no other one: nearer and safer.")
    if assumed:
        typer.echo(assumed_words(assumed))
    if not real:
        typer.echo("Tried on a made-up table; no row was read, and it cost nothing.")


def _text(recipe: Path) -> str:
    try:
        return recipe.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise RecipeError(f"`{recipe}` cannot be read.", "Give the path of a recipe.") from None
