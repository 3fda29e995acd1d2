"""Graphical models of whole-number columns, learnt from noisy marginals.

Columns are indices 0..d-1 with a number of states each (`sizes`); a clique is an ascending tuple
of indices; a table has one axis per index of its clique. Nothing here touches rows or budgets.

    fitted = fit([Noisy((0,), counts, sigma), Noisy((0, 1), counts, sigma)], sizes)
    fitted.marginal((1, 2))         # expected rows per cell
    fitted.conditionals()           # ancestral sampling: (column, parents, table) in order

Reference: McKenna, Sheldon, Miklau (2019), "Graphical-model based estimation and inference for
differential privacy", arXiv:1901.09136.
"""

from synth.learning.inference.estimation import Fitted, Noisy, estimate_total, fit
from synth.learning.inference.program import IndexConditional, Program
from synth.learning.inference.triangulation import (
    Graph,
    clique_cells,
    junction_cells,
    junction_tree,
)

__all__ = [
    "Fitted",
    "Graph",
    "IndexConditional",
    "Noisy",
    "Program",
    "clique_cells",
    "estimate_total",
    "fit",
    "junction_cells",
    "junction_tree",
]
