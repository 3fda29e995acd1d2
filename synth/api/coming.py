"""Tables on their way to the REST API: so many bytes at a time, of one token and of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from synth.api.problems import Problem
from synth.operating import operating

MEGABYTE = 1_000_000


@dataclass
class Coming:
    """How many bytes are being read, by token; for one event loop alone.

    Args:
        own, every: the most of one token, and of all.
    """

    own: int = field(default_factory=lambda: operating().most_upload * MEGABYTE)
    every: int = field(default_factory=lambda: operating().most_uploads * MEGABYTE)
    _now: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def room(self, owner: str, size: int) -> Iterator[None]:
        """Make room for a table until it is in its vault, or tell its owner to wait.

        Args:
            size: bytes of the request.

        Raises:
            Problem: there is none, now or ever.
        """
        if size > self.own:
            raise Problem(
                413,
                f"The request is larger than {self.own // MEGABYTE:,} MB.",
                "Send fewer columns, or a Parquet file.",
            )
        if self._now[owner] + size > self.own or self._now.total() + size > self.every:
            raise Problem(
                503,
                "The server is taking many tables at the moment.",
                "Send it again in a minute: nothing was charged.",
                {"Retry-After": "60"},
            )
        self._now[owner] += size
        try:
            yield
        finally:
            self._now[owner] -= size
            self._now += Counter()  # forgets those without any
