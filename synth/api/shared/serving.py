"""The jobs of several servers: each takes them, any tells of them, workers elsewhere run them."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial

from synth.api.problems import Problem
from synth.api.registry import HUSHED, Rules, State, Wanted, noted
from synth.api.shared import rows
from synth.api.shared.charges import Sealing, charges_of
from synth.api.shared.keeping import LONGEST, Common
from synth.api.shared.parcels import RELEASE, ROWS, new_key
from synth.api.shared.rows import JobRow
from synth.api.tally import Tally
from synth.budget.lasting import LedgerFile
from synth.errors import SynthError, TeamError
from synth.operating import Operating
from synth.runs.audit import Asked, Ended, audit
from synth.runs.job import WAITING, packed
from synth.runs.recipe_file import recipe_text

STATES: dict[str, State] = {
    rows.COMING: "waiting",
    rows.WAITING: "waiting",
    rows.TAKEN: "waiting",
    rows.RUNNING: "running",
    rows.FINISHED: "finished",
    rows.FAILED: "failed",
}
BESIDE = 4_000_000  # bytes of that line that are for what else is in it: a query, say
NOBODY = "waiting for a worker: none is there at present"


@dataclass(frozen=True)
class Distant:
    """A job of the queue as it was when somebody asked.

    Args:
        doing: what it does, in words.
        read: fetches the release.
    """

    job: JobRow
    doing: str
    read: Callable[[], bytes] = field(repr=False)

    @property
    def id(self) -> str:
        return self.job.id

    @property
    def state(self) -> State:
        return STATES[self.job.state]

    @property
    def share(self) -> float:
        return 1.0 if self.job.state == rows.FINISHED else self.job.share

    @property
    def hushed(self) -> bool:
        return self.job.hushed

    @property
    def repeated(self) -> bool:
        return self.job.repeated

    @property
    def error(self) -> SynthError | None:
        if self.job.state != rows.FAILED:
            return None
        return HUSHED if self.job.hushed else SynthError(self.job.error, self.job.remedy)

    @property
    def epsilon(self) -> float | None:
        if self.job.repeated:
            return 0.0
        return self.job.asks if self.job.hushed else self.job.spent

    def bundle(self) -> bytes | None:
        """The release; None where there is none, or not yet."""
        return self.read() if self.job.state == rows.FINISHED else None


@dataclass
class SharedJobs:
    """The jobs of all tokens, as every server on the same queue sees them.

    Args:
        tally: what every token was charged, by any of the servers.
    """

    common: Common
    rules: Rules
    tally: Tally

    def room(self, owner: str) -> None:
        """Refuse a token that has as many jobs as it may, on all servers together."""
        with reached():
            self.rules.check(self.common.queue.kept(owner))

    def start(self, owner: str, wanted: Wanted) -> Distant:
        """Charge a job, seal its rows, and let workers take it; answer it where that was done.

        Raises:
            Problem: the token has too many jobs, or none of its allowance is left; or the queue
                cannot be used.
            SynthError: what was sent is no table, or its recipe asks for too much.
        """
        with reached():
            self.common.tidy()
            if again := self._repeated(self._line(owner, wanted), wanted):
                return self.get(owner, again)
            job = self._line(owner, wanted)
            self.rules.bounds.check(wanted.recipe.release)
            self.rules.bounds.check_promise(wanted.recipe)
            _check_line(wanted)
            charge = self.tally.charge(owner, wanted.recipe, self.rules.allowance)
            try:
                self._begin(job, wanted)
            except BaseException:
                unused = self.common.queue.withdraw(job.id)
                self.common.parcels.remove(job.id)
                if unused:  # it never came into line, and cost nothing
                    self.tally.give_back(owner, charge)
                raise
            return self.get(owner, job.id)

    def note(self, owner: str, asked: Asked) -> None:
        """Write down what happened to a query or table. Raises Problem where that is impossible."""
        noted(self.common.audit, owner, asked)

    def get(self, owner: str, id: str) -> Distant:
        """A job of this token; another token's is answered as one that never was."""
        with reached():
            self.common.tidy()
            job = self.common.queue.look(owner, id)
            if job is None:
                raise self.rules.none()
            doing = self._in_line(job) if STATES[job.state] == "waiting" else job.doing
        return Distant(job, doing, lambda: self._release(job))

    def forget(self, owner: str, id: str) -> None:
        """Stop a job wherever it runs, and let go of what it made. Raises as `get` does."""
        with reached():
            job = self.get(owner, id).job
            if job.state == rows.WAITING:  # of one that a worker has, the worker says so
                self.common.note_end(job, Ended.STOPPED)
            self._drop(id)

    def _line(self, owner: str, wanted: Wanted) -> JobRow:
        question = hashlib.sha256(wanted.question.encode()).hexdigest() if wanted.question else ""
        recipe = wanted.recipe
        return JobRow(
            id=secrets.token_urlsafe(16),
            owner=owner,
            key=new_key(),
            asks=None if recipe.unbounded else float(recipe.privacy.epsilon),
            hushed=wanted.hushed,
            question=question,
            state=rows.COMING,
        )

    def _allowed(self, kept: int, waiting: int) -> None:
        self.rules.check(kept)
        self.rules.check_waiting(waiting)

    def _repeated(self, job: JobRow, wanted: Wanted) -> str:
        """Answer a question that was answered, with a copy of what was released for it: its id.

        "" where it was not, or what was released is gone.
        """
        queue, parcels = self.common.queue, self.common.parcels
        earlier = queue.answered(job.owner, job.question) if job.question else None
        if earlier is None:
            return ""
        job.repeated = True
        queue.add(job, self._allowed)
        try:
            with parcels.sealing(job.id, RELEASE, job.key) as copy:
                for piece in parcels.pieces(earlier.id, RELEASE, earlier.key):
                    copy.write(piece)
            if wanted.asked is not None:
                self.note(job.owner, wanted.asked.ending(Ended.REPEATED))
        except BaseException as error:
            self._drop(job.id)
            if not isinstance(error, TeamError):
                raise
            return ""
        queue.end(job.id)
        return job.id

    def _begin(self, job: JobRow, wanted: Wanted) -> None:
        """Read the rows, and seal them for a worker."""
        self.common.queue.add(job, self._allowed)
        if wanted.asked is not None:
            self.note(job.owner, wanted.asked)
        try:
            self._send(job, wanted)
        except Exception as error:
            if not wanted.hushed:
                raise
            told = error if isinstance(error, SynthError) else SynthError(type(error).__name__, "")
            logging.getLogger("synth").warning("job %s: %s", job.id, told.what)
            self.common.queue.end(job.id, HUSHED)
            if wanted.asked is not None:
                self.note(job.owner, wanted.asked.ending(Ended.FAILED, job.asks, told.what))

    def _send(self, job: JobRow, wanted: Wanted) -> None:
        bounds = replace(self.rules.bounds, least=wanted.least)
        private = wanted.read()
        second = None if wanted.read_second is None else wanted.read_second()
        beside = {"asked": None if wanted.asked is None else _asked(wanted.asked)}
        with self.common.parcels.sealing(job.id, ROWS, job.key) as stream:
            packed(stream, wanted.recipe, private, bounds, second, wanted.files, beside=beside)
        if not self.common.queue.ready(job.id):  # forgotten meanwhile
            self.common.parcels.remove(job.id)

    def _drop(self, id: str) -> None:
        self.common.queue.drop(id)
        kept = self.common.queue.ids()
        self.common.parcels.remove(id, *([ROWS] if id in kept else ()))

    def _in_line(self, job: JobRow) -> str:
        ahead = self.common.queue.ahead(job)
        if ahead is None:
            return NOBODY
        return f"{WAITING}: {ahead:,} before this one" if ahead else WAITING

    def _release(self, job: JobRow) -> bytes:
        with reached():
            return b"".join(self.common.parcels.pieces(job.id, RELEASE, job.key))


