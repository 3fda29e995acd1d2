"""Whose job begins next: a few places for all, and turns that no single owner can fill."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from synth.operating import operating

LOOKED = 20  # ended jobs, by which it is told how long the next ones may take


@dataclass(eq=False)
class Ticket:
    """One job that waits for its turn, or has it.

    Args:
        number: of its arrival.
        since: when it began, on a clock of the process; NaN before.
    """

    owner: str
    number: int
    since: float = math.nan
    begun: threading.Event = field(default_factory=threading.Event)


class Busy(NamedTuple):
    """How busy the places are, for whoever runs a server."""

    places: int
    waiting: int
    running: int
    ended: int
    seconds: float  # that all ended ones had a place, together


@dataclass
class Turns:
    """Places for jobs. Safe to use from several threads.

    A place that becomes free goes to the owner with the fewest jobs in places, among those to the
    one whose last job began longest ago, and of that owner's jobs to the first. An owner leaves one
    place to others, also while nobody else waits: a job that has begun cannot be moved aside.

    Args:
        places: jobs at once.
    """

    places: int = 2
    _waiting: list[Ticket] = field(default_factory=list)
    _running: list[Ticket] = field(default_factory=list)
    _served: dict[str, int] = field(default_factory=dict)  # owner -> when its last job began
    _spans: deque[float] = field(
        default_factory=lambda: deque(maxlen=LOOKED)
    )  # seconds of the last
    _ended: int = 0
    _seconds: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def each(self) -> int:
        """The most places of one owner."""
        return max(1, self.places - 1)

    @contextmanager
    def ticket(self, owner: str) -> Iterator[Ticket]:
        """Wait in line, and hold a place once `begun` is set; both end with the block."""
        with self._lock:
            mine = Ticket(owner, next(self._numbers))
            self._waiting.append(mine)
            self._next()
        try:
            yield mine
        finally:
            with self._lock:
                if mine in self._waiting:
                    self._waiting.remove(mine)
                if mine in self._running:
                    self._running.remove(mine)
                    self._end(time.monotonic() - mine.since)
                self._next()

    @property
    def busy(self) -> Busy:
        """How busy the places are now."""
        with self._lock:
            held = len(self._waiting), len(self._running)
            return Busy(self.places, *held, self._ended, self._seconds)

    def minutes(self, before: int) -> int | None:
        """About how long until a place is free for the job behind so many others, rounded up.

        By how long the last jobs of everybody took; None where none has ended yet.
        """
        with self._lock:
            if not self._spans:
                return None
            each = sum(self._spans) / len(self._spans)
        return math.ceil((before // self.places + 1) * each / 60)

    def _end(self, seconds: float) -> None:
        self._spans.append(seconds)
        self._ended, self._seconds = self._ended + 1, self._seconds + seconds

    def before(self, ticket: Ticket) -> int:
        """How many jobs that wait have their turn before this one, as things are."""
        with self._lock:
            running = Counter(t.owner for t in self._running)
            return ahead_of(ticket, self._waiting, running, self._served)

    def _next(self) -> None:
        while len(self._running) < self.places:
            running = Counter(t.owner for t in self._running)
            found = first(self._waiting, running, self._served, self.each)
            if found is None:
                break
            self._waiting.remove(found)
            self._running.append(found)
            self._served.pop(found.owner, None)
            self._served[found.owner] = next(self._numbers)
            found.since = time.monotonic()
            found.begun.set()
        here = {t.owner for t in (*self._waiting, *self._running)}
        self._served = {owner: at for owner, at in self._served.items() if owner in here}


def ahead_of(
    ticket: Ticket, waiting: Sequence[Ticket], running: Counter[str], served: Mapping[str, float]
) -> int:
    """How many of those that wait have their turn before one of them.

    Args:
        running: jobs in places, by owner.
        served: when the last job of an owner began, on whatever clock.
    """
    left, now, last = list(waiting), running.copy(), dict(served)
    most, latest = len(left) + running.total(), max(served.values(), default=0.0)
    for place in range(len(left)):
        found = first(left, now, last, most)
        if found is None or found is ticket:
            return place
        left.remove(found)
        now[found.owner] += 1
        last[found.owner] = latest + 1 + place
    return 0


def first(
    waiting: Sequence[Ticket], running: Counter[str], served: Mapping[str, float], each: int
) -> Ticket | None:
    """The one whose turn is next; None where all that wait belong to owners with enough places."""
    able = [t for t in waiting if running[t.owner] < each]
    key = min(
        able, key=lambda t: (running[t.owner], served.get(t.owner, -1), t.number), default=None
    )
    return key


TURNS = Turns(operating().workers)  # of this server
