"""Who asked what, when, and at what cost: one line per event of a query, never a row."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path

from synth.errors import QueryError, SynthError

AUDIT = "SYNTH_AUDIT"  # names the file, where the operator of a server asks for one


@dataclass(frozen=True)
class Asked:
    """What happened to one query.

    Args:
        database: its name, or its address without the password.
        ended: "asked", "released", "answered again" or why not.
        epsilon: what it cost the people in the database; 0 for a repeated query, None where no
            epsilon bounds it.
    """

    database: str
    query: str
    method: str
    ended: str
    epsilon: float | None = 0.0


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
        text = json.dumps({**line, **asdict(asked)}, ensure_ascii=False) + "\n"
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, text.encode("utf-8", errors="backslashreplace"))
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
        self.write(replace(asked, ended="asked"))
        ended, cost = "stopped", None

        def released(epsilon: float | None) -> None:
            nonlocal ended, cost
            ended, cost = "released", epsilon

        try:
            yield released
        except SynthError as error:
            ended = f"refused: {error.what}"
            raise
        finally:
            self.write(replace(asked, ended=ended, epsilon=cost))

    def read(self) -> list[dict[str, object]]:
        """Every line, oldest first."""
        if not self.path.exists():
            return []
        return [json.loads(x) for x in self.path.read_text(encoding="utf-8").splitlines() if x]


def audit() -> Audit | None:
    """Where queries are written down; None where the operator asked for nothing."""
    path = os.environ.get(AUDIT, "")
    return Audit(Path(path).expanduser()) if path else None
