"""What is learnt about a person without finding their row: l-diversity and t-closeness.

References: Machanavajjhala et al. (2007), doi:10.1145/1217299.1217302, for l-diversity;
Li, Li, Venkatasubramanian (2007), doi:10.1109/ICDE.2007.367856, for t-closeness.
"""

from __future__ import annotations

from dataclasses import dataclass

from synth.budget.eyes import ForCustodian
from synth.lazily import np, npt, pd
from synth.protect.risk.classes import Classes
from synth.schema.domain import MISSING
from synth.schema.spelling import PLAINLY
from synth.vault.coded import Coded

RECURSIVE_C = 3.0  # the c of recursive (c, l)-diversity, unless another is asked for


@dataclass(frozen=True, repr=False)
class Disclosure(ForCustodian):
    """How much the classes give away about one sensitive column.

    Args:
        distinct: the fewest different values in any class (distinct l-diversity).
        entropy: exp of the lowest entropy of any class (entropy l-diversity), in values.
        recursive: the largest l for which every class is recursively (c, l)-diverse.
        closeness: the largest earth mover's distance of a class from the whole table, 0 to 1 (t).
        ordered: whether that distance takes values as numbers in order, or all as equally far.
        told: rows in classes where everybody has the same value: it is known without a match.
    """

    column: str
    distinct: int
    entropy: float
    recursive: int
    closeness: float
    ordered: bool
    told: int
    rows: int


@dataclass(frozen=True, eq=False, repr=False)
class Spread(ForCustodian):
    """Sparse counts of (class, value) pairs, by class, and within it the most frequent first."""

    group: npt.NDArray[np.int64]
    value: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    width: int

    @property
    def share(self) -> npt.NDArray[np.float64]:
        return np.asarray(self.count / self.sizes[self.group])


def spread(classes: Classes, sensitive: Coded) -> Spread:
    """How often each value occurs in each class."""
    packed = classes.of_row * sensitive.size + sensitive.codes
    keys, counts = np.unique(packed, return_counts=True)
    group, value = np.divmod(keys, sensitive.size)
    order = np.lexsort((-counts, group))
    return Spread(group[order], value[order], counts[order], classes.sizes, sensitive.size)


def disclosure(classes: Classes, sensitive: Coded, *, c: float = RECURSIVE_C) -> Disclosure:
    """l-diversity and t-closeness of one sensitive column, over all classes."""
    pairs = spread(classes, sensitive)
    distinct = distinct_values(pairs)
    numbers = _in_order(sensitive)
    far = distances(pairs, numbers)
    return Disclosure(
        sensitive.name,
        int(distinct.min()) if len(distinct) else 0,
        float(np.exp(entropies(pairs)).min()) if len(distinct) else 0.0,
        int(recursive_diversity(pairs, c).min()) if len(distinct) else 0,
        float(far.max()) if len(far) else 0.0,
        numbers is not None,
        int(classes.sizes[distinct == 1].sum()),
        classes.rows,
    )


def distinct_values(pairs: Spread) -> npt.NDArray[np.int64]:
    """Number of different values in each class."""
    return np.bincount(pairs.group, minlength=len(pairs.sizes)).astype(np.int64)


def entropies(pairs: Spread) -> npt.NDArray[np.float64]:
    """Shannon entropy of the values in each class, in nats."""
    share = pairs.share
    weights = -share * np.log(share)
    return np.asarray(
        np.bincount(pairs.group, weights=weights, minlength=len(pairs.sizes)), dtype=np.float64
    )


def recursive_diversity(pairs: Spread, c: float) -> npt.NDArray[np.int64]:
    """The largest l of each class with r_1 < c (r_l + ... + r_m); 1 holds for c above 1, else 0.

    r_1 is the count of the most frequent value, r_m that of the rarest.
    """
    groups = len(pairs.sizes)
    starts = np.searchsorted(pairs.group, np.arange(groups))
    most = pairs.count[starts]
    before = np.cumsum(pairs.count) - pairs.count
    tail = pairs.sizes[pairs.group] - (before - before[starts][pairs.group])
    held = most[pairs.group] < c * tail
    return np.bincount(pairs.group, weights=held, minlength=groups).astype(np.int64)


def distances(pairs: Spread, order: npt.NDArray[np.int64] | None) -> npt.NDArray[np.float64]:
    """Earth mover's distance of each class from the whole table.

    Args:
        order: the rank of each value, where they are numbers: the ordered distance, in which
            neighbours are 1 / (m - 1) apart. Without it all values are 1 apart.
    """
    overall = np.bincount(pairs.value, weights=pairs.count, minlength=pairs.width)
    overall = overall / max(overall.sum(), 1)
    if order is not None and pairs.width > 1 and len(pairs.sizes):
        return _ordered_distances(pairs, overall, order)
    less = np.minimum(pairs.share, overall[pairs.value])
    shared = np.bincount(pairs.group, weights=less, minlength=len(pairs.sizes))
    return np.asarray(np.maximum(0.0, 1.0 - shared))


def _ordered_distances(
    pairs: Spread, overall: npt.NDArray[np.float64], order: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """What a class has up to each value, against the table: the areas between two staircases.

    A class's staircase is level between two of its own values, and the table's only rises, so that
    they cross at most once on each level: work by the rows, whatever the number of values.
    """
    by_rank = np.lexsort((order[pairs.value], pairs.group))
    group, rank = pairs.group[by_rank], order[pairs.value[by_rank]]
    upto = np.cumsum(pairs.share[by_rank])
    starts = np.searchsorted(group, np.arange(len(pairs.sizes)))
    height = upto - np.append(0.0, upto)[starts][group]
    end = np.append(rank[1:], pairs.width)
    end[np.append(starts[1:], len(group)) - 1] = pairs.width
    ranked = np.zeros(pairs.width)
    ranked[order] = overall
    table = np.cumsum(ranked)
    before = np.zeros(len(starts), dtype=np.int64)
    found = _areas(table, before, rank[starts], np.zeros(len(starts)))
    found += np.bincount(
        group, weights=_areas(table, rank, end, height), minlength=len(pairs.sizes)
    )
    return np.asarray(found / (pairs.width - 1))


def _areas(
    table: npt.NDArray[np.float64],
    low: npt.NDArray[np.int64],
    high: npt.NDArray[np.int64],
    height: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Sums of |table[i] - height| for i from `low` up to `high`, where `table` never falls."""
    sums = np.append(0.0, np.cumsum(table))
    cross = np.clip(np.searchsorted(table, height), low, high)
    under = height * (cross - low) - (sums[cross] - sums[low])
    over = (sums[high] - sums[cross]) - height * (high - cross)
    return np.asarray(under + over)


def _in_order(column: Coded) -> npt.NDArray[np.int64] | None:
    """The rank of each value if all are numbers, a missing one last; else None."""
    labels = [label for label in column.labels if label != MISSING]
    numbers = PLAINLY.numbers(pd.Series(labels, dtype=object))
    if not len(labels) or np.isnan(numbers).any():
        return None
    ranks = np.argsort(np.argsort(numbers, kind="stable"), kind="stable")
    return np.append(ranks, len(labels)) if len(labels) < column.size else ranks
