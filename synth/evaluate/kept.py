"""What became of the combinations of attributes: kept, lost, invented, leaked.

The figures that users of Microsoft's Synthetic Data Showcase know, by its definitions
(`core/src/processing/evaluator`), and beside each that flatters a fair one:

- *preserved* is the mean of min(synthetic / real, 1), over combinations that k people share and
  all synthetic ones; too many look perfect. *error* is the mean of |synthetic - real| / real over
  all that k people share, lost ones included.
- *suppressed* is the share of all real combinations that are gone, most of which had to go.
  *lost* counts only those that k people share.
- *fabricated* is divided by the number of real combinations, as there. *invented* is the share of
  the synthetic ones.

Real counts are read without noise: for the custodian's eyes. `kept_by_reported` needs protected
counts alone, and may be shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from synth.budget import Audience
from synth.budget.eyes import ForCustodian
from synth.combinations.counting import Combinations, combinations
from synth.lazily import np, npt, pd
from synth.learning.aggregates import Aggregates
from synth.schema import Schema
from synth.vault import Attributes, Counting, PrivateTable, axes_of
from synth.vault.shortfall import matching
from synth.wording import so_many

Numbers: TypeAlias = "npt.NDArray[np.float64]"
WHY = "comparison of real and synthetic combinations"


@dataclass(frozen=True, repr=False)
class ByLength(ForCustodian):
    """Combinations of one length; shares from 0 to 1, counts in people.

    `apart` is the mean |synthetic - real| where both have the combination, as the original has it.
    """

    length: int
    real: int
    mean_count: float
    preserved: float
    error: float
    suppressed: float
    lost: float
    apart: float


@dataclass(frozen=True, repr=False)
class ByCount(ForCustodian):
    """Combinations whose synthetic count is above `above` and at most `most`."""

    above: int
    most: int
    combinations: int
    preserved: float
    error: float


@dataclass(frozen=True, repr=False)
class Kept(ForCustodian):
    """What became of the combinations.

    Args:
        leaked: combinations of fewer than k people that the rows show, and show fewer than k times.
        expansion: synthetic rows per real row.
        audience: who may see this.
    """

    by_length: tuple[ByLength, ...]
    by_count: tuple[ByCount, ...]
    suppressed: float
    fabricated: float
    invented: float
    leaked: int
    expansion: float
    k: int
    audience: Audience

    @property
    def plain(self) -> str:
        """In a few sentences."""
        longest = self.by_length[-1]
        shares = ", ".join(f"{1 - b.error:.0%} for {b.length}" for b in self.by_length)
        return (
            f"Counts of combinations that at least {self.k} people share are met to {shares} "
            f"attribute{'s' if longest.length > 1 else ''} together. "
            f"{longest.lost:.0%} of those of {longest.length} attributes are lost, and "
            f"{self.invented:.0%} of all synthetic combinations are of nobody. "
            f"{so_many(self.leaked, 'combination')} of fewer than {self.k} people "
            f"{'shows' if self.leaked == 1 else 'show'}."
        )


def kept(
    private: PrivateTable, rows: pd.DataFrame, k: int, counting: Counting | None = None
) -> Kept:
    """Synthetic rows against the real ones, combination by combination. For the custodian."""
    counting = counting or Counting()
    real = private.exact_combinations(counting, WHY, Audience.CUSTODIAN)
    made = _recounted(rows, private.schema, counting, real.names)
    return judged(real.found, made, k, Audience.CUSTODIAN)


def _recounted(
    rows: pd.DataFrame, schema: Schema, counting: Counting, names: Sequence[Attributes]
) -> Combinations:
    """The combinations of synthetic rows on the axes of these names."""
    synthetic = axes_of(rows, schema, counting)
    axes = [matching(synthetic, name) for name in names]
    return combinations(axes, length=counting.length, at_least=1)


def kept_by_reported(aggregates: Aggregates, rows: pd.DataFrame, schema: Schema) -> Kept:
    """Synthetic rows against the protected counts alone; may be shared."""
    several = {a.column: a.delimiter for a in aggregates.names if a.delimiter}
    columns = tuple(dict.fromkeys(a.column for a in aggregates.names))
    counting = Counting(columns, aggregates.length, several=several)
    made = _recounted(rows, schema, counting, aggregates.names)
    return judged(aggregates.found, made, max(aggregates.resolution, 1), Audience.RELEASE)


def judged(real: Combinations, made: Combinations, k: int, audience: Audience) -> Kept:
    """The figures of two counts over the same axes."""
    sides = {n: _side_by_side(real, made, n) for n in range(1, real.length + 1)}
    whole = (np.concatenate(c) for c in zip(*sides.values(), strict=True))
    told, shown = whole
    return Kept(
        tuple(_of_length(n, *side, k) for n, side in sides.items()),
        tuple(_buckets(told, shown, k)),
        suppressed=_share(shown == 0, told > 0),
        fabricated=float((told == 0).sum() / max((told > 0).sum(), 1)),
        invented=_share(told == 0, shown > 0),
        leaked=int(((told > 0) & (told < k) & (shown > 0) & (shown < k)).sum()),
        expansion=made.rows / max(real.rows, 1),
        k=k,
        audience=audience,
    )


def _side_by_side(real: Combinations, made: Combinations, length: int) -> tuple[Numbers, Numbers]:
    """Real and synthetic counts of each combination that either has."""
    told, shown = [np.zeros(0)], [np.zeros(0)]
    for axes, block in real.blocks.items():
        if len(axes) == length:
            told.append(block.counts.astype(np.float64))
            shown.append(made.support(axes, real.states(axes)).astype(np.float64))
    for axes, block in made.blocks.items():
        if len(axes) == length:
            new = real.support(axes, made.states(axes)) == 0
            told.append(np.zeros(int(new.sum())))
            shown.append(block.counts[new].astype(np.float64))
    return np.concatenate(told), np.concatenate(shown)


def _of_length(length: int, told: Numbers, shown: Numbers, k: int) -> ByLength:
    often = told >= k
    looked = often | (shown > 0)
    both = (told > 0) & (shown > 0)
    return ByLength(
        length,
        int((told > 0).sum()),
        _mean(told[told > 0]),
        preserved=_mean(_preserved(told, shown)[looked]),
        error=_mean(np.abs(shown - told)[often] / told[often]),
        suppressed=_share(shown == 0, told > 0),
        lost=_share(shown == 0, often),
        apart=_mean(np.abs(shown - told)[both]),
    )


def _preserved(told: Numbers, shown: Numbers) -> Numbers:
    return np.where(told > 0, np.minimum(shown / np.maximum(told, 1), 1), 0)


def _buckets(told: Numbers, shown: Numbers, k: int) -> list[ByCount]:
    """By synthetic count: up to 10, 20, 40, … as the original has it; empty ones left out."""
    bounds = [0, 10]
    while bounds[-1] < shown.max(initial=0):
        bounds.append(bounds[-1] * 2)
    looked = (told >= k) | (shown > 0)
    error = np.where(told > 0, np.abs(shown - told) / np.maximum(told, 1), 1)
    found = []
    for above, most in pairwise(bounds):
        inside = looked & (shown > above) & (shown <= most)
        if inside.any():
            preserved = _mean(_preserved(told, shown)[inside])
            found.append(ByCount(above, most, int(inside.sum()), preserved, _mean(error[inside])))
    return found


def _mean(values: Numbers) -> float:
    return float(values.mean()) if values.size else 0.0


def _share(part: npt.NDArray[np.bool_], of: npt.NDArray[np.bool_]) -> float:
    return float((part & of).sum() / of.sum()) if of.any() else 0.0
