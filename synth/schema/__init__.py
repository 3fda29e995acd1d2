"""What a table is declared to be: columns, domains, states, codes. No row is read here."""

from synth.schema.columns import Column, Counts, Kind, Role, Schema
from synth.schema.domain import Categories, Codes, Domain, Origin, Text
from synth.schema.intervals import Dates, Numbers
from synth.schema.pattern import Pattern

__all__ = [
    "Categories",
    "Codes",
    "Column",
    "Counts",
    "Dates",
    "Domain",
    "Kind",
    "Numbers",
    "Origin",
    "Pattern",
    "Role",
    "Schema",
    "Text",
]
