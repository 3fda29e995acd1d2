"""`python -m synth.api.team backup` and `restore`: what a server keeps, as one file and back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Annotated

import typer

from synth.api.team.backup import ServerPlaces, backed_up, brought_back
from synth.errors import SynthError
from synth.release.table_files import whole

app = typer.Typer(
    help="What a server keeps, as one file and back. The places are those of its environment.",
    add_completion=False,
    no_args_is_help=True,
)
SECRET = "It holds the keys that seal what it keeps: keep it as you keep them."


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The zip file to write.")] = Path("kept.zip"),
) -> None:
    """Write accounts, library and log to one file, while the server runs."""
    try:
        with whole(file) as stream:
            os.chmod(stream.fileno(), 0o600)
            told = backed_up(ServerPlaces.told(os.environ), stream)
    except SynthError as error:
        raise _said(error) from None
    typer.echo(f"Wrote {file}: {'; '.join(told)}. {SECRET}")


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="What `backup` wrote.")]) -> None:
    """Put a backup back into empty places, before the server starts."""
    try:
        with _opened(file) as stream:
            told = brought_back(ServerPlaces.told(os.environ), stream)
    except SynthError as error:
        raise _said(error) from None
    typer.echo(f"Brought back from {file}: {'; '.join(told)}.")
    typer.echo("What was spent and decided after it was written is in nobody's account.")


def _opened(file: Path) -> IO[bytes]:
    try:
        return file.open("rb")
    except OSError as error:
        typer.echo(f"Error: `{file.name}` cannot be read ({type(error).__name__}).", err=True)
        raise typer.Exit(2) from None


def _said(error: SynthError) -> typer.Exit:
    typer.echo(f"Error: {error}", err=True)
    return typer.Exit(2)


if __name__ == "__main__":
    app()
