"""Steps that dates come in: the first of each month, every Monday, a quarter of an hour.

Steps have numbers, ascending: of months since January 1970, of weeks and of shorter spans since
the first of their kind. A step of dates is named, as `month`, `monday` or `15 minutes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from synth.errors import SchemaError
from synth.lazily import np
from synth.schema.values import Values

DAY, WEEK = 86_400.0, 604_800.0
MONTH: Final = "month"
WEEKDAYS: Final = (
    *("monday", "tuesday", "wednesday", "thursday"),
    *("friday", "saturday", "sunday"),
)
SPANS: Final[Mapping[str, float]] = {
    "day": DAY,
    "hour": 3_600.0,
    "30 minutes": 1_800.0,
    "15 minutes": 900.0,
    "5 minutes": 300.0,
    "minute": 60.0,
    "second": 1.0,
}
DATE_STEPS: Final = (MONTH, *WEEKDAYS, *SPANS)
MONDAY = 4 * DAY  # of the first one after 1970 began, on a Thursday


def checked(step: str) -> str:
    """The step, if there is one of this name, or "" for none. Raises SchemaError otherwise."""
    if step and step not in DATE_STEPS:
        raise SchemaError(
            "Dates are said to come in steps that are not known.",
            f"Choose one of {', '.join(DATE_STEPS)}.",
        )
    return step


def _span(step: str) -> tuple[float, float]:
    """How many seconds lie between two steps, and where the first one after 1970 began is."""
    if step in SPANS:
        return SPANS[step], 0.0
    return WEEK, (MONDAY + WEEKDAYS.index(step) * DAY) % WEEK


def number_from(seconds: Values, step: str) -> Values:
    """The number of the first step at or after each moment."""
    if step != MONTH:
        span, first = _span(step)
        return np.asarray(np.ceil((seconds - first) / span - 1e-9))
    months = np.floor(seconds).astype("datetime64[s]").astype("datetime64[M]")
    later = months.astype("datetime64[s]").astype(np.float64) < seconds
    return np.asarray(months.astype(np.int64) + later, dtype=np.float64)


def moment_of(number: Values, step: str) -> Values:
    """The moment of each step, in seconds since 1970."""
    if step != MONTH:
        span, first = _span(step)
        return np.asarray(first + number * span)
    months = number.astype(np.int64).astype("datetime64[M]")
    return np.asarray(months.astype("datetime64[s]").astype(np.float64))


def lies_on(seconds: Values, step: str) -> Values:
    """Whether each moment lies on a step; NaN does not."""
    there = np.nan_to_num(seconds, nan=0.5)
    return np.asarray(moment_of(number_from(there, step), step) == there)


def on_date_steps(drawn: Values, low: Values, high: Values, step: str) -> Values:
    """Moments moved to steps within [low, high), where that holds one; NaN stays."""
    if (gone := np.isnan(drawn)).any():
        there = ~gone
        moved = drawn.copy()
        moved[there] = on_date_steps(drawn[there], low[there], high[there], step)
        return moved
    first, end = number_from(low, step), number_from(high, step)
    share = np.where(high > low, (drawn - low) / (high - low), 0)
    moved = moment_of(first + np.floor(share * np.maximum(end - first, 1)), step)
    return np.where(end > first, moved, drawn)


def edges_on(edges: Values, step: str) -> Values:
    """Edges moved onto steps, so that each interval holds one, if any does; the ends stay."""
    inner = np.unique(moment_of(number_from(edges[1:-1], step), step))
    inner = inner[(inner > edges[0]) & (inner < edges[-1])]
    first = moment_of(number_from(edges[:1], step), step)
    inner = inner[inner > first] if first > edges[0] else inner  # before the first step lies none
    return np.concatenate([edges[:1], inner, edges[-1:]])
