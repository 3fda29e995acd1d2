"""What a file really is, told from its content and never from its name."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

from synth.errors import IngestError
from synth.ingest.width import check_width

HEAD = 1 << 20  # bytes looked at
MOST_UNPACKED = 1 << 30  # bytes an Excel file may unpack to
MOST_RATIO = 200  # times its size that an Excel file may unpack to, beyond 10 MB
DELIMITERS = (",", "\t", ";", "|")


@dataclass(frozen=True)
class Dialect:
    """How a text file is written."""

    delimiter: str
    encoding: str


def format_of(stream: IO[bytes]) -> str:
    """`parquet`, `excel`, `jsonl` or `text`.

    Raises:
        IngestError: the content is none of these, is empty, or would unpack to far more than it is.
    """
    head = _head(stream)
    if not head.strip():
        raise IngestError("The file is empty.", "Choose a file with a header line and rows.")
    if head[:4] == b"PAR1":
        return "parquet"
    if head[:4] == b"PK\x03\x04":
        _check_archive(stream)
        return "excel"
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise IngestError(
            "This is an Excel file of the old kind (.xls).", "Save it as .xlsx or as CSV."
        )
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "text"
    if b"\x00" in head:
        raise IngestError(
            "The file holds binary data, not a table.",
            "Choose a CSV, TSV, Parquet, Excel (.xlsx) or JSON lines file.",
        )
    return "jsonl" if head.lstrip()[:1] == b"{" else "text"


def _head(stream: IO[bytes]) -> bytes:
    stream.seek(0)
    head = stream.read(HEAD)
    stream.seek(0)
    return head


def _check_archive(stream: IO[bytes]) -> None:
    size = stream.seek(0, io.SEEK_END)
    try:
        with zipfile.ZipFile(stream) as archive:
            names = set(archive.namelist())
            unpacked = sum(i.file_size for i in archive.infolist())
    except zipfile.BadZipFile:
        raise IngestError(
            "The file is a damaged archive.", "Save the table again, as CSV or .xlsx."
        ) from None
    finally:
        stream.seek(0)
    if "xl/workbook.xml" not in names:
        raise IngestError(
            "The file is an archive, but not an Excel table.",
            "Unpack it and choose the table inside.",
        )
    if unpacked > MOST_UNPACKED or unpacked > max(10_000_000, MOST_RATIO * size):
        raise IngestError(
            f"The Excel file would unpack to {unpacked / 1e6:,.0f} MB from {size / 1e6:.1f} MB.",
            "Save the table as CSV.",
        )


def dialect_of(stream: IO[bytes]) -> Dialect:
    """Encoding and delimiter of a text file, from its first megabyte.

    Raises:
        IngestError: there is no line end in it, so it is not a table.
    """
    head = _head(stream)
    encoding = _encoding(head)
    text = head.decode(encoding, errors="replace")
    if len(head) == HEAD and "\n" not in text and "\r" not in text:
        check_width(max(text.count(d) for d in DELIMITERS), "more than ")
        raise IngestError(
            "The file has no line end in its first megabyte, so it is not a table.",
            "Choose a CSV with a header line and one line per row.",
        )
    lines = text if len(head) < HEAD else text[: text.rfind("\n")]
    return Dialect(max(DELIMITERS, key=lambda d: _agreement(lines, d)), encoding)


def check_records(stream: IO[bytes]) -> None:
    """Refuse JSON lines that are too wide before they are laid out as a table.

    Every record may bring fields of its own, so all are looked at.

    Raises:
        IngestError: together they have too many fields, or they are not one object per line.
    """
    names: set[str] = set()
    stream.seek(0)
    while line := stream.readline(HEAD):
        if len(line) == HEAD and not line.endswith(b"\n"):
            raise IngestError(
                "A record is longer than a megabyte.",
                "Write one JSON object per line, and less in it.",
            )
        names.update(_fields(line))
        check_width(len(names), "at least ")
    stream.seek(0)


def _fields(line: bytes) -> Iterable[str]:
    try:
        record = json.loads(line) if line.strip() else {}
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise IngestError(
            "The file looks like JSON but is not one object per line.",
            "Write one JSON object per line, with the same fields.",
        )
    return record


def _encoding(head: bytes) -> str:
    if head.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        head[: head.rfind(b"\n") + 1 or None].decode("utf-8")
    except UnicodeDecodeError:
        import charset_normalizer  # seldom needed, and slow to load

        best = charset_normalizer.from_bytes(head[: 1 << 17]).best()
        return best.encoding if best is not None else "cp1252"
    return "utf-8"


def _agreement(text: str, delimiter: str) -> tuple[float, int]:
    """Share of lines with as many fields as the header, where it has several; and how many."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        fields = [len(row) for row, _ in zip(reader, range(200), strict=False) if row]
    except csv.Error:
        return (0.0, 0)
    if not fields or fields[0] < 2:
        return (0.0, 0)
    return (sum(f == fields[0] for f in fields) / len(fields), fields[0])
