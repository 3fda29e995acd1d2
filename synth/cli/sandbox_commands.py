"""`synth sandbox`: the mock API over a release's synthetic rows."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from synth.cli.speech import explained
from synth.release import Bundle
from synth.release.sandbox import resources, service, take_away
from synth.release.sandbox.resources import about
from synth.release.sandbox.server.service import Settings
from synth.release.sandbox.server.simulation import Door, Weather
from synth.release.table_files import write_whole


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("sandbox")(sandbox)


def sandbox(
    bundle: Annotated[Path, typer.Argument(help="A release bundle.")],
    name: Annotated[str, typer.Option(help="What the rows are called in addresses.")] = "rows",
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8765,
    token: Annotated[str, typer.Option(help="Bearer token; a fresh one, if left out.")] = "",
    open_door: Annotated[bool, typer.Option("--open", help="Ask for no token.")] = False,
    read_only: Annotated[bool, typer.Option(help="Take no writes.")] = False,
    delay: Annotated[float, typer.Option(min=0, help="Seconds longer per answer.")] = 0.0,
    failures: Annotated[float, typer.Option(min=0, max=1, help="Share that fails.")] = 0.0,
    per_minute: Annotated[int, typer.Option(min=0, help="Most answers a minute.")] = 0,
    seed: Annotated[int, typer.Option(help="Repeats delays and failures.")] = 0,
    zipped: Annotated[Path | None, typer.Option(help="Write it to take away instead.")] = None,
) -> None:
    """Serve a mock API over the synthetic rows, on this machine alone.

    Example: synth sandbox release.zip --name admissions --failures 0.05
    """
    with explained():
        read = Bundle.read(bundle)
        if zipped is not None:
            write_whole(zipped, take_away(resources(read, name), about(read)))
            typer.echo(f"Wrote {zipped}. Unpack it and follow its README.")
            return
        secret = "" if open_door else token or secrets.token_urlsafe(16)
        settings = Settings(
            Weather(delay, failures=failures, per_minute=per_minute, seed=seed),
            Door("bearer", secret) if secret else Door(),
            read_only=read_only,
        )
        app = service(read, name, settings).app()
    typer.echo(f"http://127.0.0.1:{port}/ (every row is synthetic)")
    if secret:
        typer.echo(f"Authorization: Bearer {secret}")
    import uvicorn

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
