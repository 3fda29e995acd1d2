"""Steps on numbers: band, round, top and bottom code."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from synth.errors import StepError
from synth.lazily import np, pd
from synth.protect.steps.step import MOST_LISTED, ValueStep, checked_number, declared_list
from synth.schema import Categories, Column, Domain, Kind, Numbers, Origin
from synth.schema.edges import whole_edges
from synth.schema.settings import Ask, setting
from synth.schema.spelling import PLAINLY
from synth.schema.values import Values


def written(number: float) -> str:
    """A number as it is read: whole ones without a point."""
    return f"{int(number)}" if float(number).is_integer() else f"{number:.12g}"


def texts(numbers: Values) -> pd.Series:
    """Numbers as text; None where there is none."""
    return pd.Series([None if math.isnan(x) else written(x) for x in numbers], dtype=object)


@dataclass(frozen=True, kw_only=True)
class Band(ValueStep):
    """Numbers as bands. Each band starts at its edge: 18 belongs to 18-24 if the edge is 18."""

    name: ClassVar[str] = "band"
    title: ClassVar[str] = "Band numbers"
    summary: ClassVar[str] = "Age 37 becomes 25-44. Labels are made from the edges you give."
    edges: tuple[float, ...] = setting(
        title="Where each band starts",
        ask=Ask.NUMBERS,
        help="0, 18, 25, 45 makes 0-17, 18-24, 25-44 and 45+. Smaller numbers become missing; "
        "begin with -inf to have a band under 18.",
    )
    whole: bool = setting(
        True, title="Whole numbers", help="Off: bands are written '18 to under 25'."
    )

    def __post_init__(self) -> None:
        if not self.edges:
            raise StepError("No edge is given.", "Give the number each band starts at.", "edges")
        if any(not math.isfinite(e) for e in self.edges if e != -math.inf) or self.edges[0] in (
            math.inf,
            math.nan,
        ):
            raise StepError("An edge is not a finite number.", "Leave it out.", "edges")
        if any(not a < b for a, b in pairwise(self.edges)):
            raise StepError(
                f"The {len(self.edges)} edges do not ascend, so bands would overlap.",
                "Give each edge once, smallest first.",
                "edges",
            )
        if self.whole and any(e % 1 for e in self.edges if math.isfinite(e)):
            raise StepError(
                "An edge is not a whole number.", "Round it, or set whole = false.", "edges"
            )

    @property
    def labels(self) -> tuple[str, ...]:
        """One per band; the last is open, and the first where it starts at -inf."""
        if self.edges == (-math.inf,):
            return ("any",)
        between = [self._between(a, b) for a, b in pairwise(self.edges)]
        return (*between, f"{written(self.edges[-1])}+")

    def _between(self, low: float, high: float) -> str:
        if low == -math.inf:
            return f"under {written(high)}"
        if not self.whole:
            return f"{written(low)} to under {written(high)}"
        return written(low) if high - low == 1 else f"{written(low)}-{written(high - 1)}"

    def change(self, values: pd.Series) -> pd.Series:
        numbers = PLAINLY.numbers(values)
        place = np.searchsorted(np.asarray(self.edges), numbers, side="right") - 1
        made = pd.Series(np.array(self.labels, dtype=object)[place], dtype=object)
        return made.mask(np.isnan(numbers) | (place < 0), None)

    def domain(self, old: Column) -> Domain | None:
        low, high = _range(old)
        told = [
            label
            for label, start, end in zip(
                self.labels, self.edges, (*self.edges[1:], math.inf), strict=True
            )
            if start <= high and end > low
        ]
        known = math.isfinite(low) and low >= self.edges[0]
        return declared_list(told, missing=old.domain.missing or not known)

    @property
    def said(self) -> str:
        more = ", …" if len(self.labels) > 4 else ""
        return f"Band {self.column}: {', '.join(self.labels[:4])}{more}"


def _range(old: Column) -> tuple[float, float]:
    """Lowest and highest number that is publicly possible."""
    domain = old.domain
    if isinstance(domain, Numbers) and domain.origin is not Origin.OBSERVED:
        return domain.edges[0], domain.largest
    return -math.inf, math.inf


class _NumberStep(ValueStep):
    """A step that makes numbers from numbers, never turning their order round."""

    def numbers(self, values: Values) -> Values:
        """The new numbers."""
        raise NotImplementedError

    def change(self, values: pd.Series) -> pd.Series:
        return texts(self.numbers(PLAINLY.numbers(values)))

    def kind(self, old: Column) -> Kind:
        return old.kind if old.kind in (Kind.INTEGER, Kind.REAL) else Kind.INTEGER

    def domain(self, old: Column) -> Domain | None:
        low, high = _range(old)
        whole = isinstance(old.domain, Numbers) and old.domain.decimals == 0
        if not (whole and math.isfinite(low) and math.isfinite(high)):
            return super().domain(old)
        if high - low > 1e6:
            return None
        new = np.unique(self.numbers(np.arange(low, high + 1)))
        if any(not x.is_integer() for x in new.tolist()):
            return None
        if len(new) <= MOST_LISTED:
            told = tuple(written(x) for x in new)
            return Categories(told, Origin.DECLARED, old.domain.missing, typed="integer")
        edges = whole_edges(int(new[0]), int(new[-1]), 32)
        return Numbers(edges, Origin.DECLARED, old.domain.missing, decimals=0)


@dataclass(frozen=True)
class Round(_NumberStep):
    """The nearest multiple; halves go up."""

    name: ClassVar[str] = "round"
    title: ClassVar[str] = "Round numbers"
    summary: ClassVar[str] = "To the nearest multiple: with 5, 37 becomes 35 and 38 becomes 40."
    to: float = setting(5.0, title="Multiples of")

    def __post_init__(self) -> None:
        if not (self.to > 0 and math.isfinite(self.to)):
            raise StepError(f"Rounding to {self.to:g} makes no sense.", "Give a number > 0.", "to")

    def numbers(self, values: Values) -> Values:
        made: Values = np.round(np.floor(values / self.to + 0.5) * self.to, 10)
        return made

    @property
    def said(self) -> str:
        return f"Round {self.column} to multiples of {written(self.to)}"


@dataclass(frozen=True)
class Clip(_NumberStep):
    """Top and bottom coding: what is beyond a bound becomes the bound."""

    name: ClassVar[str] = "clip"
    title: ClassVar[str] = "Top and bottom code"
    summary: ClassVar[str] = "Extreme numbers become the bound: with 90, age 104 becomes 90."
    low: float | None = setting(None, title="Lowest")
    high: float | None = setting(None, title="Highest")

    def __post_init__(self) -> None:
        if self.low is None and self.high is None:
            raise StepError("Neither bound is given.", "Give a lowest or a highest number.", "low")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise StepError(
                f"The lowest number {self.low:g} is not below the highest {self.high:g}.",
                "Exchange them.",
                "low",
            )

    def numbers(self, values: Values) -> Values:
        return np.asarray(np.clip(values, self.low, self.high))

    @property
    def said(self) -> str:
        bounds = [] if self.low is None else [f"at least {written(self.low)}"]
        bounds += [] if self.high is None else [f"at most {written(self.high)}"]
        return f"{self.column}: {' and '.join(bounds)}"


def even_bands(low: float, high: float, width: float) -> tuple[float, ...]:
    """Edges of equal bands. Raises StepError if the width is not above 0."""
    checked_number(width, 1e-9, "The width of a band", "edges")
    first = math.floor(low / width) * width
    return tuple(first + width * i for i in range(max(1, math.ceil((high - first) / width))))
