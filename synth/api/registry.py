"""The jobs of all tokens, in memory only: each seen by its own token, and forgotten in time."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from synth.api.allowance import Allowance
from synth.api.problems import Problem
from synth.api.tally import Tally
from synth.budget import Entry
from synth.errors import QueryError, SynthError
from synth.runs import Recipe
from synth.runs.audit import Asked, Audit, Ended
from synth.runs.bounds import Bounds, of_server
from synth.runs.elsewhere import Elsewhere
from synth.runs.job import Job
from synth.runs.memory import Memory
from synth.runs.turns import TURNS
from synth.vault import PrivateTable
from synth.vault.linked import LinkedRows
from synth.wording import so_many

State = Literal["waiting", "running", "finished", "failed"]
REMEMBERED = (8, 100_000_000, 86_400.0)  # answers of each token, their bytes, seconds
SHOWN = 8  # characters of a token's digest that the audit log names it by


@dataclass(frozen=True)
class Answer:
    """A release, and the recipe that is in it."""

    recipe: Recipe
    bundle: bytes = field(repr=False)


@dataclass(frozen=True)
class Rules:
    """What one token may use.

    Args:
        most_jobs: kept at a time, those that wait and finished ones included.
        most_bytes: of one request.
        lifetime: seconds after which a finished job is forgotten.
        allowance: what all jobs together may cost.
        bounds: of each job.
    """

    most_jobs: int = 4
    most_bytes: int = 300_000_000
    lifetime: float = 3600.0
    allowance: Allowance = field(default_factory=Allowance)
    bounds: Bounds = field(default_factory=of_server)

    def check(self, kept: int) -> None:
        """Refuse a token that has as many jobs as it may."""
        if kept >= self.most_jobs:
            raise Problem(
                429,
                f"This token has {so_many(kept, 'job')}, of at most {self.most_jobs}.",
                "DELETE one whose release you have, or wait until it is forgotten.",
                {"Retry-After": "60"},
            )

    def check_waiting(self, waiting: int) -> None:
        """Refuse a job while as many wait as may."""
        if error := self.bounds.full(waiting):
            raise Problem(503, error.what, error.remedy, {"Retry-After": "60"})

    def none(self) -> Problem:
        """There is no such job, or not any more."""
        return Problem(
            404,
            "There is no such job.",
            f"Finished jobs are forgotten after {so_many(round(self.lifetime / 60), 'minute')}, "
            "and all of them when a server that shares none starts again. What it cost stays "
            "spent: start it anew.",
        )


@dataclass(frozen=True)
class Wanted:
    """A job that is asked for; no row was read yet.

    Args:
        recipe: as it goes into the release.
        read: puts the rows into their vault, or says where they stay.
        read_second: the same of a second table; None where there is none.
        files: what steps and the showcase look up, by name.
        asked: for the audit log; None for nothing to be written.
        question: the same for every job that would ask the same; "" for an uploaded table.
        hushed: whoever asks may learn of the rows only what they pay for: the whole price is
            charged, and every failure looks alike.
        least: a job about fewer rows, by a noisy count, fails.
    """

    recipe: Recipe
    read: Callable[[], PrivateTable | Elsewhere]
    read_second: Callable[[], LinkedRows] | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    asked: Asked | None = None
    question: str = ""
    hushed: bool = False
    least: int = 0


HUSHED = SynthError(
    "The job failed. Its reason could tell about people, so only the operator's log has it.",
    "Ask the operator, or ask about more people. Its price stays spent.",
)


def _gone() -> PrivateTable:
    """The rows are in their vault, and nowhere else."""
    raise AssertionError("rows are read once")


class KnownJob(Protocol):
    """A job as whoever asked for it may see it, wherever it runs."""

    @property
    def id(self) -> str: ...
    @property
    def state(self) -> State: ...
    @property
    def share(self) -> float: ...
    @property
    def doing(self) -> str: ...
    @property
    def hushed(self) -> bool: ...
    @property
    def repeated(self) -> bool: ...
    @property
    def error(self) -> SynthError | None: ...
    @property
    def epsilon(self) -> float | None: ...
    def bundle(self) -> bytes | None: ...


class Jobs(Protocol):
    """The jobs of all tokens: of this process, or of several servers."""

    @property
    def rules(self) -> Rules: ...
    @property
    def tally(self) -> Tally: ...
    def room(self, owner: str) -> None: ...
    def start(self, owner: str, wanted: Wanted) -> KnownJob: ...
    def note(self, owner: str, asked: Asked) -> None: ...
    def get(self, owner: str, id: str) -> KnownJob: ...
    def forget(self, owner: str, id: str) -> None: ...


@dataclass(eq=False)
class Task:
    """A job, whose it is, and what it has cost so far.

    Args:
        owner: a digest of the token.
        repeated: whether it is answered from what was already released.
        charge: what the tally knows its price by; "" where it has none.
    """

    owner: str
    wanted: Wanted
    job: Job
    entries: list[Entry] = field(default_factory=list)
    repeated: bool = False
    charge: str = ""
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    gone: threading.Event = field(default_factory=threading.Event)

    @property
    def share(self) -> float:
        return self.job.share

    @property
    def doing(self) -> str:
        return self.job.doing

    @property
    def hushed(self) -> bool:
        return self.wanted.hushed

    def bundle(self) -> bytes | None:
        """The release; None where there is none, or not yet."""
        return self.job.bundle

    @property
    def state(self) -> State:
        if self.job.finished.is_set():
            return "failed" if self.job.bundle is None else "finished"
        return "running" if self.job.share or self.entries else "waiting"

    @property
    def error(self) -> SynthError | None:
        """What went wrong, as whoever asked may know it."""
        return HUSHED if self.wanted.hushed and self.job.error is not None else self.job.error

    @property
    def epsilon(self) -> float | None:
        """What was spent by now; None where no epsilon bounds it."""
        if self.wanted.hushed and not self.repeated:
            return self.job.recipe.privacy.epsilon
        return 0.0 if self.repeated else self.job.spent(self.entries)


@dataclass
class Registry:
    """All jobs, and what each token was given. Safe to use from several threads.

    Args:
        audit: where queries are written down; nowhere, if left out.
        tally: what every token was charged; forgotten with the process, if left out.
    """

    rules: Rules = field(default_factory=Rules)
    audit: Audit | None = None
    tally: Tally = field(default_factory=Tally)
    _tasks: dict[str, Task] = field(default_factory=dict, repr=False)
    _open: list[Task] = field(default_factory=list, repr=False)  # whose end is not noted yet
    _memories: dict[str, Memory[Answer]] = field(default_factory=dict, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def kept(self) -> int:
        """How many jobs there are."""
        return len(self._tasks)

    def room(self, owner: str) -> None:
        """Refuse a token that has as many jobs as it may, and all while too many wait."""
        self.rules.check_waiting(TURNS.busy.waiting)
        self.rules.check(sum(t.owner == owner for t in list(self._tasks.values())))

    def start(self, owner: str, wanted: Wanted) -> Task:
        """Start a job of a token, or give it what was released to it already.

        Raises:
            Problem: the token has too many jobs, or this one could cost more than is left.
            SynthError: the rows cannot be read, or the audit log not written.
        """
        with self._lock:
            self._settle()
            self.room(owner)
            task = self._repeat(owner, wanted)
            if task is None:
                self.rules.bounds.check(wanted.recipe.release)
                self.rules.bounds.check_promise(wanted.recipe)
                task = self._new(owner, wanted)
            self._tasks[task.id] = task
        try:
            if wanted.asked is not None:
                again = wanted.asked.ending(Ended.REPEATED)
                self.note(owner, again if task.repeated else wanted.asked)
            if not task.repeated:
                self._begin(task)
        except BaseException:
            self._drop(task)
            raise
        threading.Thread(target=self._expire, args=(task,), daemon=True).start()
        return task

    def _begin(self, task: Task) -> None:
        """Read the rows, and hand them to a worker."""
        try:
            bounds = replace(self.rules.bounds, least=task.wanted.least)
            second = task.wanted.read_second
            rows = task.wanted.read()
            task.job.start(rows, bounds, None if second is None else second())
        except Exception as error:
            if not task.wanted.hushed:
                raise
            told = error if isinstance(error, SynthError) else SynthError(type(error).__name__, "")
            logging.getLogger("synth").warning("job %s: %s", task.id, told.what)
            task.job.fail(told)
        task.wanted = replace(task.wanted, read=_gone, read_second=None)  # they hold uploads

    def _repeat(self, owner: str, wanted: Wanted) -> Task | None:
        answer = self._memory(owner).recall(wanted.question) if wanted.question else None
        if answer is None:
            return None
        job = Job(answer.recipe, lambda entry: None, share=1.0, doing="answered again")
        job.bundle = answer.bundle
        job.finished.set()
        return Task(owner, wanted, job, repeated=True)

    def _new(self, owner: str, wanted: Wanted) -> Task:
        entries: list[Entry] = []
        charge = self.tally.charge(owner, wanted.recipe, self.rules.allowance)
        job = Job(wanted.recipe, entries.append, wanted.files, owner=f"token {owner}")
        task = Task(owner, wanted, job, entries, charge=charge)
        self._open.append(task)
        return task

    def _drop(self, task: Task) -> None:
        """A job that never started cost nothing."""
        with self._lock:
            self._tasks.pop(task.id, None)
            if task in self._open:
                self._open.remove(task)
                self.tally.give_back(task.owner, task.charge)

    def note(self, owner: str, asked: Asked) -> None:
        """Write what happened to a query into the audit log, if there is one.

        Raises:
            Problem: it cannot be written.
        """
        noted(self.audit, owner, asked)

    def get(self, owner: str, id: str) -> Task:
        """A job of this token; another token's is answered as one that never was."""
        self._settle()
        task = self._tasks.get(id)
        if task is None or task.owner != owner:
            raise self.rules.none()
        return task

    def forget(self, owner: str, id: str) -> None:
        """Stop a job, and let go of everything it made. Raises as `get` does."""
        self._forget(self.get(owner, id))

    def _forget(self, task: Task) -> None:
        if not task.job.finished.is_set():
            task.job.cancel()
        self._tasks.pop(task.id, None)
        task.gone.set()

    def _memory(self, owner: str) -> Memory[Answer]:
        usual: Memory[Answer] = Memory(*REMEMBERED)
        return self._memories.setdefault(owner, usual)

    def _settle(self) -> None:
        """Remember what ended jobs released, and write down how they ended."""
        with self._lock:
            ended = [t for t in self._open if t.job.finished.is_set()]
            self._open = [t for t in self._open if t not in ended]
            for task in ended:
                if task.wanted.question and task.job.bundle is not None:
                    memory = self._memory(task.owner)
                    bundle = task.job.bundle
                    memory.keep(task.wanted.question, Answer(task.job.recipe, bundle), len(bundle))
        for task in ended:
            self._note_end(task)

    def _note_end(self, task: Task) -> None:
        if task.wanted.asked is None:
            return
        try:
            self.note(task.owner, task.job.ending(task.wanted.asked, task.epsilon))
        except Problem as error:  # it was noted when it was asked; the release is out
            logging.getLogger("synth").error("%s", error.what)

    def _expire(self, task: Task) -> None:
        task.job.finished.wait()
        self._settle()
        task.gone.wait(self.rules.lifetime)
        self._forget(task)


def noted(audit: Audit | None, owner: str, asked: Asked) -> None:
    """Write what happened to a query or a table of a token down, if anywhere.

    Raises:
        Problem: it cannot be written.
    """
    if audit is None:
        return
    try:
        audit.write(asked, who=f"token {owner[:SHOWN]}")
    except QueryError as error:
        raise Problem(503, error.what, error.remedy) from None
