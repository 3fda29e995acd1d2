"""Contingency tables of codes: one axis per column, one cell per combination of states."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

from synth.errors import MethodError
from synth.lazily import np, npt
from synth.schema.domain import Codes

IntCounts: TypeAlias = "npt.NDArray[np.int64]"  # true counts, one axis per column
MOST_CELLS = 50_000_000  # a contingency table beyond this is a mistake, not a plan


def cells_of(shape: Sequence[int]) -> int:
    """Number of cells of a table of this shape.

    Raises:
        MethodError: it is too large to count.
    """
    cells = math.prod(shape)
    if cells > MOST_CELLS:
        raise MethodError(
            f"A table over {len(shape)} columns would have {cells:,} cells.",
            "Use fewer columns at once, or coarser ones.",
        )
    return cells


def packed(codes: Sequence[Codes], shape: Sequence[int]) -> Codes:
    """One integer per row for several codes, in row-major order, in the smallest type that fits.

    The type holds the number of cells itself, not only the largest code: each size is a factor of
    it, so no factor and no product of sizes on the way is larger, while the largest code would let
    the size 65,536 of a table of shape (1, 65536) pass by one.
    """
    kind = np.min_scalar_type(max(cells_of(shape), 1))
    flat = codes[0].astype(kind)
    for column, size in zip(codes[1:], shape[1:], strict=True):
        flat *= kind.type(size)
        flat += column.astype(kind, copy=False)
    return flat


def bincount(codes: Sequence[Codes], shape: Sequence[int]) -> IntCounts:
    """The contingency table of some code columns of equal length."""
    if not shape:
        return np.array(len(codes[0]) if codes else 0, dtype=np.int64)
    flat = packed(codes, shape)
    return np.bincount(flat, minlength=math.prod(shape)).astype(np.int64).reshape(tuple(shape))


def entropy(counts: npt.NDArray[Any]) -> float:
    """Shannon entropy of a table of counts, in nats."""
    p = counts[counts > 0] / max(float(counts.sum()), 1.0)
    return float(-(p * np.log(p)).sum())


def mutual_information(counts: npt.NDArray[Any], chance: float) -> float:
    """How much rows and columns of a two-way table tell of each other, in nats.

    Args:
        chance: of (r-1)(c-1)/n nats for r by c occupied states and n rows, the part that is taken
            off; chance alone gives about a half (Miller 1955), and a model pays all (Akaike 1974).
    """
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    freedom = (np.count_nonzero(rows) - 1) * (np.count_nonzero(columns) - 1)
    told = entropy(rows) + entropy(columns) - entropy(counts)
    return told - chance * freedom / float(counts.sum())
