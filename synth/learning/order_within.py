"""How numbers and dates that go together lie within their groups: in the order of a normal copula.

Tables over several columns are counted in groups. Where two columns are nearly functions of each
other, most of what they have together lies within the groups: drawn there independently, a length
and a weight fit each other only as far as a group is wide. Here the noisy table of each pair tells
one number more, the correlation of two normals that, cut at the same places, fill its cells alike.
After groups are drawn, each row gets normals of these correlations within its groups, and the
states of a group are given out in their order. How many rows have a state stays as it was.

All of this is worked out from noisy tables, and free. It is arithmetic on plain arrays.

Reference: Olsson (1979), doi:10.1007/BF02296207, for the polychoric correlation, here by least
squares, as noise adds the same variance to each cell; Geman and Geman (1984) for draws by turns;
Iman and Conover (1982), doi:10.1080/03610918208812265, for values in the order of normals.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from synth.errors import BundleError
from synth.lazily import np, special
from synth.schema import Codes, Counts

LEAST = 0.8  # a weaker correlation tells nothing within a group that could be seen
SURE = 16.0  # times the variance of a cell: what a correlation must explain of the squares
POINTS = 8  # of each group, to add its normals up
STEEP = 4.0  # the hyperbolic arc tangent of the strongest correlation tried
TRIES = 40  # correlations tried on either side of 0
FLAT = 1e-3  # least eigenvalue of correlations that are put together from pairs
TURNS = 4  # each column is drawn again, given the others
FURTHEST = 9.0  # from the middle that a normal is drawn
DIGITS = 7


@dataclass(frozen=True, eq=False)
class Order:
    """Correlations of the normals behind some columns, and where these are cut.

    Args:
        ends: for each column the shares of rows up to the end of each of its groups of numbers,
            ascending, the last one 1. Groups after these (codes, what is missing) have no order.
        weights: line i tells the normal of column i, given the others, as their weighted sum; its
            own place holds the standard deviation of what is left.
    """

    ends: Mapping[str, Counts]
    weights: Counts

    @classmethod
    def of(cls, ends: Mapping[str, Counts], correlations: Counts) -> Self:
        """Args: correlations: one line and column each, positive definite."""
        inverse = np.linalg.inv(correlations)
        own = np.diag(inverse)
        weights = -inverse / own[:, None]
        np.fill_diagonal(weights, own**-0.5)
        return cls(ends, np.round(weights, DIGITS))

    def scores(self, groups: Mapping[str, Codes], rng: np.random.Generator) -> dict[str, Counts]:
        """A normal for each row of each column, within the bounds of the row's group.

        Summed up one by one, so that they are the same on every machine.
        """
        if not self.ends:
            return {}
        bounds = [_bounds(groups[name], ends) for name, ends in self.ends.items()]
        drawn = [_between(low, high, 0.0, 1.0, np.full(len(low), 0.5)) for low, high in bounds]
        for _ in range(TURNS):
            for i, (low, high) in enumerate(bounds):
                middle = np.zeros(len(low))
                for j, weight in enumerate(self.weights[i]):
                    if j != i and weight:
                        middle += weight * drawn[j]
                chance = rng.random(len(low))
                drawn[i] = _between(low, high, middle, float(self.weights[i, i]), chance)
        return dict(zip(self.ends, drawn, strict=True))

    def parameters(self) -> dict[str, Any]:
        return {
            "ends": {n: np.round(e, DIGITS).tolist() for n, e in self.ends.items()},
            "weights": self.weights.ravel().tolist(),
        }

    @classmethod
    def restored(cls, parameters: Mapping[str, Any], sizes: Mapping[str, int]) -> Self:
        """Args: sizes: number of groups of each column.

        Raises:
            BundleError: it fits no columns, or holds what is no share.
        """
        found = {str(n): np.array(e, dtype=float) for n, e in parameters.get("ends", {}).items()}
        weights = np.array(parameters.get("weights", []), dtype=np.float64)
        fits = weights.size == len(found) ** 2 and bool(np.isfinite(weights).all())
        for name, ends in found.items():
            fits = fits and 0 < len(ends) <= sizes.get(name, 0) and _ascending(ends)
        weights = weights.reshape(len(found), len(found)) if fits else weights
        if not fits or (np.diag(weights) <= 0).any():
            raise BundleError(
                "How columns lie within their groups does not fit the schema.",
                "The model file is damaged; make it again.",
            )
        return cls(found, weights)


def _ascending(ends: Counts) -> bool:
    steps = np.diff(ends, prepend=0.0)
    return bool(np.isfinite(ends).all() and (steps >= 0).all() and ends[-1] <= 1)


def _bounds(groups: Codes, ends: Counts) -> tuple[Counts, Counts]:
    """Between what the normal of each row lies: anywhere, where its group has no order."""
    cuts = np.clip(special.ndtri(np.clip(ends[:-1], 0, 1)), -FURTHEST, FURTHEST)
    low = np.concatenate([[-FURTHEST], cuts, np.full(1, -FURTHEST)])
    high = np.concatenate([cuts, [FURTHEST], np.full(1, FURTHEST)])
    place = np.minimum(groups.astype(np.int64), len(ends))
    return low[place], high[place]


def _between(
    low: Counts, high: Counts, middle: Counts | float, sd: float, chance: Counts
) -> Counts:
    """A normal between bounds, at some chance of it; worked out in the tail that holds digits."""
    a, b = (low - middle) / sd, (high - middle) / sd
    above = a + b > 0
    a, b = np.where(above, -b, a), np.where(above, -a, b)
    chance = np.where(above, 1 - chance, chance)
    least = special.ndtr(a)
    at = special.ndtri(least + chance * (special.ndtr(b) - least))
    return np.asarray(np.clip(middle + sd * np.where(above, -at, at), low, high))


def correlation(table: Counts, one: Counts, other: Counts, variance: float) -> float:
    """The correlation of the normals behind a noisy table of two columns; 0 where none is sure.

    Args:
        table: noisy rows in groups by groups.
        one, other: shares of rows up to the end of each group, the last one 1.
        variance: of the noise of each cell.
    """
    inside = np.diff(one, prepend=0.0)
    points = (np.arange(POINTS) + 0.5) / POINTS
    starts = one - inside
    normals = special.ndtri(
        np.clip((starts[:, None] + inside[:, None] * points).ravel(), 1e-9, 1 - 1e-9)
    )
    cuts = special.ndtri(np.clip(other, 0, 1))
    tried = np.tanh(np.linspace(-STEEP, STEEP, 2 * TRIES + 1))
    rows = max(float(table.sum()), 0.0)
    left = []
    for r in tried:
        below = special.ndtr((cuts[None, :] - r * normals[:, None]) / math.sqrt(1 - r * r))
        below[:, -1] = 1.0
        chances = np.diff(below, axis=1, prepend=0.0).reshape(len(one), POINTS, -1).mean(axis=1)
        left.append(float(np.square(table - rows * inside[:, None] * chances).sum()))
    best = int(np.argmin(left))
    sure = left[TRIES] - left[best] > SURE * variance
    return float(tried[best]) if sure else 0.0


def put_together(pairs: Mapping[tuple[int, int], float], columns: int) -> Counts:
    """Correlations of all columns from those of some pairs, as a line and a column each.

    Others are the largest product along a way of pairs, as in a chain of normals; what then could
    be no correlations of normals is moved until it could.

    Reference: Floyd (1962), doi:10.1145/367766.368168, for the ways.
    """
    found, told = np.eye(columns), np.eye(columns, dtype=bool)
    for (i, j), r in pairs.items():
        found[i, j] = found[j, i] = r
        told[i, j] = told[j, i] = True
    for through in range(columns):
        way = np.outer(found[:, through], found[through])
        found = np.where(~told & (np.abs(way) > np.abs(found)), way, found)
    values, vectors = np.linalg.eigh(found)
    moved = (vectors * np.maximum(values, FLAT)) @ vectors.T
    scale = np.sqrt(np.diag(moved))
    return np.asarray(moved / scale / scale[:, None])


def order_of(
    ends: Mapping[str, Counts], pairs: Mapping[tuple[str, str], tuple[Counts, float]]
) -> Order:
    """The order of all columns that go together strongly with some other.

    Args:
        ends: of the columns that could be ordered, see `Order`.
        pairs: the noisy table of each pair of them that was measured, and its variance of a cell.
    """
    told = {p: correlation(t, ends[p[0]], ends[p[1]], v) for p, (t, v) in pairs.items()}
    names: Sequence[str] = [
        n for n in ends if any(n in pair and abs(r) >= LEAST for pair, r in told.items())
    ]
    within = {
        (names.index(a), names.index(b)): r
        for (a, b), r in told.items()
        if a in names and b in names
    }
    if not names:
        return Order({}, np.zeros((0, 0)))
    return Order.of({n: ends[n] for n in names}, put_together(within, len(names)))
