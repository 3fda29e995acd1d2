"""Whose job begins next: a few places for all, and turns that no single owner can fill."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from synth.operating import operating


@dataclass(eq=False)
class Ticket:
    """One job that waits for its turn, or has it.

    Args:
        number: of its arrival.
    """

    owner: str
    number: int
    begun: threading.Event = field(default_factory=threading.Event)


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
                for line in (self._waiting, self._running):
                    if mine in line:
                        line.remove(mine)
                self._next()

    def before(self, ticket: Ticket) -> int:
        """How many jobs that wait have their turn before this one, as things are."""
        with self._lock:
            left, running = list(self._waiting), Counter(t.owner for t in self._running)
            served = dict(self._served)
            for place in range(len(left)):
                found = _first(left, running, served, len(left) + len(self._running))
                if found is None or found is ticket:
                    return place
                left.remove(found)
                running[found.owner] += 1
                served[found.owner] = found.number + (1 << 60)
        return 0

    def _next(self) -> None:
        while len(self._running) < self.places:
            running = Counter(t.owner for t in self._running)
            found = _first(self._waiting, running, self._served, self.each)
            if found is None:
                break
            self._waiting.remove(found)
            self._running.append(found)
            self._served.pop(found.owner, None)
            self._served[found.owner] = next(self._numbers)
            found.begun.set()
        here = {t.owner for t in (*self._waiting, *self._running)}
        self._served = {owner: at for owner, at in self._served.items() if owner in here}


def _first(
    waiting: list[Ticket], running: Counter[str], served: dict[str, int], each: int
) -> Ticket | None:
    """The one whose turn is next; None where all that wait belong to owners with enough places."""
    able = [t for t in waiting if running[t.owner] < each]
    key = min(
        able, key=lambda t: (running[t.owner], served.get(t.owner, -1), t.number), default=None
    )
    return key


TURNS = Turns(operating().workers)  # of this server
