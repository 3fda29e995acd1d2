"""A recipe as TOML: written to be read and re-run, and read with a line for each mistake."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import PureWindowsPath
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from synth.errors import RecipeError, RuleError, StepError, SynthError
from synth.lazily import tomlkit
from synth.protect.steps import step_of
from synth.runs.recipe import MethodPart, Recipe
from synth.runs.recipe_whole import tomlled, whole
from synth.schema import Origin, Schema
from synth.schema.settings import settings_of

HEADER = ("Everything that was decided about this release. Run it: synth run recipe.toml",)
HANDED_ON = (
    "Everything that was decided about this release, without what is the custodian's alone.",
    "To run it again, fill in where the table is: file or database in [source]; and, where",
    "spending is remembered, that folder: ledger in [privacy]. Files that steps and the showcase",
    "name lie beside this recipe. Then: synth run recipe.toml",
)
OWN = (
    ("source", "file"),
    ("source", "database"),
    ("privacy", "ledger"),
    ("privacy", "anchor"),
    ("children", "file"),
)  # never in a release
EXCEPTIONS = ("release", "exceptions")  # they tell what was found in the real rows
FACTS = (
    "values",
    "edges",
    "low",
    "high",
    "template",
    "public",
    "codes",
)  # of a column, if the rows chose them


def recipe_text(recipe: Recipe) -> str:
    """The recipe as TOML, without what is left at its default; the same for the same decisions."""
    chosen = recipe.chosen
    told = {
        s.name: value
        for s in settings_of(type(chosen))
        if (value := getattr(chosen, s.name)) != s.default
    }
    method = MethodPart.model_validate({"name": recipe.method.name, **told})
    return _written(recipe.model_copy(update={"method": method}))


def whole_text(recipe: Recipe) -> str:
    """The recipe as TOML with everything that holds, defaults too, each with its meaning."""
    return whole(recipe, HEADER)


def handed_on(recipe: Recipe, schema: Schema, linked: Schema | None = None) -> str:
    """The recipe as a release holds it: no place on the custodian's machine, no value off the rows.

    Args:
        schema: of the release; it tells which values were known without the rows.
        linked: of its second table, where there is one.
    """
    document = recipe.model_dump()
    for section, key in OWN:
        document[section][key] = ""
    document["release"]["exceptions"] = {}
    known = (Origin.DECLARED, Origin.BOUNDED)
    for part in document["column"]:
        if part["name"] in schema and schema[part["name"]].domain.origin not in known:
            part.update(dict.fromkeys(FACTS))
    for part in document["children"]["column"]:
        if linked is None or linked[part["name"]].domain.origin not in known:
            part.update(dict.fromkeys(FACTS))
    for step in document["protect"]:
        step.update({k: _name(step[k]) for k in ("file",) if step.get(k)})
    document["showcase"]["logo"] = _name(document["showcase"]["logo"])
    without = [*OWN, EXCEPTIONS]
    if not recipe.children.there:
        without = [p for p in without if p[0] != "children"]
        without += [("children", key) for key in document["children"]]
    return whole(Recipe.model_validate(document), HANDED_ON, without)


def _name(path: Any) -> str:
    """The last part of a path, as any system writes one."""
    return PureWindowsPath(str(path)).name


def _written(recipe: Recipe) -> str:
    document = tomlkit.document()
    for line in HEADER:
        document.add(tomlkit.comment(line))
    for name, value in recipe.model_dump(exclude_defaults=True).items():
        document.add(name, tomlled(value))
    return tomlkit.dumps(document)


def part_lines(recipe: Recipe, parts: Sequence[str]) -> str:
    """Some parts of a recipe as its lines say them, without what is left at its default."""
    document = tomlkit.document()
    for name, value in recipe.model_dump(exclude_defaults=True, include=set(parts)).items():
        document.add(name, tomlled(value))
    written: str = tomlkit.dumps(document)
    return written.strip()


def step_lines(steps: Sequence[Mapping[str, Any]]) -> str:
    """Steps as the lines of a recipe that say so."""
    document = tomlkit.document()
    document.add("protect", tomlled([dict(step) for step in steps]))
    return tomlkit.dumps(document)


def read_recipe(text: str) -> Recipe:
    """The recipe in a TOML document.

    Raises:
        RecipeError: with the line, what is wrong there, and the remedy.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise RecipeError(
            "This is not valid TOML.", "Check quotes, brackets and equals signs.", line
        ) from None
    except RecursionError:
        raise RecipeError("Brackets are nested too deeply.", "Close those that are open.") from None
    return recipe_of(document, text)


