"""What divides the fields of a text file, told from its first lines."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from synth.ingest.reading.layout import LOOKED, NUMBER
from synth.lazily import compiled

DELIMITERS = (",", "\t", ";", "|", "^", "~", "\x01", "\x1f")
COLON = ":"  # where nothing else divides
BLANK = " "  # one or more blanks between two fields
FIXED = "fixed"  # fields of a fixed width
QUOTED = compiled(r"\s*'[^']*'\s*")
LONGEST = 131_072  # characters of a field; a longer one begins with a quote that is not closed
EUROSTAT = compiled(r"\ufeff?[\w,]*,\w+\\\w+\t")  # commas within the first field
NO_AGREEMENT = (0.0, 0, 0)


@dataclass(frozen=True)
class Fields:
    """What stands between two fields of a line, and around one that holds it.

    Args:
        spaced: whether blanks stand between a delimiter and a quote, which belong to no field.
        escaped: whether a quote within quotes has a backslash before it, as databases write it.
    """

    delimiter: str
    quote: str = '"'
    spaced: bool = False
    escaped: bool = False

    def reader(self, lines: Iterable[str]) -> Any:
        """What reads the rows of some lines."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            skipinitialspace=self.spaced,
        )


def fields_of(text: str, delimiter: str) -> Fields:
    """The mark around fields: the simple one where it stands around each name."""
    first = text.lstrip("\ufeff\r\n").splitlines()[:1]
    cells = first[0].split(delimiter) if first else []
    quote = "'" if len(cells) > 1 and all(map(QUOTED.fullmatch, cells)) else '"'
    lines = text.splitlines()[:LOOKED]
    spaced = re.compile(
        rf"{re.escape(delimiter)} +{quote}[^{quote}]*{quote} *(?:{re.escape(delimiter)}|$)"
    )
    within = r'(?:[^"\\]|\\.)*'
    escaped = re.compile(
        rf'(?:^|{re.escape(delimiter)})"{within}\\"{within}"(?:{re.escape(delimiter)}|$)'
    )
    return Fields(
        delimiter,
        quote,
        spaced=sum(map(bool, map(spaced.search, lines))) > len(lines) / 2,
        escaped=quote == '"' and any(map(escaped.search, lines)),
    )


def delimiter_of(text: str) -> str:
    """What stands between two fields, by the first lines of a text."""
    if EUROSTAT.match(text):
        return "\t"
    found = {d: _agreement(text, d) for d in DELIMITERS}
    best = max(DELIMITERS, key=lambda d: found[d])
    if found[best] > NO_AGREEMENT:
        return best
    if _blanks(text) or _fixed(text):
        return BLANK if _blanks(text) else FIXED
    share, first, fields = _agreement(text, COLON)  # times of day below a name have more than it
    return COLON if share == 1 and first == 0 and fields > 2 else ","


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
            if any(len(c) > LONGEST for c in row):  # whatever others set the reader's limit to
                return []
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
    """Whether each line has as many words as the others, and some column of them is numbers.

    The first may have one less: R gives its row names no name. What is in quotes is one word.
    """
    lines = [x.strip() for x in _plain_lines(text)]
    rows = list(csv.reader(lines, delimiter=BLANK, skipinitialspace=True))
    width = len(rows[-1]) if rows else 0
    if len(rows) < 2 or len(rows[0]) not in (width, width - 1) or len(rows[0]) < 2:
        return False
    if any(len(r) != width for r in rows[1:]):
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
