"""What was already released: a repeated question gets the same answer, and costs nothing.

Another draw of noise would cost more, and averaged with the first it would protect less.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

A = TypeVar("A")


@dataclass(frozen=True)
class _Kept(Generic[A]):
    answer: A
    size: int
    since: float


@dataclass
class Memory(Generic[A]):
    """Answers by the question they answer; in memory only.

    Whoever asks has a memory of its own: a token, a visitor, a notebook. To share one would cost
    the people in the database nothing, for the release is out already; but an answer that comes at
    once, and for nothing, tells one that another asked the same, and one could push another's
    answers out. Where all who ask are one audience, the operator gives them one token.

    Args:
        most: answers kept; the oldest goes first.
        most_bytes: of all answers together; one that is larger alone is not kept.
        lifetime: seconds. By then the database may have changed.
    """

    most: float = math.inf
    most_bytes: float = math.inf
    lifetime: float = math.inf
    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[str, _Kept[A]] = field(default_factory=OrderedDict, repr=False)

    def recall(self, question: str) -> A | None:
        """What was released for a question, if it is still known."""
        self._forget()
        found = self._kept.get(question)
        return None if found is None else found.answer

    def keep(self, question: str, answer: A, size: int = 0) -> None:
        """Remember an answer of `size` bytes; the first to a question stands until forgotten."""
        self._kept.setdefault(question, _Kept(answer, size, self.clock()))
        self._forget()

    def _forget(self) -> None:
        now = self.clock()
        while self._kept and self._too_much(now):
            self._kept.popitem(last=False)

    def _too_much(self, now: float) -> bool:
        oldest = next(iter(self._kept.values()))
        held = sum(a.size for a in self._kept.values())
        return (
            len(self._kept) > self.most
            or held > self.most_bytes
            or now - oldest.since > self.lifetime
        )
