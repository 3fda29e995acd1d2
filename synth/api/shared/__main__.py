"""`python -m synth.api.shared`: a worker that takes jobs out of the queue of several servers."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from types import FrameType
from typing import Annotated

import typer

from synth.api.shared.keeping import Common
from synth.api.shared.working import Station
from synth.errors import SynthError
from synth.operating import operating
from synth.runs.audit import audit
from synth.runs.traced import recorder
from synth.wording import so_many


def work(
    places: Annotated[
        int, typer.Option(help="Jobs at once; SYNTH_WORKERS where nothing is said.", min=0)
    ] = 0,
) -> None:
    """Take jobs out of the queue that SYNTH_QUEUE names, and run them, until a signal to end.

    At the first one it takes no more and ends with the jobs that it has; at the second at once.
    """
    logging.basicConfig(format="%(levelname)s %(message)s")
    threading.excepthook = lambda told: _failed(told.exc_type)
    try:
        told = operating()
        recorder()
        if not told.queue:
            raise ValueError("SYNTH_QUEUE names no queue to take jobs from.")
        station = Station(Common.opened(told, audit()), places or told.workers)
    except (SynthError, ValueError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(2) from None

    def end(number: int, frame: FrameType | None) -> None:
        station.stop()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    jobs = so_many(station.places, "job")
    typer.echo(f"Worker {station.name} takes up to {jobs} at once.")
    sys.stdout.flush()
    station.work()


def _failed(kind: type[BaseException]) -> None:
    """What an unexpected error says may be a cell, so its kind alone is told."""
    logging.getLogger("synth").error("%s in a worker", kind.__name__)


if __name__ == "__main__":
    typer.run(work)
