"""A column at a glance: how much is missing, and a small histogram. For the custodian's eyes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from synth.budget.eyes import ForCustodian
from synth.lazily import np, npt, pd
from synth.schema import Dates, Domain, Numbers
from synth.schema.spelling import Spelling

Counts: TypeAlias = "npt.NDArray[np.int64]"
Quantities: TypeAlias = "npt.NDArray[np.float64]"

BARS = 16


@dataclass(frozen=True, repr=False)
class Profile(ForCustodian):
    """What a column looks like.

    Args:
        missing: share of the rows without a value.
        different: how many different values there are.
        bars: rows in each of `BARS` equal intervals of numbers or dates; of the commonest values
            else, the commonest first.
    """

    missing: float
    different: int
    bars: tuple[int, ...]


def quantities(
    text: pd.Series,
    domain: Domain,
    numbers: Callable[[Spelling], Quantities],
    seconds: Callable[[str, tuple[str, ...]], Quantities],
) -> Quantities | None:
    """Different values as numbers, dates in seconds; NaN for none and for codes; None for words.

    Args:
        numbers: reads the values under a spelling.
        seconds: reads them under a format of dates, and others that some have.
    """
    if isinstance(domain, Dates):
        values = seconds(domain.format, domain.also).copy()
    elif isinstance(domain, Numbers):
        values = numbers(domain.spelling).copy()
    else:
        return None
    values[~np.isfinite(values)] = np.nan
    if domain.codes:
        values[text.isin(domain.codes).to_numpy()] = np.nan
    return values


def profile_of(different: Counts, rows: int, amounts: Quantities | None) -> Profile:
    """A column at a glance.

    Args:
        different: rows of each different value.
        amounts: those values as `quantities` gives them.
    """
    missing = 1 - int(different.sum()) / max(rows, 1)
    return Profile(missing, len(different), _bars(different, amounts))


def _bars(different: Counts, amounts: Quantities | None) -> tuple[int, ...]:
    told = np.zeros(0, dtype=bool) if amounts is None else ~np.isnan(amounts)
    if amounts is not None and told.any():
        low = float(amounts[told].min()) / 2  # halves, for a span that doubles can tell
        span = amounts[told] / 2 - low
        part = span / (float(span.max()) or 1.0)  # of numbers that differ in their last digit alone
        places = np.minimum((part * BARS).astype(np.int64), BARS - 1)
        heights = np.bincount(places, weights=different[told], minlength=BARS)
        return tuple(int(h) for h in heights)
    return tuple(int(n) for n in np.sort(different)[::-1][:BARS])
