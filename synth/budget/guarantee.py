"""A privacy guarantee as a value, and the statement that travels with every model and release."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from synth.budget.population import RunningTotal, running_total_of
from synth.errors import BundleError


@dataclass(frozen=True)
class DifferentiallyPrivate:
    """(epsilon, delta)-differential privacy; one person's rows are added or removed."""

    name: ClassVar[str] = "differentially private"
    formal: ClassVar[bool] = True
    epsilon: float
    delta: float
    rows_per_person: int = 1

    @property
    def short(self) -> str:
        return f"Differentially private (ε = {self.epsilon:.3g}, δ = {self.delta:.1g})"

    @property
    def plain(self) -> str:
        who = (
            "one person (one row)"
            if self.rows_per_person == 1
            else f"one person (up to {self.rows_per_person} rows)"
        )
        return (
            f"Whether or not any {who} was in the real table, the chance of seeing any particular "
            f"release changes by a factor of at most {math.exp(self.epsilon):.3g} "
            f"(epsilon {self.epsilon:.3g}), except with a chance of {self.delta:.1g} (delta). "
            "This holds whatever else an attacker knows, now or later. It protects each person's "
            "participation; it does not hide what is true of a whole group."
        )

    def document(self) -> dict[str, Any]:
        return {
            "guarantee": self.name,
            "epsilon": self.epsilon,
            "delta": self.delta,
            "rows_per_person": self.rows_per_person,
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
        reach = "" if self.length == 0 else f" of up to {self.length} values"
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

    def document(self) -> dict[str, Any]:
        return {"guarantee": self.name, "k": self.k, "length": self.length}


@dataclass(frozen=True)
class NoGuarantee:
    """No formal promise, for `reasons`. `epsilon` is what the noisy steps alone would give."""

    name: ClassVar[str] = "none"
    formal: ClassVar[bool] = False
    reasons: tuple[str, ...]
    epsilon: float = math.inf

    @property
    def short(self) -> str:
        return "No formal guarantee"

    @property
    def plain(self) -> str:
        because = "; ".join(self.reasons)
        noise = (
            f" Noise worth epsilon {self.epsilon:.3g} was added to the counts, which makes "
            "guessing harder but proves nothing while the above holds."
            if 0 < self.epsilon < math.inf
            else ""
        )
        return (
            f"No formal promise can be made to the people in the real table, because {because}."
            f"{noise} Treat the release as you would treat carefully de-identified data: share it "
            "with people you trust, under an agreement."
        )

    def document(self) -> dict[str, Any]:
        epsilon = None if math.isinf(self.epsilon) else self.epsilon
        return {"guarantee": self.name, "reasons": list(self.reasons), "epsilon": epsilon}


Guarantee = DifferentiallyPrivate | KAnonymous | NoGuarantee


@dataclass(frozen=True)
class Statement:
    """What may honestly be said about privacy. Travels with every model and release.

    Args:
        guarantee: the promise, as a value.
        ledger: what was measured with noise, and the rho each cost, in order.
        delta: the delta at which rho is converted.
        population: what all releases about the same people come to; None where nobody kept account.
    """

    guarantee: Guarantee
    ledger: tuple[tuple[str, float], ...] = ()
    delta: float = 1e-6
    population: RunningTotal | None = None

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
        """The statement as plain values for JSON."""
        return {
            **self.guarantee.document(),
            "at_delta": self.delta,
            "neighbours": "one person's rows added or removed",
            "ledger": [
                {"purpose": p, "rho": r if math.isfinite(r) else None} for p, r in self.ledger
            ],
            "population": None if self.population is None else self.population.document(),
        }


def statement_of(document: Mapping[str, Any]) -> Statement:
    """The statement a document describes.

    Raises:
        BundleError: the guarantee is of no known sort.
    """
    ledger = tuple(
        (str(e["purpose"]), math.inf if e["rho"] is None else float(e["rho"]))
        for e in document.get("ledger", ())
    )
    delta, population = float(document.get("at_delta", 1e-6)), document.get("population")
    return Statement(_guarantee_of(document), ledger, delta, running_total_of(population))


def _guarantee_of(document: Mapping[str, Any]) -> Guarantee:
    name = document.get("guarantee")
    if name == DifferentiallyPrivate.name:
        return DifferentiallyPrivate(
            float(document["epsilon"]), float(document["delta"]), int(document["rows_per_person"])
        )
    if name == KAnonymous.name:
        return KAnonymous(int(document["k"]), int(document["length"]))
    if name == NoGuarantee.name:
        epsilon = document.get("epsilon")
        return NoGuarantee(
            tuple(document["reasons"]), math.inf if epsilon is None else float(epsilon)
        )
    raise BundleError(
        f"The statement names the guarantee `{name}`, which is not known.",
        "Was the bundle made by a newer version?",
    )
