"""Changes of a recipe as data, so that a button can apply them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from synth.budget.prospect import HIGHEST
from synth.ingest.roles import words_of
from synth.protect.steps.hierarchy import BUILT_IN
from synth.runs.recipe import MethodPart, Recipe, RulePart
from synth.schema import Column, Dates

USUAL = 1.0  # the epsilon of a recipe that names none
LADDER = (USUAL, 2.0, HIGHEST)  # that are proposed and compared; none above is proposed
Step = Mapping[str, Any]
LONGER = {"hour": "day", "day": "month", "week": "month", "month": "quarter", "quarter": "year"}
DISTRICT = {"postcode": (2, "its district"), "zip": (2, "its first three digits")}


@dataclass(frozen=True)
class Fix:
    """A change of the recipe as data.

    Args:
        steps: all steps of de-identification after the change; None where they stay.
        epsilon, method, k: what they become; None and "" where they stay.
        rules: all rules after the change; None where they stay.
        settings: of the method, over those that it has.
        intervals: of columns with declared bounds, how many to cut into.
        people: about how many there are, where the purpose says so, and how many rows are drawn,
            where the recipe says so.
    """

    words: str
    steps: tuple[Mapping[str, Any], ...] | None = None
    epsilon: float | None = None
    method: str = ""
    rules: tuple[RulePart, ...] | None = None
    k: int | None = None
    settings: Mapping[str, Any] | None = None
    intervals: Mapping[str, int] | None = None
    people: int | None = None

    def of(self, recipe: Recipe) -> Recipe:
        """The recipe with the change."""
        changed: dict[str, Any] = {}
        if self.steps is not None:
            changed["protect"] = tuple(dict(step) for step in self.steps)
        if self.epsilon is not None:
            changed["privacy"] = recipe.privacy.model_copy(update={"epsilon": self.epsilon})
        if self.rules is not None:
            changed["rules"] = self.rules
        told = {**({"k": self.k} if self.k is not None else {}), **(self.settings or {})}
        if self.method:
            changed["method"] = MethodPart.model_validate({"name": self.method, **told})
        elif told:
            changed["method"] = recipe.method.model_copy(update=told)
        if self.people is not None:
            rows = {"rows": self.people}
            if recipe.purpose.rows:
                changed["purpose"] = recipe.purpose.model_copy(update=rows)
            if recipe.release.rows:
                changed["release"] = recipe.release.model_copy(update=rows)
        if self.intervals is not None:
            many = self.intervals
            changed["column"] = tuple(
                p.model_copy(update={"intervals": many[p.name]}) if p.name in many else p
                for p in recipe.column
            )
        return recipe.model_copy(update=changed)


def without(recipe: Recipe, name: str) -> Fix:
    """A column left out."""
    step = {"step": "drop", "columns": (name,)}
    return Fix(f"leave `{name}` out", steps=(*recipe.protect, step))


def coarser(recipe: Recipe, column: Column) -> Iterator[Fix]:
    """The next level of a hierarchy that fits the column."""
    name = column.name
    for place, step in enumerate(recipe.protect):
        if step.get("step") == "generalise" and step.get("column") == name:
            known = BUILT_IN.get(str(step.get("hierarchy", "")))
            level = int(step.get("level", 1)) + 1
            if known is not None and level < known.top:
                steps = _instead(recipe, place, {**step, "level": level})
                yield Fix(f"generalise `{name}` to {known.words(level)}", steps=steps)
            return
    words = words_of(name)
    sort = "postcode" if "post" in words else "zip" if "zip" in words else ""
    if sort:
        level, told = DISTRICT[sort]
        step = {"step": "generalise", "column": name, "hierarchy": sort, "level": level}
        yield Fix(f"generalise `{name}` to {told}", steps=(*recipe.protect, step))
    elif isinstance(column.domain, Dates):
        yield from _date(recipe, name)


def _date(recipe: Recipe, name: str) -> Iterator[Fix]:
    """The next coarser unit of a date."""
    for place, step in enumerate(recipe.protect):
        if step.get("step") == "truncate_date" and step.get("column") == name:
            unit = LONGER.get(str(step.get("to", "day")))
            if unit:
                yield Fix(
                    f"keep only the {unit} of `{name}`",
                    steps=_instead(recipe, place, {**step, "to": unit}),
                )
            return
    step = {"step": "truncate_date", "column": name, "to": "month"}
    yield Fix(f"keep only the month of `{name}`", steps=(*recipe.protect, step))


def _instead(recipe: Recipe, place: int, step: Step) -> tuple[Step, ...]:
    return (*recipe.protect[:place], step, *recipe.protect[place + 1 :])
