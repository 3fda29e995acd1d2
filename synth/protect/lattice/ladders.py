"""A column with its levels of generalisation: the rungs a search climbs, each one a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from synth.ingest.roles import words_of
from synth.lazily import np, npt, pd
from synth.protect.steps.columns import Drop
from synth.protect.steps.dates import Truncate
from synth.protect.steps.generalise import Generalise
from synth.protect.steps.hierarchy import BUILT_IN, Date, Hierarchy, Postcode, Suppressed, Widths
from synth.protect.steps.rows import Suppress
from synth.protect.steps.step import Step
from synth.schema import Kind
from synth.schema.domain import MISSING
from synth.schema.spelling import PLAINLY
from synth.vault.coded import Coded

Groups: TypeAlias = "npt.NDArray[np.int64]"  # the group of each value at one level
Losses: TypeAlias = "npt.NDArray[np.float64]"  # what one row of each value loses at one level

MOST_VALUES = 12


@dataclass(frozen=True, eq=False)
class Ladder:
    """One quasi-identifier and its levels, 0 the value itself.

    Args:
        groups: one array per level.
        file: where the hierarchy came from, if not built in.
    """

    column: Coded
    hierarchy: Hierarchy
    groups: tuple[Groups, ...]
    file: str = ""

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def top(self) -> int:
        return len(self.groups) - 1

    @property
    def unchanged(self) -> Ladder:
        """The same column with its own values as the only level."""
        return replace(self, groups=self.groups[:1])

    def words(self, level: int) -> str:
        """What a level is called."""
        return self.hierarchy.words(level)

    def step(self, level: int) -> Step | None:
        """The de-identification step that a level is; None for the value itself."""
        known = self.hierarchy
        if level == 0:
            return None
        if level == self.top:
            return Drop((self.name,))
        if isinstance(known, Widths):
            band = known.band(level)
            return type(band)(self.name, edges=band.edges, whole=band.whole)
        if isinstance(known, Date):
            return Truncate(self.name, to=known.names[level - 1])
        if self.file:
            return Generalise(self.name, file=self.file, level=level, known=known)
        named = next(name for name, one in BUILT_IN.items() if one == known)
        return Generalise(self.name, hierarchy=named, level=level)


def ladder(column: Coded, hierarchy: Hierarchy, file: str = "") -> Ladder:
    """The levels of a column. A missing value is a group of its own, as it is in every step."""
    labels = pd.Series(column.labels, dtype=object)
    absent = (labels == MISSING).to_numpy()
    groups = [np.arange(column.size)]
    for level in range(1, hierarchy.top + 1):
        made = hierarchy.at(level, labels).mask(absent, MISSING)
        groups.append(pd.factorize(made.to_numpy(dtype=object))[0].astype(np.int64))
    return Ladder(column, hierarchy, tuple(groups), file)


def usual_hierarchy(column: Coded, kind: Kind) -> Hierarchy:
    """What fits a column when nobody chose: bands, months, postcode areas, or leaving it out."""
    if kind is Kind.DATE:
        return Date()
    if kind in (Kind.INTEGER, Kind.REAL) and column.size > MOST_VALUES:
        told = [v for v in column.labels if v != MISSING]
        numbers = PLAINLY.numbers(pd.Series(told, dtype=object))
        numbers = numbers[~np.isnan(numbers)]
        if len(numbers):
            low, high = float(numbers.min()), float(numbers.max())
            unit = max(1.0, 10.0 ** np.floor(np.log10(max(high - low, 1.0) / 2)) / 2)
            return Widths(low, high + 1, (unit, 2 * unit, 4 * unit))
    if any(word in words_of(column.name) for word in ("post", "zip")):
        return Postcode()
    return Suppressed()


def steps_for(
    ladders: Sequence[Ladder], levels: Sequence[int], k: int, suppressed: int
) -> tuple[Step, ...]:
    """The steps that lead to a node of the lattice, the suppression of what is left included.

    Each says that it was chosen after looking at the rows: a formal promise does not cover it.
    """
    made = [ld.step(level) for ld, level in zip(ladders, levels, strict=True)]
    steps = [s for s in made if s is not None]
    kept = tuple(ld.name for ld, lv in zip(ladders, levels, strict=True) if lv < ld.top or not lv)
    if suppressed and kept:
        steps.append(Suppress(kept, k=k, whole=True))
    return tuple(replace(step, seen=True) for step in steps)
