"""The editable table of columns: what the rows suggest, and what the custodian declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from synth.errors import SchemaError
from synth.ingest import Loaded, Suggestion
from synth.ingest.declaration import ColumnPart
from synth.schema import Categories, Column, Dates, Domain, Kind, Numbers, Origin, Role, Schema
from synth.schema.date_steps import DATE_STEPS
from synth.schema.moments import written
from synth.wording import so_many
from ui.shell.visitor import Visitor

SIGN = "; "
GLANCE = ("spread", "missing", "written")  # read off the rows, for the custodian's eyes
ORDER = (
    *("column", "kind", "role", "known", "spread", "missing", "values", "written"),
    *("listed", "low", "high", "step", "meaning", "unit", "why"),
)
ROW, TALL = 35, 66  # pixels of a row; the grid wraps text in rows of more than 64 alone
LETTER, MARGIN = 7.9, 18  # pixels of a letter, about, and of a cell around its text
ONE_LINE = 24  # letters, above which the two ends of a range are written one below the other
KINDS = [k.value for k in Kind]
ROLES = [r.value for r in Role]
ROLE_HELP = (
    "identifier: names one person, made anew · quasi-identifier: narrows down to a few people "
    "together with others · sensitive: what nobody should learn · plain: neither"
)

STEP_HELP = (
    "Numbers: what all of them are multiples of, as 0.5 or 100. Dates: one of "
    f"{', '.join(DATE_STEPS)}. Found out where it is left empty"
)


def column_frame(
    schema: Schema,
    parts: Sequence[ColumnPart],
    suggestions: Mapping[str, Suggestion] | None = None,
) -> pd.DataFrame:
    """One line per column, as the editor shows it."""
    told, seen = {p.name: p for p in parts}, suggestions or {}
    return pd.DataFrame([_line(c, told.get(c.name)) | _glance(seen.get(c.name)) for c in schema])


def _glance(suggestion: Suggestion | None) -> dict[str, Any]:
    """How values spread and what is missing, as read off the rows; empty where none was read."""
    profile = suggestion.profile if suggestion is not None else None
    if suggestion is None or profile is None:
        return {"spread": [], "missing": None, "written": ""}
    domain = suggestion.as_kind(suggestion.column.kind)
    return {
        "spread": list(profile.bars),
        "missing": profile.missing,
        "written": _written(domain) if suggestion.column.modelled else "",
    }


def _written(domain: Domain | None) -> str:
    """How cells are written: the format of dates, an example of numbers."""
    if isinstance(domain, Dates):
        return domain.format
    return domain.spelling.example(domain.decimals) if isinstance(domain, Numbers) else ""


def _line(column: Column, part: ColumnPart | None) -> dict[str, Any]:
    """What is typed starts blank: what the rows hold is not what is known without them."""
    low, high = (None, None) if column.domain.origin is Origin.OBSERVED else _bounds(column)
    return {
        "column": column.name,
        "kind": column.kind.value,
        "role": column.role.value,
        "known": part is not None and part.kind is not None and not part.seen,
        "listed": SIGN.join(part.values) if part is not None and part.values else None,
        "low": low,
        "high": high,
        "step": _step(part),
        "meaning": column.meaning,
        "unit": column.unit,
        "values": _values(column),
        "why": column.reason,
    }


def _step(part: ColumnPart | None) -> str | None:
    if part is None or part.step is None:
        return None
    return part.step if isinstance(part.step, str) else f"{part.step:g}"


def _bounds(column: Column) -> tuple[str | None, str | None]:
    domain = column.domain
    if isinstance(domain, Numbers) and domain.spelling.clock:
        written_as = domain.spelling.written
        return written_as(domain.edges[0], 0), written_as(domain.largest, 0)
    if isinstance(domain, Numbers):
        return f"{domain.edges[0]:g}", f"{domain.largest:g}"
    if isinstance(domain, Dates):
        last = domain.edges[-1] - domain.resolution
        return tuple(written(np.array([domain.edges[0], last]), domain.format))
    return None, None


def _values(column: Column) -> str:
    """What was read off the rows, or is declared, in a word."""
    if not column.modelled:
        return getattr(column.domain, "template", "")
    domain = column.domain
    if isinstance(domain, Categories):
        told = so_many(len(domain.values), "value")
        return told + (" and others" if domain.other else "")
    low, high = _bounds(column)
    if low is None:
        return "written or not"
    told = f"{low} to {high}"
    return told if len(told) <= ONE_LINE else f"{low}\nto {high}"


def _wide(shown: pd.Series, label: str) -> int:
    """Pixels that the longest line of a column of texts needs, or its heading."""
    lines = [line for cell in shown for line in str(cell).split("\n")]
    return round(LETTER * max(map(len, [label, *lines])) + MARGIN)


def edit_columns(who: Visitor, loaded: Loaded) -> None:
    """Show the editor; declare what was changed, or say why it cannot be."""
    frame = column_frame(who.schema, who.recipe.column, loaded.suggestions)
    row = TALL if frame["values"].str.contains("\n").any() else ROW
    edited = st.data_editor(
        frame,
        key=f"columns of {loaded.token} {hash(who.recipe.column)}",
        hide_index=True,
        placeholder="",
        disabled=["column", "values", "spread", "missing", "written", "why"],
        column_order=ORDER,
        height=min(720, 38 + row * len(frame)),
        row_height=row,
        column_config=_asked() | _read_off(frame),
        alt="One line per column of the table, with what it holds and what it says about a person",
    )
    shown = list(GLANCE)
    if not edited.drop(columns=shown).equals(frame.drop(columns=shown)):
        who.declare(_parts(who, loaded, frame, edited))
        st.rerun()


def _asked() -> dict[str, Any]:
    """The columns of the editor that can be typed into, and the name before them."""
    return {
        "column": st.column_config.TextColumn("Column", pinned=True),
        "kind": st.column_config.SelectboxColumn("What it holds", options=KINDS, required=True),
        "role": st.column_config.SelectboxColumn(
            "What it says about a person", options=ROLES, required=True, help=ROLE_HELP
        ),
        "known": st.column_config.CheckboxColumn(
            "Known without the rows",
            help="Tick where you would say the same had you never seen this table. What is "
            "settled after looking at the rows is not covered by a formal promise, and the "
            "privacy statement says so.",
        ),
        "listed": st.column_config.TextColumn(
            "All its values", help=f"With {SIGN.strip()} between: no{SIGN}yes{SIGN}unknown"
        ),
        "low": st.column_config.TextColumn("Lowest"),
        "high": st.column_config.TextColumn("Highest"),
        "step": st.column_config.TextColumn("In steps of", help=STEP_HELP),
        "meaning": st.column_config.TextColumn("What it means"),
        "unit": st.column_config.TextColumn("Unit", help="What its numbers count: kg, days, €"),
    }


def _read_off(frame: pd.DataFrame) -> dict[str, Any]:
    """The columns of the editor that show what the rows hold, wide enough for it."""
    return {
        "values": st.column_config.TextColumn(
            "In your rows", width=_wide(frame["values"], "In your rows")
        ),
        "spread": st.column_config.BarChartColumn(
            "How they spread",
            help="Numbers and dates: rows in sixteen equal intervals, from the lowest to the "
            "highest. Else: the commonest values, the commonest first.",
        ),
        "missing": st.column_config.NumberColumn("Missing", format="percent"),
        "written": st.column_config.TextColumn(
            "Written as", width=_wide(frame["written"], "Written as")
        ),
        "why": st.column_config.TextColumn("Why we think so", width="large"),
    }


def _typed(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """What can be typed of each line."""
    return _lines(frame.drop(columns=list(GLANCE)))


def _parts(
    who: Visitor, loaded: Loaded, before: pd.DataFrame, after: pd.DataFrame
) -> list[ColumnPart]:
    known = {p.name: p for p in who.recipe.column}
    parts = []
    for old, new in zip(_typed(before), _typed(after), strict=True):
        name = str(new["column"])
        suggestion = loaded.suggestions[name]
        if old != new:
            part = _part(who.schema[name], suggestion, old, new)
            known[name] = _still(known.get(name), part, old, new)
        if name in known:
            parts.append(known[name])
    return parts


def _still(
    before: ColumnPart | None, part: ColumnPart, old: Mapping[str, Any], new: Mapping[str, Any]
) -> ColumnPart:
    """What was declared by a click and is not in the line: a public list, codes, a format."""
    if before is None or new["kind"] != old["kind"]:
        return part
    holds = ("known", "listed", "low", "high", "step")
    if before.public and all(old[k] == new[k] for k in holds):
        said = {"meaning": part.meaning, "unit": part.unit}
        return before.model_copy(update={**said, "role": Role(new["role"])})
    held = ("codes", "missing_as", "also")
    kept = {k: v for k in held if (v := getattr(before, k)) is not None}
    if new["role"] == Role.IDENTIFIER.value and before.template is not None:
        kept["template"] = before.template
    return part.model_copy(update=kept) if kept else part


def _lines(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in line.items()} for line in frame.to_dict("records")]


def _part(
    column: Column, suggestion: Suggestion, old: Mapping[str, Any], new: Mapping[str, Any]
) -> ColumnPart:
    """What one changed line declares."""
    said = {k: new[k] or "" for k in ("meaning", "unit")}
    told: dict[str, Any] = {"name": column.name, **said}
    guess = suggestion.column
    typed = bool(new["listed"] or new["low"] or new["high"] or new["step"])
    moved = (new["kind"], new["role"]) != (guess.kind.value, guess.role.value)
    if not (new["known"] or typed or moved):
        return ColumnPart.model_validate(told)
    told |= {"kind": new["kind"], "role": new["role"], "seen": not new["known"]}
    if new["role"] == Role.IDENTIFIER.value or new["kind"] != old["kind"]:
        return ColumnPart.model_validate(told)
    if new["listed"]:
        listed = (v.strip() for v in str(new["listed"]).split(SIGN.strip()))
        told["values"] = tuple(dict.fromkeys(v for v in listed if v))
    elif new["low"] or new["high"]:
        told |= _bounds_told(column.name, new)
    if new["step"]:
        told["step"] = _step_told(str(new["step"]).strip())
    return ColumnPart.model_validate(told)


def _bounds_told(name: str, new: Mapping[str, Any]) -> dict[str, Any]:
    if not new["low"] or not new["high"]:
        raise SchemaError(
            f"Column `{name}` needs both a lowest and a highest value.", "Fill in both."
        )
    return {"low": new["low"], "high": new["high"]}


def _step_told(typed: str) -> float | str:
    """A number, or the name of a step of dates."""
    try:
        return float(typed.replace(",", "."))
    except ValueError:
        return typed.lower()
