"""Long work in a process of its own, that can be watched and cancelled and stalls no one else."""

from __future__ import annotations

import json
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import IO, Any

from synth.budget import Entry
from synth.budget.entries import entry_of
from synth.budget.ledger import cost_of
from synth.errors import SynthError
from synth.evaluate import Comparison
from synth.runs.accounts import NOTHING, Before
from synth.runs.audit import Asked, Ended
from synth.runs.bounds import UNBOUNDED, Bounds
from synth.runs.elsewhere import Elsewhere
from synth.runs.recipe import Recipe
from synth.runs.recipe_file import recipe_text
from synth.runs.traced import Trace
from synth.runs.turns import TURNS, Ticket
from synth.runs.workers import Worker, awaited, worker
from synth.vault import PrivateTable
from synth.vault.linked import LinkedRows
from synth.wording import so_many

WAITING, STARTING = "waiting for a free place", "starting"
LOOK = 0.2  # seconds between two looks whether a job that waits is still wanted


@dataclass
class Job:
    """One run of a recipe on a private table.

    Args:
        files: what de-identification steps look up, by name.
        on_entry: told of each ledger entry as the worker writes it, from another thread.
        on_end: told when the job is over, from another thread.
        looks: runs on this table that were held against the real rows before.
        owner: whose it is, for its turn among others; its own where nobody is said.
    """

    recipe: Recipe
    on_entry: Callable[[Entry], None]
    files: Mapping[str, str] = field(default_factory=dict)
    on_end: Callable[[Job], None] = lambda job: None
    looks: int = 0
    owner: str = ""
    share: float = 0.0
    doing: str = WAITING
    bundle: bytes | None = None
    comparison: Comparison | None = None
    cost: float | None = None  # the epsilon of the release; None where nothing bounds it
    error: SynthError | None = None
    cancelled: bool = False
    finished: threading.Event = field(default_factory=threading.Event)
    linked: Comparison | None = None  # of the rows of a second table beside their people
    _trace: Trace = field(default_factory=Trace, repr=False)
    _worker: Worker | None = field(default=None, repr=False)
    _ticket: Ticket | None = field(default=None, repr=False)

    def start(
        self,
        private: PrivateTable | Elsewhere,
        bounds: Bounds = UNBOUNDED,
        children: LinkedRows | None = None,
    ) -> None:
        """Hand the rows, or where they are, to a worker and follow it in the background.

        Where too many jobs wait it fails at once.

        Args:
            children: the rows of a second table, where the recipe has one.

        Raises:
            RecipeError: it asks for more rows than it may, or for more epsilon.
        """
        bounds.check(self.recipe.release)
        bounds.check_promise(self.recipe)
        self.error = bounds.full(TURNS.busy.waiting)

        def feed(stream: IO[bytes]) -> None:
            traits = None
            if self.recipe.privacy.ledger and isinstance(private, PrivateTable):
                traits = private.rows_traits()
            before = Before(
                traits, self.looks
            )  # the rows that are sent may be some of each person's
            packed(stream, self.recipe, private, bounds, children, self.files, before)

        self.follow(feed, bounds.minutes)

    def follow(self, feed: Callable[[IO[bytes]], None], minutes: float = 0.0) -> None:
        """Follow a worker in the background, to which `feed` writes what `packed` writes.

        Args:
            minutes: after which it is stopped; 0 for never.
        """
        threading.Thread(target=self._follow, args=(feed, minutes), daemon=True).start()

    def fail(self, error: SynthError) -> None:
        """End before a worker began."""
        self.error = error
        self.finished.set()

    def cancel(self) -> None:
        """Stop at once. What was spent by then stays spent."""
        self.cancelled = True
        if self._worker is not None:
            self._worker.end()

    @property
    def before(self) -> int | None:
        """How many jobs have their turn before it; None once it has begun, or is over."""
        ticket = self._ticket
        return None if ticket is None or ticket.begun.is_set() else TURNS.before(ticket)

    def _follow(self, feed: Callable[[IO[bytes]], None], minutes: float) -> None:
        self._trace.at(0.0, WAITING)
        try:
            if self.error is None:
                with self._place(), self._in_time(minutes):
                    if not self.cancelled:
                        self._run(feed)
        finally:
            if self.bundle is None and self.error is None and not self.cancelled:
                self.error = SynthError(
                    "The worker stopped before it was done.",
                    "Try again; with a very large table, use fewer columns or the command line.",
                )
            try:
                self.on_end(self)
            finally:
                self._trace.end(self._how)
                self.finished.set()

    @property
    def _how(self) -> str:
        if self.bundle is not None:
            return "finished"
        return "failed" if self.error is not None else "stopped"

    @contextmanager
    def _place(self) -> Iterator[None]:
        """One of the few places; a job that is cancelled lets go of its rows and its turn."""
        with TURNS.ticket(self.owner or str(id(self))) as self._ticket:
            while not self._ticket.begun.wait(LOOK) and not self.cancelled:
                self.doing = _in_line(TURNS.before(self._ticket))
            self.doing = STARTING
            self._trace.at(0.0, STARTING)
            yield

    @contextmanager
    def _in_time(self, minutes: float) -> Iterator[None]:
        """An end to it, if it takes too long."""
        if not minutes or minutes * 60 > threading.TIMEOUT_MAX:
            yield
            return
        late = threading.Timer(60 * minutes, self._late, (minutes,))
        late.daemon = True
        late.start()
        try:
            yield
        finally:
            late.cancel()

    def _late(self, minutes: float) -> None:
        if self.bundle is not None:
            return
        self.error = SynthError(
            f"The job was stopped after {minutes:g} {'minute' if minutes == 1 else 'minutes'}, the "
            "most that this server gives one.",
            "Use fewer columns or rows, a faster method, or the command line on your own machine; "
            "what it spent by then stays spent.",
        )
        if self._worker is not None:
            self._worker.end()

    def ending(self, asked: Asked, epsilon: float | None) -> Asked:
        """The query it ran for, as it ended."""
        if self.bundle is not None:
            return asked.ending(Ended.RELEASED, epsilon)
        if self.error is None:
            return asked.ending(Ended.STOPPED, epsilon)
        return asked.ending(Ended.FAILED, epsilon, self.error.what)

    def spent(self, entries: Sequence[Entry]) -> float | None:
        """The epsilon that its ledger entries came to by now; None where no epsilon bounds it."""
        if self.bundle is not None:
            return self.cost
        return cost_of(entries, self.recipe.budget.delta)

    def _run(self, feed: Callable[[IO[bytes]], None]) -> None:
        while not awaited(LOOK):
            if self.cancelled or self.error is not None:
                return
        found = self._worker = worker()
        weakref.finalize(self, found.end)
        if self.cancelled or self.error is not None:  # while it began
            found.end()
        try:
            feed(found.incoming)
            found.incoming.close()
            self._listen(found.outgoing)
        except BrokenPipeError:
            pass  # the worker is gone; `_follow` says so
        finally:
            found.end()
            with suppress(BrokenPipeError):  # rows that a stopped worker did not take
                found.incoming.close()
            found.outgoing.close()

    def _listen(self, stream: IO[bytes]) -> None:
        while line := stream.readline():
            message = json.loads(line)
            if "progress" in message:
                self.share, self.doing = message["progress"], message["doing"]
                self._trace.at(self.share, self.doing)
            elif "entry" in message:
                self.on_entry(entry_of(message["entry"]))
            elif "error" in message:
                self.error = SynthError(message["error"], message["remedy"])
            else:
                self._finish(message, stream)

    def _finish(self, message: dict[str, Any], stream: IO[bytes]) -> None:
        self.comparison = Comparison.of(message["comparison"])
        if "linked" in message:
            self.linked = Comparison.of(message["linked"])
        self.cost = message["cost"]
        content = stream.read(message["bundle"])
        if len(content) == message["bundle"]:
            self.bundle, self.error = content, None


