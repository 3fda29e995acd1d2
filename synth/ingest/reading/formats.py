"""What a file really is, told from its content and never from its name."""

from __future__ import annotations

import gzip
import io
import re
from typing import IO
from zipfile import ZipInfo

from synth.errors import IngestError
from synth.incoming import Refusal, archive, check_unpacked, reading
from synth.lazily import compiled
from synth.wording import so_many

HEAD = 1 << 20  # bytes looked at
MOST_BYTES = 2 << 30  # of a file that is held in memory
MOST_UNPACKED = 1 << 30  # bytes an archive may unpack to
END = b"\x1a"  # of a text file, for programs of DOS
CONTROLS = (*range(1, 8), *range(14, 26))
SAS = bytes.fromhex("000000000000000000000000c2ea8160b31411cfbd92080009c7318c181f1011")
MAGIC = (
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"\xff\xff\xff\xff", "arrow stream"),
    (b"$FL2", "sav"),
    (b"$FL3", "sav"),
    (b"<stata_dta>", "dta"),
    (SAS, "sas7bdat"),
    (b"HEADER RECORD*******", "xpt"),
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
)
STATA = compiled(rb"[\x69-\x73][\x01\x02]\x01\x00")  # before version 13: version, order, 1, 0
XML = compiled(rb"<(?:[?!/]|[A-Za-z_][\w.:-]*[\s/>])")  # and no header such as `<18,over 18`
PORTABLE = compiled(rb"SPSS PORT\s*FILE")  # after words in the alphabets of old machines
ELSE = (  # what is no table, by how it begins; and what to do
    (b"%PDF", "a PDF", "Export the table in it as CSV or Excel."),
    (b"{\\rtf", "a text document (RTF)", "Export the table in it as CSV."),
    (b"SQLite format 3\x00", "an SQLite database", "Name it as `database` in [source]."),
    (b"FEA1", "a Feather file of the first version", "Write it again with a newer library."),
    (b"BZh", "packed with bzip2", "Unpack it and choose the table inside."),
    (b"\xfd7zXZ", "packed with xz", "Unpack it and choose the table inside."),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "Unpack it and choose the table inside."),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it and choose the table inside."),
    (b"Rar!", "a RAR archive", "Unpack it and choose the table inside."),
    (b"RDX", "an R workspace", "Export the data frame with write.csv."),
    (b"\x89PNG", "a picture", "Choose the table itself."),
    (b"\xff\xd8\xff", "a picture", "Choose the table itself."),
)
BROKEN = Refusal(
    IngestError, "The file is a damaged archive.", "Save the table as CSV, or again as .xlsx."
)
TABLES = "Choose a CSV, TSV, Excel, Parquet, JSON, SPSS, Stata or SAS file."


def format_of(stream: IO[bytes]) -> str:
    """`text`, `json`, `excel` or another of those that `MAGIC` names.

    Raises:
        IngestError: the content is none of these, is empty or too large, or would unpack to far
            more than it is.
    """
    size = stream.seek(0, io.SEEK_END)
    if size > MOST_BYTES:
        raise IngestError(
            f"The file has {size / 1e9:,.1f} GB; at most {MOST_BYTES / 1e9:,.1f} GB can be held.",
            "Write it as Parquet and set stay = true in [source]: the rows are then left there.",
        )
    head = _head(stream)
    if not head.strip(b" \r\n\t\xef\xbb\xbf"):
        raise IngestError("The file is empty.", "Choose a file with a header line and rows.")
    for magic, what, remedy in ELSE:
        if head.startswith(magic):
            raise IngestError(f"This is {what}, not a table.", remedy)
    found = next((f for magic, f in MAGIC if head.startswith(magic)), "")
    if found in ("archive", "xls"):
        return _archive(stream) if found == "archive" else _old(head)
    if found:
        return found
    if STATA.match(head):
        return "dta"
    if PORTABLE.search(head[:512]):
        return "por"
    return _text(head)


def _text(head: bytes) -> str:
    """`text` or `json`. Raises IngestError where it is neither, or a page."""
    marked = head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[:4] == b"\x00\x00\xfe\xff"
    if b"\x00" in head and not marked and not _wide(head) and not _few(head):
        raise IngestError("The file holds binary data, not a table.", TABLES)
    plain = head.replace(b"\x00", b"") if b"\x00" in head else head
    start = plain.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:4096]
    if re.match(rb"<(!doctype html|html|table|meta|head|style)", start, re.IGNORECASE):
        raise IngestError(
            "This is a web page (HTML), whatever its name says.",
            "Open it in Excel or LibreOffice and save it as .xlsx or CSV.",
        )
    if XML.match(start):
        raise IngestError(
            "This is XML, not a table.",
            "Open it where it comes from, or in Excel, and save it as .xlsx or CSV.",
        )
    if start[:1] == b"{" or re.match(rb"\[\s*[\[{\]]", start):
        return "json"
    return "text"


