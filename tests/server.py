"""The app in a process of its own, for tests that need the real thing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[1]
PATIENCE = 60.0


@contextmanager
def served(*words: str, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a fresh server; it is stopped afterwards."""
    port = free_port()
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
        process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE:
        assert process.poll() is None, "the server stopped by itself"
        try:
            if httpx.get(f"{address}/_stcore/health", timeout=2).text == "ok":
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError("the server did not start")
