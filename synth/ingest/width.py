"""How many columns can be worked with, whether they come from a file or from a query."""

from __future__ import annotations

from synth.errors import IngestError, QueryError

MOST_COLUMNS = 1_000


def check_width(columns: int, about: str = "") -> None:
    """Refuse a table that is too wide to be worked with; `about` goes before the number.

    Raises:
        IngestError: it has more than `MOST_COLUMNS`.
    """
    if columns > MOST_COLUMNS:
        raise IngestError(
            f"The table has {_too_many(columns, about)}",
            "Keep the columns that matter, or reshape the table to one row per observation.",
        )


def check_answer_width(columns: int) -> None:
    """Refuse the answer to a query that is too wide to be worked with. Raises QueryError."""
    if columns > MOST_COLUMNS:
        raise QueryError(
            f"The answer has {_too_many(columns)}",
            "Name the columns that matter after SELECT.",
        )


def _too_many(columns: int, about: str = "") -> str:
    return f"{about}{columns:,} columns; at most {MOST_COLUMNS:,} can be worked with."
