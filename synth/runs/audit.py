"""Who asked or brought what, when, and at what cost: one line per event, never a row."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from getpass import getuser
from pathlib import Path

from synth.errors import QueryError, SynthError

LONGEST = 200  # characters of a name: whoever brings a file chose it
AUDIT = "SYNTH_AUDIT"  # names the file, where the operator of a server asks for one


class Ended(Enum):
    """How far a query, or a table that was brought, came."""

    ASKED = "asked"
    BROUGHT = "brought"
    RELEASED = "released"
    REPEATED = "answered again"  # with what was released before
    STOPPED = "stopped"
    REFUSED = "refused"  # with a sentence that says why
    FAILED = "failed"


@dataclass(frozen=True)
class Asked:
    """What happened to one query, or to a table that was brought.

    Args:
        database: its name, or its address without the password; "" for a table that was brought.
        file: the name of what was brought; "" for a query.
        why: what was wrong, in a sentence without cell values; "" where nothing was.
        epsilon: what it cost the people in the database; 0 for a repeated query, None where no
            epsilon bounds it.
    """

    database: str
    query: str
    method: str
    ended: Ended = Ended.ASKED
    why: str = ""
    epsilon: float | None = 0.0
    file: str = ""

    def ending(self, ended: Ended, epsilon: float | None = 0.0, why: str = "") -> Asked:
        """The same, further on."""
        return replace(self, ended=ended, epsilon=epsilon, why=why)

    def document(self) -> dict[str, object]:
        """The line of the log, as plain values."""
        ended = f"{self.ended.value}: {self.why}" if self.why else self.ended.value
        told = {"database": self.database, "query": self.query}
        about = {"file": self.file[:LONGEST]} if self.file else told
        return {**about, "method": self.method, "ended": ended, "epsilon": self.epsilon}


def brought(file: str, method: str) -> Asked:
    """A table that somebody brought, by the name of its file."""
    return Asked("", "", method, Ended.BROUGHT, file=file or "a table without a name")


@dataclass(frozen=True)
class Audit:
    """An append-only file of JSON lines, made only where the custodian asked for one."""

    path: Path

    def write(self, asked: Asked, who: str = "") -> None:
        """Add a line, and see to it that it is on disk.

        Raises:
            QueryError: it cannot be written; whoever has to account for queries answers none then.
        """
        line = {"when": datetime.now(UTC).isoformat(timespec="seconds"), "who": who or getuser()}
        text = json.dumps({**line, **asked.document()}, ensure_ascii=False) + "\n"
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                _added(handle, text.encode("utf-8", errors="backslashreplace"))
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise QueryError(
                f"The audit log cannot be written ({type(error).__name__}), so nothing is asked.",
                "Whoever runs this sees to its folder and to space on the disk.",
            ) from None

    @contextmanager
    def following(self, asked: Asked) -> Iterator[Callable[[float | None], None]]:
        """Write down that something is asked, and then what became of it.

        Yields what is to be told the cost once there is a release.
        """
        self.write(asked)
        end = asked.ending(Ended.STOPPED, None)

        def released(epsilon: float | None) -> None:
            nonlocal end
            end = asked.ending(Ended.RELEASED, epsilon)

        try:
            yield released
        except SynthError as error:
            end = asked.ending(Ended.REFUSED, None, error.what)
            raise
        finally:
            self.write(end)

    def read(self) -> list[dict[str, object]]:
        """Every line, oldest first, but for those that a full disk or a kill cut short.

        Whatever was asked by such a line was not answered.
        """
        if not self.path.exists():
            return []
        found = []
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError):
                found.append(json.loads(line))
        return found


def _added(handle: int, line: bytes) -> None:
    """Write a line behind all others, each of which stays one. Raises OSError if it is cut."""
    end = os.fstat(handle).st_size
    if end and os.pread(handle, 1, end - 1) != b"\n":  # the one before was cut
        line = b"\n" + line
    if os.write(handle, line) != len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def audit() -> Audit | None:
    """Where queries are written down; None where the operator asked for nothing."""
    path = os.environ.get(AUDIT, "")
    return Audit(Path(path).expanduser()) if path else None
