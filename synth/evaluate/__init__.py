"""How far synthetic rows are from the real ones. Reads real rows: for the custodian's eyes only."""

from synth.evaluate.comparison import Comparison, Histogram, PairTable, compare
from synth.evaluate.copies import Copies
from synth.evaluate.verdict import Fate, Verdict, verdicts

__all__ = [
    "Comparison",
    "Copies",
    "Fate",
    "Histogram",
    "PairTable",
    "Verdict",
    "compare",
    "verdicts",
]
