"""Numbers and dates: intervals between edges, and codes beside them, states of their own."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, ClassVar

from synth.errors import SchemaError
from synth.lazily import np, pd
from synth.schema.date_steps import checked, on_date_steps
from synth.schema.domain import (
    MISSING,
    Codes,
    Origin,
    ShowsItself,
    by_value,
    label_of,
    smallest,
)
from synth.schema.edges import interval, on_grid
from synth.schema.moments import as_seconds, dated, written
from synth.schema.spelling import PLAINLY, SHORTEST, Spelling
from synth.schema.values import Values, as_text, stamp

MOST_STEP = 1_000_000  # units of the last decimal place


@dataclass(frozen=True)
class Readout:
    """The different values of a column with what each measures, so that they are read once.

    Args:
        where: which of the values each row has; None where each row has one of its own.
    """

    values: pd.Series
    where: Codes | None
    measures: Values


class Cut(ShowsItself, ABC):
    """States in this order: an interval between each two edges, each code, missing if it may be."""

    edges: tuple[float, ...]
    missing: bool
    codes: tuple[str, ...]
    gapped: bool

    def __post_init__(self) -> None:
        if len(self.edges) < 2 or any(not a < b for a, b in pairwise(self.edges)):
            raise SchemaError(
                f"{len(self.edges)} interval edges were given that do not ascend.",
                "Give at least two different numbers, smallest first.",
            )
        if len(set(self.codes)) != len(self.codes):
            raise SchemaError(
                f"A list of {len(self.codes)} codes names one twice.", "List each code once."
            )

    @property
    def intervals(self) -> int:
        """How many intervals there are."""
        return len(self.edges) - 1

    @property
    def size(self) -> int:
        return self.intervals + len(self.codes) + self.missing

    @property
    def labels(self) -> tuple[str, ...]:
        cut = self.cut_labels
        codes = [f"{c} (code)" if c in cut else label_of(c) for c in self.codes]
        return (*cut, *codes, *((MISSING,) * self.missing))

    @property
    @abstractmethod
    def cut_labels(self) -> tuple[str, ...]:
        """One readable name per interval."""

    @abstractmethod
    def measured(self, values: pd.Series) -> Values:
        """What lies between the edges; NaN where a value is missing or nothing of the kind."""

    @property
    @abstractmethod
    def reading(self) -> Hashable:
        """How values are read: domains of one reading measure alike, wherever they are cut."""

    def encode(self, values: pd.Series) -> Codes:
        return self.placed(self.read(values))

    def read(self, values: pd.Series) -> Readout:
        """Values with what they measure, for `placed` of any domain of this `reading`."""
        different, where = by_value(values)
        return Readout(different, where, self.measured(different))

    def placed(self, read: Readout) -> Codes:
        """One code per row."""
        found = self.place(read.measures)
        if self.codes:
            text = as_text(read.values).str.strip().to_numpy()
            for state, code in enumerate(self.codes, start=self.intervals):
                same = (text == code) | (read.measures == self._meant(code))
                found = np.where(same, state, found)
        return smallest(found if read.where is None else found[read.where], self.size)

    def _meant(self, code: str) -> float:
        """What a code would be as a value; NaN where it is none."""
        return float(self.measured(pd.Series([code], dtype=object))[0])

    def place(self, measured: Values) -> Codes:
        """The interval of each; NaN is missing, or the first interval without that state."""
        found = np.searchsorted(np.asarray(self.edges), measured, side="right") - 1
        found = np.clip(found, 0, self.intervals - 1)
        return np.where(np.isnan(measured), self.size - 1 if self.missing else 0, found)

    def between(
        self, codes: Codes, rng: np.random.Generator, decimals: int | None = None, step: int = 1
    ) -> Values:
        """Something inside each interval, uniformly, on the grid of so many decimal places.

        Args:
            step: see `on_grid`.
        """
        edges = np.asarray(self.edges)
        k = np.minimum(codes, self.intervals - 1).astype(np.int64)
        low, high = edges[k], edges[k + 1]
        drawn = low + rng.random(len(k)) * (high - low)
        drawn = np.minimum(drawn, np.nextafter(high, low))  # rounding may reach the end
        if decimals is not None:
            drawn = on_grid(drawn, low, high, decimals, step)
        return np.where(np.asarray(codes) >= self.intervals, np.nan, drawn)

    def _coded(self, texts: pd.Series, codes: Codes) -> pd.Series:
        """The texts, with each code where its state was drawn."""
        texts = texts.astype(object)
        for state, code in enumerate(self.codes, start=self.intervals):
            texts[np.asarray(codes) == state] = code
        return texts

    def _document(self) -> dict[str, Any]:
        return {
            "edges": list(self.edges),
            "origin": self.origin.value,
            "missing": self.missing,
            **({"codes": list(self.codes)} if self.codes else {}),
            **({"gapped": True} if self.gapped else {}),
        }


@dataclass(frozen=True, repr=False)
class Numbers(Cut):
    """Numbers cut at `edges`: interval i holds edges[i] <= x < edges[i+1].

    Args:
        edges: ascending, k+1 of them for k intervals. Numbers outside are clipped. The last edge
            is one step of the decimals above the largest number; one above it for whole ones.
        decimals: how many decimal places values are given back with; 0 for whole numbers, None to
            leave them as drawn.
        spelling: how they are written in text files.
        codes: texts that are no quantities, and states of their own: "unknown", ">90", "-99".
        bounds: the declared ends, where the intervals that were found do not reach them; or ().
        step: numbers are multiples of so many units of their last decimal place, where an interval
            holds one: 5 for halves with one decimal, 100 for hundreds without.
        gapped: whether some are surely missing, so that this state stays however few they are.
    """

    name: ClassVar[str] = "numbers"
    edges: tuple[float, ...]
    origin: Origin = Origin.DECLARED
    missing: bool = False
    decimals: int | None = None
    spelling: Spelling = PLAINLY
    codes: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    step: int = 1
    gapped: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (isinstance(self.step, int) and 1 <= self.step <= MOST_STEP) or (
            self.step > 1 and self.decimals is None
        ):
            raise SchemaError(
                "Numbers are said to come in steps that no number can have.",
                "Give a whole number of units of the last decimal place, and the decimals.",
            )

    @property
    def cut_labels(self) -> tuple[str, ...]:
        return tuple(interval(a, b, whole=self.decimals == 0) for a, b in pairwise(self.edges))

    @property
    def reading(self) -> Hashable:
        return self.spelling

    def measured(self, values: pd.Series) -> Values:
        return self.spelling.numbers(values)

    @property
    def largest(self) -> float:
        """The largest number that is drawn; the last edge where decimals are not known."""
        if self.decimals is None:
            return self.edges[-1]
        scale, end = 10.0**self.decimals, self.edges[-1]
        last = (math.ceil(round(end * scale / self.step, 6)) - 1) * self.step / scale
        least = last if last >= self.edges[-2] else end - 1 / scale
        return round(least, self.decimals)

    @cached_property
    def worded(self) -> bool:
        """Whether a code is no number, so that the column is given back as text."""
        return any(math.isnan(self.spelling.read(c)) for c in self.codes)

    def draw(self, codes: Codes, rng: np.random.Generator) -> Values:
        """A number inside each interval, uniformly; NaN for the other states."""
        drawn = self.between(codes, rng, self.decimals, self.step)
        return self._shortened(drawn, codes) if self.spelling.significant else drawn

    def _shortened(self, drawn: Values, codes: Codes) -> Values:
        """Numbers with no more digits than they are written with, where an interval holds one.

        Where it holds none, one beside it that is not beyond all intervals; or else the number.
        """
        edges = np.asarray(self.edges)
        k = np.minimum(codes, self.intervals - 1).astype(np.int64)
        near = self.spelling.rounded(drawn)
        unit = 10.0 ** (np.floor(np.log10(np.maximum(np.abs(near), 1e-300))) + 1)
        unit = unit * 10.0**-self.spelling.significant
        found = np.where((near >= edges[0]) & (near < edges[-1]), near, drawn)
        for tried in (near - unit, near + unit, near):
            other = self.spelling.rounded(tried)
            found = np.where((other >= edges[k]) & (other < edges[k + 1]), other, found)
        return found

    def decode(self, codes: Codes, rng: np.random.Generator) -> pd.Series:
        drawn = self.draw(codes, rng)
        if self.worded:
            texts = self.spelling.texts(pd.Series(drawn), self.decimals)
            return self._coded(texts, codes)
        for state, code in enumerate(self.codes, start=self.intervals):
            drawn = np.where(np.asarray(codes) == state, self.spelling.read(code), drawn)
        numbers = pd.Series(drawn)
        if self.decimals != 0 or max(map(abs, self.edges)) >= 2.0**64:
            return numbers
        return numbers.astype("Int64" if self.edges[-1] < 2.0**63 else "UInt64")

    def written(self, values: pd.Series) -> pd.Series:
        """Values as they stand in a text file; what every program writes so stays a number."""
        if self.worded:
            return values
        if self.spelling.plain:
            places = self.decimals or self.spelling.significant
            return _without_zero(values) if places else values
        numbers = pd.Series(self.spelling.numbers(values), index=values.index)
        texts = self.spelling.texts(numbers, self.decimals)
        for code in self.codes:
            texts[numbers == self.spelling.read(code)] = code
        return texts

    def document(self) -> dict[str, Any]:
        spelt = {"written": self.spelling.example(self.decimals)}
        return {
            "domain": self.name,
            **self._document(),
            **({} if self.decimals is None else {"decimals": self.decimals}),
            **({"bounds": list(self.bounds)} if self.bounds else {}),
            **({"step": self.step} if self.step > 1 else {}),
            **({} if self.spelling == PLAINLY else spelt),
        }


def _without_zero(values: pd.Series) -> pd.Series:
    """Numbers of which the whole ones are written without decimal places, as `22` beside `28.5`."""
    if not pd.api.types.is_float_dtype(values.dtype):
        return values
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    whole = (numbers == np.floor(numbers)) & (np.abs(numbers) < 10.0**SHORTEST)
    if not whole.any():
        return values
    texts = values.astype(object)
    texts[whole] = numbers[whole].astype(np.int64).astype(object)
    return texts


@dataclass(frozen=True, repr=False)
class Dates(Cut):
    """Moments cut at `edges`, in seconds since 1970 (no time zone), written as `format`.

    Args:
        edges: ascending seconds; the same rule as for `Numbers`.
        format: codes of `schema.moments`; the output has the same form as the input.
        resolution: seconds between two moments that the text form can tell apart (86400: days).
        codes: texts that are no dates, and states of their own: "unknown", "9999-12-31".
        also: formats that some have instead; they are read, and come out as `format`.
        step: they lie on steps of this name, where an interval holds one; "" for any moment.
        gapped: whether some are surely missing, so that this state stays however few they are.
    """

    name: ClassVar[str] = "dates"
    edges: tuple[float, ...]
    origin: Origin = Origin.DECLARED
    missing: bool = False
    format: str = "%Y-%m-%d"
    resolution: float = 86400.0
    codes: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    step: str = ""
    gapped: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        checked(self.step)

    @property
    def cut_labels(self) -> tuple[str, ...]:
        shape = "%Y-%m-%d" if self.edges[1] - self.edges[0] >= 86400 else "%Y-%m-%d %H:%M"
        shape = shape if dated(self.format) else "%H:%M"
        return tuple(f"from {stamp(a, shape)}" for a in self.edges[:-1])

    @property
    def reading(self) -> Hashable:
        return self.format

    def measured(self, values: pd.Series) -> Values:
        return self.seconds(values)

    def seconds(self, values: pd.Series) -> Values:
        """Seconds since 1970 of each value; NaN where it is missing or not a date."""
        return as_seconds(values, self.format, self.also)

    def decode(self, codes: Codes, rng: np.random.Generator) -> pd.Series:
        drawn = self.between(codes, rng)
        if self.step:
            k = np.minimum(codes, self.intervals - 1).astype(np.int64)
            low, high = (np.asarray(self.edges)[k + i] for i in (0, 1))
            drawn = on_date_steps(drawn, low, high, self.step)
        whole = np.floor(drawn / self.resolution) * self.resolution
        return self._coded(written(whole, self.format), codes)

    def document(self) -> dict[str, Any]:
        return {
            "domain": self.name,
            **self._document(),
            "format": self.format,
            "resolution": self.resolution,
            **({"also": list(self.also)} if self.also else {}),
            **({"step": self.step} if self.step else {}),
        }
