"""De-identification: row-by-row steps with public parameters, and what each one does."""

from synth.deidentify.advice import Advice, Story, advise, stories
from synth.deidentify.apply import Stage, applied, beginning, protect, protected
from synth.deidentify.reading import STEPS, Shelf, step_named, step_of, steps_of
from synth.deidentify.step import Step, ValueStep
from synth.deidentify.text import Pseudonymise

__all__ = [
    "STEPS",
    "Advice",
    "Pseudonymise",
    "Shelf",
    "Stage",
    "Step",
    "Story",
    "ValueStep",
    "advise",
    "applied",
    "beginning",
    "protect",
    "protected",
    "step_named",
    "step_of",
    "steps_of",
    "stories",
]
