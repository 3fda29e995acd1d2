"""A ledger that lasts: what was ever spent on a table, in a file beside the custodian's data.

An append-only SQLite file, keyed by a fingerprint of the rows, so that a second tab, a reload or
next month's release adds up. Every entry is on disk before the rows are touched, in a transaction
that checks what is left: two processes cannot both spend the last share, and a process killed at
any point has spent at least what it used. Each entry is sealed to the one before it with the key
that also makes the fingerprints; a file that is damaged, cut or edited is refused, never reset.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from synth.budget.accounting import epsilon_of
from synth.budget.ledger import Entry, Measured
from synth.budget.promise import Budget, Rho
from synth.errors import BudgetExceeded, LedgerError

LEDGER, KEY = "ledger.sqlite", "ledger.key"
WAIT = 30.0  # seconds to wait for another process to finish writing
TABLES = (
    "CREATE TABLE promises (account TEXT PRIMARY KEY, document TEXT NOT NULL, seal TEXT NOT NULL)",
    "CREATE TABLE entries (number INTEGER PRIMARY KEY, account TEXT NOT NULL, "
    "document TEXT NOT NULL, seal TEXT NOT NULL)",
    "CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, "
    "seal TEXT NOT NULL)",
)


@dataclass(frozen=True)
class Line:
    """One line of an account: when, by which release, for what, and what it cost."""

    at: str  # UTC, ISO 8601
    release: str
    purpose: str
    rho: float
    delta: float = 0.0


@dataclass(frozen=True)
class LedgerFile:
    """The lasting ledger of one folder. Open it with `LedgerFile.opened`."""

    path: Path
    key: bytes

    @classmethod
    def opened(cls, folder: Path) -> LedgerFile:
        """The ledger of a folder; a new one where there is none.

        Raises:
            LedgerError: the ledger or its key is missing or damaged.
        """
        path, key = folder / LEDGER, folder / KEY
        if key.exists() and not path.exists():
            raise _missing(LEDGER)
        with _opened(path) as connection, _transaction(connection):
            if not _begun(connection):
                if key.exists():
                    raise _damaged("It is empty, though it was used before.")
                _begin(connection, key)
        _settle(key)
        ledger = cls(path, key.read_bytes())
        with _opened(path) as connection:
            ledger.verify(connection)
        return ledger

    def account(self, fingerprint: str, promise: Budget, release: str) -> Account:
        """The account of a table, for one release.

        Args:
            fingerprint: of the rows (`PrivateTable.rows_fingerprint`), or any name under which the
                custodian keeps tables about the same people together.
            promise: the most that all releases may spend together. The first one stands.
            release: what the lines of this release are listed under.

        Raises:
            LedgerError: the file is damaged, or another promise was made before.
        """
        account = Account(self, fingerprint, promise, release)
        wanted = _plain(asdict(promise))
        with _opened(self.path) as connection, _transaction(connection):
            self.verify(connection)
            row = connection.execute(
                "SELECT document FROM promises WHERE account = ?", (fingerprint,)
            ).fetchone()
            if row is None:
                seal = seal_of(self.key, fingerprint, wanted)
                connection.execute(
                    "INSERT INTO promises VALUES (?, ?, ?)", (fingerprint, wanted, seal)
                )
            elif row[0] != wanted:
                before = json.loads(row[0])
                raise LedgerError(
                    f"This table was promised epsilon {before['epsilon']} and delta "
                    f"{before['delta']} in all, not epsilon {promise.epsilon:g} and delta "
                    f"{promise.delta:g}.",
                    "Keep to the first promise: it was made to the people in the table.",
                )
        return account

    def lines(self, fingerprint: str) -> tuple[Line, ...]:
        """Everything ever written about a table, in order."""
        with _opened(self.path) as connection:
            self.verify(connection)
            return tuple(_lines(connection, fingerprint))

    def append(self, account: Account, entry: Entry) -> None:
        """Write one entry, if its cost is still left; it is on disk when this returns."""
        document = _plain(_document(entry, account.release))
        with _opened(self.path) as connection, _transaction(connection):
            self.verify(connection)
            if isinstance(entry, Measured):
                _check(_lines(connection, account.fingerprint), entry, account)
            number, before = connection.execute("SELECT number, seal FROM head").fetchone()
            seal = seal_of(self.key, before, account.fingerprint, document)
            row = (number + 1, account.fingerprint, document, seal)
            connection.execute("INSERT INTO entries VALUES (?, ?, ?, ?)", row)
            connection.execute("UPDATE head SET number = ?, seal = ?", (number + 1, seal))

    def verify(self, connection: sqlite3.Connection) -> None:
        """Every entry follows from the one before it, and the last one is where it should be."""
        seal, number = seal_of(self.key, "head"), 0
        rows = connection.execute("SELECT number, account, document, seal FROM entries ORDER BY 1")
        for number, account, document, told in rows:
            seal = seal_of(self.key, seal, account, document)
            if told != seal:
                raise _damaged(f"Entry {number} was changed, or an entry before it is missing.")
        if connection.execute("SELECT number, seal FROM head").fetchone() != (number, seal):
            raise _damaged(f"It ends after entry {number}, and should not.")
        for account, document, told in connection.execute("SELECT * FROM promises"):
            if told != seal_of(self.key, account, document):
                raise _damaged("A promise was changed.")


@dataclass(frozen=True)
class Account:
    """What one release may spend of a table's lasting ledger: the parent of its `Ledger`."""

    file: LedgerFile
    fingerprint: str
    promise: Budget
    release: str

    @property
    def spent(self) -> Rho:
        """What all releases have spent so far."""
        return Rho(math.fsum(line.rho for line in self.file.lines(self.fingerprint)))

    @property
    def left(self) -> Rho:
        return Rho(max(0.0, self.promise.rho - self.spent))

    @property
    def epsilon(self) -> float:
        """What all releases together have come to, at the promised delta."""
        return epsilon_of(self.spent, self.promise.delta)

    def epsilon_after(self, rho: Rho) -> float:
        """What they would come to if a release worth `rho` were made, or made again."""
        return epsilon_of(self.spent + rho, self.promise.delta)

    def spend(
        self, purpose: str, rho: Rho, mechanism: str = "gaussian", *, delta: float = 0.0
    ) -> None:
        """Debit `rho`, on disk, before the rows are touched.

        Raises:
            BudgetExceeded: more than is left; nothing is written.
            LedgerError: the file is damaged.
        """
        self.file.append(self, Measured(purpose, rho, mechanism, delta))

    def note(self, entry: Entry) -> None:
        """Write down a touch that costs no rho."""
        self.file.append(self, entry)


