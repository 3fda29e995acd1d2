"""The ledger: every time a private table was touched, in order, and what that came to.

No data passes through this module.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from typing import Any, Protocol

from synth.budget.accounting import epsilon_of
from synth.budget.guarantee import (
    DifferentiallyPrivate,
    Guarantee,
    KAnonymous,
    NoGuarantee,
    Statement,
)
from synth.budget.population import RunningTotal
from synth.budget.promise import Budget, Rho
from synth.errors import BudgetExceeded


class Audience(Enum):
    """Who may see something that was computed from the rows without noise."""

    RELEASE = "release"  # may leave the house
    CUSTODIAN = "custodian"  # for the eyes of whoever already holds the rows


@dataclass(frozen=True)
class _Touch:
    """What every entry can do."""

    def document(self) -> dict[str, Any]:
        """The entry as plain values, for a file or a pipe; `entry_of` reads it back."""
        plain = {k: v.value if isinstance(v, Enum) else v for k, v in asdict(self).items()}
        return {"kind": type(self).__name__.lower(), **plain}


@dataclass(frozen=True)
class Measured(_Touch):
    """A noisy answer: it cost `rho`."""

    purpose: str
    rho: Rho
    mechanism: str = "gaussian"  # or "exponential", "laplace"
    delta: float = 0.0  # the chance that this answer alone breaks the promise


@dataclass(frozen=True)
class Opened(_Touch):
    """Rows, or facts read straight off them, were handed out without noise."""

    reason: str
    audience: Audience


@dataclass(frozen=True)
class Grouped(_Touch):
    """Counts of combinations that at least `k` people share were handed out."""

    purpose: str
    k: int
    length: int


@dataclass(frozen=True)
class Compared(_Touch):
    """New identifiers were compared with the real ones, which adds `delta` to the promise."""

    purpose: str
    delta: float


Entry = Measured | Opened | Grouped | Compared
KINDS: Mapping[str, type[Any]] = {
    kind.__name__.lower(): kind for kind in (Measured, Opened, Grouped, Compared)
}


def entry_of(document: Mapping[str, Any]) -> Entry:
    """The entry that a document describes.

    Raises:
        KeyError: there is no such kind of entry.
        TypeError: a value is missing, or one too many.
    """
    values = {k: v for k, v in document.items() if k != "kind"}
    if "audience" in values:
        values["audience"] = Audience(values["audience"])
    if "rho" in values:
        values["rho"] = Rho(float(values["rho"]))
    made: Entry = KINDS[document["kind"]](**values)
    return made


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


class Payer(Protocol):
    """What a ledger passes its entries on to: another ledger, or a lasting account."""

    @property
    def left(self) -> Rho: ...
    def spend(
        self, purpose: str, rho: Rho, mechanism: str = "gaussian", *, delta: float = 0.0
    ) -> None: ...
    def note(self, entry: Opened | Grouped | Compared) -> None: ...
    def standing(self, *, bounded: bool = True) -> RunningTotal | None: ...


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
        return rho_in(self.entries)

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
        guarantee = self._guarantee(reasons)
        return Statement(
            guarantee,
            ledger=tuple(
                (e.purpose, float(e.rho)) for e in self.entries if isinstance(e, Measured)
            ),
            delta=self.budget.delta,
            population=self.standing(bounded=isinstance(guarantee, DifferentiallyPrivate)),
        )

    def standing(self, *, bounded: bool = True) -> RunningTotal | None:
        """What all releases about the same people come to; None where no account is kept.

        Args:
            bounded: whether an epsilon bounds this one.
        """
        return None if self.parent is None else self.parent.standing(bounded=bounded)

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
