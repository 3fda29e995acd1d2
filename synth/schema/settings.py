"""A setting of a method or a step, described once for forms, recipes, REST and the command line."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin

KEY = "setting"  # under which a dataclass field carries its description
LAST = "asked for last"


class Ask(Enum):
    """What sort of answer a setting wants, and so which field a form shows."""

    NUMBER = "number"
    SWITCH = "switch"
    TEXT = "text"
    LINES = "lines"  # a text of several lines
    CHOICE = "choice"
    COLUMN = "column"
    COLUMNS = "columns"
    KNOWN = "known columns"  # columns; to begin with, those that others may know
    COLUMN_SETS = "column sets"
    NUMBERS = "numbers"
    TEXTS = "texts"
    MAPPING = "mapping"  # from text to text
    WEIGHTS = "weights"  # from text to number
    FILE = "file"


@dataclass(frozen=True)
class Setting:
    """One setting.

    Args:
        name: its key in a recipe.
        default: what holds where nothing is said; None where it is `required`, too.
        low, high: bounds of a number, both included; None for none.
        choices: the only values allowed; empty for any.
    """

    name: str
    default: Any
    title: str
    help: str
    ask: Ask
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    required: bool = False

    def document(self) -> dict[str, Any]:
        """The setting as plain values, without what does not apply."""
        bounds = {"low": self.low, "high": self.high}
        return {
            "title": self.title,
            "help": self.help,
            "ask": self.ask.value,
            "default": self.default,
            **{k: v for k, v in bounds.items() if v is not None},
            **({"choices": list(self.choices)} if self.choices else {}),
        }


def setting(
    default: Any = MISSING,
    *,
    title: str,
    help: str = "",
    ask: Ask | None = None,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[Any, ...] = (),
) -> Any:
    """A dataclass field that is a setting.

    Args:
        default: left out where a value has to be given.
        ask: follows from the default where it is a number, a truth value or a text.
    """
    required = default is MISSING
    told = Setting(
        "",
        None if required else default,
        title,
        help,
        ask or _usual(default, choices),
        low,
        high,
        choices,
        required,
    )
    if isinstance(default, dict):
        return field(default_factory=lambda: dict(default), metadata={KEY: told})
    return field(default=default, metadata={KEY: told})


def switch_named(title: str, help: str) -> dict[str, Any]:
    """What describes a switch that all of a family have, given by its name alone and asked last."""
    return {KEY: Setting("", False, title, help, Ask.SWITCH), LAST: True}


def _usual(default: Any, choices: tuple[Any, ...]) -> Ask:
    if choices:
        return Ask.CHOICE
    if isinstance(default, bool):
        return Ask.SWITCH
    return Ask.NUMBER if isinstance(default, int | float) else Ask.TEXT


def settings_of(kind: type[Any]) -> tuple[Setting, ...]:
    """The settings of a dataclass, in order; fields made otherwise are its own business."""
    told = sorted((f for f in fields(kind) if KEY in f.metadata), key=lambda f: LAST in f.metadata)
    return tuple(replace(f.metadata[KEY], name=f.name) for f in told)


def unlike(setting: Setting, value: Any) -> str:
    """What the value would have to be, where it is of another kind than the setting; else ""."""
    if value is None and setting.default is None and not setting.required:
        return ""
    if setting.ask is Ask.NUMBER or setting.low is not None or setting.high is not None:
        whole = isinstance(setting.default, int)
        if _is_number(value) and not (whole and isinstance(value, float)):
            return ""
        return "a whole number" if whole else "a number"
    return "" if setting.choices or _fits(setting.ask, value) else KINDS[setting.ask]


def mistaken(hint: Any, value: Any) -> str:
    """What a value has to be, where it is a number for a switch or a switch for a number; else "".

    Python counts true as 1, so that what reads a document would take one for the other in silence.

    Args:
        hint: the type that is wanted, as written beside a field.
    """
    return _mistaken(_kinds_of(hint), value)


def _mistaken(kinds: set[Any], value: Any) -> str:
    if isinstance(value, bool):
        if bool in kinds or not {int, float} & kinds:
            return ""
        number = "a number" if float in kinds else "a whole number"
        return f"has to be {number}, not true or false"
    if isinstance(value, int | float | str):
        wrong = bool in kinds and not {type(value), int, float} & kinds
        return "has to be true or false" if wrong else ""
    if isinstance(value, list | tuple | Mapping):
        inside = {a for kind in kinds for arg in get_args(kind) for a in _kinds_of(arg)}
        many = value.values() if isinstance(value, Mapping) else value
        return next(filter(None, (_mistaken(inside, one) for one in many)), "")
    return ""


def _kinds_of(hint: Any) -> set[Any]:
    """The types that a hint allows, one by one."""
    if get_origin(hint) in (Union, UnionType):
        return {kind for one in get_args(hint) for kind in _kinds_of(one)}
    return {hint}


KINDS = {
    Ask.SWITCH: "true or false",
    Ask.TEXT: "a text",
    Ask.LINES: "a text",
    Ask.COLUMN: "the name of a column",
    Ask.COLUMNS: "a list of columns",
    Ask.TEXTS: "a list of texts",
    Ask.NUMBERS: "a list of numbers",
    Ask.COLUMN_SETS: "a list of lists of columns",
    Ask.WEIGHTS: "numbers by column, such as { Age = 2 }",
}  # what else a setting may ask for is its method's own business


def _fits(ask: Ask, value: Any) -> bool:
    if ask is Ask.SWITCH:
        return isinstance(value, bool)
    if ask in (Ask.TEXT, Ask.LINES, Ask.COLUMN):
        return isinstance(value, str)
    if ask in (Ask.COLUMNS, Ask.TEXTS):
        return _all(_is_text, value)
    if ask is Ask.NUMBERS:
        return _all(_is_number, value)
    if ask is Ask.COLUMN_SETS:
        return _all(lambda names: _all(_is_text, names), value)
    if ask is Ask.WEIGHTS:
        return isinstance(value, Mapping) and all(
            _is_text(name) and _is_number(weight) for name, weight in value.items()
        )
    return True


def _all(fits: Callable[[Any], bool], values: Any) -> bool:
    return isinstance(values, list | tuple) and all(map(fits, values))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
