"""Waiting for a state and never for a time, and workers that wait for the test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from synth.vault import PrivateTable

PATIENCE = 300.0  # seconds; only what hangs takes so long, however busy the machine

T = TypeVar("T")


def until(reached: Callable[[], T | None], missing: str) -> T:
    """What `reached` gives as soon as that is true; `missing` says what never came."""
    end = time.monotonic() + PATIENCE
    while not (found := reached()):
        assert time.monotonic() < end, missing
        time.sleep(0.05)
    return found


@contextmanager
def held() -> Iterator[None]:
    """Workers start and get no rows before the end, so that no job is done too soon."""
    go, send = threading.Event(), PrivateTable.send_rows

    def waiting(private: PrivateTable, stream: object) -> None:
        go.wait()
        send(private, stream)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PrivateTable, "send_rows", waiting)
        try:
            yield
        finally:
            go.set()
