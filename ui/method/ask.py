"""Questions put to the visitor; each returns a value of `synth`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from itertools import combinations
from typing import Any

import streamlit as st

from synth.learning.method import Method
from synth.methods import METHODS, method_named
from synth.runs import Recipe
from synth.runs.recipe import MethodPart, People, ReleasePart


def family_of(method: type[Method]) -> str:
    """Which sort of promise a method makes."""
    if not method.formal:
        return "No formal promise"
    if method.spends:
        return "Differential privacy"
    return "k people behind everything" if "k" in method().settings() else "No row is read"


def ask_family(current: MethodPart) -> str:
    """Which sort of promise is wanted."""
    families = list(dict.fromkeys(family_of(m) for m in METHODS))
    family: str = st.pills(
        "What should be promised to the people in the table?",
        families,
        default=family_of(method_named(current.name)),
        key="family",
        persist_state="session",
        required=True,
    )
    return family


def ask_method(current: MethodPart, family: str, columns: Sequence[str] = ()) -> MethodPart:
    """Which method, and its settings, as a form made from the method's own fields."""
    offered = [m for m in METHODS if family_of(m) == family]
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
    if not method.formal:
        st.warning(
            "This method looks at the real rows themselves, so its releases carry no formal "
            "promise. Choose it only for people you trust."
        )
    kept = (current.model_extra or {}) if current.name == name else {}
    return MethodPart.model_validate({"name": name, **_settings(method, kept, columns)})


def _settings(method: type[Method], kept: dict[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    """The settings that differ from their defaults."""
    asked = {}
    with st.expander("Settings of this method", expanded=False):
        if not fields(method):
            st.caption("It has none.")
        for setting in fields(method):
            usual = method().settings()[setting.name]
            value = kept.get(setting.name, usual)
            if setting.name == "pinned":
                value = _pairs(method.name, setting, value, columns)
            else:
                value = _setting(method.name, setting, value)
            if value != usual:
                asked[setting.name] = value
    return asked


def _pairs(method: str, setting: Any, value: Any, columns: Sequence[str]) -> Any:
    """Sets of columns that are measured together: any pair, and what a recipe asked for."""
    asked = [tuple(v) for v in value]
    offered = list(dict.fromkeys([*asked, *combinations(columns, 2)]))
    chosen = st.multiselect(
        setting.metadata["title"],
        offered,
        default=asked,
        format_func=" × ".join,
        help=setting.metadata["help"],
        key=f"{method}.pinned",
    )
    return tuple(chosen)


def _setting(method: str, setting: Any, value: Any) -> Any:
    told = setting.metadata
    label = told.get("title", setting.name.replace("_", " ").capitalize())
    common = {"help": told.get("help"), "key": f"{method}.{setting.name}"}
    if "choices" in told:
        choices = list(told["choices"])
        return st.selectbox(label, choices, index=choices.index(value), **common)
    if isinstance(setting.default, bool):
        return st.toggle(label, value=value, **common)
    if isinstance(setting.default, int | float):
        kind = type(setting.default)
        low, high = told.get("low"), told.get("high")
        return st.number_input(
            label,
            min_value=None if low is None else kind(low),
            max_value=None if high is None else kind(high),
            value=kind(value),
            **common,
        )
    if isinstance(setting.default, str):
        return st.text_input(label, value=value, **common)
    return value


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
    return current.model_copy(
        update={"rows": int(wanted), "copies": int(copies), "seed": int(seed)}
    )


def ask_people(recipe: Recipe, names: list[str]) -> People:
    """Whom the promise protects."""
    one = "Each row is one person"
    several = "A person can have several rows"
    choice = st.radio(
        "Whom does the promise protect?",
        [one, several],
        index=1 if recipe.people.column else 0,
        key="unit",
        persist_state="session",
        horizontal=True,
    )
    if choice == one:
        return People()
    left, right = st.columns(2)
    column = left.selectbox(
        "Which column tells whose row it is?",
        names,
        index=names.index(recipe.people.column) if recipe.people.column in names else 0,
        key="person",
        persist_state="session",
    )
    most = right.number_input(
        "Rows kept of each person, at most",
        min_value=1,
        value=recipe.people.rows,
        help="More rows of a person beyond this are left out at random. Each row more needs more "
        "noise for the same protection.",
        key="rows_per_person",
        persist_state="session",
    )
    return People(column=column, rows=int(most))
