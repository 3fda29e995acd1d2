"""From a table of the recipe to a step, and to its files."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from synth.errors import StepError
from synth.protect.steps.columns import Drop, Keep, Rename, Shuffle
from synth.protect.steps.dates import Age, Hours, Shift, Truncate
from synth.protect.steps.divide import Divide, SpreadChoices
from synth.protect.steps.generalise import Generalise, LookUp
from synth.protect.steps.learnt import GroupRare, Quantiles
from synth.protect.steps.numbers import Band, Clip, Round
from synth.protect.steps.rows import Filter, Suppress
from synth.protect.steps.step import FileStep, Step
from synth.protect.steps.text import Mask, Pseudonymise, Recode, Respell
from synth.schema.settings import mistaken, settings_of

STEPS: tuple[type[Step], ...] = (
    Drop,
    Keep,
    Rename,
    Divide,
    SpreadChoices,
    Pseudonymise,
    Mask,
    Recode,
    Respell,
    GroupRare,
    Band,
    Quantiles,
    Round,
    Clip,
    Truncate,
    Hours,
    Shift,
    Age,
    Generalise,
    LookUp,
    Filter,
    Suppress,
    Shuffle,
)


@dataclass(frozen=True)
class Shelf:
    """Where the files of steps are: given by name, or else beside the recipe.

    Args:
        folder: None where no file of this machine may be read.
    """

    folder: Path | None = None
    given: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The content of a file. Raises StepError if there is none."""
        if name in self.given:
            return self.given[name]
        path = None if self.folder is None else self.folder / name
        if path is None or not path.is_file():
            raise StepError(
                f"The file `{name}` is not there.",
                "Bring it with the recipe, or give its path from the recipe's folder.",
                "file",
            )
        try:
            return path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise StepError(
                f"`{name}` is not text in UTF-8.", "Save it as UTF-8.", "file"
            ) from None


def step_named(name: str) -> type[Step]:
    """The kind of step. Raises StepError with the nearest name."""
    known = {s.name: s for s in STEPS}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    raise StepError(
        f"There is no step `{name}`.",
        f"Did you mean `{near[0]}`?" if near else f"Choose one of {', '.join(known)}.",
        "step",
    )


def step_of(document: Mapping[str, Any], shelf: Shelf | None = None) -> Step:
    """The step a table of the recipe describes.

    Args:
        shelf: where its file is; without one the step is checked but cannot be applied.

    Raises:
        StepError: an unknown step or parameter, a missing or a wrong one; `key` names it.
    """
    if "step" not in document:
        raise StepError("A step has no name.", 'Add `step = "…"`.')
    kind = step_named(str(document["step"]))
    asked = {s.name: s for s in settings_of(kind)}
    given = {k: v for k, v in document.items() if k != "step"}
    for key in given:
        if key not in asked:
            near = difflib.get_close_matches(key, asked, n=1)
            raise StepError(
                f"The step `{kind.name}` has no parameter `{key}`.",
                f"Did you mean `{near[0]}`?" if near else f"It has {', '.join(asked) or 'none'}.",
                key,
            )
    for name, one in asked.items():
        if one.required and name not in given:
            raise StepError(f"The step `{kind.name}` needs `{name}`.", "Add it.")
    hints = get_type_hints(kind)
    step = kind(**{k: _typed(kind.name, k, hints[k], v) for k, v in given.items()})
    if shelf is not None and isinstance(step, FileStep) and step.looks_into:
        return step.attached(shelf.text(step.looks_into))
    return step


def _typed(step: str, key: str, hint: Any, value: Any) -> Any:
    if why := mistaken(hint, value):
        raise StepError(f"`{key}` of the step `{step}` {why}.", "Correct it.", key)
    try:
        return TypeAdapter(hint).validate_python(value)
    except ValidationError as error:
        why = error.errors(include_url=False, include_input=False)[0]["msg"].lower()
        raise StepError(
            f"`{key}` of the step `{step}` is not right: {why}.", "Correct it.", key
        ) from None


def steps_of(documents: tuple[dict[str, Any], ...], shelf: Shelf) -> tuple[Step, ...]:
    """All steps of a recipe, with their files."""
    return tuple(step_of(d, shelf) for d in documents)
