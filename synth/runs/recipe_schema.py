"""The JSON Schema of recipes, by which editors complete and check them while they are written.

Draft 2020-12. What pydantic knows of the parts, with the meaning of each key, the settings of each
method and those of each step; a method that is plugged in is among them.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from synth.ingest.declaration import ColumnPart
from synth.methods import all_methods
from synth.protect.steps.catalogue import STEPS
from synth.runs.recipe import PARTS, Recipe
from synth.runs.recipe_words import KEYS, MEANINGS
from synth.schema.settings import Ask, Setting, settings_of

FILE = "recipe.schema.json"  # its name beside a recipe
DIRECTIVE = f"#:schema {FILE}"  # the first line of a recipe, which editors of TOML know
TEXTS = {"type": "array", "items": {"type": "string"}}
NUMBERS = {"type": "array", "items": {"type": "number"}}
ASKED: dict[Ask, dict[str, Any]] = {
    Ask.SWITCH: {"type": "boolean"},
    **{ask: {"type": "string"} for ask in (Ask.TEXT, Ask.LINES, Ask.COLUMN, Ask.FILE)},
    **{ask: TEXTS for ask in (Ask.COLUMNS, Ask.KNOWN, Ask.TEXTS)},
    Ask.NUMBERS: NUMBERS,
    Ask.COLUMN_SETS: {"type": "array", "items": TEXTS},
    Ask.MAPPING: {"type": "object", "additionalProperties": {"type": "string"}},
    Ask.WEIGHTS: {"type": "object", "additionalProperties": {"type": "number"}},
}
BOUND = {"clip": ("low", "high"), "filter": ("at_least", "below")}  # a number, or a date as text


def recipe_schema() -> dict[str, Any]:
    """The schema as a document of JSON.

    >>> recipe_schema()["properties"]["privacy"]["description"]
    'The promise, and where what is spent is remembered.'
    """
    made = Recipe.model_json_schema()
    every: dict[str, type[BaseModel]] = {**PARTS, "column": ColumnPart}
    parts = {kind.__name__: name for name, kind in every.items()}
    for kind, described in made["$defs"].items():
        described.pop("description", None)  # of the class, for whoever reads the code
        if kind in parts:
            _explain(described["properties"], KEYS.get(parts[kind], {}))
    for name, field in made["properties"].items():
        field["description"] = MEANINGS[name]
    sentence = {"type": "string", "description": "a rule in a sentence"}
    made["properties"]["rules"]["items"] = {"anyOf": [sentence, {"$ref": "#/$defs/RulePart"}]}
    made["$defs"]["MethodPart"] = _method()
    made["properties"]["protect"]["items"] = _step()
    made.pop("description", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "A recipe of synth",
    }


def _explain(properties: dict[str, Any], meanings: Any) -> None:
    for key, told in properties.items():
        told.pop("title", None)
        if key in meanings:
            told["description"] = meanings[key]


def _method() -> dict[str, Any]:
    """The part `[method]`: a name, and the settings that the named method has."""
    kinds = all_methods()
    named = {m.name: f"{m.title}. {m.summary}" for m in kinds}
    branches = [_if("name", m.name, settings_of(m), absent=m.name == "adaptive") for m in kinds]
    names = {"enum": list(named), "default": "adaptive", "description": KEYS["method"]["name"]}
    return {"type": "object", "properties": {"name": names}, "allOf": branches}


def _step() -> dict[str, Any]:
    """A table of `[[protect]]`: a step, and its own settings."""
    names = {"enum": [s.name for s in STEPS], "description": "what is done"}
    branches = [_if("step", s.name, settings_of(s)) for s in STEPS]
    return {
        "type": "object",
        "properties": {"step": names},
        "required": ["step"],
        "allOf": branches,
    }


def _if(
    key: str, name: str, settings: tuple[Setting, ...], *, absent: bool = False
) -> dict[str, Any]:
    """What holds where `key` is `name`; or is left out, if that means the same."""
    properties = {s.name: _asked(s, name) for s in settings}
    then: dict[str, Any] = {"properties": {key: True, **properties}, "additionalProperties": False}
    if required := [s.name for s in settings if s.required]:
        then["required"] = required
    condition: dict[str, Any] = {"properties": {key: {"const": name}}}
    return {"if": condition if absent else {**condition, "required": [key]}, "then": then}


def _asked(setting: Setting, owner: str) -> dict[str, Any]:
    """One setting."""
    told: dict[str, Any]
    if setting.choices:
        told = {"enum": list(setting.choices)}
    elif setting.name in BOUND.get(owner, ()):
        told = {"type": ["number", "string"]}
    elif setting.ask is Ask.NUMBER:
        told = {"type": "integer" if isinstance(setting.default, int) else "number"}
        bounds = {"minimum": setting.low, "maximum": setting.high}
        told |= {k: v for k, v in bounds.items() if v is not None}
    else:
        told = dict(ASKED.get(setting.ask, {}))
    words = f"{setting.title}. {setting.help}".strip() if setting.help else setting.title
    return {**told, "description": words}
