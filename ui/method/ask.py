"""Questions put to the visitor; each returns a value of `synth`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from synth.methods import Method, Promise, all_methods, method_named
from synth.runs.recipe import MethodPart, ReleasePart
from synth.schema.settings import settings_of
from ui.form import Offer, ask_setting
from ui.shell.visitor import explained


def ask_family(current: MethodPart) -> str:
    """Which sort of promise is wanted."""
    families = list(dict.fromkeys(m.promise.value for m in all_methods()))
    family: str = st.pills(
        "What should be promised to the people in the table?",
        families,
        default=method_named(current.name).promise.value,
        key="family",
        persist_state="session",
        required=True,
    )
    return family


def ask_method(current: MethodPart, family: str, columns: Sequence[str] = ()) -> MethodPart:
    """Which method, and its settings, as a form made from the method's own fields."""
    offered = [m for m in all_methods() if m.promise.value == family]
    names = [m.name for m in offered]
    name = st.radio(
        "How should the synthetic rows be made?",
        names,
        index=names.index(current.name) if current.name in names else 0,
        format_func=lambda n: method_named(n).title,
        captions=[m.summary for m in offered],
        key="method",
        persist_state="session",
    )
    method = method_named(name)
    if method.promise is Promise.NONE:
        st.warning(
            "This method looks at the real rows themselves, so its releases carry no formal "
            "promise. Choose it only for people you trust."
        )
    kept = (current.model_extra or {}) if current.name == name else {}
    return MethodPart.model_validate({"name": name, **_settings(method, kept, columns)})


def _settings(method: type[Method], kept: dict[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    """The settings that differ from their defaults."""
    asked, settings = {}, settings_of(method)
    with st.expander("Settings of this method", expanded=False), explained():
        if not settings:
            st.caption("It has none.")
        for one in settings:
            before = kept.get(one.name, one.default)
            value = ask_setting(one, before, f"{method.name}.{one.name}", Offer(columns))
            if value != one.default:
                asked[one.name] = value
    return asked


def ask_release(current: ReleasePart, rows: int) -> ReleasePart:
    """How much to draw."""
    left, middle, right = st.columns(3)
    wanted = left.number_input(
        "Synthetic rows (0: about as many as the real table)",
        min_value=0,
        max_value=5_000_000,
        value=current.rows,
        step=1000,
        key="rows",
        persist_state="session",
    )
    copies = middle.number_input(
        "Copies",
        min_value=1,
        max_value=20,
        value=current.copies,
        help="Several synthetic tables from the same model show how much chance there is in one.",
        key="copies",
        persist_state="session",
    )
    seed = right.number_input(
        "Seed of the drawing",
        min_value=0,
        value=current.seed,
        help="The same seed draws the same rows again. It is published; the noise has no seed.",
        key="seed",
        persist_state="session",
    )
    safe = st.toggle(
        "Keep spreadsheets from running cells",
        value=current.safe,
        help="An apostrophe goes before cells that a spreadsheet would run as a formula, such as "
        "`=1+1`. Numbers and codes such as `-99` never get one.",
        key="safe",
        persist_state="session",
    )
    return current.model_copy(
        update={"rows": int(wanted), "copies": int(copies), "seed": int(seed), "safe": safe}
    )
