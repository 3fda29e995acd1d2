"""Columns side by side, and how columns go together: histograms, distances, mutual information.

Everything is computed from contingency tables over bins of the real table (`synth/vault/bins.py`),
the same for every run, so that nothing a release lost can hide inside its own intervals. Only
aggregated numbers are kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any, Self

from synth.budget import Audience
from synth.budget.eyes import ForCustodian
from synth.evaluate.attacks.threat import Attempt, attempt_of
from synth.evaluate.copies import Copies, copies
from synth.evaluate.rules import FoundRule
from synth.lazily import np, pd, special
from synth.progress import Progress, quiet
from synth.schema import Codes, Counts, Domain, Schema, Text
from synth.schema.gathered import Gathered
from synth.schema.tables import bincount, entropy, mutual_information
from synth.vault import Bins, PrivateTable
from synth.vault.bins import Sort, coarser, stated

MOST_PAIRED = 40  # columns looked at in pairs
MOST_BINS = 12  # of a column that is looked at in pairs
WHY = "comparison of real and synthetic columns"


@dataclass(frozen=True, repr=False)
class Traces(ForCustodian):
    """What of a real column is in a synthetic one.

    Args:
        kind: "values" where each value was looked for, "measured" where a line was cut, "text".
        values: different values of the real column; bins with rows, where a line was cut.
        met: how many of them there are in the synthetic column.
        unmet: share of the real rows that hold one of the others.
        unmet_fresh: the same, as expected of a fresh real sample of the size of the synthetic one.
        known, known_synthetic: share of rows with anything that the real column holds, not missing.
        top, top_synthetic: share of rows in the one fullest bin.
        even: distance of the real column to one whose rows are spread evenly over what it holds.
        scatter: standard deviation of the distance of a fresh real sample.
    """

    kind: str
    values: int
    met: int
    unmet: float
    unmet_fresh: float
    known: float
    known_synthetic: float
    top: float
    top_synthetic: float
    even: float
    scatter: float


@dataclass(frozen=True, repr=False)
class Histogram(ForCustodian):
    """One column, real and synthetic.

    Args:
        labels: one per bin.
        real, synthetic: share of rows in each bin; each sums to 1.
        tvd: total variation distance between them; 0 identical, 1 disjoint.
        fresh: what a fresh sample of real people, of the same size, would be expected to have.
    """

    column: str
    labels: tuple[str, ...]
    real: tuple[float, ...]
    synthetic: tuple[float, ...]
    tvd: float
    fresh: float
    traces: Traces | None = None


@dataclass(frozen=True, repr=False)
class PairTable(ForCustodian):
    """Two columns together.

    Args:
        tvd: total variation distance of the two-way tables.
        fresh: what a fresh real sample of the same size would be expected to have.
        apart: what rows of that number would, were both columns right and each by itself.
        real, synthetic: normalised mutual information, 0 to 1, corrected for chance.
    """

    first: str
    second: str
    tvd: float
    fresh: float
    apart: float
    real: float
    synthetic: float


@dataclass(frozen=True, repr=False)
class Comparison(ForCustodian):
    """Everything the Compare screen shows. For the custodian: computed from real rows, no noise.

    Args:
        unpaired: columns beyond MOST_PAIRED.
        copies: where a method saw the rows themselves.
        own_states: whether numbers were compared on the release's own intervals, which cannot show
            what is lost inside them: rows that stay in their engine.
        unasked: rules that nobody named, all real rows keep, and many synthetic ones break.
        attacks: what came of them, where people were set aside.
    """

    audience = Audience.CUSTODIAN
    columns: tuple[Histogram, ...]
    pairs: tuple[PairTable, ...]
    rows: int
    synthetic_rows: int
    unpaired: tuple[str, ...] = ()
    copies: Copies | None = None
    own_states: bool = False
    tellable: int = 0
    declared: tuple[str, ...] = ()
    anew: tuple[str, ...] = ()
    rules: tuple[FoundRule, ...] = ()
    unasked: tuple[FoundRule, ...] = ()
    attacks: tuple[Attempt, ...] = ()

    @property
    def one_way(self) -> float:
        """Mean total variation distance of the columns."""
        return _mean([h.tvd for h in self.columns])

    @property
    def two_way(self) -> float:
        """Mean total variation distance of the pairs."""
        return _mean([p.tvd for p in self.pairs])

    @property
    def fresh_one_way(self) -> float:
        return _mean([h.fresh for h in self.columns])

    @property
    def fresh_two_way(self) -> float:
        return _mean([p.fresh for p in self.pairs])

    @property
    def apart_two_way(self) -> float:
        """What the independent method would come to at best."""
        return _mean([p.apart for p in self.pairs])

    def document(self) -> dict[str, Any]:
        """The comparison as plain values; it must not enter a release."""
        return {**asdict(self), "attacks": [a.document() for a in self.attacks]}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The comparison a document describes."""
        columns = tuple(
            Histogram(
                h["column"],
                tuple(h["labels"]),
                tuple(h["real"]),
                tuple(h["synthetic"]),
                h["tvd"],
                h["fresh"],
                None if h["traces"] is None else Traces(**h["traces"]),
            )
            for h in document["columns"]
        )
        pairs = tuple(PairTable(**p) for p in document["pairs"])
        return cls(
            columns,
            pairs,
            document["rows"],
            document["synthetic_rows"],
            tuple(document["unpaired"]),
            None if document["copies"] is None else Copies(**document["copies"]),
            document["own_states"],
            document["tellable"],
            tuple(document["declared"]),
            tuple(document["anew"]),
            tuple(FoundRule(**r) for r in document["rules"]),
            tuple(FoundRule(**r) for r in document["unasked"]),
            tuple(map(attempt_of, document["attacks"])),
        )


