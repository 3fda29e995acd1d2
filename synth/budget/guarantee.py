"""A privacy guarantee as a value, in words and as plain values. `ledger` says which one holds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from synth.budget.figures import DELTA_DIGITS, quoted, up
from synth.wording import so_many

WEAK = 10.0  # an epsilon above it promises very little
LARGEST = 690.0  # the factor of a larger epsilon is beyond floats, and says nothing
KEPT_DIGITS = 9


@dataclass(frozen=True)
class DifferentiallyPrivate:
    """(epsilon, delta)-differential privacy; one person's rows are added or removed.

    Args:
        linked_rows: of a second table, that belong to one person at most; 0 where there is none.
    """

    name: ClassVar[str] = "differentially private"
    formal: ClassVar[bool] = True
    epsilon: float
    delta: float
    rows_per_person: int = 1
    linked_rows: int = 0

    @property
    def short(self) -> str:
        delta = up(self.delta, DELTA_DIGITS)
        return f"Differentially private (ε = {up(self.epsilon)}, δ = {delta})"

    @property
    def plain(self) -> str:
        rows = "one row" if self.rows_per_person == 1 else f"up to {self.rows_per_person} rows"
        more = f" and up to {self.linked_rows} linked to it" if self.linked_rows else ""
        return (
            f"Whether or not any one person ({rows}{more}) was in the real table, the chance of "
            f"seeing any particular release changes by a factor of at most {self._factor} "
            f"(epsilon {up(self.epsilon)}), except with a chance of "
            f"{up(self.delta, DELTA_DIGITS)} (delta). "
            "This holds whatever else an attacker knows, now or later. It protects each person's "
            "participation; it does not hide what is true of a whole group."
        )

    @property
    def _factor(self) -> str:
        """exp(epsilon), which no float holds from 709.8 on."""
        return up(math.exp(self.epsilon)) if self.epsilon < LARGEST else "more than 1e+300"

    @property
    def rows(self) -> str:
        """What may be said of a single synthetic row."""
        if self.epsilon > WEAK:
            return "At this epsilon noise hides little: rows may equal those of real people."
        return (
            "No row describes a real person: the model was learnt through noise alone. A row may "
            "equal somebody's by chance."
        )

    def document(self) -> dict[str, Any]:
        return {
            "guarantee": self.name,
            "epsilon": _kept(self.epsilon),
            "delta": _kept(self.delta),
            "rows_per_person": self.rows_per_person,
            **({"linked_rows": self.linked_rows} if self.linked_rows else {}),
        }


@dataclass(frozen=True)
class KAnonymous:
    """Every released combination of up to `length` values is shared by at least `k` people.

    `length` 0 means combinations of any length.
    """

    name: ClassVar[str] = "k-anonymous"
    formal: ClassVar[bool] = True
    k: int
    length: int

    @property
    def short(self) -> str:
        reach = "any length" if self.length == 0 else f"length up to {self.length}"
        return f"k-anonymous (k = {self.k}, {reach})"

    @property
    def plain(self) -> str:
        reach = "" if self.length == 0 else f" of up to {so_many(self.length, 'value')}"
        beyond = (
            ""
            if self.length == 0
            else " Nothing is promised for longer combinations: they may be invented, or be those "
            "of one real person."
        )
        return (
            f"Every combination{reach} that appears in the release was shared by at least {self.k} "
            f"people in the real table.{beyond} Someone who knows a person well may still learn "
            "what that whole group has in common."
        )

    @property
    def rows(self) -> str:
        if self.length == 0:
            return (
                "No row describes a single person: whatever it says was shared by at least "
                f"{self.k} people."
            )
        return (
            "A row as a whole may be that of a real person: only what it says in up to "
            f"{so_many(self.length, 'value')} was shared by at least {self.k} people."
        )

    def document(self) -> dict[str, Any]:
        return {"guarantee": self.name, "k": self.k, "length": self.length}


@dataclass(frozen=True)
class NoGuarantee:
    """No formal promise, for `reasons`. `epsilon` is what the noisy steps alone would give.

    Args:
        columns: those of which the rows decided something unpaid; empty where it is not about
            columns.
    """

    name: ClassVar[str] = "none"
    formal: ClassVar[bool] = False
    reasons: tuple[str, ...]
    epsilon: float = math.inf
    columns: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        listed = ", ".join(map(quoted, self.columns))
        return f"No formal guarantee for: {listed}" if listed else "No formal guarantee"

    @property
    def plain(self) -> str:
        because = "; ".join(self.reasons)
        noise = (
            f" Noise worth epsilon {up(self.epsilon)} was added to the counts, which makes "
            "guessing harder but proves nothing while the above holds."
            if 0 < self.epsilon < math.inf
            else ""
        )
        return (
            f"No formal promise can be made to the people in the real table, because {because}."
            f"{noise} Treat the release as you would treat carefully de-identified data: share it "
            "with people you trust, under an agreement."
        )

    @property
    def rows(self) -> str:
        return "Rows may equal those of real people, and not only by chance."

    def document(self) -> dict[str, Any]:
        return {
            "guarantee": self.name,
            "reasons": list(self.reasons),
            "epsilon": None if math.isinf(self.epsilon) else _kept(self.epsilon),
            "columns": list(self.columns),
        }


def _kept(value: float) -> float:
    """A figure as a file keeps it: rounded up, and the same where the last digit differs."""
    return float(up(value, KEPT_DIGITS))


Guarantee = DifferentiallyPrivate | KAnonymous | NoGuarantee
