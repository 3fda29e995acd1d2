"""Refusals as RFC 9457 documents: what happened, the limit, and the remedy; never a cell value."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Match

from synth.errors import SynthError

MEDIA_TYPE = "application/problem+json"
SERVER_LOG = "uvicorn.error"  # the logger that would write tracebacks, and cell values, out


class ProblemDocument(BaseModel):
    """A problem, as RFC 9457 describes it, and what to do about it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    remedy: str


class Problem(SynthError):
    """An answer that is not the one asked for.

    Args:
        headers: further headers of the answer.
    """

    def __init__(
        self, status: int, what: str, remedy: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(what, remedy)
        self.status = status
        self.headers = headers


def described(
    *statuses: int, said: Mapping[int, str] | None = None
) -> dict[int | str, dict[str, Any]]:
    """Problems of an endpoint for the OpenAPI document, in other words than the usual if `said`."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    told = {s: HTTPStatus(s).phrase for s in statuses} | dict(said or {})
    return {s: {"description": words, "content": content} for s, words in told.items()}


def explain(app: FastAPI) -> None:
    """Answer every failure as a problem document, and keep what bugs say out of the log."""
    app.add_exception_handler(SynthError, _refused)
    app.add_exception_handler(HTTPException, _no_such_thing)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(Exception, _failed)
    logging.getLogger(SERVER_LOG).addFilter(without_traceback)


def problem_of(error: SynthError) -> ProblemDocument:
    """An error as a document; those that are no `Problem` are about what was sent."""
    status = error.status if isinstance(error, Problem) else 422
    phrase = HTTPStatus(status).phrase
    return ProblemDocument(title=phrase, status=status, detail=error.what, remedy=error.remedy)


def _answer(error: SynthError, headers: dict[str, str] | None = None) -> JSONResponse:
    document = problem_of(error)
    return JSONResponse(document.model_dump(), document.status, headers, media_type=MEDIA_TYPE)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, SynthError)
    return _answer(error, error.headers if isinstance(error, Problem) else None)


async def _no_such_thing(request: Request, error: Exception) -> JSONResponse:
    """Wrong paths and methods."""
    assert isinstance(error, HTTPException)
    problem = Problem(error.status_code, f"{error.detail}.", "See openapi.json for what there is.")
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_allowed(request))
    return _answer(problem, headers)


def _allowed(request: Request) -> list[str]:
    """All methods of an address; Starlette names those of the first endpoint there."""
    offered = request.app.openapi()["paths"]
    routes = [r for r in request.app.state.routes if r.matches(request.scope)[0] is not Match.NONE]
    return sorted({m.upper() for r in routes for m in offered[r.path]})


async def _not_understood(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    places = sorted({".".join(str(p) for p in e["loc"]) for e in error.errors()})
    return _answer(Problem(422, f"Not as described: {', '.join(places)}.", "See openapi.json."))


async def _failed(request: Request, error: Exception) -> JSONResponse:
    return _answer(Problem(500, "Something went wrong on our side.", "Try again, or report it."))


def without_traceback(record: logging.LogRecord) -> bool:
    """Keep that something failed; leave out what it said, which may be a cell value."""
    if record.exc_info and record.exc_info[0]:
        record.msg = f"A request failed: {record.exc_info[0].__name__}"
        record.args, record.exc_info, record.exc_text = None, None, None
    return True