def compare(
    private: PrivateTable, synthetic: pd.DataFrame, progress: Progress = quiet
) -> Comparison:
    """Compare synthetic rows with the real ones, column by column and pair by pair.

    Args:
        synthetic: rows of values, with the modelled columns of `private.schema`.
    """
    names = [c.name for c in private.schema.modelled]
    bins = {n: _bins(private, n) for n in names}
    seen = under(private, {n: b.domain for n, b in bins.items()})
    columns, coarse = [], {}
    for i, (name, one) in enumerate(bins.items()):
        progress(0.3 * i / len(names), "comparing columns")
        real = seen.exact_table((name,), WHY, Audience.CUSTODIAN).astype(np.float64)
        columns.append(_histogram(name, one, real, synthetic[name]))
        coarse[name] = coarser(one, real, MOST_BINS)
    pairs = _pairs(private, coarse, synthetic, progress)
    rows = private.exact_size(WHY, Audience.CUSTODIAN)
    beyond = tuple(names[MOST_PAIRED:])
    found = copies(private, synthetic)
    return Comparison(
        tuple(columns), pairs, rows, len(synthetic), beyond, found, own_states=private.stays
    )


def _bins(private: PrivateTable, name: str) -> Bins:
    if private.stays:
        return stated(private.schema.domain(name))
    return private.exact_bins(name, WHY, Audience.CUSTODIAN)


def under(private: PrivateTable, domains: Mapping[str, Domain]) -> PrivateTable:
    """The real rows, each column under a domain of its own."""
    columns = (replace(private.schema[n], domain=d) for n, d in domains.items())
    return private.declare(Schema(tuple(columns)))


def _histogram(name: str, bins: Bins, real: Counts, synthetic: pd.Series) -> Histogram:
    fake = bincount([bins.domain.encode(synthetic)], real.shape).astype(np.float64)
    p, q = shares(real), shares(fake)
    shown = np.flatnonzero((p > 0) | (q > 0))  # a missing value that none has is no bin
    return Histogram(
        name,
        tuple(bins.labels[i] for i in shown),
        tuple(map(float, p[shown])),
        tuple(map(float, q[shown])),
        total_variation(p, q),
        fresh_distance(p, float(real.sum()), float(fake.sum()), bins.afresh(p)),
        _traces(bins, p, q, synthetic, float(real.sum())),
    )


def _traces(bins: Bins, p: Counts, q: Counts, synthetic: pd.Series, rows: float) -> Traces:
    known = np.array([s in (Sort.VALUES, Sort.RARE) for s in bins.sorts])
    alone = np.array([s is not Sort.RARE for s in bins.sorts])
    own = np.array([s is Sort.VALUES for s in bins.sorts]) & (p > 0)
    there, shares = q[own] > 0, p[own]
    again = shares
    if bins.values and isinstance(bins.domain, Gathered):
        met = np.bincount(bins.domain.inner.encode(synthetic), minlength=bins.domain.inner.size)
        there, shares = met[: len(bins.values)] > 0, np.asarray(bins.shares)
        again = np.asarray(bins.again)
    even = np.where(known, np.asarray(bins.even) * float(p[known].sum()), p)
    text = isinstance(bins.domain, Text)
    return Traces(
        "text" if text else "values" if bins.values else "measured",
        len(there),
        int(there.sum()),
        float(shares[~there].sum()),
        _unmet_afresh(shares, again, rows, float(len(synthetic))),
        float(p[known].sum()),
        float(q[known].sum()),
        float(p[alone].max()),
        float(q[alone].max()),
        total_variation(p, even),
        fresh_scatter(p, rows, float(len(synthetic))),
    )


