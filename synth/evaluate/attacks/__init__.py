"""Attacks on synthetic rows as named threats: who tries, what they know, what they want."""

from synth.evaluate.attacks.threat import Attempt, Excess, Figure, Result, Run, Threat
from synth.evaluate.attacks.tried import attacks, counted, roles, untried, worst_first

__all__ = [
    "Attempt",
    "Excess",
    "Figure",
    "Result",
    "Run",
    "Threat",
    "attacks",
    "counted",
    "roles",
    "untried",
    "worst_first",
]
