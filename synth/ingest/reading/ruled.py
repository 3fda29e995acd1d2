"""Tables drawn with lines: what `psql` and `mysql` print, and tables of Markdown and Org.

The lines are left out and the fields keep their `|`, so that the number of each line stays true.
"""

from __future__ import annotations

import csv
import io
import re

from synth.lazily import compiled

BAR = "|"
RULE = compiled(r"\s*[|+:]?[ \t]*:?[-=]{2,}[-=+|: \t]*")
LOOKED = 8  # lines, in which the first rule stands
DRAWN = str.maketrans("│┃║─━═┼╪╬╋├┤┝┥╞╡╠╣┌┐└┘┬┴╔╗╚╝╦╩┏┓┗┛┳┻╭╮╰╯╇╈┡┩", "|||---" + "+" * 38)
COUNTED = compiled(r"\(?\d[\d,.]* \w+\b[^|]*\)?")  # (400 rows); 400 rows in set (0.01 sec)


def ruled(text: str) -> bool:
    """Whether a line is drawn below the names, or around the table, and bars stand in all others.

    >>> ruled(" id | age \\n----+-----\\n  1 |  34 \\n")
    True
    """
    lines = [x.translate(DRAWN) for x in text.splitlines() if x.strip()]
    first = next((i for i, x in enumerate(lines[:LOOKED]) if _rule(x)), None)
    if first is None or first + 1 >= len(lines):
        return False
    names = lines[first + 1] if first == 0 else lines[first - 1]
    width = _width(names)
    body = [x for x in lines[first + 1 : first + 50] if not _rule(x) and BAR in x]
    return width > 1 and bool(body) and all(_width(x) == width for x in body)


def without_rules(text: str) -> str:
    """The same table without its lines: rows divided by bars, an empty line for each left out."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=BAR, lineterminator="\n")
    lines = [x.translate(DRAWN) for x in text.splitlines()]
    last = max((i for i, x in enumerate(lines) if BAR in x), default=-1)
    first = next((i for i, x in enumerate(lines) if _rule(x)), -1)
    for i, line in enumerate(lines):
        drawn = _rule(line) and (i == first or "+" in line)  # `| -- | -- |` may be a person
        counted = i > last and COUNTED.fullmatch(line.strip())
        if drawn or counted or not line.strip():
            made.write("\n")
        else:
            writer.writerow(_cells(line))
    return made.getvalue()


def _rule(line: str) -> bool:
    return bool(RULE.fullmatch(line)) and ("+" in line or BAR in line)


def _width(line: str) -> int:
    return len(_cells(line))


def _cells(line: str) -> list[str]:
    """The fields of a line; a bar behind a backslash is one of its letters, as in Markdown."""
    told = line.strip()
    if told.startswith(BAR):
        told = told[1:].removesuffix(BAR)
    return [c.replace(r"\|", BAR).strip() for c in re.split(r"(?<!\\)\|", told)]
