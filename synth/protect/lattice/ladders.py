"""A column with its levels of generalisation: the rungs a search climbs, each one made of steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from synth.lazily import np, npt, pd
from synth.protect.risk.classes import people_of
from synth.protect.rungs import Joined, Rung, rungs
from synth.protect.steps.columns import Drop
from synth.protect.steps.dates import Truncate
from synth.protect.steps.generalise import Generalise
from synth.protect.steps.hierarchy import BUILT_IN, Date, Hierarchy, Widths
from synth.protect.steps.rows import Suppress
from synth.protect.steps.step import Step
from synth.schema import Kind
from synth.schema.domain import MISSING
from synth.vault.coded import Coded

Losses: TypeAlias = "npt.NDArray[np.float64]"  # what one row of each value loses at one level

QUICK = 30_000  # nodes that are searched in a second or two


@dataclass(frozen=True, eq=False)
class Ladder:
    """One quasi-identifier and its levels.

    Args:
        rungs: one per level, the finest first: the value itself, unless it is of no use.
    """

    column: Coded
    rungs: tuple[Rung, ...]

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def top(self) -> int:
        return len(self.rungs) - 1

    @property
    def groups(self) -> tuple[Joined, ...]:
        """Per level, the group of each value."""
        return tuple(rung.groups for rung in self.rungs)

    @property
    def unchanged(self) -> Ladder:
        """The same column with its own values as the only level."""
        return replace(self, rungs=self.rungs[:1])

    @property
    def kept(self) -> Ladder:
        """The same column without the levels that leave nothing of it."""
        told = tuple(rung for rung in self.rungs if rung.size > 1)
        return replace(self, rungs=told or self.rungs[:1])

    @property
    def thinner(self) -> Ladder:
        """The same column with every other level between the first and the last."""
        return replace(self, rungs=(self.rungs[0], *self.rungs[2:-1:2], self.rungs[-1]))

    def words(self, level: int) -> str:
        """What a level is called."""
        return self.rungs[level].words

    def gone(self, level: int) -> bool:
        """Whether a level leaves the column out."""
        return any(isinstance(step, Drop) for step in self.rungs[level].steps)


def ladder(column: Coded, hierarchy: Hierarchy, file: str = "") -> Ladder:
    """The levels of a hierarchy. A missing value is a group of its own, as it is in every step.

    Args:
        file: where the hierarchy came from, if not built in.
    """
    labels = pd.Series(column.labels, dtype=object)
    absent = (labels == MISSING).to_numpy()
    made = [Rung(hierarchy.words(0), (), np.arange(column.size))]
    for level in range(1, hierarchy.top):
        told = hierarchy.at(level, labels).mask(absent, MISSING)
        groups = pd.factorize(told.to_numpy(dtype=object))[0].astype(np.int64)
        steps = (_step(column.name, hierarchy, level, file),)
        made.append(Rung(hierarchy.words(level), steps, groups))
    return Ladder(column, (*made, _left_out(column)))


def _left_out(column: Coded) -> Rung:
    return Rung("left out", (Drop((column.name,)),), np.zeros(column.size, np.int64))


def _step(name: str, known: Hierarchy, level: int, file: str) -> Step:
    """The de-identification step that a level between the first and the last is."""
    if isinstance(known, Widths):
        band = known.band(level)
        return type(band)(name, edges=band.edges, whole=band.whole)
    if isinstance(known, Date):
        return Truncate(name, to=known.names[level - 1])
    if file:
        return Generalise(name, file=file, level=level, known=known)
    named = next(key for key, one in BUILT_IN.items() if one == known)
    return Generalise(name, hierarchy=named, level=level)


def usual_ladder(column: Coded, kind: Kind, k: int, owner: Coded | None = None) -> Ladder:
    """The levels that fit a column when nobody chose: bands, months, common values, and others.

    Args:
        k: values that fewer people have are not told apart, and not named.
        owner: whose each row is, where people have several; without it each row is one person.
    """
    if owner is None:
        return Ladder(column, rungs(column, kind, k))
    people = people_of(owner)
    width = int(people.max(initial=0)) + 1
    once = pd.unique(column.codes.astype(np.int64) * width + people) // width
    return Ladder(column, rungs(replace(column, codes=once), kind, k))


def fewer_levels(
    ladders: Sequence[Ladder], k: int, suppression: float, most: int = QUICK
) -> tuple[Ladder, ...]:
    """The ladders with so few levels that a search is quick.

    Levels go that no way can use, as too many rows stand out by them alone; then, of the longest,
    every other one between the first and the last.

    Args:
        k: rows that have to look alike, all but a share of `suppression`.
    """
    made = list(ladders)
    if math.prod(len(ld.rungs) for ld in made) > most:
        made = [_usable(ld, k, suppression) for ld in made]
    while math.prod(len(ld.rungs) for ld in made) > most:
        longest = max(range(len(made)), key=lambda i: len(made[i].rungs))
        if len(made[longest].rungs) < 3:
            break
        made[longest] = made[longest].thinner
    return tuple(made)


def _usable(one: Ladder, k: int, suppression: float) -> Ladder:
    counts = np.bincount(one.column.codes, minlength=one.column.size)
    told = []
    for rung in one.rungs:
        sizes = np.bincount(rung.groups, weights=counts)
        if sizes[sizes < k].sum() <= suppression * counts.sum():
            told.append(rung)
    return replace(one, rungs=tuple(told) or one.rungs[-1:])


def steps_for(
    ladders: Sequence[Ladder], levels: Sequence[int], k: int, suppressed: int, person: str = ""
) -> tuple[Step, ...]:
    """The steps that lead to a node of the lattice, the suppression of what is left included.

    Each says that it was chosen after looking at the rows: a formal promise does not cover it.

    Args:
        person: the column that names the person, where k people have to look alike, not rows.
    """
    placed = list(zip(ladders, levels, strict=True))
    steps = [step for ld, level in placed for step in ld.rungs[level].steps]
    kept = tuple(ld.name for ld, level in placed if not ld.gone(level))
    if suppressed and kept:
        steps.append(Suppress(kept, k=k, whole=True, person=person))
    return tuple(replace(step, seen=True) for step in steps)
