"""A run in a process of its own: rows come in over a pipe, progress and the release go out.

The other side sends one JSON line (the recipe, the files its steps name, and what the rows do not
tell of their table), then the rows as an Arrow stream, and those of a second table where the line
says that there is one; or no rows, where it says in which database they are to be counted. Back
come JSON lines: progress, ledger entries before the rows are touched, at the end either an error or
the findings with the size of the bundle, whose bytes follow. Nothing is written to disk but the
lasting ledger that a recipe names.
"""

from __future__ import annotations

import json
import os
import re
import resource
import socket
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from synth.errors import SynthError
from synth.protect.steps import Shelf
from synth.release.signature import key_set
from synth.runs.accounts import NOTHING, before_of
from synth.runs.bounds import Bounds
from synth.runs.elsewhere import elsewhere_of
from synth.runs.recipe_file import read_recipe
from synth.runs.running import run
from synth.runs.workers import MANY, fork_workers
from synth.vault.passing import receive

BEHIND = 10  # a run lets the screens go first, which somebody looks at


def serve(
    incoming: IO[bytes], outgoing: IO[bytes], limit: Callable[[int], None] = lambda memory: None
) -> None:
    """Do one run, and say how it goes.

    Args:
        limit: told how many bytes the run may take, before there is a row; 0 for all there are.
    """

    def tell(message: dict[str, Any], payload: bytes = b"") -> None:
        outgoing.write(json.dumps(message).encode() + b"\n" + payload)
        outgoing.flush()

    header = json.loads(incoming.readline())
    bounds = Bounds(**header.get("bounds", {}))
    limit(bounds.memory)
    try:
        where = elsewhere_of(header["elsewhere"]) if "elsewhere" in header else None
        rows = where or receive(incoming)
        second = receive(incoming) if header.get("children") else None
        key = key_set()
        outcome = run(
            read_recipe(header["recipe"]),
            rows,
            progress=lambda share, doing: tell({"progress": share, "doing": doing}),
            listener=lambda entry: tell({"entry": entry.document()}),
            shelf=Shelf(given=header.get("files", {})),
            bounds=bounds,
            children=second,
            before=before_of(header["before"]) if "before" in header else NOTHING,
        )
        bundle = outcome.release.zipped(key)
    except SynthError as error:
        tell({"error": error.what, "remedy": error.remedy})
        return
    except MemoryError:
        tell(
            {
                "error": f"The job needs more than the {bounds.memory / 1e9:.1f} GB of memory that "
                "this server gives one.",
                "remedy": "Use fewer columns, rows or combinations, or another method; what it "
                "spent by then stays spent.",
            }
        )
        return
    told = {"comparison": outcome.comparison.document(), "cost": outcome.release.statement.cost}
    told |= {"linked": outcome.linked.document()} if outcome.linked is not None else {}
    tell({"bundle": len(bundle), **told}, bundle)


def work(incoming: int, outgoing: int) -> None:
    """Do one run between two file descriptors; why it broke off is said without its words.

    The message of an unexpected error may hold a cell.
    """
    sys.stdout = sys.stderr  # a method that prints spoils no answer
    if hasattr(os, "nice"):
        os.nice(BEHIND)
    with os.fdopen(incoming, "rb") as asked, os.fdopen(outgoing, "wb") as answered:
        try:
            serve(asked, answered, _limited)
        except BrokenPipeError:
            pass  # nobody waits for the answer any more
        except Exception as error:
            places = "".join(traceback.format_tb(error.__traceback__))
            print(f"{places}{type(error).__name__} in a worker", file=sys.stderr, flush=True)


def _limited(memory: int) -> None:
    """Give this process so many bytes beyond those it has; where the system can count them."""
    told = Path("/proc/self/status")
    if not memory or not told.exists():
        return
    if has := re.search(r"VmData:\s+(\d+) kB", told.read_text(encoding="ascii")):
        most = memory + 1024 * int(has[1])
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def main() -> None:
    """One run over the standard streams, or the process that forks a worker for each."""
    if sys.argv[1:] == [MANY]:
        _used()
        with socket.socket(fileno=os.dup(0)) as control:
            fork_workers(control, work)
    else:
        work(0, os.dup(1))


def _used() -> None:
    """Import what nearly every run uses."""
    for name in ("numpy", "pandas", "pyarrow.compute", "scipy.special", "tomlkit"):
        import_module(name)


if __name__ == "__main__":
    main()
