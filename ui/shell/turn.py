"""Whose screen is drawn next: a few at a time, so that each is soon whole.

Python runs one thread at a time. Of fifty screens drawn at once each gets a fiftieth, all are as
slow as the last one, and whatever answers the browsers waits behind them all. In turn, the first is
whole after the time of one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar

from synth.runs.turns import Turns

AT_ONCE = 3
LOOK = 0.5  # seconds between two looks
LONGEST = 20.0  # seconds for which a screen waits, then it is drawn all the same
DRAWING = Turns(AT_ONCE)  # of this server
WORKING = Turns(2)  # what is worked out beside the screens, of this server


@contextmanager
def turn(
    owner: str,
    turns: Turns = DRAWING,
    waiting: Callable[[int], None] = lambda before: None,
    longest: float = LONGEST,
) -> Iterator[None]:
    """Wait for a place, and hold it; after the longest time go on without one.

    Should all places ever be held by what only waits, the others are late, and no more than that.

    Args:
        waiting: told now and then how many are before it; may raise to wait no longer.
        longest: in seconds.
    """
    with ExitStack() as place:
        _take(place, owner, turns, waiting, longest)
        before = HELD.set((place, owner, turns, waiting, longest))
        try:
            yield
        finally:
            HELD.reset(before)


@contextmanager
def aside() -> Iterator[None]:
    """Let others have the place meanwhile: for what only waits, such as for a database."""
    held = HELD.get()
    if held is None:
        yield
        return
    place, owner, turns, waiting, longest = held
    place.close()
    try:
        yield
    finally:
        _take(place, owner, turns, waiting, longest)


def _take(
    place: ExitStack, owner: str, turns: Turns, waiting: Callable[[int], None], longest: float
) -> None:
    mine, end = place.enter_context(turns.ticket(owner)), time.monotonic() + longest
    while not mine.begun.wait(LOOK):
        if time.monotonic() > end:
            place.close()
            return
        waiting(turns.before(mine))


Place = tuple[ExitStack, str, Turns, Callable[[int], None], float]
HELD: ContextVar[Place | None] = ContextVar("held", default=None)
