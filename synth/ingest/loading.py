"""From a file, a query result or a data frame to a private table, with a guessed schema."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from synth.budget import Audience, Budget
from synth.budget.eyes import ForCustodian
from synth.errors import IngestError
from synth.ingest.declaration import ColumnPart
from synth.ingest.reading import MISSING_TEXTS, Choices, Noticed, Read, frame_of, read_table
from synth.ingest.suggest import Suggestion, suggest, suggested_schema
from synth.ingest.suggest_lazy import as_they_are, suggest_in_place, tidied
from synth.lazily import nw, pd
from synth.schema.typed import UNTYPED, Typed
from synth.schema.written import AS_USUAL, Written
from synth.vault import Noise, PrivateTable
from synth.vault.aside import set_aside
from synth.vault.passing import Came, Stays

HOW_MANY = "how many rows there are"
AS_FOUND = Choices()
__all__ = ["MISSING_TEXTS", "Loaded", "Suggestion", "as_they_are", "load", "look_again"]


@dataclass(frozen=True, repr=False)
class Loaded(ForCustodian):
    """A table in its vault, and what its columns seem to be.

    The suggestions were read off the rows: they are for the custodian's eyes.

    Args:
        said: what the custodian declared of the columns as they are now.
        noticed: what was noticed while it was read.
        written: how it was written, where it came from a text file.
        typed: how it types its columns, where it is a data frame.
        changed: columns that steps made into something else than the table came with.
        aside: people who were set aside before anything was read off the rows.
        token: tells this table from others that were loaded, for keys on the screens.
    """

    private: PrivateTable
    suggestions: dict[str, Suggestion]
    rows: int
    said: tuple[ColumnPart, ...] = ()
    noticed: tuple[Noticed, ...] = ()
    written: Written = AS_USUAL
    typed: Typed = UNTYPED
    changed: tuple[str, ...] = ()
    aside: PrivateTable | None = field(default=None, repr=False)
    token: str = field(default_factory=lambda: secrets.token_hex(8), compare=False, repr=False)


def load(
    source: Path | str | IO[bytes] | Any,
    budget: Budget,
    *,
    missing: Sequence[str] = MISSING_TEXTS,
    choices: Choices = AS_FOUND,
    person: str = "",
    known_as: str = "",
    noise: Noise | None = None,
    holdout: float = 0.0,
) -> Loaded:
    """Put a table into the vault, and guess its schema.

    Args:
        source: a path, an open binary file, or a data frame of any library. Rows behind a lazy
            frame stay in its engine, and only counts are fetched.
        choices: how a file is to be read, where that is not to be found out.
        person: the column that names the protected person, where people may have several rows.
        known_as: where rows that stay are, so that what is spent on them adds up.
        noise: for tests alone; see `PrivateTable`.
        holdout: the share of people who are set aside, for attacks: see `vault.aside`.

    Raises:
        IngestError: there is no such file, or it is not a table; or people are to be set aside of
            rows that stay.
    """
    read = opened(source, missing, choices)
    if isinstance(read, nw.LazyFrame):
        if holdout:
            raise IngestError(
                "Nobody can be set aside of rows that stay in their engine.",
                "Leave out `holdout` in [evaluate], or load the table.",
            )
        return _in_place(read, budget, missing, person, known_as, noise)
    written = read.written or AS_USUAL
    delimiter = read.written.delimiter if read.written else ""
    came, aside = Came(read.frame, read.gaps, read.stored, written), None
    if holdout:
        came, aside = set_aside(came, person, holdout)
    suggestions = suggest(came.frame, came.stored, came.gaps, delimiter)
    schema = suggested_schema(suggestions)
    return Loaded(
        PrivateTable(came, schema, budget, person=person, noise=noise),
        suggestions,
        len(came.frame),
        noticed=read.noticed,
        written=written,
        typed=read.typed,
        aside=None if aside is None else PrivateTable(aside, schema, budget, person=person),
    )


def _in_place(
    frame: nw.LazyFrame[Any],
    budget: Budget,
    missing: Sequence[str],
    person: str,
    known_as: str,
    noise: Noise | None,
) -> Loaded:
    """Rows that stay in their engine, under a schema that was read off no row."""
    suggestions = suggest_in_place(frame)
    schema = suggested_schema(suggestions)
    rows = Stays(frame, lambda some: tidied(some, missing))
    private = PrivateTable(rows, schema, budget, person=person, known_as=known_as, noise=noise)
    return Loaded(private, suggestions, private.exact_size(HOW_MANY, Audience.CUSTODIAN))


def look_again(private: PrivateTable, columns: Sequence[str]) -> dict[str, Suggestion]:
    """What some columns seem to be now, after steps have changed them."""
    why = "a second look at columns that steps have changed"
    seen = private.exact_codes(columns, why, Audience.CUSTODIAN)
    return suggest(pd.DataFrame({c.name: c.values() for c in seen}))


def opened(source: Any, missing: Sequence[str], choices: Choices) -> Read | nw.LazyFrame[Any]:
    """A table as it came, or a lazy frame. Raises IngestError where it is none of both."""
    if isinstance(source, Came):  # it was read before, by the process that sent it
        return Read(source.frame, (), source.written, source.stored, source.gaps)
    if isinstance(source, str | Path):
        path = Path(source)
        if not path.is_file():
            raise IngestError(f"There is no file `{path.name}`.", "Check its name and folder.")
        with path.open("rb") as stream:
            return read_table(stream, missing, choices)
    if hasattr(source, "read") and hasattr(source, "seek"):
        return read_table(source, missing, choices)
    return frame_of(source, missing)
