"""Where in rows of cells the names of the columns are, if anywhere, and where people begin.

What is looked at are the first rows, as text. It serves text files and sheets alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from synth.ingest.reading.said import MISSING_TEXTS, Choices, Click, Noticed, listed
from synth.ingest.width import check_width
from synth.lazily import compiled
from synth.wording import so_many

Cells = Sequence[str]
LOOKED = 300  # rows
TYPED = 0.8  # share of a column's cells that are numbers or dates, for a column of these
NUMBER = compiled(
    r"[-+]?[$£€]?\s?(\d[\d.,'\s\u00a0\u202f]*|[.,]\d+)([eE][-+]?\d+)?\s?[%€£$]?|-?inf"
)
DATE = compiled(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([ T]\d{1,2}:\d{2}.*)?|\d{1,2}:\d{2}(:\d{2})?")
IMPORT = '{"ImportId"'  # how Qualtrics begins each cell of its third line


@dataclass(frozen=True)
class Layout:
    """Columns of a table and the row its people begin in.

    Args:
        names: one for each column, all different.
        first: the index of the first row of data.
        empty_end: the last field of each row is empty and has no name.
    """

    names: tuple[str, ...]
    first: int
    empty_end: bool = False
    noticed: tuple[Noticed, ...] = ()


def layout_of(rows: Sequence[Cells], lines: Sequence[int], choices: Choices) -> Layout:
    """What the first rows of a table say of its columns.

    Args:
        rows: cells as text, without empty rows.
        lines: the line of each in the file, counted from 1.

    Raises:
        IngestError: there are too many columns.
    """
    width = _width(rows)
    check_width(max(width, len(rows[0]) if len(rows) == 1 else 0))
    noticed: list[Noticed] = []
    at, evidence = _where(rows, lines, width, choices)
    headed = evidence >= 0
    if evidence == 0:
        noticed.append(_said_of_doubt(lines[at]))
    if choices.header is None and at:
        noticed.append(_said_of_preamble(lines, at, headed))
    if not headed:
        noticed += [] if choices.header == 0 else [_said_of_none(lines[at])]
        ends = _empty_end(rows[at:], width, width)
        names = tuple(f"column {i + 1}" for i in range(width - ends))
        return Layout(names, at, ends, tuple(noticed))
    deep = choices.header_rows or _depth(rows, at, width)
    if deep > 1 and not choices.header_rows:
        noticed.append(_said_of_several(deep, lines[at]))
    cells = _joined(rows[at : at + deep], asked=choices.header_rows > 0)
    body = rows[at + deep :]
    unnamed = len(cells) < width or not cells[-1].strip()
    if unnamed and _empty_end(body, width, len(cells)):
        return Layout(_named(cells, width - 1, noticed), at + deep, True, tuple(noticed))
    if len(cells) == width - 1 and body:
        cells = ["", *cells]
        noticed.append(
            Noticed("The first column has no name, as row names of R have none: it is `column 1`.")
        )
    names = _named(cells, max(width, len(cells)), noticed)
    return Layout(names, at + deep, False, tuple(noticed))


def _width(rows: Sequence[Cells]) -> int:
    """The number of fields that most rows have."""
    return Counter(len(r) for r in rows[:LOOKED]).most_common(1)[0][0] if rows else 0


def _where(
    rows: Sequence[Cells], lines: Sequence[int], width: int, choices: Choices
) -> tuple[int, float]:
    """The row of the names, or that of the first data, and how far it looks like names."""
    if choices.header:
        later = [i for i, line in enumerate(lines) if line >= choices.header]
        return (later[0], 1.0) if later else (0, 1.0)
    at = 0
    while at < len(rows) - 1 and _before(rows[at], rows[at + 1 :], width):
        at += 1
    return at, -1.0 if choices.header == 0 else _evidence(rows[at], rows[at + 1 :], width)


def _before(row: Cells, later: Sequence[Cells], width: int) -> bool:
    """Whether a row stands above the table, such as a title."""
    if width < 2:
        return False
    if len(row) < width - 1 and not all(len(r) < len(row) for r in later[:LOOKED]):
        return True
    filled = [i for i, cell in enumerate(row) if cell.strip()]
    most = 1 if width < 4 else 2
    if len(filled) > 1 and _evidence(row, later, width) > 0 > _evidence(later[0], later[1:], width):
        return False  # a person follows: what is fuller further down is a note beside the table
    fuller = any(sum(map(bool, map(str.strip, r))) > most for r in later[:LOOKED])
    return fuller and len(filled) <= most and all(i < most for i in filled)


def _typed(cell: str) -> bool:
    told = cell.strip()
    return bool(NUMBER.fullmatch(told) or DATE.fullmatch(told))


def _evidence(row: Cells, body: Sequence[Cells], width: int) -> float:
    """Above 0 where a row names columns, below 0 where it is one like those below it."""
    data = names = 0.0
    counting = _counting([c.strip() for c in row if NUMBER.fullmatch(c.strip())])
    for i, cell in enumerate(row[:width]):
        told = cell.strip()
        below = [r[i].strip() for r in body[:LOOKED] if i < len(r)]
        below = [c for c in below if c not in MISSING_TEXTS]
        if told in MISSING_TEXTS or not below:
            continue
        typed = sum(map(_typed, below)) >= TYPED * len(below)
        if DATE.fullmatch(told) and not any(map(DATE.fullmatch, below)):
            names += 1  # a date above measurements names them
        elif typed and _typed(told):
            data += 0 if counting and NUMBER.fullmatch(told) else 1
        elif typed:
            names += 1
        elif told in below:
            data += 1
        elif len(set(below)) <= 0.5 * len(below):
            names += 0.5
    return names - data


def _counting(numbers: Sequence[str]) -> bool:
    """Whether they are years or places in order, as in a header, and not measurements."""
    if not numbers or not all(n.isdecimal() for n in numbers):
        return False
    found = [int(n) for n in numbers]
    steps = {b - a for a, b in pairwise(found)}
    years = all(1800 <= n <= 2200 for n in found)
    places = found[0] in (0, 1) and len(found) > 2
    return len(steps) <= 1 and 0 not in steps and (years or places)


def _depth(rows: Sequence[Cells], at: int, width: int) -> int:
    """How many rows the names take: more than one in exports of surveys."""
    for deep in (3, 2):
        if at + deep <= len(rows) and any(IMPORT in c for c in rows[at + deep - 1]):
            return deep
    if at + 3 > len(rows):
        return 1
    top, second, body = rows[at], rows[at + 1], rows[at + 2 :]
    blank = [i for i in range(1, min(width, len(top))) if not top[i].strip()]
    spanned = any(i < len(second) and second[i].strip() for i in blank)
    if not spanned:
        return 2 if _labels(second, body, width) else 1
    for i in range(width):
        above, cell = (r[i].strip() if i < len(r) else "" for r in (top, second))
        below = [r[i].strip() for r in body[:LOOKED] if i < len(r)]
        if above and not _typed(cell) and below and all(map(_typed, below)):
            return 2  # a person would have a number or a date there, as all others have
    return 1


def _labels(row: Cells, body: Sequence[Cells], width: int) -> bool:
    """Whether a row below the names explains them: questions, units, codes.

    A person would have a number or a date where all others have one; words that nobody else has
    stand there instead, in each such column that they stand in at all, and in two at least.
    """
    found = 0
    for i in range(min(width, len(row))):
        cell = row[i].strip()
        below = [r[i].strip() for r in body[:LOOKED] if i < len(r) and r[i].strip()]
        told = [c for c in below if c not in MISSING_TEXTS]
        if len(told) < 2 or not cell or cell in MISSING_TEXTS:
            continue
        if cell in told:
            return False
        typed = sum(map(_typed, told)) >= TYPED * len(told)
        if typed and (_typed(cell) or any(c.isdigit() for c in cell[:2])):
            return False
        found += typed
    return found > 1


def _joined(rows: Sequence[Cells], *, asked: bool) -> list[str]:
    """One name per column, from all rows of the names: a title spans the blanks to its right.

    Where each column has a name in the first row, the others explain it, unless the custodian has
    `asked` for them.
    """
    explained = not asked and all(c.strip() for c in rows[0])
    if len(rows) == 1 or explained or any(IMPORT in c for r in rows for c in r):
        return list(rows[0])
    width = max(map(len, rows))
    parts: list[list[str]] = [[] for _ in range(width)]
    for depth, row in enumerate(rows):
        spanning = ""
        for i in range(width):
            cell = row[i].strip() if i < len(row) else ""
            spanning = cell or (spanning if depth < len(rows) - 1 else "")
            if spanning and spanning not in parts[i] and spanning != "Response":
                parts[i].append(spanning)
    return [" - ".join(p) for p in parts]


def _empty_end(body: Sequence[Cells], width: int, named: int) -> bool:
    """Whether each row ends with a delimiter, so that a nameless field is empty everywhere."""
    told = body[:LOOKED]
    return (
        width > 1
        and named in (width - 1, width)
        and bool(told)
        and all(len(r) == width and not r[-1].strip() for r in told)
    )


def _named(cells: Sequence[str], width: int, noticed: list[Noticed]) -> tuple[str, ...]:
    """Names on one line, all different; what had to be done for that is noticed."""
    told = [" ".join(c.replace("\ufeff", "").split()) for c in cells[:width]]
    told += [""] * (width - len(told))
    names = all_different(told, noticed)
    if empty := told.count(""):
        noticed.append(_said_of_nameless(empty))
    if any("\n" in c.strip() or "\r" in c.strip() for c in cells):
        noticed.append(Noticed("Line breaks in the names of columns were read as blanks."))
    return names


def all_different(told: Sequence[str], noticed: list[Noticed]) -> tuple[str, ...]:
    """Names of columns, those numbered that stand there before, and one by its place for none."""
    names: list[str] = []
    numbered = []
    taken = {t for t in told if t}
    for i, name in enumerate(told):
        wanted = name or f"column {i + 1}"
        own, number = wanted, 2
        while own in names or (own in taken and own != name):
            own, number = f"{wanted} {number}", number + 1
        if own != wanted:
            numbered.append(own)
        names.append(own)
    if numbered:
        what = f"Names that stand more than once in the header were numbered: {listed(numbered)}."
        noticed.append(Noticed(what, "Give every column a name of its own."))
    return tuple(names)


def _said_of_nameless(count: int) -> Noticed:
    told = so_many(count, "column has no name and was", "columns have no name and were")
    return Noticed(f"{told} named by {'its' if count == 1 else 'their'} place.")


def _said_of_preamble(lines: Sequence[int], at: int, headed: bool) -> Noticed:
    where = f"the names of the columns are in line {lines[at]}" if headed else "the table begins"
    return Noticed(
        f"{so_many(lines[at] - 1, 'line stands', 'lines stand')} above the table: {where}"
        + ("." if headed else f" in line {lines[at]}."),
        "If the names are elsewhere, give their line as `header` in [source].",
        (Click("The names are in line 1", "header", 1),),
    )


def _said_of_doubt(line: int) -> Noticed:
    return Noticed(
        f"Line {line} was read as the names of the columns; the lines below it do not tell.",
        "If it is a person, set header = 0 in [source].",
        (Click(f"Line {line} is a person", "header", 0),),
    )


def _said_of_none(line: int) -> Noticed:
    return Noticed(
        f"Line {line} looks like a person and not like names of columns, so the columns are "
        "named by their place.",
        f"If it holds names, set header = {line} in [source].",
        (Click(f"Line {line} holds the names", "header", line),),
    )


def _said_of_several(deep: int, line: int) -> Noticed:
    return Noticed(
        f"The names of the columns take {deep} lines, from line {line}, as exports of surveys do; "
        "none of them was read as a person.",
        "If they take one line, set header_rows = 1 in [source].",
        (Click("The names take one line", "header_rows", 1),),
    )