def _unmet_afresh(shares: Counts, again: Counts, rows: float, fresh: float) -> float:
    """The share of the real rows whose value a fresh sample is expected not to have.

    Two samples of one size miss as much of each other; so at least what is new in the fresh one.
    """
    new = float(shares.sum() - again.sum()) * min(1.0, rows / max(fresh, 1.0))
    return max(float((shares * (1 - again) ** fresh).sum()), new)


def _pairs(
    private: PrivateTable,
    domains: Mapping[str, Gathered],
    synthetic: pd.DataFrame,
    progress: Progress,
) -> tuple[PairTable, ...]:
    paired, seen = list(domains)[:MOST_PAIRED], under(private, domains)
    codes = {n: domains[n].encode(synthetic[n]) for n in paired}
    every = list(combinations(paired, 2))
    pairs = []
    for i, (a, b) in enumerate(every):
        progress(0.3 + 0.7 * i / len(every), "comparing pairs of columns")
        real = seen.exact_table((a, b), WHY, Audience.CUSTODIAN).astype(np.float64)
        pairs.append(_pair(a, b, real, codes))
    return tuple(pairs)


def _pair(a: str, b: str, real: Counts, codes: Mapping[str, Codes]) -> PairTable:
    fake = bincount([codes[a], codes[b]], real.shape).astype(np.float64)
    p, q = shares(real), shares(fake)
    sizes = float(real.sum()), float(fake.sum())
    return PairTable(
        a,
        b,
        total_variation(p, q),
        fresh_distance(p, *sizes),
        fresh_distance(p, *sizes, np.outer(p.sum(axis=1), p.sum(axis=0))),
        normalised_information(real),
        normalised_information(fake),
    )


def total_variation(p: Counts, q: Counts) -> float:
    """Half the L1 distance of two probability tables of one shape; between 0 and 1."""
    return float(np.abs(p - q).sum() / 2)


def fresh_distance(p: Counts, rows: float, fresh: float, expected: Counts | None = None) -> float:
    """Expected distance between a sample of `rows` and one of `fresh` from the same chances `p`.

    Each cell's difference is nearly Gaussian, so its mean absolute value is sqrt(2/pi) times its
    standard deviation (as mostlyai-qa does for its theoretical maximum), and more where the mean is
    not 0.

    Args:
        expected: shares in the fresh sample, where they are not `p`: rare values that are not seen
            again, and new ones.
    """
    if rows <= 0 or fresh <= 0:
        return 1.0
    sigma = np.sqrt(p * (1 - p) * (1 / rows + 1 / fresh))
    off = np.zeros_like(p) if expected is None else np.abs(p - expected)
    z = off / np.maximum(sigma, 1e-300)
    near = math.sqrt(2 / math.pi) * sigma * np.exp(-(np.minimum(z, 40.0) ** 2) / 2)
    return float(min(1.0, (near + off * (1 - 2 * special.ndtr(-z))).sum() / 2))


def fresh_scatter(p: Counts, rows: float, fresh: float) -> float:
    """The standard deviation of that distance, as if cells were apart but for their sum.

    With two cells that is exact: the difference of one is that of the other.
    """
    cells = int((p > 0).sum())
    if rows <= 0 or fresh <= 0 or cells < 2:
        return 0.0
    variance = float((p * (1 - p)).sum()) * (1 / rows + 1 / fresh)
    return math.sqrt((1 - 2 / math.pi) * variance * cells / (cells - 1)) / 2


def normalised_information(counts: Counts) -> float:
    """Mutual information of a two-way table over the mean entropy, corrected for chance.

    Chance alone gives about (r-1)(c-1)/2n nats to r by c occupied states and n rows (Miller 1955),
    which is taken off; 0 where nothing is left, or where a column is constant.
    """
    total = float(counts.sum())
    if total <= 0:
        return 0.0
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    mean = (entropy(rows) + entropy(columns)) / 2
    if mean <= 0:
        return 0.0
    shared = mutual_information(counts, 0.5)
    return float(min(1.0, max(0.0, shared / mean)))


def shares(counts: Counts) -> Counts:
    return counts / max(float(counts.sum()), 1.0)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0
