"""Cells of CSV that no spreadsheet runs: the rule of releases, here without the rest of synth."""

from __future__ import annotations

from typing import Any

NARROW = str.maketrans("\uff1d\uff0b\uff0d\uff20\uff08\uff5c\uff01", "=+-@(|!")


def harmless(cell: Any) -> Any:
    """The cell, with an apostrophe before it where a spreadsheet would run it."""
    if not isinstance(cell, str):
        return cell
    bare = cell.lstrip(" ").translate(NARROW)
    signed = bare.startswith(("+", "-", "@")) and any(c in bare for c in "(|!=")
    return f"'{cell}" if signed or bare.startswith(("=", "\t", "\r", "\n")) else cell
