"""Finding a visitor's work again, after a reload or in a second tab, by a secret of their browser.

Whoever signs in finds it in any browser, by who they are. It is in the server's memory alone, for a
stated time after the last tab was closed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from synth.operating import operating

COOKIE = "synth_visit"
SECRET = re.compile(r"[\w-]{43}", re.ASCII)  # as `new_secret` writes it
SEAL = secrets.token_bytes(32)  # of this process: who was here before it started has another
DRAWN = 22  # characters of a secret that are drawn: 128 bits; the others seal them
SECONDS = 60.0  # in which all tabs of a browser are back after a restart
MOST = 200  # visits without an open tab that are kept
MINUTES = "SYNTH_KEEP_MINUTES"  # the operator's word on how long
USUAL = 15.0
OURS = ("/api", "/_stcore", "/media", "/static", "/component")  # no pages

T = TypeVar("T")


def minutes_kept() -> float:
    """How long work is kept after its last tab was closed; 0 for not at all."""
    try:
        return max(0.0, operating().keep_minutes)
    except ValueError:  # of any setting; the start of the server refuses it
        return USUAL


@dataclass
class Visit(Generic[T]):
    """What one browser left off with, and the tabs it has open.

    Args:
        since: when the last tab was closed, by the monotonic clock; None while one is open.
    """

    work: T
    tabs: set[str] = field(default_factory=set)
    since: float | None = None


class Visits(Generic[T]):
    """The last work of each browser or member, by a hash of its secret or of who they are.

    Args:
        busy: whether work goes on by itself, and so is kept until it is done.
    """

    def __init__(self, busy: Callable[[T], bool] = lambda work: False, most: int = MOST) -> None:
        self._busy, self._most = busy, most
        self._kept: OrderedDict[str, Visit[T]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def recall(self, key: str) -> T | None:
        """What this browser left off with, if it is still here."""
        with self._lock:
            found = self._kept.get(key)
            return None if found is None else found.work

    def keep(self, key: str, work: T, tab: str) -> None:
        """Remember the work of a tab as the last of its browser."""
        if not key or not minutes_kept():
            return
        with self._lock:
            visit = self._kept.setdefault(key, Visit(work))
            visit.work, visit.since = work, None
            visit.tabs.add(tab)
            self._kept.move_to_end(key)

    def beside(self, tab: str) -> set[str]:
        """The tabs that are open in the same browser, this one among them."""
        with self._lock:
            found = (visit.tabs for visit in self._kept.values() if tab in visit.tabs)
            return {tab}.union(*found)

    def forget(self, key: str) -> None:
        """Drop what this browser left off with, at once."""
        with self._lock:
            self._kept.pop(key, None)

    def sweep(self, tabs: Collection[str], now: float | None = None) -> int:
        """Drop what nobody came back for in time, and the oldest beyond; how many are kept.

        Args:
            tabs: those that are open.
        """
        now = time.monotonic() if now is None else now
        with self._lock:
            left = []
            for key, visit in self._kept.items():
                visit.tabs &= set(tabs)
                if visit.tabs or self._busy(visit.work):
                    visit.since = None
                    continue
                visit.since = now if visit.since is None else visit.since
                left.append(key)
            over = [k for k in left if now - self._since(k) >= 60 * minutes_kept()]
            for key in {*over, *left[: max(0, len(left) - self._most)]}:
                del self._kept[key]
            return len(self._kept)

    def _since(self, key: str) -> float:
        found = self._kept[key].since
        assert found is not None
        return found


def key_of(secret: str, whose: str) -> str:
    """The key of a member or else of a browser's secret; "" where there is neither.

    Args:
        secret: of the browser, if it keeps cookies.
        whose: the id of whoever is signed in; the next one at the same browser finds nothing.
    """
    if whose:
        return hashlib.sha256(f"member\n{whose}".encode()).hexdigest()
    return hashlib.sha256(secret.encode()).hexdigest() if SECRET.fullmatch(secret) else ""


def new_secret() -> str:
    """What a browser is known by, sealed by this process without keeping a list of them."""
    drawn = secrets.token_urlsafe(16)
    return drawn + _seal_of(drawn)


def _seal_of(drawn: str) -> str:
    seal = hmac.new(SEAL, drawn.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(seal).decode()[: 43 - DRAWN]


class Returned:
    """Browsers that were given their secret before this process started, each told so once.

    What tells them apart is the seal on the secret: one whose work was kept for its time and then
    dropped is not among them.
    """

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._told: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def tell(self, secret: str, now: float | None = None) -> bool:
        """Whether a tab that opens is to be told: in the first minute, as all tabs come back."""
        if SECRET.fullmatch(secret) is None or not minutes_kept():
            return False
        if hmac.compare_digest(_seal_of(secret[:DRAWN]), secret[DRAWN:]):
            return False
        now = time.monotonic() if now is None else now
        with self._lock:
            first = self._told.setdefault(hashlib.sha256(secret.encode()).hexdigest(), now)
            while len(self._told) > self._most:
                self._told.popitem(last=False)
        return now - first < SECONDS


class Recognised:
    """Gives each browser a secret with the first page; plain ASGI, so uploads are not buffered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_secret(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(message):
                told = f"{COOKIE}={new_secret()}; Path=/; HttpOnly; SameSite=Lax"
                more = (b"set-cookie", told.encode())
                message["headers"] = [*message.get("headers", []), more]
            await send(message)

        wanted = scope["type"] == "http" and scope["method"] == "GET"
        wanted = wanted and not scope["path"].startswith(OURS)
        wanted = wanted and SECRET.fullmatch(secret_in(scope)) is None
        await self.app(scope, receive, with_secret if wanted else send)


def _is_page(message: Message) -> bool:
    told = {name.lower(): value for name, value in message.get("headers", [])}
    return bool(told.get(b"content-type", b"").startswith(b"text/html"))


def secret_in(scope: Scope) -> str:
    """The secret that a request brings; "" where there is none."""
    told = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    return cookie_parser(told.decode("latin-1")).get(COOKIE, "")  # as Streamlit reads them
