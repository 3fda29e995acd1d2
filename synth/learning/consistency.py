"""Turning noisy counts into tables that could be counts: no negatives, totals and margins agree."""

from __future__ import annotations

import math
from collections.abc import Sequence

from synth.lazily import np
from synth.schema import Counts
from synth.vault import Measurement


def total_of(measurements: Sequence[Measurement]) -> float:
    """The number of rows behind some measurements: the mean of their sums, by inverse variance."""
    exact = [m for m in measurements if m.sigma == 0]
    if exact:
        return max(1.0, float(exact[0].counts.sum()))
    weights = [1 / (m.counts.size * m.sigma**2) for m in measurements]
    sums = [float(m.counts.sum()) for m in measurements]
    return max(1.0, math.fsum(w * s for w, s in zip(weights, sums, strict=True)) / sum(weights))


def nearest(counts: Counts, total: float) -> Counts:
    """The table without negatives and with this total that is nearest in least squares.

    Reference: Duchi et al. (2008), ICML, algorithm of figure 1.
    """
    falling = np.sort(counts.ravel())[::-1]
    shift = (np.cumsum(falling) - total) / np.arange(1, falling.size + 1)
    last = np.flatnonzero(falling - shift > 0)
    return np.asarray(np.maximum(counts - shift[last[-1] if last.size else 0], 0))


def raked(
    table: Counts, margins: Sequence[tuple[Sequence[int], Counts]], sweeps: int = 30
) -> Counts:
    """Scale `table` in turn to each margin (axes, counts over those axes), as raking does.

    Cells that are 0 stay 0 unless a whole margin is empty there, which is then filled evenly.

    Reference: Deming and Stephan (1940), iterative proportional fitting.
    """
    fitted = table + 1e-9 * max(float(table.sum()), 1.0) / table.size
    for _ in range(sweeps):
        for axes, wanted in margins:
            rest = tuple(i for i in range(table.ndim) if i not in axes)
            have = fitted.sum(axis=rest, keepdims=True)
            goal = np.expand_dims(wanted, rest) if rest else wanted
            fitted = fitted * (goal / np.maximum(have, 1e-300))
    return fitted
