"""The privacy budget and its ledger. One currency inside (rho), (epsilon, delta) at the border.

Neighbouring tables differ by adding or removing one protected person, who has at most
`rows_per_person` rows. rho adds up under composition, so a ledger is a sum; (epsilon, delta) is
what people set and read. No data passes through this module.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import NewType, Protocol

from synth.budget.accounting import epsilon_of, rho_of
from synth.budget.guarantee import (
    DifferentiallyPrivate,
    Guarantee,
    KAnonymous,
    NoGuarantee,
    Statement,
)
from synth.errors import BudgetError, BudgetExceeded

Rho = NewType("Rho", float)

LARGEST_DELTA = 1e-6  # above this a promise is not worth much; see Budget.warning


class Unit(Enum):
    """Whom the promise protects."""

    ROW = "row"  # one row is one person
    PERSON = "person"  # a column names the person; at most m of their rows are kept


@dataclass(frozen=True)
class Budget:
    """The promise made to the people in the table: at most (epsilon, delta).

    Args:
        epsilon: above 0; `math.inf` asks for no noise at all, and so for no guarantee.
        delta: below 1; a common choice is 1/n^1.1 for n people, and never above 1e-6.
        rows_per_person: how many rows one protected person may have at most.

    Raises:
        BudgetError: one of them is out of range.
    """

    epsilon: float
    delta: float = LARGEST_DELTA
    rows_per_person: int = 1

    def __post_init__(self) -> None:
        if not self.epsilon > 0:
            raise BudgetError(
                f"Epsilon is {self.epsilon:g}, but must be above 0.",
                "Common choices lie between 0.1 (strong protection) and 10 (weak).",
            )
        if not 0 < self.delta < 1:
            raise BudgetError(
                f"Delta is {self.delta:g}, but must lie between 0 and 1.",
                "Leave it out, or give a number well below one over the number of people.",
            )
        if self.rows_per_person < 1:
            raise BudgetError(
                f"{self.rows_per_person} rows per person are allowed.",
                "Allow at least 1.",
            )

    @cached_property
    def rho(self) -> Rho:
        """The most that may be spent within this promise."""
        found = rho_of(self.epsilon, self.delta)
        if not found > 0:
            raise BudgetError(
                f"Epsilon {self.epsilon:g} with delta {self.delta:g} leaves nothing to spend.",
                "Raise epsilon.",
            )
        return Rho(found)

    @property
    def warning(self) -> str:
        """Why this promise is weak, in a sentence; empty where it is not."""
        if math.isinf(self.epsilon):
            return "No noise is added, so nothing is promised to the people in the table."
        if self.delta > LARGEST_DELTA:
            return (
                f"Delta {self.delta:g} is above {LARGEST_DELTA:g}: the promise may fail outright."
            )
        if self.epsilon > 10:
            return f"Epsilon {self.epsilon:g} is above 10: the promise says very little."
        return ""


def usual_delta(people: float) -> float:
    """1/n^1.1 for n people, but never above 1e-6."""
    return float(min(LARGEST_DELTA, max(people, 1.0) ** -1.1))


class Audience(Enum):
    """Who may see something that was computed from the rows without noise."""

    RELEASE = "release"  # may leave the house
    CUSTODIAN = "custodian"  # for the eyes of whoever already holds the rows


@dataclass(frozen=True)
class Measured:
    """A noisy answer: it cost `rho`."""

    purpose: str
    rho: Rho
    mechanism: str = "gaussian"  # or "exponential", "laplace"
    delta: float = 0.0  # the chance that this answer alone breaks the promise


@dataclass(frozen=True)
class Opened:
    """Rows, or facts read straight off them, were handed out without noise."""

    reason: str
    audience: Audience


@dataclass(frozen=True)
class Grouped:
    """Counts of combinations that at least `k` people share were handed out."""

    purpose: str
    k: int
    length: int


@dataclass(frozen=True)
class Compared:
    """New identifiers were compared with the real ones, which adds `delta` to the promise."""

    purpose: str
    delta: float


Entry = Measured | Opened | Grouped | Compared


class Payer(Protocol):
    """What a ledger passes its entries on to: another ledger, or a lasting account."""

    @property
    def left(self) -> Rho: ...
    def spend(
        self, purpose: str, rho: Rho, mechanism: str = "gaussian", *, delta: float = 0.0
    ) -> None: ...
    def note(self, entry: Opened | Grouped | Compared) -> None: ...


@dataclass
class Ledger:
    """Every time a private table was touched, in order. Entries are never removed.

    A portion of a ledger (`portion`) refuses what exceeds its own share and passes the rest on.
    """

    budget: Budget
    entries: list[Entry] = field(default_factory=list)
    listener: Callable[[Entry], None] | None = None  # told before an entry counts
    parent: Payer | None = None
    share: Rho | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def spent(self) -> Rho:
        return Rho(math.fsum(e.rho for e in self.entries if isinstance(e, Measured)))

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
                    f"`{purpose}` asks for rho {rho:.3g}.", "Give this step a share above 0."
                )
            if rho > self.left * (1 + 1e-9):
                raise BudgetExceeded(
                    f"`{purpose}` needs rho {rho:.3g}, "
                    f"but {self.left:.3g} of {self.allowed:.3g} is left.",
                    "Raise epsilon, or give this step a smaller share.",
                )
            if self.parent is not None:
                self.parent.spend(purpose, rho, mechanism, delta=delta)
            self._write(Measured(purpose, rho, mechanism, delta))

    def note(self, entry: Opened | Grouped | Compared) -> None:
        """Write down a touch that costs no rho."""
        with self._lock:
            if self.parent is not None:
                self.parent.note(entry)
            self._write(entry)

    def _write(self, entry: Entry) -> None:
        if self.listener is not None:
            self.listener(entry)
        self.entries.append(entry)

    def portion(self, rho: Rho) -> Ledger:
        """A part of this ledger in which at most `rho` may be spent."""
        return Ledger(self.budget, parent=self, share=rho)

    def tighten(self, delta: float) -> None:
        """Promise a smaller delta from now on; what was spent stays spent."""
        if delta < self.budget.delta:
            self.budget = replace(self.budget, delta=delta)

    def set_aside(self, share: float) -> float:
        """Keep `share` of delta for answers that need one of their own, and say how much it is."""
        if isinstance(self.parent, Ledger):
            return self.parent.set_aside(share)
        kept = self.budget.delta * share
        self.tighten(self.budget.delta - kept)
        return kept

    def statement(self, exceptions: Iterable[str] = ()) -> Statement:
        """What may honestly be said now about everything written here."""
        reasons = (*exceptions, *_void(self.entries))
        return Statement(
            self._guarantee(reasons),
            ledger=tuple(
                (e.purpose, float(e.rho)) for e in self.entries if isinstance(e, Measured)
            ),
            delta=self.budget.delta,
        )

    def _guarantee(self, reasons: Sequence[str]) -> Guarantee:
        groups = [e for e in self.entries if isinstance(e, Grouped)]
        epsilon = epsilon_of(self.spent, self.budget.delta)
        if groups and not reasons and not self.spent > 0:
            return KAnonymous(min(e.k for e in groups), min(e.length for e in groups))
        if groups and self.spent > 0:
            reasons = (*reasons, "exact counts were handed out beside noisy ones")
        if reasons:
            return NoGuarantee(tuple(dict.fromkeys(reasons)), epsilon)
        extra = math.fsum(e.delta for e in self.entries if isinstance(e, Compared | Measured))
        return DifferentiallyPrivate(
            epsilon, self.budget.delta + extra, self.budget.rows_per_person
        )


def _void(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Reasons why the entries leave no formal guarantee."""
    opened = [e.reason for e in entries if isinstance(e, Opened) and e.audience is Audience.RELEASE]
    exact = [e for e in entries if isinstance(e, Measured) and math.isinf(e.rho)]
    return (*opened, *(("counts were taken without noise",) if exact else ()))
