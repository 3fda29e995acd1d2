"""Text files: how they are laid out, told from their first megabyte, and their rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO, Any

from synth.errors import IngestError
from synth.ingest.reading.dividing import (
    BLANK,
    DELIMITERS,
    FIXED,
    LONGEST,
    Fields,
    delimiter_of,
    fields_of,
)
from synth.ingest.reading.encodings import BLOCK, Encoded, encoding_of
from synth.ingest.reading.eurostat import eurostat
from synth.ingest.reading.layout import LOOKED, Layout, layout_of
from synth.ingest.reading.ruled import BAR, ruled, without_rules
from synth.ingest.reading.said import Choices, Click, Noticed, Read
from synth.ingest.reading.tidy import categorical
from synth.ingest.width import check_width
from synth.lazily import pa, pd
from synth.schema.written import Written
from synth.wording import so_many

MOST_TOLD = 5  # lines named where some are ragged


@dataclass(frozen=True)
class Start:
    """The first rows of a text file.

    Args:
        rows: their cells; empty lines and comments are left out.
        lines: where each begins, counted from 1.
        places: the characters before each, from the beginning of the text.
        noticed: what was left out.
    """

    rows: list[list[str]]
    lines: list[int]
    places: list[int]
    noticed: tuple[Noticed, ...] = ()


def read_text(stream: IO[bytes], choices: Choices) -> Read:
    """The table in a text file, every cell a text of a categorical.

    Raises:
        IngestError: it is not a table, or some lines do not have as many fields as the others.
    """
    encoded = encoding_of(stream, choices.encoding)
    stream.seek(encoded.mark)
    head = stream.read(BLOCK)
    text = head.decode(encoded.plain, errors="replace")
    whole = len(head) < BLOCK
    _check_lines(text, whole)
    lines = text if whole else text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
    told = re.match(r"(?:\ufeff)?sep=(.)\r?\n?", lines, re.IGNORECASE)
    delimiter = choices.delimiter or (told[1] if told else delimiter_of(lines))
    if len(delimiter) != 1 and delimiter != FIXED:
        raise IngestError(
            "A delimiter is one character.",
            'Set `delimiter` to one, such as ";", or " " for runs of blanks.',
            about=("delimiter",),
        )
    if delimiter in (BLANK, FIXED):
        return _read_aligned(stream, encoded, delimiter, choices)
    if choices.delimiter in ("", BAR) and ruled(lines):
        return _read_ruled(stream, encoded, choices)
    fields = fields_of(lines, delimiter)
    lines = lines.replace('\\"', '""') if fields.escaped else lines  # of the same length
    start = _start(lines, fields, 1 if told else 0)
    if not start.rows:
        raise IngestError("The file holds no table.", "Choose a file with a header and rows.")
    layout = layout_of(start.rows, start.lines, choices)
    place = start.places[layout.first] if layout.first < len(start.rows) else len(lines)
    offset = encoded.mark + len(lines[:place].encode(encoded.plain, errors="replace"))
    before = start.lines[layout.first] if layout.first < len(start.rows) else 0
    frame, ragged = _rows(stream, offset, encoded, fields, layout, choices, before)
    noticed = (*encoded.noticed, *start.noticed, *layout.noticed, *ragged)
    split = eurostat(frame) if delimiter == "\t" else None
    if split is not None:
        frame, said = split
        noticed = (*noticed, said)
    written = _written(lines, delimiter, encoded, start, layout.first)
    return _kept(Read(frame, noticed, written), encoded, choices)


def _check_lines(text: str, whole: bool) -> None:
    if not whole and "\n" not in text and "\r" not in text:
        check_width(max(text.count(d) for d in DELIMITERS), "more than ")
        raise IngestError(
            "The file has no line end in its first megabyte, so it is not a table.",
            "Choose a CSV with a header line and one line per row.",
        )


def _start(text: str, fields: Fields, skipped: int) -> Start:
    """The first rows of a text behind its first `skipped` lines."""
    lines = list(io.StringIO(text, newline=""))
    ends = [0]
    for line in lines:
        ends.append(ends[-1] + len(line))
    rows: list[list[str]] = []
    at: list[int] = []
    first = skipped + _comments(lines[skipped:], fields.delimiter)
    reader = fields.reader(iter(lines[first:]))
    before = first
    try:
        for row in reader:
            if any(len(c) > LONGEST for c in row):  # whatever others have set the reader's limit to
                raise csv.Error
            if any(c.strip() for c in row):
                rows.append(row)
                at.append(before)
            before = first + reader.line_num
            if len(rows) > LOOKED + 50:
                break
    except csv.Error:
        raise IngestError(
            f"Line {before + 1:,} holds a field of more than {LONGEST:,} "
            "characters; a quote may be open.",
            "Close it, or correct that line.",
        ) from None
    noticed: tuple[Noticed, ...] = ()
    if first > skipped:
        many = so_many(first - skipped, "line is a comment", "lines are comments")
        noticed = (Noticed(f"{many} at the beginning. {_left_out(first - skipped)}"),)
    return Start(rows, [i + 1 for i in at], [ends[i] for i in at], noticed)


def _comments(lines: list[str], delimiter: str) -> int:
    """How many lines at the beginning are comments; a header may begin with `#` too."""
    count = 0
    while count < len(lines) and (lines[count].startswith("#") or not lines[count].strip()):
        count += 1
    if not count or count == len(lines) or not any(x.startswith("#") for x in lines[:count]):
        return 0
    last, following = lines[count - 1], lines[count]
    if delimiter in last and last.count(delimiter) == following.count(delimiter):
        return count - 1
    return count


def _rows(
    stream: IO[bytes],
    offset: int,
    encoded: Encoded,
    fields: Fields,
    layout: Layout,
    choices: Choices,
    before: int,
) -> tuple[pd.DataFrame, tuple[Noticed, ...]]:
    """The rows from `offset` on, and what is to be said of those of another length."""
    names = [*layout.names, *(["\0"] if layout.empty_end else [])]
    ragged: list[int] = []

    def skip(row: Any) -> str:
        ragged.append(row.actual_columns)
        return "skip"

    try:
        table = _parsed(stream, offset, encoded, fields, names, skip)
    except (pa.ArrowException, UnicodeError, ValueError) as error:
        if isinstance(error, pa.ArrowInvalid) and "Empty CSV" in str(error):
            return pd.DataFrame(columns=list(layout.names)), ()
        raise IngestError(
            "The file could not be read as a table of text.",
            "Save it as CSV in UTF-8, with quotes around values that contain the delimiter.",
        ) from None
    _check_end(stream, table, fields.quote)
    noticed: tuple[Noticed, ...] = ()
    if ragged:
        stream.seek(offset)
        text = _as_text(stream, encoded.plain)
        if fields.escaped:
            text = _as_text(_unescaped(text), "utf-8")
        noticed = (_said_of_ragged(text, fields, len(names), len(ragged), before, choices),)
    return pd.DataFrame({n: categorical(table[n]) for n in layout.names}), noticed


def _check_end(stream: IO[bytes], table: pa.Table, quote: str) -> None:
    """Raise IngestError where a quote is open to the end, so that people are one cell."""
    last = table.column(table.num_columns - 1)[-1].as_py() if table.num_rows else ""
    if "\n" not in last and "\r" not in last:
        return
    stream.seek(-min(64, stream.seek(0, io.SEEK_END)), io.SEEK_END)
    if not stream.read().rstrip(b"\r\n \t\x00").endswith(quote.encode()):
        many = len(last.splitlines())
        raise IngestError(
            f"A quote in the last row is not closed: {many:,} lines were read as one value.",
            "Close it, or take it out.",
        )


def _parsed(
    stream: IO[bytes], offset: int, encoded: Encoded, fields: Fields, names: list[str], skip: Any
) -> pa.Table:
    stream.seek(offset)
    source, plain = stream, encoded.plain
    if fields.escaped:
        source, plain = _unescaped(_as_text(stream, plain)), "utf-8"
    elif fields.spaced:
        source, plain = _unspaced(_as_text(stream, plain), fields), "utf-8"
    elif plain == "utf-8" and encoded.noticed:  # some bytes are not, and are read as a mark of that
        source = io.BytesIO(_as_text(stream, plain).read().encode())
    return pa.csv.read_csv(
        source,
        read_options=pa.csv.ReadOptions(
            encoding=plain, column_names=names, skip_rows=0, block_size=8 << 20
        ),
        parse_options=pa.csv.ParseOptions(
            delimiter=fields.delimiter,
            quote_char=fields.quote,
            newlines_in_values=True,
            invalid_row_handler=skip,
        ),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=False,
        ),
    )


def _unspaced(text: IO[str], fields: Fields) -> IO[bytes]:
    """The same rows without blanks before quotes."""
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=fields.delimiter, quotechar=fields.quote).writerows(
        row for row in fields.reader(text) if row
    )
    return io.BytesIO(made.getvalue().encode())


def _unescaped(text: IO[str]) -> IO[bytes]:
    """The same with two quotes for one within quotes, as most programs write it."""
    return io.BytesIO(text.read().replace('\\"', '""').encode())


def _as_text(stream: IO[bytes], encoding: str) -> IO[str]:
    kept: Any = _Unclosed(stream)
    return io.TextIOWrapper(kept, encoding, errors="replace", newline="")


class _Unclosed(io.BufferedIOBase):
    """A stream that whoever reads it cannot close."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        return self._stream.read(-1 if size is None else size)

    def read1(self, size: int = -1, /) -> bytes:
        return self._stream.read(size)


