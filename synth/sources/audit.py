"""Who asked what, when, and at what cost: one line per query, never a row."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path


@dataclass(frozen=True)
class Asked:
    """One query.

    Args:
        ended: "released", or why not.
        epsilon: what it cost the people in the database; 0 for a repeated query.
    """

    database: str
    query: str
    method: str
    ended: str
    epsilon: float = 0.0


@dataclass(frozen=True)
class Audit:
    """An append-only file of JSON lines, made only where the custodian asked for one."""

    path: Path

    def write(self, asked: Asked, who: str = "") -> None:
        """Add a line, and see to it that it is on disk."""
        line = {"when": datetime.now(UTC).isoformat(timespec="seconds"), "who": who or getuser()}
        text = json.dumps({**line, **asdict(asked)}, ensure_ascii=False) + "\n"
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, text.encode())
            os.fsync(handle)
        finally:
            os.close(handle)

    def read(self) -> list[dict[str, object]]:
        """Every line, oldest first."""
        if not self.path.exists():
            return []
        return [json.loads(x) for x in self.path.read_text(encoding="utf-8").splitlines() if x]
