"""Distributions of one column within a hidden group, over the states of its domain.

Each law says which statistics of a state it needs (whole numbers, so that their sums can be noised
exactly) and turns sums of those over a group into chances of the states. Numbers count as the
middle of their interval; a missing value is a state with a chance of its own under every law.

Statistics are in units of 1 / `UNIT`, each at most 1 in size.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from synth.errors import MethodError
from synth.lazily import np, npt, special
from synth.schema import Categories, Domain, Numbers
from synth.schema.values import Values

UNIT = 64  # a statistic of 1, as a whole number
Whole: TypeAlias = "npt.NDArray[np.int64]"


@dataclass(frozen=True)
class Law(ABC):
    """A parametric law over the intervals of a column, whose missing state comes last if any."""

    name: ClassVar[str]
    title: ClassVar[str]
    parameter_names: ClassVar[tuple[str, ...]]
    low: float
    high: float
    edges: tuple[float, ...]
    missing: bool

    @property
    def middles(self) -> Values:
        edges = np.asarray(self.edges)
        return np.asarray((edges[:-1] + edges[1:]) / 2)

    def scaled(self, x: Values) -> Values:
        """Values between the bounds as numbers from -1 to 1."""
        return np.asarray(np.clip(2 * (x - self.low) / (self.high - self.low) - 1, -1, 1))

    def unscaled(self, z: Values) -> Values:
        return np.asarray(self.low + (z + 1) / 2 * (self.high - self.low))

    def statistics(self) -> Whole:
        """One line per state: present, missing, and the first two powers of its scaled value."""
        z = self.scaled(self.transformed(self.middles))
        ones, nothing = np.ones_like(z), np.zeros_like(z)
        lines = np.stack([ones, nothing, z, z * z], axis=1)
        if self.missing:
            lines = np.vstack([lines, [0.0, 1.0, 0.0, 0.0]])
        return np.asarray(np.rint(lines * UNIT), dtype=np.int64)

    def transformed(self, x: Values) -> Values:
        return x

    def chances(self, mean: float, variance: float, absent: float) -> Values:
        """Chances of all states, given moments of the scaled value and the chance of missing."""
        mass = np.maximum(np.diff(self.cumulative(np.asarray(self.edges), mean, variance)), 1e-12)
        present = mass / mass.sum()
        if not self.missing:
            return np.asarray(present)
        return np.append(present * (1 - absent), absent)

    @abstractmethod
    def cumulative(self, x: Values, mean: float, variance: float) -> Values:
        """Chance of a value up to `x`, at the parameters these scaled moments belong to."""

    @abstractmethod
    def parameters(self, mean: float, variance: float) -> tuple[float, ...]:
        """The parameters that these scaled moments belong to, in the column's own units."""


class Normal(Law):
    name, title, parameter_names = "normal", "Normal", ("mean", "standard deviation")

    def parameters(self, mean: float, variance: float) -> tuple[float, ...]:
        centre = float(self.unscaled(np.asarray(mean)))
        return centre, max(variance, 1e-6) ** 0.5 * (self.high - self.low) / 2

    def cumulative(self, x: Values, mean: float, variance: float) -> Values:
        centre, spread = self.parameters(mean, variance)
        return np.asarray(special.ndtr((x - centre) / spread))


class LogNormal(Normal):
    name, title, parameter_names = "lognormal", "LogNormal", ("mean of log", "sd of log")

    def transformed(self, x: Values) -> Values:
        return np.asarray(np.log(np.maximum(x, np.exp(self.low))))

    def cumulative(self, x: Values, mean: float, variance: float) -> Values:
        return super().cumulative(self.transformed(x), mean, variance)


