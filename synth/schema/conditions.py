"""Of which rows a condition is true, and which states a row that holds it may have.

As in SQL, a comparison with a missing cell is neither true nor false, and only rows of which the
whole condition is true hold it. A code among numbers is compared as a text alone. A moment is
compared as far as both tell: `came <= '2020-01-31'` is true of all of that day.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synth.lazily import np, pd
from synth.schema.columns import Column, Schema
from synth.schema.domain import Categories, Text
from synth.schema.intervals import Cut, Dates, Numbers
from synth.schema.obeying import NO, NUMERIC, YES, Marked, figures
from synth.schema.pattern import Pattern
from synth.schema.values import as_text

DAY, DAY_LONG = 86400.0, len("2020-01-01")
SIGNS: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "neq": operator.ne,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}
DENIED = {"lt": "gte", "lte": "gt", "gt": "lte", "gte": "lt"}


@dataclass(frozen=True)
class Truth:
    """Of each row, or each state of each column, whether something may be true, and false.

    Of a row, both are never so, and neither where a cell is missing. Of a state, both are where
    some values of an interval are and others are not.
    """

    yes: Mapping[str, Marked]
    no: Mapping[str, Marked]


@dataclass(frozen=True)
class Atom:
    """A comparison of one column.

    Args:
        sign: of `SIGNS`, or "missing", or "says yes".
        values: what it is compared with: for "eq" any of them.
    """

    column: str
    sign: str
    values: tuple[str, ...] = ()

    def of_rows(self, cells: pd.Series, column: Column) -> tuple[Marked, Marked]:
        """Of which cells it is true, and of which false."""
        known = cells.notna().to_numpy()
        if self.sign == "missing":
            return ~known, known
        if self.sign == "says yes":
            text = as_text(cells).astype(object).str.strip().str.lower()
            return (text.isin(YES).to_numpy() & known), (text.isin(NO).to_numpy() & known)
        if self.sign in ("eq", "neq"):
            met = _same(cells, column, self.values)
            yes, no = met & known, ~met & known
            return (yes, no) if self.sign == "eq" else (no, yes)
        held, bound, step = _measured(cells, column, self.values[0])
        if step:
            held, bound = np.floor(held / step), float(np.floor(bound / step))
        known = ~np.isnan(held)
        found = np.asarray(SIGNS[self.sign](held, bound))
        return found & known, ~found & known

    def of_states(self, column: Column) -> tuple[Marked, Marked]:
        """Of which states it may be true, and of which it may be false."""
        domain = column.domain
        assert not isinstance(domain, Pattern)
        missing = np.zeros(domain.size, dtype=bool)
        missing[domain.size - domain.missing :] = True
        if self.sign == "missing" or isinstance(domain, Text):
            return missing, ~missing
        if not isinstance(domain, Cut):
            cells = domain.decode(np.arange(domain.size), np.random.default_rng(0))
            return self.of_rows(cells, column)
        codes = pd.Series([*domain.codes, *([None] * domain.missing)], dtype=object)
        yes, no = self.of_rows(codes, column)
        low, high = np.array(domain.edges[:-1]), np.array(domain.edges[1:])
        inside = self._of_intervals(low, high, column)
        return np.concatenate([inside[0], yes]), np.concatenate([inside[1], no])

    def _of_intervals(self, low: Any, high: Any, column: Column) -> tuple[Marked, Marked]:
        """Of which intervals [low, high) it may be true, and of which false."""
        all_, none = np.ones(len(low), dtype=bool), np.zeros(len(low), dtype=bool)
        if self.sign == "says yes":
            return all_, all_
        if self.sign in ("eq", "neq"):
            wanted = [b for b in map(bound_of(column), self.values) if not np.isnan(b[0])]
            met = none.copy()
            for at, step in wanted:
                met |= (low < at + max(step, 1e-12)) & (high > at)
            return (met, all_) if self.sign == "eq" else (all_, met)
        at, step = bound_of(column)(self.values[0])
        may = {s: _may_be(s, low, high, at, step, column) for s in ("lt", "lte", "gt", "gte")}
        return may[self.sign], may[DENIED[self.sign]]


def _may_be(sign: str, low: Any, high: Any, at: float, step: float, column: Column) -> Marked:
    """Which intervals [low, high) hold something that stands so to a bound.

    Args:
        step: how far the bound reaches, and how far apart values are; 0 where they may be anywhere.
    """
    slack = 1e-9 * (1 + abs(at))
    if isinstance(column.domain, Dates):
        at = float(np.floor(at / step)) * step
        end = at + step if sign in ("lte", "gt") else at
        return np.asarray(low < end if sign in ("lt", "lte") else high > end)
    top = high - step + slack  # the largest that lies on the grid
    match sign:
        case "lt":
            return np.asarray(low < at)
        case "lte":
            return np.asarray(low <= at + slack)
        case "gt":
            return np.asarray((top > at + 2 * slack) if step else (high > at))
    return np.asarray((top >= at) if step else (high > at))


@dataclass(frozen=True)
class Both:
    """All of several conditions."""

    parts: tuple[Where, ...]


@dataclass(frozen=True)
class Either:
    """Any of several conditions."""

    parts: tuple[Where, ...]


@dataclass(frozen=True)
class Never:
    """What another condition denies."""

    part: Where


Where = Atom | Both | Either | Never


def parts_of(where: Where) -> tuple[Where, ...]:
    """What a condition is put together from; nothing of a comparison."""
    match where:
        case Never(part=part):
            return (part,)
        case Both(parts=parts) | Either(parts=parts):
            return parts
    return ()


def holds(where: Where, frame: pd.DataFrame, schema: Schema) -> Marked:
    """Of which rows a condition is true."""
    return _of_rows(where, frame, schema)[0]


def _of_rows(where: Where, frame: pd.DataFrame, schema: Schema) -> tuple[Marked, Marked]:
    match where:
        case Atom(column=name):
            return where.of_rows(frame[name], schema[name])
        case Never(part=part):
            return _of_rows(part, frame, schema)[::-1]
        case Both(parts=parts) | Either(parts=parts):
            told = [_of_rows(p, frame, schema) for p in parts]
            yes, no = [t[0] for t in told], [t[1] for t in told]
            if isinstance(where, Both):
                return np.logical_and.reduce(yes), np.logical_or.reduce(no)
            return np.logical_or.reduce(yes), np.logical_and.reduce(no)
    raise AssertionError(where)


def possible_states(where: Where, schema: Schema) -> dict[str, Marked]:
    """For each column that matters, the states that a row which holds the condition may have.

    Every such row is within them; not every row within them holds it, where a bound cuts an
    interval or `or` joins several columns.
    """
    return dict(_of_states(where, schema).yes)


def _of_states(where: Where, schema: Schema) -> Truth:
    match where:
        case Atom(column=name):
            yes, no = where.of_states(schema[name])
            return Truth({name: yes}, {name: no})
        case Never(part=part):
            told = _of_states(part, schema)
            return Truth(told.no, told.yes)
        case Both(parts=parts) | Either(parts=parts):
            truths = [_of_states(p, schema) for p in parts]
            true, false = [t.yes for t in truths], [t.no for t in truths]
            if isinstance(where, Both):
                return Truth(_within_all(true), _within_any(false))
            return Truth(_within_any(true), _within_all(false))
    raise AssertionError(where)


def _within_all(boxes: Sequence[Mapping[str, Marked]]) -> dict[str, Marked]:
    found: dict[str, Marked] = {}
    for box in boxes:
        for name, states in box.items():
            found[name] = found[name] & states if name in found else states
    return found


def _within_any(boxes: Sequence[Mapping[str, Marked]]) -> dict[str, Marked]:
    """A column that one of them leaves free is free."""
    names = set(boxes[0]).intersection(*boxes[1:])
    return {n: np.logical_or.reduce([b[n] for b in boxes]) for n in boxes[0] if n in names}


# -- comparing -------------------------------------------------------------------------------------


def _same(cells: pd.Series, column: Column, values: Sequence[str]) -> Marked:
    """Which cells are one of some values, however these are written."""
    texts = as_text(cells).astype(object).str.strip()
    met = texts.isin(values).to_numpy()
    if orderly(column):
        for value in values:
            held, bound, step = _measured(cells, column, value)
            near = np.floor(held / step) == np.floor(bound / step) if step else held == bound
            met = met | near
    return np.asarray(met)


def _measured(cells: pd.Series, column: Column, value: str) -> tuple[Any, float, float]:
    """Cells and a value as numbers, or seconds since 1970, and how finely moments are compared."""
    bound, step = bound_of(column)(value)
    return figures(cells, column), bound, step if isinstance(column.domain, Dates) else 0.0


def bound_of(column: Column) -> Callable[[str], tuple[float, float]]:
    """What reads a value as a number, with how far it reaches: one day, say; NaN for none."""
    domain = column.domain
    if isinstance(domain, Dates):
        return lambda value: _moment(value, domain)
    if isinstance(domain, Numbers):
        step = 0.0 if domain.decimals is None else 10.0**-domain.decimals
        return lambda value: (_number(value, domain), step)
    return lambda value: (_number(value, None), 0.0)


def _number(value: str, domain: Numbers | None) -> float:
    try:
        return float(value)
    except ValueError:
        return float("nan") if domain is None else domain.spelling.read(value)


def _moment(value: str, domain: Dates) -> tuple[float, float]:
    told = pd.to_datetime(value, format="ISO8601", errors="coerce")
    if pd.isna(told) or told.tzinfo is not None:
        return float(domain.seconds(pd.Series([value], dtype=object))[0]), domain.resolution
    step = DAY if len(value.strip()) <= DAY_LONG else domain.resolution
    return float(told.timestamp()), max(step, domain.resolution)


def orderly(column: Column) -> bool:
    """Whether its values are numbers or moments."""
    domain = column.domain
    return isinstance(domain, Cut) or (isinstance(domain, Categories) and domain.typed in NUMERIC)
