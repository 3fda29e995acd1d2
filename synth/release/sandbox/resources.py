"""From a release bundle to the resources of its mock API: typed rows with ids."""

from __future__ import annotations

import io
import re
from typing import Any

from synth.lazily import np, pd
from synth.release.bundle import Bundle, consistent
from synth.release.children import Children
from synth.release.counts import LINES_PARQUET
from synth.release.sandbox.server.service import Service, Settings
from synth.release.sandbox.server.table import RESERVED, Field, Parent, Row, Table
from synth.schema import Categories, Column, Dates, Domain, Numbers, Pattern, Schema
from synth.schema.values import stamp

MOST_ROWS = 200_000  # rows served from memory


@consistent()
def service(bundle: Bundle, name: str = "rows", settings: Settings | None = None) -> Service:
    """The mock API of a release.

    Args:
        name: of the resource that holds the synthetic rows.
    """
    return Service(resources(bundle, name), about(bundle), settings or Settings())


def about(bundle: Bundle) -> dict[str, Any]:
    """What the sandbox says of its data."""
    promise = bundle.statement.guarantee
    return {
        "title": str(bundle.facts.get("title") or "Synthetic data sandbox"),
        "guarantee": promise.short,
        "explained": promise.plain,
    }


@consistent()
def resources(bundle: Bundle, name: str = "rows") -> dict[str, Table]:
    """The synthetic rows as a table, those that belong to them, and protected counts, if any."""
    second = bundle.children
    named = second.of if second is not None and name == "rows" else name
    plain = re.sub(r"[^a-z0-9-]+", "-", named.lower()).strip("-") or "rows"
    found = {plain: _table(plain, bundle.schema, bundle.rows.head(MOST_ROWS))}
    if second is not None:
        own = re.sub(r"[^a-z0-9-]+", "-", second.name.lower()).strip("-")
        own = f"{own}-of-{plain}" if own == plain else own
        found[own] = _second(bundle, second, own, plain)
    if LINES_PARQUET in bundle.files:
        beside = "counts" if plain == "aggregates" else "aggregates"
        found[beside] = _counts(bundle, beside)
    return found


def _table(name: str, schema: Schema, frame: pd.DataFrame, parent: Parent | None = None) -> Table:
    columns = {_safe(c.name): _values(c, frame[c.name]) for c in schema}
    fields = tuple(_field(_safe(c.name), c, columns[_safe(c.name)]) for c in schema)
    return Table(name, fields, _zipped(columns, len(frame)), parent)


def _second(bundle: Bundle, second: Children, name: str, people: str) -> Table:
    """The rows that belong to those that are served."""
    rows = bundle.children_rows
    keys = bundle.rows.head(MOST_ROWS)[second.key]
    mine = rows[rows[second.parent_key].isin(keys)].head(MOST_ROWS)
    parent = Parent(people, _safe(second.key), _safe(second.parent_key))
    return _table(name, second.schema, mine, parent)


def _zipped(columns: dict[str, list[Any]], count: int) -> tuple[Row, ...]:
    names = ["id", *columns]
    ids = [str(i + 1) for i in range(count)]
    return tuple(
        dict(zip(names, row, strict=True)) for row in zip(ids, *columns.values(), strict=True)
    )


def _safe(name: str) -> str:
    """A field name that no parameter of the API is called."""
    return f"{name}_" if name == "id" or name in RESERVED else name


def _kind(domain: Domain | Pattern) -> str:
    if isinstance(domain, Numbers):
        return "string" if domain.worded else "integer" if domain.decimals == 0 else "number"
    if isinstance(domain, Categories):
        kinds = {"integer": "integer", "real": "number", "boolean": "boolean"}
        return kinds.get(domain.typed, "string")
    return "string"


def _values(column: Column, values: pd.Series) -> list[Any]:
    """Plain JSON values: whole numbers whole, dates as ISO 8601, missing as null."""
    domain = column.domain
    if isinstance(domain, Dates):
        return _moments(domain, values)
    kind = _kind(domain)
    if kind == "string":
        return [None if pd.isna(v) else str(v) for v in values]
    if kind == "boolean":
        truth = column.domain.labels[1]
        return [None if pd.isna(v) else str(v) == truth for v in values]
    read = int if kind == "integer" else float
    return [None if pd.isna(v) else read(v) for v in values]


def _moments(domain: Dates, values: pd.Series) -> list[Any]:
    shape = "%Y-%m-%d" if domain.resolution >= 86400 else "%Y-%m-%dT%H:%M:%SZ"
    seconds = domain.seconds(values)
    return [None if np.isnan(s) else stamp(s, shape) for s in seconds]


def _field(name: str, column: Column, values: list[Any]) -> Field:
    domain = column.domain
    form = ""
    if isinstance(domain, Dates):
        form = "date" if domain.resolution >= 86400 else "date-time"
    low = high = None
    if isinstance(domain, Numbers) and not domain.codes:
        low, high = domain.bounds or (domain.edges[0], domain.largest)
    listed: tuple[str, ...] = ()
    if isinstance(domain, Categories) and _kind(domain) == "string" and domain.size <= 200:
        listed = tuple(v for v in domain.labels if v != "(missing)")
    nullable = domain.missing or None in values
    return Field(name, _kind(domain), form, nullable, listed, low, high)


def _counts(bundle: Bundle, name: str) -> Table:
    frame = pd.read_parquet(io.BytesIO(bundle.files[LINES_PARQUET]))
    columns: dict[str, list[Any]] = {}
    fields = []
    for column in map(str, frame.columns):
        values = frame[column]
        whole = pd.api.types.is_integer_dtype(values.dtype)
        columns[_safe(column)] = [
            None if pd.isna(v) else int(v) if whole else str(v) for v in values
        ]
        fields.append(Field(_safe(column), "integer" if whole else "string"))
    return Table(name, tuple(fields), _zipped(columns, len(frame)))
