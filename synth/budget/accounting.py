"""What noise is worth: one currency, rho, and what each mechanism pays in it.

rho is half the squared mu of Gaussian differential privacy. For Gaussian noise it is the rho of
zero-concentrated privacy too, it adds up however later steps depend on earlier answers, and its
conversion to (epsilon, delta) is exact, where the zero-concentrated one wastes a tenth. Every
mechanism here is mu-GDP for a mu that is known exactly, or bounded within a thousandth.

Reference: Dong, Roth, Su (2022), "Gaussian differential privacy", arXiv:1905.02383; adaptive
composition: Koskela, Tobaben, Honkela (2023), arXiv:2209.15596; Smith, Thakurta (2022),
arXiv:2210.17520.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable

from synth.lazily import special

WIDENED = 1 / 11  # variance that makes up for a Gaussian being drawn on whole numbers
LEAST_RHO, MOST_RHO = 1e-24, 1e6
STEPS = 1 << 60
ABSOLUTE = math.sqrt(2 / math.pi)  # mean absolute value of a standard Gaussian


def log_delta_of(rho: float, epsilon: float) -> float:
    """Natural logarithm of the smallest delta for which rho gives (epsilon, delta).

    Reference: Dong, Roth, Su (2022), corollary 1.
    """
    mu = math.sqrt(2 * rho)
    first = float(special.log_ndtr(mu / 2 - epsilon / mu))
    second = epsilon + float(special.log_ndtr(-mu / 2 - epsilon / mu))
    if second >= first:  # closer than doubles can tell: below any delta of use
        return -math.inf
    return first + math.log(-math.expm1(second - first))


def delta_of(rho: float, epsilon: float) -> float:
    """Smallest delta for which rho gives (epsilon, delta)."""
    return math.exp(log_delta_of(rho, epsilon)) if rho > 0 else 0.0


def epsilon_of(rho: float, delta: float) -> float:
    """Smallest epsilon for which rho gives (epsilon, delta); infinite for infinite rho."""
    if rho <= 0 or delta_of(rho, 0.0) <= delta:
        return 0.0
    if math.isinf(rho):
        return math.inf

    def excess(epsilon: float) -> float:
        return max(log_delta_of(rho, epsilon), -1e9) - math.log(delta)

    ceiling = rho + 2 * math.sqrt(rho * math.log(1 / delta)) + 1e-9  # the zero-concentrated one
    return _first(lambda epsilon: excess(epsilon) <= 0, 0.0, ceiling)


def rho_of(epsilon: float, delta: float) -> float:
    """Largest rho that stays within (epsilon, delta)."""
    if math.isinf(epsilon):
        return math.inf

    def excess(log_rho: float) -> float:
        return max(log_delta_of(math.exp(log_rho), epsilon), -1e9) - math.log(delta)

    low, high = math.log(LEAST_RHO), math.log(MOST_RHO)
    if excess(low) > 0:
        return 0.0
    if excess(high) < 0:
        return MOST_RHO
    too_much = _first(lambda log_rho: excess(log_rho) > 0, low, high)
    return math.exp(too_much - 2e-9)  # what a sum may be out by


def _first(holds: Callable[[float], bool], low: float, high: float) -> float:
    """The first number from `low` on at which a condition holds that then goes on to hold.

    By halving a grid that is finer than doubles are: scipy.optimize, for one root, would take
    longer to load than everything else a release needs.
    """
    step = (high - low) / STEPS
    return low + step * bisect_left(range(STEPS), True, key=lambda i: holds(low + i * step))


def gaussian_sigma(rho: float, sensitivity: float) -> float:
    """Scale of discrete Gaussian noise worth rho, for counts one person moves by `sensitivity`.

    On whole numbers a discrete Gaussian of scale sigma is mu-GDP with mu = 2 F(P(X <= 0)), F the
    normal quantile function: the worst threshold is the one at the centre. That lies below
    1 / sqrt(sigma^2 - 1/11), the mu of a continuous Gaussian of a slightly smaller variance.
    """
    return math.sqrt(sensitivity**2 / (2 * rho) + WIDENED)


def stability_threshold(rho: float, delta: float, rows_per_person: int) -> int:
    """The noisy count below which a value is kept secret, where counts are worth rho.

    A person alone with a value has at most `rows_per_person` rows of it, and at most that many such
    values; one of them reaches the threshold with a chance of at most delta. A discrete Gaussian
    reaches x no more often than a continuous one reaches x - 1.
    """
    sigma = gaussian_sigma(rho, rows_per_person)
    far = -float(special.ndtri_exp(math.log(delta / rows_per_person)))
    return rows_per_person + 1 + math.ceil(sigma * far)


def looked_at(threshold: int) -> int:
    """How many rows a value may need before it is counted with noise at all: a twentieth.

    So that an engine need not hand out values that hardly any rows share, which of a column of real
    numbers are as many as there are rows. What is so left out moves the threshold by as much: of
    two tables that differ by one person, where a value is looked at in one alone it has at most
    `looked_at - 1 + rows_per_person` rows there, as far below the threshold as before.
    """
    return 1 + max(1, threshold // 20)


def laplace_scale(rho: float, sensitivity: float) -> float:
    """Scale of discrete Laplace noise worth rho.

    It is epsilon-DP for epsilon = sensitivity / scale, and that is mu-GDP for F(mu / 2) =
    1 / (1 + exp(-epsilon)), F the normal distribution function.
    """
    return sensitivity / pure_epsilon(rho)


def pure_epsilon(rho: float) -> float:
    """The epsilon of a pure epsilon-DP mechanism that is worth rho."""
    half = math.sqrt(rho / 2)
    return float(special.log_ndtr(half) - special.log_ndtr(-half))


def selection_epsilon(rho: float) -> float:
    """The epsilon of an exponential mechanism worth rho.

    Its log-chances differ between neighbours by at most epsilon from best to worst, which is
    mu-GDP for F(mu / 2) = 1 / (1 + exp(-epsilon / 2)): the worst case is the symmetric one.

    Reference: Dong, Durfee, Rogers (2020), arXiv:1909.13830, for bounded range.
    """
    return 2 * pure_epsilon(rho)
