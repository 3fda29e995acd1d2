"""The lattice of generalisations, and the search for the one that loses least."""

from synth.protect.lattice.ladders import Ladder, ladder, steps_for, usual_hierarchy
from synth.protect.lattice.matter import Compromise, Matters, theme_of, ways
from synth.protect.lattice.search import FAILS, HOLDS, LOSSES, UNKNOWN, Goal, Node, Space, search

__all__ = [
    "FAILS",
    "HOLDS",
    "LOSSES",
    "UNKNOWN",
    "Compromise",
    "Goal",
    "Ladder",
    "Matters",
    "Node",
    "Space",
    "ladder",
    "search",
    "steps_for",
    "theme_of",
    "usual_hierarchy",
    "ways",
]
