"""What is asked of every request before a screen or the API sees it: host, figures, uploads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.formparsers import MultiPartParser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime import Runtime

from synth.operating import Operating, operating
from ui.shell.monitored import monitored
from ui.shell.owned import downloads, not_theirs
from ui.shell.visitor import VISITS

HERE = ("localhost", "127.0.0.1", "::1")  # names of this machine
HEALTH, UPLOADS = "/_stcore/health", "/_stcore/upload_file/"
FIGURES, MONITOR, MEDIA = "/_stcore/metrics", "/metrics", "/media/"
PORT = re.compile(r":\d{1,5}$")
MEGABYTE = 1_000_000


class Guards:
    """Refuses what this server does not answer; plain ASGI, so that uploads are not buffered.

    Raises:
        ValueError: a setting is not what it has to be.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.told = app, operating()
        MultiPartParser.spool_max_size = self.told.most_upload * MEGABYTE  # else it lies on disk
        self.coming: Counter[str] = Counter()  # bytes on the way, by session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif (answer := refused(scope, self.told)) is not None:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await answer(scope, receive, send)
        elif scope["type"] == "http" and UPLOADS in scope["path"]:
            await self._uploaded(scope, receive, send)
        elif scope["type"] == "http" and _of_media(scope) and not downloads(scope):
            await _said(404, "There is no such file, or not any more.")(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == below(MONITOR):
            figures = (lambda: sum(held().values())), self.told.queue
            told = await run_in_threadpool(monitored, *figures)
            await told(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _uploaded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a file in, if it is its visitor's, and they and the server have room for it."""
        session = scope["path"].partition(UPLOADS)[2].partition("/")[0]
        if scope["method"] in ("PUT", "DELETE") and (why := not_theirs(scope, session)):
            await _said(403, why)(scope, receive, send)
            return
        if scope["method"] != "PUT":
            await self.app(scope, receive, send)
            return
        length = header(scope, b"content-length")
        if not length.isdecimal():
            await _said(411, "Say how long the file is.")(scope, receive, send)
            return
        size = int(length)
        if (
            answer := no_room(size, VISITS.beside(session), held(), self.coming, self.told)
        ) is not None:
            await answer(scope, receive, send)
            return
        self.coming[session] += size
        try:
            await self.app(scope, receive, send)
        finally:
            self.coming[session] -= size
            self.coming += Counter()  # forgets those without any


def header(scope: Scope, name: bytes) -> str:
    """A header of a request; "" where there is none."""
    return next((v.decode("latin-1") for n, v in scope["headers"] if n == name), "")


def encrypted(scope: Scope) -> bool:
    """Whether the browser speaks https, to us or to the proxy before us."""
    before = header(scope, b"x-forwarded-proto").split(",")[0].strip()
    return scope.get("scheme") in ("https", "wss") or before == "https"


def refused(scope: Scope, told: Operating) -> PlainTextResponse | None:
    """Why a request is not answered, if so. Whether the server lives is told under any name."""
    path = scope["path"]
    if path.endswith(HEALTH):
        return None
    if not named(header(scope, b"host"), hosts(told)):
        return _said(
            400,
            "This server does not answer under that name. Whoever runs it lists its names in "
            "SYNTH_HOSTS.",
        )
    if scope["type"] == "websocket" and not from_here(scope):
        return _said(403, "This page is not from here.")
    if twice_told(scope):
        return _said(400, "A header that says who somebody is came twice.")
    if (FIGURES in path or path == below(MONITOR)) and not told.metrics:
        return _said(404, "Closed. Whoever runs this server opens it with SYNTH_METRICS=yes.")
    return None


def from_here(scope: Scope) -> bool:
    """Whether a websocket is opened by a page of this server, or of an origin that is listed.

    Streamlit lets any page of the visitor's own machine in as well, and asks a server elsewhere for
    the address of this one before it refuses another.
    """
    origin, host = header(scope, b"origin"), header(scope, b"host").strip().lower()
    page = urlsplit(origin).netloc.lower()
    own = host in (page, PORT.sub("", page))  # a proxy may pass the name on without the port
    return not origin or own or origin in st.get_option("server.corsAllowedOrigins")


def twice_told(scope: Scope) -> bool:
    """Whether a header that says who somebody is came twice: the first may be the browser's.

    Streamlit takes the first, and some proxies add theirs after it.
    """
    trusted = st.get_option("server.trustedUserHeaders") or {}
    told = Counter(name.decode("latin-1").lower() for name, _ in scope["headers"])
    return any(told[str(name).lower()] > 1 for name in trusted)


def below(path: str) -> str:
    """Where something is answered, below the address at which the app begins."""
    first = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{first}{path}" if first else path


def _of_media(scope: Scope) -> bool:
    return str(scope["path"]).startswith(below(MEDIA))


def hosts(told: Operating) -> tuple[str, ...]:
    """The names under which this server answers; `*` for any.

    Where none is said, a server that listens to its own machine answers under that one's names:
    else a page from elsewhere could have its own name point here, and read what it is told.
    """
    if told.host_names:
        return told.host_names
    return HERE if st.get_option("server.address") in HERE else ("*",)


def named(host: str, known: tuple[str, ...]) -> bool:
    """Whether a Host header is among some names, whatever its port."""
    bare = PORT.sub("", host.strip().lower()).strip("[]").rstrip(".")
    for name in known:
        if name in ("*", bare) or (name.startswith("*.") and bare.endswith(name[1:])):
            return True
    return False


def held() -> dict[str, int]:
    """Bytes of uploads that lie unread, by session.

    Streamlit's storage of them is private; a test fails when an upgrade changes it.
    """
    if not Runtime.exists():
        return {}
    manager: Any = Runtime.instance().uploaded_file_mgr
    kept = {s: list(files.values()) for s, files in list(manager.file_storage.items())}
    return {s: sum(len(f.data) for f in files) for s, files in kept.items()}


def no_room(
    size: int,
    tabs: Collection[str],
    lying: Mapping[str, int],
    coming: Counter[str],
    told: Operating,
) -> PlainTextResponse | None:
    """Why there is no room for a file, if so.

    Args:
        size: bytes of the file.
        tabs: sessions of the visitor who sends it: a second tab is no second allowance.
        lying: bytes that lie unread, by session.
        coming: bytes that are on the way, by session.
    """
    own = sum(lying.get(tab, 0) + coming[tab] for tab in tabs)
    if own + size > told.most_upload * MEGABYTE:
        return _said(413, f"More than {told.most_upload:,} MB at a time. Remove a file first.")
    if sum(lying.values()) + coming.total() + size > told.most_uploads * MEGABYTE:
        return _said(503, "The server is taking many files. Try again in a minute.", wait="60")
    return None


def _said(status: int, what: str, wait: str = "") -> PlainTextResponse:
    return PlainTextResponse(what + "\n", status, {"Retry-After": wait} if wait else None)
