"""The lattice of generalisations, and the search for the one that loses least."""

from synth.protect.lattice.ladders import Ladder, fewer_levels, ladder, steps_for, usual_ladder
from synth.protect.lattice.matter import EVERY, Compromise, Matters, theme_of, ways
from synth.protect.lattice.search import FAILS, HOLDS, LOSSES, UNKNOWN, Goal, Node, Space, search

__all__ = [
    "EVERY",
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
    "fewer_levels",
    "ladder",
    "search",
    "steps_for",
    "theme_of",
    "usual_ladder",
    "ways",
]
