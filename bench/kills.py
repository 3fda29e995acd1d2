"""Kills at random points: what is left of a release and of its account, of a run and of a server.

    python bench/kills.py [--times 300] [--server 30]

Each run of `synth run` is killed with SIGKILL after a time drawn evenly from none to what a whole
run takes. Then has to hold: the release under its name is the one of before or a new one that
verifies, its account opens and every entry of it is there once, and no part of a file lies under
the final name. Each server is killed while a job of the REST API runs; the next one has to start on
the same ledger, and what the token spent may not have become less.
"""

import argparse
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from synth.budget.lasting import LedgerFile  # noqa: E402
from synth.errors import SynthError  # noqa: E402
from synth.release import Bundle  # noqa: E402
from synth.runs.verifying import verify  # noqa: E402

TABLE = ROOT / "sample_data" / "hospital_admissions.csv"
RECIPE = f"""
[source]
file = "{TABLE}"
[people]
population = "visitors of the sample"
[privacy]
epsilon = 1.0
total = 100000.0
ledger = "ledger"
[method]
name = "independent"
[release]
rows = 200
"""
SYNTH = [sys.executable, "-m", "synth.cli"]
TOKEN = "a-token-of-the-bench"
START = 60.0  # seconds a server may take to start


def entries(folder: Path) -> int:
    """Lines of the account; raises SynthError where it is damaged."""
    if not (folder / "ledger" / "ledger.key").exists():
        return 0
    return len(LedgerFile.opened(folder / "ledger").lines("visitors of the sample"))


def run(folder: Path, after: float | None) -> bool:
    """Whether a run of the command came to its end."""
    command = [*SYNTH, "run", "recipe.toml", "-o", "release.zip"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=folder, stdout=quiet, stderr=quiet, process_group=0)
    try:
        return process.wait(after) == 0
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return False


def state_of(folder: Path, before: bytes, lines: int) -> str:
    """What is left, in one word or two; a fault begins with `FAULT`."""
    place = folder / "release.zip"
    content = place.read_bytes() if place.exists() else b""
    try:
        now = entries(folder)
        if now < lines:
            return "FAULT: an entry is gone"
        if content == before:
            return "old release, account charged" if now > lines else "old release, nothing charged"
        return "new release" if verify(Bundle.read(place)) else "FAULT: a release that is none"
    except SynthError as error:
        return f"FAULT: {error.what}"


def commands(times: int) -> Counter[str]:
    """Kill the command so often."""
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")
        began = time.monotonic()
        if not run(folder, None):
            sys.exit("A run that nobody kills has to succeed first.")
        whole = time.monotonic() - began
        for _ in range(times):
            before, lines = (folder / "release.zip").read_bytes(), entries(folder)
            run(folder, random.uniform(0, 1.2 * whole))
            found[state_of(folder, before, lines)] += 1
    return found


def serving(folder: Path) -> tuple[subprocess.Popen[bytes], httpx.Client]:
    """A server on the ledger of a folder, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {"SYNTH_API_TOKENS": TOKEN, "SYNTH_API_EPSILON": "100000", "SYNTH_LEDGER": str(folder)}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    command += [f"--server.port={port}", "--server.address=127.0.0.1"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **told},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{port}/api/v1",
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=START,
    )
    until = time.monotonic() + START
    while time.monotonic() < until:
        try:
            if client.get("/methods").status_code == 200:
                return process, client
        except httpx.TransportError:
            time.sleep(0.1)
    sys.exit("The server did not start.")


def servers(times: int) -> Counter[str]:
    """Kill a server so often, each while it has a job."""
    found: Counter[str] = Counter()
    recipe = '[privacy]\nepsilon = 1.0\n[method]\nname = "independent"\n[release]\nrows = 200\n'
    with tempfile.TemporaryDirectory() as name:
        spent = 0.0
        for _ in range(times):
            process, client = serving(Path(name))
            now = float(client.get("/budget").json()["spent_epsilon"] or 0.0)
            if now < spent - 1e-9:
                found["FAULT: an allowance grew"] += 1
            files = {"table": ("t.csv", TABLE.read_bytes())}
            begun = client.post("/jobs", data={"recipe": recipe}, files=files)
            time.sleep(random.uniform(0, 2.0))
            spent = float(client.get("/budget").json()["spent_epsilon"] or 0.0)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            found[f"job answered {begun.status_code}, killed"] += 1
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=300)
    parser.add_argument("--server", type=int, default=30)
    asked = parser.parse_args()
    for what, told in (
        ("the command", commands(asked.times)),
        ("a server", servers(asked.server)),
    ):
        print(f"{what}, killed {sum(told.values())} times:")
        for words, n in told.most_common():
            print(f"  {n:5d}  {words}")


if __name__ == "__main__":
    main()
