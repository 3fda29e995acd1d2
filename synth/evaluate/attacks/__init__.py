"""Attacks on synthetic rows as named threats: who tries, what they know, what they want."""

from synth.evaluate.attacks.threat import Attack, Figure, Result, Risk, Run, Threat
from synth.evaluate.attacks.tried import attacks, roles

__all__ = ["Attack", "Figure", "Result", "Risk", "Run", "Threat", "attacks", "roles"]
