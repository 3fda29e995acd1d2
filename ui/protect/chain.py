"""The visitor's steps, applied one after the other, each worked out once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from synth.budget import Audience
from synth.errors import SynthError
from synth.protect.risk import quasi_identifiers
from synth.protect.steps import Shelf, Stage, Step, applied, beginning, step_of
from ui.shell.visitor import Visitor


@dataclass(frozen=True)
class Chain:
    """The table as it came and after each step, up to the first step that does not fit.

    Args:
        keys: what each stage is known by; the same table and steps, the same key.
        error: why that step does not fit; None if all do.
    """

    stages: tuple[Stage, ...]
    keys: tuple[str, ...]
    error: SynthError | None = None

    @property
    def last(self) -> Stage:
        return self.stages[-1]

    @property
    def key(self) -> str:
        """What the table is known by at the end."""
        return self.keys[-1]

    @property
    def known(self) -> tuple[str, ...]:
        """What others may know at the end."""
        return quasi_identifiers(self.last.private.schema)


def shelf_of(who: Visitor) -> Shelf:
    """The files this visitor brought; none of this machine's can be named."""
    return Shelf(given=who.files)


def chain(who: Visitor) -> Chain:
    """Apply the steps of the recipe, reusing what is worked out already."""
    assert who.loaded is not None
    key = f"{who.loaded.token} {hash(who.recipe.column)}"
    found: dict[str, Stage] = {}
    stage = who.stages.get(key) or beginning(who.loaded, who.recipe.column)
    found[key], stages = stage, [stage]
    try:
        for document in who.recipe.protect:
            key = f"{key} {json.dumps(document, sort_keys=True)}"
            stage = who.stages.get(key) or applied(stage, _step(who, document), Audience.CUSTODIAN)
            found[key] = stage
            stages.append(stage)
    except SynthError as error:
        return Chain(tuple(stages), tuple(found), error)
    finally:
        who.stages = found
    return Chain(tuple(stages), tuple(found))


def _step(who: Visitor, document: Mapping[str, Any]) -> Step:
    return step_of(document, shelf_of(who))
