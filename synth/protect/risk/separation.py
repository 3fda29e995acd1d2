"""How well sets of columns tell rows apart: which of them are quasi-identifiers.

Reference: Motwani and Xu (2007), "Efficient algorithms for masking and finding quasi-identifiers".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from synth.budget.eyes import ForCustodian
from synth.errors import RiskError
from synth.lazily import np
from synth.protect.risk.classes import Classes, classes_of, refined
from synth.vault.coded import Coded

MOST_COMPARED = 12  # 4,095 subsets


@dataclass(frozen=True, repr=False)
class Separation(ForCustodian):
    """How far a set of columns goes.

    Args:
        distinction: different combinations per row (alpha-distinction).
        separation: share of all pairs of rows that differ somewhere in them (alpha-separation).
    """

    columns: tuple[str, ...]
    distinction: float
    separation: float


def separation(classes: Classes) -> Separation:
    """Distinction and separation of the columns that made these classes."""
    n = classes.rows
    together = float((classes.sizes.astype(np.float64) * (classes.sizes - 1)).sum())
    pairs = n * (n - 1)
    return Separation(
        classes.columns,
        len(classes.sizes) / n if n else 0.0,
        1.0 - together / pairs if pairs else 0.0,
    )


def separations(columns: Sequence[Coded], length: int = 0) -> tuple[Separation, ...]:
    """Every non-empty subset of the columns, those that tell most rows apart first.

    Args:
        length: the most columns in a subset; 0 for all of them.

    Raises:
        RiskError: there are more subsets than can be looked at while somebody waits.
    """
    length = min(length or len(columns), len(columns))
    subsets = sum(math.comb(len(columns), size) for size in range(1, length + 1))
    if subsets >= 2**MOST_COMPARED:
        raise RiskError(
            f"{len(columns)} columns have {subsets:,} subsets; at most {2**MOST_COMPARED - 1:,} "
            "are compared.",
            f"Choose at most {MOST_COMPARED} columns, or smaller subsets.",
        )
    found: list[Separation] = []
    rows = len(columns[0].codes) if columns else 0
    _extend(classes_of((), rows), columns, length, found)
    return tuple(sorted(found, key=lambda s: (-s.distinction, len(s.columns))))


def _extend(base: Classes, later: Sequence[Coded], length: int, found: list[Separation]) -> None:
    """Add each later column to the set, and go on from there."""
    for place, column in enumerate(later):
        label, groups = refined(base.of_row, len(base.sizes), column.codes, column.size)
        sizes = np.bincount(label, minlength=groups).astype(np.int64)
        made = Classes((*base.columns, column.name), label, sizes)
        found.append(separation(made))
        if len(made.columns) < length:
            _extend(made, later[place + 1 :], length, found)
