"""How commands talk: one sentence for bad input and exit code 2, progress on long work."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from synth.budget.population import RunningTotal, population_lines
from synth.errors import RecipeError, SynthError, TooManyGaps
from synth.evaluate.attacks import Attempt, Result, counted
from synth.evaluate.rules import FoundRule
from synth.evaluate.verdict import Fate, Verdict, tally
from synth.ingest.reading import Noticed
from synth.learning.keeping import Upkeep
from synth.protect.coarsening import Coarsening
from synth.runs.gate import Objection
from synth.runs.recipe_file import step_lines

FOR_YOU = (
    "For you, not for a log or for recipients: values that k people share are in these lines. In "
    "the recipe they make the columns coarser:\n"
)


@contextmanager
def explained() -> Iterator[None]:
    """Turn an error the person can put right into one sentence and exit code 2."""
    try:
        yield
    except TooManyGaps as error:
        typer.echo(f"Error: {error}", err=True)
        if error.steps and sys.stdout.isatty():  # never into a log, or into what reads the output
            typer.echo(FOR_YOU)
            typer.echo(step_lines(error.steps))
        raise typer.Exit(2) from None
    except SynthError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        name = f"`{Path(error.filename).name}`" if error.filename else "a file"
        why = (error.strerror or type(error).__name__).lower()
        typer.echo(f"Error: {name} cannot be used: {why}. Check it and its folder.", err=True)
        raise typer.Exit(2) from None


def text_of(recipe: Path) -> str:
    """What a recipe's file holds. Raises RecipeError."""
    try:
        return recipe.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise RecipeError(f"`{recipe}` cannot be read.", "Give the path of a recipe.") from None


def as_text(document: Mapping[str, Any]) -> str:
    """Figures for programs: JSON, its numbers finite."""
    return json.dumps(document, indent=1, ensure_ascii=False, default=str, allow_nan=False)


class Shown:
    """Progress on standard error: one line that is rewritten on a terminal, else one per step."""

    def __init__(self) -> None:
        self.last = ""

    def __call__(self, share: float, doing: str) -> None:
        if sys.stderr.isatty():
            end = "\n" if share >= 1 else ""
            typer.echo(f"\r{share:4.0%} {doing:<60}", err=True, nl=False)
            typer.echo(end, err=True, nl=False)
        elif doing != self.last:
            typer.echo(f"{share:4.0%} {doing}", err=True)
        self.last = doing


def say_noticed(noticed: Sequence[Noticed]) -> None:
    """What was noticed while a table was read, beside what a program may read."""
    for one in noticed:
        typer.echo(f"Noticed: {one}", err=True)


def say_coarsening(found: Coarsening) -> None:
    """What becomes of each column, for whoever holds the rows."""
    for column in found.columns:
        values = f"{column.values[0]:>7,} -> {column.values[1]:>5,} values"
        shared = (
            f"shared by {found.k}: {column.shared[0]:4.0%} -> {column.shared[1]:4.0%} of people"
        )
        typer.echo(f"{values}  {shared}  {column.column}: {column.words}")
    typer.echo(found.plain)


def say_verdicts(told: Sequence[Verdict]) -> None:
    """What became of each column, the worst first; for whoever has the rows."""
    if not told:
        return
    typer.echo(f"What became of the columns, for you, not for the recipients: {tally(told)}.")
    for one in told:
        if one.fate in (Fate.LOST, Fate.SPREAD):
            typer.echo(f"  {one.fate.value:8}{one.plain}")
    if coarser := [v.column for v in told if v.fate is Fate.COARSER]:
        typer.echo(f"  {Fate.COARSER.value:8}{', '.join(coarser)}")


def say_rules(told: Sequence[FoundRule], upkeep: Upkeep) -> None:
    """What became of each rule; for whoever has the rows."""
    for one in told:
        typer.echo(f"  {one.plain}")
    if upkeep.plain:
        typer.echo(f"  {upkeep.plain}")


def say_attacks(found: Sequence[Attempt]) -> None:
    """What came of each attack, the worst first; for whoever has the rows."""
    if not found:
        return
    typer.echo(f"Attacks on the people in the table, for you: {counted(found)}.")
    for one in found:
        if one.result is Result.SUCCEEDED:
            typer.echo(f"  {one.threat.name}: {one.plain} To fix it: {one.remedy}")
    reasons: dict[str, list[str]] = {}
    for one in found:
        if one.result is Result.UNJUDGED:
            reasons.setdefault(one.why, []).append(one.threat.name)
    for why, names in reasons.items():
        typer.echo(f"  Could not be judged: {', '.join(names)}. {why}")


def say_gate(lines: Sequence[Objection], despite: str = "") -> None:
    """What stands against a release, each with its fix; for whoever has the rows.

    Args:
        despite: the reason that was given on the command line, for all that is open.
    """
    if not lines:
        return
    stopped = [line for line in lines if line.open]
    if stopped:
        typer.echo(f"{'Leaves despite' if despite.strip() else 'Not ready to leave'}, for you:")
    for line in lines:
        reason = line.reason or (despite.strip() if line.open else "")
        word = "stops" if line.open and not reason else "despite" if reason else "look"
        because = f" Leaves, because: {reason}" if reason else ""
        typer.echo(f"  {word:8}{line.plain}{because}")


def say_total(total: RunningTotal) -> None:
    """What all releases about the same people come to."""
    for text in filter(None, population_lines(total)):
        typer.echo(text.replace("**", "").removeprefix("## "))
