"""From a file, a query result or a data frame to a private table, with a guessed schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pandas as pd

from synth.budget import Audience, Budget
from synth.errors import IngestError
from synth.ingest.read import MISSING, frame_of, read_table
from synth.ingest.suggest import Suggestion, points_for_commas, suggest, suggested_schema
from synth.private import PrivateTable

__all__ = ["MISSING", "Loaded", "Suggestion", "load", "look_again"]


@dataclass(frozen=True)
class Loaded:
    """A table in its vault, and what its columns seem to be.

    The suggestions were read off the rows: they are for the custodian's eyes.
    """

    private: PrivateTable
    suggestions: dict[str, Suggestion]
    rows: int


def load(
    source: Path | str | IO[bytes] | Any,
    budget: Budget,
    *,
    missing: Sequence[str] = MISSING,
    person: str = "",
) -> Loaded:
    """Put a table into the vault, and guess its schema.

    Args:
        source: a path, an open binary file, or an eager data frame of any library.
        person: the column that names the protected person, where people may have several rows.

    Raises:
        IngestError: there is no such file, or it is not a table.
    """
    frame = _frame(source, missing)
    suggestions = suggest(frame)
    schema = suggested_schema(suggestions)
    return Loaded(PrivateTable(frame, schema, budget, person=person), suggestions, len(frame))


def look_again(private: PrivateTable, columns: Sequence[str]) -> dict[str, Suggestion]:
    """What some columns seem to be now, after steps have changed them."""
    why = "a second look at columns that steps have changed"
    seen = private.codes(columns, why, Audience.CUSTODIAN)
    return suggest(pd.DataFrame({c.name: c.values() for c in seen}))


def _frame(source: Any, missing: Sequence[str]) -> pd.DataFrame:
    if isinstance(source, str | Path):
        path = Path(source)
        if not path.is_file():
            raise IngestError(f"There is no file `{path.name}`.", "Check the path in the recipe.")
        with path.open("rb") as stream:
            return points_for_commas(read_table(stream, missing))
    if hasattr(source, "read") and hasattr(source, "seek"):
        return points_for_commas(read_table(source, missing))
    frame = frame_of(source, missing)
    if not isinstance(frame, pd.DataFrame):
        raise IngestError(
            "This table stays in its engine, so its schema cannot be guessed.",
            "Declare the schema and give the lazy frame to `PrivateTable` directly.",
        )
    return points_for_commas(frame)