def _said_of_ragged(
    text: IO[str], fields: Fields, width: int, many: int, before: int, choices: Choices
) -> Noticed:
    """Which lines have another number of fields.

    Raises:
        IngestError: the custodian has not said to read on without them.
    """
    told, last, good = [], 0, 0
    reader = fields.reader(text)
    line = before
    for row in _until_wrong(reader):
        if row and len(row) != width:
            told.append((line, len(row)))
        elif row:
            last, good = line, good + 1
        line = before + reader.line_num
    where = ", ".join(f"line {at:,} ({fields})" for at, fields in told[:MOST_TOLD])
    more = f" and {len(told) - MOST_TOLD:,} more" if len(told) > MOST_TOLD else ""
    lack = so_many(many, "line does not", "lines do not")
    what = f"{lack} have the {width} fields of the others"
    what += f": {where}{more}" if where else ""
    if choices.skip_ragged:
        return Noticed(f"{what}. {_left_out(many)}", "Correct what you want to keep.")
    ending = told and good and told[0][0] > last
    raise IngestError(
        what + ("; they stand at the end, as totals and footnotes do." if ending else "."),
        "Quote values that contain the delimiter, or correct what is wrong there; or read on "
        "without (`skip_ragged = true` under [source] of a recipe).",
        about=("skip_ragged",),
    )


