"""How each missing cell was written, held beside the rows: a cell itself is only missing.

`NA`, `.` and an empty field mean the same to whoever counts, but a table is to come out as it came
in. Which text most missing cells of a column have is a fact about the rows, so it is asked for like
any other: as states of `Shapes`, in the same noisy histogram.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

from synth.lazily import np, npt
from synth.schema import Codes

Places: TypeAlias = "npt.NDArray[np.integer]"  # row numbers


@dataclass(frozen=True, eq=False)
class Gaps:
    """Texts that stood for missing cells, and which of them each cell had.

    Args:
        texts: the public list of them, without the empty one.
        codes: for each column that has any, a number per row: 0 where the cell is not missing or
            was empty, i where it was `texts[i - 1]`.
    """

    texts: tuple[str, ...] = ()
    codes: Mapping[str, Codes] = field(default_factory=dict, repr=False)

    def taken(self, rows: Places) -> Gaps:
        """Those of some rows, in another order maybe."""
        return Gaps(self.texts, {n: codes[rows] for n, codes in self.codes.items()})

    def counts(self, name: str) -> npt.NDArray[np.int64]:
        """How many cells of a column had each text."""
        many = len(self.texts) + 1
        if name not in self.codes:
            return np.zeros(len(self.texts), dtype=np.int64)
        return np.bincount(self.codes[name], minlength=many)[1:many].astype(np.int64)


NO_GAPS = Gaps()


@runtime_checkable
class TellsGaps(Protocol):
    """A domain that tells missing cells apart by how they were written."""

    def apart(self, codes: Codes, gaps: Codes) -> Codes:
        """The codes, with those of missing cells told apart."""
        ...
