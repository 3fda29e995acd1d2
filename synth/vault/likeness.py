"""What tells real rows from others: hashes that a custodian's lasting ledger remembers.

Worked out before rows per person are limited, so that which of them are kept changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TypeAlias

from synth.budget.resemblance import MOST_ROWS, MOST_VALUES, Traits
from synth.lazily import np, npt, pd
from synth.schema.values import as_text

Hashes: TypeAlias = "npt.NDArray[np.uint64]"
MOST_LEFT_OUT = 40  # columns without each of which the rows are looked at as well
MOST_ALIKE = 4  # equal rows that are told apart
AMONG = 64 * MOST_ROWS  # hashes among which the smallest are looked for
MISSING = 0x9E3779B97F4A7C15
NUMBER = r"[+-]?\d+(?:\.\d*)?"
MOMENT = r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?"


def traits_of_frame(frame: pd.DataFrame) -> Traits:
    """The traits of rows in memory."""
    whole = hashlib.sha256("\0".join(sorted(map(str, frame.columns))).encode())
    cells = [_cells(frame[name]) for name in frame.columns]
    named = {str(n): hashed for n, (hashed, _) in zip(frame.columns, cells, strict=True)}
    whole.update(np.sort(_rows(named, len(frame))).tobytes())
    parts = [_mixed(hashed) for hashed, _ in cells]
    total = sum(parts, np.zeros(len(frame), dtype=np.uint64))
    rows = [_smallest(total)]
    if len(parts) > 2:  # what is left of two columns is one, which many tables have
        rows += [_smallest(total - part) for part in parts[:MOST_LEFT_OUT]]
    columns = [(len(v), tuple(map(int, v[:MOST_VALUES]))) for _, v in cells]
    return Traits(whole.hexdigest(), tuple(rows), tuple(columns))


def traits_of_place(known_as: str) -> Traits:
    """The traits of rows that stay in their engine: where they are."""
    hashed = hashlib.sha256(f"known as {known_as}".encode())
    return Traits(hashed.hexdigest(), ((int.from_bytes(hashed.digest()[:8], "big"),),))


def row_hashes(frame: pd.DataFrame) -> Hashes:
    """A hash of each row: of its cells and the names of their columns, and of no other row.

    A column is held in another way as soon as one cell is missing or odd; that changes no hash.
    """
    return _rows({str(name): _cells(frame[name])[0] for name in frame.columns}, len(frame))


def _rows(cells: Mapping[str, Hashes], many: int) -> Hashes:
    total = np.zeros(many, dtype=np.uint64)
    for name, hashed in cells.items():
        total += _mixed(np.bitwise_xor(hashed, _of_text(name), dtype=np.uint64))
    return total


def _cells(column: pd.Series) -> tuple[Hashes, Hashes]:
    """A hash for each cell, and one for each value that occurs, in order.

    The name plays no part, nor does how a file wrote a value: 3, 3.0 and 03 are one, and so are
    capitals and small letters, and a day and its midnight.
    """
    if _plain(column):
        hashed = np.where(column.isna(), np.uint64(MISSING), _of_plain(column))
        return hashed, np.unique(hashed[~column.isna().to_numpy()])
    codes, values = pd.factorize(column)
    text = as_text(pd.Series(values)).astype(str).str.strip().str.lower()
    found = pd.util.hash_array(text.to_numpy(dtype=object), categorize=False)
    for pattern, read in ((NUMBER, pd.to_numeric), (MOMENT, _moments)):
        alike = text.str.fullmatch(pattern).to_numpy(dtype=bool)
        if alike.any():
            found[alike] = _of_plain(pd.Series(read(text[alike])))
    return np.append(found, np.uint64(MISSING))[codes], np.unique(found)


def _plain(column: pd.Series) -> bool:
    """Whether cells are numbers or moments already."""
    kind = column.dtype
    if pd.api.types.is_bool_dtype(kind):
        return False
    return pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind)


def _of_plain(column: pd.Series) -> Hashes:
    """Hashes of numbers as text tells them, of moments as seconds, of anything where none is."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        seconds = column.to_numpy(dtype="datetime64[s]").astype(np.int64)
        return _mixed(seconds.astype(np.uint64))
    numbers = column.to_numpy(dtype=np.float64, na_value=np.nan) + 0.0  # -0.0 is 0.0
    if pd.api.types.is_float_dtype(column.dtype):
        codes, values = pd.factorize(numbers)
        numbers = np.append(np.array([float(f"{v:.15g}") for v in values]), np.nan)[codes]
    return np.asarray(pd.util.hash_array(numbers), dtype=np.uint64)


def _moments(text: pd.Series) -> pd.Series:
    return pd.to_datetime(text, format="ISO8601", errors="coerce")


def _of_text(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))


def _mixed(hashes: Hashes) -> Hashes:
    """Hashes whose sums are hashes again. Reference: Steele et al. (2014), splitmix64."""
    z = hashes + np.uint64(MISSING)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _smallest(sums: Hashes) -> tuple[int, ...]:
    """The smallest hashes of rows; a few that are equal are told apart by their number."""
    mixed = _mixed(sums)
    few = mixed if len(mixed) <= AMONG else np.partition(mixed, AMONG)[:AMONG]
    found, times = np.unique(few, return_counts=True)
    found, times = found[:MOST_ROWS], np.minimum(times[:MOST_ROWS], MOST_ALIKE)
    number = np.concatenate([np.arange(t, dtype=np.uint64) for t in times] or [times])
    apart = np.repeat(found, times) + number.astype(np.uint64)
    return tuple(map(int, apart[:MOST_ROWS]))
