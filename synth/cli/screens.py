"""`synth app`: the screens."""

from __future__ import annotations

import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("app")(start)


def start(
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8501,
) -> None:
    """Open the screens in a browser.

    Example: synth app --port 8501
    """
    launcher = Path(__file__).parents[2] / "app.py"
    if find_spec("streamlit") is None or not launcher.is_file():
        typer.echo("Error: The screens are not installed here. Run `make app`.", err=True)
        raise typer.Exit(2)
    if taken(port):
        typer.echo(
            f"Error: Port {port} is taken, perhaps by another `synth app`. Stop that, or name "
            f"another: synth app --port {port + 1}.",
            err=True,
        )
        raise typer.Exit(2)
    command = [sys.executable, "-m", "streamlit", "run", str(launcher), "--server.port", str(port)]
    raise typer.Exit(subprocess.call(command, cwd=launcher.parent))


def taken(port: int) -> bool:
    """Whether something on this machine listens there already."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
