"""How far a synthetic table is from the real one: mean total variation distance of marginals.

    python bench/tvd.py REAL.csv SYNTHETIC.csv [--categorical COLUMN ...] [--exclude COLUMN ...]

The total variation distance (TVD) of two distributions is half the sum of the absolute
differences of their cells: the share of rows that would have to move. The rules are fixed, so
that figures of different days and systems can stand side by side:

- All 1-way marginals, all 2-way marginals, and 200 3-way marginals drawn once with a fixed seed.
- A column of numbers, unless named as categorical, is cut into 20 equal bins between the real
  minimum and maximum; what lies below or above them counts as a cell of its own.
- Every other value is compared as text, numbers by value (`7`, `7.0` and `07` are one).
- Missing is a cell like any other.

This is a measure for developers, apart from the package's own on purpose: a yardstick must not
share the defects of what it measures.
"""

import argparse
import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

BINS = 20
TRIPLES = 200
SEED = 12345

Codes = np.ndarray[tuple[int], np.dtype[np.int64]]  # one cell number per row
Cells = np.ndarray[tuple[int], np.dtype[np.float64]]  # shares of the rows; they sum to 1


@dataclass(frozen=True)
class Errors:
    """Mean TVD (0 to 1) over the 1-way, 2-way and 3-way marginals; NaN with too few columns."""

    one: float
    two: float
    three: float


@dataclass(frozen=True)
class NumberBins:
    """Equal bins between two bounds; code 0 is missing, 1 below, `BINS` + 2 above."""

    low: float
    high: float
    size: int = BINS + 3

    def encode(self, column: pd.Series) -> Codes:
        values = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)
        inside = (values - self.low) / ((self.high - self.low) or 1.0) * BINS
        bins = np.floor(np.nan_to_num(inside)).clip(-1, BINS) + 2
        bins[values == self.high] = BINS + 1
        bins[np.isnan(values)] = 0
        return bins.astype(np.int64)


class Labels:
    """The texts of one column; code 0 is missing, the last code is any text not seen in it."""

    def __init__(self, column: pd.Series) -> None:
        self.labels = pd.Index(as_text(column).dropna().unique())
        self.size = len(self.labels) + 2

    def encode(self, column: pd.Series) -> Codes:
        text = as_text(column)
        found = self.labels.get_indexer(text)
        codes: Codes = np.where(found < 0, self.size - 1, found + 1).astype(np.int64)
        codes[text.isna().to_numpy()] = 0
        return codes


class Truth:
    """A real table's marginals, counted once; any number of synthetic tables are held to them.

    Args:
        real: the table; its columns, without `exclude`, are those that are compared.
        categorical: columns of numbers to be compared value by value instead of in bins.
    """

    def __init__(
        self, real: pd.DataFrame, categorical: Collection[str] = (), exclude: Collection[str] = ()
    ) -> None:
        self.columns = [name for name in real.columns if name not in exclude]
        self.codings = [coding(real[name], name in categorical) for name in self.columns]
        self.sets = marginal_sets(len(self.columns))
        codes = self._encode(real)
        self.tables = {key: self._table(codes, key) for keys in self.sets for key in keys}

    def errors(self, synthetic: pd.DataFrame) -> Errors:
        """Raises KeyError if a column of the real table is absent."""
        codes = self._encode(synthetic)
        means = [
            float(np.mean([tvd(self.tables[key], self._table(codes, key)) for key in keys]))
            if keys
            else math.nan
            for keys in self.sets
        ]
        return Errors(*means)

    def _encode(self, frame: pd.DataFrame) -> list[Codes]:
        return [
            coding.encode(frame[name])
            for name, coding in zip(self.columns, self.codings, strict=True)
        ]

    def _table(self, codes: Sequence[Codes], key: tuple[int, ...]) -> Cells:
        """The flattened contingency table of the columns `key`, in shares of the rows."""
        sizes = [self.codings[column].size for column in key]
        packed = np.ravel_multi_index([codes[column] for column in key], sizes)
        cells: Cells = np.bincount(packed, minlength=math.prod(sizes)) / len(packed)
        return cells


def coding(column: pd.Series, categorical: bool) -> NumberBins | Labels:
    """Bins for a column of numbers that is not called categorical, labels for any other."""
    numbers = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if categorical or not numbers or column.isna().all():
        return Labels(column)
    return NumberBins(float(column.min()), float(column.max()))


def as_text(column: pd.Series) -> pd.Series:
    """The column as stripped text, missing kept; numbers in one spelling if all are numbers."""
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.notna().sum() == column.notna().sum():
        return numbers.map(lambda value: format(value, ".12g"), na_action="ignore").astype(object)
    return column.astype(object).map(lambda value: str(value).strip(), na_action="ignore")


def marginal_sets(columns: int) -> list[list[tuple[int, ...]]]:
    """All 1-way, all 2-way and up to `TRIPLES` 3-way sets of column positions."""
    singles, pairs, triples = (
        list(itertools.combinations(range(columns), length)) for length in (1, 2, 3)
    )
    rng = np.random.default_rng(SEED)
    count = min(TRIPLES, len(triples))
    drawn = np.sort(rng.choice(max(len(triples), 1), count, replace=False)).tolist()
    return [singles, pairs, [triples[position] for position in drawn]]


def tvd(one: Cells, other: Cells) -> float:
    """Half the sum of absolute differences of two distributions over the same cells."""
    return float(np.abs(one - other).sum() / 2)


def main() -> None:
    """Print the three figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("real", type=Path)
    parser.add_argument("synthetic", type=Path)
    parser.add_argument("--categorical", nargs="*", default=[], metavar="COLUMN")
    parser.add_argument("--exclude", nargs="*", default=[], metavar="COLUMN")
    told = parser.parse_args()
    truth = Truth(pd.read_csv(told.real), told.categorical, told.exclude)
    print(truth.errors(pd.read_csv(told.synthetic)))


if __name__ == "__main__":
    main()
