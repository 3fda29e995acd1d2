"""What the vault answers for a price: public, noisy, and all that a private method ever sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from synth.lazily import np, npt
from synth.schema import Codes, Counts
from synth.schema.tables import IntCounts


@dataclass(frozen=True)
class Measurement:
    """Noisy counts over some columns: public, and all that a private method ever sees.

    Args:
        counts: one axis per column, in order; may be negative.
        sigma: standard deviation of the noise in each cell, in rows; 0 for exact counts.
    """

    columns: tuple[str, ...]
    counts: Counts = field(repr=False)  # exact where sigma is 0
    sigma: float


@dataclass(frozen=True)
class Distances:
    """How far some tables are from what was expected of them: public, and noisy.

    Args:
        rows: L1 distance of each candidate, in rows, in the order asked; may be negative.
        sigma: standard deviation of the noise in each; 0 for exact distances.
    """

    rows: npt.NDArray[np.float64] = field(repr=False)
    sigma: float


@dataclass(frozen=True)
class SharedSums:
    """Sums of statistics of rows shared among hidden groups.

    Args:
        sums: groups x statistics, one table per column.
        sigma: standard deviation of the noise in each, in units of the statistics.
    """

    sums: list[Counts] = field(repr=False)
    sigma: float


PARTS = 1024  # a row is shared among hidden groups in whole parts of this many


@dataclass(frozen=True, eq=False)
class Shares:
    """How likely a row belongs to each hidden group, given its states.

    Args:
        log_weights: one number per group.
        log_chances: states x groups, one table per column.
    """

    log_weights: npt.NDArray[np.float64]
    log_chances: Sequence[npt.NDArray[np.float64]]

    def of(self, codes: Sequence[Codes]) -> IntCounts:
        """Rows x groups: whole parts of `PARTS` that add up to it in each row."""
        score = np.tile(self.log_weights, (len(codes[0]), 1))
        for table, column in zip(self.log_chances, codes, strict=True):
            score += table[column]
        score = np.exp(score - score.max(axis=1, keepdims=True))
        parts = np.floor(score * (PARTS / score.sum(axis=1, keepdims=True))).astype(np.int64)
        best = parts.argmax(axis=1)
        parts[np.arange(len(parts)), best] += PARTS - parts.sum(axis=1)
        return np.asarray(parts)
