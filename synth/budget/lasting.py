"""A ledger that lasts: what was ever told about some people, in a file beside the custodian's data.

An append-only SQLite file, with an account for each population, so that a second tab, a reload or
next month's release adds up. Every entry is on disk before the rows are touched, in a transaction
that sees all earlier ones: two processes cannot both spend the last share, and a process killed at
any point has spent at least what it used. Each entry is sealed to the one before it under a key;
a file that is damaged, cut or edited is refused, never reset. An older copy of the whole folder has
seals that fit: only an anchor elsewhere (`synth/budget/anchor.py`) shows it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from synth.budget.anchor import Anchor
from synth.errors import LedgerError

LEDGER, KEY = "ledger.sqlite", "ledger.key"
WAIT = 30.0  # seconds to wait for another process to finish writing
ITSELF = ""  # the account of entries about the ledger and not about people
TABLES = (
    "CREATE TABLE entries (number INTEGER PRIMARY KEY, account TEXT NOT NULL, "
    "document TEXT NOT NULL, seal TEXT NOT NULL)",
    "CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, "
    "seal TEXT NOT NULL)",
)


@dataclass(frozen=True)
class Line:
    """One entry of an account: when it was written, by which run, and what it says."""

    at: str  # UTC, ISO 8601
    run: str
    release: str
    kind: str
    document: Mapping[str, Any]

    @property
    def purpose(self) -> str:
        return str(self.document.get("purpose") or self.document.get("reason") or self.kind)

    @property
    def rho(self) -> float:
        return float(self.document.get("rho", 0.0))

    @property
    def delta(self) -> float:
        return float(self.document.get("delta", 0.0))


@dataclass(frozen=True)
class Book:
    """The ledger while one process alone may write in it."""

    key: bytes
    connection: sqlite3.Connection

    @property
    def head(self) -> tuple[int, str]:
        """How many entries there are, and the seal of the last one."""
        number, seal = self.connection.execute("SELECT number, seal FROM head").fetchone()
        return int(number), str(seal)

    def accounts(self) -> tuple[str, ...]:
        """Every population there is an account of."""
        found = self.connection.execute(
            "SELECT account FROM entries GROUP BY 1 ORDER BY min(number)"
        )
        return tuple(str(name) for (name,) in found if name != ITSELF)

    def lines(self, account: str) -> tuple[Line, ...]:
        """Everything ever written about a population, in order."""
        asked = "SELECT document FROM entries WHERE account = ? ORDER BY number"
        rows = self.connection.execute(asked, (account,))
        return tuple(_line(json.loads(document)) for (document,) in rows)

    def write(self, account: str, document: Mapping[str, Any]) -> None:
        """Add an entry; it is on disk when the transaction ends."""
        number, before = self.head
        at = datetime.now(UTC).isoformat(timespec="seconds")
        text = json.dumps({"at": at, **document}, sort_keys=True)
        seal = seal_of(self.key, before, account, text)
        row = (number + 1, account, text, seal)
        self.connection.execute("INSERT INTO entries VALUES (?, ?, ?, ?)", row)
        self.connection.execute("UPDATE head SET number = ?, seal = ?", (number + 1, seal))


@dataclass(frozen=True)
class LedgerFile:
    """The lasting ledger of one folder. Open it with `LedgerFile.opened`."""

    path: Path
    key: bytes
    anchor: Anchor | None = None

    @classmethod
    def opened(cls, folder: Path, anchor: Anchor | None = None) -> LedgerFile:
        """The ledger of a folder; a new one where there is none.

        Args:
            anchor: a file elsewhere that knows how far the ledger is. Once there was one, it has to
                be named.

        Raises:
            LedgerError: the ledger or its key is missing or damaged, or the anchor knows more.
        """
        path, key = folder / LEDGER, folder / KEY
        if key.exists() and not path.exists():
            raise _missing(LEDGER)
        if anchor is not None and not path.exists() and anchor.outside(folder).last() is not None:
            raise LedgerError(
                "The anchor knows a lasting ledger that is not in this folder any more.",
                "Restore the newest copy of the folder: without it nobody can tell what was spent.",
            )
        try:
            with _opened(path) as connection, _transaction(connection):
                if not _begun(connection):
                    if key.exists():
                        raise _damaged("It is empty, though it was used before.")
                    _begin(connection, key)
            _settle(key)
            secret = key.read_bytes()
        except OSError as error:
            raise _unusable(error) from None
        ledger = cls(path, secret, anchor and anchor.outside(folder))
        ledger._anchored()
        return ledger

    @property
    def known_as(self) -> str:
        """What tells this ledger from others, in an anchor."""
        return seal_of(self.key, "ledger")[:32]

    def _anchored(self) -> None:
        """See that the anchor is where it was, or begin a new one."""
        with self.reading() as book:
            if self.anchor is None or any(x.kind == "anchored" for x in book.lines(ITSELF)):
                return
            if self.anchor.last() is None:
                self.anchor.advance(self.known_as, *book.head)
        with self.writing() as book:
            book.write(ITSELF, {"kind": "anchored"})

    @contextmanager
    def writing(self) -> Iterator[Book]:
        """What no other process can enter; undone if anything goes wrong inside.

        Raises:
            LedgerError: the file is damaged, or older than its anchor.
        """
        with _opened(self.path) as connection:
            with _transaction(connection):
                self.verify(connection)
                book = Book(self.key, connection)
                before = book.head
                yield book
                after = book.head
            if self.anchor is not None and after != before:
                self.anchor.advance(self.known_as, *after)

    @contextmanager
    def reading(self) -> Iterator[Book]:
        """The ledger as it is at one moment, whoever writes in it meanwhile."""
        with _opened(self.path) as connection, _transaction(connection, "DEFERRED"):
            self.verify(connection)
            yield Book(self.key, connection)

    def copied(self) -> tuple[int, bytes]:
        """How many entries there are, and the file as it is at this moment, whoever writes in it.

        Raises:
            LedgerError: it is damaged, or older than its anchor.
        """
        with self.reading() as book, closing(sqlite3.connect(":memory:")) as copy:
            book.connection.backup(copy)
            return book.head[0], copy.serialize()

    def lines(self, account: str) -> tuple[Line, ...]:
        """Everything ever written about a population, in order."""
        with self.reading() as book:
            return book.lines(account)

    def verify(self, connection: sqlite3.Connection) -> None:
        """Every entry follows from the one before it, and the last one is where it should be."""
        # before the entries are read: another process may add some, and advance it, in between
        known = None if self.anchor is None else self.anchor.last()
        seals, anchored = [seal_of(self.key, "head")], False
        rows = connection.execute("SELECT number, account, document, seal FROM entries ORDER BY 1")
        for number, account, document, told in rows:
            seals.append(seal_of(self.key, seals[-1], account, document))
            anchored = anchored or (account == ITSELF and '"anchored"' in document)
            if told != seals[-1]:
                raise _damaged(f"Entry {number} was changed, or an entry before it is missing.")
        head = connection.execute("SELECT number, seal FROM head").fetchone()
        if head != (len(seals) - 1, seals[-1]):
            raise _damaged(f"It ends after entry {len(seals) - 1}, and should not.")
        if self.anchor is not None and known is not None:
            self.anchor.check(known, self.known_as, seals)
        elif anchored:
            raise LedgerError(
                "This lasting ledger has an anchor elsewhere, and it is not there.",
                "Name the file in `anchor` in [privacy] or in SYNTH_ANCHOR, or restore it.",
            )


def seal_of(key: bytes, *parts: str) -> str:
    """What only the holder of the key can put under these words."""
    return hmac.new(key, json.dumps(parts).encode(), hashlib.sha256).hexdigest()


def _begun(connection: sqlite3.Connection) -> bool:
    found = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'head'")
    return bool(found.fetchone()[0])


def _begin(connection: sqlite3.Connection, key: Path) -> None:
    """An empty ledger, and its key under a name that holds only once the ledger does."""
    secret = secrets.token_bytes(32)
    with open(_coming(key), "wb", opener=_owner_only) as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    for statement in TABLES:
        connection.execute(statement)
    connection.execute("INSERT INTO head VALUES (1, 0, ?)", (seal_of(secret, "head"),))


def _settle(key: Path) -> None:
    """Give the key its name: whoever comes first does, also for a process that was killed."""
    with suppress(FileNotFoundError):
        os.replace(_coming(key), key)
    if not key.exists():
        raise _missing(KEY)


def _coming(key: Path) -> Path:
    return key.with_suffix(".new")


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection; what SQLite cannot read is a damaged ledger."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise _unusable(error) from None
    try:
        with closing(sqlite3.connect(path, timeout=WAIT, isolation_level=None)) as connection:
            _keep_a_log(connection)
            connection.execute("PRAGMA synchronous = FULL")
            yield connection
    except sqlite3.OperationalError as error:
        raise LedgerError(
            f"The lasting ledger cannot be used: {error}.",
            "Try again; see that its folder can be written to and is not on a network drive.",
        ) from None
    except sqlite3.DatabaseError as error:
        raise _damaged(f"SQLite says: {error}.") from None


def _keep_a_log(connection: sqlite3.Connection) -> None:
    """Write ahead into a log. SQLite does not wait by itself for others who begin one too."""
    until = time.monotonic() + WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)


@contextmanager
def _transaction(connection: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """What no other process can enter; undone if anything goes wrong inside."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _line(told: dict[str, Any]) -> Line:
    run, release = str(told.get("run", "")), str(told.get("release", ""))
    return Line(str(told["at"]), run, release, str(told["kind"]), told)


def _unusable(error: OSError) -> LedgerError:
    return LedgerError(
        f"The lasting ledger cannot be used ({type(error).__name__}).",
        "See that its folder and what is in it can be read and written, and that its disk has "
        "space. Nothing is released while it has none.",
    )


def _missing(file: str) -> LedgerError:
    return LedgerError(
        f"The folder holds part of a lasting ledger, but `{file}` is missing.",
        "Restore it from a backup. Without it nobody can tell what was spent.",
    )


def _damaged(how: str) -> LedgerError:
    return LedgerError(
        f"The lasting ledger is damaged. {how}",
        "Restore it from a backup; nothing is released about these people until then.",
    )
