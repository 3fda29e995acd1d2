"""De-identification: row-by-row steps with public parameters, and what each one does."""

from synth.deidentify.apply import Stage, applied, beginning, protect, protected
from synth.deidentify.reading import STEPS, Shelf, step_named, step_of, steps_of
from synth.deidentify.step import Step, ValueStep
from synth.deidentify.text import Pseudonymise

__all__ = [
    "STEPS",
    "Pseudonymise",
    "Shelf",
    "Stage",
    "Step",
    "ValueStep",
    "applied",
    "beginning",
    "protect",
    "protected",
    "step_named",
    "step_of",
    "steps_of",
]
