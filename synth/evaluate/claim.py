"""What surely was given away, worked out from how often canaries were told: lower bounds.

A bound above what is claimed proves that the claim is wrong; one below it proves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from synth.budget.eyes import ForCustodian
from synth.lazily import np, special

SURE = 0.999  # that a bound holds, for each table that was tried
ALPHAS = (1.001, *(1.0 + 0.05 * 1.25**i for i in range(30)))  # orders of Rényi that are tried


@dataclass(frozen=True, repr=False)
class Told(ForCustodian):
    """How often a test said "in it".

    Args:
        hits: of `inside` trainings with the canary.
        alarms: of `outside` trainings without it.
    """

    hits: int
    inside: int
    alarms: int
    outside: int

    def and_one(self, *, said: bool, inside: bool) -> Told:
        """With one more training."""
        return Told(
            self.hits + (said and inside),
            self.inside + inside,
            self.alarms + (said and not inside),
            self.outside + (not inside),
        )

    def least_epsilon(self, delta: float, sure: float = SURE) -> float:
        """The least epsilon that explains it, at that delta.

        Reference: Jagielski, Ullman, Oprea (2020), arXiv:2006.07709, with Clopper and Pearson's
        bounds; also with the roles of the two worlds swapped.
        """
        found = 0.0
        for often, seldom in self._bounds(sure):
            if often > delta:
                found = max(found, math.log((often - delta) / seldom))
        return found

    def least_rho(self, sure: float = SURE) -> float:
        """The least rho (zero-concentrated) that explains it: divergence of order a is a rho.

        Reference: Bun and Steinke (2016), arXiv:1605.02065, definition 1.1; a test is a function
        of the release, so its two outcomes are no further apart.
        """
        told = (divergence(p, q, a) / a for p, q in self._bounds(sure) if p > q for a in ALPHAS)
        return max(told, default=0.0)

    def _bounds(self, sure: float) -> tuple[tuple[float, float], ...]:
        """How often it says so at least in one world, and at most in the other; both ways."""
        miss = (1 - sure) / 4  # of four one-sided bounds
        hit = bounds(self.hits, self.inside, miss)
        alarm = bounds(self.alarms, self.outside, miss)
        return (hit[0], alarm[1]), (1 - alarm[1], 1 - hit[0])


def bounds(successes: int, trials: int, miss: float) -> tuple[float, float]:
    """Clopper and Pearson's (1934) bounds of a share, each wrong with a chance of `miss` at most.

    >>> tuple(round(x, 3) for x in bounds(0, 10, 0.025))
    (0.0, 0.308)
    """
    low = special.betaincinv(successes, trials - successes + 1, miss) if successes else 0.0
    most = trials - successes
    high = special.betaincinv(successes + 1, most, 1 - miss) if most else 1.0
    return float(low), float(high)


def divergence(p: float, q: float, order: float) -> float:
    """Rényi's divergence of a coin of p from one of q, 0 < q < 1."""
    parts = [
        order * math.log(a) + (1 - order) * math.log(b)
        for a, b in ((p, q), (1 - p, 1 - q))
        if a > 0
    ]
    return float(special.logsumexp(parts)) / (order - 1)


def least_share(right: Sequence[float], sure: float = SURE) -> float:
    """The least chance of a right guess that explains which share of them was right, by training.

    Were the chance p at most, the product of right / p over trainings, which are independent, would
    be 1 at most in expectation, and so beyond 1 / (1 - sure) with a chance of 1 - sure at most
    (Markov; Waudby-Smith and Ramdas 2023, arXiv:2010.09686, with all that is at hand staked). How
    the guesses of one training hang together does not matter.

    >>> round(least_share([0.9] * 100), 3)
    0.84
    """
    if not right or min(right) <= 0:
        return 0.0
    mean = sum(map(math.log, right)) / len(right)
    return math.exp(mean + math.log(1 - sure) / len(right))


def epsilon_of_share(share: float, delta: float) -> float:
    """The least epsilon under which a fair coin is told so often.

    At most with a chance of (e^epsilon + delta) / (1 + e^epsilon). Reference: Kairouz, Oh,
    Viswanath (2017), arXiv:1311.0776.
    """
    if share <= 0.5:
        return 0.0
    return max(0.0, math.log((share - delta) / (1 - share))) if share < 1 else math.inf


def rho_of_share(share: float) -> float:
    """The least rho (zero-concentrated) under which a fair coin is told so often.

    Divergence is convex, so that the test that errs as often in both worlds asks for least.
    """
    if not 0.5 < share < 1:
        return 0.0 if share <= 0.5 else math.inf
    return max(divergence(share, 1 - share, a) / a for a in ALPHAS)


def least_of_one_run(
    canaries: int, guesses: int, right: int, delta: float, sure: float = SURE
) -> float:
    """The least epsilon that explains how many guesses were right, of one training.

    Args:
        canaries: that were each in the table or not by a fair coin.
        guesses: of them, those that were guessed at.

    Reference: Steinke, Nasr, Jagielski (2023), arXiv:2305.08846, theorem 5.2.
    """
    low, high = 0.0, 50.0
    if _chance(canaries, guesses, right, 0.0, delta) > 1 - sure:
        return 0.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        if _chance(canaries, guesses, right, middle, delta) > 1 - sure:
            high = middle
        else:
            low = middle
    return low


def _chance(canaries: int, guesses: int, right: int, epsilon: float, delta: float) -> float:
    """At most, of so many right guesses, were (epsilon, delta) true."""
    p = 1 / (1 + math.exp(-epsilon))
    k = np.arange(guesses + 1)
    logs = (
        special.gammaln(guesses + 1)
        - special.gammaln(k + 1)
        - special.gammaln(guesses - k + 1)
        + special.xlogy(k, p)
        + special.xlogy(guesses - k, 1 - p)
    )
    mass = np.exp(logs)
    below = np.cumsum(mass[:right][::-1])  # of right - i to right - 1, for i = 1, 2, …
    most = float(np.max(below / np.arange(1, right + 1))) if right else 0.0
    return min(1.0, float(mass[right:].sum()) + 2 * canaries * delta * most)
