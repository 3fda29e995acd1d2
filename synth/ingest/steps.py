"""Numbers and dates that come in steps: halves, hundreds, Mondays. Found under the budget.

Beside the numbers that many rows share, and that are told one by one, a column may hold thousands
of others, all of them multiples of a step: incomes in hundreds, grades in halves. Drawn at any
place of their decimals they would be of another make. One noisy histogram counts of which steps
each number is a multiple; zero is one of all, and so tells nothing. Of dates it counts on which
steps of the calendar and the clock they lie.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar

from synth.budget import Audience, Rho
from synth.budget.accounting import gaussian_sigma
from synth.lazily import np, npt, pd
from synth.schema import Codes, Column, Counts, Dates, Numbers, Origin
from synth.schema.date_steps import DAY, MONTH, SPANS, WEEKDAYS, edges_on, lies_on
from synth.schema.domain import MISSING, by_categories, smallest
from synth.schema.durations import Way, ways
from synth.schema.moments import dated
from synth.schema.values import Values
from synth.vault import PrivateTable

SHARE = 0.05  # of a column's share of rho
WHOLE_SHARE = 0.1  # the same, for whether they are whole but for a few
MOST_PLACES = 6  # decimal places of numbers that may be whole but for a few
STEPS = (5, 10, 25, 50, 100, 1000)  # in units of the last decimal place
CLOCKED = {  # of durations, by the seconds in their unit
    1: (5, 10, 60, 300, 900, 1800, 3600),
    60: (5, 10, 15, 30, 60, 1440),
    3600: (6, 12, 24),
}
SURE = 40.0  # times the noise of what lies off a step: numbers there must be at least
WHY = "steps of numbers and dates were read off the rows"
SURE_WHOLE = 12.0  # the same, where those that many rows share are whole already
OFF = 2.0  # times the noise: what may seem to lie off it


@cache
def _patterns(steps: tuple[int, ...]) -> tuple[tuple[bool, ...], ...]:
    """Of which steps a whole number can be a multiple: what it shares with all of them tells."""
    most = math.lcm(*steps)
    parts = (n for n in range(1, math.isqrt(most) + 1) if most % n == 0)
    every = {d for n in parts for d in (n, most // n)}
    return tuple(sorted({tuple(n % step == 0 for step in steps) for n in every}))


@dataclass(frozen=True)
class Multiples:
    """Of which steps numbers are multiples, as a domain: one state for zero and what is none.

    Args:
        inner: how the numbers are read, and with how many decimals.
        alone: numbers, in units of the last decimal place, that have intervals of their own, so
            that it does not matter of which steps they are multiples. They count as zero does.
        only: the one step that is asked for; 0 for all that there may be.
    """

    name: ClassVar[str] = "multiples"
    inner: Numbers
    origin: Origin = Origin.DECLARED
    alone: tuple[float, ...] = ()
    only: int = 0
    missing: ClassVar[bool] = True

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps that there may be: of durations, those of the clock."""
        if self.only:
            return (self.only,)
        way = ways().get(self.inner.spelling.clock)
        if not isinstance(way, Way) or self.inner.decimals:
            places = min(self.inner.decimals or 0, MOST_PLACES)
            return (*STEPS, 10**places) if 10**places > STEPS[-1] else STEPS
        return CLOCKED.get(way.unit, STEPS)

    @property
    def patterns(self) -> tuple[tuple[bool, ...], ...]:
        """Of which of these a number can be a multiple."""
        return _patterns(self.steps)

    @property
    def size(self) -> int:
        return len(self.patterns) + 1

    @property
    def labels(self) -> tuple[str, ...]:
        shown = (
            " ".join(str(s) for s, is_ in zip(self.steps, p, strict=True) if is_)
            for p in self.patterns
        )
        return (*(f"multiples of 1 {of}".strip() for of in shown), MISSING)

    def encode(self, values: pd.Series) -> Codes:
        return smallest(by_categories(values, self._encode), self.size)

    def _encode(self, values: pd.Series) -> npt.NDArray[np.int64]:
        units, whole = in_units(self.inner.measured(values), self.inner)
        bits = np.zeros(len(units), dtype=np.int64)
        for place, step in enumerate(self.steps):
            bits += (whole & (np.fmod(units, step) == 0)).astype(np.int64) << place
        table = np.zeros(1 << len(self.steps), dtype=np.int64)
        for state, pattern in enumerate(self.patterns):
            table[sum(is_ << place for place, is_ in enumerate(pattern))] = state
        nothing = np.isnan(units) | (units == 0) | np.isin(units, self.alone)
        return np.where(nothing, self.size - 1, table[bits])

    def decode(self, codes: Codes, rng: np.random.Generator) -> pd.Series:
        return pd.Series([None] * len(codes), dtype=object)

    def document(self) -> dict[str, Any]:
        return {"domain": self.name, "inner": self.inner.document()}


