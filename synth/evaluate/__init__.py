"""How far synthetic rows are from the real ones. Reads real rows: for the custodian's eyes only."""

from synth.evaluate.comparison import Comparison, Histogram, PairTable, compare
from synth.evaluate.copies import Copies

__all__ = ["Comparison", "Copies", "Histogram", "PairTable", "compare"]
