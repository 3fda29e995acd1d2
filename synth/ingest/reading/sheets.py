"""The table on a sheet of a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import IO

from synth.errors import IngestError
from synth.ingest.reading.layout import LOOKED, layout_of
from synth.ingest.reading.said import Choices, Click, Noticed, Read, listed
from synth.ingest.reading.workbooks import Sheet, filled, sheets_of, shown
from synth.ingest.width import check_width
from synth.lazily import pd

MOST_SHEETS = 8  # offered on the screen


def read_sheet(stream: IO[bytes], choices: Choices) -> Read:
    """The table on the sheet that is asked for, or else on the one with the largest table.

    Every cell is a text, which hangs on no other row.

    Raises:
        IngestError: the workbook is damaged or empty, or has no such sheet.
    """
    names, sheet = sheets_of(stream, choices.sheet)
    rows = [
        [shown(v, sheet.digits.get((at, i), 1)).strip() for i, v in enumerate(r)]
        for at, r in enumerate(sheet.rows)
    ]
    told = list(filled(rows))
    if not told:
        raise IngestError("The sheet is empty.", "Put the table on it, or choose another.")
    left = min(next(i for i, cell in enumerate(r) if cell) for _, r in told)
    sheet, told = _moved(sheet, left), [(at, r[left:]) for at, r in told]
    width = max(len(r) for _, r in told)
    check_width(width)
    lines = [at for at, _ in told]
    cells = [r + [""] * (width - len(r)) for _, r in told]
    layout = layout_of(cells[: LOOKED + 50], lines[: LOOKED + 50], choices)
    first = layout.first
    spread = _spread(sheet, cells, lines, first)
    if spread:
        layout = layout_of(cells[: LOOKED + 50], lines[: LOOKED + 50], choices)
    noticed = [*_said_of_sheets(names, sheet.name, choices), *layout.noticed]
    if spread > 1:
        noticed.append(Noticed("Merged cells were read as if each held the value they share."))
    if sheet.uncached:
        noticed.append(
            Noticed(
                f"{sheet.uncached:,} formulas have no value saved with them, and their cells were "
                "read as missing.",
                "Open the workbook in Excel or LibreOffice and save it.",
            )
        )
    wide = len(layout.names)
    frame = pd.DataFrame(
        [r[:wide] for r in cells[layout.first :]], columns=list(layout.names), dtype="category"
    )
    return Read(frame, tuple(noticed))


def _moved(sheet: Sheet, left: int) -> Sheet:
    """The sheet without so many empty columns on its left: its merged areas move along."""
    areas = tuple((a, max(b - left, 0), c, d - left) for a, b, c, d in sheet.merged if d >= left)
    return replace(sheet, merged=areas)


def _spread(sheet: Sheet, cells: list[list[str]], lines: Sequence[int], first: int) -> int:
    """Write the value of merged cells into each of them; 0 for none, 1 in names, 2 among rows.

    A title over the whole table is left alone, and so are names over several lines, whose blanks
    are filled when they are joined.
    """
    places = {line: i for i, line in enumerate(lines)}
    done = 0
    for top, left, bottom, right in sheet.merged:
        at = places.get(top + 1)
        if at is None or at < first - 1 or (at < first and bottom > top):
            continue
        if at < first and right - left + 1 >= len(cells[at]):
            continue
        value = cells[at][left] if left < len(cells[at]) else ""
        for line in range(top + 1, min(bottom + 1, lines[-1]) + 1):
            if (row := places.get(line)) is not None:
                for column in range(left, min(right + 1, len(cells[row]))):
                    cells[row][column] = value
        done = max(done, 2 if at >= first else 1)
    return done


def _said_of_sheets(names: Sequence[str], name: str, choices: Choices) -> list[Noticed]:
    if len(names) < 2 or choices.sheet:
        return []
    others = [n for n in names if n != name]
    return [
        Noticed(
            f"The workbook has {len(names)} sheets; `{name}`, with the largest table, was read. "
            f"The others are {listed(others)}.",
            'To read another, set sheet = "…" in [source].',
            tuple(Click(f"Read `{n}`", "sheet", n) for n in others[:MOST_SHEETS]),
        )
    ]
