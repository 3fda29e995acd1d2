"""A run in a process of its own: rows come in over a pipe, progress and the release go out.

The other side sends one JSON line (the recipe, and the files its steps name), then the rows as an
Arrow stream. Back come JSON lines: progress, ledger entries before the rows are touched, at the end
either an error or the findings with the size of the bundle, whose bytes follow. Nothing is written
to disk.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import IO, Any

from synth.budget import Audience, Compared, Entry, Grouped, Measured, Opened, Rho
from synth.errors import SynthError
from synth.protect.steps import Shelf
from synth.runs.recipe import read_recipe
from synth.runs.running import run
from synth.vault.private import receive

ENTRIES: dict[str, type[Any]] = {c.__name__: c for c in (Measured, Opened, Grouped, Compared)}


def entry_document(entry: Entry) -> dict[str, Any]:
    """A ledger entry as plain values."""
    values = asdict(entry)
    if isinstance(entry, Opened):
        values["audience"] = entry.audience.value
    return {"entry": type(entry).__name__, **values}


def entry_of(document: dict[str, Any]) -> Entry:
    """The ledger entry a document describes."""
    values = {k: v for k, v in document.items() if k != "entry"}
    if "audience" in values:
        values["audience"] = Audience(values["audience"])
    if "rho" in values:
        values["rho"] = Rho(float(values["rho"]))
    made: Entry = ENTRIES[document["entry"]](**values)
    return made


def serve(incoming: IO[bytes], outgoing: IO[bytes]) -> None:
    """Do one run, and say how it goes."""

    def tell(message: dict[str, Any], payload: bytes = b"") -> None:
        outgoing.write(json.dumps(message).encode() + b"\n" + payload)
        outgoing.flush()

    header = json.loads(incoming.readline())
    frame = receive(incoming)
    try:
        outcome = run(
            read_recipe(header["recipe"]),
            frame,
            progress=lambda share, doing: tell({"progress": share, "doing": doing}),
            listener=lambda entry: tell(entry_document(entry)),
            shelf=Shelf(given=header.get("files", {})),
        )
        bundle = outcome.release.zipped()
    except SynthError as error:
        tell({"error": error.what, "remedy": error.remedy})
        return
    told = {"comparison": outcome.comparison.document(), "cost": outcome.release.statement.cost}
    tell({"bundle": len(bundle), **told}, bundle)


if __name__ == "__main__":
    outgoing, sys.stdout = sys.stdout.buffer, sys.stderr  # a method that prints spoils no answer
    serve(sys.stdin.buffer, outgoing)
