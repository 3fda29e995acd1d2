"""The account of a population in a lasting ledger: what one release may still tell about it.

An account belongs to people that the custodian names, not to a table: whoever drops a row, renames
a column or exports again asks for the same account. Its cap has two sides. rho adds up over all
noisy answers; what single answers may fail by of their own adds up beside it. All together hold
(epsilon, delta) if the sum of rho, converted at what those deltas leave of delta, stays within
epsilon. A release without a promise of epsilon costs no rho and is a line all the same: from then
on the total is told as one without a formal bound.

Reference: Dong, Roth, Su (2022), arXiv:1905.02383, for the sum of rho and its conversion; that an
answer fails with its own delta at most, and these chances add up, is the union bound.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from synth.budget.accounting import epsilon_of, rho_of
from synth.budget.entries import Audience, Entry, Measured, Opened
from synth.budget.lasting import Book, LedgerFile, Line
from synth.budget.population import LOOKED, TOGETHER, RunningTotal, running_total_of
from synth.budget.promise import LARGEST_DELTA, Budget, Rho
from synth.budget.resemblance import Sketch, Traits, sketch_of
from synth.errors import AccountRefused, BudgetExceeded, LedgerError, SynthError
from synth.wording import so_many

SLACK = 1e-9  # what a sum may be out by, as a share of the cap
SPENT = 0.01  # share of the epsilon below which nothing to speak of is left


@dataclass(frozen=True)
class Cap:
    """The most that all releases about a population may come to.

    Args:
        epsilon: of all noisy answers together.
        delta: the chance, at most, that this fails: for the sum of the noise and for all answers
            with a delta of their own. As much as one release may have, so that a hundred of them
            do not have a hundred times as much.
        rows_per_person: how many rows one person may have in any of the tables.

    Raises:
        BudgetError: one of them is out of range.
    """

    epsilon: float
    delta: float = LARGEST_DELTA
    rows_per_person: int = 1

    def __post_init__(self) -> None:
        Budget(self.epsilon, self.delta, self.rows_per_person)  # which checks them

    def rho(self, answers_delta: float = 0.0) -> Rho:
        """The most rho there may be, where single answers have taken some of delta."""
        left = self.delta - answers_delta
        return Rho(rho_of(self.epsilon, left) if left > 0 else 0.0)

    def allows(self, rho: float, answers_delta: float) -> bool:
        """Whether so much in all is within the cap."""
        return rho <= self.rho(answers_delta) * (1 + SLACK)


@dataclass(frozen=True)
class Intent:
    """What a release is about to do, before any row is touched.

    Args:
        release: what its lines are listed under.
        unbounded: why no epsilon bounds what it tells; "" where one does.
        exact: whether it hands out rows, or counts without noise.
        settings: everything that was decided about it: with the same table, the same release.
        despite: the custodian's reason for an exact release where there was one before, or where
            nothing is left to spend.
        other_than: accounts of other people, whose tables look like this one.
        person: the column that names whom it promises something; "" where each row is one person.
    """

    release: str = "release"
    unbounded: str = ""
    exact: bool = False
    settings: str = ""
    despite: str = ""
    other_than: tuple[str, ...] = ()
    person: str = ""


@dataclass(frozen=True)
class Account:
    """What one release may spend of a population's account: the parent of its `Ledger`."""

    file: LedgerFile
    population: str
    cap: Cap
    intent: Intent = Intent()
    again: str = ""  # the run of which this one is the repetition
    run: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def left(self) -> Rho:
        return _left(self.cap, self.file.lines(self.population))

    @property
    def spent(self) -> Rho:
        """What all releases have spent so far."""
        return _rho(self.file.lines(self.population))

    @property
    def epsilon(self) -> float:
        """What all releases together have come to, at the delta of the cap."""
        return self.epsilon_after(Rho(0.0))

    def epsilon_after(self, rho: Rho) -> float:
        """What they would come to if a release worth `rho` were made, or made again."""
        lines = self.file.lines(self.population)
        return epsilon_of(_rho(lines) + rho, self.cap.delta - _delta(lines))

    def spend(
        self, purpose: str, rho: Rho, mechanism: str = "gaussian", *, delta: float = 0.0
    ) -> None:
        """Debit `rho` and `delta`, on disk, before the rows are touched.

        Raises:
            BudgetExceeded: more than is left of either; nothing is written.
            LedgerError: the file is damaged.
        """
        if math.isinf(rho) and self.intent.exact:
            self._write(Opened(f"{purpose}, without noise", Audience.RELEASE))
        else:
            self._write(Measured(purpose, rho, mechanism, delta))

    def note(self, entry: Entry) -> None:
        """Write down a touch that costs no rho.

        Raises:
            BudgetExceeded: it has a delta of its own, and more than is left.
        """
        self._write(entry)

    def _write(self, entry: Entry) -> None:
        rho = entry.rho if isinstance(entry, Measured) else 0.0
        delta = float(getattr(entry, "delta", 0.0))
        with self.file.writing() as book:
            if isinstance(entry, Measured) or delta:
                self._check(book.lines(self.population), entry, rho, delta)
            book.write(self.population, self.line(entry.document()))

    def _check(self, lines: Sequence[Line], entry: Entry, rho: float, delta: float) -> None:
        taken, answers = _rho(lines), _delta(lines)
        if isinstance(entry, Measured) and not rho > 0:
            raise BudgetExceeded(
                f"`{entry.purpose}` asks for rho {rho:.3g}.", "Give it a share above 0."
            )
        if self.cap.allows(taken + rho, answers + delta):
            return
        if delta and not self.cap.allows(taken + rho, answers):
            delta = 0.0  # it is the noise that is too much, with or without it
        purpose = getattr(entry, "purpose", "")
        if delta:
            raise BudgetExceeded(
                f"`{purpose}` may fail with a chance of {delta:.2g} (delta), and with earlier "
                f"releases about `{self.population}` that is more than the {self.cap.delta:g} "
                "promised to these people in all.",
                "Declare the values or the format of the column: what is known costs no delta.",
            )
        left = max(0.0, self.cap.rho(answers) - taken)
        raise BudgetExceeded(
            f"`{purpose}` needs rho {rho:.3g}, but {left:.3g} of {self.cap.rho():.3g} is left of "
            f"what was promised to `{self.population}` in all.",
            "Use the releases already made: reading them again costs nothing.",
        )

    def line(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """What this run has to say, under its name."""
        return {"run": self.run, "release": self.intent.release, **told}

    def standing(self, *, bounded: bool = True) -> RunningTotal:
        """What everything about these people comes to with this release; see `RunningTotal`."""
        lines = self.file.lines(self.population)
        if self.again and (stated := _stated(lines, self.again)) is not None:
            return stated
        why = self.intent.unbounded or "its own statement promises no epsilon"
        return running_total(
            self.file, self.population, self.cap, lines, self.run, "" if bounded else why
        )

    @contextmanager
    def concluding(self) -> Iterator[None]:
        """Write down how the run ends: one that a sentence stops releases nothing.

        A process that is killed leaves a line that it began, which counts as a release.
        """
        try:
            yield
        except SynthError:
            self._end({"kind": "ended", "released": False})
            raise

    def ended(self, content: bytes, stated: RunningTotal | None, *, bounded: bool) -> None:
        """Write down that the release was made, and what it says of all of them.

        Args:
            content: what was learnt and counted: the same bytes for the same release.

        Raises:
            AccountRefused: it was to be an earlier release again, and chance made another of it.
        """
        digest = hashlib.blake2b(content, key=self.file.key, digest_size=16).hexdigest()
        if self.again:
            runs = self.file.lines(self.population)
            family = {
                x.run for x in runs if x.kind == "begun" and x.document["again"] == self.again
            }
            ends = (x for x in runs if x.kind == "ended" and x.run in {*family, self.again})
            if any(x.document.get("digest", digest) != digest for x in ends):
                raise AccountRefused(
                    "The same recipe on the same table made another release than before: part of "
                    f"it is left to chance. {TOGETHER}",
                    "Give out the earlier release. Or, having read this, give your reason in "
                    'why_another = "…" in [privacy].',
                    about=("why_another",),
                )
        told = {"bounded": bounded, "stated": None if stated is None else stated.document()}
        self._end({"kind": "ended", "released": True, "digest": digest, **told})

    def _end(self, told: Mapping[str, Any]) -> None:
        with self.file.writing() as book:
            book.write(self.population, self.line(told))


def account_of(
    file: LedgerFile, population: str, cap: Cap, intent: Intent, traits: Traits | None = None
) -> Account:
    """Begin a release about a population: its account, opened where there is none.

    The cap of the first release stands. That the release began is on disk when this returns.

    Args:
        traits: of its table.

    Raises:
        AccountRefused: the table looks like one of other people, or an exact release was made
            before, or nothing is left.
        LedgerError: the file is damaged, or another cap was promised before.
    """
    sketch = None if traits is None else traits.sealed(file.key)
    with file.writing() as book:
        lines = book.lines(population)
        wanted = asdict(cap)
        known = [x.document["cap"] for x in lines if x.kind == "promised"]
        if known:
            _same_cap(known[0], cap)
        if sketch is not None and not _knows(lines, sketch):
            _ask_whose(book, population, sketch, {*intent.other_than, *_others(lines)})
        same = _same(file, intent, sketch)
        again = next((x.run for x in _exact(lines) if x.document["same"] == same), "")
        against = None if again or not intent.exact else _against(population, cap, lines)
        if against is not None and not intent.despite:
            raise against
        intent = replace(intent, despite=intent.despite if against else "")
        account = Account(file, population, cap, intent, again)
        if not known:
            book.write(population, account.line({"kind": "promised", "cap": wanted}))
        if sketch is not None and not _knows(lines, sketch):
            told = {"kind": "table", "sketch": sketch.document()}
            book.write(population, account.line(told))
        book.write(population, account.line(_beginning(intent, same, again)))
    return account


def running_total(
    file: LedgerFile,
    population: str,
    cap: Cap,
    lines: Sequence[Line],
    run: str = "",
    unbounded: str = "",
) -> RunningTotal:
    """What some lines come to.

    Args:
        run: the release that it is told to; "" for whoever asks between two.
        unbounded: why no epsilon bounds that release; "" where one does.
    """
    begun = [x for x in lines if x.kind == "begun" and not x.document["again"]]
    ends = {x.run: x for x in lines if x.kind == "ended"}
    made = [x for x in begun if x.run not in ends or ends[x.run].document["released"]]
    order = [x.run for x in begun]
    before = order[: order.index(run)] if run in order else order
    why = [unbounded if x.run == run else _why(x, ends.get(x.run)) for x in made]
    looked = {x.run for x in lines if x.kind == "opened" and x.purpose == LOOKED}
    mine = next((x for x in begun if x.run == run), None)
    answers = _delta(lines)
    return RunningTotal(
        population,
        epsilon_of(_rho(lines), cap.delta - answers) if cap.delta > answers else math.inf,
        cap.delta,
        answers,
        cap.epsilon,
        len(made),
        len(looked & set(before)),
        tuple(w for w in why if w),
        file.anchor is not None,
        "" if mine is None else str(mine.document["despite"]),
        len(_others(lines)),
        _units(lines),
        cap.rows_per_person,
    )


def _units(lines: Iterable[Line]) -> tuple[str | None, ...]:
    """Whom the sum of the noise is about: the person columns of all runs that spent some of it."""
    spent = {x.run for x in lines if x.rho or x.delta}
    told = [x.document.get("person") for x in lines if x.kind == "begun" and x.run in spent]
    return tuple(dict.fromkeys(told))


def _why(begun: Line, ended: Line | None) -> str:
    """Why no epsilon bounds a release; "" where one does."""
    if ended is not None and ended.document["bounded"]:
        return ""
    return str(begun.document["unbounded"]) or (
        "" if ended is None else "its own statement promises no epsilon"
    )


def _rho(lines: Iterable[Line]) -> Rho:
    return Rho(math.fsum(line.rho for line in lines))


def _delta(lines: Iterable[Line]) -> float:
    return math.fsum(line.delta for line in lines)


def _left(cap: Cap, lines: Sequence[Line]) -> Rho:
    return Rho(max(0.0, cap.rho(_delta(lines)) - _rho(lines)))


def _same_cap(before: Mapping[str, Any], cap: Cap) -> None:
    if dict(before) != asdict(cap):
        raise LedgerError(
            f"These people were promised epsilon {before['epsilon']:g} and delta "
            f"{before['delta']:g} in all, with {so_many(before['rows_per_person'], 'row')} each, "
            "not epsilon "
            f"{cap.epsilon:g} and delta {cap.delta:g} with {cap.rows_per_person}.",
            "Keep to the first promise: it was made to the people in the table.",
        )


def _knows(lines: Iterable[Line], sketch: Sketch) -> bool:
    return any(x.document["sketch"]["whole"] == sketch.whole for x in lines if x.kind == "table")


def _others(lines: Iterable[Line]) -> set[str]:
    """The populations that the custodian said these people are not."""
    return {name for x in lines if x.kind == "begun" for name in x.document["other_than"]}


def _ask_whose(book: Book, population: str, sketch: Sketch, others: set[str]) -> None:
    """Refuse a table that looks like one of another account, unless it is said to be another."""
    for name in book.accounts():
        if name == population or name in others:
            continue
        seen = (sketch_of(x.document["sketch"]) for x in book.lines(name) if x.kind == "table")
        if any(sketch.resembles(one) for one in seen):
            raise AccountRefused(
                f"This table looks like one of `{name}`: are these the same people?",
                f'If so, set population = "{name}" in [people], so that their releases add up. If '
                f'these are other people, say other_than = ["{name}"] there; that is written down.',
                about=("population", "other_than"),
            )


def _exact(lines: Sequence[Line]) -> Iterator[Line]:
    """The beginnings of exact releases that were made, or may have been."""
    ended = {x.run for x in lines if x.kind == "ended" and not x.document["released"]}
    return (x for x in lines if x.kind == "begun" and x.document["exact"] and x.run not in ended)


def _against(population: str, cap: Cap, lines: Sequence[Line]) -> AccountRefused | None:
    """What speaks against rows, or counts without noise: there were some, or nothing is left."""
    read = 'Or, having read this, give your reason in why_another = "…" in [privacy].'
    if next(_exact(lines), None) is not None:
        return AccountRefused(
            f"A release without noise was made about `{population}` before. {TOGETHER}",
            "Give out the earlier release again: the same recipe on the same table makes the same. "
            + read,
            about=("why_another",),
        )
    if epsilon_of(_left(cap, lines), cap.delta) < SPENT * cap.epsilon:
        return AccountRefused(
            f"Epsilon {cap.epsilon:g} is spent for `{population}`, and a release without noise "
            "tells more still: nothing would bound what all of them tell together.",
            f"Draw more rows from an earlier release. {read}",
            about=("why_another",),
        )
    return None


def _same(file: LedgerFile, intent: Intent, sketch: Sketch | None) -> str:
    """The same for every run of one recipe on one table."""
    told = f"{intent.settings}\0{'' if sketch is None else sketch.whole}"
    return hashlib.blake2b(told.encode(), key=file.key, digest_size=16).hexdigest()


def _beginning(intent: Intent, same: str, again: str) -> dict[str, Any]:
    return {
        "kind": "begun",
        "unbounded": intent.unbounded,
        "exact": intent.exact,
        "same": same,
        "again": again,
        "despite": intent.despite,
        "other_than": list(intent.other_than),
        "person": intent.person,
    }


def _stated(lines: Iterable[Line], run: str) -> RunningTotal | None:
    """What the statement of an earlier run says of all releases."""
    found = [x.document["stated"] for x in lines if x.run == run and x.kind == "ended"]
    return running_total_of(found[-1] if found else None)
