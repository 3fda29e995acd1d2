"""Numbers that come in steps: halves, fives, hundreds. Found under the budget.

Beside the numbers that many rows share, and that are told one by one, a column may hold thousands
of others, all of them multiples of a step: incomes in hundreds, grades in halves. Drawn at any
place of their decimals they would be of another make. One noisy histogram counts of which steps
each number is a multiple; zero is one of all, and so tells nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar

from synth.budget import Rho
from synth.lazily import np, npt, pd
from synth.schema import Codes, Column, Counts, Dates, Numbers, Origin
from synth.schema.domain import MISSING, by_categories, smallest
from synth.schema.values import Values
from synth.vault import PrivateTable

SHARE = 0.05  # of a column's share of rho
STEPS = (5, 10, 25, 50, 100, 1000)  # in units of the last decimal place
SURE = 40.0  # times the noise of what lies off a step: numbers there must be at least
OFF = 2.0  # times the noise: what may seem to lie off it


@cache
def _patterns() -> tuple[tuple[bool, ...], ...]:
    """Of which steps a whole number can be a multiple."""
    found = (tuple(n % step == 0 for step in STEPS) for n in range(1, max(STEPS) + 1))
    return tuple(sorted(set(found)))


@dataclass(frozen=True)
class Multiples:
    """Of which steps numbers are multiples, as a domain: one state for zero and what is none.

    Args:
        inner: how the numbers are read, and with how many decimals.
    """

    name: ClassVar[str] = "multiples"
    inner: Numbers
    origin: Origin = Origin.DECLARED
    missing: ClassVar[bool] = True

    @property
    def size(self) -> int:
        return len(_patterns()) + 1

    @property
    def labels(self) -> tuple[str, ...]:
        shown = (
            " ".join(str(s) for s, is_ in zip(STEPS, p, strict=True) if is_) for p in _patterns()
        )
        return (*(f"multiples of 1 {of}".strip() for of in shown), MISSING)

    def encode(self, values: pd.Series) -> Codes:
        return smallest(by_categories(values, self._encode), self.size)

    def _encode(self, values: pd.Series) -> npt.NDArray[np.int64]:
        units, whole = in_units(self.inner.measured(values), self.inner)
        bits = np.zeros(len(units), dtype=np.int64)
        for place, step in enumerate(STEPS):
            bits += (whole & (np.fmod(units, step) == 0)).astype(np.int64) << place
        table = np.zeros(1 << len(STEPS), dtype=np.int64)
        for state, pattern in enumerate(_patterns()):
            table[sum(is_ << place for place, is_ in enumerate(pattern))] = state
        return np.where(np.isnan(units) | (units == 0), self.size - 1, table[bits])

    def decode(self, codes: Codes, rng: np.random.Generator) -> pd.Series:
        return pd.Series([None] * len(codes), dtype=object)

    def document(self) -> dict[str, Any]:
        return {"domain": self.name, "inner": self.inner.document()}


def in_units(measured: Values, domain: Numbers) -> tuple[Values, npt.NDArray[np.bool_]]:
    """Numbers in units of their last decimal place, and whether they have no further one."""
    scaled = measured * 10.0 ** (domain.decimals or 0)
    units = np.round(scaled)
    return units, np.abs(scaled - units) <= 1e-6 * np.maximum(1, np.abs(units))


def may_step(private: PrivateTable, domain: Numbers | Dates, shared: Sequence[str]) -> bool:
    """Whether it is worth asking for steps.

    It is not where the values that many rows share speak against any, of dates, and of rows that
    stay in their engine.

    Args:
        shared: values that many rows share, as they are written.
    """
    if isinstance(domain, Dates) or domain.decimals is None or private.stays:
        return False
    return not shared or _maybe(domain, shared)


def in_steps(private: PrivateTable, column: Column, rho: Rho) -> Numbers:
    """The domain of a column with the step that its numbers come in, worth `rho`."""
    domain = column.domain
    assert isinstance(domain, Numbers)
    table = private.discovered([replace(column, domain=Multiples(domain))])
    told = table.measure((column.name,), rho, "steps of numbers")
    return replace(domain, step=largest_step(told.counts, told.sigma))


def _maybe(domain: Numbers, shared: Sequence[str]) -> bool:
    """Whether half of the numbers that many rows share are multiples of the least step."""
    units, _ = in_units(domain.measured(pd.Series(list(shared), dtype=object)), domain)
    units = units[~np.isnan(units) & (units != 0)]
    return bool(not len(units) or 2 * (np.fmod(units, STEPS[0]) == 0).sum() >= len(units))


def largest_step(counts: Counts, sigma: float) -> int:
    """The largest step that no number surely lies off, in units of the last decimal place; or 1.

    Args:
        counts: noisy rows in each state of `Multiples`.
        sigma: standard deviation of their noise.
    """
    held = counts[:-1]
    for place, step in reversed(list(enumerate(STEPS))):
        off = np.array([not pattern[place] for pattern in _patterns()])
        noise = sigma * math.sqrt(off.sum())
        if held.sum() >= SURE * noise and held[off].sum() <= OFF * noise:
            return step
    return 1
