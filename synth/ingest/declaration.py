"""What a custodian declares of the columns, laid over what the rows suggest."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from synth.errors import SchemaError
from synth.ingest.suggest import INTERVALS, Suggestion, resolution_of
from synth.lazily import pd
from synth.schema import (
    Categories,
    Column,
    Dates,
    Domain,
    Kind,
    Numbers,
    Origin,
    Pattern,
    Role,
    Schema,
    Text,
)
from synth.schema.edges import even_edges, whole_edges
from synth.schema.values import as_seconds


class Part(BaseModel):
    """A table of the recipe: frozen, and without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class ColumnPart(Part):
    """What the custodian declares of a column; what is left out is read off the rows."""

    name: str
    kind: Kind | None = None
    role: Role | None = None
    meaning: str = ""
    low: float | str | None = None
    high: float | str | None = None
    intervals: int = Field(default=INTERVALS, ge=1, le=10_000)
    edges: tuple[float, ...] | None = None
    values: tuple[str, ...] | None = None
    other: bool = True
    missing: bool = True
    decimals: int | None = Field(default=None, ge=0, le=12)
    format: str | None = None
    template: str | None = None
    check: str = ""


def declared(suggestions: Mapping[str, Suggestion], parts: Sequence[ColumnPart]) -> Schema:
    """The suggested schema, with what the recipe declares put over it.

    Raises:
        SchemaError: a column is not in the table, or a declaration contradicts itself.
    """
    known = {p.name: p for p in parts}
    if absent := [n for n in known if n not in suggestions]:
        near = difflib.get_close_matches(absent[0], list(suggestions), n=1)
        raise SchemaError(
            f"The table has no column `{absent[0]}`.",
            f"Did you mean `{near[0]}`?" if near else f"It has {', '.join(suggestions)}.",
        )
    columns = (
        declared_column(s, known[n]) if n in known else s.column for n, s in suggestions.items()
    )
    return Schema(tuple(columns))


def declared_column(suggestion: Suggestion, part: ColumnPart) -> Column:
    """One column: the suggestion, with what is declared put over it."""
    column = suggestion.column
    kind = part.kind or column.kind
    role = part.role or column.role
    domain = _domain(suggestion, part, kind, role)
    return replace(column, kind=kind, role=role, domain=domain, meaning=part.meaning)


def _domain(suggestion: Suggestion, part: ColumnPart, kind: Kind, role: Role) -> Domain | Pattern:
    name = suggestion.column.name
    if role is Role.IDENTIFIER:
        if part.template is not None:
            return Pattern(part.template, check=part.check)
        kept = suggestion.column.domain
        return kept if isinstance(kept, Pattern) else suggestion.identifier
    if part.values is not None:
        return Categories(part.values, missing=part.missing, other=part.other)
    if part.edges is not None and kind in (Kind.INTEGER, Kind.REAL):
        return Numbers(part.edges, missing=part.missing, decimals=_decimals(kind, part))
    if part.low is not None or part.high is not None:
        return _bounded(name, part, kind)
    if kind is Kind.TEXT:
        return Text(Origin.DECLARED, part.missing)
    found = suggestion.as_kind(kind)
    if found is None:
        raise SchemaError(
            f"Column `{name}` is declared as {kind.value}, but holds values that are not.",
            f"Declare it as one of {', '.join(k.value for k in suggestion.alternatives)}.",
        )
    return found


def _decimals(kind: Kind, part: ColumnPart) -> int | None:
    return 0 if kind is Kind.INTEGER else part.decimals


def _bounded(name: str, part: ColumnPart, kind: Kind) -> Domain:
    if part.low is None or part.high is None:
        raise SchemaError(
            f"Column `{name}` has one bound without the other.", "Declare both low and high."
        )
    if kind is Kind.DATE:
        form = part.format or "%Y-%m-%d"
        low, high = _moment(name, part.low, form), _moment(name, part.high, form)
        step = resolution_of(form)
        edges = even_edges(low, high + step, part.intervals)
        return Dates(edges, missing=part.missing, format=form, resolution=step)
    try:
        low, high = float(part.low), float(part.high)
    except ValueError:
        raise SchemaError(
            f"The bounds of column `{name}` are not numbers.", 'Give numbers, or kind = "date".'
        ) from None
    if not low < high:
        raise SchemaError(
            f"Column `{name}` has the lower bound {low:g} and the upper bound {high:g}.",
            "Give the smaller bound first.",
        )
    if kind is Kind.INTEGER:
        return Numbers(
            whole_edges(int(low), int(high), part.intervals), missing=part.missing, decimals=0
        )
    edges = even_edges(low, high, part.intervals)
    return Numbers(edges, missing=part.missing, decimals=part.decimals)


def _moment(name: str, value: float | str, form: str) -> float:
    seconds = float(as_seconds(pd.Series([str(value)]), form)[0])
    if seconds != seconds:
        raise SchemaError(
            f"A bound of column `{name}` is not a date written as {form}.",
            "Write the bounds as the column's dates are written.",
        )
    return seconds


def column_part(column: Column, suggestion: Suggestion) -> ColumnPart:
    """What the recipe has to say about a column: what differs from what the rows suggest."""
    told: dict[str, Any] = {"name": column.name}
    guess = suggestion.column
    if column.kind is not guess.kind:
        told["kind"] = column.kind
    if column.role is not guess.role:
        told["role"] = column.role
    if column.meaning:
        told["meaning"] = column.meaning
    if column.domain.origin is Origin.DECLARED:
        told |= _domain_part(column.domain) | {"kind": column.kind}
    return ColumnPart(**told)


def _domain_part(domain: Domain | Pattern) -> dict[str, Any]:
    match domain:
        case Pattern():
            return {"template": domain.template, "check": domain.check}
        case Categories():
            return {"values": domain.values, "other": domain.other, "missing": domain.missing}
        case Numbers():
            return {
                "edges": domain.edges,
                "missing": domain.missing,
                "decimals": domain.decimals,
            }
        case Dates():
            return {
                "low": _written(domain.edges[0], domain.format),
                "high": _written(domain.edges[-1] - domain.resolution, domain.format),
                "intervals": len(domain.edges) - 1,
                "format": domain.format,
                "missing": domain.missing,
            }
        case _:
            return {"missing": domain.missing}


def _written(seconds: float, form: str) -> str:
    return pd.Timestamp(seconds, unit="s").strftime(form)
