"""Answers that need no custodian: within an allowance that one set, while the table is there.

Whoever allows it leaves the real table in the memory of this server until they take it back, some
hours have passed, the release is recalled or expires, or the server ends. Nobody can ask for the
table: what is answered is what `answering` answers, for the same price to the same account. What
was allowed, by whom, and what was answered under it is in the library's journal; a question beyond
it waits for the custodian.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from weakref import WeakMethod

from synth.api.team.answering import answer, price
from synth.api.team.desk import Desk
from synth.api.team.members import Duty, Member
from synth.api.team.shelved import Phase
from synth.errors import NotAllowed, SynthError, TeamError
from synth.vault import PrivateTable

SLACK = 1 + 1e-9  # what a sum may be out by
LOOKED = 60.0  # seconds between two looks whether a table is kept for nothing


@dataclass(frozen=True)
class Allowed:
    """What a custodian allows to be answered about a release.

    Args:
        each: epsilon of one answer.
        total: of all of them together, by their sum, which is more than they come to.
        hours: for which the table is kept.
    """

    each: float
    total: float
    hours: float

    def check(self) -> None:
        """Refuse what allows nothing. Raises TeamError."""
        whole = all(math.isfinite(x) and x > 0 for x in (self.each, self.total, self.hours))
        if not whole or self.each > self.total * SLACK:
            raise TeamError(
                "One answer may cost no more than all of them together, and more than nothing.",
                "Allow less for one, or more for all.",
            )


@dataclass(frozen=True)
class StandingOffer:
    """What is left of an allowance.

    Args:
        name: whose it is.
        spent: epsilon of the answers that were given under it.
        ends: on the clock that the offers have.
    """

    name: str
    allowed: Allowed
    spent: float
    ends: float

    @property
    def lasts(self) -> bool:
        """Whether one more answer fits in."""
        return self.spent + self.allowed.each <= self.allowed.total * SLACK


@dataclass
class _Open:
    who: Member
    private: PrivateTable
    standing: StandingOffer


@dataclass
class Offers:
    """The allowances of this server, by release. Safe to use from several threads."""

    clock: Callable[[], float] = time.monotonic
    _open: dict[str, _Open] = field(default_factory=dict, repr=False)
    _watched: bool = field(default=False, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def put(
        self, who: Member, desk: Desk, release: str, private: PrivateTable, allowed: Allowed
    ) -> None:
        """Allow answers about a release without a custodian, in place of what was allowed before.

        Args:
            private: the table that it was made from, as it was before any step.

        Raises:
            NotAllowed: they are no custodian, the rows stay elsewhere, or no account is kept.
            TeamError: it allows nothing.
        """
        who.need(Duty.CUSTODIAN)
        allowed.check()
        if private.stays:
            raise NotAllowed("These rows are not in memory.", "Load the table, and allow it again.")
        one, bundle = desk.library.get(who, release), desk.library.look(who, release)
        price(bundle, one.leaflet.population, allowed.each)  # refuses where nobody keeps an account
        with self._lock:
            desk.allow(who, release, allowed.each, allowed.total)
            ends = self.clock() + 3600 * allowed.hours
            standing = StandingOffer(who.name, allowed, 0.0, ends)
            self._open[release] = _Open(who, private, standing)
            if not self._watched:
                self._watched = True
                self._later(desk)

    def withdraw(self, who: Member, desk: Desk, release: str) -> None:
        """Take an allowance back, and let go of the table. Raises NotAllowed as `put`."""
        who.need(Duty.CUSTODIAN)
        with self._lock:
            if self._open.pop(release, None) is not None:
                desk.allow(who, release, 0.0, 0.0)

    def of(self, release: str) -> StandingOffer | None:
        """What is left about a release; None where nothing is answered by itself."""
        with self._lock:
            self._forget()
            found = self._open.get(release)
            return None if found is None else found.standing

    def settle(self, desk: Desk) -> None:
        """Let go of the tables of releases that are published no more.

        Raises:
            SynthError: the library cannot be read.
        """
        with self._lock:
            self._forget()
            held = desk.library.all(next(iter(self._open.values())).who) if self._open else ()
            published = {one.id for one in held if one.phase() is Phase.PUBLISHED}
            self._open = {r: o for r, o in self._open.items() if r in published}

    def _watch(self, desk: Desk) -> None:
        """Settle once in a while, as long as anything is allowed: nobody may ask for days."""
        try:
            self.settle(desk)
        except SynthError as error:  # it is tried again
            logging.getLogger("synth").warning("%s", error.what)
        with self._lock:
            self._watched = bool(self._open)
            if self._watched:
                self._later(desk)

    def _later(self, desk: Desk) -> None:
        found = WeakMethod(self._watch)  # which keeps no table

        def look() -> None:
            if (watch := found()) is not None:
                watch(desk)

        again = threading.Timer(LOOKED, look)
        again.daemon = True
        again.start()

    def serve(self, desk: Desk, id: str) -> bool:
        """Answer an open question if that is allowed; False where it waits for the custodian."""
        with self._lock:  # one at a time, so that together they stay within what is allowed
            try:
                self.settle(desk)
                return self._served(desk, id)
            except Exception as error:  # it stays open, and its custodian sees to it: what fails
                told = error.what if isinstance(error, SynthError) else type(error).__name__
                logging.getLogger("synth").warning("question %s: %s", id, told)
                return False  # by what a row holds must not look like anything else

    def _served(self, desk: Desk, id: str) -> bool:
        asked = next((i for i in desk.open() if i.id == id), None)
        found = None if asked is None else self._open.get(asked.release)
        if asked is None or found is None or not found.standing.lasts:
            return False
        allowed, before = found.standing.allowed, found.standing.spent
        found.standing = StandingOffer(
            found.who.name, allowed, before + allowed.each, found.standing.ends
        )
        one = desk.library.get(found.who, asked.release)
        bundle = desk.library.look(found.who, asked.release)
        people = one.leaflet.population
        reply = answer(asked.wanted, bundle, found.private, people, allowed.each)
        desk.reply(found.who, id, reply, by_itself=True)
        return True

    def _forget(self) -> None:
        now = self.clock()
        self._open = {r: o for r, o in self._open.items() if o.standing.ends > now}


OFFERS = Offers()  # of this server
