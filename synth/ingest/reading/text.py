"""Text files: how they are laid out, told from their first megabyte, and their rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from synth.errors import IngestError
from synth.ingest.reading.encodings import BLOCK, Encoded, encoding_of
from synth.ingest.reading.eurostat import eurostat
from synth.ingest.reading.layout import LOOKED, NUMBER, Layout, layout_of
from synth.ingest.reading.said import Choices, Click, Noticed, Read
from synth.ingest.reading.tidy import categorical
from synth.ingest.width import check_width
from synth.lazily import compiled, pa, pd
from synth.schema.written import Written

DELIMITERS = (",", "\t", ";", "|", "^", "~", "\x01", "\x1f")
BLANK = " "  # one or more blanks between two fields
FIXED = "fixed"  # fields of a fixed width
QUOTED = compiled(r"\s*'[^']*'\s*")
NO_AGREEMENT = (0.0, 0, 0)
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


@dataclass(frozen=True)
class Fields:
    """What stands between two fields of a line, and around one that holds it."""

    delimiter: str
    quote: str = '"'


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
    fields = Fields(delimiter, quote_of(lines, delimiter))
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
    return Read(frame, noticed, written)


def _check_lines(text: str, whole: bool) -> None:
    if not whole and "\n" not in text and "\r" not in text:
        check_width(max(text.count(d) for d in DELIMITERS), "more than ")
        raise IngestError(
            "The file has no line end in its first megabyte, so it is not a table.",
            "Choose a CSV with a header line and one line per row.",
        )


def delimiter_of(text: str) -> str:
    """What stands between two fields, by the first lines of a text."""
    found = {d: _agreement(text, d) for d in DELIMITERS}
    best = max(DELIMITERS, key=lambda d: found[d])
    if found[best] > NO_AGREEMENT:
        return best
    return BLANK if _blanks(text) else FIXED if _fixed(text) else ","


def _agreement(text: str, delimiter: str) -> tuple[float, int, int]:
    """How well a delimiter explains the lines: the more, the better.

    Returns:
        the share of lines with as many fields as most, from the first such line on; how many lines
        stand before that, less being better; and the number of fields.
    """
    fields = [len(r) for r in _some_rows(text, delimiter) if r]
    several = [f for f in fields if f > 1]
    if not several:
        return NO_AGREEMENT
    usual = max(sorted(set(several)), key=several.count)
    first = fields.index(usual)
    share = fields.count(usual) / (len(fields) - first)
    if share < 0.3 or (first > 0 and fields.count(usual) < 2):
        return NO_AGREEMENT
    # A line more or less is no reason to prefer three fields to thirty.
    return (round(share, 1), -first, usual)


def _some_rows(text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if not (row and row[0].startswith("#")):
                rows.append(row)
            if len(rows) >= LOOKED:
                break
    except csv.Error:  # a field longer than the reader allows
        return []
    return rows


def _plain_lines(text: str) -> list[str]:
    found = [x for x in text.splitlines() if x.strip() and not x.startswith("#")]
    return found[:LOOKED]


def _blanks(text: str) -> bool:
    """Whether each line has as many words as the others, and some column of them is numbers."""
    rows = [x.split() for x in _plain_lines(text)]
    if len(rows) < 2 or len(rows[0]) < 2 or any(len(r) != len(rows[0]) for r in rows):
        return False
    return any(all(NUMBER.fullmatch(c) for c in column) for column in zip(*rows[1:], strict=True))


def _fixed(text: str) -> bool:
    """Whether the lines have blanks at the same places, between fields that line up."""
    lines = _plain_lines(text)
    width = max(map(len, lines), default=0)
    if len(lines) < 3 or width < 3:
        return False
    body = [x.ljust(width) for x in lines[1:]]
    blank = "".join(" " if all(x[i] == " " for x in body) else "x" for i in range(width))
    fields = blank.split()
    wide = re.search(r"x {2,}x", blank) or sum(" " * 2 in x.strip() for x in body) > len(body) / 2
    return len(fields) > 1 and bool(wide)


def quote_of(text: str, delimiter: str) -> str:
    """The mark around fields: the simple one where it stands around each name."""
    first = text.lstrip("\ufeff\r\n").splitlines()[:1]
    cells = first[0].split(delimiter) if first else []
    return "'" if len(cells) > 1 and all(map(QUOTED.fullmatch, cells)) else '"'


def _start(text: str, fields: Fields, skipped: int) -> Start:
    """The first rows of a text behind its first `skipped` lines."""
    lines = list(io.StringIO(text, newline=""))
    ends = [0]
    for line in lines:
        ends.append(ends[-1] + len(line))
    rows: list[list[str]] = []
    at: list[int] = []
    first = skipped + _comments(lines[skipped:], fields.delimiter)
    reader = csv.reader(iter(lines[first:]), delimiter=fields.delimiter, quotechar=fields.quote)
    before = first
    try:
        for row in reader:
            if any(c.strip() for c in row):
                rows.append(row)
                at.append(before)
            before = first + reader.line_num
            if len(rows) > LOOKED + 50:
                break
    except csv.Error:
        raise IngestError(
            f"Line {before + 1:,} holds a field of more than {csv.field_size_limit():,} "
            "characters; a quote may be open.",
            "Close it, or correct that line.",
        ) from None
    noticed: tuple[Noticed, ...] = ()
    if first > skipped:
        noticed = (Noticed(f"The first {first - skipped:,} lines are comments and were left out."),)
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
    noticed: tuple[Noticed, ...] = ()
    if ragged:
        stream.seek(offset)
        text = _as_text(stream, encoded.plain)
        noticed = (_said_of_ragged(text, fields, len(names), len(ragged), before, choices),)
    return pd.DataFrame({n: categorical(table[n]) for n in layout.names}), noticed


def _parsed(
    stream: IO[bytes], offset: int, encoded: Encoded, fields: Fields, names: list[str], skip: Any
) -> pa.Table:
    stream.seek(offset)
    source, plain = stream, encoded.plain
    if plain == "utf-8" and encoded.noticed:  # some bytes are not, and are read as a mark of that
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
    reader = csv.reader(text, delimiter=fields.delimiter, quotechar=fields.quote)
    line = before
    for row in _until_wrong(reader):
        if row and len(row) != width:
            told.append((line, len(row)))
        elif row:
            last, good = line, good + 1
        line = before + reader.line_num
    where = ", ".join(f"line {at:,} ({fields})" for at, fields in told[:MOST_TOLD])
    more = f" and {len(told) - MOST_TOLD:,} more" if len(told) > MOST_TOLD else ""
    what = f"{many:,} lines do not have the {width} fields of the others"
    what += f": {where}{more}" if where else ""
    if choices.skip_ragged:
        return Noticed(f"{what}. They were left out.", "Correct them to keep them.")
    ending = told and good and told[0][0] > last
    raise IngestError(
        what + ("; they stand at the end, as totals and footnotes do." if ending else "."),
        "Quote values that contain the delimiter, or correct those lines. To read on without them, "
        "set skip_ragged = true in [source].",
        about=("skip_ragged",),
    )


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
            f"{len(wrong):,} lines do not have the {len(layout.names)} fields of the others: "
            + ", ".join(f"line {i:,}" for i, _ in wrong[:MOST_TOLD])
        )
        if not choices.skip_ragged:
            raise IngestError(
                f"{what}.",
                "Correct them, or set skip_ragged = true in [source] to read on without them.",
                about=("skip_ragged",),
            )
        noticed.append(Noticed(f"{what}. They were left out.", "Correct them to keep them."))
    kept = [r for r in body if len(r) == len(layout.names)]
    frame = pd.DataFrame(kept, columns=list(layout.names), dtype="category")
    return Read(frame, tuple(noticed), Written("\t", encoded.name, line_end=_end(text)))


def _said_of_aligned(delimiter: str) -> Noticed:
    how = "divided by blanks" if delimiter == BLANK else "of a fixed width"
    return Noticed(
        f"The fields were read as {how}.",
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
    name = {"utf-16-le": "utf-16"}.get(encoded.name, encoded.name)
    if raw.isascii() and not name.startswith("utf"):
        name = "utf-8"
    return Written(delimiter, name, every, _end(text[: ends[place]]))
