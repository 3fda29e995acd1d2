"""From a file, a query or a data frame into the vault, and what its columns are declared to be."""

from synth.ingest.database import Database, Limits
from synth.ingest.loading import Loaded, load, look_again
from synth.ingest.query import Query, read_query
from synth.ingest.suggest import Suggestion

__all__ = [
    "Database",
    "Limits",
    "Loaded",
    "Query",
    "Suggestion",
    "load",
    "look_again",
    "read_query",
]
