"""The editable table of columns: what the rows suggest, and what the custodian declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from synth.errors import SchemaError
from synth.ingest import Loaded
from synth.ingest.declaration import ColumnPart, column_part
from synth.schema import Categories, Column, Dates, Kind, Numbers, Origin, Role, Schema
from ui.shell.visitor import Visitor

KINDS = [k.value for k in Kind]
ROLES = [r.value for r in Role]
ROLE_HELP = (
    "identifier: names one person, made anew · quasi-identifier: narrows down to a few people "
    "together with others · sensitive: what nobody should learn · plain: neither"
)


def column_frame(schema: Schema) -> pd.DataFrame:
    """One line per column, as the editor shows it."""
    return pd.DataFrame([_line(c) for c in schema])


def _line(column: Column) -> dict[str, Any]:
    low, high = _bounds(column)
    return {
        "column": column.name,
        "kind": column.kind.value,
        "role": column.role.value,
        "values": _values(column),
        "declared": column.domain.origin is Origin.DECLARED,
        "low": low,
        "high": high,
        "meaning": column.meaning,
        "why": column.reason,
    }


def _bounds(column: Column) -> tuple[str | None, str | None]:
    domain = column.domain
    if isinstance(domain, Numbers):
        top = domain.edges[-1] - (1 if domain.decimals == 0 else 0)
        return f"{domain.edges[0]:g}", f"{top:g}"
    if isinstance(domain, Dates):
        last = domain.edges[-1] - domain.resolution
        return tuple(
            pd.Timestamp(s, unit="s").strftime(domain.format) for s in (domain.edges[0], last)
        )  # type: ignore[return-value]
    return None, None


def _values(column: Column) -> str:
    if not column.modelled:
        return getattr(column.domain, "template", "")
    domain = column.domain
    if isinstance(domain, Categories):
        told = f"{len(domain.values)} values"
        return told + (" and others" if domain.other else "")
    if isinstance(domain, Numbers | Dates):
        return f"{len(domain.edges) - 1} intervals"
    return "written or not"


def edit_columns(who: Visitor, loaded: Loaded) -> None:
    """Show the editor; declare what was changed, or say why it cannot be."""
    frame = column_frame(who.schema)
    edited = st.data_editor(
        frame,
        key=f"columns of {loaded.token} {hash(who.recipe.column)}",
        hide_index=True,
        placeholder="",
        disabled=["column", "values", "why"],
        height=min(720, 38 + 35 * len(frame)),
        column_config={
            "column": st.column_config.TextColumn("Column", pinned=True),
            "kind": st.column_config.SelectboxColumn("What it holds", options=KINDS, required=True),
            "role": st.column_config.SelectboxColumn(
                "What it says about a person", options=ROLES, required=True, help=ROLE_HELP
            ),
            "values": st.column_config.TextColumn("Values"),
            "declared": st.column_config.CheckboxColumn(
                "Known without the data",
                help="Tick where these values or bounds are public knowledge. Values read off the "
                "rows void the formal promise, and the privacy statement says so.",
            ),
            "low": st.column_config.TextColumn("Lowest"),
            "high": st.column_config.TextColumn("Highest"),
            "meaning": st.column_config.TextColumn("What it means"),
            "why": st.column_config.TextColumn("Why we think so", width="large"),
        },
        alt="One line per column of the table, with what it holds and what it says about a person",
    )
    if not edited.equals(frame):
        who.declare(_parts(who, loaded, frame, edited))
        st.rerun()


def _parts(
    who: Visitor, loaded: Loaded, before: pd.DataFrame, after: pd.DataFrame
) -> list[ColumnPart]:
    known = {p.name: p for p in who.recipe.column}
    parts = []
    for old, new in zip(_lines(before), _lines(after), strict=True):
        name = str(new["column"])
        suggestion = loaded.suggestions[name]
        if old != new:
            known[name] = _part(who.schema[name], suggestion, old, new)
        if name in known:
            parts.append(known[name])
    return parts


def _lines(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in line.items()} for line in frame.to_dict("records")]


def _part(
    column: Column, suggestion: Any, old: Mapping[str, Any], new: Mapping[str, Any]
) -> ColumnPart:
    """What one changed line declares."""
    told: dict[str, Any] = {
        "name": column.name,
        "kind": new["kind"],
        "role": new["role"],
        "meaning": new["meaning"] or "",
    }
    if new["role"] == Role.IDENTIFIER.value:
        return ColumnPart.model_validate(told)
    moved = (old["low"], old["high"]) != (new["low"], new["high"])
    if not (new["declared"] or moved):
        return ColumnPart.model_validate(told)
    if new["kind"] != old["kind"]:
        return ColumnPart.model_validate(told)
    if isinstance(column.domain, Numbers | Dates) and (moved or not _is_declared(column)):
        return ColumnPart.model_validate(told | _declared_bounds(column, new))
    kept = column_part(_as_declared(column), suggestion).model_dump(exclude_defaults=True)
    return ColumnPart.model_validate(kept | told)


def _is_declared(column: Column) -> bool:
    return column.domain.origin is Origin.DECLARED


def _declared_bounds(column: Column, new: Mapping[str, Any]) -> dict[str, Any]:
    if not new["low"] or not new["high"]:
        raise SchemaError(
            f"Column `{column.name}` needs both a lowest and a highest value.", "Fill in both."
        )
    domain = column.domain
    told: dict[str, Any] = {"low": new["low"], "high": new["high"]}
    if isinstance(domain, Dates):
        told["format"] = domain.format
    if isinstance(domain, Numbers) and domain.decimals:
        told["decimals"] = domain.decimals
    return told


def _as_declared(column: Column) -> Column:
    domain: Any = column.domain
    return replace(column, domain=replace(domain, origin=Origin.DECLARED))