def recipe_of(document: Mapping[str, Any], text: str = "") -> Recipe:
    """The recipe in plain values.

    Args:
        text: the TOML that they were written as, for the line of a mistake.

    Raises:
        RecipeError: what is wrong, and the remedy.
    """
    try:
        recipe = Recipe.model_validate(document)
    except ValidationError as error:
        raise _explained(text, error) from None
    except RecipeError as error:  # a part's key that stands above all parts
        raise RecipeError(error.what, error.remedy, _line(text, "", 0, error.key)) from None
    _check_values(text, recipe)
    _check_missing(text, recipe)
    _check_steps(text, recipe)
    _check_rules(text, recipe)
    return recipe


def _check_rules(text: str, recipe: Recipe) -> None:
    """Rules check themselves; that their columns are there waits for the run."""
    for part in recipe.rules:
        try:
            _ = part.rule
        except RuleError as error:
            lines = [i for i, line in enumerate(text.splitlines(), 1) if part.says in line]
            line = lines[0] if lines else _line(text, "rules", 0, "")
            raise RecipeError(error.what, error.remedy, line) from None


def _check_steps(text: str, recipe: Recipe) -> None:
    """Steps check themselves; what needs the table or a file waits for the run."""
    for index, document in enumerate(recipe.protect):
        try:
            step_of(document)
        except StepError as error:
            line = _line(text, "protect", index, error.key) or _line(text, "protect", index, "")
            raise RecipeError(error.what, error.remedy, line) from None


def _check_values(text: str, recipe: Recipe) -> None:
    """Budget and method check themselves; their sentences get a line."""
    for section, key, check in (
        ("privacy", "epsilon", lambda: recipe.budget),
        ("method", "name", lambda: recipe.chosen),
    ):
        try:
            check()
        except SynthError as error:
            line = max(_line(text, section, 0, name) for name in (key, *error.about))
            raise RecipeError(error.what, error.remedy, line) from None


def _check_missing(text: str, recipe: Recipe) -> None:
    """What is written as missing has to be read as missing again."""
    for index, part in enumerate((*recipe.column, *recipe.children.column)):
        if part.missing_as and part.missing_as not in recipe.source.missing:
            raise RecipeError(
                f"`missing_as` of column `{part.name}` is not among the texts that stand for a "
                "missing value.",
                "Add it to `missing` in [source].",
                _line(text, "column", index, "missing_as"),
            )


def _explained(text: str, error: ValidationError) -> RecipeError:
    """The first mistake as a sentence."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    path = [str(p) for p in first["loc"]]
    section = path[0]
    index = int(path[1]) if len(path) > 1 and path[1].isdigit() else 0
    key = path[-1] if len(path) > 1 and not path[-1].isdigit() else ""
    line = _line(text, section, index, key)
    where = f"`{key}` in [{section}]" if key else f"[{section}]"
    if first["type"] == "extra_forbidden":
        known = _keys_of(section) if key else list(Recipe.model_fields)
        near = difflib.get_close_matches(key or section, known, n=1)
        remedy = f"Did you mean `{near[0]}`?" if near else f"Known: {', '.join(known)}."
        return RecipeError(f"{where} is not known.", remedy, line)
    if first["type"] == "missing":
        return RecipeError(f"{where} is missing.", "Add it.", _line(text, section, index, ""))
    why = first["msg"]
    if (told := why.removeprefix("Value error, has ")) != why:  # a sentence of our own
        return RecipeError(f"{where} has {told}.", "Correct it.", line)
    return RecipeError(f"{where} is not right: {why.lower()}.", "Correct it.", line)


def _keys_of(section: str) -> list[str]:
    """The keys that a section knows; none where steps, say, check themselves."""
    told = Recipe.model_fields[section].annotation if section in Recipe.model_fields else None
    parts = [p for p in (told, *get_args(told)) if isinstance(p, type) and issubclass(p, BaseModel)]
    return [key for part in parts for key in part.model_fields]


def _line(text: str, section: str, index: int, key: str) -> int:
    """Where a key of the index-th table of a section stands, counted from 1; 0 if nowhere.

    The section "" is what stands above all others.
    """
    seen, inside = -1, not section
    opened = 0
    wanted = rf'\s*"?{re.escape(key or section)}"?\s*='
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?", line):
            inside = header[1] == section
            seen += inside
            inside = inside and seen == index
            opened = number if inside else opened
        elif re.match(wanted, line) and (inside or not key):
            return number
    return opened
