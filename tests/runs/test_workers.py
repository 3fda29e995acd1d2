"""Workers that are forked: begun at once, apart from each other, and gone when they should be."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from synth.runs import workers
from synth.runs.job import Job
from synth.runs.recipe_file import read_recipe
from synth.runs.workers import Workers, fork_workers

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not workers.FORKS, reason="workers start afresh on this system")
INDEPENDENT = '[method]\nname = "independent"\n'


def ran(private, recipe: str = INDEPENDENT) -> Job:
    job = Job(read_recipe(recipe), on_entry=lambda entry: None)
    job.start(private)
    assert job.finished.wait(120)
    return job


def gone(pid: int) -> bool:
    """Whether a process ends within a while; one that nobody waited for counts as ended."""
    for _ in range(600):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def source(monkeypatch):
    made = Workers()
    monkeypatch.setattr(workers, "WORKERS", made)
    yield made
    made.close()


def test_jobs_of_one_server_share_no_noise(private, source):
    """Both are forks of one process: were its randomness copied, the models would be the same."""
    one, two = ran(private), ran(private)
    assert one.bundle and two.bundle
    assert one.bundle != two.bundle


def test_what_was_set_after_the_first_job_is_known_to_the_next(private, source, monkeypatch):
    assert ran(private).error is None
    monkeypatch.setenv("SYNTH_KEY", str(ROOT / "no such folder" / "none.key"))
    assert "`none.key` cannot be read" in str(ran(private).error)


def test_a_process_that_is_gone_is_begun_anew(private, source):
    assert ran(private).bundle
    source._process.kill()  # noqa: SLF001 - as an operator, or a lack of memory, would
    source._process.wait()  # noqa: SLF001
    assert ran(private).bundle


def test_an_environment_too_long_for_a_message_is_no_obstacle(private, source, monkeypatch):
    for i in range(9):
        monkeypatch.setenv(f"LONG_{i}", "x" * 100_000)
    assert ran(private).bundle


SERVER = """
import os, sys, time
from synth.runs.workers import Workers
source = Workers()
worker = source.worker()
print(source._process.pid, flush=True)
worker.incoming.write(b"{")  # a job that never begins
worker.incoming.flush()
time.sleep(600)
"""


def test_nothing_is_left_where_the_server_is_killed():
    server = subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT, stdout=subprocess.PIPE)
    source = int(server.stdout.readline())
    children = Path(f"/proc/{source}/task/{source}/children")
    for _ in range(600):
        if found := [int(pid) for pid in children.read_text().split()]:
            break
        time.sleep(0.05)
    server.kill()
    server.wait()
    server.stdout.close()
    assert found
    assert all(gone(pid) for pid in (source, *found))


def test_a_job_that_is_cancelled_ends_its_worker_alone(source):
    one, two = source.worker(), source.worker()
    one.end()
    assert one.outgoing.read() == b""  # its end of the pipe is closed
    two.incoming.write(b"no job\n")
    two.incoming.close()
    assert two.outgoing.read() == b""
    for worker in (one, two):
        worker.outgoing.close()
    one.incoming.close()


HELD = """
import pathlib, sys, time
while "synth.runs.worker" in sys.orig_argv and not pathlib.Path({go!r}).exists():
    time.sleep(0.05)
"""


def test_a_job_is_cancelled_before_any_worker_can_begin(private, source, tmp_path, monkeypatch):
    go = tmp_path / "go"
    (tmp_path / "sitecustomize.py").write_text(HELD.format(go=str(go)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    job = Job(read_recipe(INDEPENDENT), on_entry=lambda entry: None)
    job.start(private)
    job.cancel()
    assert job.finished.wait(60)  # while nobody is there to take its rows
    go.touch()
    assert ran(private).bundle


LEAKING = """
import os, sys
from synth.runs import worker
def serve(*_):
    raise ValueError("the cell of Ms Okafor")
worker.serve = serve
worker.work(os.dup(0), os.dup(1))
"""


def test_what_goes_wrong_in_a_worker_is_logged_without_a_cell():
    done = subprocess.run(
        [sys.executable, "-c", LEAKING], cwd=ROOT, input=b"", capture_output=True, check=True
    )
    assert b"ValueError in a worker" in done.stderr
    assert b"Okafor" not in done.stderr


def test_messages_of_an_unknown_worker_are_no_concern():
    """A stop may come after the end of what it stops."""
    import socket

    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.send(json.dumps({"end": 7}).encode())
    ours.close()
    with theirs:
        fork_workers(theirs, lambda incoming, outgoing: os._exit(1))
