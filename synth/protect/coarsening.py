"""How columns have to be coarsened so that k people can share them: proposed before a method runs.

All columns begin left out, and are refined rung by rung: each time the one that tells most for what
it costs, as long as nearly everybody still shares what a row says with k people. What is proposed
are de-identification steps, chosen by looking at the rows: each says so, and so does the statement.

After top-down specialisation (Fung, Wang and Yu 2005, doi:10.1109/ICDE.2005.143); the price of a
rung is the bits that it adds to what the other columns say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from synth.budget import Audience
from synth.budget.eyes import ForCustodian
from synth.errors import RiskError
from synth.lazily import np, npt
from synth.protect.risk.classes import Labels, refined
from synth.protect.rungs import Rung, rungs
from synth.protect.steps.columns import Drop
from synth.protect.steps.step import Step
from synth.schema.tables import entropy
from synth.vault import PrivateTable
from synth.vault.coded import Coded
from synth.wording import so_many

WHY = "how the columns may be coarsened"
WHOLE = 0.75  # of the people share their whole row; of what the others say, most is shared too
SHORT = 0.98  # of the people share what each short set of columns says, on average over the sets
MOST_SETS = 40  # sets of columns looked at, where only short combinations have to be shared
ENOUGH = math.log(16)  # nats: a column of more values is not harder to do justice to
LEAST_COST = 0.02  # nats: what a column costs at least that the others tell already


@dataclass(frozen=True, repr=False)
class Coarser(ForCustodian):
    """What becomes of one column.

    Args:
        words: what is left of it, and why.
        steps: none where it stays as it is.
        values: how many different values it has, before and after; a missing one is one.
        shared: the share of people whose value at least k people have, before and after.
    """

    column: str
    words: str
    steps: tuple[Step, ...]
    values: tuple[int, int]
    shared: tuple[float, float]

    @property
    def left_out(self) -> bool:
        return any(isinstance(s, Drop) for s in self.steps)


@dataclass(frozen=True, repr=False)
class Coarsening(ForCustodian):
    """A proposal: what becomes of each column, so that k people can share what a row says.

    Args:
        length: of the combinations that are to be shared; 0 for whole rows.
        shared: the share of people who do, before and after.
    """

    k: int
    length: int
    columns: tuple[Coarser, ...]
    shared: tuple[float, float]

    @property
    def plain(self) -> str:
        """What it comes to, in a sentence."""
        what = (
            f"any {so_many(self.length, 'value')} of their row"
            if self.length
            else "their whole row"
        )
        before, after = self.shared
        return (
            f"{after:.0%} of people share {what} with at least {self.k}, instead of {before:.0%}."
        )

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in the order of the columns; what is left out is left out in one."""
        made = [s for c in self.columns for s in c.steps if not isinstance(s, Drop)]
        gone = tuple(c.column for c in self.columns if c.left_out)
        return (*made, *([Drop(gone, seen=True)] if gone else []))


def coarsening(private: PrivateTable, k: int, length: int = 0) -> Coarsening:
    """Steps after which at least `k` people share what nearly every row says.

    Args:
        private: the table as declared, and after the steps that the recipe has already.
        length: the longest combinations that have to be shared; 0 for whole rows.

    Raises:
        RiskError: there is no column to coarsen.
    """
    columns = _people(private)
    ladders = [rungs(c, private.schema[c.name].kind, k) for c in columns]
    search = _Refining(columns, ladders, k, _sets(len(columns), length))
    before = search.as_they_are()
    search.run()
    made = [_told(c, ld, at, k) for c, ld, at in zip(columns, ladders, search.at, strict=True)]
    return Coarsening(k, length, tuple(made), (before, search.shared()))


def _people(private: PrivateTable) -> list[Coded]:
    """The columns that are learnt, one row per person."""
    names = tuple(c.name for c in private.schema.modelled)
    if not names:
        raise RiskError("Every column is an identifier.", "Give at least one another role.")
    if not private.person:
        return list(private.exact_codes(names, WHY, Audience.CUSTODIAN))
    who, *columns = private.exact_codes((private.person, *names), WHY, Audience.CUSTODIAN)
    first = np.unique(who.codes, return_index=True)[1]
    return [_only(c, first) for c in columns]


def _only(column: Coded, rows: npt.NDArray[np.intp]) -> Coded:
    """A column of some rows, with the values that occur in them."""
    used, codes = np.unique(column.codes[rows], return_inverse=True)
    return Coded(column.name, codes, tuple(column.labels[i] for i in used))


