"""Which columns are functions of others, told by noisy tables, and how rows keep to that.

A table of two columns is counted in groups of its own where a first look lets a function be
expected: finer than those of the model, as nearly all of its cells are then empty and do not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations

from synth.lazily import np, npt
from synth.learning.following import FEW, Following, following
from synth.learning.functions import SEEN, Path, Possible, Single, possible, spread, stairs
from synth.learning.inference import Noisy
from synth.learning.inference.triangulation import Clique
from synth.schema import Categories, Counts, Dates, Domain, Numbers
from synth.schema.gathered import Gathered

Names = tuple[str, str]


@dataclass(frozen=True)
class Fine:
    """A column as it was counted by itself.

    Args:
        rows: noisy rows of each state.
        sigma: standard deviation of their noise.
        likely: expected rows of each state.
        groups: those of the model.
    """

    rows: Counts
    sigma: float
    likely: Counts
    groups: Gathered

    def single(self, groups: Gathered) -> Single:
        """The rows of each group."""
        return Single(
            groups.added(self.rows), self.sigma * np.sqrt(groups.added(1 + 0 * self.rows))
        )


@dataclass(frozen=True)
class Pair:
    """A noisy table of two columns.

    Args:
        groups: in which each of them is counted, at least as fine as those of the model.
    """

    names: Names
    groups: tuple[Gathered, Gathered]
    values: Counts
    sigma: float

    @property
    def turned(self) -> Pair:
        one, other = self.names
        return Pair((other, one), (self.groups[1], self.groups[0]), self.values.T, self.sigma)


@dataclass(frozen=True)
class Dependents:
    """Functions between columns.

    Args:
        cells: for a column and the one that follows it, the groups of both that rows may have.
        follows: what is read off which column, in an order in which it can be.
    """

    cells: Mapping[Names, Possible] = field(default_factory=dict)
    follows: tuple[Following, ...] = ()

    @classmethod
    def of(cls, columns: Mapping[str, Fine], pairs: Sequence[Pair]) -> Dependents:
        found = [f for p in pairs for side in (p, p.turned) if (f := _Function.of(columns, side))]
        by_names = {f.pair.names: f for f in found}
        cells = {names: f.in_groups(columns) for names, f in by_names.items()}
        return cls(_closed(columns, cells), _follows(columns, by_names))

    def emptied(self, names: Sequence[str], measured: Sequence[Noisy], least: float) -> list[Noisy]:
        """The tables, with nothing in cells that hold no rows.

        Args:
            names: of the columns that the tables have by place.
            least: the noise that is said of these cells.
        """
        return [self._emptied(names, table, least) for table in measured]

    def _emptied(self, names: Sequence[str], table: Noisy, least: float) -> Noisy:
        own = [names[v] for v in table.clique]
        may = np.ones(table.values.shape, dtype=bool)
        for (one, other), cells in self.cells.items():
            if one in own and other in own:
                may &= spread(cells, own.index(one), own.index(other), len(own))
        if may.all():
            return table
        sigma = np.where(may, np.sqrt(table.variance), least)
        return Noisy(table.clique, np.where(may, table.values, 0.0), sigma)


def _closed(columns: Mapping[str, Fine], cells: Mapping[Names, Possible]) -> dict[Names, Possible]:
    """With what follows from two pairs of three columns for the third pair."""
    found = dict(cells)
    names = dict.fromkeys(n for pair in cells for n in pair)
    for through in names:
        single = columns[through].single(columns[through].groups)
        there = single.rows >= SEEN * single.sigma
        for one, other in permutations((c for c in names if c != through), 2):
            first, second = _between(found, one, through), _between(found, through, other)
            if first is None or second is None:
                continue
            both = (first[:, there].astype(np.int64) @ second[there]) > 0
            known = found.get((one, other))
            if known is not None and not _as_many(both & known, known):
                continue
            both = both if known is None else both & known
            if not both.all():
                found[one, other] = both
    return found


def _as_many(less: Possible, cells: Possible) -> bool:
    """Whether no line and no column lost all of its cells."""
    return all((less.any(axis=k) == cells.any(axis=k)).all() for k in (0, 1))


def _between(cells: Mapping[Names, Possible], one: str, other: str) -> Possible | None:
    """Which groups of two columns rows may have, whichever of them follows the other."""
    forth, back = cells.get((one, other)), cells.get((other, one))
    if forth is None or back is None:
        return forth if back is None else back.T
    return forth & back.T


def coarser(pair: Pair, columns: Mapping[str, Fine], clique: Clique, told: Dependents) -> Noisy:
    """A table in the groups of the model, of those cells that may hold rows."""
    one, other = (_to(columns[n].groups, g) for n, g in zip(pair.names, pair.groups, strict=True))
    may = np.ones(pair.values.shape, dtype=bool)
    for names, side in ((pair.names, pair), (pair.names[::-1], pair.turned)):
        if names in told.cells and (found := _Function.of(columns, side)):
            may &= found.cells if side is pair else found.cells.T
    shape = columns[pair.names[0]].groups.size, columns[pair.names[1]].groups.size
    values, many = np.zeros(shape), np.zeros(shape)
    np.add.at(values, (one[:, None], other[None, :]), pair.values * may)
    np.add.at(many, (one[:, None], other[None, :]), may)
    return Noisy(clique, values, pair.sigma * np.sqrt(np.maximum(many, 1)))


@dataclass(frozen=True)
class _Function:
    """A pair whose second column is a function of the first.

    Args:
        cells: those that may hold rows.
        path: the stairs, where it follows step by step.
    """

    pair: Pair
    cells: Possible
    path: Path | None

    @classmethod
    def of(cls, columns: Mapping[str, Fine], pair: Pair) -> _Function | None:
        alone = np.bincount(pair.groups[0].groups) == 1
        inner = pair.groups[0].inner
        if isinstance(inner, Categories) and inner.other:  # stands for many values
            alone[pair.groups[0].groups[len(inner.values)]] = False
        lines = columns[pair.names[0]].single(pair.groups[0])
        cells = possible(pair.values, pair.sigma, alone, lines)
        path = _stairs(columns, pair)
        if cells is None:
            return None if path is None else cls(pair, _may(pair.values.shape, path), path)
        return cls(pair, cells, path)

    def in_groups(self, columns: Mapping[str, Fine]) -> Possible:
        """The cells in the groups of the model."""
        own = [columns[n].groups for n in self.pair.names]
        one, other = (_to(g, f) for g, f in zip(own, self.pair.groups, strict=True))
        found = np.zeros((own[0].size, own[1].size), dtype=bool)
        np.logical_or.at(found, (one[:, None], other[None, :]), self.cells)
        return found

    def following(self, columns: Mapping[str, Fine]) -> Following | None:
        """How rows keep to the stairs."""
        assert self.path is not None
        one, other = (columns[n] for n in self.pair.names)
        domain = one.groups.inner
        assert isinstance(domain, Numbers | Dates)
        rows = _rows(self.path, self.pair, one, other)
        split, inner = (
            g.spread(c.likely) for g, c in zip(self.pair.groups, (one, other), strict=True)
        )
        return following(self.pair.names, self.path, rows, split, inner, domain)


def _rows(path: Path, pair: Pair, one: Fine, other: Fine) -> Counts:
    """Rows in each cell of the stairs, nearest to all that was counted of them."""
    lines, columns = (c.single(g) for c, g in zip((one, other), pair.groups, strict=True))
    weights, wanted = (
        [np.eye(len(path)) / pair.sigma],
        [[pair.values[c] / pair.sigma for c in path]],
    )
    for axis, single in enumerate((lines, columns)):
        places = np.array([cell[axis] for cell in path])
        every = np.unique(places)
        weights.append((every[:, None] == places) / single.sigma[every, None])
        wanted.append(single.rows[every] / single.sigma[every])
    found = np.linalg.lstsq(np.concatenate(weights), np.concatenate(wanted), rcond=None)[0]
    rows = np.zeros(pair.values.shape)
    rows[tuple(np.transpose(path))] = np.maximum(found, 0)
    return rows


def _to(groups: Gathered, finer: Gathered) -> npt.NDArray[np.int64]:
    """The group in which each finer one lies."""
    found = np.zeros(finer.size, dtype=np.int64)
    found[np.asarray(finer.groups)] = groups.groups
    return found


def may_follow(one: Domain, other: Domain) -> bool:
    """Whether a column of few states may follow another one step by step."""
    return isinstance(one, Numbers | Dates) and 1 < _answers(other) <= FEW


def _answers(domain: Domain) -> int:
    """How many states, the first ones, stand for an answer that is known."""
    if isinstance(domain, Numbers | Dates):
        return domain.intervals
    return len(domain.values) if isinstance(domain, Categories) else 0


def _stairs(columns: Mapping[str, Fine], pair: Pair) -> Path | None:
    """The stairs of a column along a number or a date, where it has few states."""
    (one, other), mine = (g.inner for g in pair.groups), pair.groups[1]
    if not isinstance(one, Numbers | Dates) or not may_follow(one, other):
        return None
    cut, states = isinstance(other, Numbers | Dates), _answers(other)
    single = columns[pair.names[1]].single(mine)
    # neither what stands for no answer nor rare values that were gathered
    answers = np.zeros(mine.size, dtype=bool)
    answers[[mine.groups[s] for s in range(states)]] = True
    answers &= cut | (np.bincount(mine.groups) == 1)
    told = Single(np.where(answers, single.rows, 0.0), single.sigma)
    lines = pair.groups[0].groups[one.intervals - 1] + 1
    return stairs(pair.values, pair.sigma, lines, told, ordered=cut)


def _may(shape: tuple[int, ...], path: Path) -> Possible:
    lines, columns = (sorted({cell[k] for cell in path}) for k in (0, 1))
    found = np.ones(shape, dtype=bool)
    found[np.ix_(lines, columns)] = False
    found[tuple(np.transpose(path))] = True
    return found


def _follows(
    columns: Mapping[str, Fine], found: Mapping[Names, _Function]
) -> tuple[Following, ...]:
    """Each column after the one that it follows; that with most steps first, where one may."""
    made: dict[str, Following] = {}
    steps = [f for f in found.values() if f.path is not None]
    for function in sorted(steps, key=lambda f: -len(f.path or ())):
        one, other = function.pair.names
        back = found.get((other, one))
        if other in made or _leads(other, one, made) or (back and back.path is None):
            continue
        if new := function.following(columns):
            made[other] = new
    for (one, other), function in found.items():  # of what is read off a third column: by states
        if one not in made or other in made or _leads(other, one, made):
            continue
        if new := _by_states(function):
            made[other] = new
    return _in_turn(made)


def _by_states(function: _Function) -> Following | None:
    """How a column follows the states of another, where both are counted one by one."""
    groups, cells = function.pair.groups, function.cells
    if function.path is not None or any(g.size < len(g.groups) for g in groups):
        return None
    states = np.where(cells.sum(axis=1) == 1, cells.argmax(axis=1), -1)
    return Following(
        function.pair.names[1],
        function.pair.names[0],
        (),
        tuple(int(s) for s in states),
        frozenset(range(cells.shape[1])),
    )


def _leads(first: str, last: str, found: Mapping[str, Following]) -> bool:
    """Whether a column is read off another one, if through others."""
    while last in found:
        last = found[last].of
        if last == first:
            return True
    return False


def _in_turn(found: Mapping[str, Following]) -> tuple[Following, ...]:
    """What is followed before what follows."""
    turn: list[str] = []

    def put(name: str) -> None:
        if name in found and name not in turn:
            put(found[name].of)
            turn.append(name)

    for name in found:
        put(name)
    return tuple(found[name] for name in turn)
