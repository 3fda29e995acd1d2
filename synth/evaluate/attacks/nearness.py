"""How near rows of different tables are to each other, over columns of any kind.

Gower's distance: the mean over columns of the distance as a share of the real range (numbers and
moments) or of 0 for the same and 1 for different values. Two missing cells are alike (0), a missing
one and a number are as far apart as can be (1). Reference: Gower (1971), doi:10.2307/2528823.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from synth.evaluate.sides import Side, Sides
from synth.lazily import np, npt, pd
from synth.schema import Codes
from synth.schema.values import Values

Places: TypeAlias = "npt.NDArray[np.int64]"
MOST_TARGETS = 2_000
FEWEST_TARGETS = 100
PAIRS = 200_000_000  # of rows compared in one pass; fewer targets then, for a sample misses copies
CELLS = 4_000_000  # distances held at a time, 8 bytes each


@dataclass(frozen=True, eq=False, repr=False)
class Metric:
    """Some columns, and the range of those that are numbers in the real table.

    Args:
        ranges: lowest and highest real value.
    """

    names: tuple[str, ...]
    ranges: dict[str, tuple[float, float]]

    def points(self, side: Side) -> tuple[Values, Values]:
        """Rows as points: coordinates whose absolute differences add up, and codes to compare."""
        told = [self._scaled(n, side.numbers[n]) for n in self.names if n in side.numbers]
        codes = [side.codes[n].astype(float) for n in self.names if n in side.codes]
        return _beside(told, side.rows), _beside(codes, side.rows)

    def _scaled(self, name: str, values: Values) -> Values:
        """Two coordinates of a number: missing ones are 1 from every number in the range."""
        low, high = self.ranges[name]
        share = np.clip((values - low) / (high - low), -0.5, 1.5)
        both = np.column_stack([share / 2, (1 - share) / 2])
        return np.where(np.isnan(values)[:, None], -0.25, both)


def _beside(columns: Sequence[Values], rows: int) -> Values:
    return np.column_stack(columns) if columns else np.zeros((rows, 0))


def metric(both: Sides, names: Sequence[str]) -> Metric:
    """How far rows are from each other by some columns."""
    ranges = {n: span(both.real.numbers[n]) for n in names if n in both.real.numbers}
    return Metric(tuple(names), ranges)


def span(values: Values) -> tuple[float, float]:
    """The lowest and highest number; one apart where there is nothing between them."""
    known = values[~np.isnan(values)]
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    return (low, high) if high > low else (low, low + 1.0)


def nearest(
    where: Metric, targets: Side, others: Side, k: int, order: Places
) -> tuple[Codes, Values]:
    """Of each target, the places of its k nearest other rows and their distances, nearest first.

    Args:
        order: all places of other rows, drawn at random: of rows that are equally near, those come
            first that do here. The same for people in the table and strangers, or else what is
            drawn for many who are alike would tell one from the other.
    """
    k = min(k, others.rows)
    found, far = [], []
    for block in _blocks(where, targets, others.taken(order)):
        some = np.argpartition(block, k - 1, axis=1)[:, :k]
        if k == 1:  # the first of the nearest, so that ties are drawn and not chosen by the sort
            some = block.argmin(axis=1)[:, None]
        distances = np.take_along_axis(block, some, axis=1)
        ranks = np.argsort(distances, axis=1, kind="stable")
        found.append(np.take_along_axis(some, ranks, axis=1))
        far.append(np.take_along_axis(distances, ranks, axis=1))
    if not found:
        return np.zeros((0, k), dtype=np.int64), np.zeros((0, k))
    return order[np.concatenate(found)], np.concatenate(far)


def _blocks(where: Metric, targets: Side, others: Side) -> Iterator[Values]:
    """Distances of a few targets at a time from all other rows."""
    from scipy.spatial.distance import cdist

    (numbers, codes), (far_numbers, far_codes) = where.points(targets), where.points(others)
    step = max(1, CELLS // max(1, others.rows))
    for start in range(0, targets.rows, step):
        part = slice(start, min(start + step, targets.rows))
        block = np.zeros((part.stop - start, others.rows))
        if numbers.shape[1]:
            block += cdist(numbers[part], far_numbers, "cityblock")
        if codes.shape[1]:
            block += cdist(codes[part], far_codes, "hamming") * codes.shape[1]
        yield block / max(1, len(where.names))


def aimed(side: Side, others: int, rng: np.random.Generator) -> Side:
    """The rows that are attacked: all, or a sample where that would take too long."""
    most = max(FEWEST_TARGETS, min(MOST_TARGETS, PAIRS // max(1, others)))
    if side.rows <= most:
        return side
    return side.taken(np.sort(rng.choice(side.rows, most, replace=False)))


def marks(side: Side, names: Sequence[str]) -> npt.NDArray[np.uint64]:
    """One number per row; equal rows have equal ones, others differ but for a chance in 2^64."""
    held = {str(i): _cells(side, n) for i, n in enumerate(names)}
    return np.asarray(pd.util.hash_pandas_object(pd.DataFrame(held), index=False), dtype=np.uint64)


def _cells(side: Side, name: str) -> Values | Codes:
    return side.numbers[name] + 0.0 if name in side.numbers else side.codes[name]  # -0.0 is 0.0
