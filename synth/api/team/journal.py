"""The journal of a library: an append-only, chained list of deeds, in SQLite or PostgreSQL.

Everything a library knows follows from it: what is released, in which state, and who did what, when
and why. Each deed is sealed to the one before it under a key in the library's folder, so one that
was changed, taken out or put in between is noticed whenever the journal is read. One writer at a
time; a deed is on disk when `add` returns. No cell of a table is ever written here.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, String, Text, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from synth.api.engines import engine_of
from synth.api.files import OWNER_ALONE, owner_only, written
from synth.budget.lasting import seal_of
from synth.errors import TeamError

DATABASE, KEY, BUNDLES = "library.sqlite", "library.key", "bundles"
LOCK = 0x73796E7468  # PostgreSQL's name for "one writer at a time"
ADDRESS = (
    "SYNTH_LIBRARY_DB",
    "Write postgresql://user@host/name, or leave it out: then a file is used.",
)


class Tables(DeclarativeBase):
    """The tables of a journal."""


class DeedRow(Tables):
    """One deed, as it was written."""

    __tablename__ = "team_deed"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[str] = mapped_column(Text)
    seal: Mapped[str] = mapped_column(String(64))


class HeadRow(Tables):
    """How many deeds there are, the last seal, and by which layout they are kept."""

    __tablename__ = "team_head"
    one: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    seal: Mapped[str] = mapped_column(String(64))
    layout: Mapped[int]


# What leads from each layout to the next. The first makes the tables; a change of them adds a step,
# and never alters an earlier one.
STEPS: tuple[Callable[[Connection], None], ...] = (
    Tables.metadata.create_all,
    lambda connection: None,  # who opened a page, and coefficients: an older version knows neither
)


@dataclass(frozen=True)
class Deed:
    """Who did what, when.

    Args:
        at: UTC, ISO 8601.
        who, name: the member's id, and what they were called then.
        what: one word, see `Act`.
        release: which one it is about.
        told: what else there is to say: a reason, a date, what was submitted.
    """

    at: str
    who: str
    name: str
    what: str
    release: str
    told: Mapping[str, Any]


class KeptDeed(NamedTuple):
    """A deed as it is kept: its number, its document and its seal."""

    number: int
    document: str
    seal: str


@dataclass(frozen=True)
class Journal:
    """A journal that is there. Open it with `Journal.opened`."""

    engine: Engine
    key: bytes

    @classmethod
    def opened(cls, folder: Path, url: str = "") -> Journal:
        """The journal of a library, and its folders; new ones where there are none.

        Args:
            folder: where the key and the bundles are, and the journal where no database is named.
            url: of a PostgreSQL or SQLite database, as SQLAlchemy has it.

        Raises:
            TeamError: it cannot be reached, is damaged, or was made by a newer version.
        """
        try:
            folder.mkdir(mode=OWNER_ALONE, parents=True, exist_ok=True)
            (folder / BUNDLES).mkdir(mode=OWNER_ALONE, exist_ok=True)
            key = _key(folder / KEY)
            if not url:  # SQLite would make it readable for everybody at the machine
                os.close(owner_only(str(folder / DATABASE), os.O_CREAT | os.O_RDWR))
        except OSError as error:
            raise TeamError(
                f"The folder of the library cannot be used ({type(error).__name__}).",
                "Whoever runs this server sees that SYNTH_LIBRARY names a folder it may write to.",
            ) from None
        journal = cls(engine_of(url or f"sqlite:///{folder / DATABASE}", *ADDRESS), key)
        with journal._alone() as session:
            _brought_up(session, key)
            journal._read(session)
        return journal

    def deeds(self) -> tuple[Deed, ...]:
        """Every deed, oldest first.

        Raises:
            TeamError: the journal is damaged, or cannot be reached.
        """
        with self._session() as session:
            return self._read(session)

    def sealed(self) -> tuple[KeptDeed, ...]:
        """Every deed as it is kept, oldest first, for a backup. Raises as `deeds`."""
        with self._session() as session:
            self._read(session)
            return self._kept(session)

    def continued(self, deeds: Sequence[KeptDeed]) -> None:
        """Put the deeds of a backup into a journal without any, under the key that sealed them.

        Raises:
            TeamError: it has some already, or they are not as they were kept.
        """
        with self._alone() as session:
            head = session.get_one(HeadRow, 1, with_for_update=True)
            if head.number:
                raise TeamError(
                    "The database of the library holds one already.", "Name an empty database."
                )
            session.add_all(DeedRow(**deed._asdict()) for deed in deeds)
            if deeds:
                head.number, head.seal = deeds[-1].number, deeds[-1].seal
            session.flush()
            self._read(session)

    @contextmanager
    def writing(self) -> Iterator[tuple[tuple[Deed, ...], Callable[[Deed], None]]]:
        """Every deed so far, and what adds one, while nobody else can; undone if anything fails.

        Raises:
            TeamError: the journal is damaged, or cannot be written.
        """
        with self._alone() as session:
            yield self._read(session), lambda deed: self._add(session, deed)

    def _add(self, session: Session, deed: Deed) -> None:
        head = session.get_one(HeadRow, 1, with_for_update=True)
        document = json.dumps(vars(deed), sort_keys=True)
        seal = seal_of(self.key, head.seal, document)
        head.number, head.seal = head.number + 1, seal
        session.add(DeedRow(number=head.number, document=document, seal=seal))
        session.flush()

    def _read(self, session: Session) -> tuple[Deed, ...]:
        rows = self._kept(session)
        head, seal = session.get_one(HeadRow, 1), seal_of(self.key, "head")
        for number, row in enumerate(rows, 1):
            seal = seal_of(self.key, seal, row.document)
            if (row.number, row.seal) != (number, seal):
                raise _damaged(f"Deed {number} was changed, or one before it is missing.")
        if (head.number, head.seal) != (len(rows), seal):
            raise _damaged(f"It ends after deed {len(rows)}, and should not.")
        return tuple(Deed(**json.loads(row.document)) for row in rows)

    @staticmethod
    def _kept(session: Session) -> tuple[KeptDeed, ...]:
        asked = select(DeedRow.number, DeedRow.document, DeedRow.seal).order_by(DeedRow.number)
        return tuple(KeptDeed(*row) for row in session.execute(asked).all())

    @contextmanager
    def _session(self) -> Iterator[Session]:
        try:
            with Session(self.engine) as session, session.begin():
                yield session
        except SQLAlchemyError as error:  # whose text may hold an address or a line
            raise TeamError(
                f"The library cannot be reached or written ({type(error).__name__}).",
                "Try again; whoever runs this server sees to its database and to space on disk.",
            ) from None

    @contextmanager
    def _alone(self) -> Iterator[Session]:
        with self._session() as session:
            if self.engine.dialect.name == "postgresql":
                session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            yield session


def now() -> str:
    """The time as a deed has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _brought_up(session: Session, key: bytes) -> None:
    """Bring the tables to the layout of now, in the transaction that is open."""
    there = inspect(session.connection()).has_table(HeadRow.__tablename__)
    layout = session.get_one(HeadRow, 1).layout if there else 0
    if layout > len(STEPS):
        raise TeamError(
            "The library was written by a newer version of this program.",
            "Use that version, or restore the copy that was made before the upgrade.",
        )
    for step in STEPS[layout:]:
        step(session.connection())
    if not there:
        seal = seal_of(key, "head")
        session.add(HeadRow(one=1, number=0, seal=seal, layout=len(STEPS)))
    else:
        session.get_one(HeadRow, 1).layout = len(STEPS)
    session.flush()


def _key(path: Path) -> bytes:
    """The key of the seals; whoever comes first makes it."""
    if not path.exists():
        written(path, secrets.token_bytes(32), first=True)
    return path.read_bytes()


def _damaged(how: str) -> TeamError:
    return TeamError(
        f"The journal of the library is damaged. {how}",
        "Restore its database, and the key in its folder, from a backup.",
    )
