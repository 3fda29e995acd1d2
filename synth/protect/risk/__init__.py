"""How identifiable real rows are. Every figure here is for the custodian's eyes."""

from synth.protect.risk.attacks import THRESHOLDS, Attack, Attacker, attacks, in_words
from synth.protect.risk.classes import Classes, classes_of
from synth.protect.risk.disclosure import Disclosure, disclosure
from synth.protect.risk.frequency import FrequencyAttack, frequency_attack
from synth.protect.risk.linkable import (
    Contribution,
    column_contributions,
    linkable_sentence,
    value_contributions,
)
from synth.protect.risk.population import PopulationUniques, population_uniques
from synth.protect.risk.separation import Separation, separation, separations
from synth.protect.risk.summary import Risk, assess, quasi_identifiers, risk_of
from synth.protect.risk.uniques import SpecialUniques, dis, dis_scores, special_uniques

__all__ = [
    "THRESHOLDS",
    "Attack",
    "Attacker",
    "Classes",
    "Contribution",
    "Disclosure",
    "FrequencyAttack",
    "PopulationUniques",
    "Risk",
    "Separation",
    "SpecialUniques",
    "assess",
    "attacks",
    "classes_of",
    "column_contributions",
    "dis",
    "dis_scores",
    "disclosure",
    "frequency_attack",
    "in_words",
    "linkable_sentence",
    "population_uniques",
    "quasi_identifiers",
    "risk_of",
    "separation",
    "separations",
    "special_uniques",
    "value_contributions",
]
