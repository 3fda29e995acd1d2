"""What noise costs and what may then be promised: arithmetic and records, never data."""

from synth.budget.entries import (
    Audience,
    Chosen,
    Entry,
    Filled,
    Grouped,
    Measured,
    Opened,
)
from synth.budget.ledger import Ledger, Statement
from synth.budget.promise import Budget, Rho

__all__ = [
    "Audience",
    "Budget",
    "Chosen",
    "Entry",
    "Filled",
    "Grouped",
    "Ledger",
    "Measured",
    "Opened",
    "Rho",
    "Statement",
]
