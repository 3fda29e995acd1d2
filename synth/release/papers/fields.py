"""Columns as fields of a Frictionless Table Schema: how a program is to read the CSV files.

A column that is written in a way the standard has no words for (months by name, brackets for minus,
codes among numbers) is a text there, and every cell of it fits.

Reference: Data Package 2.0, datapackage.org/standard/table-schema.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from synth.lazily import compiled
from synth.release.papers.released import Linked, Released
from synth.release.papers.standing import OTHER_WORDS, ColumnStanding
from synth.schema import Categories, Column, Dates, Numbers, Origin, Pattern
from synth.schema.domain import Domain
from synth.schema.formulas import harmless
from synth.schema.rules import SumOf
from synth.schema.values import stamp

CODES = compiled(r"%(-?[dmHI]|[YymdHMSf])")  # those that strptime has, and no other language
WHOLE = {"%Y-%m-%d": "date", "%Y": "year", "%Y-%m": "yearmonth", "%H:%M:%S": "time"}
EMPTY = ""


def schema_of(released: Released) -> dict[str, Any]:
    """The Table Schema of the synthetic rows."""
    keyed = {"primaryKey": [released.linked.children.key]} if released.linked else {}
    return {
        "fields": [_field(c, released) for c in released.columns],
        "missingValues": [EMPTY],
        **keyed,
    }


def schema_of_linked(linked: Linked, resource: str) -> dict[str, Any]:
    """The Table Schema of a second table.

    Args:
        resource: the name of the first one that its rows point to.
    """
    there = {"resource": resource, "fields": [linked.children.key]}
    key = {"fields": [linked.children.parent_key], "reference": there}
    return {**schema_of(linked.told), "foreignKeys": [key]}


def type_of(column: Column, several: frozenset[str] = frozenset()) -> str:
    """The type of a column in the CSV files, as a Table Schema names it."""
    return str(_typed(column, several).get("type", "string"))


def _field(told: ColumnStanding, released: Released) -> dict[str, Any]:
    column = told.column
    several = released.tally.several
    typed = _typed(column, several)
    limits = _constraints(column, typed, released)
    if told.gaps == 0:
        limits["required"] = True
    said = {"description": column.meaning} if column.meaning else {}
    said |= {"unit": column.unit} if column.unit else {}
    gaps = {"missingValues": [EMPTY, column.missing_as]} if column.missing_as else {}
    return {
        "name": released.heading(column.name),
        **said,
        **typed,
        **({"constraints": limits} if limits else {}),
        **gaps,
        "synthetic": {"standing": told.standing.value, "doNotUseFor": list(told.not_for)},
    }


def _typed(column: Column, several: frozenset[str]) -> dict[str, Any]:
    """Type and format of a field."""
    if column.name in several:
        return {"type": "string"}
    match column.domain:
        case Categories(typed="integer"):
            return {"type": "integer"}
        case Categories(typed="real"):
            return {"type": "number"}
        case Numbers() as numbers:
            return _number(numbers)
        case Dates(codes=()) as dates:
            return _moment(dates.format)
    return {"type": "string"}


def _number(domain: Numbers) -> dict[str, Any]:
    spelt = domain.spelling
    signed = spelt.brackets or spelt.behind or any(spelt.sides)
    if domain.worded or spelt.clock or signed or spelt.scale or spelt.script:
        return {"type": "string"}
    if spelt.plain:
        return {"type": "integer" if domain.decimals == 0 else "number"}
    marks = {"decimalChar": spelt.mark} | ({"groupChar": spelt.between} if spelt.between else {})
    bare = {"bareNumber": False} if spelt.before or spelt.after else {}
    return {"type": "number", **marks, **bare}


def _moment(form: str) -> dict[str, Any]:
    if form in WHOLE:
        return {"type": WHOLE[form]}
    if "%" in CODES.sub("", form) or not form.startswith("%"):
        return {"type": "string"}
    day = all(any(code in form for code in (f"%{c}", f"%-{c}")) for c in "dm") and (
        "%Y" in form or "%y" in form
    )
    clock = any(code in form for code in ("%H", "%-H", "%I", "%-I"))
    kind = {(True, True): "datetime", (True, False): "date"}.get((day, clock))
    return {"type": kind, "format": form.replace("%-", "%")} if kind else {"type": "string"}


def _constraints(column: Column, typed: dict[str, Any], released: Released) -> dict[str, Any]:
    """What every cell that is not empty keeps to."""
    domain = column.domain
    if column.name in released.tally.several or isinstance(domain, Pattern):
        return {}
    if isinstance(domain, Categories):
        return _listed(domain, released.safe)
    if isinstance(domain, Numbers) and typed["type"] in ("integer", "number"):
        return _between(column, domain, typed["type"], released)
    if isinstance(domain, Dates) and typed == {"type": "date"}:
        last = domain.edges[-1] - domain.resolution
        ends = stamp(domain.edges[0], "%Y-%m-%d"), stamp(last, "%Y-%m-%d")
        return dict(zip(("minimum", "maximum"), ends, strict=True))
    return {}


def _listed(domain: Categories, safe: bool) -> dict[str, Any]:
    """The values that are listed, as they stand in the CSV files."""
    if domain.typed in ("integer", "real"):
        read: Callable[[str], Any] = int if domain.typed == "integer" else float
        try:
            return {"enum": [read(v) for v in domain.values]} if domain.values else {}
        except ValueError:
            return {}
    listed = [*domain.values, *((domain.gathered,) * domain.other)]
    return {"enum": [harmless(v) if safe else v for v in listed]} if listed else {}


def _between(column: Column, domain: Numbers, kind: str, released: Released) -> dict[str, Any]:
    """The ends of a column of numbers; none where a sum may lie beyond what was found."""
    sums = {r.rule.says.total for r in released.rules if isinstance(r.rule.says, SumOf)}
    if column.name in sums and not domain.bounds and domain.origin is not Origin.DECLARED:
        return {}
    ends = domain.bounds or (domain.edges[0], domain.largest)
    every = [*ends, *(domain.spelling.read(code) for code in domain.codes)]
    low, high = min(every), max(every)
    if kind == "integer":
        return {"minimum": int(low), "maximum": int(high)}
    return {"minimum": low, "maximum": high}


def other_note(domain: Domain | Pattern) -> str:
    """What the value that stands for unlisted ones means; "" where there is none."""
    if isinstance(domain, Categories) and domain.other:
        return f"`{domain.gathered}` stands for {OTHER_WORDS}"
    return ""
