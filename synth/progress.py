"""How far a piece of work is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told how far a piece of work is; may raise to cancel it."""

    def __call__(self, share: float, doing: str) -> None:
        """`share` from 0 to 1; `doing` in a few plain words, without cell values."""
        ...


def quiet(share: float, doing: str) -> None:
    """A progress report that nobody reads."""


def part(progress: Progress, low: float, high: float) -> Progress:
    """A stretch of a longer piece of work, from the one share of it to the other."""

    def told(share: float, doing: str) -> None:
        progress(low + (high - low) * share, doing)

    return told
