"""What a privacy budget means to a person, and what it can buy, before any row is read.

The odds of an attacker's guess in plain words; how much of a table would be noise, from its public
shape and about how many rows it has; and the epsilon that a wanted accuracy asks for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

from synth.budget.accounting import ABSOLUTE, gaussian_sigma, rho_of
from synth.budget.figures import up
from synth.errors import BudgetError
from synth.lazily import np, special
from synth.wording import so_many

ONE_WAY, PAIRS = 0.4, 0.6  # of rho, about as the methods share it
NARROW = 30.0  # a state is told well where it holds this many times its noise
MOSTLY_NOISE, ROUGH = 0.25, 0.05  # of all rows, that noise alone may seem to move
HIGHEST = 4.0  # the epsilon above which none is advised or proposed
LEAST, MOST = 1e-3, 1e3  # epsilons looked at


@dataclass(frozen=True)
class MembershipGuess:
    """How well somebody can tell whether one given person was in the table.

    The attacker knows everybody else's rows, has seen every release, and would guess by the toss
    of a coin without them.

    Args:
        epsilon: of all releases together.
        delta: as promised beside it.
    """

    epsilon: float
    delta: float

    @cached_property
    def at_worst(self) -> float:
        """Chance of a right guess that (epsilon, delta) allows, whatever the mechanism.

        Reference: Kairouz, Oh, Viswanath (2017), arXiv:1311.0776, the vertex of their region.
        """
        if math.isinf(self.epsilon):
            return 1.0
        return min(1.0, (1 + self.delta * math.exp(-self.epsilon)) / (1 + math.exp(-self.epsilon)))

    @cached_property
    def in_fact(self) -> float:
        """Chance of a right guess against Gaussian noise, which is what is used here.

        Reference: Dong, Roth, Su (2022), arXiv:1905.02383, section 2.
        """
        if math.isinf(self.epsilon):
            return 1.0
        return float(special.ndtr(math.sqrt(2 * rho_of(self.epsilon, self.delta)) / 2))

    def __str__(self) -> str:
        if math.isinf(self.epsilon):
            return "Nothing keeps an attacker from telling who was in the table."
        return (
            "Somebody who knows everyone else in the table, and must guess whether one given "
            f"person is in it too, is right {_in_100(self.in_fact)} times in 100 after seeing the "
            f"release; a coin is right 50 times. The promise allows {_in_100(self.at_worst)} at "
            "the very most."
        )


def _in_100(chance: float) -> str:
    return f"{100 * chance:.2g}" if chance < 0.995 else f"{100 * chance:.3g}"


@dataclass(frozen=True)
class Prospect:
    """How much of what would be released is noise.

    Args:
        sizes: number of states of each column to model.
        rows: about how many rows there are, as the custodian says.
        rows_per_person: how many of them one person may have.
    """

    sizes: tuple[int, ...]
    rows: int
    epsilon: float
    delta: float
    rows_per_person: int = 1

    def __post_init__(self) -> None:
        if self.rows < 1 or not self.sizes:
            raise BudgetError(
                "Without rows and columns nothing can be foretold.",
                "Say about how many rows there are, and model at least one column.",
            )

    @property
    def single_sigma(self) -> float:
        """Noise of a count of one column, in rows."""
        return self._sigma(ONE_WAY / len(self.sizes))

    @property
    def single(self) -> float:
        """Mean share of the rows that noise alone seems to move, in a column."""
        return self._moved(self.sizes, self.single_sigma)

    def moved(self, states: int) -> float:
        """The same in one column with so many states."""
        return self._moved((states,), self.single_sigma)

    @property
    def pair(self) -> float:
        """The same in a table of two columns, where twice as many as columns are measured."""
        if len(self.sizes) < 2:
            return 0.0
        cells = sorted(a * b for a, b in combinations(self.sizes, 2))[: 2 * len(self.sizes)]
        return self._moved(cells, self._sigma(PAIRS / len(cells)))

    @property
    def tellable(self) -> int:
        """About how many values of a column can be told apart at all."""
        return max(2, int(self.rows / (NARROW * self.single_sigma)))

    def _sigma(self, share: float) -> float:
        rho = rho_of(self.epsilon, self.delta)
        if math.isinf(rho):
            return 1e-9
        return gaussian_sigma(max(rho * share, 1e-30), self.rows_per_person)

    def _moved(self, cells: Sequence[int], sigma: float) -> float:
        return min(1.0, float(np.mean(cells)) * ABSOLUTE * sigma / (2 * self.rows))

    @property
    def verdict(self) -> str:
        """What to expect, in a sentence."""
        if self.single > MOSTLY_NOISE:
            return f"{self._setting} even single columns are mostly noise."
        if self.pair > MOSTLY_NOISE:
            return f"{self._setting} single columns can be told, but pairs are mostly noise."
        if self.pair > ROUGH:
            return f"{self._setting} single columns are accurate, and pairs of columns rough."
        return f"{self._setting} single columns and the pairs that matter are accurate."

    @property
    def advice(self) -> tuple[str, ...]:
        """What would help, most useful first; empty where nothing needs to."""
        if max(self.single, self.pair) <= ROUGH:
            return ()
        widest = max(self.sizes)
        told = ["leave out columns that nobody needs"] if len(self.sizes) > 3 else []
        if widest > 2 * self.tellable:
            told.append(
                f"use coarser values: a column has {widest}, about {self.tellable} can be told"
            )
        return (*told, *self._raised, "ask for more people")

    @property
    def _raised(self) -> tuple[str, ...]:
        """What more epsilon would do, up to `HIGHEST`; beyond that, what else there is."""
        wanted = epsilon_for(ROUGH, self.sizes, self.rows, self.delta, self.rows_per_person)
        if wanted <= 1.2 * self.epsilon:
            return ()
        if wanted <= HIGHEST:
            less = ", and protect people less" if wanted > 1 else ""
            return (f"raise epsilon: about {up(wanted, 2)} would do{less}",)
        other = "coarser values or fewer columns have to do the rest"
        if self.epsilon >= HIGHEST:
            return (f"leave epsilon as it is (more than {HIGHEST:g} is not advised): {other}",)
        most = replace(self, epsilon=HIGHEST)
        return (
            f"raise epsilon, to {HIGHEST:g} at most: noise would then still seem to move "
            f"{max(most.single, most.pair):.0%} of the rows in a pair of columns "
            f"({max(self.single, self.pair):.0%} now), and {other}",
        )

    @property
    def _setting(self) -> str:
        rows, columns = so_many(self.rows, "row"), so_many(len(self.sizes), "column")
        return f"With {rows} and {columns} at epsilon {self.epsilon:g},"

    def example(self, column: str, count: int) -> str:
        """What happens to one count of the custodian's own table."""
        off = max(1, round(2 * self.single_sigma))
        return (
            f"If {so_many(count, 'row has', 'rows have')} one value of `{column}`, the method sees "
            f"a number that is usually between {max(0, count - off):,} and {count + off:,}. One "
            f"person more or less changes the true count by {self.rows_per_person}, which that "
            "hides."
        )

    def __str__(self) -> str:
        advice = f" To improve that, {'; or '.join(self.advice)}." if self.advice else ""
        return self.verdict + advice


def epsilon_for(
    accuracy: float, sizes: Sequence[int], rows: int, delta: float, rows_per_person: int = 1
) -> float:
    """The smallest epsilon at which noise moves no more than `accuracy` of the rows of a pair.

    Args:
        accuracy: a share of the rows, between 0 and 1: 0.05 lets noise seem to move one in twenty.

    Returns:
        `math.inf` where no epsilon up to 1000 is enough.

    Raises:
        BudgetError: the accuracy is not a share.
    """
    if not 0 < accuracy < 1:
        raise BudgetError(
            f"An accuracy of {accuracy:g} is not a share of the rows.",
            "Give a number between 0 and 1, such as 0.05.",
        )

    def noise(epsilon: float) -> float:
        seen = Prospect(tuple(sizes), rows, epsilon, delta, rows_per_person)
        return max(seen.single, seen.pair)

    low, high = LEAST, MOST
    if noise(high) > accuracy:
        return math.inf
    while high / low > 1.01:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if noise(middle) > accuracy else (low, middle)
    return high
