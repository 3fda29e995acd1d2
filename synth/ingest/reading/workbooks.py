"""Sheets of workbooks as rows of typed cells: .xlsx, .ods and the old .xls.

Cells of .xlsx and .ods are read by calamine, which is fast but lays a sheet out as a rectangle: one
stray cell far out would take more memory than there is, so how far a sheet reaches is found first.
Cells of .xls are read by xlrd, which is slow but cannot take the process with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from synth.errors import IngestError
from synth.incoming import Refusal, archive, reading
from synth.lazily import compiled

MOST_CELLS = 50_000_000  # of one sheet, laid out
BLOCK = 1 << 20  # bytes
CELL = compiled(rb'<(?:\w+:)?c [^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
ROW = compiled(rb"<table:table-row\b([^>]*?)(?:/>|>(.*?)</table:table-row>)", re.DOTALL)
OPEN_CELL = compiled(rb"<table:(?:covered-)?table-cell\b([^>]*)>")
REPEATED = compiled(rb'number-(?:rows|columns)-repeated="(\d{1,12})"')
PADDED = compiled(rb'formatCode="00+"')
ZEROS = compiled("00+")
UNCACHED = compiled(rb"(?:</f>|<f[^>]*/>)\s*(?:<v>\s*</v>|<v\s*/>)?\s*</c>")
MOST_UNPACKED = 1 << 30  # bytes
BROKEN = Refusal(IngestError, "The Excel file is damaged.", "Save it again, or as CSV.")


@dataclass(frozen=True, repr=False)
class Sheet:
    """One sheet.

    Args:
        rows: its cells from the first row on: text, numbers, truth values, dates, times, durations
            and None.
        merged: areas of merged cells, as first row, first column, last row, last column.
        digits: of a cell that shows zeros before its number, by row and column from 0: how many. By
            its own format alone: by that of its column, one row could change all others.
        uncached: how many formulas have no value saved with them.
    """

    name: str
    rows: list[list[Any]]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    digits: Mapping[tuple[int, int], int] = field(default_factory=dict)
    uncached: int = 0


def sheets_of(stream: IO[bytes], asked: str) -> tuple[tuple[str, ...], Sheet]:
    """The names of all sheets with anything in them, and the one asked for, or the largest.

    Raises:
        IngestError: the workbook is damaged or empty, or has no such sheet.
    """
    stream.seek(0)
    magic = stream.read(4)
    stream.seek(0)
    try:
        with reading(BROKEN):
            return _old(stream, asked) if magic[:2] == b"\xd0\xcf" else _new(stream, asked)
    except IngestError:
        raise
    except Exception as error:  # three libraries with errors of their own
        raise BROKEN.of(error) from None


def _chosen(sizes: dict[str, int], asked: str) -> tuple[tuple[str, ...], str]:
    filled = tuple(n for n, size in sizes.items() if size)
    if not filled:
        raise IngestError("No sheet holds anything.", "Put the table on a sheet.")
    if asked and asked not in sizes:
        raise IngestError(
            f"The workbook has no sheet `{asked}`.",
            f"It has {', '.join(f'`{n}`' for n in filled[:20])}.",
            about=("sheet",),
        )
    return filled, asked or max(filled, key=lambda n: sizes[n])


def _new(stream: IO[bytes], asked: str) -> tuple[tuple[str, ...], Sheet]:
    import python_calamine

    uncached = _checked(stream)
    stream.seek(0)
    book = python_calamine.CalamineWorkbook.from_object(stream)
    found = {n: book.get_sheet_by_name(n) for n in book.sheet_names}
    sizes = {n: s.height * s.width for n, s in found.items()}
    names, name = _chosen(sizes, asked)
    sheet = found[name]
    rows = sheet.to_python(skip_empty_area=False)
    merged = [(*a, *b) for a, b in sheet.merged_cell_ranges or ()]
    return names, Sheet(name, rows, tuple(merged), _digits(stream, name), uncached)


def _checked(stream: IO[bytes]) -> int:
    """How many formulas have no value. Raises IngestError where a sheet reaches too far."""
    uncached = 0
    with archive(stream, BROKEN, MOST_UNPACKED) as opened:
        names = opened.namelist()
        if "xl/workbook.bin" in names:
            raise IngestError("This is a binary Excel file (.xlsb).", "Save it as .xlsx.")
        for name in names:
            if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
                with opened.open(name) as part:
                    uncached += _reach(part)
            elif name == "content.xml":
                _reach_of_ods(opened.read(name))
    return uncached


def _reach(part: IO[bytes]) -> int:
    rows, columns, uncached, rest = 1, b"A", 0, b""
    while block := part.read(BLOCK):
        block = rest + block
        cut = block.rfind(b"<c ")
        rest = block[cut:] if cut > 0 and len(block) - cut < BLOCK else b""
        block = block[: len(block) - len(rest)]
        for letters, number in CELL.findall(block):
            if (len(letters), letters) > (len(columns), columns):
                columns = letters
            rows = max(rows, int(number))
        uncached += len(UNCACHED.findall(block)) if b"<f" in block else 0
    uncached += len(UNCACHED.findall(rest))
    for letters, number in CELL.findall(rest):
        columns = max(columns, letters, key=lambda x: (len(x), x))
        rows = max(rows, int(number))
    width = 0
    for letter in columns:
        width = 26 * width + letter - 64
    _check_area(rows, width)
    return uncached


def _reach_of_ods(content: bytes) -> None:
    rows = last = width = 0
    for told, inner in ROW.findall(content):
        repeated = REPEATED.search(told)
        rows += int(repeated[1]) if repeated else 1
        at = 0
        for cell in OPEN_CELL.findall(inner):
            times = REPEATED.search(cell)
            at += int(times[1]) if times else 1
            if b"value" in cell or not cell.endswith(b"/"):
                last, width = rows, max(width, at)
    _check_area(last, width)


def _check_area(rows: int, width: int) -> None:
    if rows * width > MOST_CELLS:
        raise IngestError(
            f"A sheet reaches over {rows:,} rows and {width:,} columns, most of them empty.",
            "Copy the table alone onto a new sheet, or save it as CSV.",
        )


def _digits(stream: IO[bytes], name: str) -> dict[tuple[int, int], int]:
    """How many digits numbers show at least, of cells with a format of zeros."""
    stream.seek(0)
    with archive(stream, BROKEN, MOST_UNPACKED) as opened:
        styles = "xl/styles.xml"
        told = opened.read(styles) if styles in opened.namelist() else b""
    if not PADDED.search(told):
        return {}
    import openpyxl  # half a second, and all cells again, that only zeros are worth

    stream.seek(0)
    book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
    return {
        (cell.row - 1, cell.column - 1): len(cell.number_format)
        for row in book[name].iter_rows()
        for cell in row
        if isinstance(cell.value, int | float) and ZEROS.fullmatch(str(cell.number_format))
    }


def _old(stream: IO[bytes], asked: str) -> tuple[tuple[str, ...], Sheet]:
    import os

    import xlrd

    with open(os.devnull, "w", encoding="utf-8") as silent:
        book = xlrd.open_workbook(file_contents=stream.read(), formatting_info=True, logfile=silent)
    found = {s.name: s for s in book.sheets()}
    names, name = _chosen({n: s.nrows * s.ncols for n, s in found.items()}, asked)
    sheet = found[name]
    _check_area(sheet.nrows, sheet.ncols)
    digits = {}
    rows = []
    for r in range(sheet.nrows):
        cells = []
        for c, cell in enumerate(sheet.row(r)):
            value = _value(xlrd, cell, book.datemode)
            if isinstance(value, float):
                told = book.format_map[book.xf_list[cell.xf_index].format_key].format_str
                if ZEROS.fullmatch(told):
                    digits[r, c] = len(told)
            cells.append(value)
        rows.append(cells)
    merged = [(top, left, end - 1, right - 1) for top, end, left, right in sheet.merged_cells]
    return names, Sheet(name, rows, tuple(merged), digits)


def _value(xlrd: Any, cell: Any, datemode: int) -> Any:
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR):
        return None
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype != xlrd.XL_CELL_DATE:
        return cell.value
    if cell.value < 1:
        return (datetime(1900, 1, 1) + timedelta(days=cell.value)).time()
    return xlrd.xldate_as_datetime(cell.value, datemode)


def shown(value: Any, digits: int = 1) -> str:
    """A cell as the text a person sees; a number with the 15 digits that Excel keeps.

    A midnight is a day: whether others of its column have a time of day does not matter.

    Args:
        digits: how many a whole number shows at least.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value).zfill(digits)
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 1e15
        return str(int(value)).zfill(digits) if whole else format(value, ".15g")
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
        return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if isinstance(value, time):
        return _rounded(datetime.combine(date(2000, 1, 1), value)).strftime("%H:%M:%S")
    if isinstance(value, datetime):
        value = _rounded(value)
        return str(value.strftime("%Y-%m-%d" if value.time() == time() else "%Y-%m-%d %H:%M:%S"))
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _rounded(value: datetime) -> datetime:
    """To the second: Excel counts in days, so that a second is not exact."""
    try:
        return (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    except OverflowError:
        return value.replace(microsecond=0)


def filled(rows: list[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Rows with anything in them, without empty cells at their end, counted from 1."""
    for at, row in enumerate(rows, 1):
        end = len(row)
        while end and not row[end - 1].strip():
            end -= 1
        if end:
            yield at, row[:end]
