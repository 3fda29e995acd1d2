"""`synth key new`: the key that a custodian signs releases with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.speech import explained
from synth.release.signature import new_key, read_key

keys = typer.Typer(no_args_is_help=True, help="The key that releases are signed with.")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(keys, name="key")


@keys.command("new")
def new(file: Annotated[Path, typer.Argument(help="Where to write it; must not exist.")]) -> None:
    """Write a new private key, for its owner alone, and tell its fingerprint.

    Example: synth key new custodian.key
    """
    with explained():
        key = new_key(file)
    typer.echo(f"Wrote the key to {file}. Keep it to yourself; it never enters a release.")
    typer.echo(f"Its fingerprint, for recipients: {key.fingerprint}")


@keys.command("show")
def show(file: Annotated[Path, typer.Argument(help="A key.")]) -> None:
    """Tell the fingerprint of a key.

    Example: synth key show custodian.key
    """
    with explained():
        typer.echo(read_key(file).fingerprint)
