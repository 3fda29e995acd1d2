"""The journal of a library: an append-only, chained list of deeds, in SQLite or PostgreSQL.

Everything a library knows follows from it: what is released, in which state, and who did what, when
and why. Each deed is sealed to the one before it under a key in the library's folder, so one that
was changed, taken out or put in between is noticed whenever it is read; an older copy of the whole,
where an anchor elsewhere knows how far it was. One writer at a time; a deed is on disk when
`writing` ends. No cell of a table is ever written here.
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

from synth.api.engines import POSTGRES, engine_of
from synth.api.files import OWNER_ALONE, owner_only, written
from synth.budget.anchor import Anchor
from synth.budget.lasting import seal_of
from synth.errors import TeamError

DATABASE, KEY, BUNDLES = "library.sqlite", "library.key", "bundles"
LOCK = 0x73796E7468  # PostgreSQL's name for "one writer at a time"
ANCHORED = "anchored"  # the deed that says that there is an anchor, and is about no release
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
    anchor: Anchor | None = None

    @classmethod
    def opened(
        cls, folder: Path, url: str = "", anchor: str = "", deeds: Sequence[KeptDeed] = ()
    ) -> Journal:
        """The journal of a library, and its folders; new ones where there are none.

        Args:
            folder: where the key and the bundles are, and the journal where no database is named.
            url: of a PostgreSQL or SQLite database, as SQLAlchemy has it.
            anchor: a file elsewhere that knows how far the journal is; "" for none. Once there was
                one, it has to be named.
            deeds: of a backup, for a journal without any, under the key that sealed them.

        Raises:
            TeamError: it cannot be reached, is damaged, was made by a newer version, the anchor
                knows more, or it is to continue a backup and has deeds already.
        """
        known = _anchor(folder, anchor) if anchor else None
        key = _made(folder, database=not url)
        journal = cls(engine_of(url or f"sqlite:///{folder / DATABASE}", *ADDRESS), key, known)
        with journal._alone() as session:
            _brought_up(session, key)
            journal._continue(session, deeds)
            journal._read(session)
        journal._begin_anchor()
        return journal

    @property
    def known_as(self) -> str:
        """What tells this journal from others, in an anchor."""
        return seal_of(self.key, "journal")[:32]

    def deeds(self) -> tuple[Deed, ...]:
        """Every deed, oldest first.

        Raises:
            TeamError: the journal is damaged, older than its anchor, or cannot be reached.
        """
        with self._together() as session:
            return self._read(session)

    def sealed(self) -> tuple[KeptDeed, ...]:
        """Every deed as it is kept, oldest first, for a backup. Raises as `deeds`."""
        with self._together() as session:
            self._read(session)
            return self._kept(session)

    @contextmanager
    def writing(self) -> Iterator[tuple[tuple[Deed, ...], Callable[[Deed], None]]]:
        """Every deed so far, and what adds one, while nobody else can; undone if anything fails.

        Raises:
            TeamError: the journal is damaged or older than its anchor, or one of them cannot be
                written.
        """
        with self._alone() as session:
            head = session.get_one(HeadRow, 1, with_for_update=True)
            before = head.number
            yield self._read(session), lambda deed: self._add(session, deed)
            after = head.number, head.seal
        if self.anchor is not None and after[0] != before:
            self.anchor.advance(self.known_as, *after)

    def _add(self, session: Session, deed: Deed) -> None:
        head = session.get_one(HeadRow, 1, with_for_update=True)
        document = json.dumps(vars(deed), sort_keys=True)
        seal = seal_of(self.key, head.seal, document)
        head.number, head.seal = head.number + 1, seal
        session.add(DeedRow(number=head.number, document=document, seal=seal))
        session.flush()

    @staticmethod
    def _continue(session: Session, deeds: Sequence[KeptDeed]) -> None:
        head = session.get_one(HeadRow, 1, with_for_update=True)
        if not deeds:
            return
        if head.number:
            raise TeamError(
                "The database of the library holds one already.", "Name an empty database."
            )
        session.add_all(DeedRow(**deed._asdict()) for deed in deeds)
        head.number, head.seal = deeds[-1].number, deeds[-1].seal
        session.flush()

    def _read(self, session: Session) -> tuple[Deed, ...]:
        # before the deeds are read: another server may add some, and advance it, in between
        known = None if self.anchor is None else self.anchor.last()
        rows = self._kept(session)
        head, seals = session.get_one(HeadRow, 1), [seal_of(self.key, "head")]
        for number, row in enumerate(rows, 1):
            seals.append(seal_of(self.key, seals[-1], row.document))
            if (row.number, row.seal) != (number, seals[-1]):
                raise _damaged(f"Deed {number} was changed, or one before it is missing.")
        if (head.number, head.seal) != (len(rows), seals[-1]):
            raise _damaged(f"It ends after deed {len(rows)}, and should not.")
        deeds = tuple(Deed(**json.loads(row.document)) for row in rows)
        if self.anchor is not None and known is not None:
            self.anchor.check(known, self.known_as, seals)
        elif any(deed.what == ANCHORED for deed in deeds):
            raise TeamError(
                "The journal of the library has an anchor elsewhere, and it is not there.",
                "Name the file in SYNTH_LIBRARY_ANCHOR, or restore it.",
            )
        return tuple(deed for deed in deeds if deed.what != ANCHORED)

    def _begin_anchor(self) -> None:
        """Begin a new anchor, where one is named for the first time."""
        if self.anchor is None or self.anchor.last() is not None:
            return
        with self._alone() as session:
            head = session.get_one(HeadRow, 1, with_for_update=True)
            self.anchor.advance(self.known_as, head.number, head.seal)
        with self.writing() as (_, add):
            add(Deed(now(), "", "", ANCHORED, "", {}))

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
            if self.engine.dialect.name == POSTGRES:
                session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            yield session

    @contextmanager
    def _together(self) -> Iterator[Session]:
        """With others who read, while nobody writes: the deeds and the head are of one moment."""
        with self._session() as session:
            if self.engine.dialect.name == POSTGRES:
                session.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": LOCK})
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


def _anchor(folder: Path, path: str) -> Anchor:
    """The anchor of the journal whose key is in a folder. Raises TeamError where that is gone."""
    found = Anchor(
        Path(path).expanduser(),
        "journal of the library",
        "The library does not work until then.",
        TeamError,
    ).outside(folder)
    if not (folder / KEY).exists() and found.last() is not None:
        raise TeamError(
            "The anchor knows a journal of the library whose key is not in this folder any more.",
            "Restore the newest copy of the folder, and of its database.",
        )
    return found


def _made(folder: Path, *, database: bool) -> bytes:
    """The key of a library, whose folders are made where there are none."""
    try:
        folder.mkdir(mode=OWNER_ALONE, parents=True, exist_ok=True)
        (folder / BUNDLES).mkdir(mode=OWNER_ALONE, exist_ok=True)
        if database:  # SQLite would make it readable for everybody at the machine
            os.close(owner_only(str(folder / DATABASE), os.O_CREAT | os.O_RDWR))
        return _key(folder / KEY)
    except OSError as error:
        raise TeamError(
            f"The folder of the library cannot be used ({type(error).__name__}).",
            "Whoever runs this server sees that SYNTH_LIBRARY names a folder it may write to.",
        ) from None


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
