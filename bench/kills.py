"""Kills at random points: what is left of a release and of its account, of a run and of a server.

    python bench/kills.py [--times 300] [--server 30] [--worker 100]

Each run of `synth run` is killed with SIGKILL after a time drawn evenly from none to what a whole
run takes. Then has to hold: the release under its name is the one of before or a new one that
verifies, its account opens and every entry of it is there once, and no part of a file lies under
the final name. Each server is killed while a job of the REST API runs; the next one has to start on
the same ledger, and what the token spent may not have become less. Each worker of a queue is killed
after it has a job; then the job waits, has failed, or has a release that verifies, the token is
charged once for it, and no parcel is left when it is forgotten.
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

from sqlalchemy import update  # noqa: E402

from synth.api.registry import Wanted  # noqa: E402
from synth.api.settings import registry  # noqa: E402
from synth.api.shared.queue import GONE  # noqa: E402
from synth.api.shared.rows import JobRow  # noqa: E402
from synth.api.shared.serving import SharedJobs  # noqa: E402
from synth.budget.lasting import LedgerFile  # noqa: E402
from synth.errors import SynthError  # noqa: E402
from synth.ingest import load  # noqa: E402
from synth.release import Bundle  # noqa: E402
from synth.runs import read_recipe  # noqa: E402
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


def workers(times: int) -> Counter[str]:
    """Kill a worker of a queue so often, each at a random time after a job came."""
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        told = {"SYNTH_QUEUE": f"sqlite:///{name}/queue", "SYNTH_PARCELS": f"{name}/parcels"}
        os.environ.update(told)
        jobs = registry()
        assert isinstance(jobs, SharedJobs)
        recipe = read_recipe('[method]\nname = "independent"\n[release]\nrows = 200\n')
        wanted = Wanted(recipe, lambda: load(TABLE, recipe.budget).private)
        for turn in range(times):
            words = [sys.executable, "-m", "synth.api.shared"]
            quiet = subprocess.DEVNULL
            process = subprocess.Popen(words, stdout=quiet, stderr=quiet, process_group=0)
            id = jobs.start("bench", wanted).id
            time.sleep(random.uniform(0, 9.0))
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            with jobs.common.queue.session() as session:  # so long nobody was heard of
                session.execute(update(JobRow).values(seen=JobRow.seen - 2 * GONE))
            found[state_of_job(jobs, id, Path(name))] += 1
            jobs.forget("bench", id)
            if list(Path(name, "parcels").iterdir()):
                found["FAULT: a parcel is left"] += 1
            charged = jobs.tally.of("bench").rho / float(recipe.budget.rho)
            if round(charged, 6) != turn + 1:
                found["FAULT: charged more or less than once"] += 1
    return found


def state_of_job(jobs: SharedJobs, id: str, folder: Path) -> str:
    """What became of a job whose worker was killed."""
    job = jobs.get("bench", id)
    if job.state != "finished":
        return "the job failed and says so" if job.state == "failed" else f"the job is {job.state}"
    (folder / "release.zip").write_bytes(job.bundle() or b"")
    whole = verify(Bundle.read(folder / "release.zip"))
    return "the job had its release" if whole else "FAULT: a release that is none"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=300)
    parser.add_argument("--server", type=int, default=30)
    parser.add_argument("--worker", type=int, default=100)
    asked = parser.parse_args()
    for what, told in (
        ("the command", commands(asked.times)),
        ("a server", servers(asked.server)),
        ("a worker", workers(asked.worker)),
    ):
        print(f"{what}, killed {sum(told.values())} times:")
        for words, n in told.most_common():
            print(f"  {n:5d}  {words}")


if __name__ == "__main__":
    main()
