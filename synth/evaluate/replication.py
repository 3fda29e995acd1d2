"""Estimates from several synthetic tables, combined so that their intervals are honest.

Two rules. Tables of which each comes from a model learnt anew, from what the noise and the sampling
of people might have been (the method *twins*), show by their differences what both may have done:
`combined`. Several draws from one model know nothing of either. Where no noise was added, the
sampling of people is known from the number of them: `drawn_from_one`. Where it was, nothing in such
tables says how far it went, and no rule makes an honest interval of them.

Reference: Raghunathan, Reiter, Rubin (2003), "Multiple imputation for statistical disclosure
limitation", Journal of Official Statistics 19(1), for replicates; Raab, Nowok, Dibben (2016),
"Practical data synthesis for large samples", Journal of Privacy and Confidentiality 7(3), for draws
from one model.
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
        doubt: why the interval is not to be trusted; "" where it is.
    """

    estimate: float
    variance: float
    degrees: float
    doubt: str = ""

    @property
    def calibrated(self) -> bool:
        """Whether intervals like this one cover as often as they say."""
        return not self.doubt

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Lower and upper end of the confidence interval."""
        at = (1 + level) / 2
        normal = math.isinf(self.degrees)
        times = special.ndtri(at) if normal else special.stdtrit(self.degrees, at)
        half = float(times) * math.sqrt(self.variance)
        return self.estimate - half, self.estimate + half

    def __str__(self) -> str:
        low, high = self.interval()
        told = f"{self.estimate:.4g}, between {low:.4g} and {high:.4g} with 95 % confidence"
        return f"{told} (not to be trusted: {self.doubt})" if self.doubt else told


def combined(
    estimates: Sequence[float],
    variances: Sequence[float],
    *,
    doubt: str = "",
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
    return Combined(float(np.mean(estimates)), total, max(1.0, degrees), doubt)


def drawn_from_one(
    estimates: Sequence[float],
    variances: Sequence[float],
    *,
    drawn: int,
    real: int,
    doubt: str = "",
) -> Combined:
    """Combine an estimate made from each of m tables of one model: T = (k/n + 1/m) u.

    Holds for a model that was learnt without noise, is right about what is estimated, and from
    many people; one table is enough.

    Args:
        estimates, variances: as for `combined`.
        drawn: rows of each synthetic table (k), and
        real: of the real one (n).

    Raises:
        MethodError: there is no table, or it is not known how many rows the real one had.
    """
    m = len(estimates)
    if not m or len(variances) != m or real < 1 or drawn < 1:
        raise MethodError(
            "An interval needs a synthetic table, and the number of rows of the real one.",
            "Ask the custodian for both.",
        )
    variance = (drawn / real + 1 / m) * float(np.mean(variances))
    return Combined(float(np.mean(estimates)), variance, math.inf, doubt)
