"""Synthetic rows that are copies of real ones, beside how many chance alone would make.

Only for methods that saw the rows themselves: under noise there is nothing to copy. A fresh real
person shares every value with someone in the table with a chance of about 1 - N1/n, where N1 of n
rows have nobody like them, and with exactly one person with about 2 N2/n: what a holdout would
show, without holding anyone out.

Reference: Good (1953), "The population frequencies of species", doi:10.1093/biomet/40.3-4.237.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from synth.budget import Audience, Opened
from synth.budget.eyes import ForCustodian
from synth.lazily import np, npt, pd
from synth.learning.copying import too_many
from synth.schema import Schema
from synth.vault import PrivateTable

WHY = "a count of synthetic rows that are copies"


@dataclass(frozen=True, repr=False)
class Copies(ForCustodian):
    """Rows that equal a real one in every column, in the states of the schema.

    Args:
        rows: synthetic ones.
        copied: of them, those that some real row equals.
        singled: of them, those that exactly one real row equals.
        fresh, fresh_singled: shares of fresh real rows of which that would be true, 0 to 1.
    """

    rows: int
    copied: int
    singled: int
    fresh: float
    fresh_singled: float

    @property
    def too_many(self) -> bool:
        """Whether there are more than chance explains."""
        return self._beyond(self.copied, self.fresh) or self.singled_too_many

    @property
    def singled_too_many(self) -> bool:
        """Whether there are more copies of one person alone than chance explains."""
        return self._beyond(self.singled, self.fresh_singled)

    @property
    def remedy(self) -> str:
        """What to do where there are too many."""
        return (
            "That is more than chance: the method gives real rows back. Take another method or a "
            "formal promise, larger leaves or a wider bandwidth, or coarser columns."
        )

    def _beyond(self, found: int, fresh: float) -> bool:
        share = found / max(self.rows, 1)
        error = math.sqrt(max(share * (1 - share), 1 / self.rows) / self.rows)
        return too_many(share, fresh, error)

    @property
    def plain(self) -> str:
        """In two sentences."""
        copied, singled = self.copied / self.rows, self.singled / self.rows
        return (
            f"{self.copied:,} of {self.rows:,} synthetic rows ({copied:.1%}) equal a real row in "
            f"every column, and {self.singled:,} of them ({singled:.1%}) the row of one person "
            "alone. Among as many real people who are not in the table, chance would make that "
            f"{self.fresh:.1%} and {self.fresh_singled:.1%}."
        )


def copies(private: PrivateTable, synthetic: pd.DataFrame) -> Copies | None:
    """Copies among synthetic rows; None where no method saw the real ones. For the custodian."""
    opened = [e for e in private.ledger.entries if isinstance(e, Opened)]
    if not any(e.audience is Audience.RELEASE for e in opened) or not len(synthetic):
        return None
    real = _marks(private.schema, private.open_rows(WHY, Audience.CUSTODIAN))
    return counted(real, _marks(private.schema, synthetic))


def counted(real: npt.NDArray[np.uint64], synthetic: npt.NDArray[np.uint64]) -> Copies:
    """Copies among rows that are each one number."""
    if not len(real):
        return Copies(len(synthetic), 0, 0, 0.0, 0.0)
    kinds, times = np.unique(real, return_counts=True)
    place = np.minimum(np.searchsorted(kinds, synthetic), len(kinds) - 1)
    same = kinds[place] == synthetic
    n = len(real)
    return Copies(
        len(synthetic),
        int(same.sum()),
        int((same & (times[place] == 1)).sum()),
        1 - float((times == 1).sum()) / n,
        min(1.0, 2 * float((times == 2).sum()) / n),
    )


def _marks(schema: Schema, rows: pd.DataFrame) -> npt.NDArray[np.uint64]:
    """One number per row; equal rows have equal ones, others differ but for a chance in 2^64."""
    codes = {c.name: schema.domain(c.name).encode(rows[c.name]) for c in schema.modelled}
    marks = pd.util.hash_pandas_object(pd.DataFrame(codes), index=False)
    return np.asarray(marks, dtype=np.uint64)
