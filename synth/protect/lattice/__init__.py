"""The lattice of generalisations, and the search for the one that loses least."""

from synth.protect.lattice.ladders import Ladder, ladder, steps_for, usual_hierarchy
from synth.protect.lattice.search import FAILS, HOLDS, LOSSES, UNKNOWN, Goal, Node, Space, search

__all__ = [
    "FAILS",
    "HOLDS",
    "LOSSES",
    "UNKNOWN",
    "Goal",
    "Ladder",
    "Node",
    "Space",
    "ladder",
    "search",
    "steps_for",
    "usual_hierarchy",
]
