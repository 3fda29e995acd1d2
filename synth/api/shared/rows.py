"""The tables of the queue: jobs without their rows, workers that are there, charges of tokens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection, String, Text, func, inspect, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from synth.api.engines import POSTGRES
from synth.errors import TeamError

COMING, WAITING, TAKEN, RUNNING = "coming", "waiting", "taken", "running"
FINISHED, FAILED = "finished", "failed"
LEAP = 60.0  # seconds by which a clock goes wrong before it counts as put elsewhere


class QueueTables(DeclarativeBase):
    """The tables of a queue."""


class JobRow(QueueTables):
    """A job: whose it is, how far, and what opens its parcels. Neither recipe nor rows.

    `claim` is what the worker that has it knows it by, `begun` when it took it. Times are seconds
    on the clock of the database. `spent` is null where no epsilon bounds it.
    """

    __tablename__ = "shared_job"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    owner: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(16), default=COMING)
    key: Mapped[str] = mapped_column(String(64))
    asks: Mapped[float | None] = mapped_column(default=None)  # epsilon; null: nothing bounds it
    hushed: Mapped[bool] = mapped_column(default=False)
    question: Mapped[str] = mapped_column(String(64), default="")  # a digest
    repeated: Mapped[bool] = mapped_column(default=False)
    hidden: Mapped[bool] = mapped_column(default=False)  # kept for who asks the same again
    claim: Mapped[str] = mapped_column(String(64), default="", index=True)
    tries: Mapped[int] = mapped_column(default=0)
    seen: Mapped[float] = mapped_column(default=0.0)
    begun: Mapped[float] = mapped_column(default=0.0)
    ended: Mapped[float] = mapped_column(default=0.0)
    share: Mapped[float] = mapped_column(default=0.0)
    doing: Mapped[str] = mapped_column(String(200), default="")
    spent: Mapped[float | None] = mapped_column(default=0.0)
    error: Mapped[str] = mapped_column(Text, default="")
    remedy: Mapped[str] = mapped_column(Text, default="")


class WorkerRow(QueueTables):
    """A worker process, and when it was last heard of."""

    __tablename__ = "shared_worker"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    places: Mapped[int]
    seen: Mapped[float]


class ChargeRow(QueueTables):
    """What a token was charged."""

    __tablename__ = "shared_charge"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    account: Mapped[str] = mapped_column(String(64), index=True)
    document: Mapped[str] = mapped_column(Text)
    seal: Mapped[str] = mapped_column(String(64), default="", server_default="")


class LayoutRow(QueueTables):
    """By which layout the tables are kept."""

    __tablename__ = "shared_layout"
    one: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    layout: Mapped[int]


def _with_seals(connection: Connection) -> None:
    """Room for the seals of charges, where the tables are older than these."""
    there = {column["name"] for column in inspect(connection).get_columns("shared_charge")}
    if "seal" not in there:
        added = "ALTER TABLE shared_charge ADD COLUMN seal VARCHAR(64) NOT NULL DEFAULT ''"
        connection.execute(text(added))


# What leads from each layout to the next, as in the journal of the library.
STEPS: tuple[Callable[[Connection], None], ...] = (QueueTables.metadata.create_all, _with_seals)


def brought_up(session: Session) -> None:
    """Bring the tables to the layout of now, in the transaction that is open.

    Raises:
        TeamError: a newer version of this program made them.
    """
    there = inspect(session.connection()).has_table(LayoutRow.__tablename__)
    layout = session.get_one(LayoutRow, 1).layout if there else 0
    if layout > len(STEPS):
        raise TeamError(
            "The queue was made by a newer version of this program.",
            "Start the servers and workers of one version together.",
        )
    for step in STEPS[layout:]:
        step(session.connection())
    if there:
        session.get_one(LayoutRow, 1).layout = len(STEPS)
    else:
        session.add(LayoutRow(one=1, layout=len(STEPS)))
    session.flush()


def clock(session: Session) -> float:
    """The time in seconds, by the database where several machines ask it: theirs may differ."""
    if session.get_bind().dialect.name != POSTGRES:
        return time.time()
    return float(session.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0.0)


@dataclass
class Steady:
    """Whether a clock goes on as time does. Safe to use from several threads."""

    _ahead: float | None = None  # of the time that passed, when it was last looked at
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def leapt(self, now: float) -> bool:
        """Whether it was put elsewhere since it was last asked, by what it shows now."""
        ahead = now - time.monotonic()
        with self._lock:
            before, self._ahead = self._ahead, ahead
        return before is not None and abs(ahead - before) > LEAP
