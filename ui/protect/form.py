"""A form for the parameters of a step, and the files it may need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from synth.budget import Audience
from synth.errors import StepError
from synth.protect.risk.summary import REASON
from synth.protect.steps import Stage, Step
from synth.schema.settings import settings_of
from ui.form import Offer, ask_setting
from ui.shell.visitor import Visitor

MOST_OFFERED = 300  # values of a column offered to pick from


def ask_step(who: Visitor, stage: Stage, kind: type[Step], known: Sequence[str]) -> dict[str, Any]:
    """The document of a step, as far as it is filled in.

    Raises:
        SynthError: something is written that cannot be read.
    """
    given: dict[str, Any] = {"step": kind.name}
    offer = Offer(
        list(stage.private.schema.names),
        known,
        values=lambda: _values(stage, str(given.get("column", ""))),
        bring=lambda title, key: _file(who, title, key),
    )
    whose = who.recipe.people.column
    for one in settings_of(kind):
        usual = whose if one.name == "person" and whose in offer.columns else one.default
        value = ask_setting(one, usual, f"step {kind.name} {one.name}", offer)
        if value != one.default and value not in ("", None, [], {}):
            given[one.name] = value
    return given


def _file(who: Visitor, title: str, key: str) -> str:
    """A file the visitor brought before, or a new one; it is kept in memory only."""
    brought = bring_file(who, title, key)
    if brought:
        return brought
    if not who.files:
        return ""
    options = ["", *who.files]
    return st.selectbox(
        "… or one that is here already",
        options,
        format_func=lambda o: o or "none",
        key=f"{key} here",
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
    (known,) = stage.private.exact_codes((column,), REASON, Audience.CUSTODIAN)
    return sorted(known.labels) if known.size <= MOST_OFFERED else []