def _left_out(lines: int) -> str:
    return f"{'It was' if lines == 1 else 'They were'} left out."


def _until_wrong(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from rows
    except csv.Error:
        return


def _read_aligned(stream: IO[bytes], encoded: Encoded, delimiter: str, choices: Choices) -> Read:
    """A file whose fields are divided by blanks, or have a fixed width."""
    stream.seek(encoded.mark)
    text = stream.read().decode(encoded.plain, errors="replace")
    lines = [(i, x) for i, x in enumerate(text.splitlines(), 1) if x.strip()]
    lines = [(i, x) for i, x in lines if not x.startswith("#")]
    if delimiter == BLANK:
        rows = list(csv.reader((x.strip() for _, x in lines), delimiter=" ", skipinitialspace=True))
    else:
        told = pd.read_fwf(
            io.StringIO("\n".join(x for _, x in lines)),
            header=None,
            dtype=str,
            keep_default_na=False,
            infer_nrows=LOOKED,
        )
        rows = told.to_numpy().tolist()
    layout = layout_of(rows, [i for i, _ in lines], choices)
    body = rows[layout.first :]
    wrong = [
        n for n, r in zip(lines[layout.first :], body, strict=True) if len(r) != len(layout.names)
    ]
    noticed = [*encoded.noticed, _said_of_aligned(delimiter), *layout.noticed]
    if wrong:
        what = (
            f"{so_many(len(wrong), 'line does not', 'lines do not')} have the "
            f"{len(layout.names)} fields of the others: "
            + ", ".join(f"line {i:,}" for i, _ in wrong[:MOST_TOLD])
        )
        if not choices.skip_ragged:
            raise IngestError(
                f"{what}.",
                "Correct what is wrong there; or read on without (`skip_ragged = true` under "
                "[source] of a recipe).",
                about=("skip_ragged",),
            )
        noticed.append(
            Noticed(f"{what}. {_left_out(len(wrong))}", "Correct what you want to keep.")
        )
    kept = [r for r in body if len(r) == len(layout.names)]
    frame = pd.DataFrame(kept, columns=list(layout.names), dtype="category")
    names = _encoding(lines[layout.first - 1][1] if layout.first else "", encoded)
    written = Written("\t", names, line_end=_end(text))
    return _kept(Read(frame, tuple(noticed), written), encoded, choices)


def _read_ruled(stream: IO[bytes], encoded: Encoded, choices: Choices) -> Read:
    """A table drawn with lines, which are left out."""
    stream.seek(encoded.mark)
    text = stream.read().decode(encoded.plain, errors="replace")
    plain = io.BytesIO(without_rules(text).encode())
    read = read_text(plain, replace(choices, encoding="utf-8", delimiter=BAR))
    said = Noticed("The lines drawn around the rows, and a count of the rows below, were left out.")
    written = Written(BAR, _encoding("".join(map(str, read.frame)), encoded), line_end=_end(text))
    read = replace(read, noticed=(*encoded.noticed, said, *read.noticed), written=written)
    return _kept(read, encoded, choices)


def _said_of_aligned(delimiter: str) -> Noticed:
    how = "divided by blanks" if delimiter == BLANK else "of a fixed width"
    return Noticed(
        f"The fields were read as {how}; the synthetic table has a tab between them.",
        'If the table has one column only, set delimiter = "," in [source].',
        (Click("It has one column only", "delimiter", ","),),
    )


def _end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n" if "\n" in text else "\r" if "\r" in text else "\r\n"


def _written(text: str, delimiter: str, encoded: Encoded, start: Start, first: int) -> Written:
    """How a file is written, by its header alone: names of columns are public, rows are not.

    Were the rows asked, one with an accent in it could change the encoding of what is written.
    """
    place = max(first - 1, 0)
    ends = [*start.places[1:], len(text)]
    raw = text[start.places[place] : ends[place]].strip("\r\n")
    every = raw == delimiter.join('"' + c.replace('"', '""') + '"' for c in start.rows[place])
    name = _encoding(raw, encoded)
    return Written(delimiter, name, every, _end(text[: ends[place]]))


def _encoding(header: str, encoded: Encoded) -> str:
    """The encoding that the names of the columns have."""
    name = {"utf-16-le": "utf-16"}.get(encoded.name, encoded.name)
    return "utf-8" if header.isascii() and not name.startswith("utf") else name


def _kept(read: Read, encoded: Encoded, choices: Choices) -> Read:
    """The same, in the encoding that the custodian gave; or with how it is kept, where none was."""
    if read.written is None or read.written.encoding != "utf-8" or encoded.name == "utf-8":
        return read
    if choices.encoding:
        return replace(read, written=replace(read.written, encoding=encoded.name))
    click = Click(f"Keep {encoded.name}", "encoding", encoded.name)
    what = "The synthetic table is written in UTF-8, as rows alone told the encoding of the file."
    remedy = f'To keep {encoded.name}, set encoding = "{encoded.name}" in [source].'
    if not encoded.noticed:
        return replace(read, noticed=(*read.noticed, Noticed(what, remedy, (click,))))
    (first,) = encoded.noticed  # two encodings are likely: one more button beside it
    both = replace(first, remedy=f"{first.remedy} {what} {remedy}", clicks=(*first.clicks, click))
    return replace(read, noticed=tuple(both if n is first else n for n in read.noticed))
