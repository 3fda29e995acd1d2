"""De-identification: row-by-row steps with public parameters, and what each one does."""

from synth.protect.steps.apply import Stage, after_steps, applied, beginning, protect
from synth.protect.steps.catalogue import STEPS, Shelf, step_named, step_of, steps_of
from synth.protect.steps.step import Step, ValueStep
from synth.protect.steps.text import Pseudonymise

__all__ = [
    "STEPS",
    "Pseudonymise",
    "Shelf",
    "Stage",
    "Step",
    "ValueStep",
    "after_steps",
    "applied",
    "beginning",
    "protect",
    "step_named",
    "step_of",
    "steps_of",
]
