"""The ledger: every time a private table was touched, in order, and what that came to.

No data passes through this module.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

from synth.budget.accounting import epsilon_of
from synth.budget.entries import (
    MECHANISMS,
    RULE,
    Audience,
    Chosen,
    Entry,
    Filled,
    Grouped,
    Measured,
    Opened,
    entry_of,
)
from synth.budget.figures import down, up
from synth.budget.guarantee import DifferentiallyPrivate, Guarantee, KAnonymous, NoGuarantee
from synth.budget.population import RunningTotal, running_total_of
from synth.budget.promise import Budget, Rho
from synth.errors import BudgetError, BudgetExceeded, BundleError


def rho_in(entries: Iterable[Entry]) -> Rho:
    """What the noisy answers among some entries cost together."""
    return Rho(math.fsum(e.rho for e in entries if isinstance(e, Measured)))


def exact_in(entries: Iterable[Entry]) -> bool:
    """Whether something without noise was handed out for a release: no epsilon bounds that."""
    return any(
        isinstance(e, Grouped) or (isinstance(e, Opened) and e.audience is Audience.RELEASE)
        for e in entries
    )


def cost_of(entries: Sequence[Entry], delta: float) -> float | None:
    """The epsilon that some entries come to at `delta`; None where no epsilon bounds them."""
    rho = rho_in(entries)
    return None if exact_in(entries) or math.isinf(rho) else epsilon_of(rho, delta)


@dataclass(frozen=True)
class Statement:
    """What may honestly be said about privacy. Travels with every model and release.

    The promise is not written down but worked out, wherever it is read: a promise that the lines
    do not bear out cannot be held.

    Args:
        ledger: every touch of the rows that may leave, in order.
        budget: the most that could be spent; its delta is the one at which rho is converted, and
            its rows per person are those that were kept.
        aside: of delta, kept for answers that need one of their own.
        person: the column that named the protected person; "" where each row was one.
        exceptions: why nothing formal holds, beside what the ledger tells.
        columns: those that are the reason.
        population: what all releases about the same people come to; None where nobody kept account.
        linked: rows of a second table that were kept of each person, at most; 0: there is none.
    """

    ledger: tuple[Entry, ...] = ()
    budget: Budget = field(default_factory=lambda: Budget(math.inf))
    aside: float = 0.0
    person: str = ""
    exceptions: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    population: RunningTotal | None = None
    linked: int = 0

    @cached_property
    def guarantee(self) -> Guarantee:
        """The promise, as a value."""
        found = _concluded(self.ledger, self.budget, self.aside, self.exceptions, self.columns)
        if isinstance(found, DifferentiallyPrivate):
            return replace(found, linked_rows=self.linked)
        return found

    @property
    def measured(self) -> tuple[Measured, ...]:
        """The noisy answers among the touches."""
        return tuple(e for e in self.ledger if isinstance(e, Measured))

    @property
    def formal(self) -> bool:
        return self.guarantee.formal

    @property
    def cost(self) -> float | None:
        """The epsilon that bounds what was told about one person; None where none does."""
        found = self.guarantee
        return found.epsilon if isinstance(found, DifferentiallyPrivate) else None

    def __str__(self) -> str:
        return f"{self.guarantee.short}. {self.guarantee.plain}"

    def document(self) -> dict[str, Any]:
        """The statement as plain values for JSON: the promise, and all it is worked out from."""
        return {
            **self.guarantee.document(),
            "neighbours": "one person's rows added or removed",
            "person": self.person,
            "rows_kept_per_person": self.budget.rows_per_person,
            **({"linked_rows_kept_per_person": self.linked} if self.linked else {}),
            "most_epsilon": _finite(self.budget.epsilon),
            "at_delta": self.budget.delta,
            "delta_aside": self.aside,
            "exceptions": list(self.exceptions),
            "columns": list(self.columns),
            "population": None if self.population is None else self.population.document(),
            "ledger": [_told(e) for e in self.ledger],
        }


def _told(entry: Entry) -> dict[str, Any]:
    plain = entry.document()
    return {k: _finite(v) if isinstance(v, float) else v for k, v in plain.items()}


def _finite(value: float) -> float | None:
    return None if math.isinf(value) else value


def _infinite(value: float | None) -> float:
    return math.inf if value is None else float(value)


def statement_of(document: Mapping[str, Any]) -> Statement:
    """The statement a document describes; what it promises is worked out anew.

    Raises:
        BundleError: it lacks what that takes, or holds what cannot be.
    """
    try:
        lines = tuple(_line_of(e) for e in document["ledger"])
        most, rows = _infinite(document["most_epsilon"]), int(document["rows_kept_per_person"])
        return Statement(
            lines,
            Budget(most, float(document["at_delta"]), rows),
            float(document["delta_aside"]),
            str(document["person"]),
            tuple(map(str, document["exceptions"])),
            tuple(map(str, document["columns"])),
            running_total_of(document["population"]),
            int(document.get("linked_rows_kept_per_person", 0)),
        )
    except (BudgetError, KeyError, TypeError, ValueError) as error:
        raise BundleError(
            f"The statement is not complete ({type(error).__name__}).",
            "Was the bundle made by another version?",
        ) from None


def _line_of(document: Mapping[str, Any]) -> Entry:
    cost = {"rho": _infinite(document["rho"])} if "rho" in document else {}
    entry = entry_of({**document, **cost})
    if not _sound(entry):
        raise ValueError("no line of a statement")
    return entry


def _sound(entry: Entry) -> bool:
    """Whether an entry that was read can be one."""
    match entry:
        case Measured(str(), float() as rho, str() as mechanism, int() | float() as delta):
            return rho > 0 and 0 <= delta < 1 and mechanism in MECHANISMS
        case Grouped(str(), int() as k, int() as length):
            return k >= 1 and length >= int(isinstance(entry, Filled))
        case Opened(str()):
            return entry.leaves
        case Chosen(str()):
            return True
        case _:
            return False


class Payer(Protocol):
    """What a ledger passes its entries on to: another ledger, or a lasting account."""

    @property
    def left(self) -> Rho: ...
    def spend(
        self, purpose: str, rho: Rho, mechanism: str = "gaussian", *, delta: float = 0.0
    ) -> None: ...
    def note(self, entry: Opened | Grouped | Chosen) -> None: ...
    def standing(self, *, bounded: bool = True) -> RunningTotal | None: ...


@dataclass
class Ledger:
    """Every time a private table was touched, in order. Entries are never removed.

    A portion of a ledger (`portion`) refuses what exceeds its own share and passes the rest on.

    Args:
        label: stands before the purpose of what is passed on, where that is about another table.
    """

    budget: Budget
    entries: list[Entry] = field(default_factory=list)
    listener: Callable[[Entry], None] | None = None  # told before an entry counts
    parent: Payer | None = None
    share: Rho | None = None
    aside: float = 0.0
    label: str = ""
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _paid: list[float] = field(default_factory=list, init=False, repr=False, compare=False)
    _told: set[Entry] = field(default_factory=set, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for entry in self.entries:
            self._remember(entry)

    @property
    def spent(self) -> Rho:
        return Rho(math.fsum(self._paid))

    def __contains__(self, entry: Entry) -> bool:
        """Whether an entry like this one was written before."""
        return entry in self._told

    @property
    def allowed(self) -> Rho:
        """The most that may be spent here."""
        return self.budget.rho if self.share is None else self.share

    @property
    def left(self) -> Rho:
        if math.isinf(self.allowed):
            return Rho(math.inf)
        own = max(0.0, self.allowed - self.spent)
        return Rho(own if self.parent is None else min(own, self.parent.left))

    def spend(
        self, purpose: str, rho: Rho, mechanism: str = "gaussian", *, delta: float = 0.0
    ) -> None:
        """Debit `rho`, and `delta` beside it. Called before the rows are touched.

        Raises:
            BudgetExceeded: more than is left; nothing is changed.
        """
        with self._lock:
            if not rho > 0:
                raise BudgetExceeded(
                    f"`{purpose}` asks for rho {up(rho)}.", "Give this step a share above 0."
                )
            if rho > self.left * (1 + 1e-9):
                raise BudgetExceeded(
                    f"`{purpose}` needs rho {up(rho)}, "
                    f"but {down(self.left)} of {down(self.allowed)} is left.",
                    "Raise epsilon, or give this step a smaller share.",
                )
            if self.parent is not None:
                told = f"{self.label}: {purpose}" if self.label else purpose
                self.parent.spend(told, rho, mechanism, delta=delta)
            self._write(Measured(purpose, rho, mechanism, delta))

    def note(self, entry: Opened | Grouped | Chosen) -> None:
        """Write down a touch that costs no rho."""
        with self._lock:
            if self.parent is not None:
                self.parent.note(entry)
            self._write(entry)

    def _write(self, entry: Entry) -> None:
        if self.listener is not None:
            self.listener(entry)
        self.entries.append(entry)
        self._remember(entry)

    def _remember(self, entry: Entry) -> None:
        """Tables of hundreds of columns ask thousands of times what was spent."""
        self._told.add(entry)
        if isinstance(entry, Measured):
            self._paid.append(entry.rho)

    def portion(self, rho: Rho, rows: int = 0, label: str = "") -> Ledger:
        """A part of this ledger in which at most `rho` may be spent.

        Args:
            rows: of one person, in the table that it is for; 0 for as many as here.
            label: of that table, where it is another one.
        """
        each = self.budget if not rows else replace(self.budget, rows_per_person=rows)
        return Ledger(each, parent=self, share=rho, label=label)

    def tighten(self, delta: float) -> None:
        """Promise a smaller delta from now on; what was spent stays spent."""
        if delta < self.budget.delta:
            self.budget = replace(self.budget, delta=delta)

    def set_aside(self, share: float) -> float:
        """Keep `share` of delta for answers that need one of their own, and say how much it is."""
        if isinstance(self.parent, Ledger):
            return self.parent.set_aside(share)
        whole, kept = self.budget.delta + self.aside, self.budget.delta * share
        self.aside += kept
        rest = whole - self.aside
        # rounded, both could come to a little more than there is
        self.tighten(rest if rest + self.aside <= whole else math.nextafter(rest, 0))
        return kept

    def statement(
        self, exceptions: Iterable[str] = (), person: str = "", columns: Sequence[str] = ()
    ) -> Statement:
        """What may honestly be said now about everything written here.

        Args:
            exceptions: why nothing formal can be said after all.
            columns: those that are the reason.
        """
        told = tuple(e for e in self.entries if e.leaves)
        alone = Statement(
            told, self.budget, self.kept_aside, person, tuple(exceptions), tuple(columns)
        )
        bounded = isinstance(alone.guarantee, DifferentiallyPrivate)
        return replace(alone, population=self.standing(bounded=bounded))

    def standing(self, *, bounded: bool = True) -> RunningTotal | None:
        """What all releases about the same people come to; None where no account is kept.

        Args:
            bounded: whether an epsilon bounds this one.
        """
        return None if self.parent is None else self.parent.standing(bounded=bounded)

    @property
    def kept_aside(self) -> float:
        """Of delta, what answers were given that need one of their own."""
        return self.parent.kept_aside if isinstance(self.parent, Ledger) else self.aside


def _concluded(
    entries: Sequence[Entry],
    budget: Budget,
    aside: float,
    exceptions: Sequence[str],
    columns: Sequence[str],
) -> Guarantee:
    """What the entries come to."""
    reasons = (*exceptions, *_void(entries))
    spent = rho_in(entries)
    groups = [e for e in entries if isinstance(e, Grouped)]
    epsilon = epsilon_of(spent, budget.delta)
    if 0 < spent < math.inf and not math.isinf(budget.epsilon):
        # what was known beforehand: how much a method leaves over may depend on noisy answers
        epsilon = max(epsilon, budget.epsilon)
    if groups and not reasons and not spent > 0:
        return KAnonymous(min(e.k for e in groups), _reach(groups))
    reasons = (*reasons, *_chosen(entries))
    if groups and spent > 0:
        reasons = (*reasons, "exact counts were handed out beside noisy ones")
    if reasons:
        return NoGuarantee(tuple(dict.fromkeys(reasons)), epsilon, tuple(columns))
    extra = max(aside, math.fsum(e.delta for e in entries if isinstance(e, Measured)))
    return DifferentiallyPrivate(epsilon, budget.delta + extra, budget.rows_per_person)


def _reach(groups: Sequence[Grouped]) -> int:
    """How long combinations in the rows are shared; 0 for any. Counts limit what is counted only.

    Where gaps were filled, whole rows are no longer those that people share.
    """
    filled = [e.length for e in groups if isinstance(e, Filled)]
    return min(filled) if filled else min(e.length for e in groups)


def _chosen(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Why noise protects less than it seems: a choice tells something of the rows it was made by.

    A promise of k is about what is released, whoever chose how, and holds all the same.
    """
    return tuple(
        f"{_kind_of(e.what)} was chosen after looking at the rows ({e.what})"
        for e in entries
        if isinstance(e, Chosen)
    )


def _kind_of(what: str) -> str:
    return "a rule" if what.startswith(RULE) else "a step"


def _void(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Reasons why the entries leave no formal guarantee."""
    opened = [e.reason for e in entries if isinstance(e, Opened) and e.audience is Audience.RELEASE]
    exact = [e for e in entries if isinstance(e, Measured) and math.isinf(e.rho)]
    return (*opened, *(("counts were taken without noise",) if exact else ()))
