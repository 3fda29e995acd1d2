"""The sandbox's OpenAPI 3.1 document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .table import MOST_PER_PAGE, Field, Table

ID = "^[0-9]{1,12}$"  # so that no row is called "count" or "schema"
PROBLEM = {"$ref": "#/components/schemas/Problem"}


def openapi(tables: Mapping[str, Table], about: Mapping[str, Any], door: str) -> dict[str, Any]:
    """What there is, with types, limits, and examples taken from the rows."""
    paths: dict[str, Any] = {
        "/": {"get": _get("About these data", {"type": "object"})},
        "/__reset": {
            "post": {"summary": "Forget this session's writes", "responses": _answers({204: None})}
        },
    }
    schemas: dict[str, Any] = {"Problem": _problem_schema()}
    for table in tables.values():
        schemas |= _schemas(table)
        paths |= _paths(table)
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": str(about.get("title") or "Synthetic data sandbox"),
            "version": "1",
            "description": f"Every row is synthetic. {about.get('guarantee', '')}".strip(),
        },
        "paths": paths,
        "components": {"schemas": schemas},
    }
    if door != "none":
        document["components"]["securitySchemes"] = {"door": _scheme(door)}
        document["security"] = [{"door": []}]
        for operation in (o for path in paths.values() for o in path.values() if "responses" in o):
            operation["responses"] |= _answers({401: PROBLEM})
    return document


def _scheme(door: str) -> dict[str, str]:
    if door == "key":
        return {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    return {"type": "http", "scheme": door}


def _problem_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
        },
    }


def _schemas(table: Table) -> dict[str, Any]:
    """A row as it comes back, as it is sent whole, and as it is sent in part."""
    fields = {f.name: f.schema() for f in table.fields}
    with_id = {"id": {"type": "string", "pattern": ID}, **fields}
    needed = [f.name for f in table.fields if not f.nullable]
    row: dict[str, Any] = {"type": "object", "required": ["id"], "properties": with_id}
    if table.rows:
        row["examples"] = [table.rows[0]]
    sent = {
        "type": "object",
        "properties": fields,
        "additionalProperties": False,
        **({"required": needed} if needed else {}),
    }
    part = {"type": "object", "properties": fields, "additionalProperties": False}
    return {table.name: row, f"{table.name}-new": sent, f"{table.name}-part": part}


def _paths(table: Table) -> dict[str, Any]:
    one = {"$ref": f"#/components/schemas/{table.name}"}
    many = {"type": "array", "items": {"type": "object"}}
    listing = _get(
        f"Rows of {table.name}", many, [*_pages(table), *_filters(table)], {400: PROBLEM}
    )
    csv = {"schema": {"type": "string"}}
    listing["responses"]["200"]["content"] |= {"text/csv": csv, "application/x-ndjson": csv}
    root = f"/{table.name}"
    number = {"type": "string", "pattern": ID}
    id = [{"name": "id", "in": "path", "required": True, "schema": number}]
    within = {}
    if (parent := table.parent) is not None:
        theirs = f"Rows of {table.name} that belong to one of {parent.name}"
        told = _get(theirs, many, [*_pages(table), *_filters(table)], {400: PROBLEM, 404: PROBLEM})
        told["responses"]["200"]["content"] |= {"text/csv": csv, "application/x-ndjson": csv}
        within = {f"/{parent.name}/{{id}}{root}": {"parameters": id, "get": told}}
    return {
        **within,
        root: {"get": listing, "post": _write(table, "new", one, 201, (409, 422))},
        f"{root}/count": {
            "get": _get("How many rows", {"type": "object"}, _filters(table), {400: PROBLEM})
        },
        f"{root}/distinct": {
            "get": _get(
                "Different values of a field", {"type": "array"}, [_column(table)], {400: PROBLEM}
            )
        },
        f"{root}/schema": {"get": _get("JSON Schema of a row", {"type": "object"})},
        f"{root}/random": {
            "get": _get(
                "Some rows at random", many, [_number("n", 1, MOST_PER_PAGE)], {400: PROBLEM}
            )
        },
        f"{root}/{{id}}": {
            "parameters": id,
            "get": _get("One row", one, (), {404: PROBLEM}),
            "put": _write(table, "new", one, 200, (404, 409, 412, 422)),
            "patch": _write(table, "part", one, 200, (404, 409, 412, 422)),
            "delete": {
                "summary": "Delete a row",
                "responses": _answers({204: None, 404: PROBLEM, 412: PROBLEM}),
            },
        },
    }


def _get(
    summary: str, schema: Any, parameters: Any = (), others: Mapping[int, Any] | None = None
) -> dict[str, Any]:
    answers = _answers({200: schema, **(others or {})})
    return {"summary": summary, "parameters": list(parameters), "responses": answers}


def _write(
    table: Table, shape: str, one: Any, status: int, others: tuple[int, ...]
) -> dict[str, Any]:
    answers = {
        status: one,
        400: PROBLEM,
        413: PROBLEM,
        415: PROBLEM,
        **{s: PROBLEM for s in others},
    }
    schema = {"$ref": f"#/components/schemas/{table.name}-{shape}"}
    return {
        "summary": {"new": "Write a whole row", "part": "Change some fields"}[shape],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": _answers(answers),
    }


def _answers(schemas: Mapping[int, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, schema in schemas.items():
        kind = "application/problem+json" if schema is PROBLEM else "application/json"
        content = {} if schema is None else {"content": {kind: {"schema": schema}}}
        found[str(status)] = {"description": "Problem" if schema is PROBLEM else "OK", **content}
    return found


def _filters(table: Table) -> list[dict[str, Any]]:
    search = {"name": "q", "in": "query", "schema": {"type": "string"}, "description": "search"}
    return [search, *(p for f in table.fields for p in _field_filters(f))]


def _pages(table: Table) -> list[dict[str, Any]]:
    names = [f.name for f in table.fields if "," not in f.name]
    order = [sign + name for name in names for sign in ("", "-")]
    return [
        _number("_page", 1, 999_999_999),
        _number("_per_page", 1, MOST_PER_PAGE),
        {"name": "_format", "in": "query", "schema": {"enum": ["json", "ndjson", "csv"]}},
        {
            "name": "_sort",
            "in": "query",
            "schema": {"enum": order},
            "description": "fields, comma-separated, - for falling",
        },
    ]


def _field_filters(field: Field) -> list[dict[str, Any]]:
    plain: dict[str, Any] = {"type": field.type}
    found = [{"name": field.name, "in": "query", "schema": plain}]
    if field.type in ("integer", "number"):
        for end in ("gte", "lte"):
            found.append({"name": f"{field.name}_{end}", "in": "query", "schema": plain})
    null = {"name": f"{field.name}_isnull", "in": "query", "schema": {"type": "boolean"}}
    return [*found, null]


def _column(table: Table) -> dict[str, Any]:
    names = [f.name for f in table.fields]
    return {"name": "col", "in": "query", "required": True, "schema": {"enum": names}}


def _number(name: str, low: int, high: int) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": low, "maximum": high}
    return {"name": name, "in": "query", "schema": schema}
