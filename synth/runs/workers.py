"""Where workers come from: processes of one job each, that begin with everything imported.

A process that starts afresh spends more on its imports than a small table takes. So one process per
server imports what jobs need, holds no row and draws no randomness, and forks a worker for each
job; noise comes from the operating system, draw by draw, so no two workers can share it. Where the
system cannot fork safely, each worker starts afresh.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "synth.runs.worker")
MANY = "many"  # told to a process that is to fork workers
LONGEST = 1 << 20  # bytes of a message: the environment
FORKS = sys.platform == "linux"  # elsewhere system libraries may not survive a fork


@dataclass(frozen=True, eq=False)
class Worker:
    """A process that waits for a job on `incoming`, and answers on `outgoing`.

    Args:
        end: kills it, if it is still there; may be called again.
    """

    incoming: IO[bytes]
    outgoing: IO[bytes]
    end: Callable[[], None]


def worker() -> Worker:
    """A new one."""
    if FORKS:
        with suppress(OSError):  # an environment too long for a message, or no more processes
            return WORKERS.worker()
    return _afresh()


def _afresh() -> Worker:
    process = subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, start_new_session=True
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def end() -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    return Worker(process.stdin, process.stdout, end)


class Workers:
    """The process that forks workers, begun with the first of them and anew where it is gone.

    It ends with the one that began it, and every worker with it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._number = 0
        atexit.register(self.close)

    def worker(self) -> Worker:
        """A new worker, in the environment that this process has now."""
        theirs, ours = os.pipe()
        answers, answering = os.pipe()
        with self._lock:
            self._number += 1
            number = self._number
            message = json.dumps({"begin": number, "env": dict(os.environ)}).encode()
            try:
                self._send(message, (theirs, answering))
            except OSError:
                os.close(ours)
                os.close(answers)
                raise
            finally:
                os.close(theirs)
                os.close(answering)
        return Worker(os.fdopen(ours, "wb"), os.fdopen(answers, "rb"), lambda: self._end(number))

    def close(self) -> None:
        """End it, and the workers that are left."""
        with self._lock:
            if self._control is not None:
                self._control.close()
            if self._process is not None:
                self._process.wait()
            self._control = self._process = None

    def _end(self, number: int) -> None:
        with self._lock:
            if self._control is not None:
                with suppress(OSError):  # it is gone, and its workers with it
                    self._control.send(json.dumps({"end": number}).encode())

    def _send(self, message: bytes, files: tuple[int, ...]) -> None:
        if self._process is not None and self._process.poll() is None:
            with suppress(OSError):  # it ended just now
                socket.send_fds(self._begun(), [message], files)
                return
        if self._control is not None:
            self._control.close()
            self._control = None
        socket.send_fds(self._begun(), [message], files)

    def _begun(self) -> socket.socket:
        if self._control is None:
            self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._process = subprocess.Popen(
                    (*COMMAND, MANY), stdin=theirs.fileno(), cwd=ROOT, start_new_session=True
                )
        return self._control


WORKERS = Workers()


def fork_workers(control: socket.socket, work: Callable[[int, int], None]) -> None:
    """Fork a worker for each message, until whoever sends them is gone.

    Args:
        work: does one job, from the file descriptor that it reads to the one that it writes.
    """
    left: dict[int, int] = {}  # number -> process
    while True:
        message, files, _, _ = socket.recv_fds(control, LONGEST, 2)
        left = {n: pid for n, pid in left.items() if os.waitpid(pid, os.WNOHANG) == (0, 0)}
        if not message:
            break
        told = json.loads(message)
        if "end" in told:
            _kill(left.get(told["end"]))
            continue
        pid = os.fork()
        if not pid:
            control.close()
            _alone(told["env"], files, work)
        left[told["begin"]] = pid
        for file in files:
            os.close(file)
    for pid in left.values():
        _kill(pid)


def _kill(pid: int | None) -> None:
    """Kill a worker that has not been waited for, so that the number is still its own."""
    if pid is None:
        return
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)  # it may be too young to lead a group
        os.killpg(pid, signal.SIGKILL)


def _alone(env: dict[str, str], files: list[int], work: Callable[[int, int], None]) -> None:
    """The forked process: one job, and then nothing of what the other one would do at its end."""
    code = 1
    try:
        os.setsid()
        os.environ.clear()
        os.environ.update(env)
        os.dup2(2, 1)  # what a method prints spoils no answer
        work(*files)
        code = 0
    finally:
        os._exit(code)
