"""JSON: one object per line, one array of objects or of rows, or one object of columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import IO, Any

from synth.errors import IngestError
from synth.ingest.reading.encodings import encoding_of
from synth.ingest.reading.formats import HEAD
from synth.ingest.reading.nested import Flat, spelt
from synth.ingest.reading.said import Noticed, Read, listed
from synth.ingest.width import check_width
from synth.lazily import compiled, pd

MOST_EXACT = 1 << 53  # whole numbers up to which a double tells all apart
NESTED = compiled(r'\{\s*"(?:[^"\\]|\\.)*"\s*:\s*[\[{]')  # one object whose first field is no value
WRAPPED = compiled(r'"\s*:\s*\[\s*\{')  # a list of records within one
WRONG = "The file looks like JSON but is neither one object per line nor an array of objects."
RIGHT = "Write one JSON object per line, with the same fields."


def read_json(stream: IO[bytes]) -> Read:
    """The table in a JSON file: records, or what pandas writes of columns in its other ways.

    Every record may bring fields of its own, so all are looked at.

    Raises:
        IngestError: it is neither kind of table, is too wide, or a field holds lists of records,
            or records in some rows alone.
    """
    columns: dict[str, list[Any]] = {}
    noticed: list[Noticed] = []
    flat, rows = Flat(), 0
    for record in _records(stream, noticed):
        for name, value in flat.record(record).items():
            if name not in columns:
                check_width(len(columns) + 1, "at least ")
                columns[name] = []
            cells = columns[name]
            cells.extend([None] * (rows - len(cells)))
            cells.append(value)
        rows += 1
    noticed += flat.check(columns)
    frame = {}
    for name, cells in columns.items():
        cells.extend([None] * (rows - len(cells)))
        frame[name] = _column(cells)
    mixed = [n for n, c in columns.items() if len(_kinds(c)) > 1]
    if mixed:
        noticed.append(
            Noticed(
                f"Some fields hold both text and numbers, and were read as text: {listed(mixed)}.",
                "Write each of them as one or the other; what stands for nothing as null.",
            )
        )
    return Read(pd.DataFrame(frame), tuple(noticed))


def _records(stream: IO[bytes], noticed: list[Noticed]) -> Iterator[dict[str, Any]]:
    encoded = encoding_of(stream)
    stream.seek(encoded.mark)
    start = stream.read(HEAD >> 8).decode(encoded.plain, errors="replace").lstrip("\ufeff \t\r\n")
    stream.seek(encoded.mark)
    if start.startswith("[") or NESTED.match(start) or encoded.plain != "utf-8":
        yield from _whole(stream.read(), encoded.plain, noticed)
        return
    line = stream.readline(HEAD)
    alone = not line.endswith(b"\n") or not stream.read(HEAD >> 8).strip()
    if WRAPPED.search(start) and alone:
        stream.seek(encoded.mark)
        yield from _whole(stream.read(), encoded.plain, noticed)
        return
    _check_length(line)
    first = _loaded(line, quiet=True)
    stream.seek(encoded.mark)
    if first is None:  # an object over several lines, or a line that is torn
        yield from _whole(stream.read(), encoded.plain, noticed)
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


def _whole(content: bytes, encoding: str, noticed: list[Noticed]) -> Iterable[dict[str, Any]]:
    text = content.decode(encoding, errors="replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        if text.lstrip("\ufeff \t\r\n").startswith("["):
            raise IngestError(
                "The JSON file is cut off, or something in it is no JSON.", "Write it again."
            ) from None
        lines = [x for x in text.splitlines() if x.strip()]
        yield from _objects([_loaded(x.encode()) for x in lines])
        return
    headed = isinstance(found, list) and found and all(isinstance(r, list) for r in found)
    if headed and all(isinstance(name, str) for name in found[0]):
        found = _rows(found[0], found[1:])
    if isinstance(found, dict):
        found = _within(found, noticed)
    yield from _objects(found)


def _within(found: dict[str, Any], noticed: list[Noticed]) -> list[dict[str, Any]]:
    """The records of one object: what pandas writes in its ways, or the one list inside.

    Raises:
        IngestError: there are several lists inside, or none is of records.
    """
    if isinstance(rows := found.get("data"), list) and isinstance(
        names := found.get("columns"), list
    ):
        return _rows(names, rows)
    inner = list(found.values())
    if inner and all(isinstance(v, dict) and v for v in inner):
        return _of_objects(found)
    lists = [v for v in inner if isinstance(v, list)]
    same = {len(v) for v in lists}
    flat = all(not isinstance(x, list | dict) for v in lists for x in v)
    if lists and len(lists) == len(inner) and len(same) == 1 and flat:
        return [dict(zip(found, row, strict=True)) for row in zip(*lists, strict=True)]
    tables = [v for v in lists if v and all(isinstance(r, dict) for r in v)]
    if len(tables) == 1:
        name = next(n for n, v in found.items() if v is tables[0])
        noticed.append(
            Noticed(
                f"The records are the list `{name}` of the object in the file; what stands beside "
                "it was left out."
            )
        )
        return tables[0]
    if lists:
        raise IngestError(
            "The JSON file is one object with lists inside, not a table.",
            "Write the records alone, as one array or one per line.",
        )
    return [found]


def _of_objects(found: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Columns of cells under the names of their rows, or rows of cells under those of columns.

    The longer ones are columns; where all have the same fields and these count up, they are too.
    """
    inner = list(found.values())
    first = list(inner[0])
    counted = first == [str(i) for i in range(len(first))]
    if counted or (all(list(v) == first for v in inner) and len(first) > len(inner)):
        rows = dict.fromkeys(key for column in inner for key in column)
        return [{name: column.get(key) for name, column in found.items()} for key in rows]
    return inner


def _rows(names: list[Any], rows: list[Any]) -> list[dict[str, Any]]:
    if any(not isinstance(r, list) or len(r) != len(names) for r in rows):
        raise IngestError(WRONG, RIGHT)
    return [dict(zip(map(str, names), row, strict=True)) for row in rows]


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


def _column(cells: list[Any]) -> pd.Series:
    kinds = _kinds(cells)
    if kinds == {bool}:
        return pd.Series(cells, dtype="boolean" if None in cells else "bool")
    if kinds == {float} and all(_plain(c) for c in cells):
        whole = all(isinstance(c, int) for c in cells)
        return pd.Series(cells, dtype="int64" if whole else "float64")
    texts = [None if c is None else spelt(c) for c in cells]
    return pd.Series(texts, dtype="category")


def _plain(cell: Any) -> bool:
    """Whether a number is one that a double tells from others."""
    return cell is None or (not isinstance(cell, int)) or abs(cell) <= MOST_EXACT
