"""A typed table in memory, and what can be asked of it: filters, search, order, pages, fields."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

Row = dict[str, Any]
OPERATORS = ("ne", "lt", "lte", "gt", "gte", "in", "contains", "like", "isnull")
RESERVED = (
    "q",
    "_sort",
    "_page",
    "_per_page",
    "_start",
    "_end",
    "_limit",
    "_cursor",
    "_fields",
    "_format",
    "_delay",
)
MOST_PER_PAGE = 1000
USUAL_PER_PAGE = 20


class MockProblem(Exception):
    """An answer that is not the one asked for, as RFC 9457 describes it."""

    def __init__(self, status: int, title: str, detail: str, **extra: Any) -> None:
        super().__init__(title)
        self.status = status
        self.body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        self.body |= extra


@dataclass(frozen=True)
class Field:
    """One column: its type in JSON, and what is public about its values."""

    name: str
    type: str  # "integer", "number", "boolean" or "string"
    format: str = ""  # "date" or "date-time"
    nullable: bool = True
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    def schema(self) -> dict[str, Any]:
        """JSON Schema of a value."""
        told: dict[str, Any] = {"type": [self.type, "null"] if self.nullable else self.type}
        if self.format:
            told["format"] = self.format
        if self.enum:
            told["enum"] = [*self.enum, *([None] if self.nullable else [])]
        if self.minimum is not None:
            told["minimum"] = self.minimum
        if self.maximum is not None:
            told["maximum"] = self.maximum
        return told

    def read(self, text: str) -> Any:
        """A value from a query parameter. Raises MockProblem 400 where it has another type."""
        readers: dict[str, Callable[[str], Any]] = {
            "integer": int,
            "number": _finite,
            "boolean": lambda t: {"true": True, "false": False}[t.lower()],
            "string": str,
        }
        try:
            return readers[self.type](text)
        except (ValueError, KeyError):
            raise MockProblem(
                400, "Bad value", f"`{self.name}` is of type {self.type}; that value is not."
            ) from None

    def wrong(self, value: Any) -> str:
        """Why a value may not stand here; empty where it may."""
        if value is None:
            return "" if self.nullable else "may not be null"
        if not _has_type(value, self.type):
            return f"must be of type {self.type}"
        if self.enum and value not in self.enum:
            return "must be one of the values listed in the schema"
        if self.format and not _is_moment(value, self.format):
            return f"must be an ISO 8601 {self.format}"
        if self.minimum is not None and value < self.minimum:
            return f"must be at least {self.minimum:g}"
        if self.maximum is not None and value > self.maximum:
            return f"must be at most {self.maximum:g}"
        return ""


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _has_type(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, float) and kind == "integer":
        return value.is_integer()
    kinds = {"integer": int, "number": int | float, "boolean": bool, "string": str}
    return isinstance(value, kinds[kind])


def _is_moment(value: str, form: str) -> bool:
    pattern = r"\d{4}-\d\d-\d\d" + (r"[Tt]\d\d:\d\d:\d\d.*" if form == "date-time" else "")
    if not re.fullmatch(pattern, value):
        return False
    try:
        datetime.fromisoformat(value.replace("Z", "+00:00").replace("z", "+00:00"))
    except ValueError:
        return form == "date-time" and ":60" in value
    return True


@dataclass(frozen=True)
class Parent:
    """The resource that the rows of another belong to.

    Args:
        name: of that resource.
        key: its field that names a row of it.
        via: the field of the other resource that holds it.
    """

    name: str
    key: str
    via: str


@dataclass(frozen=True)
class Table:
    """A resource: its name, its fields and its rows, each with an `id`.

    Args:
        parent: what its rows belong to; None where they stand by themselves.
    """

    name: str
    fields: tuple[Field, ...]
    rows: tuple[Row, ...] = field(repr=False)
    parent: Parent | None = None

    @property
    def by_name(self) -> dict[str, Field]:
        return {"id": Field("id", "string", nullable=False), **{f.name: f for f in self.fields}}

    @cached_property
    def by_id(self) -> dict[str, Row]:
        """Made once, for all sessions."""
        return {r["id"]: r for r in self.rows}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Table:
        """The table a JSON document describes."""
        fields = tuple(Field(**{**f, "enum": tuple(f.get("enum", ()))}) for f in document["fields"])
        told = document.get("parent")
        parent = Parent(**told) if told else None
        return cls(document["name"], fields, tuple(document["rows"]), parent)

    def refuse(self, body: Any, *, partial: bool = False) -> None:
        """Raises MockProblem 422 with one sentence per field where a row does not fit."""
        if not isinstance(body, dict):
            raise MockProblem(422, "Not a row", "Send one JSON object.", errors={})
        known = self.by_name
        errors = {n: "is not a field of this resource" for n in body if n not in known}
        if not partial:
            errors |= {
                f.name: "is missing" for f in self.fields if f.name not in body and not f.nullable
            }
        for name, value in body.items():
            if name in known and (why := known[name].wrong(value)):
                errors[name] = why
        if errors:
            raise MockProblem(422, "The row does not fit", "See `errors`.", errors=errors)


# -- asking ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """Part of an answer, and where it stands in the whole."""

    rows: list[Row]
    total: int
    start: int
    size: int

    @property
    def end(self) -> int:
        return self.start + len(self.rows)


def asked(table: Table, rows: Iterable[Row], parameters: Sequence[tuple[str, str]]) -> Page:
    """The page of `rows` that query parameters ask for.

    Raises:
        MockProblem: 400, naming the parameter.
    """
    told = {n: v for n, v in parameters if n in RESERVED}
    wanted = [t for t in _tests(table, parameters)]
    found = [r for r in rows if all(test(r) for test in wanted)]
    if text := told.get("q"):
        found = [r for r in found if _mentions(r, text.lower())]
    found = _sorted(table, found, told.get("_sort", ""))
    start, size = _window(told, len(found))
    return Page(_projected(table, found[start : start + size], told), len(found), start, size)


def _tests(table: Table, parameters: Sequence[tuple[str, str]]) -> Iterator[Callable[[Row], bool]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for name, value in parameters:
        if name not in RESERVED:
            groups.setdefault(_operator(table, name), []).append(value)
    for (column, operator), values in groups.items():
        yield _test(table.by_name[column], operator, values)


def _operator(table: Table, name: str) -> tuple[str, str]:
    """The column and the operator that a parameter names."""
    known = table.by_name
    if name in known:
        return name, "eq"
    column, _, operator = name.rpartition("_")
    if column in known and operator in OPERATORS:
        return column, operator
    raise MockProblem(
        400,
        "Unknown parameter",
        f"`{name[:80]}` is no field of `{table.name}` and no parameter.",
        known=sorted(known),
    )


def _test(column: Field, operator: str, values: list[str]) -> Callable[[Row], bool]:
    name = column.name
    if operator == "isnull":
        want = Field("isnull", "boolean").read(values[-1])
        return lambda row: (row.get(name) is None) == want
    if operator in ("contains", "like"):
        parts = [v.lower() for v in values]
        return lambda row: (
            row.get(name) is not None and any(p in str(row[name]).lower() for p in parts)
        )
    if operator in ("eq", "in", "ne"):
        given = {column.read(v) for text in values for v in _split(text, operator)}
        return lambda row: (row.get(name) in given) != (operator == "ne")
    limit = column.read(values[-1])
    if column.type == "boolean":
        raise MockProblem(400, "Bad operator", f"`{name}` is of type boolean and has no order.")
    compare: dict[str, Callable[[Any], bool]] = {
        "lt": lambda x: x < limit,
        "lte": lambda x: x <= limit,
        "gt": lambda x: x > limit,
        "gte": lambda x: x >= limit,
    }
    return lambda row: row.get(name) is not None and compare[operator](row[name])


def _split(text: str, operator: str) -> list[str]:
    return text.split(",") if operator == "in" else [text]


def _mentions(row: Row, text: str) -> bool:
    return any(text in str(v).lower() for v in row.values() if v is not None)


def _sorted(table: Table, rows: list[Row], keys: str) -> list[Row]:
    for key in reversed([k for k in keys.split(",") if k]):
        name, falls = key.removeprefix("-"), key.startswith("-")
        if name not in table.by_name:
            raise MockProblem(
                400, "Unknown field", f"`_sort` names `{name[:80]}`, which is no field."
            )
        present = [r for r in rows if r.get(name) is not None]
        absent = [r for r in rows if r.get(name) is None]
        rows = sorted(present, key=lambda r, n=name: r[n], reverse=falls) + absent  # type: ignore[misc]
    return rows


def _window(told: Mapping[str, str], total: int) -> tuple[int, int]:
    """Where a page starts and how many rows it has at most."""
    size = _whole(told, "_per_page", _whole(told, "_limit", USUAL_PER_PAGE, 1), 1)
    if size > MOST_PER_PAGE:
        raise MockProblem(400, "Too many rows", f"At most {MOST_PER_PAGE} rows come at once.")
    if "_cursor" in told:
        return _cursor_place(told["_cursor"]), size
    if "_start" in told or "_end" in told:
        start = _whole(told, "_start", 0, 0)
        end = _whole(told, "_end", start + size, 0)
        return start, max(0, min(end - start, MOST_PER_PAGE))
    return (_whole(told, "_page", 1, 1) - 1) * size, size


def _whole(told: Mapping[str, str], name: str, usual: int, least: int) -> int:
    text = told.get(name)
    if text is None:
        return usual
    if not re.fullmatch(r"\d{1,9}", text) or int(text) < least:
        raise MockProblem(400, "Bad page", f"`{name}` has to be a whole number from {least}.")
    return int(text)


def cursor_of(place: int) -> str:
    """An opaque mark for the row at `place`."""
    return base64.urlsafe_b64encode(json.dumps({"at": place}).encode()).decode().rstrip("=")


def _cursor_place(cursor: str) -> int:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        place = json.loads(base64.urlsafe_b64decode(padded.encode()))["at"]
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise MockProblem(400, "Bad cursor", "Use a cursor that an answer gave.") from None
    if not isinstance(place, int) or isinstance(place, bool) or not 0 <= place < 10**9:
        raise MockProblem(400, "Bad cursor", "Use a cursor that an answer gave.")
    return place


def _projected(table: Table, rows: list[Row], told: Mapping[str, str]) -> list[Row]:
    if "_fields" not in told:
        return rows
    names = [n for n in told["_fields"].split(",") if n]
    for name in names:
        if name not in table.by_name:
            raise MockProblem(
                400, "Unknown field", f"`_fields` names `{name[:80]}`, which is no field."
            )
    return [{n: r.get(n) for n in names} for r in rows]
