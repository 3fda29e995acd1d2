"""Which counts must be withheld so that a rare one cannot be got back by subtraction.

Withholding every count below k is not enough: where a parent ("female: 25") and all its children
but one ("female and ill: 22") are reported, the missing child is their difference. Two rules:

- **No small remainder.** For each reported combination and each further axis, the people left over
  after all reported children are subtracted are none, or at least k.
- **Nothing rare is determined** by repeated subtraction: even someone who knows which combinations
  occur at all never finds a sum of which all members but a rare one are known.

Both are reached by withholding more, the smallest counts first. What programs over many sums at
once could narrow down further is the question of `bounds`, for rounded counts as well.

Reference: Hundepool et al. (2012), "Statistical Disclosure Control", chapter 4 (secondary cell
suppression).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from synth.combinations.counting import Combinations, Indices, Supports
from synth.lazily import np, npt


def suppress(found: Combinations, at_least: int) -> Combinations:
    """Only the combinations that may be reported, with their exact counts.

    Args:
        found: all combinations that occur (`at_least` 1), up to the length reported.
        at_least: k; the fewest people behind a reported count.
    """
    assert found.at_least == 1, "what is withheld is decided from everything that occurs"
    families = _families(found)
    reported = families.counts >= at_least
    reported[0] = found.rows >= at_least
    reach = 0
    while True:
        reported = _without_small_remainders(families, reported, at_least)
        victims = _victims(families, reported, at_least, reach)
        if not victims.size:
            break
        reported[victims] = False
        reach += 1
    kept = np.where(reported, families.counts, 0)
    told = found.with_counts({a: kept[cells] for a, cells in families.cells.items()})
    return Combinations(told.sizes, told.rows, told.length, at_least, told.blocks)


@dataclass(frozen=True, eq=False)
class _Families:
    """Parents and children among the combinations; cell 0 is the empty one, shared by all rows.

    A family is one cell and all its extensions along one axis. Link i says that cell `child[i]`
    belongs to family `family[i]`; links are sorted by family, then count.
    """

    counts: Supports
    cells: Mapping[tuple[int, ...], slice]
    child: Indices
    family: Indices
    parent: Indices  # one cell per family

    @property
    def closed(self) -> npt.NDArray[np.bool_]:
        """Families whose children sum to the parent: nobody lacks a counted state of the axis."""
        total = np.bincount(self.family, self.counts[self.child], self.parent.size)
        return np.asarray(total == self.counts[self.parent])


def _families(found: Combinations) -> _Families:
    cells, start = {}, 1
    for axes, block in found.blocks.items():
        cells[axes] = slice(start, start + block.counts.size)
        start += block.counts.size
    counts = np.concatenate([[found.rows], *(b.counts for b in found.blocks.values())])
    children, parents, along = [], [], []
    for axes, cell in cells.items():
        states = found.states(axes)
        for place, axis in enumerate(axes):
            rest = axes[:place] + axes[place + 1 :]
            at = found.find(rest, np.delete(states, place, axis=1))
            children.append(np.arange(cell.start, cell.stop))
            parents.append(at + cells[rest].start if rest else np.zeros(len(at), np.intp))
            along.append(np.full(len(at), axis))
    child, parent = np.concatenate(children), np.concatenate(parents)
    names, family = np.unique(
        parent * len(found.sizes) + np.concatenate(along), return_inverse=True
    )
    order = np.lexsort((counts[child], family))
    return _Families(counts, cells, child[order], family[order], names // len(found.sizes))


def _closed_downwards(
    families: _Families, reported: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Withhold whatever lies above a withheld combination: its sums would tell."""
    reported = reported.copy()
    while True:
        orphans = families.child[~reported[families.parent[families.family]]]
        if not reported[orphans].any():
            return reported
        reported[orphans] = False


def _without_small_remainders(
    families: _Families, reported: npt.NDArray[np.bool_], at_least: int
) -> npt.NDArray[np.bool_]:
    """The first rule, by withholding the smallest reported child of each family that breaks it."""
    while True:
        reported = _closed_downwards(families, reported)
        known = np.where(reported, families.counts, 0)
        total = np.bincount(families.family, known[families.child], families.parent.size)
        left = known[families.parent] - total
        broken = reported[families.parent] & (left > 0) & (left < at_least)
        victims = _smallest_reported(families, reported, broken)
        if not victims.size:
            return reported
        reported[victims] = False


def _smallest_reported(
    families: _Families, reported: npt.NDArray[np.bool_], chosen: npt.NDArray[np.bool_]
) -> Indices:
    """The reported child with the smallest count in each chosen family that has one."""
    links = np.flatnonzero(chosen[families.family] & reported[families.child])
    _, first = np.unique(families.family[links], return_index=True)
    return np.unique(families.child[links[first]])


def _victims(
    families: _Families, reported: npt.NDArray[np.bool_], at_least: int, reach: int
) -> Indices:
    """What to withhold next so that rare cells which are determined no longer are.

    A cell may be determined through a chain of others, so later rounds look `reach` sums further.
    """
    determined = _determined(families, reported)
    told = determined & (families.counts < at_least)
    if not told.any():
        return np.zeros(0, np.intp)
    while True:
        before = told.sum()
        for _ in range(reach + 1):
            near = _touched(families, told)
            told = told | (determined & _members(families, near))
        victims = _smallest_reported(families, reported, near)
        if victims.size:
            return victims
        if told.sum() == before:
            parents = np.unique(families.parent[near])
            return parents[reported[parents] & (parents > 0)]


def _touched(families: _Families, cells: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Families that hold any of the cells, as parent or as child."""
    near = cells[families.parent]
    near[families.family[cells[families.child]]] = True
    return near


def _members(families: _Families, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Cells in any of the chosen families."""
    cells = np.zeros(families.counts.size, bool)
    cells[families.parent[chosen]] = True
    cells[families.child[chosen[families.family]]] = True
    return cells


def _determined(families: _Families, reported: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Unreported cells found by solving, again and again, every sum with one unknown."""
    closed = families.closed
    links = closed[families.family]
    child, family = families.child[links], families.family[links]
    known = reported.copy()
    while True:
        unknown = np.bincount(family, ~known[child], families.parent.size)
        unknown += ~known[families.parent]
        single = closed & (unknown == 1)
        fresh = np.concatenate([child[single[family]], families.parent[single]])
        fresh = fresh[~known[fresh]]
        if not fresh.size:
            return known & ~reported
        known[fresh] = True
