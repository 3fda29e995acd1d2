"""The frequency attack: codes that keep their counts are named by whoever knows the counts.

Somebody knows from public statistics how busy each hospital is, sees a column of random codes, and
matches the busiest code with the busiest hospital, and so on down. Random codes do not help
against this, because they leave the counts as they were.
"""

from __future__ import annotations

from dataclasses import dataclass

from synth.budget.eyes import ForCustodian
from synth.lazily import np, npt
from synth.vault.coded import Coded


@dataclass(frozen=True, repr=False)
class FrequencyAttack(ForCustodian):
    """What the attack achieves on one column.

    Args:
        values: different values in the column.
        certain: values whose count no other value has: named beyond doubt from exact counts.
        rows: rows that hold one of those.
        of: all rows.
        likely: values expected to be named right by rank alone if the counts known are those of
            another year, as different as chance makes them.
    """

    column: str
    values: int
    certain: int
    rows: int
    of: int
    likely: float

    def __str__(self) -> str:
        return (
            f"{self.certain} of the {self.values} values of `{self.column}` have a count that no "
            f"other has. Whoever knows the real counts can name these, however they are coded: "
            f"{self.rows:,} of {self.of:,} rows. With counts of another year, about "
            f"{self.likely:.0f} would be named right."
        )


def frequency_attack(column: Coded, rng: np.random.Generator, rounds: int = 20) -> FrequencyAttack:
    """Match values by how often they occur.

    Args:
        rng: draws the counts of other years; no guarantee rests on it.
        rounds: how many of those are averaged.
    """
    counts = np.bincount(column.codes, minlength=column.size)
    _, place, same = np.unique(counts, return_inverse=True, return_counts=True)
    alone = same[place] == 1
    likely = float(np.mean([_matched(counts, rng.poisson(counts)) for _ in range(rounds)]))
    return FrequencyAttack(
        column.name,
        column.size,
        int(alone.sum()),
        int(counts[alone].sum()),
        len(column.codes),
        likely,
    )


def _matched(seen: npt.NDArray[np.int64], known: npt.NDArray[np.int64]) -> int:
    """How many values have the same rank in both."""
    one, other = np.argsort(-seen, kind="stable"), np.argsort(-known, kind="stable")
    return int((one == other).sum())
