"""How far synthetic rows are from the real ones. Reads real rows: for the custodian's eyes only."""

from synth.evaluate.comparison import Comparison, Histogram, PairTable, compare

__all__ = ["Comparison", "Histogram", "PairTable", "compare"]
