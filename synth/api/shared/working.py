"""A worker: takes jobs out of the queue and runs each in a process of its own, as a server would.

This process opens parcels and hands their content on; it makes no table of it. What it may take of
the machine are its own settings, whatever the server that took the job has.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import IO, Any

from synth.api.registry import HUSHED
from synth.api.shared.keeping import Common, asked_in
from synth.api.shared.parcels import RELEASE, ROWS
from synth.api.shared.queue import GONE, UNTOLD, Progressed
from synth.api.shared.rows import FINISHED, RUNNING, TAKEN, WAITING, JobRow
from synth.budget import Entry
from synth.errors import QueryError, SynthError, TeamError
from synth.runs.audit import Ended
from synth.runs.bounds import Bounds, of_server
from synth.runs.job import Job
from synth.runs.recipe_file import read_recipe
from synth.runs.workers import awaited

POLL = 0.5  # seconds between two looks for a job
BEAT = 1.0  # seconds between two words of a worker
TIDY = 5.0  # seconds between two looks for who is gone
PATIENCE = 5.0  # seconds to wait where the queue cannot be reached
LOG = logging.getLogger("synth")


@dataclass(eq=False)
class InHand:
    """A job that this worker has."""

    line: JobRow
    job: Job
    entries: list[Entry]
    header: dict[str, Any] = field(repr=False)
    pieces: Iterator[bytes] = field(repr=False)

    @property
    def spent(self) -> float | None:
        """What it cost by now, as its owner may know it."""
        return self.line.asks if self.line.hushed else self.job.spent(self.entries)

    @property
    def told(self) -> Progressed:
        """How far it is."""
        return Progressed(self.job.share, self.job.doing[:200], self.spent)

    def feed(self, bounds: Bounds) -> Callable[[IO[bytes]], None]:
        """What hands the content of the parcel to a run, within the bounds of this machine."""
        own = replace(bounds, least=int(self.header["bounds"]["least"]))
        header = {**self.header, "bounds": asdict(own)}

        def write(stream: IO[bytes]) -> None:
            stream.write(json.dumps(header).encode() + b"\n")
            try:
                for piece in self.pieces:
                    stream.write(piece)
            except TeamError as error:
                self.job.error = error
                raise BrokenPipeError from None  # as when a run takes no more

        return write


@dataclass
class Station:
    """A worker process.

    Args:
        places: jobs at once.
        name: what it is known by among the others; nobody need know it.
    """

    common: Common
    places: int
    name: str = field(default_factory=lambda: secrets.token_hex(8))
    _held: dict[str, InHand] = field(default_factory=dict, repr=False)
    _stopping: threading.Event = field(default_factory=threading.Event, repr=False)
    _ended: threading.Event = field(default_factory=threading.Event, repr=False)

    def stop(self) -> None:
        """Take no more jobs, and end with those that are there."""
        self._stopping.set()

    def work(self) -> None:
        """Take jobs until it is stopped."""
        beating = threading.Thread(target=self._beat, daemon=True)
        beating.start()
        serving = [threading.Thread(target=self._serve, daemon=True) for _ in range(self.places)]
        for thread in serving:
            thread.start()
        for thread in serving:
            thread.join()
        self._ended.set()
        beating.join()
        with suppress(TeamError):
            self.common.queue.leave(self.name)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                line = self.common.queue.take(self.name, self.places)
                if line is None:
                    self._stopping.wait(POLL)
                else:
                    self._do(line)
            except TeamError as error:
                LOG.error("%s", error.what)
                self._stopping.wait(PATIENCE)
            except Exception as error:  # one job may not take a place with it
                LOG.error("%s in a worker", type(error).__name__)  # its words may hold a cell
                self._stopping.wait(POLL)

    def _do(self, line: JobRow) -> None:
        """One job, from its claim to its end."""
        try:
            held = self._opened(line)
        except (SynthError, ValueError, KeyError) as error:
            LOG.error("job %s: %s", line.id, getattr(error, "what", type(error).__name__))
            self._stopping.wait(POLL)
            self.common.queue.give_back(line.claim)
            return
        self._held[line.claim] = held
        try:
            if self._begun(held):
                self._conclude(held)
            elif held.job.cancelled:
                self._note_lost(held)
        finally:
            del self._held[line.claim]

    def _opened(self, line: JobRow) -> InHand:
        header, pieces = self.common.unpacked(line)
        entries: list[Entry] = []
        job = Job(read_recipe(header["recipe"]), entries.append)
        return InHand(line, job, entries, header, pieces)

    def _begun(self, held: InHand) -> bool:
        """Whether a run of it came to an end; False where it is not ours any more."""
        while not awaited(BEAT):
            if self._stopping.is_set() or held.job.cancelled:
                self.common.queue.give_back(held.line.claim)
                return False
        if not self._may_begin(held.line):
            return False
        bounds = of_server()
        held.job.follow(held.feed(bounds), bounds.minutes)
        held.job.finished.wait()
        return not held.job.cancelled

    def _may_begin(self, line: JobRow) -> bool:
        """Whether rows may go to a run now; asked again where the queue cannot be reached."""
        end, queue = time.monotonic() + GONE, self.common.queue
        while True:
            try:
                if queue.begin(line.claim):
                    return True
                now = queue.standing(line.id)  # the connection may have broken after it was written
                return now is not None and (now.claim, now.state) == (line.claim, RUNNING)
            except TeamError:
                if time.monotonic() > end:
                    raise
                time.sleep(BEAT)

    def _conclude(self, held: InHand) -> None:
        """Put the release where servers find it, and say so; or say what went wrong."""
        line, job, common, error = held.line, held.job, self.common, held.job.error
        if job.bundle is not None:
            try:
                with common.parcels.sealing(line.id, RELEASE, line.key) as file:
                    file.write(job.bundle)
            except SynthError as failed:
                error = failed
        if not self._said(held, error):
            common.parcels.remove(line.id, RELEASE)
            self._note_lost(held)
        common.parcels.remove(line.id, ROWS)

    def _said(self, held: InHand, error: SynthError | None) -> bool:
        """Whether its end is in the queue; tried until others count this worker as gone.

        It is written down at the moment at which it is sure that the job is still ours: what is not
        written down is not answered, and what nobody is given was not released.
        """
        end, queue, line, written = time.monotonic() + GONE, self.common.queue, held.line, False

        def note() -> None:
            nonlocal written
            if not written:
                self._note_end(held, error)
                written = True

        while True:
            try:
                if queue.finish(line.claim, held.spent, _known(line, error), note):
                    return True
                now = queue.standing(line.id)  # the connection may have broken after it was written
                return now is not None and now.state == FINISHED
            except QueryError as unwritten:
                error, written = unwritten, True
            except TeamError as unreachable:
                LOG.error("%s", unreachable.what)
                if time.monotonic() > end:
                    return False
                time.sleep(BEAT)

    def _note_end(self, held: InHand, error: SynthError | None) -> None:
        """Write down how a job ended. Raises QueryError where that is impossible."""
        asked = asked_in(held.header)
        if error is None:
            told = asked.ending(Ended.RELEASED, held.spent)
        else:
            told = asked.ending(Ended.FAILED, held.spent, error.what)
        self.common.note(held.line.owner, told)

    def _note_lost(self, held: InHand) -> None:
        """Write down what became of a job that is not ours any more: nobody has its release."""
        try:
            now = self.common.queue.standing(held.line.id)
        except TeamError:
            why = UNTOLD.what
        else:
            if now is not None and now.state in (WAITING, TAKEN):
                return  # another worker has it now, and tells
            why = "" if now is None else now.error or UNTOLD.what
        how = Ended.FAILED if why else Ended.STOPPED  # its owner forgot it
        with suppress(SynthError):
            asked = asked_in(held.header).ending(how, held.spent, why)
            self.common.note(held.line.owner, asked)

    def _beat(self) -> None:
        """Say that this worker is there, and stop what is not its own any more."""
        heard = tidied = time.monotonic()
        while not self._ended.wait(BEAT):
            held = dict(self._held)
            try:
                told = {claim: one.told for claim, one in held.items()}
                gone = self.common.queue.beat(self.name, self.places, told)
                heard = time.monotonic()
                if heard > tidied + TIDY:
                    tidied = heard
                    self.common.tidy()
            except TeamError as error:
                LOG.error("%s", error.what)
                gone = frozenset(held) if time.monotonic() > heard + GONE else frozenset()
            except Exception as error:  # or nothing would be heard of this worker any more
                LOG.error("%s in a worker", type(error).__name__)
                gone = frozenset()
            for claim in gone & set(held):
                if not held[claim].job.finished.is_set():
                    held[claim].job.cancel()


def _known(line: JobRow, error: SynthError | None) -> SynthError | None:
    """What went wrong, as whoever asked may know it."""
    if error is None or not line.hushed:
        return error
    LOG.warning("job %s: %s", line.id, error.what)
    return HUSHED
