"""A recipe with everything that holds, what is left at its default too, each with its meaning."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from synth.lazily import tomlkit
from synth.runs.recipe import Recipe
from synth.runs.recipe_words import KEYS, MEANINGS
from synth.schema.settings import settings_of

LISTS = ("column", "protect")  # of tables, in which only what is said is written
SECOND = "children"  # a part with a list of tables of its own


def whole(recipe: Recipe, header: Sequence[str], without: Collection[tuple[str, str]] = ()) -> str:
    """The recipe as TOML; what is read from it decides the same, whatever defaults become.

    Args:
        header: its first lines, which become comments.
        without: parts and keys that are not so much as named.
    """
    said = recipe.model_dump(include=set(LISTS), exclude_defaults=True)
    document = {**recipe.model_dump(), **{part: said.get(part, ()) for part in LISTS}}
    for part, key in without:
        del document[part][key]
    lines = [f"# {line}" for line in header]
    for part, value in document.items():
        if part == SECOND and not value:  # all of it is left out
            continue
        lines += ["", f"# {MEANINGS[part]}"]
        lines += _part(part, value, recipe)
    return "\n".join(lines) + "\n"


def _part(part: str, value: Any, recipe: Recipe) -> list[str]:
    if part in LISTS:
        return [_tables(part, value)] if value else [f"# [[{part}]]"]
    if part == "rules":
        return [f"rules = [{', '.join(_toml(rule) for rule in value)}]"]
    if part == "method":
        return [f"[{part}]", *_method(recipe)]
    if part == SECOND:
        return [f"[{part}]", *_second(value, recipe)]
    return [f"[{part}]", *_keys(value, KEYS[part])]


def _second(value: Mapping[str, Any], recipe: Recipe) -> Iterator[str]:
    """What is said of a second table, and of each of its columns."""
    told, meanings = {k: v for k, v in value.items() if k != "column"}, KEYS[SECOND]
    yield from _keys(told, meanings)
    said = recipe.children.model_dump(include={"column"}, exclude_defaults=True)
    if not said:
        yield f"# column is not set: {meanings['column']}"
        return
    inner = tomlkit.table(is_super_table=True)
    inner.add("column", tomlled(said["column"]))
    document = tomlkit.document()
    document.add(SECOND, inner)
    written: str = tomlkit.dumps(document)
    yield from ("", written.rstrip())


def _method(recipe: Recipe) -> Iterator[str]:
    """Its name and all settings."""
    yield from _keys({"name": recipe.method.name}, KEYS["method"])
    chosen = recipe.chosen
    settings = settings_of(type(chosen))
    values = {s.name: getattr(chosen, s.name) for s in settings}
    yield from _keys(values, {s.name: s.title for s in settings})


def _keys(values: Mapping[str, Any], meanings: Mapping[str, str]) -> Iterator[str]:
    for key, value in values.items():
        if value is None or value == {}:
            yield f"# {key} is not set: {meanings[key]}"
        else:
            yield f"{key} = {_toml(value)}  # {meanings[key]}"


def _toml(value: Any) -> str:
    told = tomlled(value)
    if isinstance(told, Mapping):
        table = tomlkit.inline_table()
        table.update(told)
        told = table
    written: str = tomlkit.item(told).as_string()
    return written


def _tables(part: str, rows: Sequence[Mapping[str, Any]]) -> str:
    document = tomlkit.document()
    document.add(part, tomlled(rows))
    written: str = tomlkit.dumps(document)
    return written.rstrip()


def tomlled(value: Any) -> Any:
    """A value as TOML holds it, without what is not set."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {k: tomlled(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        rows = [tomlled(v) for v in value]
        if rows and all(isinstance(r, dict) for r in rows):
            tables = tomlkit.aot()
            for row in rows:
                tables.append(tomlkit.item(row))
            return tables
        return rows
    return value
