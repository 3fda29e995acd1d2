"""Columns as integer codes with the raw values behind them: what risk is counted over.

Unlike a domain, nothing is grouped: two rows share a code only if they hold the same value. The
labels are cell values, so they are for whoever already holds the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from synth.lazily import np, pd
from synth.schema import Codes
from synth.schema.domain import MISSING, smallest
from synth.schema.values import as_text


@dataclass(frozen=True, eq=False)
class Coded:
    """One column of a table.

    Args:
        codes: one per row, 0 .. size - 1; every code occurs.
        labels: the value of each code as text; a missing value is the last.
        absent: whether there is a missing value.
    """

    name: str
    codes: Codes
    labels: tuple[str, ...]
    absent: bool = False

    @property
    def size(self) -> int:
        return len(self.labels)

    def values(self) -> pd.Series:
        """The column as text."""
        known = pd.Index(self.labels[: self.size - self.absent], dtype=object)
        codes = np.where(self.codes >= len(known), -1, self.codes.astype(np.int64))
        return pd.Series(pd.Categorical.from_codes(codes, categories=known), name=self.name)


def coded(name: str, values: pd.Series) -> Coded:
    """A column as codes, in the order of its categories or of first appearance."""
    if not isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype("category")
    raw = values.cat.codes.to_numpy()
    categories = pd.Series(values.cat.categories)
    place = np.where(raw < 0, len(categories), raw).astype(np.int64)
    used = np.bincount(place, minlength=len(categories) + 1) > 0
    renumber = np.cumsum(used) - 1
    labels = list(as_text(categories[used[:-1]])) + [MISSING] * bool(used[-1])
    codes = smallest(renumber[place], max(len(labels), 1))
    return Coded(name, codes, tuple(labels), bool(used[-1]))
