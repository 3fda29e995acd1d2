"""Cells that a spreadsheet would run as formulas, and the apostrophe that keeps it from doing so.

Reference: OWASP, "CSV Injection". A wide sign counts as the narrow one. Signs and numbers that no
program runs stay as they are: an apostrophe before `-99` would break a list of codes, and every
join with it.
"""

from __future__ import annotations

from typing import Any

from synth.lazily import pd

STARTS = ("=", "\t", "\r", "\n")  # run whatever follows
SIGNS = ("+", "-", "@")  # run where a function, a cell elsewhere or a program follows
RUN = frozenset("(|!=")
NARROW = str.maketrans("\uff1d\uff0b\uff0d\uff20\uff08\uff5c\uff01", "=+-@(|!")


def runs(text: str) -> bool:
    """Whether a spreadsheet would run a cell."""
    bare = text.lstrip(" ").translate(NARROW)
    return bare.startswith(STARTS) or (bare.startswith(SIGNS) and not RUN.isdisjoint(bare))


def harmless(cell: Any) -> Any:
    """The cell, with an apostrophe before it where a spreadsheet would run it."""
    return f"'{cell}" if isinstance(cell, str) and runs(cell) else cell


def all_harmless(values: pd.Series) -> pd.Series:
    """A column of which no cell is run."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values
    changed = {v: made for v in values.unique() if (made := harmless(v)) is not v}
    return values.map(lambda v: changed.get(v, v)) if changed else values
