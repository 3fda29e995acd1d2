"""What tells real rows from others: hashes that a custodian's lasting ledger remembers.

Worked out before rows per person are limited, so that which of them are kept changes nothing.
"""

from __future__ import annotations

import hashlib
from typing import Any

from synth.budget.resemblance import MOST_ROWS, MOST_VALUES, Traits
from synth.lazily import np, npt, pd
from synth.schema.values import as_text

Hashes = npt.NDArray[np.uint64]
MOST_LEFT_OUT = 40  # columns without each of which the rows are looked at as well
MOST_ALIKE = 4  # equal rows that are told apart
MISSING = np.uint64(0x9E3779B97F4A7C15)
NUMBER = r"[+-]?\d+(?:\.\d*)?"


def traits_of_frame(frame: pd.DataFrame) -> Traits:
    """The traits of rows in memory."""
    whole = hashlib.sha256("\0".join(sorted(map(str, frame.columns))).encode())
    whole.update(np.sort(row_hashes(frame)).tobytes())
    cells = [_cells(_loosely(frame[n])) for n in frame.columns]
    parts = [_mixed(hashed) for hashed, _ in cells]
    total = sum(parts, np.zeros(len(frame), dtype=np.uint64))
    rows = [_smallest(total)]
    if len(parts) > 2:  # what is left of two columns is one, which many tables have
        rows += [_smallest(total - part) for part in parts[:MOST_LEFT_OUT]]
    columns = [(len(v), tuple(map(int, v[:MOST_VALUES]))) for _, v in cells]
    return Traits(whole.hexdigest(), tuple(rows), tuple(columns))


def row_hashes(frame: pd.DataFrame) -> Hashes:
    """A hash of each row: of its cells as they are and the names of their columns."""
    total = np.zeros(len(frame), dtype=np.uint64)
    for name in frame.columns:
        hashed, _ = _cells(pd.factorize(frame[name]))
        total += _mixed(hashed ^ _of_text(str(name)))
    return total


def traits_of_place(known_as: str) -> Traits:
    """The traits of rows that stay in their engine: where they are."""
    hashed = hashlib.sha256(f"known as {known_as}".encode())
    return Traits(hashed.hexdigest(), ((int.from_bytes(hashed.digest()[:8], "big"),),))


def _cells(found: tuple[Any, Any]) -> tuple[Hashes, Hashes]:
    """A hash for each cell, and one for each value that occurs; the name plays no part."""
    codes, values = found
    text = as_text(pd.Series(values)).to_numpy(dtype=object)
    hashed = np.asarray(pd.util.hash_array(text, categorize=False), dtype=np.uint64)
    return np.append(hashed, MISSING)[codes], np.unique(hashed)


def _loosely(column: pd.Series) -> tuple[Any, Any]:
    """Codes and values, however a file wrote them: in which case, and 3, 3.0 and 03 as one."""
    codes, values = pd.factorize(column)
    text = as_text(pd.Series(values)).astype(str).str.strip().str.lower()
    text = text.str.removesuffix(" 00:00:00")
    return codes, text.where(~text.str.fullmatch(NUMBER), _as_numbers(text))


def _as_numbers(text: pd.Series) -> pd.Series:
    """Numbers as text that does not depend on how a file wrote them: 3, 3.0 and 03 are one."""
    numbers = pd.to_numeric(text.where(text.str.fullmatch(NUMBER)), errors="coerce")
    return numbers.map(lambda n: "" if np.isnan(n) else f"{n:.15g}")


def _of_text(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))


def _mixed(hashes: Hashes) -> Hashes:
    """Hashes whose sums are hashes again. Reference: Steele et al. (2014), splitmix64."""
    z = hashes + MISSING
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _smallest(sums: Hashes) -> tuple[int, ...]:
    """The smallest hashes of rows; a few that are equal are told apart by their number."""
    found, times = np.unique(_mixed(sums), return_counts=True)
    found, times = found[:MOST_ROWS], np.minimum(times[:MOST_ROWS], MOST_ALIKE)
    number = np.concatenate([np.arange(t, dtype=np.uint64) for t in times] or [times])
    apart = np.repeat(found, times) + number.astype(np.uint64)
    return tuple(map(int, apart[:MOST_ROWS]))