def opened(told: Operating, rules: Rules, ledger: LedgerFile | None) -> SharedJobs:
    """The jobs of all servers on the queue that the settings name.

    Args:
        ledger: where tokens are charged; in the queue itself, where there is none.

    Raises:
        ValueError: nobody said where tables may lie meanwhile, or a key is named without an anchor.
        TeamError: the queue, or the place of the parcels, cannot be reached, or what tokens were
            charged is not as it was.
    """
    common, sealing = Common.opened(told, audit(), rules.lifetime), Sealing.told(told)
    pages = partial(charges_of, common.queue, sealing)
    if ledger is None:
        with pages():  # that they were changed is told at the start
            pass
    return SharedJobs(common, rules, Tally(ledger, None if ledger else pages))


@contextmanager
def reached() -> Iterator[None]:
    """What is wrong with the queue is the server's, and not about what was sent."""
    try:
        yield
    except TeamError as error:
        raise Problem(503, error.what, error.remedy, {"Retry-After": "60"}) from None


def _check_line(wanted: Wanted) -> None:
    """Refuse what a worker would not read: the line before the rows. Raises Problem."""
    brought = {"recipe": recipe_text(wanted.recipe), "files": dict(wanted.files)}
    if len(json.dumps(brought)) > LONGEST - BESIDE:
        raise Problem(
            413,
            f"The recipe and the files that steps look up come to more than "
            f"{(LONGEST - BESIDE) // 1_000_000} MB as they are sent to a worker, where a letter "
            "beyond a to z takes up to six bytes.",
            "Send fewer or shorter files. Nothing was charged.",
        )


def _asked(asked: Asked) -> dict[str, object]:
    told = asdict(asked)
    return {n: told[n] for n in ("database", "query", "method", "file")}
