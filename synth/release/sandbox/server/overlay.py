"""Writes that a session sees and nobody else: new, changed and deleted rows over the table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .table import MockProblem, Row, Table

MOST_WRITTEN = 10_000  # rows a session may add or change
MOST_SESSIONS = 1000


@dataclass
class Overlay:
    """What one session did to one table."""

    table: Table
    written: dict[str, Row] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    repeated: dict[str, tuple[str, Row]] = field(default_factory=dict)  # by Idempotency-Key
    _next: int = 0

    def __post_init__(self) -> None:
        self._next = len(self.table.rows)

    def rows(self) -> Iterator[Row]:
        """Every row as this session sees it, new ones last."""
        for row in self.table.rows:
            if row["id"] not in self.deleted:
                yield self.written.get(row["id"], row)
        for id, row in self.written.items():
            if id not in self.table.by_id:
                yield row

    def get(self, id: str) -> Row:
        """One row. Raises MockProblem 404."""
        row = None if id in self.deleted else self.written.get(id, self.table.by_id.get(id))
        if row is None:
            raise MockProblem(404, "Not found", f"There is no such row in `{self.table.name}`.")
        return row

    def add(self, body: Row, key: str = "") -> Row:
        """A new row, or the one that this key made before. Raises MockProblem 409 or 422."""
        self.table.refuse(body)
        said = json.dumps(body, sort_keys=True)
        if key in self.repeated:
            before, row = self.repeated[key]
            if before != said:
                raise MockProblem(409, "Key used", "This Idempotency-Key was used for another row.")
            return row
        id = str(body.get("id") or self._fresh())
        if not id.isascii() or not id.isdigit() or len(id) > 12:
            raise MockProblem(
                422, "The row does not fit", "See `errors`.", errors={"id": "is a number"}
            )
        if id not in self.deleted and (id in self.written or id in self.table.by_id):
            raise MockProblem(409, "Id taken", "There is a row with this id.")
        row = self._put(id, body)
        if key:
            self.repeated[key] = (said, row)
        return row

    def replace(self, id: str, body: Row) -> Row:
        """The row exchanged for another. Raises MockProblem 404, 409 or 422."""
        self.get(id)
        self.table.refuse(body)
        return self._put(self._same(id, body), body)

    def merge(self, id: str, body: Row) -> Row:
        """The row with some fields changed (RFC 7396). Raises MockProblem 404, 409 or 422."""
        row = self.get(id)
        self.table.refuse(body, partial=True)
        return self._put(self._same(id, body), {**row, **body})

    def remove(self, id: str) -> None:
        """The row gone. Raises MockProblem 404."""
        self.get(id)
        self.written.pop(id, None)
        self.deleted.add(id)

    def _same(self, id: str, body: Row) -> str:
        if "id" in body and str(body["id"]) != id:
            raise MockProblem(409, "Id fixed", "The id of a row cannot be changed.")
        return id

    def _put(self, id: str, body: Row) -> Row:
        if len(self.written) >= MOST_WRITTEN:
            raise MockProblem(409, "Full", f"A session may write {MOST_WRITTEN} rows; reset it.")
        row = {"id": id, **{f.name: body.get(f.name) for f in self.table.fields}}
        self.written[id] = row
        self.deleted.discard(id)
        return row

    def _fresh(self) -> str:
        while True:
            self._next += 1
            if (id := str(self._next)) not in self.table.by_id and id not in self.written:
                return id


@dataclass
class Sessions:
    """The overlays of all sessions, by name, the least recently used first."""

    tables: dict[str, Table]
    opened: dict[str, dict[str, Overlay]] = field(default_factory=dict)

    def overlay(self, session: str, table: str) -> Overlay:
        """A session's view of a table. Raises MockProblem 404 for an unknown table."""
        if table not in self.tables:
            raise MockProblem(404, "Not found", "There is no such resource.")
        if session not in self.opened and len(self.opened) >= MOST_SESSIONS:
            del self.opened[next(iter(self.opened))]
        mine = self.opened[session] = self.opened.pop(session, {})
        if table not in mine:
            mine[table] = Overlay(self.tables[table])
        return mine[table]

    def reset(self, session: str) -> None:
        """Forget what a session wrote."""
        self.opened.pop(session, None)


def tag_of(row: Any) -> str:
    """An ETag for a row."""
    text = json.dumps(row, sort_keys=True, default=str)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'
