"""Columns side by side, and how columns go together: histograms, distances, mutual information.

Everything is computed from contingency tables over the schema's own states, real and synthetic on
the same bins, and only aggregated numbers are kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Self

from synth.budget import Audience
from synth.budget.eyes import ForCustodian
from synth.evaluate.copies import Copies, copies
from synth.lazily import np, pd
from synth.progress import Progress, quiet
from synth.schema import Codes, Counts
from synth.schema.tables import bincount, entropy, mutual_information
from synth.vault import PrivateTable

MOST_PAIRED = 40  # columns looked at in pairs
WHY = "comparison of real and synthetic columns"


@dataclass(frozen=True, repr=False)
class Histogram(ForCustodian):
    """One column, real and synthetic.

    Args:
        labels: one per state.
        real, synthetic: share of rows in each state; each sums to 1.
        tvd: total variation distance between them; 0 identical, 1 disjoint.
        fresh: what a fresh sample of real people, of the same size, would be expected to have.
    """

    column: str
    labels: tuple[str, ...]
    real: tuple[float, ...]
    synthetic: tuple[float, ...]
    tvd: float
    fresh: float


@dataclass(frozen=True, repr=False)
class PairTable(ForCustodian):
    """Two columns together.

    Args:
        tvd: total variation distance of the two-way tables.
        fresh: what a fresh real sample of the same size would be expected to have.
        real, synthetic: normalised mutual information, 0 to 1, corrected for chance.
    """

    first: str
    second: str
    tvd: float
    fresh: float
    real: float
    synthetic: float


@dataclass(frozen=True, repr=False)
class Comparison(ForCustodian):
    """Everything the Compare screen shows. For the custodian: computed from real rows, no noise."""

    audience = Audience.CUSTODIAN
    columns: tuple[Histogram, ...]
    pairs: tuple[PairTable, ...]
    rows: int
    synthetic_rows: int
    unpaired: tuple[str, ...] = ()  # columns beyond MOST_PAIRED
    copies: Copies | None = None  # where a method saw the rows themselves

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

    def document(self) -> dict[str, Any]:
        """The comparison as plain values; it must not enter a release."""
        return asdict(self)

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
        )


def compare(
    private: PrivateTable, synthetic: pd.DataFrame, progress: Progress = quiet
) -> Comparison:
    """Compare synthetic rows with the real ones, column by column and pair by pair.

    Args:
        synthetic: rows of values, with the modelled columns of `private.schema`.
    """
    schema = private.schema
    names = [c.name for c in schema.modelled]
    codes = {n: schema.domain(n).encode(synthetic[n]) for n in names}
    columns = tuple(_histogram(private, n, codes[n]) for n in names)
    paired = names[:MOST_PAIRED]
    pairs = []
    every = list(combinations(paired, 2))
    for i, (a, b) in enumerate(every):
        progress(i / len(every), "comparing pairs of columns")
        pairs.append(_pair(private, a, b, codes))
    rows = private.exact_size(WHY, Audience.CUSTODIAN)
    beyond = tuple(names[MOST_PAIRED:])
    found = copies(private, synthetic)
    return Comparison(columns, tuple(pairs), rows, len(synthetic), beyond, found)


def _histogram(private: PrivateTable, name: str, codes: Codes) -> Histogram:
    real = private.exact_table((name,), WHY, Audience.CUSTODIAN).astype(np.float64)
    fake = bincount([codes], real.shape).astype(np.float64)
    p, q = _shares(real), _shares(fake)
    return Histogram(
        name,
        private.schema.domain(name).labels,
        tuple(map(float, p)),
        tuple(map(float, q)),
        total_variation(p, q),
        fresh_distance(p, float(real.sum()), float(fake.sum())),
    )


def _pair(private: PrivateTable, a: str, b: str, codes: Mapping[str, Codes]) -> PairTable:
    real = private.exact_table((a, b), WHY, Audience.CUSTODIAN).astype(np.float64)
    fake = bincount([codes[a], codes[b]], real.shape).astype(np.float64)
    p, q = _shares(real), _shares(fake)
    return PairTable(
        a,
        b,
        total_variation(p, q),
        fresh_distance(p, float(real.sum()), float(fake.sum())),
        normalised_information(real),
        normalised_information(fake),
    )


def total_variation(p: Counts, q: Counts) -> float:
    """Half the L1 distance of two probability tables of one shape; between 0 and 1."""
    return float(np.abs(p - q).sum() / 2)


def fresh_distance(p: Counts, rows: float, fresh: float) -> float:
    """Expected distance between a sample of `rows` and one of `fresh` from the same chances `p`.

    Each cell's difference is nearly Gaussian, so its mean absolute value is sqrt(2/pi) times its
    standard deviation (as mostlyai-qa does for its theoretical maximum).
    """
    if rows <= 0 or fresh <= 0:
        return 1.0
    variance = p * (1 - p) * (1 / rows + 1 / fresh)
    return float(min(1.0, np.sqrt(2 / math.pi * variance).sum() / 2))


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


def _shares(counts: Counts) -> Counts:
    return counts / max(float(counts.sum()), 1.0)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0
