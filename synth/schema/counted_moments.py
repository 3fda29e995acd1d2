"""Moments that are written as a number: of days as Excel counts them, of seconds since 1970.

Each way has a name in place of a format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from synth.lazily import np, pd
from synth.schema.values import Values

DAY = 86_400.0
EXCEL, EXCEL_MOMENT, EPOCH, EPOCH_MS = "excel", "excel moment", "epoch", "epoch ms"
SHORTEST = 15  # digits of a number that tell all doubles apart but for noise


@dataclass(frozen=True)
class Counted:
    """How moments are counted.

    Args:
        unit: seconds in one of what is counted.
        start: the count at the beginning of 1970.
        least, most: counts that are taken for a moment.
        whole: whether parts of one do not occur.
        tells: seconds between two moments that are told apart.
    """

    unit: float
    start: float
    least: float
    most: float
    whole: bool
    tells: float

    def seconds(self, values: pd.Series) -> Values:
        """Counts as seconds since 1970; NaN for what is none."""
        counts = np.array(pd.to_numeric(values.astype(object), errors="coerce"), dtype=np.float64)
        fits = (counts >= self.least) & (counts <= self.most)
        fits &= (counts == np.floor(counts)) | (not self.whole)
        found: Values = np.round((np.where(fits, counts, np.nan) - self.start) * self.unit, 3)
        return found

    def written(self, seconds: Values) -> pd.Series:
        """Seconds since 1970 as counts; None for NaN."""
        counts = np.where(np.isnan(seconds), 0.0, seconds) / self.unit + self.start
        if self.whole:
            told = pd.Series(np.floor(counts + 1e-6).astype(np.int64)).astype(str).astype(object)
        else:
            told = pd.Series([f"{c:.{SHORTEST}g}" for c in counts], dtype=object)
        told[np.isnan(seconds)] = None
        return told


COUNTED: Mapping[str, Counted] = {
    EXCEL: Counted(DAY, 25_569, 1, 2_958_465, whole=True, tells=DAY),  # 1970-01-01, 9999-12-31
    EXCEL_MOMENT: Counted(DAY, 25_569, 1, 2_958_465, whole=False, tells=1.0),
    EPOCH: Counted(1.0, 0, -6_000_000_000, 10_000_000_000, whole=True, tells=1.0),
    EPOCH_MS: Counted(0.001, 0, -6e12, 1e13, whole=True, tells=0.001),
}
