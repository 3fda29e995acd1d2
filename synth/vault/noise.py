"""Exact noise on whole counts: discrete Gaussian, discrete Laplace, and noisy selection.

A draw is looked up in a table of cumulative chances held as whole numbers; the chances are
certified to the last of 64 bits, and a draw that 64 random bits do not decide asks for more bits.
Floating point never decides an outcome, all randomness comes from the operating system, and the
noise is added to the count itself, in integers: what leaks through the last bits of a double
(Mironov 2012, doi:10.1145/2382196.2382264) has nothing to leak through.

Laws wider than `WIDE` steps are drawn on a coarse grid, then uniformly within a step, and kept
with the chance that makes up the difference (Karney 2016, arXiv:1303.6257).

Reference: Canonne, Kamath, Steinke (2020), arXiv:2004.00010, for the discrete Gaussian.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from typing import Protocol, TypeAlias

from synth.errors import BudgetError
from synth.lazily import np, npt

Whole: TypeAlias = "npt.NDArray[np.int64]"
Words: TypeAlias = "npt.NDArray[np.uint64]"

WORD = 64  # random bits of a first look-up
GUARD = 160  # bits carried beyond those that must be certain; see `_weights`
WIDE = 1024  # widest law tabulated step by step
WIDEST = 2.0**52  # noise of this scale still leaves room in a 64-bit count
MARGIN = 2.0**-40  # doubles are trusted to this much, about 2^8 times their real error here


class Noise(Protocol):
    """A source of noise. Tests pass one that adds nothing; everything else leaves it alone."""

    def discrete_gaussian(self, counts: Whole, sigma: float) -> Whole: ...
    def discrete_laplace(self, counts: Whole, scale: float) -> Whole: ...
    def noisy_max(self, scores: Sequence[int], epsilon: float, sensitivity: int) -> int: ...


@dataclass(frozen=True)
class _Law:
    """A symmetric law on the whole numbers: chance of k in proportion to exp(-a|k| - b k^2)."""

    a: Fraction
    b: Fraction

    def exponent(self, k: int) -> Fraction:
        return self.a * k + self.b * k * k

    def coarse(self, step: int) -> _Law:
        """The law of the multiples of `step`, in steps."""
        return _Law(self.a * step, self.b * step * step)

    def width(self, bits: int) -> int:
        """A magnitude beyond which less than 2^-(bits + 64) of the chance lies.

        Asks for 86 further bits, not 64: the sum of the tail exceeds its first term by at most
        the width of the law, below 2^12.
        """
        depth = (bits + 86) * math.log(2)
        if self.b:
            return math.ceil(math.sqrt(depth / float(self.b))) + 2
        return math.ceil(depth / float(self.a)) + 2


def discrete_gaussian(counts: Whole, sigma: float) -> Whole:
    """Counts plus independent noise with chances in proportion to exp(-k^2 / (2 sigma^2)).

    Args:
        counts: whole numbers of any shape.
        sigma: scale of the noise in rows, taken as the exact rational the double stands for.

    Raises:
        BudgetError: sigma is not positive, or too large for a 64-bit count.
    """
    _check(sigma)
    exact = Fraction(sigma)
    return _noised(counts, _Law(Fraction(0), 1 / (2 * exact * exact)), sigma)


def discrete_laplace(counts: Whole, scale: float) -> Whole:
    """Counts plus independent noise with chances in proportion to exp(-|k| / scale).

    Raises:
        BudgetError: scale is not positive, or too large for a 64-bit count.
    """
    _check(scale)
    return _noised(counts, _Law(1 / Fraction(scale), Fraction(0)), scale)


def noisy_max(scores: Sequence[float], epsilon: float, sensitivity: float = 1) -> int:
    """Index of a high score: the exponential mechanism, exp(epsilon score / (2 sensitivity)).

    Of bounded range epsilon (Dong, Durfee, Rogers 2020, arXiv:1909.13830). Drawn by OpenDP.

    Args:
        scores: whole numbers, whatever their type.
        sensitivity: the most one person can change any score by.

    Raises:
        BudgetError: epsilon is not positive.
    """
    _check(epsilon)
    # Loaded only here: of all noise, nothing else is drawn by it.
    from opendp.domains import atom_domain, vector_domain
    from opendp.measurements import make_noisy_max
    from opendp.measures import zero_concentrated_divergence
    from opendp.metrics import linf_distance
    from opendp.mod import enable_features

    enable_features("contrib")
    choose = make_noisy_max(
        vector_domain(atom_domain(T="i64")),
        linf_distance(T="i64"),
        zero_concentrated_divergence(),
        scale=2 * sensitivity / epsilon,
    )
    return int(choose([int(score) for score in scores]))


def _check(scale: float) -> None:
    if not 0 < scale < WIDEST:
        raise BudgetError(
            f"A noise scale of {scale:g} cannot be drawn; it must be positive and below "
            f"{WIDEST:g}.",
            "Choose an epsilon nearer to 1.",
        )


def _noised(counts: Whole, law: _Law, scale: float) -> Whole:
    counts = np.asarray(counts, dtype=np.int64)
    step = max(1, int(scale) // WIDE)
    table = _table(law.coarse(step))
    noise = np.empty(counts.size, dtype=np.int64)
    need = np.arange(counts.size)
    while need.size:
        draw = table.draw(need.size) * step
        keep = np.ones(need.size, dtype=bool)
        if step > 1:
            within = _uniform_below(step, need.size)
            keep = _keep(law, draw, within)
            draw += within
        negative = _bits(need.size)
        keep &= ~(negative & (draw == 0))  # zero has one sign
        noise[need[keep]] = np.where(negative, -draw, draw)[keep]
        need = need[~keep]
    return counts + noise.reshape(counts.shape)


def _words(n: int) -> Words:
    return np.frombuffer(os.urandom(8 * n), dtype=np.uint64)


def _bits(n: int) -> npt.NDArray[np.bool_]:
    packed = np.frombuffer(os.urandom((n + 7) // 8), dtype=np.uint8)
    return np.unpackbits(packed, count=n).astype(bool)


def _uniform_below(bound: int, n: int) -> Whole:
    """Exact uniform whole numbers below `bound`, by rejecting the words that would favour some."""
    fair = np.uint64((1 << WORD) - (1 << WORD) % bound - 1)
    out = np.empty(n, dtype=np.int64)
    need = np.arange(n)
    while need.size:
        words = _words(need.size)
        good = words <= fair
        out[need[good]] = (words[good] % np.uint64(bound)).astype(np.int64)
        need = need[~good]
    return out


def _keep(law: _Law, base: Whole, within: Whole) -> npt.NDArray[np.bool_]:
    """True with the exact chance exp(exponent(base) - exponent(base + within)), each."""
    x, j = base.astype(np.float64), within.astype(np.float64)
    chance = np.exp(-(float(law.a) * j + float(law.b) * j * (2 * x + j)))
    words = _words(base.size)
    uniform = words.astype(np.float64) * 2.0**-WORD
    keep = uniform < chance
    for i in np.flatnonzero(np.abs(uniform - chance) < MARGIN):
        gap = law.exponent(int(base[i]) + int(within[i])) - law.exponent(int(base[i]))
        keep[i] = _below_exp(int(words[i]), gap)
    return keep


def _below_exp(word: int, gap: Fraction) -> bool:
    """Whether a uniform number whose first 64 bits are `word` lies below exp(-gap)."""
    bits = WORD
    while True:
        low = _exp(gap, bits + 8)
        if (word + 1) << 8 <= low:
            return True
        if word << 8 > low + 1:
            return False
        word, bits = (word << WORD) | int(_words(1)[0]), bits + WORD


def _exp(gap: Fraction, bits: int) -> int:
    """The whole number below 2^bits exp(-gap), or the one below that."""
    digits = bits // 3 + 20  # a third of a digit a bit, and 16 to spare
    with localcontext() as context:
        context.prec, context.Emin = digits, -(10**9)
        scaled = (-(Decimal(gap.numerator) / Decimal(gap.denominator))).exp() * (1 << bits)
        return int(scaled * (1 - Decimal(10) ** (4 - digits)))


def _weights(law: _Law, terms: int, bits: int) -> tuple[list[int], int]:
    """2^bits exp(-exponent(k)) for k below `terms`, and how far below the truth each may be.

    One multiplication leads from a weight to the next, one from a ratio to the next. Each loses
    less than 3 in the last place; a weight is a product of at most `terms` ratios, so the loss
    grows no faster than terms^2.
    """
    ratio, shrink = _exp(law.a + law.b, bits), _exp(2 * law.b, bits)
    weight, weights = 1 << bits, []
    for _ in range(terms):
        weights.append(weight)
        weight, ratio = weight * ratio >> bits, ratio * shrink >> bits
    return weights, 4 * (terms + 1) ** 2


def _certain(law: _Law, bits: int) -> list[int]:
    """floor(2^bits chance(magnitude <= k)), k = 0, 1, ...; the last one is 2^bits - 1.

    Zero counts in full: its negative half is rejected later, like every other sign.
    """
    guard = GUARD
    while True:
        terms = law.width(bits)
        weights, loss = _weights(law, terms, bits + guard)
        slack = loss * (terms + 1) + (1 << guard - 64)  # rounding, and the tail cut off
        total, running, table = sum(weights), 0, []
        for weight in weights:
            running += weight
            low, high = (running << bits) // (total + slack), ((running + slack) << bits) // total
            if low != min(high, (1 << bits) - 1):
                break
            table.append(low)
        else:
            return table
        guard *= 2


@dataclass(frozen=True, eq=False)
class _Table:
    """Draws magnitudes of a law by look-up in its cumulative chances."""

    law: _Law
    cumulative: Words

    def draw(self, n: int) -> Whole:
        words = _words(n)
        place = np.searchsorted(self.cumulative, words, side="right")
        tied = self.cumulative[np.maximum(place - 1, 0)] == words
        for i in np.flatnonzero(tied):
            place[i] = self.decide(int(words[i]), lambda: int(_words(1)[0]))
        return place.astype(np.int64)

    def decide(self, word: int, more: Callable[[], int]) -> int:
        """The magnitude for a word equal to a table entry: more bits, on both sides."""
        bits = WORD
        while True:
            word, bits = (word << WORD) | more(), bits + WORD
            table = _certain(self.law, bits)
            place = sum(entry <= word for entry in table)
            if place == 0 or table[place - 1] != word:
                return place


@lru_cache(maxsize=256)
def _table(law: _Law) -> _Table:
    return _Table(law, np.array(_certain(law, WORD), dtype=np.uint64))
