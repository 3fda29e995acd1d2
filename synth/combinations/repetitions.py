"""How often each record is repeated, so that counts in the synthetic table match reported ones.

The reported counts are treated as Poisson sums over the records that contain a combination; their
likelihood is climbed by the multiplicative updates of expectation-maximisation, which keep every
weight positive (Shepp and Vardi 1982, doi:10.1109/TMI.1982.4307558; Richardson and Lucy before
them). Weights become whole numbers by systematic rounding along sorted records, so that what one
record loses its neighbour gains. Works on public values only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from synth.combinations.counting import Combinations, Indices
from synth.combinations.growth import NOTHING, Records
from synth.lazily import np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

Weights: TypeAlias = "NDArray[np.float64]"  # expected number of repetitions, one per record
PULLS = (100.0, 5.0, 1.0)
ROUNDS = 60
PER_ATTRIBUTE = 8.0  # chosen among 1, 3 and 8: long records are few and would come up slowly
MOST_ENTRIES = 40_000_000  # of the incidence matrix; longer combinations are left out beyond it


def incidence(records: Records, reported: Combinations) -> tuple[csr_array, Weights]:
    """Which reported combinations each record contains, and their counts.

    Returns:
        A matrix with one line per combination and one column per record, and the counts.
    """
    from scipy.sparse import csr_array

    held, sizes, counts = [np.zeros(0, np.int32)], [np.zeros(1, np.int64)], [np.zeros(0)]
    entries = 0
    for axes, which, at in _contained(records, reported):
        entries += which.size
        if entries > MOST_ENTRIES:
            break
        block = reported.blocks[axes]
        held.append(which[np.argsort(at, kind="stable")].astype(np.int32))
        sizes.append(np.bincount(at, minlength=block.counts.size))
        counts.append(block.counts.astype(np.float64))
    index, starts = np.concatenate(held), np.cumsum(np.concatenate(sizes))
    del held
    parts = (np.ones(index.size, np.float32), index, starts.astype(np.int32))
    return csr_array(parts, shape=(starts.size - 1, len(records))), np.concatenate(counts)


def _contained(
    records: Records, reported: Combinations
) -> Iterator[tuple[tuple[int, ...], Indices, Indices]]:
    """Per set of axes, the records that have a reported combination of them, and its position."""
    found: dict[tuple[int, ...], tuple[Indices, Indices]] = {
        (): (np.arange(len(records)), np.zeros(len(records), np.intp))
    }
    for axes, block in reported.blocks.items():
        which, parent = found.get(axes[:-1], (np.zeros(0, np.intp), np.zeros(0, np.intp)))
        states = records[which, axes[-1]]
        at = block.positions(parent * reported.sizes[axes[-1]] + states)
        known = (at >= 0) & (states != NOTHING)
        if len(axes) < reported.length:
            found[axes] = which[known], at[known]
        yield axes, which[known], at[known]


def calibrated(
    records: Records,
    reported: Combinations,
    *,
    rows: float | None = None,
    midpoint: float = 0.0,
    pulls: tuple[float, ...] = PULLS,
    rounds: int = ROUNDS,
) -> Weights:
    """Expected repetitions of each record.

    Args:
        rows: how many rows there shall be in all; None to let the counts decide.
        midpoint: added to each reported count of two attributes or more (half a rounding step).
        pulls: how much a count of one, two, … attributes weighs; the last holds for all longer.
    """
    matrix, told = incidence(records, reported)
    length = _lengths(reported)[: told.size]
    told = told + midpoint * (length > 1)
    pull = np.array(pulls)[np.minimum(length, len(pulls)) - 1]
    forward, backward = matrix, matrix.T
    size = backward @ pull
    weights = _first_guess(records, float(told[length == 1].sum()))
    for _ in range(rounds):
        expected = forward @ weights
        gain = backward @ (pull * told / np.maximum(expected, 1e-9))
        weights = weights * gain / np.maximum(size, 1e-9)
        if rows is not None:
            weights = weights * rows / max(float(weights.sum()), 1e-9)
    return np.asarray(weights)


def _lengths(reported: Combinations) -> NDArray[np.int64]:
    """The number of attributes of each reported combination, in the order of the blocks."""
    lengths = np.array([len(axes) for axes in reported.blocks], np.int64)
    return np.repeat(lengths, [b.counts.size for b in reported.blocks.values()])


def _first_guess(records: Records, attributes: float) -> Weights:
    """Long records weigh most, because what they tell together cannot be told by short ones."""
    size = (records != NOTHING).sum(axis=1).astype(np.float64)
    weights = PER_ATTRIBUTE ** (size - size.max(initial=0.0))
    return np.asarray(weights * attributes / max(float(weights @ size), 1e-9))


def repeated(records: Records, weights: Weights, rng: np.random.Generator) -> Records:
    """Records with whole repetitions whose sums over neighbours follow the weights."""
    if not len(records):
        return records
    ends = np.cumsum(weights) + rng.random()
    times = np.diff(np.floor(np.concatenate([[ends[0] - weights[0]], ends]))).astype(np.int64)
    return np.repeat(records, times, axis=0)


def within_totals(
    records: Records, reported: Combinations, *, over: float = 0.0, fill: bool = True
) -> Records:
    """Attributes taken out of records, and added as records of one, until their totals fit.

    What is left of a record is held by whoever held all of it, so no promise is touched.

    Args:
        over: by what share the total of an attribute may stay above its reported count.
        fill: whether missing attributes are added.
    """
    records = records[np.argsort((records != NOTHING).sum(axis=1), kind="stable")]
    added = []
    for axis, size in enumerate(reported.sizes):
        block = reported.blocks.get((axis,))
        told = np.zeros(size, np.int64)
        if block is not None:
            told[block.keys] = block.counts
        column = records[:, axis]
        have = np.bincount(column[column != NOTHING], minlength=size)
        _taken_out(column, have - np.floor(told * (1 + over)).astype(np.int64))
        if fill:
            missing = np.maximum(told - have, 0)
            singles = np.full((int(missing.sum()), records.shape[1]), NOTHING, np.int32)
            singles[:, axis] = np.repeat(np.arange(size), missing)
            added.append(singles)
    whole = np.concatenate([records, *added])
    return np.asarray(whole[(whole != NOTHING).any(axis=1)])


def fullest(records: Records, rows: int) -> Records:
    """At most so many of some records, those that say most first: the others say least."""
    if len(records) <= rows:
        return records
    said = (records != NOTHING).sum(axis=1)
    keep = np.sort(np.argsort(-said, kind="stable")[:rows])
    return np.asarray(records[keep])


def _taken_out(column: NDArray[np.int32], excess: NDArray[np.int64]) -> None:
    """Empty the first `excess` cells of each state, in place."""
    for state in np.flatnonzero(excess > 0):
        column[np.flatnonzero(column == state)[: excess[state]]] = NOTHING
