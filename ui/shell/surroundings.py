"""What stands around the screens: security headers, forgetting who left, quiet failures."""

from __future__ import annotations

import asyncio
import base64
import ctypes
import gc
import hashlib
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime import Runtime
from streamlit.runtime.uploaded_file_manager import UploadedFileManager

from synth.lazily import pa
from synth.operating import operating, unknown
from synth.release.showcase import script_hash
from ui.shell.guards import Guards, encrypted
from ui.shell.hushed import hushed
from ui.shell.visitor import VISITS
from ui.shell.visits import Recognised, minutes_kept

SWEEP = 15.0  # seconds between two looks for visitors who left
PATIENCE = 840.0  # seconds a lost connection may take to come back; below disconnectedSessionTTL
ANYWAY = -1  # less than was ever made
AT_LEAST = 40.0  # seconds it may take in any case: with a sweep, less than a minute
STRICT = (b"strict-transport-security", b"max-age=31536000")
THP_DISABLE = 41  # of Linux's prctl: no huge pages
APART = ((-3, 1 << 18), (-1, 1 << 20))  # M_MMAP_THRESHOLD and M_TRIM_THRESHOLD, in bytes
ANSWERS = ("http.response.start", "websocket.http.response.start")


def policy() -> str:
    """The content policy: everything from here, no inline script but Streamlit's and ours."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", page, flags=re.DOTALL)
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in inline
    )
    hashes += f" {script_hash()}"  # the recipients' page, in a frame that inherits this policy
    return (
        f"default-src 'none'; script-src 'self' {hashes} 'wasm-unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; "
        "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
        "manifest-src 'self'; frame-src 'self' blob:; base-uri 'none'; form-action 'self'; "
        "object-src 'none'; frame-ancestors 'none'"
    )


class SecurityHeaders:
    """Headers on every answer; plain ASGI, so that uploads are not buffered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.https = app, operating().https
        strict = [STRICT] if self.https else []
        self.headers = [
            (b"content-security-policy", policy().encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"no-referrer"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
            (b"cross-origin-opener-policy", b"same-origin"),
            *strict,
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        closed = scope["type"] != "lifespan" and (self.https or encrypted(scope))

        async def dressed(message: Message) -> None:
            if message["type"] in ANSWERS:
                told = list(message.get("headers", []))
                told = list(map(secured, told)) if closed else told
                message["headers"] = [*told, *self.headers]
            await send(message)

        await self.app(scope, receive, send if scope["type"] == "lifespan" else dressed)


def secured(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """A header as it leaves over a closed line, so that no cookie ever goes over an open one."""
    name, value = header
    marked = b"secure" in [part.strip().lower() for part in value.split(b";")[1:]]
    if name.lower() != b"set-cookie" or marked:
        return header
    return name, value + b"; Secure"


def middleware() -> list[Middleware]:
    """What every request passes through."""
    return [Middleware(SecurityHeaders), Middleware(Guards), Middleware(Recognised)]


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """While the server runs: no cell value in the log, and forget visitors who left."""
    settle_memory()
    for name in unknown():
        logging.getLogger("synth").warning("%s is no setting: docs/hosting.md lists them.", name)
    sweeper = asyncio.create_task(_sweep())
    with hushed():
        try:
            yield
        finally:
            sweeper.cancel()
            with suppress(asyncio.CancelledError):
                await sweeper


async def _sweep() -> None:
    """Close the sessions of visitors who left and did not come back.

    Streamlit keeps the last one's upload and state until another visitor leaves, on an idle server
    for ever.
    """
    since: dict[str, float] = {}
    there: object = None
    made = 0
    while True:
        await asyncio.sleep(SWEEP)
        if Runtime.exists():
            tabs, now = open_tabs(Runtime.instance()), time.monotonic()
            kept = VISITS.sweep(tabs)
            patience = min(PATIENCE, max(AT_LEAST, 60 * minutes_kept()))
            since = forget_the_departed(Runtime.instance(), since, now, patience)
            let_go(Runtime.instance().uploaded_file_mgr, since, now)
            before, there = there, (tabs, set(since), kept)
            made = freed(made if there == before else ANYWAY)


def freed(before: int) -> int:
    """Free what only holds itself, if much was made since `before`; how much was by now.

    Streamlit does so after each run of a screen unless it is told not to, which takes longer than
    the run.
    """
    made = int(gc.get_stats()[1]["collections"])
    if made > before:
        gc.collect()
        give_back()
    return made


def settle_memory() -> None:
    """Have what visitors needed go back to the machine when it is freed, where that can be said.

    Left alone, GNU's C library learns from the first large table to keep the next ones in its
    heaps, where a little that a later visitor needs holds all that lies below it; Arrow's own pool
    keeps what it had; and Linux gives each thread's stack, and each heap, two megabytes at a time.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    with suppress(AttributeError, OSError, TypeError):  # of other systems
        for setting, size in APART:
            ctypes.CDLL(None).mallopt(setting, size)
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).prctl(THP_DISABLE, 1, 0, 0, 0)


def give_back() -> None:
    """Return memory that nobody holds any more to the machine, where its C library can.

    Threads of many visitors leave it in many heaps, each with a little on top that keeps the rest.
    """
    pa.default_memory_pool().release_unused()
    with suppress(AttributeError, OSError, TypeError):  # of other systems
        ctypes.CDLL(None).malloc_trim(0)


def open_tabs(runtime: Runtime) -> set[str]:
    """Sessions with a browser at the other end; private to Streamlit, as below."""
    manager = runtime._session_mgr  # noqa: SLF001
    return {active.session.id for active in manager.list_active_sessions()}


def forget_the_departed(
    runtime: Runtime, since: Mapping[str, float], now: float, patience: float = PATIENCE
) -> dict[str, float]:
    """Close every session without a browser for `patience` seconds; since when the others wait.

    What a closed one held is let go of by itself, as Streamlit's loop keeps hold of the session
    that it served last until it serves another, on an idle server for ever. The session store is
    private to Streamlit; a test fails when an upgrade changes it.
    """
    storage = runtime._session_mgr._session_storage  # type: ignore[attr-defined]  # noqa: SLF001
    tabs = {stored.session.id: stored.session for stored in storage.list()}
    waiting = {tab: since.get(tab, now) for tab in tabs}
    for gone in [tab for tab, began in waiting.items() if now - began >= patience]:
        runtime.close_session(gone)
        tabs[gone].session_state.clear()
        del waiting[gone]
    return waiting


def let_go(uploads: UploadedFileManager, since: Mapping[str, float], now: float) -> None:
    """Free files of tabs that are gone for a while; what was made of them is kept for longer.

    A tab that comes back later has to send a file again that nobody had read.
    """
    for gone in [i for i, began in since.items() if now - began >= AT_LEAST]:
        uploads.remove_session_files(gone)


def explain_failure(error: BaseException) -> bool:
    """A sentence and a number instead of a traceback; True: nothing else is shown."""
    number = secrets.token_hex(4)
    logging.getLogger("synth").error("Failure %s: %s", number, type(error).__name__)
    st.error(
        "Something went wrong on our side; your table and settings are still here. "
        f"Try again, or report failure number {number}."
    )
    return True
