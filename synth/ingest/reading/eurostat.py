"""Tables of Eurostat's: several fields in the first one, and flags behind numbers."""

from __future__ import annotations

import re

from synth.ingest.reading.said import Noticed
from synth.lazily import compiled, pd

HEADER = compiled(r"[\w,]*,[\w,]*\\\w+|\w+\\\w+", re.ASCII)
FLAGGED = r"^\s*(-?[\d.]+|:)\s+[a-z]{1,4}\s*$"  # a number or nothing, and what is to be said of it


def eurostat(frame: pd.DataFrame) -> tuple[pd.DataFrame, Noticed] | None:
    """The table with a column for each field, and what was done; None for any other table."""
    first = str(frame.columns[0])
    if len(frame.columns) < 2 or not HEADER.fullmatch(first):
        return None
    names = first.rsplit("\\", 1)[0].split(",")
    cells = [str(c).split(",") for c in frame[first]]
    if any(len(c) != len(names) for c in cells):
        return None
    left = pd.DataFrame(cells, columns=names, dtype="category")
    rest = frame.drop(columns=first).copy()
    for name in rest:
        texts = rest[name].astype(object).str.replace(FLAGGED, r"\1", regex=True)
        rest[name] = texts.where(texts.str.strip() != ":", "").astype("category")
    return pd.concat([left, rest], axis=1), SAID


SAID = Noticed(
    "The first field holds several with commas between them, as Eurostat writes it: each became a "
    "column, `:` a missing value, and flags behind numbers (`12.3 b`) were left out.",
    "If the flags matter, give them columns of their own.",
)