class Poisson(Law):
    name, title, parameter_names = "poisson", "Poisson", ("rate",)

    def parameters(self, mean: float, variance: float) -> tuple[float, ...]:
        return (
            max(float(self.unscaled(np.asarray(mean))) - 0.5, 1e-3),
        )  # middles lie half a step up

    def cumulative(self, x: Values, mean: float, variance: float) -> Values:
        (rate,) = self.parameters(mean, variance)
        below = np.ceil(x) - 1  # an interval holds the whole numbers from its left edge on
        return np.where(below < 0, 0.0, special.pdtr(np.maximum(below, 0), rate))


class Exponential(Law):
    name, title, parameter_names = "exponential", "Exponential", ("mean above the lowest value",)

    def parameters(self, mean: float, variance: float) -> tuple[float, ...]:
        above = float(self.unscaled(np.asarray(mean))) - self.low
        return (max(above, 1e-6 * (self.high - self.low)),)

    def cumulative(self, x: Values, mean: float, variance: float) -> Values:
        (scale,) = self.parameters(mean, variance)
        return np.asarray(-np.expm1(-np.maximum(x - self.low, 0) / scale))


class Beta(Law):
    name, title, parameter_names = "beta", "Beta", ("a", "b")

    def parameters(self, mean: float, variance: float) -> tuple[float, ...]:
        m = float(np.clip((mean + 1) / 2, 1e-3, 1 - 1e-3))
        v = float(np.clip(variance / 4, 1e-6, 0.999 * m * (1 - m)))
        weight = m * (1 - m) / v - 1
        return max(m * weight, 1e-2), max((1 - m) * weight, 1e-2)

    def cumulative(self, x: Values, mean: float, variance: float) -> Values:
        a, b = self.parameters(mean, variance)
        share = np.clip((x - self.low) / (self.high - self.low), 0, 1)
        return np.asarray(special.betainc(a, b, share))


@dataclass(frozen=True)
class Free:
    """Any chances at all: one for each state."""

    name: ClassVar[str] = "categorical"
    title: ClassVar[str] = "Categorical"
    states: int

    def statistics(self) -> Whole:
        return np.asarray(UNIT * np.eye(self.states, dtype=np.int64))


class Bernoulli(Free):
    """Free chances of a column that has two values."""

    name: ClassVar[str] = "bernoulli"
    title: ClassVar[str] = "Bernoulli"


LAWS: Mapping[str, type[Law] | type[Free]] = {
    law.name: law for law in (Normal, LogNormal, Poisson, Bernoulli, Free, Beta, Exponential)
}


def law_for(name: str, column: str, domain: Domain) -> Law | Free:
    """The law of this name over a column's domain.

    Raises:
        MethodError: the law does not fit the column.
    """
    kind = LAWS[name]
    if issubclass(kind, Free):
        if kind is Bernoulli and isinstance(domain, Categories) and len(domain.values) > 2:
            raise MethodError(
                f"Column `{column}` is to be Bernoulli, but has {len(domain.values)} values.",
                "Use Categorical.",
            )
        return kind(domain.size)
    if not isinstance(domain, Numbers) or domain.codes:
        raise MethodError(
            f"Column `{column}` is to be {kind.title}, but does not hold numbers.",
            "Use Categorical, or declare the column as a number with bounds.",
        )
    return _bounded(kind, column, domain)


def _bounded(kind: type[Law], column: str, domain: Numbers) -> Law:
    low, high = domain.edges[0], domain.edges[-1]
    if kind is LogNormal:
        if high <= 0:
            raise MethodError(
                f"Column `{column}` is to be LogNormal, but its upper bound is {high:g}.",
                "LogNormal needs numbers above 0.",
            )
        least = domain.edges[1] / 2 if low <= 0 < domain.edges[1] else max(low, high * 1e-6)
        return kind(float(np.log(least)), float(np.log(high)), domain.edges, domain.missing)
    if kind is Poisson and low < 0:
        raise MethodError(
            f"Column `{column}` is to be Poisson, but its lower bound is {low:g}.",
            "Poisson needs whole numbers from 0 on.",
        )
    return kind(low, high, domain.edges, domain.missing)