def packed(
    stream: IO[bytes],
    recipe: Recipe,
    private: PrivateTable | Elsewhere,
    bounds: Bounds,
    children: LinkedRows | None = None,
    files: Mapping[str, str] | None = None,
    before: Before = NOTHING,
    beside: Mapping[str, Any] | None = None,
) -> None:
    """Write all that a worker needs: a line of JSON, then the rows, see `synth/runs/worker.py`.

    Args:
        private: the rows, or where the worker is to count them.
        before: what the rows that are sent do not tell.
        beside: further keys of the line, for whoever stands between.
    """
    header = {
        "recipe": recipe_text(recipe),
        "files": dict(files or {}),
        "before": before.document(),
        "bounds": asdict(bounds),
        "children": children is not None,
        **(beside or {}),
    }
    if isinstance(private, Elsewhere):
        header["elsewhere"] = private.document()
    stream.write(json.dumps(header).encode() + b"\n")
    if isinstance(private, PrivateTable):
        private.send_rows(stream)
    if children is not None:
        children.send_rows(stream)


def _in_line(ahead: int) -> str:
    """What a job does that waits for its turn: how many go first, and about how long that takes."""
    told = f"{WAITING}: {ahead:,} before this one" if ahead else WAITING
    minutes = TURNS.minutes(ahead)
    if minutes is None:
        return told
    return f"{told}, about {so_many(minutes, 'minute')}"
