"""The queue: which job waits, who has it, whether they are still there, and how it ended.

A worker that takes a job gets a claim, a word that nobody else knows, and has to be heard of while
it works. One that is not is gone: a job whose rows had not gone to a run yet waits again, any other
has failed, and is never run a second time for the price of one. What a worker says under a claim
that is gone changes nothing. Each step is one transaction; those that choose are made one at a
time.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import CursorResult, Engine, delete, func, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from synth.api.engines import POSTGRES, engine_of
from synth.api.shared import rows
from synth.api.shared.rows import JobRow, WorkerRow
from synth.errors import SynthError, TeamError
from synth.runs.turns import Ticket, ahead_of, first

ADDRESS = ("SYNTH_QUEUE", "Write postgresql://user@host/name, or sqlite:///file for one machine.")
LOCK = 0x71756575  # PostgreSQL's name for "one that chooses at a time"
GONE = 120.0  # seconds without a word, after which a worker counts as gone
CUT_OFF = 3_600.0  # seconds that a server may take to bring the rows of a job
TRIES = 3  # workers that may fail to begin a job, before it fails
REMEMBERED = (8, 86_400.0)  # answers of each token that are kept for the same question, seconds
LOST = SynthError(
    "The worker that ran this job is gone, and nothing was released.",
    "Start it again. Rows were read, so its price stays spent.",
)
UNTOLD = SynthError(
    "The queue could not be told that this job had ended, so nobody has its release.",
    "Start it again. Rows were read, so its price stays spent.",
)
UNBEGUN = SynthError(
    "No worker could begin this job, and nothing was released.",
    "Ask whoever runs this server: its log says why. No row was used, but its price stays spent.",
)
UNSENT = SynthError(
    "The server that took this job ended before it had all of the table.",
    "Send it again. No row was used, but its price stays spent.",
)


class Progressed(NamedTuple):
    """What a worker tells of a job while it runs; `spent` is None where nothing bounds it."""

    share: float
    doing: str
    spent: float | None


class QueueFigures(NamedTuple):
    """How busy a queue is, in numbers alone.

    Args:
        waiting, running: jobs that no worker has yet, and that one has.
        oldest: seconds that the one has waited that waits longest; 0 where none does.
        workers, places: that were heard of lately, and the jobs that they take at once.
    """

    waiting: int
    running: int
    oldest: float
    workers: int
    places: int


@dataclass(frozen=True)
class Queue:
    """A queue that is there. Open it with `Queue.opened`."""

    engine: Engine
    lifetime: float = 3_600.0  # seconds after its end that a job is kept
    _steady: rows.Steady = field(default_factory=rows.Steady, repr=False, compare=False)

    @classmethod
    def opened(cls, url: str, lifetime: float = 3_600.0) -> Queue:
        """The queue in a database; a new one where there is none.

        Raises:
            TeamError: it is no such address, cannot be reached, or is of a newer version.
        """
        queue = cls.at(url, lifetime)
        with queue.alone() as session:
            rows.brought_up(session)
        return queue

    @classmethod
    def at(cls, url: str, lifetime: float = 3_600.0) -> Queue:
        """The queue in a database where it is known to be one. Raises as `opened`."""
        return cls(engine_of(url, *ADDRESS), lifetime)

    # -- what a server asks ----------------------------------------------------------------------

    def add(self, job: JobRow, allowed: Callable[[int, int], None]) -> None:
        """Put a job in line; no worker takes it before `ready`.

        Args:
            allowed: told how many jobs the owner has and how many wait in all; raises where that is
                enough.
        """
        with self.alone() as session:
            allowed(self._kept(session, job.owner), self._waiting(session))
            job.seen = rows.clock(session)
            session.add(job)

    def ready(self, id: str) -> bool:
        """Let workers take a job, whose rows are there; False where it was forgotten meanwhile."""
        return self._moved(JobRow.id == id, JobRow.state == rows.COMING, state=rows.WAITING)

    def kept(self, owner: str) -> int:
        """How many jobs an owner has, those that ended included."""
        with self.session() as session:
            return self._kept(session, owner)

    def look(self, owner: str, id: str) -> JobRow | None:
        """A job of this owner; None where there is none, or not any more."""
        with self.session() as session:
            named = JobRow.id == id, JobRow.owner == owner, JobRow.hidden.is_(False)
            return session.scalar(select(JobRow).where(*named))

    def answered(self, owner: str, question: str) -> JobRow | None:
        """The job of an owner that was released for the same question; None where none is kept."""
        with self.session() as session:
            since = rows.clock(session) - REMEMBERED[1]
            same = JobRow.owner == owner, JobRow.question == question, JobRow.ended > since
            found = select(JobRow).where(*same, JobRow.state == rows.FINISHED)
            return session.scalar(found.order_by(JobRow.number).limit(1))

    def ahead(self, job: JobRow) -> int | None:
        """How many jobs go before one that waits; None where no worker is there."""
        with self.session() as session:
            if not self._places(session):
                return None
            waiting, running, served = self._line(session)
            mine = next((t for t in waiting if t.number == job.number), None)
            return 0 if mine is None else ahead_of(mine, waiting, running, served)

    def end(self, id: str, error: SynthError | None = None) -> None:
        """End a job that no worker was to take yet: with an error, or with a release."""
        told = {"state": rows.FINISHED, "error": "", "remedy": ""}
        if error is not None:
            told = {"state": rows.FAILED, "error": error.what, "remedy": error.remedy}
        self._moved(JobRow.id == id, JobRow.state == rows.COMING, ended=True, **told)

    def drop(self, id: str) -> None:
        """Forget a job, but for whoever asks the same again; a worker that has it stops."""
        asked = JobRow.id == id, JobRow.state == rows.FINISHED, JobRow.question != ""
        if not self._moved(*asked, hidden=True):
            with self.session() as session:
                session.execute(delete(JobRow).where(JobRow.id == id))

    def withdraw(self, id: str) -> bool:
        """Forget a job that was refused; False where a worker may have had it, or it failed."""
        with self.session() as session:
            state = session.scalar(select(JobRow.state).where(JobRow.id == id))
        self.drop(id)
        return state in (None, rows.COMING)

    # -- what a worker says ----------------------------------------------------------------------

    def take(self, worker: str, places: int) -> JobRow | None:
        """The job whose turn it is, now claimed; None where there is none for this worker.

        An owner leaves one of all places to others, as on a single server.
        """
        with self.alone() as session:
            now = rows.clock(session)
            session.merge(WorkerRow(name=worker, places=places, seen=now))
            session.flush()
            waiting, running, served = self._line(session)
            found = first(waiting, running, served, max(1, self._places(session) - 1))
            if found is None:
                return None
            job = session.get_one(JobRow, found.number)
            job.state, job.claim, job.seen = rows.TAKEN, secrets.token_hex(16), now
            job.tries, job.begun = job.tries + 1, now
            return job

    def begin(self, claim: str) -> bool:
        """Say that rows go to a run now; False where the job is not this worker's any more."""
        return self._moved(JobRow.claim == claim, JobRow.state == rows.TAKEN, state=rows.RUNNING)

    def beat(self, worker: str, places: int, told: Mapping[str, Progressed]) -> frozenset[str]:
        """Say that a worker is there, and how far its jobs are; the claims that are gone."""
        with self.session() as session:
            now = rows.clock(session)
            session.merge(WorkerRow(name=worker, places=places, seen=now))
            gone = set()
            for claim, one in told.items():
                values = {"seen": now, "share": one.share, "doing": one.doing, "spent": one.spent}
                if not _changed(session, (JobRow.claim == claim,), values):
                    gone.add(claim)
            return frozenset(gone)

    def finish(
        self,
        claim: str,
        spent: float | None,
        error: SynthError | None = None,
        note: Callable[[], None] = lambda: None,
    ) -> bool:
        """Say how a job ended; False, and nothing is changed, where it is not theirs any more.

        Args:
            note: writes the end down, called once it is sure and before anybody can see it; where
                it raises, the job has not ended.
        """
        told: dict[str, Any] = {"state": rows.FINISHED, "share": 1.0, "doing": "finished"}
        if error is not None:
            told = {"state": rows.FAILED, "error": error.what, "remedy": error.remedy}
        of = JobRow.claim == claim, JobRow.state.in_((rows.TAKEN, rows.RUNNING))
        with self.session() as session:
            now = rows.clock(session)
            told |= {"seen": now, "ended": now, "claim": "", "spent": spent}
            if not _changed(session, of, told):
                return False
            note()
        return True

    def standing(self, id: str) -> JobRow | None:
        """A job whosever it is, as it is now; None where it was forgotten."""
        with self.session() as session:
            return session.scalar(select(JobRow).where(JobRow.id == id))

    def give_back(self, claim: str) -> None:
        """Let another worker take a job whose rows did not go to a run."""
        of = JobRow.claim == claim, JobRow.state == rows.TAKEN
        self._moved(*of, state=rows.WAITING, claim="")

    def leave(self, worker: str) -> None:
        """Say that a worker is no more."""
        with self.session() as session:
            session.execute(delete(WorkerRow).where(WorkerRow.name == worker))

    # -- what anybody does -----------------------------------------------------------------------

    def settle(self) -> list[JobRow]:
        """See who is gone, and let go of what is kept no longer; the jobs that failed by that."""
        with self.alone() as session:
            now = rows.clock(session)
            if self._steady.leapt(now):
                _begin_again(session, now)
            session.execute(delete(WorkerRow).where(WorkerRow.seen < now - GONE))
            late = JobRow.seen < now - GONE
            of = JobRow.state == rows.TAKEN, JobRow.tries < TRIES, late
            _changed(session, of, {"state": rows.WAITING, "claim": ""})
            lost = self._failed(session, (JobRow.state == rows.RUNNING, late), LOST, now)
            lost += self._failed(session, (JobRow.state == rows.TAKEN, late), UNBEGUN, now)
            tried = JobRow.state == rows.WAITING, JobRow.tries >= TRIES
            lost += self._failed(session, tried, UNBEGUN, now)
            cut = JobRow.state == rows.COMING, JobRow.seen < now - CUT_OFF
            lost += self._failed(session, cut, UNSENT, now)
            self._forget(session, now)
            return lost

    def ids(self) -> frozenset[str]:
        """All jobs that are kept."""
        with self.session() as session:
            return frozenset(session.scalars(select(JobRow.id)))

    def figures(self) -> QueueFigures:
        """How busy it is now. Raises as `session`."""
        with self.session() as session:
            now = rows.clock(session)
            counted = select(JobRow.state, func.count(), func.min(JobRow.seen))
            found = {s: (n, at) for s, n, at in session.execute(counted.group_by(JobRow.state))}
            waiting, since = found.get(rows.WAITING, (0, now))
            running = sum(found.get(state, (0, 0.0))[0] for state in (rows.TAKEN, rows.RUNNING))
            alive = select(func.count(), func.sum(WorkerRow.places))
            workers, places = session.execute(alive.where(WorkerRow.seen > now - GONE)).one()
            return QueueFigures(waiting, running, max(0.0, now - since), workers, places or 0)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction.

        Raises:
            TeamError: the database cannot be reached or written.
        """
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except SQLAlchemyError as error:  # whose text may hold an address or a line
            raise TeamError(
                f"The queue of jobs cannot be reached or written ({type(error).__name__}).",
                "Try again; whoever runs this server sees to the database that SYNTH_QUEUE names.",
            ) from None

    @contextmanager
    def alone(self) -> Iterator[Session]:
        """One transaction that nobody else's comes between. Raises as `session`."""
        with self.session() as session:
            if self.engine.dialect.name == POSTGRES:
                session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            yield session

    # -- parts -----------------------------------------------------------------------------------

    @staticmethod
    def _kept(session: Session, owner: str) -> int:
        asked = select(func.count()).select_from(JobRow)
        mine = JobRow.owner == owner, JobRow.hidden.is_(False)
        return int(session.scalar(asked.where(*mine)) or 0)

    @staticmethod
    def _waiting(session: Session) -> int:
        asked = select(func.count()).select_from(JobRow)
        return int(session.scalar(asked.where(JobRow.state.in_((rows.COMING, rows.WAITING)))) or 0)

    @staticmethod
    def _places(session: Session) -> int:
        alive = WorkerRow.seen > rows.clock(session) - GONE
        return int(session.scalar(select(func.sum(WorkerRow.places)).where(alive)) or 0)

    @staticmethod
    def _line(session: Session) -> tuple[list[Ticket], Counter[str], dict[str, float]]:
        """Who waits, how many jobs each owner has in places, and when the last of theirs began."""
        open_states = (rows.WAITING, rows.TAKEN, rows.RUNNING)
        asked = select(JobRow.number, JobRow.owner, JobRow.state, JobRow.begun)
        found = session.execute(
            asked.where(JobRow.state.in_(open_states)).order_by(JobRow.number)
        ).all()
        waiting = [Ticket(o, n) for n, o, state, _ in found if state == rows.WAITING]
        running = Counter(o for _, o, state, _ in found if state != rows.WAITING)
        served: dict[str, float] = {}
        for _, owner, _, begun in found:
            served[owner] = max(begun, served.get(owner, begun))
        return waiting, running, served

    def _moved(self, *of: Any, ended: bool = False, **values: Any) -> bool:
        """Change the job that is so, if one is."""
        with self.session() as session:
            now = rows.clock(session)
            values |= {"seen": now} | ({"ended": now} if ended else {})
            return bool(_changed(session, of, values))

    @staticmethod
    def _failed(session: Session, of: Sequence[Any], why: SynthError, now: float) -> list[JobRow]:
        found = list(session.scalars(select(JobRow).where(*of)))
        for job in found:
            job.state, job.claim, job.ended = rows.FAILED, "", now
            job.error, job.remedy = why.what, why.remedy
        session.flush()
        return found

    def _forget(self, session: Session, now: float) -> None:
        """Forget jobs after their time; answers to questions are kept longer, but not many."""
        most, longest = REMEMBERED
        old = JobRow.ended > 0, JobRow.ended < now - self.lifetime
        of = *old, JobRow.state == rows.FINISHED, JobRow.question != ""
        _changed(session, of, {"hidden": True})
        session.execute(delete(JobRow).where(*old, JobRow.hidden.is_(False)))
        session.execute(delete(JobRow).where(JobRow.hidden, JobRow.ended < now - longest))
        hidden = select(JobRow).where(JobRow.hidden).order_by(JobRow.number.desc())
        counted: Counter[str] = Counter()
        for job in session.scalars(hidden).all():
            counted[job.owner] += 1
            if counted[job.owner] > most:
                session.delete(job)


def _begin_again(session: Session, now: float) -> None:
    """Count all times from now on: by a clock that was put elsewhere all would be long gone, and
    what was released forgotten; or whoever is gone would be there for as long as it was put back.
    """
    session.execute(update(WorkerRow).values(seen=now))
    session.execute(update(JobRow).values(seen=now))
    session.execute(update(JobRow).where(JobRow.ended > 0).values(ended=now))


def _changed(session: Session, of: Sequence[Any], values: Mapping[str, Any]) -> int:
    """How many jobs were so, and are changed now."""
    done = session.execute(update(JobRow).where(*of).values(**values))
    assert isinstance(done, CursorResult)
    return int(done.rowcount)
