"""A form made from the fields of a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any

import streamlit as st

from synth.budget import Audience
from synth.errors import StepError
from synth.protect.risk.summary import REASON
from synth.protect.steps import Stage, Step
from ui.shell.visitor import Visitor

MOST_OFFERED = 300  # values of a column offered to pick from


def ask_step(who: Visitor, stage: Stage, kind: type[Step], known: Sequence[str]) -> dict[str, Any]:
    """The document of a step, as far as it is filled in.

    Raises:
        StepError: something is written that cannot be read.
    """
    given: dict[str, Any] = {"step": kind.name}
    for field in fields(kind):
        if not field.metadata:
            continue
        value = _ask(who, stage, kind, field, known, given)
        default = None if field.default is MISSING else field.default
        if value != default and value not in ("", None, [], {}):
            given[field.name] = value
    return given


def _ask(
    who: Visitor,
    stage: Stage,
    kind: type[Step],
    field: Field[Any],
    known: Sequence[str],
    given: Mapping[str, Any],
) -> Any:
    told = field.metadata
    asks, default = told["asks"], None if field.default is MISSING else field.default
    common: dict[str, Any] = {"key": f"step {kind.name} {field.name}", "help": told["help"] or None}
    names = list(stage.private.schema.names)
    if asks == "column":
        return st.selectbox(told["title"], names, index=_first(names, known), **common)
    if asks == "columns":
        ready = [n for n in known if n in names] if kind.name == "suppress" else []
        return st.multiselect(told["title"], names, default=ready, **common)
    if asks == "texts":
        options = _values(stage, str(given.get("column", "")))
        return st.multiselect(told["title"], options, accept_new_options=True, **common)
    if asks == "numbers":
        shown = ", ".join(f"{x:g}" for x in default or ())
        return _numbers(st.text_input(told["title"], shown, **common), field.name)
    if asks == "mapping":
        return _mapping(st.text_area(f"{told['title']}, one per line", **common))
    if asks == "file":
        return _file(who, told["title"], common)
    if "|" in asks:
        options = asks.split("|")
        label = {"": "none"}
        return st.selectbox(
            told["title"],
            options,
            index=options.index(default or options[0]),
            format_func=lambda o: label.get(o, o),
            **common,
        )
    return _plain(told["title"], field, default, common)


def _first(names: Sequence[str], known: Sequence[str]) -> int:
    return next((i for i, n in enumerate(names) if n in known), 0)


def _plain(title: str, field: Field[Any], default: Any, common: Mapping[str, Any]) -> Any:
    if isinstance(default, bool):
        return st.toggle(title, value=default, **common)
    if isinstance(default, int | float):
        step = 1 if isinstance(default, int) else None
        return st.number_input(title, value=default, step=step, **common)
    if "None" in str(field.type):
        text = st.text_input(title, "", **common)
        return None if not text.strip() else _numbers(text, field.name)[0]
    return st.text_input(title, default or "", **common)


def _numbers(text: str, key: str) -> list[float]:
    try:
        return [float(part) for part in text.replace(";", ",").split(",") if part.strip()]
    except ValueError:
        raise StepError(
            "Something in the list is not a number.", "Write numbers with commas between.", key
        ) from None


def _mapping(text: str) -> dict[str, str]:
    pairs = [line.split("=", 1) for line in text.splitlines() if line.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise StepError("A line has no equals sign.", "Write: old value = new value.", "values")
    return {old.strip(): new.strip() for old, new in pairs}


def _file(who: Visitor, title: str, common: Mapping[str, Any]) -> str:
    """A file the visitor brought before, or a new one; it is kept in memory only."""
    brought = bring_file(who, title, common["key"])
    if brought:
        return brought
    if not who.files:
        return ""
    options = ["", *who.files]
    return st.selectbox(
        "… or one that is here already",
        options,
        format_func=lambda o: o or "none",
        key=f"{common['key']} here",
    )


def bring_file(who: Visitor, title: str, key: str) -> str:
    """Keep an uploaded look-up table or hierarchy with the visitor; its name, or "".

    Raises:
        StepError: it is not text.
    """
    file = st.file_uploader(title, type=["csv", "txt"], max_upload_size=20, key=key)
    if file is None:
        return ""
    try:
        who.files[file.name] = file.getvalue().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise StepError("The file is not text in UTF-8.", "Save it as CSV UTF-8.") from None
    return str(file.name)


def _values(stage: Stage, column: str) -> list[str]:
    if column not in stage.private.schema:
        return []
    (known,) = stage.private.codes((column,), REASON, Audience.CUSTODIAN)
    return sorted(known.labels) if known.size <= MOST_OFFERED else []
