"""The mock API as a Postman collection (v2.1), with tests, and its environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from synth.release.sandbox.server.table import Field, Row, Table

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"


def collection(tables: Mapping[str, Table], about: Mapping[str, Any]) -> dict[str, Any]:
    """One folder per resource; every request has tests, writes are undone by a reset at the end."""
    return {
        "info": {
            "name": str(about.get("title") or "Synthetic data sandbox"),
            "description": f"Every row is synthetic. {about.get('guarantee', '')}",
            "schema": SCHEMA,
        },
        "auth": {
            "type": "bearer",
            "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}],
        },
        "item": [
            _request("About", "GET", "/", 200),
            *({"name": t.name, "item": _folder(t)} for t in tables.values()),
            _request("Forget what was written", "POST", "/__reset", 204),
        ],
        "variable": [{"key": "baseUrl", "value": "http://127.0.0.1:8765"}],
    }


def environment(address: str, token: str = "") -> dict[str, Any]:
    """The values of the collection's variables."""
    values = {"baseUrl": address, "token": token}
    return {
        "name": "Synthetic data sandbox",
        "values": [{"key": k, "value": v, "enabled": True} for k, v in values.items()],
    }


def _folder(table: Table) -> list[dict[str, Any]]:
    root = f"/{table.name}"
    first = example(table)
    paging = [_test("a page of five", "pm.expect(pm.response.json().length).to.be.most(5)")]
    total = [_test("tells how many", 'pm.response.to.have.header("X-Total-Count")')]
    same = [_test("the row asked for", f'pm.expect(pm.response.json().id).to.eql("{first["id"]}")')]
    made = ['pm.collectionVariables.set("made", pm.response.json().id);']
    name = table.fields[0].name
    order = next((f.name for f in table.fields if "," not in f.name), "id")
    parent = table.parent
    theirs = [f"/{parent.name}/1{root}"] if parent else []  # ids begin with 1
    return [
        _request("Rows", "GET", root, 200, tests=total),
        *(_request("Rows that belong to one", "GET", path, 200, tests=total) for path in theirs),
        _request("A page", "GET", root, 200, query={"_page": "2", "_per_page": "5"}, tests=paging),
        _request("Sorted", "GET", root, 200, query={"_sort": f"-{order}", "_per_page": "5"}),
        _request("Filtered", "GET", root, 200, query={f"{name}_isnull": "false"}),
        _request("Unknown field", "GET", root, 400, query={"no-such-field": "1"}),
        _request("How many", "GET", f"{root}/count", 200),
        _request("Different values", "GET", f"{root}/distinct", 200, query={"col": name}),
        _request("Schema", "GET", f"{root}/schema", 200),
        _request("Some at random", "GET", f"{root}/random", 200, query={"n": "3"}),
        _request("One row", "GET", f"{root}/{first['id']}", 200, tests=same),
        _request("No such row", "GET", f"{root}/no-such-row", 404),
        _request("Add a row", "POST", root, 201, body=_new(table), tests=made),
        _request("Read it back", "GET", f"{root}/{{{{made}}}}", 200),
        _request("Delete it", "DELETE", f"{root}/{{{{made}}}}", 204),
        _request("A row that does not fit", "POST", root, 422, body={"no-such-field": 1}),
        _request("A failure on demand", "GET", root, 503, headers={"Prefer": "code=503"}),
    ]


def _test(name: str, check: str) -> str:
    return f'pm.test("{name}", () => {check});'


SYNTHETIC = _test("says it is synthetic", 'pm.response.to.have.header("X-Synthetic")')


def example(table: Table) -> Row:
    """The first row, or one of nulls."""
    return table.rows[0] if table.rows else {"id": "1", **{f.name: _any(f) for f in table.fields}}


def _any(field: Field) -> Any:
    return None if field.nullable else {"string": "x", "boolean": True}.get(field.type, 0)


def _new(table: Table) -> Row:
    return {k: v for k, v in example(table).items() if k != "id"}


def _request(
    name: str,
    method: str,
    path: str,
    status: int,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: Any = None,
    tests: list[str] | None = None,
) -> dict[str, Any]:
    # Escaped, because in Postman `&` parts, `%` escapes and `{{` names a variable.
    told = {quote(k): quote(v) for k, v in (query or {}).items()}
    listed = [{"key": k, "value": v} for k, v in told.items()]
    asked = "&".join(f"{q['key']}={q['value']}" for q in listed)
    request: dict[str, Any] = {
        "method": method,
        "header": [{"key": k, "value": v} for k, v in (headers or {}).items()],
        "url": {
            "raw": f"{{{{baseUrl}}}}{path}{'?' if asked else ''}{asked}",
            "host": ["{{baseUrl}}"],
            "path": [p for p in path.split("/") if p],
            "query": listed,
        },
    }
    if body is not None:
        request["body"] = {
            "mode": "raw",
            "raw": json.dumps(body),
            "options": {"raw": {"language": "json"}},
        }
        request["header"].append({"key": "Content-Type", "value": "application/json"})
    checks = [
        f'pm.test("answers {status}", () => pm.response.to.have.status({status}));',
        SYNTHETIC,
    ]
    script = {"type": "text/javascript", "exec": [*checks, *(tests or [])]}
    return {"name": name, "request": request, "event": [{"listen": "test", "script": script}]}
