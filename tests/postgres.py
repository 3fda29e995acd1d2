"""A PostgreSQL of the tests' own, on loopback, in a folder that is gone afterwards."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.server import free_port

PLACES = ("/usr/lib/postgresql/*/bin/initdb", "/usr/local/pgsql/bin/initdb")
USER = "keeper"


def programs() -> Path:
    """The folder of PostgreSQL's programs; the test is skipped where there are none."""
    found = shutil.which("initdb")
    places = [Path(found)] if found else []
    for pattern in PLACES:
        places += sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
    if not places:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    return places[0].parent


def as_nobody_special() -> list[str]:
    """PostgreSQL refuses to run as root; Debian's package brings a user for it."""
    if os.geteuid() != 0:
        return []
    if not shutil.which("runuser") or "postgres:" not in Path("/etc/passwd").read_text():
        pytest.skip("PostgreSQL does not run as root, and there is no user `postgres`")
    return ["runuser", "-u", "postgres", "--"]


@contextmanager
def started() -> Iterator[str]:
    """The address of a fresh server, which is stopped in the end."""
    tools, who, port = programs(), as_nobody_special(), free_port()
    with TemporaryDirectory() as name:
        if who:
            shutil.chown(name, "postgres")
        with _running(Path(name), tools, who, port):
            yield f"postgresql://{USER}@127.0.0.1:{port}/postgres"


STOPPED: dict[str, Callable[[str], None]] = {}  # stops or starts a server, by its port


@contextmanager
def away(url: str) -> Iterator[None]:
    """While a server is gone, as if its machine had lost its power."""
    control = STOPPED[url.rpartition(":")[2].partition("/")[0]]
    control("stop")
    try:
        yield
    finally:
        control("start")


@contextmanager
def _running(folder: Path, tools: Path, who: list[str], port: int) -> Iterator[None]:
    data = folder / "data"

    def run(*command: str) -> None:
        done = subprocess.run([*who, *command], capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, done.stderr

    run(str(tools / "initdb"), "-D", str(data), "-A", "trust", "-U", USER, "-E", "UTF8", "-N")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    log = str(folder / "log")
    start = ("-D", str(data), "-w", "-o", options, "-l", log, "start")
    run(str(tools / "pg_ctl"), *start)
    stop = ("-D", str(data), "-w", "-m", "immediate", "stop")
    STOPPED[str(port)] = lambda how: run(str(tools / "pg_ctl"), *(stop if how == "stop" else start))
    try:
        yield
    finally:
        del STOPPED[str(port)]
        run(str(tools / "pg_ctl"), "-D", str(data), "-w", "-m", "fast", "stop")
