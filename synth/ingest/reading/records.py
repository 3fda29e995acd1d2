"""JSON: one object per line, or one array of objects."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import IO, Any

from synth.errors import IngestError
from synth.ingest.reading.encodings import encoding_of
from synth.ingest.reading.formats import HEAD
from synth.ingest.reading.said import Noticed, Read, listed
from synth.ingest.width import check_width
from synth.lazily import pd

MOST_EXACT = 1 << 53  # whole numbers up to which a double tells all apart
WRONG = "The file looks like JSON but is neither one object per line nor an array of objects."
RIGHT = "Write one JSON object per line, with the same fields."


def read_json(stream: IO[bytes]) -> Read:
    """The table in a JSON file. Every record may bring fields of its own, so all are looked at.

    Raises:
        IngestError: it is neither kind of table, is too wide, or a field holds lists or records.
    """
    columns: dict[str, list[Any]] = {}
    rows = 0
    for record in _records(stream):
        for name, value in record.items():
            if name not in columns:
                check_width(len(columns) + 1, "at least ")
                columns[name] = []
            cells = columns[name]
            cells.extend([None] * (rows - len(cells)))
            cells.append(value)
        rows += 1
    noticed: list[Noticed] = []
    frame = {}
    for name, cells in columns.items():
        cells.extend([None] * (rows - len(cells)))
        frame[name] = _column(name, cells)
    mixed = [n for n, c in columns.items() if len(_kinds(c)) > 1]
    if mixed:
        noticed.append(
            Noticed(
                f"Some fields hold both text and numbers, and were read as text: {listed(mixed)}.",
                "Write each of them as one or the other; what stands for nothing as null.",
            )
        )
    return Read(pd.DataFrame(frame), tuple(noticed))


def _records(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    encoded = encoding_of(stream)
    stream.seek(encoded.mark)
    start = stream.read(64).decode(encoded.plain, errors="replace").lstrip("\ufeff \t\r\n")
    stream.seek(encoded.mark)
    if start.startswith("[") or encoded.plain != "utf-8":
        yield from _whole(stream.read(), encoded.plain)
        return
    line = stream.readline(HEAD)
    _check_length(line)
    first = _loaded(line, quiet=True)
    stream.seek(encoded.mark)
    if first is None:  # an object over several lines, or a line that is torn
        yield from _whole(stream.read(), encoded.plain)
        return
    while line := stream.readline(HEAD):
        _check_length(line)
        if line.strip():
            yield from _objects([_loaded(line)])


def _check_length(line: bytes) -> None:
    """Refuse a record that would take much memory before it is known how wide it is."""
    if len(line) == HEAD and not line.endswith(b"\n"):
        raise IngestError(
            "A record is longer than a megabyte.",
            "Write one JSON object per line, and less in it.",
        )


def _whole(content: bytes, encoding: str) -> Iterable[dict[str, Any]]:
    text = content.decode(encoding, errors="replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        lines = [x for x in text.splitlines() if x.strip()]
        yield from _objects([_loaded(x.encode()) for x in lines])
        return
    if isinstance(found, dict):
        inner = [v for v in found.values() if isinstance(v, list)]
        if inner:
            raise IngestError(
                "The JSON file is one object with lists inside, not a table.",
                "Write the records alone, as one array or one per line.",
            )
        found = [found]
    yield from _objects(found)


def _loaded(line: bytes, *, quiet: bool = False) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        if quiet:
            return None
        raise IngestError(WRONG, RIGHT) from None


def _objects(found: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for record in found:
        if not isinstance(record, dict):
            raise IngestError(WRONG, RIGHT)
        yield record


def _kinds(cells: Iterable[Any]) -> set[type]:
    """Types of values that occur: whole numbers and others are one."""
    found = {type(c) for c in cells} - {type(None)}
    return {float if t is int else t for t in found}


def _column(name: str, cells: list[Any]) -> pd.Series:
    kinds = _kinds(cells)
    if kinds & {list, dict}:
        raise IngestError(
            f"Field `{name}` holds lists or records, not single values.",
            "Spread it over fields or rows first.",
            about=(name,),
        )
    if kinds == {bool}:
        return pd.Series(cells, dtype="boolean" if None in cells else "bool")
    if kinds == {float} and all(_plain(c) for c in cells):
        whole = all(isinstance(c, int) for c in cells)
        return pd.Series(cells, dtype="int64" if whole else "float64")
    texts = [None if c is None else _spelt(c) for c in cells]
    return pd.Series(texts, dtype="category")


def _plain(cell: Any) -> bool:
    """Whether a number is one that a double tells from others."""
    return cell is None or (not isinstance(cell, int)) or abs(cell) <= MOST_EXACT


def _spelt(cell: Any) -> str | None:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and not math.isfinite(cell):
        return None
    return str(cell)
