"""One form builder: a field for each setting of a method or a step, by what the setting asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import streamlit as st

from synth.errors import SynthError
from synth.schema.settings import Ask, Setting


def _no_values() -> Sequence[str]:
    return ()


def _no_file(title: str, key: str) -> str:
    return ""


@dataclass(frozen=True)
class Offer:
    """What a form can offer to choose from.

    Args:
        columns: names of the table's columns.
        known: of them, those that others may know.
        values: tells the values of the column that was chosen in the same form.
        bring: asks for a file under a title and a key; its name, or "".
    """

    columns: Sequence[str] = ()
    known: Sequence[str] = ()
    values: Callable[[], Sequence[str]] = _no_values
    bring: Callable[[str, str], str] = _no_file


def ask_setting(setting: Setting, value: Any, key: str, offer: Offer) -> Any:
    """The field of a setting, filled in with `value`; what is in it now.

    Raises:
        SynthError: something is written that cannot be read.
    """
    return FIELDS[setting.ask](setting, value, key, offer)


def _number(setting: Setting, value: Any, key: str, offer: Offer) -> Any:
    """A field for whole numbers where the default is one; an empty one where it is None."""
    kind: Callable[[Any], Any] = int if isinstance(setting.default, int) else float
    told: Any = {
        "min_value": None if setting.low is None else kind(setting.low),
        "max_value": None if setting.high is None else kind(setting.high),
        "value": None if value is None else kind(value),
    }
    return st.number_input(setting.title, **told, help=setting.help or None, key=key)


def _switch(setting: Setting, value: Any, key: str, offer: Offer) -> bool:
    return st.toggle(setting.title, value=value, help=setting.help or None, key=key)


def _text(setting: Setting, value: Any, key: str, offer: Offer) -> str:
    return str(st.text_input(setting.title, value or "", help=setting.help or None, key=key))


def _lines(setting: Setting, value: Any, key: str, offer: Offer) -> str:
    return str(st.text_area(setting.title, value or "", help=setting.help or None, key=key))


def _choice(setting: Setting, value: Any, key: str, offer: Offer) -> Any:
    return st.selectbox(
        setting.title,
        setting.choices,
        index=setting.choices.index(value) if value in setting.choices else 0,
        format_func=lambda choice: "none" if choice == "" else str(choice),
        help=setting.help or None,
        key=key,
    )


def _column(setting: Setting, value: Any, key: str, offer: Offer) -> Any:
    """One column; none of them where the setting may be left out, until one is chosen."""
    options = list(offer.columns) if setting.required else ["", *offer.columns]
    first = next((n for n in options if n in offer.known), "") if setting.required else ""
    ready = value if value in options else first
    return st.selectbox(
        setting.title,
        options,
        index=options.index(ready) if ready in options else 0,
        format_func=lambda name: name or "none",
        help=setting.help or None,
        key=key,
    )


def _columns(setting: Setting, value: Any, key: str, offer: Offer) -> list[str]:
    usual = offer.known if setting.ask is Ask.KNOWN else ()
    ready = [n for n in value or usual if n in offer.columns]
    return st.multiselect(
        setting.title, offer.columns, default=ready, help=setting.help or None, key=key
    )


def _column_sets(setting: Setting, value: Any, key: str, offer: Offer) -> tuple[Any, ...]:
    """Any pair, and what was asked for before."""
    before = [tuple(v) for v in value]
    offered = list(dict.fromkeys([*before, *combinations(offer.columns, 2)]))
    chosen = st.multiselect(
        setting.title,
        offered,
        default=before,
        format_func=" × ".join,
        help=setting.help or None,
        key=key,
    )
    return tuple(chosen)


def _texts(setting: Setting, value: Any, key: str, offer: Offer) -> list[str]:
    return st.multiselect(
        setting.title,
        offer.values(),
        default=list(value or ()),
        accept_new_options=True,
        help=setting.help or None,
        key=key,
    )


def _numbers(setting: Setting, value: Any, key: str, offer: Offer) -> list[float]:
    shown = ", ".join(f"{x:g}" for x in value or ())
    text = st.text_input(setting.title, shown, help=setting.help or None, key=key)
    return [_read(part, setting) for part in text.replace(";", ",").split(",") if part.strip()]


def _mapping(setting: Setting, value: Any, key: str, offer: Offer) -> dict[str, str]:
    shown = "\n".join(f"{old} = {new}" for old, new in (value or {}).items())
    title = f"{setting.title}, one per line"
    text = st.text_area(title, shown, help=setting.help or None, key=key)
    pairs = [line.split("=", 1) for line in text.splitlines() if line.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise SynthError(
            "A line has no equals sign.", "Write: name = value.", about=(setting.name,)
        )
    return {old.strip(): new.strip() for old, new in pairs}


def _weights(setting: Setting, value: Any, key: str, offer: Offer) -> dict[str, float]:
    shown = {name: f"{weight:g}" for name, weight in (value or {}).items()}
    told = _mapping(setting, shown, key, offer)
    return {name: _read(weight, setting) for name, weight in told.items()}


def _file(setting: Setting, value: Any, key: str, offer: Offer) -> str:
    return offer.bring(setting.title, key)


def _read(text: str, setting: Setting) -> float:
    try:
        return float(text)
    except ValueError:
        raise SynthError(
            "Something here is not a number.",
            "Write numbers, with commas between several.",
            about=(setting.name,),
        ) from None


FIELDS: Mapping[Ask, Callable[[Setting, Any, str, Offer], Any]] = {
    Ask.NUMBER: _number,
    Ask.SWITCH: _switch,
    Ask.TEXT: _text,
    Ask.LINES: _lines,
    Ask.CHOICE: _choice,
    Ask.COLUMN: _column,
    Ask.COLUMNS: _columns,
    Ask.KNOWN: _columns,
    Ask.COLUMN_SETS: _column_sets,
    Ask.NUMBERS: _numbers,
    Ask.TEXTS: _texts,
    Ask.MAPPING: _mapping,
    Ask.WEIGHTS: _weights,
    Ask.FILE: _file,
}
