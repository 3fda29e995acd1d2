"""A lasting ledger that somebody has had their hands in."""

import sqlite3
from pathlib import Path

from synth.budget.lasting import LEDGER


def spoil(folder: Path, how: str) -> None:
    """Change the ledger of a folder behind its back, in SQL."""
    with sqlite3.connect(folder / LEDGER) as connection:
        connection.execute(how)
    connection.close()