def _sets(columns: int, length: int) -> tuple[tuple[int, ...], ...]:
    """The sets of columns that have to be shared: all in one, or some of the short ones."""
    if not length or length >= columns:
        return (tuple(range(columns)),)
    every = list(combinations(range(columns), length))
    if len(every) <= MOST_SETS:
        return tuple(every)
    rng, found = np.random.default_rng(1), []
    for _ in range(-(-MOST_SETS * length // columns)):  # each column is in equally many
        order = rng.permutation(columns)
        around = np.concatenate([order, order[: -columns % length]])  # the last set is full too
        found += [around[i : i + length] for i in range(0, columns, length)]
    return tuple(tuple(sorted(map(int, s))) for s in found)


class _Refining:
    """Where each column is on its ladder, and what every set of columns says together."""

    def __init__(
        self,
        columns: Sequence[Coded],
        ladders: Sequence[Sequence[Rung]],
        k: int,
        sets: Sequence[tuple[int, ...]],
    ) -> None:
        self.columns, self.ladders, self.k, self.sets = columns, ladders, k, sets
        self.enough = WHOLE if len(sets) == 1 else SHORT
        self.people = len(columns[0].codes)
        self.at = [len(ladder) - 1 for ladder in ladders]
        nobody_differs = np.zeros(self.people, np.int64)
        self.labels: list[tuple[Labels, int]] = [(nobody_differs, 1) for _ in sets]
        self.worth = [_worth(c, ld) for c, ld in zip(columns, ladders, strict=True)]

    def run(self) -> None:
        """Refine until nothing can be refined."""
        open_ = {c for c, at in enumerate(self.at) if at > 0}
        while open_:
            best, gain = -1, -1.0
            for column in sorted(open_):
                told = self._gain(column)
                if told is None:
                    open_.discard(column)  # finer rungs and later ones are shared by fewer still
                elif told > gain:
                    best, gain = column, told
            if best < 0:
                return
            self._refine(best)
            if self.at[best] == 0:
                open_.discard(best)

    def shared(self) -> float:
        """The share of people who share with k what the sets say, on average over the sets."""
        return float(np.mean([self._share(*label) for label in self.labels]))

    def as_they_are(self) -> float:
        """The same if nothing is coarsened."""
        found = []
        for columns in self.sets:
            label, groups = np.zeros(self.people, np.int64), 1
            for c in columns:
                label, groups = refined(label, groups, self.columns[c].codes, self.columns[c].size)
            found.append(self._share(label, groups))
        return float(np.mean(found))

    def _share(self, label: Labels, groups: int) -> float:
        sizes = np.bincount(label, minlength=groups)
        return float(sizes[sizes >= self.k].sum()) / max(self.people, 1)

    def _finer(self, column: int, place: int) -> tuple[Labels, int]:
        """What a set says if a column goes one rung down."""
        rung = self.ladders[column][self.at[column] - 1]
        codes = rung.groups[self.columns[column].codes]
        return refined(*self.labels[place], codes, rung.size)

    def _gain(self, column: int) -> float | None:
        """What the next rung tells for its price; None where too few people could share it."""
        shares, cost = [], 0.0
        mine = [place for place, columns in enumerate(self.sets) if column in columns]
        for place in mine:
            label, groups = self._finer(column, place)
            shares.append(self._share(label, groups))
            old, many = self.labels[place]
            cost += entropy(np.bincount(label, minlength=groups))
            cost -= entropy(np.bincount(old, minlength=many))
        if float(np.mean(shares)) < self.enough:
            return None
        worth = self.worth[column]
        more = worth[self.at[column] - 1] - worth[self.at[column]]
        return more / max(cost / len(mine), LEAST_COST)

    def _refine(self, column: int) -> None:
        for place, columns in enumerate(self.sets):
            if column in columns:
                self.labels[place] = self._finer(column, place)
        self.at[column] -= 1


def _worth(column: Coded, ladder: Sequence[Rung]) -> list[float]:
    """What each rung keeps, from 1 to 0: the first bits of a column count most."""
    counts = np.bincount(column.codes, minlength=column.size)
    bits = [entropy(np.bincount(r.groups, weights=counts, minlength=r.size)) for r in ladder]
    most = min(max(bits[0], 1e-9), ENOUGH)
    return [float(np.sqrt(b / most)) for b in bits]


def _told(column: Coded, ladder: Sequence[Rung], at: int, k: int) -> Coarser:
    counts = np.bincount(column.codes, minlength=column.size)
    rung = ladder[at]
    after = np.bincount(rung.groups, weights=counts, minlength=rung.size)
    steps = tuple(replace(s, seen=True) for s in rung.steps)
    gone = at == len(ladder) - 1
    return Coarser(
        column.name,
        rung.words,
        steps,
        (column.size, 0 if gone else rung.size),
        (_often(counts, k), 0.0 if gone else _often(after, k)),
    )


def _often(counts: npt.NDArray[np.int64] | npt.NDArray[np.float64], k: int) -> float:
    return float(counts[counts >= k].sum() / max(counts.sum(), 1))
