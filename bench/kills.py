"""Kills at random points: what is left of a release and of its account, of a run and of a server.

    python bench/kills.py [--times 300] [--server 30] [--worker 100]

Each run of `synth run` is killed with SIGKILL: of ten, five at a time drawn evenly from its first
charge to its end, four within 0.03 s of the first byte of the release, and one at any time. The
runs are forked from a process that has imported what they use, so that they are not killed while
Python starts. Then has to hold: the release under its name is the one of before or a new one that
verifies, its account opens and every entry of it is there once, and no part of a file lies under
the final name. Each server is killed while a job of the REST API runs; the next one has to start on
the same ledger, and what the token spent may not have become less. Each worker of a queue is killed
mostly while a run has rows; then the job waits, has failed, or has a release that verifies, the
token is charged once for it, and no parcel is left when it is forgotten.
"""

import argparse
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from sqlalchemy import update  # noqa: E402

from synth.api.registry import Wanted  # noqa: E402
from synth.api.settings import registry  # noqa: E402
from synth.api.shared.queue import GONE  # noqa: E402
from synth.api.shared.rows import FAILED, FINISHED, RUNNING, JobRow  # noqa: E402
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
TOKEN = "a-token-of-the-bench"
START = 60.0  # seconds a server may take to start


def entries(folder: Path) -> int:
    """Lines of the account; raises SynthError where it is damaged."""
    if not (folder / "ledger" / "ledger.key").exists():
        return 0
    return len(LedgerFile.opened(folder / "ledger").lines("visitors of the sample"))


WARM = """
import os, sys
from importlib import import_module
from synth.cli import app
for name in ("numpy", "pandas", "pyarrow", "scipy.stats", "opendp.prelude", "narwhals", "altair"):
    import_module(name)
for line in sys.stdin:
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        os.chdir(line.strip())
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        try:
            app(["run", "recipe.toml", "-o", "release.zip"], standalone_mode=False)
        except BaseException:
            os._exit(1)
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Runs:
    """Runs of the command in a folder, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder, pipe = folder, subprocess.PIPE
        one = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS")}  # a fork has but one
        told = {**os.environ, **one, "PYTHONPATH": str(ROOT)}
        words = [sys.executable, "-c", WARM]
        self.warm = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, env=told)

    def begin(self) -> int:
        """The process of a new one."""
        assert self.warm.stdin is not None
        self.warm.stdin.write(f"{self.folder}\n")
        self.warm.stdin.flush()
        return int(self._said())

    def end(self) -> bool:
        """Whether it came to its end."""
        return int(self._said()) == 0

    def _said(self) -> str:
        assert self.warm.stdout is not None
        return self.warm.stdout.readline()

    def killed(self, aim: str, lasts: float) -> str:
        """How a new one ended: killed, or by itself before that; or it had stood still.

        Args:
            lasts: seconds from its first charge to its end.
        """
        log, part = self.folder / "ledger" / "ledger.sqlite", self.folder / "release.zip.part"
        before = _changed(log)
        part.unlink(missing_ok=True)  # that of a run which was killed
        process, began = self.begin(), time.monotonic()
        if aim == "any time":
            time.sleep(random.uniform(0, 2 * lasts))
        elif aim == "after the charge":
            _awaited(lambda: _changed(log) != before, process)
            time.sleep(random.uniform(0, 1.1 * lasts))
        else:
            _awaited(lambda: _changed(log) != before, process)
            kept = _changed(part)  # with the room that is reserved before the charge
            _awaited(lambda: _changed(part) != kept, process)
            time.sleep(random.uniform(0, 0.03))
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
        late = ", stood still" if time.monotonic() - began > START else ""
        return f"{aim}{', came to its end' if self.end() else late}"


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


def _awaited(so: Callable[[], bool], process: int) -> None:
    """Wait until something is so, or the process is over."""
    until = time.monotonic() + START
    while time.monotonic() < until:
        with suppress(FileNotFoundError):
            if so():
                return
        if not Path(f"/proc/{process}").exists():
            return
        time.sleep(0.001)


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


AIMS = ("after the charge",) * 5 + ("at the release",) * 4 + ("any time",)


def commands(times: int) -> Counter[str]:
    """Kill the command so often."""
    found: Counter[str] = Counter()
    if not times:
        return found
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")
        runs = Runs(folder)
        lasts = lasting(runs)
        for turn in range(times):
            if turn % 50 == 0:  # an account of hundreds of runs takes each further one longer
                shutil.rmtree(folder / "ledger")
                lasts = lasting(runs)
            before, lines = (folder / "release.zip").read_bytes(), entries(folder)
            aim = AIMS[turn % len(AIMS)]
            how = runs.killed(aim, lasts)
            found[f"{how}: {state_of(folder, before, lines)}"] += 1
        assert runs.warm.stdin is not None
        runs.warm.stdin.close()
        runs.warm.wait()
    return found


def lasting(runs: Runs) -> float:
    """Seconds of a run that nobody kills, from its first charge to its end."""
    log = runs.folder / "ledger" / "ledger.sqlite"
    process = runs.begin()
    _awaited(log.exists, process)
    began = time.monotonic()
    if not runs.end():
        sys.exit("A run that nobody kills has to succeed first.")
    return time.monotonic() - began


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
    """Kill a worker of a queue so often: of five, four within 2 s of the moment at which rows
    go to a run, and one within 2 s of its start."""
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
            until = time.monotonic() + START
            while turn % 5 and time.monotonic() < until:
                if jobs.get("bench", id).job.state in (RUNNING, FINISHED, FAILED):
                    break
                time.sleep(0.02)
            time.sleep(random.uniform(0, 2.0))
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
