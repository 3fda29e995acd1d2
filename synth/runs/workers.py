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
import select
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
READY = b"ready"
REAPED = 1.0  # seconds between two looks for workers that have ended
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


def awaited(patience: float) -> bool:
    """Whether a worker would begin at once, waiting so many seconds for it."""
    return not FORKS or WORKERS.ready(patience)


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
        self._ready = False
        atexit.register(self.close)

    def ready(self, patience: float) -> bool:
        """Whether the process has imported everything, waiting so many seconds for it.

        What it is sent before that cannot be taken back: nobody is there to let go of it.
        """
        with self._lock:
            control = self._begun()
            if self._ready:
                return True
        if not select.select([control], [], [], patience)[0]:
            return False
        with self._lock:
            if control is self._control and not self._ready:
                control.recv(len(READY))
                self._ready = True
        return True

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
            self._forget()

    def _end(self, number: int) -> None:
        with self._lock:
            if self._control is not None:
                with suppress(OSError):  # it is gone, and its workers with it
                    self._control.send(json.dumps({"end": number}).encode())

    def _send(self, message: bytes, files: tuple[int, ...]) -> None:
        with suppress(ConnectionError):  # it ended just now
            socket.send_fds(self._begun(), [message], files)
            return
        self._forget()
        socket.send_fds(self._begun(), [message], files)

    def _forget(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.wait()
        self._control, self._process, self._ready = None, None, False

    def _begun(self) -> socket.socket:
        if self._process is not None and self._process.poll() is not None:
            self._forget()
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
    with suppress(BrokenPipeError):  # whoever waited is gone
        control.send(READY)
    while True:
        while left and not select.select([control], [], [], REAPED)[0]:
            left = _there(left)
        try:
            message, files, _, _ = socket.recv_fds(control, LONGEST, 2)
        except ConnectionResetError:  # gone before it heard that all is ready
            message, files = b"", []
        left = _there(left)
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


def _there(left: dict[int, int]) -> dict[int, int]:
    """The workers that have not ended; those that have are waited for, so that none is a zombie."""
    return {n: pid for n, pid in left.items() if os.waitpid(pid, os.WNOHANG) == (0, 0)}


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