def named(name: str) -> str:
    """The fingerprint of tables that the custodian keeps together under a name."""
    return f"named {name}"


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
    if not key.exists() and not _coming(key).exists():
        raise _missing(KEY)
    with suppress(FileNotFoundError):
        os.replace(_coming(key), key)


def _coming(key: Path) -> Path:
    return key.with_suffix(".new")


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection; what SQLite cannot read is a damaged ledger."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    try:
        with closing(sqlite3.connect(path, timeout=WAIT, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            yield connection
    except sqlite3.OperationalError as error:
        raise LedgerError(
            f"The lasting ledger cannot be used: {error}.",
            "Try again; see that its folder can be written to and is not on a network drive.",
        ) from None
    except sqlite3.DatabaseError as error:
        raise _damaged(f"SQLite says: {error}.") from None


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """What no other process can enter; undone if anything goes wrong inside."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _check(lines: Iterator[Line], entry: Measured, account: Account) -> None:
    left = account.promise.rho - math.fsum(line.rho for line in lines)
    if not 0 < entry.rho <= left + account.promise.rho * 1e-9:
        raise BudgetExceeded(
            f"`{entry.purpose}` needs rho {entry.rho:.3g}, but {max(0.0, left):.3g} of "
            f"{account.promise.rho:.3g} is left of what was promised for this table in all.",
            "Use the releases already made: reading them again costs nothing.",
        )


def _lines(connection: sqlite3.Connection, fingerprint: str) -> Iterator[Line]:
    rows = connection.execute(
        "SELECT document FROM entries WHERE account = ? ORDER BY number", (fingerprint,)
    )
    for (document,) in rows:
        told = json.loads(document)
        purpose = str(told.get("purpose") or told.get("reason"))
        rho, delta = float(told.get("rho", 0.0)), float(told.get("delta", 0.0))
        yield Line(told["at"], told["release"], purpose, rho, delta)


def _document(entry: Entry, release: str) -> dict[str, Any]:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {"at": at, "release": release, **entry.document()}


def _plain(document: dict[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, default=lambda value: value.value)


def _missing(file: str) -> LedgerError:
    return LedgerError(
        f"The folder holds part of a lasting ledger, but `{file}` is missing.",
        "Restore it from a backup. Without it nobody can tell what was spent.",
    )


def _damaged(how: str) -> LedgerError:
    return LedgerError(
        f"The lasting ledger is damaged. {how}",
        "Restore it from a backup; nothing is released from this table until then.",
    )
