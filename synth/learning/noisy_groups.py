"""Differentially private counts of attribute combinations: noisy marginals that agree.

Every set of up to L columns is measured with its share of rho. Then the tables are made to agree
from the top down: no negatives, pairs sum to the singles, triples to the pairs. What noise alone
would explain is dropped. The categories are the schema's, so no threshold has to protect them.

Reference: Gopi, Mahabadi and Yekhanin, "DP marginals" (the differentially private mode of
Microsoft's Synthetic Data Showcase) for the shares by length and the thresholds against
fabrication; consistency from Barak et al. (2007, PODS). Theirs clip a person's combinations to a
private percentile, because their number of combinations varies; here every person has one state
in each column, and nothing is clipped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations as subsets

from synth.budget import Rho
from synth.combinations.counting import Combinations
from synth.combinations.tabled import Axes, sets_of, tabled
from synth.errors import MethodError
from synth.lazily import special
from synth.learning.consistency import nearest, raked, total_of
from synth.learning.method import modelled_names
from synth.schema import Counts
from synth.vault import Attributes, Counting, Groups, Measurement, PrivateTable
from synth.vault.attributes import attributes_of, told_alone
from synth.wording import so_many

ACCURACY = ("long", "balanced", "short")
FABRICATION = ("uncontrolled", "balanced", "progressive", "minimal")
MOST_CELLS = 2_000_000  # of a table worth measuring
SWEEPS = 10


@dataclass(frozen=True, eq=False)
class NoisyGroups:
    """Noisy counts that agree, and the standard deviation of the noise by length."""

    groups: Groups
    sigma: tuple[float, ...]


def noisy_groups(
    private: PrivateTable,
    counting: Counting,
    rho: Rho,
    *,
    accuracy: str = "long",
    fabrication: str = "balanced",
) -> NoisyGroups:
    """Noisy counts of combinations up to `counting.length`, worth `rho`.

    Args:
        accuracy: which lengths get the larger share: "long", "balanced" or "short".
        fabrication: how far small counts, which noise may have made up, are dropped.

    Raises:
        MethodError: a column of several values is asked for, which cannot be measured.
    """
    if counting.several:
        raise MethodError(
            f"{', '.join(counting.several)} hold several values, which cannot be measured.",
            "Leave these columns out, or use counts that are rounded.",
        )
    columns = counting.columns or modelled_names(private.schema)
    shape = private.schema.shape(columns)
    sets = sets_of(shape, counting.length, MOST_CELLS)
    measured = _measured(private, columns, sets, rho, accuracy)
    tables = _agreeing(measured)
    sigma = tuple(max(m.sigma for a, m in measured.items() if len(a) == n) for n in _lengths(sets))
    names = tuple(attributes_of(private.schema, c, counting) for c in columns)
    found = _kept(tables, names, sigma, fabrication)
    return NoisyGroups(told_alone(names, found), sigma)


def _lengths(sets: Sequence[Axes]) -> range:
    return range(1, max(map(len, sets)) + 1)


def _measured(
    private: PrivateTable, columns: Sequence[str], sets: Sequence[Axes], rho: Rho, accuracy: str
) -> dict[Axes, Measurement]:
    longest = max(map(len, sets))
    weight = {
        n: {"long": float(n), "balanced": 1.0, "short": float(longest - n + 1)}[accuracy] ** 2
        for n in _lengths(sets)
    }
    whole = sum(weight.values())
    found = {}
    for axes in sets:
        alike = sum(len(other) == len(axes) for other in sets)
        share = Rho(rho * weight[len(axes)] / whole / alike)
        purpose = f"counts of {so_many(len(axes), 'attribute')}"
        found[axes] = private.measure([columns[a] for a in axes], share, purpose)
    return found


def _agreeing(measured: Mapping[Axes, Measurement]) -> dict[Axes, Counts]:
    """Tables without negatives whose margins are the shorter tables."""
    total = total_of([m for axes, m in measured.items() if len(axes) == 1])
    tables: dict[Axes, Counts] = {}
    for axes, measurement in measured.items():
        table = nearest(measurement.counts, total).reshape(measurement.counts.shape)
        margins = [
            (tuple(axes.index(a) for a in shorter), tables[shorter])
            for shorter in subsets(axes, len(axes) - 1)
            if len(axes) > 1
        ]
        tables[axes] = raked(table, margins, SWEEPS) if margins else table
    return tables


def _kept(
    tables: Mapping[Axes, Counts],
    names: Sequence[Attributes],
    sigma: Sequence[float],
    fabrication: str,
) -> Combinations:
    """Counts above what noise would explain, of combinations whose parts were all kept."""
    counted = [n.counted for n in names]
    rows = round(float(next(iter(tables.values())).sum()))

    def least(length: int) -> float:
        return max(0.5, _threshold(length, len(sigma), fabrication) * sigma[length - 1])

    return tabled(tables.items(), counted, rows, len(sigma), least)


def _threshold(length: int, longest: int, fabrication: str) -> float:
    """In standard deviations of the noise: what a share eta of empty cells would exceed."""
    if length == 1:
        return 0.0
    eta = {
        "uncontrolled": 1.0,
        "balanced": 0.55 if length == 2 else 1.0,
        "progressive": 0.1 + 0.9 * (length - 2) / max(longest - 2, 1),
        "minimal": 0.01,
    }[fabrication]
    return float(special.ndtri(1 - eta / 2))
