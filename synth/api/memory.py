"""What was already released: a repeated question gets the same answer, and costs nothing."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from synth.runs import Recipe


@dataclass(frozen=True)
class Answer:
    """A release, and the recipe that is in it."""

    recipe: Recipe
    bundle: bytes = field(repr=False)
    since: float


@dataclass
class Memory:
    """Releases of one token by the question they answer; in memory only, and for a time.

    Each token has a memory of its own. To share one would cost the people in the database nothing,
    for the release is out already; but an answer that comes at once, and for nothing, tells a token
    that another asked the same, and one token could push another's answers out. Where all who ask
    are one audience, the operator gives them one token.

    Args:
        most: answers kept; the oldest goes first.
        most_bytes: of all answers together; one that is larger alone is not kept.
        lifetime: seconds. By then the database may have changed.
    """

    most: int = 8
    most_bytes: int = 100_000_000
    lifetime: float = 86_400.0
    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[str, Answer] = field(default_factory=OrderedDict, repr=False)

    def recall(self, question: str) -> Answer | None:
        """What was released for a question, if it is still known."""
        self._forget()
        return self._kept.get(question)

    def keep(self, question: str, recipe: Recipe, bundle: bytes) -> None:
        """Remember a release. The first answer to a question stands until it is forgotten."""
        self._kept.setdefault(question, Answer(recipe, bundle, self.clock()))
        self._forget()

    def _forget(self) -> None:
        now = self.clock()
        while self._kept and self._too_much(now):
            self._kept.popitem(last=False)

    def _too_much(self, now: float) -> bool:
        oldest = next(iter(self._kept.values()))
        held = sum(len(a.bundle) for a in self._kept.values())
        return (
            len(self._kept) > self.most
            or held > self.most_bytes
            or now - oldest.since > self.lifetime
        )
