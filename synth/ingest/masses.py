"""Values that many rows share, among numbers and dates: an interval each, and codes.

A zero that two rows in three have, a heaped income, a code such as -99 vanish in an interval that
is drawn from evenly. The values that enough rows share are told under the budget, as those of a
category are, and each gets an interval of its own, as narrow as the column's decimals allow; words
among them are codes. What lies between is cut as before, on the grid of the decimals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from synth.lazily import np, npt, pd
from synth.schema import Dates, Numbers, Origin
from synth.schema.date_steps import edges_on
from synth.schema.values import Values


def step_of(domain: Numbers | Dates) -> float:
    """The least difference of two values; 0 where nothing is known of it."""
    if isinstance(domain, Dates):
        return domain.resolution
    return 0.0 if domain.decimals is None else float(domain.step * 10.0**-domain.decimals)


def with_masses(
    domain: Numbers | Dates, edges: Sequence[float], shared: Sequence[str]
) -> Numbers | Dates:
    """The domain over some edges, with an interval for each value that many rows share.

    Args:
        shared: those values as they are written; words become codes.
    """
    measured = domain.measured(pd.Series(list(shared), dtype=object))
    far = _far(np.asarray(edges), measured) & (domain.origin is not Origin.BOUNDED)
    codes = sorted(v for v, c in zip(shared, np.isnan(measured) | far, strict=True) if c)
    masses = measured[~np.isnan(measured) & ~far]
    units = domain.step if isinstance(domain, Numbers) else 1
    one = step_of(domain) / units
    cut = _cut(np.asarray(edges), masses, one, units) if len(masses) else np.asarray(edges)
    if isinstance(domain, Dates) and domain.step:
        cut = edges_on(cut, domain.step)
    told = tuple(dict.fromkeys([*domain.codes, *codes]))
    found = tuple(map(float, cut))
    if domain.origin is not Origin.BOUNDED:
        return replace(domain, edges=found, codes=told, origin=Origin.DISCOVERED)
    if isinstance(domain, Numbers):
        domain = replace(domain, bounds=(domain.edges[0], domain.largest))
    return replace(domain, edges=found, codes=told)


def _far(edges: Values, masses: Values) -> npt.NDArray[np.bool_]:
    """Values that lie further from all that was found than that is wide: 999 weeks, 9999-12-31.

    Between them and the others nothing lies, and noise would draw rows there.
    """
    low, high = float(edges[0]), float(edges[-1])
    width = high - low
    return (masses < low - width) | (masses > high + width)


def _cut(edges: Values, masses: Values, one: float, step: int) -> Values:
    """The edges, with those of the masses: a step wide, or one unit where they lie off the steps.

    Args:
        one: the unit of the last decimal place; `step` is so many of them.
    """
    if one <= 0:  # as many digits as a number can have: an interval that holds one number
        return np.unique(np.concatenate([edges, masses, np.nextafter(masses, np.inf)]))
    shared = np.round(masses / one).astype(np.int64)
    ends = shared + np.where(shared % step == 0, step, 1)
    between = step * np.round(edges / (one * step)).astype(np.int64)
    places = np.unique(np.concatenate([between, shared, ends]))
    scaled = places * one if one >= 1 else places / round(1 / one)
    return np.asarray(scaled, dtype=np.float64)
