"""Where in a query a mistake is: the line as it was written, and a caret beneath."""

from __future__ import annotations

import re

from synth.errors import QueryError, SynthError
from synth.lazily import compiled

COMPLETE = compiled(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
MOST = 100  # characters of a long line that are shown around the place


def place_of(text: str, error: SynthError) -> tuple[int, int] | None:
    """Line and column, counted from 1; None where neither the error nor the text tells.

    An error without a place of its own is looked for by what it is about.
    """
    if isinstance(error, QueryError) and error.line:
        return error.line, error.column
    for name in error.about:
        if found := re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE):
            return _place(text, found.start())
    return None


def unclosed(text: str) -> tuple[int, int] | None:
    """Where a quote or comment begins that never ends."""
    rest = COMPLETE.sub(lambda found: " " * len(found[0]), text)
    # Blanks keep the length, not the line breaks, so the place is looked up in the text.
    found = re.search(r"['\"]|/\*", rest)
    return _place(text, found.start()) if found else None


def _place(text: str, at: int) -> tuple[int, int]:
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def pointed(text: str, error: SynthError) -> str:
    """The line with a caret under the place; "" where it is not known."""
    place = place_of(text, error)
    lines = text.split("\n")
    if place is None or not 0 < place[0] <= len(lines):
        return ""
    number, column = place
    line = lines[number - 1].expandtabs(1).rstrip("\r")
    begin = max(0, column - 1 - MOST // 2)
    shown = line[begin : begin + MOST]
    margin = f"{number} | "
    return f"{margin}{shown}\n{' ' * (len(margin) + column - 1 - begin)}^"
