"""Markdown in which nothing acts: whatever a name or a title holds, nobody can be led away by it.

Sentences are put together of our words and of names from tables. Where they leave for a page or a
Markdown file, links, pictures, HTML, formulas and directives become plain words; bold, code, lists
and tables stay. What is written so already is left as it is.
"""

from __future__ import annotations

import re
from string import punctuation

ACTING = re.compile(
    r"[\\`<$]|\](?=[(\[:])"  # escapes, code, HTML, formulas; of `[x](y)`, `[x][y]` and `[x]: y`
    r"|:(?=[A-Za-z][\w-]*[\[{])"  # a directive: `:red[…]`
    r"|https?:(?=//)|www(?=\.)",  # what is a link without brackets
    re.IGNORECASE,
)
JOINER = "\u2060"  # a sign without width, which parts a word for programs alone
TICKS = re.compile("`+")


def inert(text: str) -> str:
    r"""The text, of which nothing acts.

    Code is told line by line and within a cell of a table: whatever begins as code and does not end
    there is no code for any reader of the outcome.

    >>> print(inert("**No** column `a` [b](c)` or `d`."))
    **No** column `a` [b\](c)` or `d\`.
    >>> inert("- `age [years]`: **a** < b") == r"- `age [years]`: **a** \< b"
    True
    """
    return "\n".join(map(_line, text.split("\n")))


def _line(line: str) -> str:
    made, at = [], 0
    while found := ACTING.search(line, at):
        made.append(line[at : found.start()])
        at, told = _token(line, found)
        made.append(told)
    return "".join((*made, line[at:]))


def _token(line: str, found: re.Match[str]) -> tuple[int, str]:
    """Where a piece that may act ends, and what becomes of it."""
    at, sign = found.start(), found[0]
    if sign == "\\":
        escaped = line[at + 1 : at + 2] in tuple(punctuation)
        return at + 1 + escaped, line[at : at + 1 + escaped]
    if sign == "`":
        return _code(line, at)
    return found.end(), f"\\{sign}" if len(sign) == 1 else sign + JOINER


def _code(line: str, at: int) -> tuple[int, str]:
    """A piece of code up to its end; ticks without one are ticks."""
    ticks = TICKS.match(line, at)
    assert ticks is not None
    cell = line.find("|", ticks.end())
    for last in TICKS.finditer(line, ticks.end(), len(line) if cell < 0 else cell):
        if len(last[0]) == len(ticks[0]):
            return last.end(), line[at : last.end()]
    return ticks.end(), "\\`" * len(ticks[0])
