"""What noise costs and what may then be promised: arithmetic and records, never data."""

from synth.budget.ledger import (
    Audience,
    Chosen,
    Entry,
    Filled,
    Grouped,
    Ledger,
    Measured,
    Opened,
    Statement,
)
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
