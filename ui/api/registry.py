"""The jobs of all tokens, in memory only: each seen by its own token, and forgotten in time."""

from __future__ import annotations

import math
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from synth.accounting import epsilon_of
from synth.budget import Entry, Measured
from synth.private import PrivateTable
from synth.recipe import Recipe
from ui.api.problems import Problem
from ui.jobs import Job

State = Literal["waiting", "running", "finished", "failed"]


@dataclass(frozen=True)
class Rules:
    """What one token may use.

    Args:
        most_jobs: kept at a time, finished ones included.
        most_bytes: of one request.
        lifetime: seconds after which a finished job is forgotten.
    """

    most_jobs: int = 4
    most_bytes: int = 300_000_000
    lifetime: float = 3600.0


@dataclass(eq=False)
class Task:
    """A job, whose it is, and what it has cost so far.

    Args:
        owner: a digest of the token.
    """

    owner: str
    job: Job
    entries: list[Entry]
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    gone: threading.Event = field(default_factory=threading.Event)

    @property
    def state(self) -> State:
        if self.job.finished.is_set():
            return "failed" if self.job.bundle is None else "finished"
        return "running" if self.job.share or self.entries else "waiting"

    @property
    def epsilon(self) -> float | None:
        """What was spent by now; None where rows were read without a bound."""
        rho = sum(e.rho for e in self.entries if isinstance(e, Measured))
        if math.isinf(rho):
            return None
        return epsilon_of(rho, self.job.recipe.budget.delta) if rho else 0.0


@dataclass
class Registry:
    """All jobs. Safe to use from several threads."""

    rules: Rules = field(default_factory=Rules)
    _tasks: dict[str, Task] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def kept(self) -> int:
        """How many jobs there are."""
        return len(self._tasks)

    def room(self, owner: str) -> None:
        """Refuse a token that has as many jobs as it may."""
        kept = sum(t.owner == owner for t in list(self._tasks.values()))
        if kept >= self.rules.most_jobs:
            raise Problem(
                429,
                f"This token has {kept} jobs, of at most {self.rules.most_jobs}.",
                "DELETE one whose release you have, or wait until it is forgotten.",
                {"Retry-After": "60"},
            )

    def start(
        self, owner: str, recipe: Recipe, private: PrivateTable, files: Mapping[str, str]
    ) -> Task:
        """Start a job of a token. Raises Problem when it has too many."""
        entries: list[Entry] = []
        task = Task(owner, Job(recipe, entries.append, files), entries)
        with self._lock:
            self.room(owner)
            self._tasks[task.id] = task
        task.job.start(private)
        threading.Thread(target=self._expire, args=(task,), daemon=True).start()
        return task

    def get(self, owner: str, id: str) -> Task:
        """A job of this token; another token's is answered as one that never was."""
        task = self._tasks.get(id)
        if task is None or task.owner != owner:
            raise Problem(
                404,
                "There is no such job.",
                f"Finished jobs are forgotten after {self.rules.lifetime / 60:g} minutes: "
                "start it again.",
            )
        return task

    def forget(self, task: Task) -> None:
        """Stop a job, and let go of everything it made."""
        if not task.job.finished.is_set():
            task.job.cancel()
        self._tasks.pop(task.id, None)
        task.gone.set()

    def _expire(self, task: Task) -> None:
        task.job.finished.wait()
        task.gone.wait(self.rules.lifetime)
        self.forget(task)
