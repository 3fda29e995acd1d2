"""Where numbers and dates are cut for a promise of k: at round ones, with k people between them.

A suggestion cuts a column at values of its rows, and begins and ends it at the smallest and the
largest one: each is somebody's. Here an interval ends at the roundest number within a quarter of an
interval's people, holds at least k rows, and the ends of the column are round numbers with k rows
beyond them or at them. Who is further out is in no interval, and changes none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from synth.budget import Audience
from synth.ingest.masses import step_of
from synth.ingest.suggest import FEW, INTERVALS
from synth.lazily import np, pd
from synth.schema import Column, Dates, Numbers, Origin
from synth.schema.edges import whole_edges
from synth.schema.tables import IntCounts
from synth.schema.values import Values
from synth.vault import PrivateTable

DAY = 86400.0
CUT = "where to cut between groups of k people"
Cut: TypeAlias = tuple[float, ...]


def cut_for(private: PrivateTable, k: int) -> PrivateTable:
    """The same rows, with the numbers and dates that were cut at values of theirs cut anew.

    Between declared bounds too, where equal intervals, a first guess, would lose what many share.
    """
    return _cut_where(private, k, (Origin.OBSERVED, Origin.BOUNDED))


def cut_between(private: PrivateTable) -> PrivateTable:
    """The same rows, cut by what they hold between bounds that are declared; without a promise."""
    return _cut_where(private, 1, (Origin.BOUNDED,))


def _cut_where(private: PrivateTable, k: int, origins: tuple[Origin, ...]) -> PrivateTable:
    schema = private.schema
    for column in schema.modelled:
        domain = column.domain
        if isinstance(domain, Numbers | Dates) and domain.origin in origins:
            texts, rows = private.exact_values(column.name, CUT, Audience.CUSTODIAN)
            schema = schema.replaced(_cut(column, domain, texts, rows, k))
    return private.declare(schema)


def _cut(
    column: Column, domain: Numbers | Dates, texts: tuple[str, ...], rows: IntCounts, k: int
) -> Column:
    among = ~np.isin(np.asarray(texts, dtype=object), domain.codes)
    measured = domain.measured(pd.Series(list(texts), dtype=object))
    among &= ~np.isnan(measured)
    bounded = domain.origin is Origin.BOUNDED
    if bounded:
        among &= (measured >= domain.edges[0]) & (measured < domain.edges[-1])
    order = np.argsort(measured[among], kind="stable")
    values, counts = measured[among][order], rows[among][order]
    edges = edges_for(values, counts, k, domain)
    if len(edges) < 2:
        return column
    if bounded:
        inside = [e for e in edges[1:-1] if domain.edges[0] < e < domain.edges[-1]]
        edges = (domain.edges[0], *inside, domain.edges[-1])
    return replace(column, domain=replace(domain, edges=edges))


def edges_for(values: Values, rows: IntCounts, k: int, domain: Numbers | Dates) -> Cut:
    """The edges of intervals of at least k rows; none where there are too few.

    Args:
        values: different ones, the smallest first, and how many rows have each.
    """
    total = int(rows.sum())
    if total < 2 * k:
        return ()
    reached = np.cumsum(rows)
    place = np.searchsorted
    low = float(values[place(reached, k)])
    high = float(values[place(reached, total - k + 1)])
    step = step_of(domain)
    one = DAY if isinstance(domain, Dates) else 1.0
    if step == one and high - low < FEW * one and max(-low, high) < 2**53:
        return tuple(e * one for e in whole_edges(round(low / one), round(high / one), FEW))
    parts = min(INTERVALS, total // (2 * k))
    rank = np.minimum(np.arange(1, 4 * parts) * total / (4 * parts), total)
    quarter = values[place(reached, rank)]
    cuts = [rounded(float(a), float(b), domain) for a, b in _around(quarter)]
    width = (high - low) / parts
    ends = (rounded(low - width / 2, low, domain), rounded(high, high + width / 2, domain, up=True))
    shared = values[rows > max(total / INTERVALS, k)]
    every = np.asarray([*cuts, *shared, *(shared + _least(domain, high)), *ends])
    inside = np.unique(every[(every >= ends[0]) & (every <= ends[1])])
    apart = np.concatenate([[True], np.diff(inside) > _least(domain, high) / 2])
    return tuple(map(float, inside[apart]))


def _around(quarter: Values) -> Iterator[tuple[float, float]]:
    """What lies a quarter of an interval before and after each cut."""
    yield from zip(quarter[2::4], quarter[4::4], strict=False)


def _least(domain: Numbers | Dates, high: float) -> float:
    """The least difference of two values, as far as doubles can tell."""
    return max(step_of(domain), 2 * float(np.spacing(abs(high))))


def rounded(low: float, high: float, domain: Numbers | Dates, *, up: bool = False) -> float:
    """The roundest number or moment above `low` and up to `high`; with `up`, beyond `low` only."""
    found = next((x for x in _candidates(low, high, domain) if low < x <= high), high)
    return found + _least(domain, high) if up and found <= low else found


def _candidates(low: float, high: float, domain: Numbers | Dates) -> Iterator[float]:
    """Multiples of ever finer steps, the last up to `high`."""
    if low < 0 <= high:
        yield 0.0
    if isinstance(domain, Dates):
        units = [DAY * n for n in (1000, 500, 200, 100, 50, 20, 10, 5, 2, 1)]
        units += [] if (high - low) > DAY else [43200.0, 21600.0, 3600.0, 900.0, 300.0, 60.0]
        yield from (math.floor(high / unit) * unit for unit in units)
        return
    top = math.ceil(math.log10(max(abs(low), abs(high), 1e-300))) + 1
    for power in range(top, top - 18, -1):
        for lead in (5, 2, 1):
            unit = lead * 10.0**power
            yield round(math.floor(high / unit) * unit, max(0, -power))
