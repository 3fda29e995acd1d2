"""Crowds and monsters: many clients at once, and tables a million columns wide."""

import asyncio
import io
import itertools
import json
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import duckdb
import httpx
import pyarrow as pa
import pyarrow.parquet
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from synth.api import api, mounted
from synth.budget import Budget
from synth.errors import IngestError, QueryError
from synth.ingest import Database, load
from synth.release.sandbox.server.overlay import MOST_SESSIONS, Sessions
from synth.release.sandbox.server.simulation import Forecast, Weather
from synth.release.sandbox.server.table import Field, MockProblem, Table
from tests.mock_api import AWKWARD, TOKEN, mock_api, people_release
from tests.server import ROOT
from tests.waiting import PATIENCE

CLIENTS = 200
ROWS = 200


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    return people_release(tmp_path_factory.mktemp("crowd") / "people.zip", rows=ROWS)


# -- a crowd at the sandbox --------------------------------------------------------------------


async def visit(http: httpx.AsyncClient, number: int) -> list[str]:
    """One client's session from beginning to end; what was not as it should be."""
    mine = {"X-Session": f"client {number}"}
    wrong: list[str] = []

    async def asked(method: str, path: str, status: int, **more) -> httpx.Response:
        answer = await http.request(method, path, headers=mine, **more)
        if answer.status_code != status:
            wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:100]}")
        return answer

    row = {
        AWKWARD: 20,
        "city": "Oslo",
        "age": number % 120,
        "ill": "yes",
        "seen": "2020-01-09T00:00:00Z",
    }
    made = (await asked("POST", "/people", 201, json=row)).json()
    if wrong:
        return wrong
    gone = str(1 + number % ROWS)
    await asked("DELETE", f"/people/{gone}", 204)
    await asked("PATCH", f"/people/{made['id']}", 200, json={"age": (number + 7) % 120})
    back = (await asked("GET", f"/people/{made['id']}", 200)).json()
    if back != {**made, "age": (number + 7) % 120}:
        wrong.append("somebody else's row came back")
    await asked("GET", f"/people/{gone}", 404)
    kept = (await asked("GET", f"/people?_per_page={ROWS + 1}", 200)).json()
    ids = {str(i + 1) for i in range(ROWS)} - {gone} | {made["id"]}
    if {r["id"] for r in kept} != ids or len(kept) != len(ids):
        wrong.append("the list is not this session's")
    if (await asked("GET", "/people/count", 200)).json()["count"] != ROWS:
        wrong.append("the count is not this session's")
    await asked("POST", "/__reset", 204)
    await asked("GET", f"/people/{made['id']}", 404)
    await asked("GET", f"/people/{gone}", 200)
    return wrong


async def crowd(address: str, clients: int) -> list[str]:
    limits = httpx.Limits(max_connections=clients)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(
        base_url=address, headers=headers, limits=limits, timeout=PATIENCE
    ) as http:
        found = await asyncio.gather(*(visit(http, i) for i in range(clients)))
    return list(itertools.chain(*found))


@pytest.mark.parametrize("clients", [50, pytest.param(CLIENTS, marks=pytest.mark.nightly)])
def test_clients_at_once_each_see_their_own_rows(clients, bundle):
    with mock_api(bundle, "--token", TOKEN) as address:
        assert asyncio.run(crowd(address, clients)) == []
        key = {"Authorization": f"Bearer {TOKEN}"}
        told = httpx.get(f"{address}/people/count", headers=key, timeout=PATIENCE)
        assert told.json() == {"count": ROWS}


async def hammered(address: str) -> list[httpx.Response]:
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE) as http:
        return await asyncio.gather(*(http.get("/people/1") for _ in range(CLIENTS)))


