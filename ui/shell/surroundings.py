"""What stands around the screens: security headers, forgetting who left, quiet failures."""

from __future__ import annotations

import asyncio
import base64
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

from synth.release.showcase import script_hash
from ui.shell.visitor import VISITS
from ui.shell.visits import Recognised, minutes_kept

SWEEP = 15.0  # seconds between two looks for visitors who left
PATIENCE = 840.0  # seconds a lost connection may take to come back; below disconnectedSessionTTL
AT_LEAST = 60.0  # seconds it may take in any case
TRACEBACKS = "streamlit.error_util"  # the logger that would write tracebacks, and cell values, out


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
        self.app = app
        self.headers = [
            (b"content-security-policy", policy().encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"no-referrer"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
            (b"cross-origin-opener-policy", b"same-origin"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self.headers]
            await send(message)

        await self.app(scope, receive, dressed if scope["type"] == "http" else send)


def middleware() -> list[Middleware]:
    """What every request passes through."""
    return [Middleware(SecurityHeaders), Middleware(Recognised)]


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """While the server runs: no tracebacks in the log, and forget visitors who left."""
    logging.getLogger(TRACEBACKS).addFilter(_without_traceback)
    sweeper = asyncio.create_task(_sweep())
    try:
        yield
    finally:
        sweeper.cancel()
        with suppress(asyncio.CancelledError):
            await sweeper


def _without_traceback(record: logging.LogRecord) -> bool:
    """Keep that something failed, and where; leave out what it said, which may be a cell value."""
    failure = record.exc_info[0] if record.exc_info else None
    record.msg = f"A screen failed: {failure.__name__ if failure else 'unknown error'}"
    record.args, record.exc_info, record.exc_text = None, None, None
    return True


async def _sweep() -> None:
    """Close the sessions of visitors who left and did not come back.

    Streamlit keeps the last one's upload and state until another visitor leaves, on an idle server
    for ever.
    """
    since: dict[str, float] = {}
    while True:
        await asyncio.sleep(SWEEP)
        if Runtime.exists():
            VISITS.sweep(open_tabs(Runtime.instance()))
            patience = min(PATIENCE, max(AT_LEAST, 60 * minutes_kept()))
            since = forget_the_departed(Runtime.instance(), since, time.monotonic(), patience)


def open_tabs(runtime: Runtime) -> set[str]:
    """Sessions with a browser at the other end; private to Streamlit, as below."""
    manager = runtime._session_mgr  # noqa: SLF001
    return {active.session.id for active in manager.list_active_sessions()}


def forget_the_departed(
    runtime: Runtime, since: Mapping[str, float], now: float, patience: float = PATIENCE
) -> dict[str, float]:
    """Close every session without a browser for `patience` seconds; since when the others wait.

    The session store is private to Streamlit; a test fails when an upgrade changes it.
    """
    storage = runtime._session_mgr._session_storage  # type: ignore[attr-defined]  # noqa: SLF001
    waiting = {stored.session.id: since.get(stored.session.id, now) for stored in storage.list()}
    for gone in [i for i, began in waiting.items() if now - began >= patience]:
        runtime.close_session(gone)
        del waiting[gone]
    return waiting


def explain_failure(error: BaseException) -> bool:
    """A sentence and a number instead of a traceback; True: nothing else is shown."""
    number = secrets.token_hex(4)
    logging.getLogger("synth").error("Failure %s: %s", number, type(error).__name__)
    st.error(
        "Something went wrong on our side; your table and settings are still here. "
        f"Try again, or report failure number {number}."
    )
    return True
