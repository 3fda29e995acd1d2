"""`synth explain | schema | methods | doctor`: recipes in words, and what can be in them."""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

import typer

from synth.cli.speech import as_text, explained, text_of
from synth.errors import IngestError
from synth.learning.method import Method
from synth.methods import all_methods, plugins
from synth.release.table_files import whole
from synth.runs import Recipe, read_recipe
from synth.runs.recipe_schema import recipe_schema
from synth.runs.recipe_told import cost, told
from synth.schema.settings import settings_of

LIBRARIES = (
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "pyarrow",
    "streamlit",
    "fastapi",
    "duckdb",
)
PLACES = {
    "SYNTH_LEDGER": "accounts and allowances",
    "SYNTH_ANCHOR": "marks of how far the accounts are",
    "SYNTH_AUDIT": "lines about every query and upload",
    "SYNTH_LIBRARY": "published releases",
    "SYNTH_LIBRARY_DB": "deeds of the library",
    "SYNTH_LIBRARY_FILES": "bundles of the library",
    "SYNTH_LIBRARY_ANCHOR": "marks of how far these deeds are",
    "SYNTH_QUEUE": "jobs that wait, and what tokens spent,",
    "SYNTH_QUEUE_KEY": "keys that what tokens spent is sealed with",
    "SYNTH_QUEUE_ANCHOR": "marks of how far what tokens spent is",
    "SYNTH_PARCELS": "encrypted tables of jobs that wait",
    "SYNTH_KEY": "keys that releases are signed with",
}


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (explain, schema, methods, doctor):
        app.command(command.__name__)(command)


def explain(recipe: Annotated[Path, typer.Argument(help="A recipe (TOML).")]) -> None:
    """Tell in words what a recipe does, part by part. No row is read.

    Example: synth explain recipe.toml
    """
    with explained():
        parts = told(read_recipe(text_of(recipe)))
    for part in parts:
        typer.echo(part.about)
        for sentence in part.sentences:
            typer.echo(f"  {sentence}")


def schema(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file.")] = None,
) -> None:
    """Write the JSON Schema of recipes, by which editors complete and check them.

    Example: synth schema -o recipe.schema.json
    """
    written = json.dumps(recipe_schema(), indent=1, ensure_ascii=False) + "\n"
    if output is None:
        typer.echo(written, nl=False)
        return
    with explained(), whole(output) as stream:
        stream.write(written.encode())
    typer.echo(f"Wrote {output}.")


def doctor() -> None:
    """Tell what is installed here, and where things would be written. For a report of a fault.

    Example: synth doctor
    """
    typer.echo(f"synth {_version('synth')}, Python {platform.python_version()} on {sys.platform}")
    for name in LIBRARIES:
        typer.echo(f"  {name} {_version(name)}")
    names = [m.name for m in all_methods()]
    typer.echo(f"Methods: {', '.join(names)}.")
    for refused in plugins().refused:
        typer.echo(f"  {refused}")
    for name, what in PLACES.items():
        if place := os.environ.get(name):  # not named, as a report of a fault is handed on
            there = "is there" if Path(place).exists() else "is not there yet"
            there = "has an address" if "://" in place else there
            typer.echo(f"{name} is set: {what} are kept at a place that {there}.")
    others = sorted(n for n in os.environ if n.startswith("SYNTH_") and n not in PLACES)
    if others:
        typer.echo(f"Also set: {', '.join(others)}.")
    typer.echo("Nothing else is written but where a command or a recipe says so.")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "is not installed"


def methods(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """List the methods and their settings.

    Example: synth methods
    """
    if as_json:
        typer.echo(as_text({"methods": [_described(m) for m in all_methods()]}))
        return
    for method in all_methods():
        typer.echo(f"{method.name}: {method.title}. {method.summary}")
        for setting in settings_of(method):
            typer.echo(f"    {setting.name} = {json.dumps(setting.default)}  {setting.help}")
    for refused in plugins().refused:
        typer.echo(refused, err=True)


def _described(method: type[Method]) -> dict[str, Any]:
    """A method and its settings, as plain values."""
    settings = {s.name: s.document() for s in settings_of(method)}
    words = {"name": method.name, "title": method.title, "summary": method.summary}
    return {**words, "promise": method.promise.value, "settings": settings}


def say_dry(
    wanted: Recipe, folder: Path, both: tuple[Path | None, Path | None], output: Path
) -> None:
    """What a run would come to; no row is read, nothing spent and nothing written.

    Args:
        both: a table instead of the recipe's, and a second one.
    """
    named = wanted.source.file, wanted.children.file
    for option, given, name in zip(("--data", "--children"), both, named, strict=True):
        file = given or (folder / name if name else None)
        if file is not None and not file.exists():
            raise IngestError(f"There is no table `{file.name}`.", f"Name another with {option}.")
    leaves = {part.about: part.sentences for part in told(wanted)}
    second = leaves.get("Second table", ())
    for sentence in (
        *cost(wanted, folder),
        *leaves["Promise"][:1],
        *second,
        *leaves["What leaves"],
    ):
        typer.echo(sentence)
    replaced = " which is there and would be replaced" if output.exists() else ""
    typer.echo(f"It would be written to {output}{',' if replaced else ''}{replaced}.")
