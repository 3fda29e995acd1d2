"""What the vault answers for a price: public, noisy, and all that a private method ever sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth.schema import Counts


@dataclass(frozen=True)
class Measurement:
    """Noisy counts over some columns: public, and all that a private method ever sees.

    Args:
        counts: one axis per column, in order; may be negative.
        sigma: standard deviation of the noise in each cell, in rows; 0 for exact counts.
    """

    columns: tuple[str, ...]
    counts: Counts
    sigma: float


@dataclass(frozen=True)
class Distances:
    """How far some tables are from what was expected of them: public, and noisy.

    Args:
        rows: L1 distance of each candidate, in rows, in the order asked; may be negative.
        sigma: standard deviation of the noise in each; 0 for exact distances.
    """

    rows: npt.NDArray[np.float64]
    sigma: float


@dataclass(frozen=True)
class SharedSums:
    """Sums of statistics of rows shared among hidden groups.

    Args:
        sums: groups x statistics, one table per column.
        sigma: standard deviation of the noise in each, in units of the statistics.
    """

    sums: list[Counts]
    sigma: float
