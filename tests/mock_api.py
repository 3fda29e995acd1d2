"""The sandbox in a process of its own, as its users start it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pandas as pd

from synth.ingest.declaration import ColumnPart
from synth.runs import Recipe, run
from synth.runs.recipe import CountsPart, MethodPart, ReleasePart
from tests.people import some_people
from tests.server import ROOT, free_port
from tests.waiting import PATIENCE, until

TOKEN = "a-token-of-the-tests"
AWKWARD = "Time in A&E, 100% {{sure}} #1"


def people_release(place: Path, rows: int = 200) -> Path:
    """A release with counts beside its rows; its first column has a name that addresses dislike."""
    people = some_people()
    days = pd.Series(pd.date_range("2020-01-01", periods=len(people), freq="h"))
    people = people.assign(seen=days.dt.strftime("%d/%m/%Y %H:%M"))
    people.insert(0, AWKWARD, people["age"] // 2)
    recipe = Recipe(
        column=(  # declared, or noise would decide what a client may send
            ColumnPart(name=AWKWARD, kind="integer", low=0, high=60),
            ColumnPart(name="city", values=("Oslo", "Rome")),
            ColumnPart(name="age", kind="integer", low=0, high=120),
            ColumnPart(name="ill", values=("no", "yes")),
        ),
        method=MethodPart(name="independent"),
        counts=CountsPart(k=10, length=2),
        release=ReleasePart(rows=rows, title="People"),
    )
    place.write_bytes(run(recipe, people).release.zipped())
    return place


@contextmanager
def mock_api(bundle: Path, *words: str) -> Iterator[str]:
    """The address of `synth sandbox` over a bundle; it is stopped afterwards."""
    port = free_port()
    command = [sys.executable, "-m", "synth.cli", "sandbox", str(bundle), "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--name", "people", *words],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for_answer(f"{address}/openapi.json", process)
        yield address
        assert process.poll() is None, "the sandbox stopped by itself"
    finally:
        process.terminate()
        process.wait(PATIENCE)


def wait_for_answer(url: str, process: subprocess.Popen[bytes]) -> httpx.Response:
    """The first answer; a server that does not listen yet has not counted the question."""

    def answer() -> httpx.Response | None:
        assert process.poll() is None, "the server stopped by itself"
        try:
            return httpx.get(url, timeout=PATIENCE)
        except httpx.TransportError:
            return None

    return until(answer, "the server did not start")
