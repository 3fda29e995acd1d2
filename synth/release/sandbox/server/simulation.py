"""Bad weather on purpose: delays, failures, limits and locked doors that repeat with a seed."""

from __future__ import annotations

import base64
import hmac
import math
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .table import MockProblem

MOST_DELAY = 30.0  # seconds


@dataclass(frozen=True)
class Weather:
    """How the sandbox misbehaves.

    Args:
        delay: seconds every answer takes longer.
        spread: of a lognormal factor on the delay; 0 for always the same.
        failures: share of answers that fail.
        statuses: with what they fail.
        seed: the same seed gives the same sequence of delays and failures.
        per_minute: answers a client gets in a minute; 0 for no limit.
    """

    delay: float = 0.0
    spread: float = 0.0
    failures: float = 0.0
    statuses: tuple[int, ...] = (503,)
    seed: int = 0
    per_minute: int = 0


@dataclass(frozen=True)
class Door:
    """What a client has to show: nothing, an API key, a bearer token or a password.

    Args:
        kind: "none", "key" (header X-API-Key), "bearer" or "basic".
        secret: the key, the token or `user:password`.
    """

    kind: str = "none"
    secret: str = ""

    def check(self, headers: Mapping[str, str]) -> None:
        """Raises MockProblem 401 without the right secret."""
        if self.kind == "none":
            return
        if not hmac.compare_digest(self._shown(headers).encode(), self.secret.encode()):
            raise MockProblem(401, "Not signed in", f"This sandbox asks for: {self.kind}.")

    def _shown(self, headers: Mapping[str, str]) -> str:
        if self.kind == "key":
            return headers.get("x-api-key", "")
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        if scheme.lower() != self.kind:
            return ""
        if self.kind == "bearer":
            return rest
        try:
            return base64.b64decode(rest).decode()
        except ValueError:
            return ""


@dataclass
class Forecast:
    """The weather as it unfolds, request by request."""

    weather: Weather
    clock: Callable[[], float] = time.monotonic
    _chance: random.Random = field(init=False, repr=False)
    _seen: dict[str, list[float]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.weather.seed)

    def delay(self, prefer: str, asked: str | None) -> float:
        """Seconds to wait before this answer."""
        if found := re.search(r"delay=(\d{1,6})", prefer):
            return min(MOST_DELAY, int(found[1]) / 1000)
        if asked is not None:
            if not re.fullmatch(r"\d{1,6}", asked):
                raise MockProblem(400, "Bad delay", "`_delay` has to be milliseconds.")
            return min(MOST_DELAY, int(asked) / 1000)
        factor = self._chance.lognormvariate(0, self.weather.spread) if self.weather.spread else 1
        return min(MOST_DELAY, self.weather.delay * factor)

    def fail(self, prefer: str) -> None:
        """Raises the failure that is due, or that the client prefers."""
        if found := re.search(r"code=([45]\d\d)", prefer):
            raise _failure(int(found[1]))
        if self.weather.failures and self._chance.random() < self.weather.failures:
            raise _failure(self._chance.choice(self.weather.statuses))

    def count(self, client: str) -> None:
        """Raises MockProblem 429 for a client that asked too often within a minute."""
        if not self.weather.per_minute:
            return
        now = self.clock()
        recent = [t for t in self._seen.get(client, []) if now - t < 60]
        if len(recent) >= self.weather.per_minute:
            most = f"At most {self.weather.per_minute} in a minute."
            wait = max(1, math.ceil(60 - (now - recent[0])))
            raise MockProblem(429, "Too many requests", most, retry=wait)
        self._seen[client] = [*recent, now]


def _failure(status: int) -> MockProblem:
    return MockProblem(status, "Simulated failure", "This failure was asked for.", retry=1)
