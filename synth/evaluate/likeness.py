"""How alike two tables are: columns, pairs and triples, in the measures that the field reports.

Definitions: column shapes and pair trends as SDMetrics (`KSComplement`, `TVComplement`,
`CorrelationSimilarity`, `ContingencySimilarity`), averaged over all pairs and not over strongly
related ones alone; k-way marginals as SDNist (`kmarginal`), here as a share from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from synth.budget.eyes import ForCustodian
from synth.evaluate.sides import Side, Sides
from synth.lazily import np
from synth.schema import Codes
from synth.schema.tables import entropy
from synth.schema.values import Values

TENTHS = 10  # intervals into which numbers are cut beside categories, as SDMetrics does
MOST_TRIPLES = 60  # measured; where there are more, so many of them drawn at random
SAMPLES = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, repr=False)
class Shape(ForCustodian):
    """How alike one column is, from 0 to 1.

    Args:
        measure: "KS" of numbers and moments, "TV" of everything else.
        wasserstein: how far the values have to be moved, in standard deviations of the real ones;
            None where they are no numbers.
    """

    column: str
    measure: str
    alike: float
    wasserstein: float | None = None


@dataclass(frozen=True, repr=False)
class Trend(ForCustodian):
    """How alike two columns go together, from 0 to 1; by "correlation" or "contingency"."""

    first: str
    second: str
    measure: str
    alike: float


def shapes(names: Sequence[str], real: Side, other: Side) -> tuple[Shape, ...]:
    """Each column of two tables, the least alike first."""
    told = [_shape(name, real, other) for name in names]
    return tuple(sorted(told, key=lambda s: s.alike))


def _shape(name: str, real: Side, other: Side) -> Shape:
    if name in real.numbers:
        one, two = _known(real.numbers[name]), _known(other.numbers[name])
        if not len(one) or not len(two):
            return Shape(name, "KS", 1.0 if len(one) == len(two) else 0.0)
        spread = float(one.std()) or 1.0
        return Shape(name, "KS", 1 - _furthest(one, two), _moved(one, two) / spread)
    return Shape(name, "TV", 1 - distance([real.codes[name]], [other.codes[name]]))


def _known(values: Values) -> Values:
    return np.sort(values[~np.isnan(values)])


def _furthest(one: Values, two: Values) -> float:
    """The Kolmogorov-Smirnov distance of two sorted samples."""
    at = np.concatenate([one, two])
    below = [np.searchsorted(v, at, side="right") / len(v) for v in (one, two)]
    return float(np.abs(below[0] - below[1]).max())


def _moved(one: Values, two: Values) -> float:
    """The Wasserstein distance of two sorted samples: the area between their distributions."""
    at = np.sort(np.concatenate([one, two]))
    below = [np.searchsorted(v, at[:-1], side="right") / len(v) for v in (one, two)]
    return float((np.abs(below[0] - below[1]) * np.diff(at)).sum())


def trends(names: Sequence[str], real: Side, other: Side) -> tuple[Trend, ...]:
    """Each pair of columns of two tables, the least alike first."""
    cut = _cut(names, real, other)
    told = [_trend(a, b, real, other, cut) for a, b in combinations(names, 2)]
    return tuple(sorted(told, key=lambda t: t.alike))


def information(names: Sequence[str], real: Side, other: Side) -> float:
    """How alike what each two columns tell of each other is, 0 to 1, on average over all pairs.

    One less the difference of normalised mutual information, corrected for chance; numbers in
    tenths.
    """
    cut = _cut(names, real, other)
    told = [
        abs(_shared(cut[a][0], cut[b][0]) - _shared(cut[a][1], cut[b][1]))
        for a, b in combinations(names, 2)
    ]
    return 1 - float(np.mean(told)) if told else 1.0


def _shared(one: Codes, two: Codes) -> float:
    """Of counts that are there alone: two columns of names would make a table beyond memory."""
    if not len(one):
        return 0.0
    marks = one.astype(np.int64) * (int(two.max()) + 1) + two
    single = [np.unique(c, return_counts=True)[1] for c in (one, two)]
    both = np.unique(marks, return_counts=True)[1]
    mean = (entropy(single[0]) + entropy(single[1])) / 2
    if mean <= 0:
        return 0.0
    freedom = (len(single[0]) - 1) * (len(single[1]) - 1)
    told = 2 * mean - entropy(both) - freedom / (2 * len(one))  # Miller (1955), as in a comparison
    return float(min(1.0, max(0.0, told / mean)))


Cut = dict[str, tuple[Codes, Codes]]


def _trend(a: str, b: str, real: Side, other: Side, cut: Cut) -> Trend:
    if a in real.numbers and b in real.numbers:
        off = abs(_correlation(real, a, b) - _correlation(other, a, b)) / 2
        return Trend(a, b, "correlation", 1 - off)
    off = distance([cut[a][0], cut[b][0]], [cut[a][1], cut[b][1]])
    return Trend(a, b, "contingency", 1 - off)


def _correlation(side: Side, a: str, b: str) -> float:
    """Pearson's, of rows that have both; 0 where a column is constant."""
    one, two = side.numbers[a], side.numbers[b]
    both = ~(np.isnan(one) | np.isnan(two))
    if both.sum() < 2 or not one[both].std() or not two[both].std():
        return 0.0
    return float(np.corrcoef(one[both], two[both])[0, 1])