def _few(head: bytes) -> bool:
    """Whether zero bytes are few among text, or all at its end: left by a program that stopped."""
    text = head.rstrip(b"\x00")
    strange = sum(text.count(bytes([c])) for c in CONTROLS)
    return (
        len(text) > 0 and (strange + text.count(0)) * 100 < len(text) and strange * 1000 < len(text)
    )


def without_zeros(stream: IO[bytes]) -> tuple[IO[bytes], int]:
    """The text without zero bytes and the sign of old programs for the end of a file.

    Returns:
        The stream that was given, if it has none, and how many there were.
    """
    size = stream.seek(0, io.SEEK_END)
    head = _head(stream)
    stream.seek(max(size - HEAD, 0))
    tail = stream.read()
    stream.seek(0)
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[:4] == b"\x00\x00\xfe\xff" or _wide(head)
    if wide or not (b"\x00" in head or b"\x00" in tail or tail.endswith(END)):
        return stream, 0
    text = stream.read()
    plain = text.replace(b"\x00", b"")
    return io.BytesIO(plain.removesuffix(END)), len(text) - len(plain)


def _wide(head: bytes) -> bool:
    """Whether every other byte is zero, as in UTF-16 without a mark."""
    half = max(len(head) // 2, 1)
    zeros = sorted((head[::2].count(0) / half, head[1::2].count(0) / half))
    return zeros[0] < 0.05 and zeros[1] > 0.3 and len(head.strip(b"\x00")) > 1


def _head(stream: IO[bytes]) -> bytes:
    stream.seek(0)
    head = stream.read(HEAD)
    stream.seek(0)
    return head


def _old(head: bytes) -> str:
    """A workbook of the old kind, if it can be read. Raises IngestError otherwise."""
    if "EncryptedPackage".encode("utf-16-le") in head:
        raise IngestError(
            "The Excel file is locked with a password.", "Save a copy of it without one."
        )
    return "excel"


def _archive(stream: IO[bytes]) -> str:
    """`excel` or `zip`, after a look at how much it would unpack to. Raises IngestError."""
    with archive(stream, BROKEN, MOST_UNPACKED) as opened:
        names = set(opened.namelist())
        kind = opened.read("mimetype")[:100] if "mimetype" in names else b""
    stream.seek(0)
    if names & {"xl/workbook.xml", "xl/workbook.bin"} or b"opendocument.spreadsheet" in kind:
        return "excel"
    if names & {"word/document.xml", "ppt/presentation.xml"} or b"opendocument" in kind:
        raise IngestError("This is an office document, but not a sheet.", TABLES)
    return "zip"


def unpacked(stream: IO[bytes], found: str) -> IO[bytes]:
    """The one file in an archive, held in memory.

    Raises:
        IngestError: there is not one file inside, it is damaged, or it is far larger than told.
    """
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if found == "gzip":
        with reading(BROKEN), gzip.GzipFile(fileobj=stream) as packed:
            return _copied(packed, size)
    with archive(stream, BROKEN, MOST_UNPACKED) as opened:
        inside = [i for i in opened.infolist() if not _aside(i)]
        if len(inside) != 1:
            raise IngestError(
                f"The archive holds {so_many(len(inside), 'file')}, but no Excel table.",
                "Unpack it and choose the table inside.",
            )
        if inside[0].flag_bits & 1:
            raise IngestError(
                "The archive is locked with a password.",
                "Unpack it and choose the table inside.",
            )
        with opened.open(inside[0]) as member:
            return _copied(member, size)


def _aside(info: ZipInfo) -> bool:
    """Whether a member of an archive is a folder, or what a Mac adds."""
    last = info.filename.rstrip("/").split("/")[-1]
    return info.is_dir() or "__MACOSX" in info.filename or last.startswith(".")


def _copied(packed: IO[bytes] | gzip.GzipFile, size: int) -> IO[bytes]:
    made = io.BytesIO()
    while block := packed.read(HEAD):
        made.write(block)
        check_unpacked(made.tell(), size, BROKEN, MOST_UNPACKED)
    made.seek(0)
    return made
