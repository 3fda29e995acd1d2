"""What serving takes, imported when it is first used: a list of commands serves nothing."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import sleep as sleep

    from starlette.applications import Starlette as Starlette
    from starlette.exceptions import HTTPException as HTTPException
    from starlette.middleware import Middleware as Middleware
    from starlette.middleware.cors import CORSMiddleware as CORSMiddleware
    from starlette.requests import Request as Request
    from starlette.responses import JSONResponse as JSONResponse
    from starlette.responses import Response as Response
    from starlette.routing import Route as Route

PLACES = {
    "sleep": "asyncio",
    "Starlette": "starlette.applications",
    "HTTPException": "starlette.exceptions",
    "Middleware": "starlette.middleware",
    "CORSMiddleware": "starlette.middleware.cors",
    "Request": "starlette.requests",
    "JSONResponse": "starlette.responses",
    "Response": "starlette.responses",
    "Route": "starlette.routing",
}


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(PLACES[name]), name)