def test_a_limit_holds_in_a_crowd_and_says_when_to_come_back(bundle):
    with mock_api(bundle, "--open", "--per-minute", "50") as address:
        begun = time.monotonic()
        first = httpx.get(f"{address}/openapi.json", timeout=PATIENCE).headers
        answers = asyncio.run(hammered(address))
        minutes = 1 + (time.monotonic() - begun) // 60
        codes = Counter(a.status_code for a in answers)
        assert set(codes) == {200, 429}
        assert 48 <= codes[200] <= 50 * minutes - 1  # the start and the first are counted too
        late = [a for a in answers if a.status_code == 429]
        assert all(1 <= int(a.headers["retry-after"]) <= 60 for a in late)
        assert {a.headers["content-type"] for a in late} == {"application/problem+json"}
        assert first["x-synthetic"] == "true"


def test_who_waits_as_long_as_told_is_answered():
    clock = itertools.count(0.0, 10.0)
    forecast = Forecast(Weather(per_minute=2), clock=lambda: next(clock))
    forecast.count("me")  # at 0
    forecast.count("me")  # at 10
    for waits in (40, 30, 20, 10):  # at 20, 30, 40, 50
        with pytest.raises(MockProblem, match="Too many requests") as caught:
            forecast.count("me")
        assert caught.value.body["retry"] == waits
    forecast.count("me")  # at 60
    forecast.count("you")


def test_a_crowd_pushes_out_whoever_was_away_longest():
    sessions = Sessions({"people": Table("people", (Field("age", "integer"),), ())})
    for name in ("busy", "away"):
        sessions.overlay(name, "people").add({"age": 1})
    for i in range(MOST_SESSIONS - 1):
        sessions.overlay("busy", "people")
        sessions.overlay(f"guest {i}", "people")
    assert len(list(sessions.overlay("busy", "people").rows())) == 1
    assert len(sessions.opened) == MOST_SESSIONS
    assert "away" not in sessions.opened


def test_sessions_share_the_rows_they_did_not_change():
    rows = tuple({"id": str(i), "age": i} for i in range(1000))
    sessions = Sessions({"people": Table("people", (Field("age", "integer"),), rows)})
    one, two = (sessions.overlay(s, "people") for s in ("one", "two"))
    one.merge("3", {"age": 99})
    assert (one.get("3")["age"], two.get("3")["age"]) == (99, 3)
    assert one.table.by_id is two.table.by_id


# -- monsters ----------------------------------------------------------------------------------

MONSTER = 1_000_000


def names() -> list[str]:
    return [f"c{i}" for i in range(MONSTER)]


def as_csv() -> bytes:
    return (",".join(names()) + "\n" + ",".join("1" * MONSTER) + "\n").encode()


def as_one_record() -> bytes:
    return json.dumps(dict.fromkeys(names(), 1)).encode() + b"\n"


def as_many_records() -> bytes:
    return "".join(f'{{"{n}": 1}}\n' for n in names()).encode()


def as_short_csv() -> bytes:
    return (",".join(names()[:100_000]) + "\n" + ",".join("1" * 100_000) + "\n").encode()


def as_parquet() -> bytes:
    out = io.BytesIO()
    pa.parquet.write_table(pa.table({n: [1] for n in names()[:20_000]}), out)
    return out.getvalue()


MONSTERS = {
    as_csv: r"more than 1\d\d,\d\d\d columns; at most 1,000",
    as_short_csv: "100,000 columns; at most 1,000",
    as_one_record: "longer than a megabyte",
    as_many_records: "at least 1,001 columns; at most 1,000",
    as_parquet: "20,000 columns; at most 1,000",
}


@pytest.mark.parametrize("monster", MONSTERS, ids=lambda m: m.__name__)
def test_a_table_far_too_wide_is_one_sentence(monster):
    with pytest.raises(IngestError, match=MONSTERS[monster]) as caught:
        load(io.BytesIO(monster()), Budget(1.0))
    assert len(str(caught.value)) < 200


