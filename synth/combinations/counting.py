"""How many rows share each combination of attributes: exact, depth-first, rare ones never visited.

An *attribute* is one state of one axis ("sex: F"); a *combination* is a set of
attributes from different axes. Counting all frequent ones is frequent itemset
mining, and a combination can be frequent only if everything inside it is
(Agrawal and Srikant 1994, "Fast algorithms for mining association rules"), so
the search carries dense labels of the combinations still alive and never
descends into a rare one.

These are exact counts: of real rows in the vault, and elsewhere of public ones alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from synth.lazily import np, npt

Integers: TypeAlias = "npt.NDArray[np.integer]"
Supports: TypeAlias = "npt.NDArray[np.int64]"  # one number of rows per combination
Indices: TypeAlias = "npt.NDArray[np.intp]"  # positions in a block; -1 where there is none

DROP_DEAD_ROWS = 0.2  # compacting the columns pays once a fifth of the rows has dropped out


@dataclass(frozen=True, eq=False)
class Axis:
    """One column of codes, and which of its states are attributes that may be counted.

    Args:
        codes: one code per row, 0 .. size - 1.
        size: number of states.
        counted: one truth value per state; a state that is not counted (a missing
            value, a zero that only means "nothing") takes part in no combination.
    """

    codes: Integers
    size: int
    counted: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        assert self.counted.shape == (self.size,), "one truth value per state"

    @classmethod
    def plain(cls, codes: Integers, size: int) -> Axis:
        """An axis all of whose states are counted."""
        return cls(codes, size, np.ones(size, bool))


def present_axes(rows: Integers, values: Integers, *, people: int, size: int) -> Iterator[Axis]:
    """One axis per value of a multi-value column: state 0 is "has it", state 1 is not counted.

    Args:
        rows: the person of each (person, value) pair; a pair may repeat.
        values: the value of each pair, 0 .. size - 1.
        people: number of persons.
        size: number of values.
    """
    order = np.argsort(values, kind="stable")
    bounds = np.searchsorted(values[order], np.arange(size + 1))
    for start, stop in pairwise(bounds):
        codes = np.ones(people, np.int8)
        codes[rows[order[start:stop]]] = 0
        yield Axis(codes, 2, np.array([True, False]))


@dataclass(frozen=True, eq=False)
class Block:
    """The combinations over one set of axes.

    Args:
        keys: `parent * size + state`, ascending, where `parent` is the position in the block
            of all axes but the last and `size` the number of states of the last axis.
        counts: rows sharing each.
    """

    keys: npt.NDArray[np.int64]
    counts: Supports

    def positions(self, keys: npt.NDArray[np.int64]) -> Indices:
        """Where each key stands, or -1."""
        at = np.minimum(np.searchsorted(self.keys, keys), max(self.keys.size - 1, 0))
        known = self.keys[at] == keys if self.keys.size else np.zeros(keys.shape, bool)
        return np.where(known, at, -1)


@dataclass(frozen=True, eq=False)
class Combinations:
    """Counts of all attribute combinations up to `length` that at least `at_least` rows share.

    Args:
        sizes: number of states of each axis.
        rows: number of rows counted.
        length: the most attributes a combination has.
        at_least: the fewest rows that share a combination found here.
        blocks: by axes (positions, ascending), shorter sets of axes first.
    """

    sizes: tuple[int, ...]
    rows: int
    length: int
    at_least: int
    blocks: Mapping[tuple[int, ...], Block]

    def __len__(self) -> int:
        return sum(block.counts.size for block in self.blocks.values())

    def states(self, axes: tuple[int, ...]) -> npt.NDArray[np.int64]:
        """The states of each combination over `axes`: one line each, one column per axis."""
        columns = []
        at = np.arange(self.blocks[axes].counts.size)
        for depth in range(len(axes), 0, -1):
            at, state = np.divmod(self.blocks[axes[:depth]].keys[at], self.sizes[axes[depth - 1]])
            columns.append(state)
        return np.column_stack(columns[::-1])

    def find(self, axes: tuple[int, ...], states: Integers) -> Indices:
        """Position in block `axes` of each line of `states`; -1 where a combination is not here."""
        at = np.zeros(len(states), np.intp)
        for depth, axis in enumerate(axes):
            block = self.blocks.get(axes[: depth + 1])
            if block is None:
                return np.full(len(states), -1)
            found = block.positions(at * self.sizes[axis] + states[:, depth])
            at = np.where(at < 0, -1, found)
        return at

    def support(self, axes: tuple[int, ...], states: Integers) -> Supports:
        """Rows that share each line of `states`; 0 where a combination is not here."""
        if not axes:
            return np.full(len(states), self.rows, np.int64)
        at = self.find(axes, states)
        counts = self.blocks[axes].counts if axes in self.blocks else np.zeros(0, np.int64)
        return np.where(at < 0, 0, counts[at]) if counts.size else np.zeros(len(states), np.int64)

    def with_counts(self, counts: Mapping[tuple[int, ...], Supports]) -> Combinations:
        """The same combinations with other counts; those that become 0 leave, and all above them.

        A combination stays only while its prefix does, so that the blocks remain a trie.
        """
        kept: dict[tuple[int, ...], Indices] = {(): np.zeros(1, np.intp)}
        blocks = {}
        for axes, block in self.blocks.items():
            parent, state = np.divmod(block.keys, self.sizes[axes[-1]])
            before = kept.get(axes[:-1], np.full(1, -1))
            renumbered = before[parent]
            good = np.flatnonzero((counts[axes] > 0) & (renumbered >= 0))
            kept[axes] = np.full(block.keys.size, -1)
            kept[axes][good] = np.arange(good.size)
            if good.size:
                keys = renumbered[good] * self.sizes[axes[-1]] + state[good]
                blocks[axes] = Block(keys, counts[axes][good])
        return Combinations(self.sizes, self.rows, self.length, self.at_least, blocks)

    def renumbered(self, told: Sequence[Indices]) -> Combinations:
        """The same combinations over fewer states: only those listed of each axis have a number.

        Args:
            told: per axis its states that stay, ascending; every state that a combination has is
                one of them. An axis without any keeps its place.
        """
        new = []
        for size, states in zip(self.sizes, told, strict=True):
            new.append(np.zeros(size, np.int64))
            new[-1][states] = np.arange(len(states))
        sizes = tuple(len(states) for states in told)
        blocks = {}
        for axes, block in self.blocks.items():
            parent, state = np.divmod(block.keys, self.sizes[axes[-1]])
            blocks[axes] = Block(parent * sizes[axes[-1]] + new[axes[-1]][state], block.counts)
        return Combinations(sizes, self.rows, self.length, self.at_least, blocks)

    def over(self, axes: Sequence[int]) -> Combinations:
        """The same combinations over some of the axes, ascending: those left out occur in none."""
        place = {axis: i for i, axis in enumerate(axes)}
        blocks = {tuple(place[a] for a in key): block for key, block in self.blocks.items()}
        sizes = tuple(self.sizes[a] for a in axes)
        return Combinations(sizes, self.rows, self.length, self.at_least, blocks)

    def rounded_down(self, resolution: int) -> Combinations:
        """Every count, and the number of rows, rounded down to a multiple of `resolution`."""
        rounded = {a: b.counts // resolution * resolution for a, b in self.blocks.items()}
        smaller = self.with_counts(rounded)
        rows = self.rows // resolution * resolution
        return Combinations(
            self.sizes, rows, self.length, max(self.at_least, resolution), smaller.blocks
        )


def combinations(axes: Sequence[Axis], *, length: int, at_least: int) -> Combinations:
    """Count every combination of up to `length` attributes that at least `at_least` rows share.

    Args:
        axes: all with the same number of rows.
        length: at least 1; more than there are axes is the same as all of them.
        at_least: at least 1.
    """
    assert length >= 1 and at_least >= 1, "checked where the person says them"
    rows = len(axes[0].codes) if axes else 0
    length = min(length, len(axes))
    narrowed = [_without_rare_states(axis, at_least) for axis in axes]
    search = _Search([states for _, states in narrowed], [a.size for a in axes], length, at_least)
    columns = [(i, codes) for i, (codes, states) in enumerate(narrowed) if states.size]
    search.visit(_Node((), columns, np.zeros(rows, np.int64), 1))
    blocks = dict(sorted(search.blocks.items(), key=lambda item: (len(item[0]), item[0])))
    return Combinations(tuple(a.size for a in axes), rows, length, at_least, blocks)


def _without_rare_states(axis: Axis, at_least: int) -> tuple[Integers, Indices]:
    """Codes renumbered over the frequent counted states, everything else sharing one last code."""
    counts = np.bincount(axis.codes, minlength=axis.size)
    states = np.flatnonzero((counts >= at_least) & axis.counted)
    renumber = np.full(axis.size, states.size, np.min_scalar_type(states.size))
    renumber[states] = np.arange(states.size)
    return renumber[axis.codes], states


@dataclass(frozen=True, eq=False)
class _Node:
    """A set of axes in the search, with the rows that hold a frequent combination of them.

    `label` says which combination each row holds; `groups` of them are frequent, and rows that
    hold a rare one but were not worth dropping carry the label `groups`. A label is also the
    combination's position in the block of these axes.
    """

    axes: tuple[int, ...]
    columns: list[tuple[int, Integers]]  # later axes that may still extend a combination
    label: npt.NDArray[np.int64]
    groups: int


@dataclass(frozen=True, eq=False)
class _Child:
    """One axis added to a node: the frequent keys `label * width + state` and their counts."""

    axis: int
    codes: Integers
    width: int
    keys: npt.NDArray[np.int64]


class _Search:
    """The depth-first walk; fills `blocks`."""

    def __init__(
        self, states: Sequence[Indices], sizes: Sequence[int], length: int, at_least: int
    ) -> None:
        self.blocks: dict[tuple[int, ...], Block] = {}
        self._states = states
        self._sizes = sizes
        self._length = length
        self._at_least = at_least

    def visit(self, node: _Node) -> None:
        """Count all extensions of `node` by one axis, then descend into the frequent ones."""
        children = list(self._children(node))
        if len(node.axes) + 1 == self._length:
            return
        for place, child in enumerate(children[:-1]):
            later = [(c.axis, c.codes) for c in children[place + 1 :]]
            self.visit(self._descend(node, child, later))

    def _children(self, node: _Node) -> Iterator[_Child]:
        """The axes that extend a combination of `node` to a frequent one; each fills its block."""
        for axis, codes in node.columns:
            width = self._states[axis].size + 1
            counts = np.bincount(_packed(node.label, codes, width), minlength=node.groups * width)
            table = counts[: node.groups * width].reshape(node.groups, width)
            group, state = np.nonzero(table[:, :-1] >= self._at_least)
            if not group.size:
                continue
            keys = group * self._sizes[axis] + self._states[axis][state]
            self.blocks[(*node.axes, axis)] = Block(keys, table[group, state].astype(np.int64))
            yield _Child(axis, codes, width, group * width + state)

    @staticmethod
    def _descend(node: _Node, child: _Child, later: list[tuple[int, Integers]]) -> _Node:
        """The node of one more axis, with labels renumbered to its frequent combinations."""
        groups = child.keys.size
        renumber = np.full((node.groups + 1) * child.width, groups)
        renumber[child.keys] = np.arange(groups)
        label = renumber[_packed(node.label, child.codes, child.width)]
        alive = np.flatnonzero(label < groups)
        if alive.size < (1 - DROP_DEAD_ROWS) * label.size:
            label = label[alive]
            later = [(axis, codes[alive]) for axis, codes in later]
        return _Node((*node.axes, child.axis), later, label, groups)


def _packed(label: npt.NDArray[np.int64], codes: Integers, width: int) -> npt.NDArray[np.int64]:
    packed = label * width
    packed += codes
    return packed


def merge_people(
    people: Integers, columns: Mapping[str, Axis], *, count: int
) -> tuple[dict[str, Axis], tuple[str, ...]]:
    """One row per person from several: the one counted state each column holds for a person.

    A person's cell without a counted state keeps the state of their first row.

    Args:
        people: the person of each row, 0 .. count - 1.
        columns: axes over rows.
        count: number of persons, each with at least one row.

    Returns:
        Axes over persons, and the names of the columns that hold different counted states for
        one person; these cannot be merged and have to be sets (`present_axes`).
    """
    merged, conflicting = {}, []
    for name, axis in columns.items():
        codes = np.empty(count, axis.codes.dtype)
        codes[people[::-1]] = axis.codes[::-1]
        told = axis.counted[axis.codes]
        codes[people[told][::-1]] = axis.codes[told][::-1]
        if np.any(codes[people[told]] != axis.codes[told]):
            conflicting.append(name)
        merged[name] = Axis(codes, axis.size, axis.counted)
    return merged, tuple(conflicting)