def _cut(names: Sequence[str], real: Side, other: Side) -> Cut:
    """Every column as states: numbers in ten intervals of equal width over the real range."""
    return {n: _states(n, real, other) for n in names}


def _states(name: str, real: Side, other: Side) -> tuple[Codes, Codes]:
    if name not in real.numbers:
        return real.codes[name], other.codes[name]
    known = _known(real.numbers[name])
    edges = np.linspace(known[0], known[-1], TENTHS + 1)[1:-1] if len(known) else np.zeros(0)
    made = [np.searchsorted(edges, v.numbers[name], side="right") for v in (real, other)]
    missing = [np.isnan(v.numbers[name]) for v in (real, other)]
    one, two = (np.where(m, TENTHS, c) for m, c in zip(missing, made, strict=True))
    return one, two


def distance(one: Sequence[Codes], two: Sequence[Codes]) -> float:
    """Total variation distance of two tables over the same states, 0 to 1."""
    if not len(one[0]) or not len(two[0]):
        return 0.0 if len(one[0]) == len(two[0]) else 1.0
    columns = [np.concatenate([a, b]).astype(np.int64) for a, b in zip(one, two, strict=True)]
    marks = columns[0]
    for column in columns[1:]:
        marks = np.unique(marks, return_inverse=True)[1] * (int(column.max()) + 1) + column
    kinds, marks = np.unique(marks, return_inverse=True)
    shares = [
        np.bincount(part, minlength=len(kinds)) / len(part)
        for part in (marks[: len(one[0])], marks[len(one[0]) :])
    ]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


@dataclass(frozen=True, repr=False)
class Marginals(ForCustodian):
    """Tables of several columns at a time.

    Args:
        size: columns in each.
        alike: 1 less the mean total variation distance, over `tables` of them.
        sample: as good as a random sample of that share of the real rows; 0 for less than all.
    """

    size: int
    tables: int
    alike: float
    sample: float


def marginals(
    both: Sides, size: int, rng: np.random.Generator, *, sampled: bool = True
) -> Marginals | None:
    """Tables of `size` columns, numbers in intervals that hold about equally many real rows.

    None where there are too few columns.

    Args:
        sampled: whether they are held against samples of the real rows.
    """
    every = list(combinations(both.names, size))
    if not every:
        return None
    if len(every) > MOST_TRIPLES:
        every = [every[i] for i in rng.choice(len(every), MOST_TRIPLES, replace=False)]
    real, other = _equal(both, both.real), _equal(both, both.synthetic)
    alike = 1 - _mean_distance(every, real, other)
    reached = 0.0
    for share in SAMPLES if sampled else ():
        some = rng.choice(both.real.rows, max(1, round(share * both.real.rows)), replace=False)
        drawn = {n: codes[some] for n, codes in real.items()}
        if 1 - _mean_distance(every, real, drawn) > alike:
            break
        reached = share
    return Marginals(size, len(every), alike, reached)


def _mean_distance(
    every: Sequence[Sequence[str]], real: dict[str, Codes], other: dict[str, Codes]
) -> float:
    told = [distance([real[n] for n in some], [other[n] for n in some]) for some in every]
    return float(np.mean(told))


def _equal(both: Sides, side: Side) -> dict[str, Codes]:
    """Columns as states: numbers in ten intervals of equally many real rows, missing ones last."""
    made: dict[str, Codes] = {}
    for name in both.names:
        if name not in side.numbers:
            made[name] = side.codes[name]
            continue
        known = _known(both.real.numbers[name])
        tenths = np.linspace(0, 1, TENTHS + 1)[1:-1]
        edges = np.unique(np.quantile(known, tenths)) if len(known) else known
        values = side.numbers[name]
        made[name] = np.where(
            np.isnan(values), TENTHS, np.searchsorted(edges, values, side="right")
        )
    return made
