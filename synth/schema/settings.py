"""A setting of a method or a step, described once for forms, recipes, REST and the command line."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields, replace
from enum import Enum
from typing import Any

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
