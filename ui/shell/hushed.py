"""A log without cell values: what an unexpected error says may hold one, where it broke may not."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any


@contextmanager
def hushed() -> Iterator[None]:
    """For as long as this lasts no logger, thread or finaliser of this process says more.

    Not a filter, which would have to stand at each logger that some library opens.
    """
    record, thread, finaliser = (
        logging.getLogRecordFactory(),
        threading.excepthook,
        sys.unraisablehook,
    )
    logging.setLogRecordFactory(lambda *a, **k: without_words(record(*a, **k)))
    threading.excepthook = lambda told: _print(told.exc_type, told.exc_traceback, "thread")
    sys.unraisablehook = lambda told: _print(told.exc_type, told.exc_traceback, "finaliser")
    try:
        yield
    finally:
        logging.setLogRecordFactory(record)
        threading.excepthook, sys.unraisablehook = thread, finaliser


def without_words(record: logging.LogRecord) -> logging.LogRecord:
    """A line of the log with the kind of an error and its place, and nothing that it said."""
    if record.exc_info:
        kind, _, place = record.exc_info
        record.msg = f"Something failed: {_name(kind)}\n{_places(place)}".rstrip()
        record.args, record.exc_info, record.exc_text = None, None, None
    return record


def _print(kind: Any, place: TracebackType | None, where: str) -> None:
    print(f"{_places(place)}{_name(kind)} in a {where}", file=sys.stderr, flush=True)


def _name(kind: type[BaseException] | None) -> str:
    return kind.__name__ if kind else "unknown error"


def _places(place: TracebackType | None) -> str:
    return "".join(traceback.format_tb(place))
