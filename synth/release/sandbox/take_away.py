"""The sandbox to take away: a zip that runs without synth, with every format others can use."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from synth.release.sandbox.postman import collection, environment, example
from synth.release.sandbox.server.contract import openapi
from synth.release.sandbox.server.table import Field, Table

ADDRESS = "http://127.0.0.1:8765"
SQL = {"integer": "INTEGER", "number": "REAL", "boolean": "INTEGER", "string": "TEXT"}

SERVE = '''"""Serve the sandbox: python serve.py, then open http://127.0.0.1:8765/"""

import argparse
import json
from pathlib import Path

import uvicorn

from server.service import Service, Settings
from server.simulation import Door, Weather
from server.table import Table

words = argparse.ArgumentParser()
words.add_argument("--port", type=int, default=8765)
words.add_argument("--token", default="", help="ask clients for this bearer token")
words.add_argument("--delay", type=float, default=0.0, help="seconds every answer takes longer")
words.add_argument("--failures", type=float, default=0.0, help="share of answers that fail")
words.add_argument("--seed", type=int, default=0, help="of the failures")
told = words.parse_args()

data = json.loads((Path(__file__).parent / "data.json").read_text(encoding="utf-8"))
tables = {t["name"]: Table.of(t) for t in data["tables"]}
door = Door("bearer", told.token) if told.token else Door()
weather = Weather(delay=told.delay, failures=told.failures, seed=told.seed)
app = Service(tables, data["about"], Settings(weather, door)).app()

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=told.port)
'''

README = """# Synthetic data sandbox

{guarantee}. Every row is synthetic.

    pip install starlette uvicorn
    python serve.py

Then open {address}/ or {address}/openapi.json. In this folder as well: a Postman collection with
its environment, requests for an editor (`requests.http`), snippets, the data for json-server
(`db.json`), as SQL and as SQLite.
"""


def take_away(tables: Mapping[str, Table], about: Mapping[str, Any]) -> bytes:
    """The zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files(tables, about).items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def files(tables: Mapping[str, Table], about: Mapping[str, Any]) -> dict[str, bytes]:
    """Every file of the zip by name."""
    data = {"about": dict(about), "tables": [document(t) for t in tables.values()]}
    text = {
        "README.md": README.format(guarantee=about.get("guarantee", ""), address=ADDRESS),
        "serve.py": SERVE,
        "data.json": _json(data),
        "openapi.json": _json(openapi(tables, about, "none")),
        "postman_collection.json": _json(collection(tables, about)),
        "postman_environment.json": _json(environment(ADDRESS)),
        "requests.http": requests(tables),
        "snippets.md": snippets(tables),
        "db.json": _json({t.name: list(t.rows) for t in tables.values()}),
        "data.sql": "\n".join(sql(t, tables) for t in tables.values()),
    }
    server = Path(__file__).parent / "server"
    own = {f"server/{p.name}": p.read_bytes() for p in sorted(server.glob("*.py"))}
    return {**{n: t.encode() for n, t in text.items()}, **own, "data.sqlite": sqlite(tables)}


def document(table: Table) -> dict[str, Any]:
    """A table as plain values for JSON."""
    fields = [asdict(f) for f in table.fields]
    parent = {"parent": asdict(table.parent)} if table.parent else {}
    return {"name": table.name, "fields": fields, "rows": list(table.rows), **parent}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def requests(tables: Mapping[str, Table]) -> str:
    """Requests for editors that run `.http` files."""
    parts = [f"@address = {ADDRESS}", ""]
    for table in tables.values():
        if (parent := table.parent) is not None:
            first = example(tables[parent.name])["id"]
            address = f"{{{{address}}}}/{parent.name}/{first}/{table.name}"
            parts.append(f"### Rows of {table.name} of one of {parent.name}\nGET {address}\n")
        row = {k: v for k, v in example(table).items() if k != "id"}
        parts += [
            f"### Rows of {table.name}\nGET {{{{address}}}}/{table.name}?_per_page=5\n",
            f"### One row\nGET {{{{address}}}}/{table.name}/{example(table)['id']}\n",
            f"### A new row\nPOST {{{{address}}}}/{table.name}\nContent-Type: application/json\n\n"
            f"{json.dumps(row, ensure_ascii=False)}\n",
        ]
    return "\n".join(parts)


def snippets(tables: Mapping[str, Table]) -> str:
    """The first steps with curl, Python and JavaScript."""
    name = next(iter(tables))
    url = f"{ADDRESS}/{name}?_per_page=5"
    return "\n".join(
        (
            "# Snippets",
            f'\n## curl\n\n    curl "{url}"',
            f'\n## Python\n\n    import requests\n    rows = requests.get("{url}").json()',
            f'\n## JavaScript\n\n    const rows = await (await fetch("{url}")).json();\n',
        )
    )


def quoted(name: str) -> str:
    """An SQL identifier."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | float):
        return repr(value)
    escaped = str(value).replace("'", "''")
    return f"'{escaped}'"


def _create(table: Table, tables: Mapping[str, Table]) -> str:
    columns = [Field("id", "string"), *table.fields]
    parents = [t.parent for t in tables.values() if t.parent is not None]
    keys = {p.key for p in parents if p.name == table.name}  # others point to them
    listed = ", ".join(
        f"{quoted(f.name)} {SQL[f.type]}{' UNIQUE' if f.name in keys else ''}" for f in columns
    )
    if (parent := table.parent) is not None:
        there = f"{quoted(parent.name)} ({quoted(parent.key)})"
        listed += f", FOREIGN KEY ({quoted(parent.via)}) REFERENCES {there}"
    return f"CREATE TABLE {quoted(table.name)} ({listed});"


def sql(table: Table, tables: Mapping[str, Table]) -> str:
    """One of some tables as SQL statements."""
    lines = [_create(table, tables)]
    for row in table.rows:
        lines.append(
            f"INSERT INTO {quoted(table.name)} VALUES ({', '.join(map(_literal, row.values()))});"
        )
    return "\n".join(lines) + "\n"


def sqlite(tables: Mapping[str, Table]) -> bytes:
    """The tables as a SQLite file."""
    connection = sqlite3.connect(":memory:")
    try:
        for table in tables.values():
            connection.execute(_create(table, tables))
            marks = ", ".join("?" * (len(table.fields) + 1))
            connection.executemany(
                f"INSERT INTO {quoted(table.name)} VALUES ({marks})",
                [tuple(r.values()) for r in table.rows],
            )
        connection.commit()
        return bytes(connection.serialize())
    finally:
        connection.close()