def test_rows_that_stay_in_their_engine_may_not_be_too_wide_either():
    with duckdb.connect() as engine:
        engine.execute(f"CREATE TABLE t AS SELECT {', '.join(f'1 AS c{i}' for i in range(5000))}")
        with pytest.raises(IngestError, match="5,000 columns; at most 1,000"):
            load(engine.table("t"), Budget(1.0))


@pytest.mark.parametrize("monster", MONSTERS, ids=lambda m: m.__name__)
def test_a_table_far_too_wide_is_refused_over_rest_and_the_next_is_taken(monster):
    token = "alice-0123456789abcdef"
    app = Starlette(routes=[mounted(api(token, dict))])
    with TestClient(app, headers={"Authorization": f"Bearer {token}"}) as alice:
        answer = uploaded(alice, monster())
        assert answer.status_code == 422, answer.text[:200]
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.content) < 500
        taken = uploaded(alice, b"city,age\nOslo,31\nRome,52\n")
        assert taken.status_code == 202
        assert alice.delete(taken.headers["location"]).status_code == 204


def uploaded(alice: TestClient, table: bytes) -> httpx.Response:
    recipe = '[method]\nname = "random"\n'
    return alice.post("/api/v1/jobs", files={"recipe": ("r", recipe), "table": ("t", table)})


BOUNDED = """
import io, resource, sys
from synth.budget import Budget
from synth.errors import IngestError
from synth.ingest import load
from tests.whole.test_crowd import {monster}

content = {monster}()
most = {most}
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + most, used + most))
try:
    load(io.BytesIO(content), Budget(1.0))
except IngestError:
    print("refused")
"""


NIGHTLY = [pytest.param(m, marks=pytest.mark.nightly) for m in (as_one_record, as_many_records)]


@pytest.mark.skipif(sys.platform != "linux", reason="a process's memory is limited on Linux alone")
@pytest.mark.parametrize("monster", [as_csv, *NIGHTLY])
def test_refusing_a_million_columns_takes_little_memory(monster):
    """Within 100 MB beyond the content itself, reading none of it into a table."""
    script = BOUNDED.format(monster=monster.__name__, most=100_000_000)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "refused", done.stderr[-500:]


@pytest.fixture(scope="module", params=["sqlite", "duckdb"])
def wide(request, tmp_path_factory) -> Database:
    """A database whose one table has 900 columns, as wide as is worked with."""
    place = tmp_path_factory.mktemp("wide") / f"wide.{request.param}"
    columns = ", ".join(f"c{i} INTEGER DEFAULT 1" for i in range(900))
    rows = "".join("INSERT INTO t (c0) VALUES (1);" for _ in range(30))
    if request.param == "duckdb":
        with duckdb.connect(str(place)) as made:
            made.execute(f"CREATE TABLE t ({columns}); {rows}")
    else:
        made = sqlite3.connect(place)
        made.executescript(f"CREATE TABLE t ({columns}); {rows}")
        made.close()
    return Database(f"{request.param}:///{place}")


def repeated(columns: int) -> str:
    return f"SELECT {', '.join(f'c0 AS x{i}' for i in range(columns))} FROM t"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (MONSTER, r"characters long; at most 100,000"),
        (6000, "6,000 columns; at most 1,000"),
        ("SELECT * FROM t AS a, t AS b", "1,800 columns; at most 1,000"),
        ("SELECT * FROM t AS a, t AS b, t AS c", "columns"),
    ],
    ids=["a million", "named", "joined", "beyond SQLite's own limit"],
)
def test_an_answer_far_too_wide_is_refused_before_it_is_fetched(query, said, wide):
    with pytest.raises(QueryError, match=said) as caught:
        wide.answer(repeated(query) if isinstance(query, int) else query)
    assert "Name the columns" in str(caught.value) or "Ask for fewer columns" in str(caught.value)
    assert len(wide.answer("SELECT c0, c1 FROM t")) == 30
