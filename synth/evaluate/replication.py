"""Estimates from several synthetic tables, combined so that their intervals are honest.

Each table must come from a model learnt anew from what the noise and the sampling of people might
have been (the method *twins*); several draws from one model know nothing of either.

Reference: Raghunathan, Reiter, Rubin (2003), "Multiple imputation for statistical disclosure
limitation", Journal of Official Statistics 19(1), for the variance and its degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from synth.errors import MethodError
from synth.lazily import np, special


@dataclass(frozen=True)
class Combined:
    """One number estimated from several synthetic tables.

    Args:
        estimate: mean of the tables' estimates.
        variance: of that estimate, for the people the real table was drawn from.
        degrees: degrees of freedom of its t distribution.
        calibrated: whether the columns it needs were measured together; if not, the interval
            leaves out what the model never saw, and is not to be trusted.
    """

    estimate: float
    variance: float
    degrees: float
    calibrated: bool = True

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Lower and upper end of the confidence interval."""
        half = float(special.stdtrit(self.degrees, (1 + level) / 2)) * math.sqrt(self.variance)
        return self.estimate - half, self.estimate + half

    def __str__(self) -> str:
        low, high = self.interval()
        told = f"{self.estimate:.4g}, between {low:.4g} and {high:.4g} with 95 % confidence"
        if self.calibrated:
            return told
        return f"{told} (not calibrated: these columns were not measured together)"


def combined(
    estimates: Sequence[float],
    variances: Sequence[float],
    *,
    calibrated: bool = True,
    drawn: int = 1,
    real: int = 1,
) -> Combined:
    """Combine an estimate made from each of m tables: T = (1 + 1/m) b - u.

    Args:
        estimates: of the same number, one from each table.
        variances: of each, as the usual formula for a sample of that size gives it.
        drawn: rows of each synthetic table, and
        real: about how many the real one had; their ratio scales the fallback for T <= 0.

    Raises:
        MethodError: fewer than two tables.
    """
    m = len(estimates)
    if m < 2 or len(variances) != m:
        raise MethodError(
            f"Intervals need two or more synthetic tables, but there are {m}.",
            "Draw several copies with the method twins; twenty is a good number.",
        )
    between, within = float(np.var(estimates, ddof=1)), float(np.mean(variances))
    spread = (1 + 1 / m) * between
    total = spread - within
    if total <= 0:
        total, degrees = within * drawn / real, float(m - 1)
    else:
        degrees = (m - 1) * (1 - within / spread) ** 2
    return Combined(float(np.mean(estimates)), total, max(1.0, degrees), calibrated)
