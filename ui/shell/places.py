"""Where the screens' files are: found once, here."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLE_DATA = ROOT / "sample_data"
DOCS = ROOT / "docs"


def page(name: str) -> str:
    """The path of a page, to link or to switch to."""
    return str(ROOT / "pages" / f"{name}.py")