@cache
def _lying(steps: tuple[str, ...]) -> tuple[tuple[bool, ...], ...]:
    """On which of some steps a moment can lie, as those of two years show."""
    days = DAY * np.arange(731 if MONTH in steps else 1)
    every = np.add.outer(days, [0.0, 0.5, *SPANS.values()]).ravel()
    on = np.stack([lies_on(every, step) for step in steps], axis=1)
    return tuple(sorted({tuple(map(bool, row)) for row in on}))


@dataclass(frozen=True)
class Regular:
    """On which steps dates lie, as a domain; what is no date, or has none of them, comes last.

    Args:
        inner: how the dates are read.
    """

    name: ClassVar[str] = "regular"
    inner: Dates
    origin: Origin = Origin.DECLARED
    missing: ClassVar[bool] = True

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that there may be, the longest first."""
        spans = [s for s, seconds in SPANS.items() if seconds > self.inner.resolution]
        if not dated(self.inner.format):
            return tuple(s for s in spans if SPANS[s] < DAY)
        return (MONTH, *WEEKDAYS, *spans) if self.inner.resolution <= DAY else ()

    @property
    def patterns(self) -> tuple[tuple[bool, ...], ...]:
        """On which of these a date can lie."""
        return _lying(self.steps)

    @property
    def size(self) -> int:
        return len(self.patterns) + 1

    @property
    def labels(self) -> tuple[str, ...]:
        shown = ([s for s, on in zip(self.steps, p, strict=True) if on] for p in self.patterns)
        return (*(", ".join(on) or "none of them" for on in shown), MISSING)

    def encode(self, values: pd.Series) -> Codes:
        return smallest(by_categories(values, self._encode), self.size)

    def _encode(self, values: pd.Series) -> npt.NDArray[np.int64]:
        seconds, place = self.inner.measured(values), 1 << np.arange(len(self.steps))
        on = np.stack([lies_on(seconds, step) for step in self.steps], axis=1) @ place
        table = np.full(1 << len(self.steps), self.size - 1, dtype=np.int64)
        for state, pattern in enumerate(self.patterns):
            table[int(np.dot(pattern, place))] = state
        return np.where(np.isnan(seconds), self.size - 1, table[on])

    def decode(self, codes: Codes, rng: np.random.Generator) -> pd.Series:
        return pd.Series([None] * len(codes), dtype=object)

    def document(self) -> dict[str, Any]:
        return {"domain": self.name, "inner": self.inner.document()}


def in_units(measured: Values, domain: Numbers) -> tuple[Values, npt.NDArray[np.bool_]]:
    """Numbers in units of their last decimal place, and whether they have no further one."""
    scaled = measured * 10.0 ** (domain.decimals or 0)
    units = np.round(scaled)
    return units, np.abs(scaled - units) <= 1e-6 * np.maximum(1, np.abs(units))


def stepped(
    private: PrivateTable, column: Column, rho: Rho, shared: Sequence[str], people: int
) -> tuple[Numbers | Dates, Rho]:
    """The domain of a column with the step that its numbers or dates come in, and what that cost.

    Args:
        rho: the column's share.
        shared: values that many rows share, as they are written.
        people: about how many rows there are; 0 where nobody knows.
    """
    domain = column.domain
    assert isinstance(domain, Numbers | Dates)
    each, spent = private.rows_per_person, Rho(0.0)
    cost = Rho(WHOLE_SHARE * rho)
    if told_of(cost, people, each, SURE_WHOLE) and _maybe_whole(private, domain, shared):
        domain, spent = in_steps(private, column, cost, shared, whole=True), cost
    cost = Rho(SHARE * rho)
    if told_of(cost, people, each) and may_step(private, domain, shared):
        domain, spent = in_steps(private, column, cost, shared), Rho(spent + cost)
    return domain, spent


def told_of(rho: Rho, people: int, rows_per_person: int, sure: float = SURE) -> bool:
    """Whether so many rows are enough to tell a step by; taken as many where nobody knows."""
    return not people or people >= sure * gaussian_sigma(rho, rows_per_person)


def _maybe_whole(private: PrivateTable, domain: Numbers | Dates, shared: Sequence[str]) -> bool:
    """Whether numbers with decimal places may be whole but for one or a few: a mean that stands
    for what was missing among years of school. Those that many rows share are of both sorts.
    """
    if not isinstance(domain, Numbers) or private.stays or domain.step > 1:
        return False
    places = domain.decimals or 0
    if not 1 <= places <= MOST_PLACES:
        return False
    off = _apart(domain, shared, (10**places,))
    return len(off) > 0 and 2 * len(off) <= len(_units_of(domain, shared))


def _units_of(domain: Numbers, shared: Sequence[str]) -> Values:
    """Numbers other than zero in units of their last decimal place; what is none is left out."""
    units, _ = in_units(domain.measured(pd.Series(list(shared), dtype=object)), domain)
    return np.asarray(units[~np.isnan(units) & (units != 0)])


def _apart(domain: Numbers, shared: Sequence[str], steps: Sequence[int]) -> tuple[float, ...]:
    """Of the values that many rows share, those off the largest step that half of them lie on."""
    units = _units_of(domain, shared)
    for step in sorted(steps, reverse=True):
        off = np.fmod(units, step) != 0
        if len(units) and 2 * off.sum() <= len(units):
            return tuple(map(float, units[off]))
    return ()


def may_step(private: PrivateTable, domain: Numbers | Dates, shared: Sequence[str]) -> bool:
    """Whether it is worth asking for steps.

    It is not where a step is declared, where the values that many rows share speak against any, of
    dates that are written without days or times, and of rows that stay in their engine.

    Args:
        shared: values that many rows share, as they are written.
    """
    if private.stays:
        return False
    if isinstance(domain, Dates):
        return not domain.step and bool(Regular(domain).steps)
    if domain.step > 1 or domain.decimals is None:
        return False
    return not shared or _maybe(domain, shared)


def in_steps(
    private: PrivateTable,
    column: Column,
    rho: Rho,
    shared: Sequence[str] = (),
    *,
    whole: bool = False,
) -> Numbers | Dates:
    """The domain of a column with the step that its numbers or dates come in, worth `rho`.

    Args:
        shared: values that many rows share: they have intervals of their own, on the step or not.
        whole: ask for nothing but whether the other numbers are whole.
    """
    domain = column.domain
    if isinstance(domain, Dates):
        regular = Regular(domain)
        table = private.discovered([replace(column, domain=regular)])
        seen = table.measure((column.name,), rho, "steps of dates")
        return replace(domain, step=longest_step(regular, seen.counts, seen.sigma))
    assert isinstance(domain, Numbers)
    multiples = Multiples(domain, only=10 ** (domain.decimals or 0) if whole else 0)
    multiples = replace(multiples, alone=_apart(domain, shared, multiples.steps))
    table = private.discovered([replace(column, domain=multiples)])
    told = table.measure((column.name,), rho, "steps of numbers")
    sure = SURE_WHOLE if whole else SURE
    return replace(domain, step=largest_step(multiples, told.counts, told.sigma, sure))


def seen_steps(private: PrivateTable) -> PrivateTable:
    """The same rows without a promise, with the steps of columns of which nothing is declared."""
    found = []
    for column in private.schema.modelled:
        domain = column.domain
        if not isinstance(domain, Numbers | Dates) or domain.origin is not Origin.OBSERVED:
            continue
        if may_step(private, domain, ()):
            found.append(replace(column, domain=_seen_step(private, column, domain)))
    return private.discovered(found)


def _seen_step(private: PrivateTable, column: Column, domain: Numbers | Dates) -> Numbers | Dates:
    asked = Regular(domain) if isinstance(domain, Dates) else Multiples(domain)
    table = private.discovered([replace(column, domain=asked)])
    counts = table.exact_table((column.name,), WHY, Audience.RELEASE).astype(np.float64)
    if isinstance(asked, Multiples):
        return replace(asked.inner, step=largest_step(asked, counts, 0.0))
    step = longest_step(asked, counts, 0.0)
    edges = edges_on(np.array(domain.edges), step) if step else np.array(domain.edges)
    return replace(asked.inner, step=step, edges=tuple(edges.tolist()))


def _maybe(domain: Numbers, shared: Sequence[str]) -> bool:
    """Whether half of the numbers that many rows share are multiples of the least step."""
    units, least = _units_of(domain, shared), Multiples(domain).steps[0]
    return bool(not len(units) or 2 * (np.fmod(units, least) == 0).sum() >= len(units))


def largest_step(multiples: Multiples, counts: Counts, sigma: float, sure: float = SURE) -> int:
    """The largest step that no number surely lies off, in units of the last decimal place; or 1.

    Args:
        counts: noisy rows in each state of `Multiples`.
        sigma: standard deviation of their noise.
        sure: times the noise of what lies off a step: numbers there must be at least.
    """
    sizes, patterns = reversed(list(enumerate(multiples.steps))), multiples.patterns
    return next((s for place, s in sizes if _surely(counts[:-1], patterns, place, sigma, sure)), 1)


def longest_step(regular: Regular, counts: Counts, sigma: float) -> str:
    """The longest step that no date surely lies off; or ""."""
    patterns = regular.patterns
    found = (s for i, s in enumerate(regular.steps) if _surely(counts[:-1], patterns, i, sigma))
    return next(found, "")


def _surely(
    held: Counts,
    patterns: Sequence[tuple[bool, ...]],
    place: int,
    sigma: float,
    sure: float = SURE,
) -> bool:
    """Whether many lie on the step at this place of the patterns, and no more than noise off it."""
    off = np.array([not pattern[place] for pattern in patterns])
    noise = sigma * math.sqrt(off.sum())
    return bool(held.sum() >= sure * max(noise, 1.0) and held[off].sum() <= OFF * noise)
