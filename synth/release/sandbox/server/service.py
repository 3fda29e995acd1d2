"""The HTTP side of the sandbox: REST over synthetic rows."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlencode

from . import web
from .cells import harmless
from .contract import openapi
from .overlay import Overlay, Sessions, tag_of
from .simulation import Door, Forecast, Weather
from .table import MOST_PER_PAGE, MockProblem, Page, Row, Table, asked, cursor_of

MOST_BODY = 1_000_000  # bytes
Handler: TypeAlias = "Callable[[web.Request], Awaitable[web.Response]]"


@dataclass(frozen=True)
class Settings:
    """How the sandbox behaves."""

    weather: Weather = field(default_factory=Weather)
    door: Door = field(default_factory=Door)
    read_only: bool = False
    cross_origin: bool = True


@dataclass
class Service:
    """The tables, what sessions did to them, and how answers are given.

    Args:
        about: what is said of the data at the root: title, guarantee, run.
    """

    tables: dict[str, Table]
    about: Mapping[str, Any]
    settings: Settings = field(default_factory=Settings)
    log: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=200))
    sessions: Sessions = field(init=False)
    forecast: Forecast = field(init=False)

    def __post_init__(self) -> None:
        self.sessions = Sessions(self.tables)
        self.forecast = Forecast(self.settings.weather)

    def app(self) -> web.Starlette:
        """The application."""
        routes = [
            web.Route("/", self._handled(self.root), methods=["GET"]),
            web.Route("/openapi.json", self._handled(self.contract), methods=["GET"]),
            web.Route("/__reset", self._handled(self.reset), methods=["POST"]),
            web.Route("/__log", self._handled(self.requests), methods=["GET"]),
            *(route for name in self.tables for route in self._routes(name)),
        ]
        handlers: Any = {web.HTTPException: _http_problem}
        return web.Starlette(
            routes=routes, middleware=self._middleware(), exception_handlers=handlers
        )

    def _routes(self, name: str) -> list[web.Route]:
        """The addresses of one resource."""
        reading = {
            "count": self.count,
            "distinct": self.distinct,
            "schema": self.schema,
            "random": self.random,
        }
        row = ["GET", "PUT", "PATCH", "DELETE"]
        parent = self.tables[name].parent
        theirs = [f"/{parent.name}/{{id:int}}/{name}"] if parent else []
        return [
            *(web.Route(p, self._handled(self.within, name), methods=["GET"]) for p in theirs),
            web.Route(f"/{name}", self._handled(self.many, name), methods=["GET", "POST"]),
            *(
                web.Route(f"/{name}/{part}", self._handled(answer, name), methods=["GET"])
                for part, answer in reading.items()
            ),
            web.Route(f"/{name}/{{id:int}}", self._handled(self.one, name), methods=row),
        ]

    def _middleware(self) -> list[web.Middleware]:
        if not self.settings.cross_origin:
            return []
        shown = ["X-Total-Count", "Link", "ETag", "Location", "X-Synthetic", "X-Next-Cursor"]
        return [
            web.Middleware(
                web.CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["*"],
                allow_headers=["*"],
                expose_headers=shown,
            )
        ]

    def _handled(self, answer: Handler, table: str = "") -> Handler:
        """The simulation around every answer, and problems as RFC 9457 documents."""

        async def handle(request: web.Request) -> web.Response:
            request.state.table = table
            try:
                self.settings.door.check(request.headers)
                prefer = request.headers.get("prefer", "")
                await web.sleep(self.forecast.delay(prefer, request.query_params.get("_delay")))
                self.forecast.count(request.client.host if request.client else "")
                self.forecast.fail(prefer)
                self._refuse_writes(request)
                response = await answer(request)
            except MockProblem as problem:
                response = _problem(problem)
            response.headers["X-Synthetic"] = "true"
            self.log.append(
                {
                    "method": request.method,
                    "path": request.url.path,
                    "query": request.url.query,
                    "status": response.status_code,
                }
            )
            return response

        return handle

    def _refuse_writes(self, request: web.Request) -> None:
        if self.settings.read_only and request.method != "GET" and "__" not in request.url.path:
            raise MockProblem(403, "Read only", "This sandbox takes no writes.")

    def _overlay(self, request: web.Request) -> Overlay:
        session = request.headers.get("x-session", "")[:80]
        return self.sessions.overlay(session, request.state.table)

    # -- about -----------------------------------------------------------------------------------

    async def root(self, request: web.Request) -> web.Response:
        links = {n: f"/{n}" for n in self.tables}
        return web.JSONResponse({"synthetic": True, **self.about, "resources": links})

    async def contract(self, request: web.Request) -> web.Response:
        return web.JSONResponse(openapi(self.tables, self.about, self.settings.door.kind))

    async def requests(self, request: web.Request) -> web.Response:
        return web.JSONResponse(list(self.log))

    async def reset(self, request: web.Request) -> web.Response:
        self.sessions.reset(request.headers.get("x-session", "")[:80])
        return web.Response(status_code=204)

    # -- reading ---------------------------------------------------------------------------------

    async def many(self, request: web.Request) -> web.Response:
        overlay = self._overlay(request)
        if request.method == "POST":
            return await self._added(request, overlay)
        page = asked(overlay.table, overlay.rows(), request.query_params.multi_items())
        headers = _paging(request, page)
        return _formatted(overlay.table, page.rows, request.query_params.get("_format"), headers)

    async def within(self, request: web.Request) -> web.Response:
        """The rows that belong to one row of another resource."""
        overlay, parent = self._overlay(request), self.tables[request.state.table].parent
        assert parent is not None
        session = request.headers.get("x-session", "")[:80]
        owner = self.sessions.overlay(session, parent.name).get(str(request.path_params["id"]))
        mine = (r for r in overlay.rows() if r.get(parent.via) == owner.get(parent.key))
        page = asked(overlay.table, mine, request.query_params.multi_items())
        headers = _paging(request, page)
        return _formatted(overlay.table, page.rows, request.query_params.get("_format"), headers)

    async def count(self, request: web.Request) -> web.Response:
        overlay = self._overlay(request)
        page = asked(overlay.table, overlay.rows(), request.query_params.multi_items())
        return web.JSONResponse({"count": page.total})

    async def distinct(self, request: web.Request) -> web.Response:
        overlay = self._overlay(request)
        name = request.query_params.get("col", "")
        if name not in overlay.table.by_name:
            raise MockProblem(400, "Unknown field", "`col` has to name a field.")
        found = Counter(json.dumps(r.get(name)) for r in overlay.rows())
        listed = [{"value": json.loads(v), "count": c} for v, c in found.most_common(MOST_PER_PAGE)]
        return web.JSONResponse(listed)

    async def schema(self, request: web.Request) -> web.Response:
        table = self._overlay(request).table
        properties = {n: f.schema() for n, f in table.by_name.items()}
        return web.JSONResponse({"title": table.name, "type": "object", "properties": properties})

    async def random(self, request: web.Request) -> web.Response:
        overlay = self._overlay(request)
        text = request.query_params.get("n", "1")
        if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= MOST_PER_PAGE:
            raise MockProblem(400, "Bad number", f"`n` has to be from 1 to {MOST_PER_PAGE}.")
        rows = list(overlay.rows())
        return web.JSONResponse(random.sample(rows, min(int(text), len(rows))))

    # -- writing ---------------------------------------------------------------------------------

    async def _added(self, request: web.Request, overlay: Overlay) -> web.Response:
        body = await _body(request)
        row = overlay.add(body, request.headers.get("idempotency-key", "")[:200])
        place = f"/{overlay.table.name}/{row['id']}"
        return web.JSONResponse(row, 201, {"Location": place, "ETag": tag_of(row)})

    async def one(self, request: web.Request) -> web.Response:
        overlay, id = self._overlay(request), str(request.path_params["id"])
        row = overlay.get(id)
        wanted = request.headers.get("if-match")
        if request.method != "GET" and wanted not in (None, "*", tag_of(row)):
            raise MockProblem(412, "Changed since", "The row is not the one you read.")
        if request.method == "DELETE":
            overlay.remove(id)
            return web.Response(status_code=204)
        if request.method == "PUT":
            row = overlay.replace(id, await _body(request))
        if request.method == "PATCH":
            row = overlay.merge(id, await _body(request))
        return web.JSONResponse(row, headers={"ETag": tag_of(row)})


async def _body(request: web.Request) -> Any:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in ("application/json", "application/merge-patch+json"):
        raise MockProblem(415, "Not JSON", "Send Content-Type: application/json.")
    content = await request.body()
    if len(content) > MOST_BODY:
        raise MockProblem(413, "Too large", f"At most {MOST_BODY} bytes.")
    try:
        return json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise MockProblem(400, "Not JSON", "The body is not valid JSON.") from None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _paging(request: web.Request, page: Page) -> dict[str, str]:
    """X-Total-Count, Link (RFC 8288) and a cursor."""
    kept = [(k, v) for k, v in request.query_params.multi_items() if k not in _PAGING]
    size = max(page.size, 1)
    last = max(0, (page.total - 1) // size)
    current = page.start // size
    places = {"first": 0, "last": last}
    if page.end < page.total:
        places["next"] = current + 1
    if current > 0:
        places["prev"] = min(current - 1, last)
    links = []
    for rel, n in places.items():
        query = urlencode([*kept, ("_page", n + 1), ("_per_page", size)])
        links.append(f'<{request.url.path}?{query}>; rel="{rel}"')
    headers = {"X-Total-Count": str(page.total), "Link": ", ".join(links)}
    if page.end < page.total:
        headers["X-Next-Cursor"] = cursor_of(page.end)
    return headers


_PAGING = ("_page", "_per_page", "_start", "_end", "_limit", "_cursor")


def _formatted(
    table: Table, rows: list[Row], form: str | None, headers: dict[str, str]
) -> web.Response:
    if form in (None, "json"):
        return web.JSONResponse(rows, headers=headers)
    if form == "ndjson":
        text = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows)
        return web.Response(text, media_type="application/x-ndjson", headers=headers)
    if form == "csv":
        out = io.StringIO()
        names = list(rows[0]) if rows else list(table.by_name)
        writer = csv.writer(out)
        writer.writerow(map(harmless, names))
        writer.writerows([harmless(row.get(n)) for n in names] for row in rows)
        return web.Response(out.getvalue(), media_type="text/csv", headers=headers)
    raise MockProblem(400, "Unknown format", "`_format` is json, ndjson or csv.")


def _problem(problem: MockProblem) -> web.Response:
    wait = problem.body.pop("retry", 0)
    headers = {"Retry-After": str(wait)} if wait else {}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return web.JSONResponse(
        problem.body, problem.status, headers, media_type="application/problem+json"
    )


async def _http_problem(request: web.Request, error: Exception) -> web.Response:
    """Wrong paths and methods in the same form as everything else."""
    assert isinstance(error, web.HTTPException)
    problem = MockProblem(
        error.status_code, str(error.detail), "See /openapi.json for what there is."
    )
    answer = _problem(problem)
    answer.headers.update({**(error.headers or {}), "X-Synthetic": "true"})
    return answer
