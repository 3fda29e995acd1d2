"""The app in a process of its own, for tests that need the real thing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.waiting import PATIENCE, until

ROOT = Path(__file__).parents[1]


@contextmanager
def served(*words: str, env: Mapping[str, str] | None = None, port: int = 0) -> Iterator[str]:
    """The address of a fresh server; it is stopped afterwards."""
    port = port or free_port()
    command = words or (sys.executable, "-m", "streamlit", "run", "app.py")
    process = subprocess.Popen(
        [*command, "--server.port", str(port), "--server.headless", "true"],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://localhost:{port}"
    try:
        wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(PATIENCE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    def healthy() -> bool:
        assert process.poll() is None, "the server stopped by itself"
        try:
            return httpx.get(f"{address}/_stcore/health", timeout=PATIENCE).text == "ok"
        except httpx.TransportError:
            return False

    until(healthy, "the server did not start")
