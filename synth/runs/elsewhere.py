"""Rows that stay in their database while a run in another process counts them there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from synth.errors import QueryError
from synth.ingest import Database, Query, read_query
from synth.ingest.database import Limits
from synth.ingest.lazy import COUNTING, query_in_place


@dataclass(frozen=True)
class Elsewhere:
    """A query whose answer is counted where it is, by whoever is handed this.

    Raises:
        QueryError: the rows of such a database cannot be left in it.
    """

    database: Database
    query: Query

    def __post_init__(self) -> None:
        if self.database.kind not in COUNTING:
            raise QueryError(
                f"The rows of a {self.database.kind} database cannot be left in it.",
                "Leave `stay` out: the answer is then held in memory while the release is made.",
            )

    def document(self) -> dict[str, Any]:
        """The value for a pipe, with the address of the database; `elsewhere_of` reads it back."""
        limits = asdict(self.database.limits)
        return {"url": self.database.url, "limits": limits, "query": self.query.text}

    @contextmanager
    def rows(self) -> Iterator[Any]:
        """What counts them, while it is open. Raises as `query_in_place` does."""
        with query_in_place(self.database, self.query) as found:
            yield found


@contextmanager
def handed(source: Any) -> Iterator[tuple[Any, str]]:
    """A table that somebody hands on, and the address of one that stays where it is."""
    if isinstance(source, Elsewhere):
        with source.rows() as rows:
            yield rows, source.database.place
    else:
        yield source, ""


def elsewhere_of(document: Mapping[str, Any]) -> Elsewhere:
    """The value a document describes."""
    database = Database(str(document["url"]), Limits(**document["limits"]))
    return Elsewhere(database, read_query(str(document["query"]), database.dialect))
