"""Ends of a range that noise put beyond what a column's name allows.

In a small table noise makes ages of 229. A name is public, and so is how old people become: the
first look is closer within such bounds, and what lies beyond them has to be sure. A column of that
name that holds something else, such as ages in months, keeps what was found.
"""

from __future__ import annotations

from synth.budget import Rho
from synth.ingest.named import words_of
from synth.ingest.public import PUBLIC, fitting
from synth.ingest.ranges import edges_anywhere
from synth.schema import Column, Numbers
from synth.vault import PrivateTable

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
    if bounds is not None:
        bounds = bounds[0], bounds[1] + (step or 1.0)
    return edges_anywhere(private, column, rho, step, bounds)
