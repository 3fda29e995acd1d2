"""Whose screen is drawn next: a few at a time, so that each is soon whole.

Python runs one thread at a time. Of fifty screens drawn at once each gets a fiftieth, all are as
slow as the last one, and whatever answers the browsers waits behind them all. In turn, the first is
whole after the time of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar

from synth.runs.turns import Turns

AT_ONCE = 3
LOOK = 0.5  # seconds between two looks
DRAWING = Turns(AT_ONCE)  # of this server
WORKING = Turns(2)  # what is worked out beside the screens, of this server


@contextmanager
def turn(
    owner: str, turns: Turns = DRAWING, waiting: Callable[[int], None] = lambda before: None
) -> Iterator[None]:
    """Wait for a place, and hold it.

    Args:
        waiting: told now and then how many are before it; may raise to wait no longer.
    """
    with ExitStack() as place:
        _take(place, owner, turns, waiting)
        before = HELD.set((place, owner, turns, waiting))
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
    place, owner, turns, waiting = held
    place.close()
    try:
        yield
    finally:
        _take(place, owner, turns, waiting)


def _take(place: ExitStack, owner: str, turns: Turns, waiting: Callable[[int], None]) -> None:
    mine = place.enter_context(turns.ticket(owner))
    while not mine.begun.wait(LOOK):
        waiting(turns.before(mine))


Place = tuple[ExitStack, str, Turns, Callable[[int], None]]
HELD: ContextVar[Place | None] = ContextVar("held", default=None)
