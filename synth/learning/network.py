"""A model that draws one column after another, each given the columns it depends on.

Random, independent, correlated, tree and adaptive methods all end here: whatever they learnt is
written as conditional tables in the order of drawing.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from synth.budget import Statement
from synth.errors import BundleError
from synth.lazily import np, npt, pd
from synth.learning.following import Following, followed
from synth.learning.inference.evidence import given
from synth.learning.method import Model, Narrowed
from synth.learning.order_within import Order
from synth.schema import Codes, Counts, Schema
from synth.schema.domain import smallest
from synth.schema.intervals import Cut
from synth.schema.obeying import Marked
from synth.schema.tables import packed

DIGITS = 7  # of a chance in a saved model
GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Conditional:
    """How one column depends on others: the chance of each of its states, given its parents'.

    Args:
        table: one axis per parent, in order, then one for the column; sums to 1 along the last.
    """

    column: str
    parents: tuple[str, ...]
    table: Counts

    def __post_init__(self) -> None:
        if self.table.ndim != len(self.parents) + 1:
            raise BundleError(
                f"The table of `{self.column}` has {self.table.ndim} axes "
                f"for {len(self.parents)} parents.",
                "The model file is damaged; make it again.",
            )


@dataclass(frozen=True)
class Network(Model):
    """Conditional tables in an order in which parents come before their children.

    Args:
        splits: where a column was learnt in groups of states, the chance of each state within each
            group: one line per group, one column per state.
        order: in which order rows are given the states within their groups, where it matters.
        follows: columns that are read off others, in turn.
    """

    kind: ClassVar[str] = "network"
    row_by_row: ClassVar[bool] = True
    conditionals: tuple[Conditional, ...]
    splits: Mapping[str, Counts] = field(default_factory=dict)
    order: Order = field(default_factory=lambda: Order({}, np.zeros((0, 0))))
    follows: tuple[Following, ...] = ()

    def sample(self, rows: int, rng: np.random.Generator) -> pd.DataFrame:
        codes = self.sample_codes(rows, rng)
        return self.read_off(self.schema.decode(codes, rng), codes, rng)

    def read_off(
        self,
        frame: pd.DataFrame,
        codes: Mapping[str, Codes],
        rng: np.random.Generator,
        without: Collection[str] = (),
    ) -> pd.DataFrame:
        """The rows, with columns that follow others read off them.

        Args:
            without: columns that stay as they are.
        """
        follows = [f for f in self.follows if f.column not in without]
        return followed(frame, codes, follows, self.schema, rng)

    def sample_codes(self, rows: int, rng: np.random.Generator) -> dict[str, Codes]:
        """One code array of length `rows` per modelled column."""
        return self.within(drawn(self.conditionals, rows, rng), rng)

    def groups_of(self, known: Mapping[str, Codes]) -> dict[str, Codes]:
        """The group of each state of some columns, where they were learnt in groups.

        A state whose chance was saved as 0 counts to the group of the nearest one that has any.
        """
        found = dict(known)
        for name in self.splits.keys() & known.keys():
            table = self.splits[name]
            there = np.flatnonzero(table.any(axis=0))
            nearest = np.abs(np.arange(table.shape[1])[:, None] - there).argmin(axis=1)
            found[name] = table.argmax(axis=0)[there[nearest]][known[name]]
        return found

    def within(
        self, codes: dict[str, Codes], rng: np.random.Generator, without: Collection[str] = ()
    ) -> dict[str, Codes]:
        """The states within the groups that were drawn, in place of these.

        Args:
            without: columns whose groups stay as they are.
        """
        scores = self.order.scores(codes, rng)
        groups = dict(codes)
        for name, split in self.splits.items():
            if name in without:
                continue
            table, group = self._lines(name, split, groups)
            if name in scores:
                found = _in_order(table, group, scores[name], rng)
            else:
                others = [c for other, c in codes.items() if other != name]
                found = _within_groups(table, group, others, rng)
            codes[name] = smallest(found, table.shape[1])
        return codes

    def _lines(self, name: str, split: Counts, groups: Mapping[str, Codes]) -> tuple[Counts, Codes]:
        """The chances of a column's states, and in which line of them each row's are."""
        group = groups[name].astype(np.int64)
        led = [f for f in self.follows if f.of == name and f.cuts]
        if not led:
            return split, group
        first = max(led, key=lambda f: len(f.cuts))
        domain = self.schema[name].domain
        assert isinstance(domain, Cut)
        own = self.schema.domain(first.column).size
        chances = self.splits.get(first.column, np.eye(own))
        group_of = np.where(chances.any(axis=0), chances.argmax(axis=0), -1)
        table = first.within(split, domain, group_of.tolist(), len(chances))
        return table, group * len(chances) + groups[first.column].astype(np.int64)

    def given(self, states: Mapping[str, Marked]) -> Narrowed | None:
        """By exact inference; how cells lie within groups, where that has an order, is kept."""
        weights, splits = {}, dict(self.splits)
        for name, may in states.items():
            weights[name] = may.astype(np.float64)
            if name in splits:
                inside = self.splits[name] * may
                weights[name] = inside.sum(axis=1) / self.splits[name].sum(axis=1)
                if name in self.order.ends:
                    weights[name] = (weights[name] > 0).astype(np.float64)
                else:
                    splits[name] = as_written(inside)
        found = given([(c.column, c.parents, c.table) for c in self.conditionals], weights)
        if found is None:
            return None
        steps, share = found
        if not share:
            return Narrowed(None, 0.0)
        made = tuple(Conditional(*step) for step in steps)
        model = replace(self, conditionals=made, splits=splits)
        return Narrowed(model, share, exact=not (self.order.ends or self.follows))

    def parameters(self) -> dict[str, Any]:
        return {
            "conditionals": [
                {
                    "column": c.column,
                    "parents": list(c.parents),
                    "shape": list(c.table.shape),
                    "table": np.round(c.table, DIGITS).ravel().tolist(),
                }
                for c in self.conditionals
            ],
            "splits": {
                name: {"groups": len(table), "table": np.round(table, DIGITS).ravel().tolist()}
                for name, table in self.splits.items()
            },
            "order": self.order.parameters(),
            **({"follows": [f.document() for f in self.follows]} if self.follows else {}),
        }

    @classmethod
    def restored(
        cls, schema: Schema, statement: Statement, rows: int, parameters: Mapping[str, Any]
    ) -> Self:
        sizes = {c.name: c.domain.size for c in schema.modelled}
        splits = {}
        for name, split in parameters.get("splits", {}).items():
            splits[name] = _table(name, split["table"], (int(split["groups"]), sizes[name]))
            sizes[name] = int(split["groups"])
        steps = tuple(_conditional(c, sizes) for c in parameters["conditionals"])
        order = Order.restored(parameters.get("order", {}), sizes)
        follows = tuple(Following.restored(f, schema) for f in parameters.get("follows", ()))
        return cls(schema, statement, rows, steps, splits, order, follows)


def _conditional(document: Mapping[str, Any], sizes: Mapping[str, int]) -> Conditional:
    column, parents = str(document["column"]), tuple(map(str, document["parents"]))
    shape = tuple(sizes[n] for n in (*parents, column))
    return Conditional(column, parents, _table(column, document["table"], shape))


def _table(column: str, values: Sequence[float], shape: tuple[int, ...]) -> Counts:
    """Saved chances as a table that may be drawn from."""
    table = np.array(values, dtype=np.float64)
    if table.size != int(np.prod(shape)) or not np.isfinite(table).all() or (table < 0).any():
        raise BundleError(
            f"The table of `{column}` does not fit the schema.",
            "The model file is damaged; make it again.",
        )
    return summing_to_one(column, as_written(table.reshape(shape)))


def summing_to_one(column: str, table: Counts) -> Counts:
    """The chances of a saved model, which nothing else may stand among.

    Raises:
        BundleError: a line of them does not sum to 1, but for the digits that saving took off.
    """
    if (np.abs(table.sum(axis=-1) - 1) > table.shape[-1] * 10.0**-DIGITS).any():
        raise BundleError(
            f"Chances of `{column}` do not sum to 1: something else was written into the model.",
            "Ask for the bundle again.",
        )
    return table


def restored_splits(schema: Schema, told: Mapping[str, Any]) -> dict[str, Counts]:
    """The chances of states within groups: of columns of the schema, and nothing else.

    Raises:
        BundleError, SchemaError: they are of something else, or no chances.
    """
    splits = {}
    for name, lines in told.items():
        shape = (len(lines), schema.domain(name).size)
        splits[name] = _table(name, [x for line in lines for x in line], shape)
    return splits


def as_written(table: Counts) -> Counts:
    """Saved chances as they are; a line without any is uniform.

    They sum to 1 but for the digits that saving took off, which drawing makes up for. To make them
    sum to 1 here would change them each time that a model is read and saved.
    """
    return np.where(table.sum(axis=-1, keepdims=True) > 0, table, 1 / table.shape[-1])


def normalised(table: Counts, prior: Counts | None = None) -> Counts:
    """Chances along the last axis; a row without any weight takes `prior`, or is uniform."""
    positive = np.maximum(table, 0)
    sums = positive.sum(axis=-1, keepdims=True)
    size = table.shape[-1]
    instead = np.full(size, 1 / size) if prior is None else prior / prior.sum()
    return np.where(sums > 0, positive / np.where(sums > 0, sums, 1), instead)


def without(
    steps: Sequence[Conditional], gone: Mapping[str, npt.NDArray[np.bool_]]
) -> tuple[Conditional, ...]:
    """The steps, drawing none of some states; where nothing else was likely, all others are."""
    made = []
    for step in steps:
        left = ~gone[step.column]
        table = step.table if left.all() else normalised(step.table * left, left.astype(float))
        made.append(Conditional(step.column, step.parents, table))
    return tuple(made)


def drawn(
    steps: Sequence[Conditional],
    rows: int,
    rng: np.random.Generator,
    codes: dict[str, Codes] | None = None,
) -> dict[str, Codes]:
    """Draw each column given its parents, stratified within each parent configuration.

    In a group of g rows with equal parents, each state is drawn within one of g times its chance
    (systematic sampling), and its rows are spread evenly over the columns drawn before, so that
    columns are independent given the parents with less scatter than independent draws would have.

    Args:
        codes: columns of the same rows drawn before; the new ones are added to it.
    """
    codes = {} if codes is None else codes
    for step in steps:
        size = step.table.shape[-1]
        if step.parents:
            group = packed([codes[p] for p in step.parents], step.table.shape[:-1]).astype(np.int64)
        else:
            group = np.zeros(rows, dtype=np.int64)
        others = [c for name, c in codes.items() if name not in step.parents]
        found = _within_groups(step.table.reshape(-1, size), group, others, rng)
        codes[step.column] = smallest(np.minimum(found, size - 1), size)
    return codes


def _within_groups(
    table: Counts, group: Codes, others: Sequence[Codes], rng: np.random.Generator
) -> Codes:
    """A state for each row from the line of `table` that its group points to."""
    if not len(group):
        return group
    present, inside, sizes = np.unique(group, return_inverse=True, return_counts=True)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    order = _side_by_side(inside, others, rng)
    along = np.arange(len(group)) - starts
    turn = (along * GOLDEN + rng.random(len(sizes))[inside[order]]) % 1.0
    place = np.empty(len(group))
    place[order[np.argsort(inside[order] + turn)]] = along
    return _systematic(table[present], inside, sizes, place, rng)


def _in_order(table: Counts, group: Codes, scores: Counts, rng: np.random.Generator) -> Codes:
    """The same, where rows of one group are given its states in the order of their scores."""
    if not len(group):
        return group
    present, inside, sizes = np.unique(group, return_inverse=True, return_counts=True)
    place = np.empty(len(group))
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    place[np.lexsort((scores, inside))] = np.arange(len(group)) - starts
    return _systematic(table[present], inside, sizes, place, rng)


def _systematic(
    table: Counts, inside: Codes, sizes: Codes, place: Counts, rng: np.random.Generator
) -> Codes:
    """The state that each row's place among the rows of its group falls on.

    Args:
        table: one line per group that has rows; `inside` points to a row's line.
        sizes: rows of each group; `place` counts them from 0.
    """
    cumulative = np.cumsum(table, axis=1)
    cumulative /= cumulative[:, -1:]
    cumulative[:, -1] = 1.0
    points = (place + rng.random(len(sizes))[inside]) / sizes[inside]
    flat = (cumulative + np.arange(len(table))[:, None]).ravel()
    keys = inside + np.minimum(points, 1 - 1e-9)
    found: Codes = np.searchsorted(flat, keys, side="right") - inside * table.shape[1]
    return found


def _side_by_side(inside: Codes, others: Sequence[Codes], rng: np.random.Generator) -> Codes:
    """Rows in order of their group, and within it of some other columns, taken in random turn.

    Steps of the golden ratio along this order then fall evenly on every stretch of it
    (Kuipers and Niederreiter 1974, chapter 2).
    """
    key, room = inside.astype(np.int64), 2.0**62 / (float(inside.max()) + 1)
    for turn in rng.permutation(len(others)):
        size = int(others[turn].max()) + 1
        if size > room:
            break
        key, room = key * size + others[turn], room / size
    shuffled = rng.permutation(len(inside))
    return np.asarray(shuffled[np.argsort(key[shuffled], kind="stable")])
