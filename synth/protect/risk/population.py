"""How many people are unique not only in the table but in the population it was drawn from.

Three models of class sizes in the population, and the rule that chooses between them for clinical
data: with a tenth of the population or less, Pitman (or else Zayatz); with more, the smaller of
SNB and Zayatz.

References: Hoshino (2001) for Pitman; Zayatz (1991); Chen and Keller-McNulty (1998) for the slide
negative binomial; Dankar, El Emam, Neisa, Roffey (2012), doi:10.1186/1472-6947-12-66, for the rule.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from synth.budget.eyes import ForCustodian
from synth.errors import RiskError
from synth.lazily import np, npt, special

SMALL_FRACTION = 0.1  # up to here Dankar's rule trusts Pitman


@dataclass(frozen=True, repr=False)
class PopulationUniques(ForCustodian):
    """Estimated share of rows whose person is unique in the population; NaN where a model fails.

    Args:
        model: which model the rule chose.
    """

    fraction: float
    pitman: float
    zayatz: float
    snb: float
    model: str

    @property
    def share(self) -> float:
        """The estimate of the chosen model."""
        return float({"Pitman": self.pitman, "Zayatz": self.zayatz, "SNB": self.snb}[self.model])


def population_uniques(histogram: Mapping[int, int], fraction: float) -> PopulationUniques:
    """Population uniqueness from a table that is a simple random sample.

    Args:
        histogram: number of classes of each size, as `Classes.histogram` gives it.
        fraction: rows of the table per person of the population, above 0 and at most 1.

    Raises:
        RiskError: the fraction is out of range.
    """
    if not 0 < fraction <= 1:
        raise RiskError(
            f"The sampling fraction is {fraction:g}, but must be above 0 and at most 1.",
            "Give the share of the population that is in the table.",
        )
    sizes = np.array(sorted(histogram), dtype=np.float64)
    counts = np.array([histogram[int(s)] for s in sizes], dtype=np.float64)
    rows = float(sizes @ counts)
    if fraction == 1 or not histogram.get(1):
        exact = histogram.get(1, 0) / rows if rows else 0.0
        return PopulationUniques(fraction, exact, exact, exact, "Zayatz")
    people = round(rows / fraction)
    pitman = _pitman(sizes, counts, people)
    zayatz = _zayatz(sizes, counts, people)
    snb = _slide_negative_binomial(sizes, counts, fraction)
    model = _chosen(fraction, pitman, zayatz, snb)
    return PopulationUniques(fraction, pitman, zayatz, snb, model)


def _chosen(fraction: float, pitman: float, zayatz: float, snb: float) -> str:
    """Dankar's rule."""
    if fraction <= SMALL_FRACTION:
        return "Pitman" if pitman > 0 else "Zayatz"
    return "SNB" if 0 < snb < zayatz else "Zayatz"


def _pitman(sizes: npt.NDArray[np.float64], counts: npt.NDArray[np.float64], people: int) -> float:
    """Maximum likelihood of the Pitman sampling formula, then the expected number of singletons."""
    rows, groups = float(sizes @ counts), float(counts.sum())
    if groups in (1.0, rows):
        return math.nan  # the likelihood has no maximum inside

    def loss(free: npt.NDArray[np.float64]) -> float:
        alpha, theta = _pitman_parameters(free)
        grown = (groups - 1) * math.log(alpha)
        grown += special.gammaln(theta / alpha + groups) - special.gammaln(theta / alpha + 1)
        drawn = special.gammaln(theta + rows) - special.gammaln(theta + 1)
        within = counts @ (special.gammaln(sizes - alpha) - special.gammaln(1 - alpha))
        return float(drawn - grown - within)

    from scipy.optimize import minimize

    found = minimize(loss, np.array([0.0, math.log(groups)]), method="Nelder-Mead")
    alpha, theta = _pitman_parameters(found.x)
    if not found.success or not 0 < alpha < 1:
        return math.nan
    log_singles = (
        math.log(people)
        + special.gammaln(theta + alpha + people - 1)
        - special.gammaln(theta + alpha)
        + special.gammaln(theta + 1)
        - special.gammaln(theta + people)
    )
    return float(min(1.0, math.exp(log_singles) / people))


def _pitman_parameters(free: npt.NDArray[np.float64]) -> tuple[float, float]:
    """alpha in (0, 1) and theta above -alpha, from two unbounded numbers."""
    alpha = float(np.clip(special.expit(free[0]), 1e-6, 1 - 1e-9))
    return alpha, math.exp(min(float(free[1]), 60.0)) - alpha


def _zayatz(sizes: npt.NDArray[np.float64], counts: npt.NDArray[np.float64], people: int) -> float:
    """Bayes: how likely a sample unique is a population unique, given the sample's classes."""
    rows = float(sizes @ counts)
    # Loaded only here: it takes longer to load than most commands take to run.
    from scipy.stats import hypergeom

    alone = hypergeom.pmf(1, people, sizes.astype(np.int64), round(rows))
    weights = counts / counts.sum() * alone
    total = float(weights.sum())
    return float(weights[0] / total * counts[0] / rows) if total > 0 else math.nan


def _slide_negative_binomial(
    sizes: npt.NDArray[np.float64], counts: npt.NDArray[np.float64], fraction: float
) -> float:
    """One plus a negative binomial per class, from the classes and the uniques that were seen."""
    rows, groups, unique = float(sizes @ counts), float(counts.sum()), float(counts[0])
    people, missed = rows / fraction, 1 - fraction

    def expected(free: npt.NDArray[np.float64]) -> tuple[float, float, float]:
        a, b = math.exp(float(np.clip(free[0], -30, 30))), float(special.expit(free[1]))
        b = min(max(b, 1e-12), 1 - 1e-12)
        all_classes = people / (1 + a * b / (1 - b))
        weight = math.exp(a * (math.log1p(-b) - math.log1p(-b * missed)))
        none = missed * weight
        one = fraction * weight * (1 + missed * a * b / (1 - b * missed))
        return (
            all_classes * (1 - none),
            all_classes * one,
            all_classes * math.exp(a * math.log1p(-b)),
        )

    def apart(free: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        seen, single, _ = expected(free)
        return np.array([seen / groups - 1, single / unique - 1])

    from scipy.optimize import least_squares

    found = least_squares(apart, np.array([0.0, 0.0]), bounds=(-25, 25))
    if not found.success or float(np.abs(found.fun).max()) > 1e-3:
        return math.nan
    return float(min(1.0, expected(found.x)[2] / people))
