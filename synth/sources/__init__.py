"""Databases: a researcher's query runs where the rows are, and only its synthetic answer leaves."""

from synth.sources.database import Database, Limits
from synth.sources.query import Query, read_query

__all__ = ["Database", "Limits", "Query", "read_query"]
