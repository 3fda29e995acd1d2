"""Ends of a range that noise put beyond what a column's name allows.

In a small table noise makes ages of 229. A name is public, and so is how old people become: where a
look of its own shows no more than noise beyond such bounds, the range ends there. A column of that
name that holds something else, such as ages in months, keeps what was found.
"""

from __future__ import annotations

from synth.budget import Rho
from synth.budget.accounting import gaussian_sigma
from synth.ingest.named import words_of
from synth.ingest.public import PUBLIC, fitting
from synth.ingest.ranges import edges_anywhere, looker
from synth.lazily import np
from synth.schema import Column, Numbers
from synth.vault import PrivateTable

CHECKED = 0.1  # of what the ends cost, for the look at what lies beyond
KNOWN = (
    *("ages", "percentages", "months", "days-of-month", "weekdays", "hours", "years"),
    *("latitudes", "longitudes", "quarters"),
)


def bounds_by_name(name: str) -> tuple[float, float] | None:
    """The least and the largest number of a column of this name; None where it may hold any."""
    found = [PUBLIC[key] for key in fitting(words_of(name)) if key in KNOWN]
    return (float(found[0].low), float(found[0].high)) if found else None


def plausible_edges(
    private: PrivateTable, column: Column, rho: Rho, step: float
) -> tuple[float, ...]:
    """Where to cut a column of which nothing is declared, within what its name allows."""
    bounds = bounds_by_name(column.name) if isinstance(column.domain, Numbers) else None
    if bounds is None:
        return edges_anywhere(private, column, rho, step)
    edges = edges_anywhere(private, column, Rho((1 - CHECKED) * rho), step)
    low, end = bounds[0], bounds[1] + (step or 1.0)
    inside = tuple(e for e in edges if low <= e <= end)
    if len(inside) == len(edges) or len(inside) < 2:
        return edges
    ends = np.unique([min(edges[0], low), low, end, max(edges[-1], end)])
    check = Rho(CHECKED * rho)
    counts = looker(private, column, check)(ends)
    beyond = float(counts.sum() - counts[int(np.searchsorted(ends, low))])
    if beyond > gaussian_sigma(check, private.rows_per_person):
        return edges
    outer = [low] * (edges[0] < low) + [end] * (edges[-1] > end)
    return tuple(float(e) for e in np.unique([*inside, *outer]))
