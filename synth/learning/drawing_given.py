"""Rows of a network given some of their columns, each row by its own: exact, for all rows at once.

As in `inference.evidence`, columns are taken out from the last to the first and drawn forward from
what was met; here each table has one more axis, for the rows whose given columns differ. Rows that
agree in all given columns that matter share a place on it.

Drawing looks at no real row: it costs no budget.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from synth.lazily import np
from synth.learning.network import Conditional, Network
from synth.schema import Codes, Counts
from synth.schema.domain import smallest

MOST_CELLS = 4_000_000  # of one table on the way, all rows together
AT_ONCE = 20_000  # rows that are drawn together, each with the chances of all states
Message: TypeAlias = "tuple[tuple[str, ...], Counts]"  # columns, and a table of rows and these


def drawn_given(
    model: Network, known: Mapping[str, Codes], rows: int, rng: np.random.Generator
) -> dict[str, Codes]:
    """The states of all columns, one for each row; given ones as they are given.

    Args:
        known: of each given column the state of every row.
        rows: how many there are.
    """
    groups = model.groups_of(known)
    told = _mattering(model.conditionals, groups)
    first, place = _alike([groups[n] for n in told], rows)
    found: dict[str, Codes] = {
        c.column: np.zeros(rows, dtype=np.int64)
        for c in model.conditionals
        if c.column not in known
    }
    order = np.argsort(place, kind="stable")
    size = max(1, MOST_CELLS // _widest(model.conditionals, groups))
    for start in range(0, len(first), size):
        evidence = {n: groups[n][first[start : start + size]] for n in told}
        steps = _given_each(model.conditionals, evidence, frozenset(groups))
        among = slice(*np.searchsorted(place[order], (start, start + size)))
        mine = order[among]
        for some in np.split(mine, range(AT_ONCE, len(mine), AT_ONCE)):
            _draw(steps, found, some, place[some] - start, rng)
    sizes = {c.column: c.table.shape[-1] for c in model.conditionals}
    codes = {n: smallest(c, sizes[n]) for n, c in {**groups, **found}.items()}
    whole = model.within(codes, rng, without=tuple(known))
    return {n: whole[n] if n in found else known[n] for n in codes}


def _mattering(steps: Sequence[Conditional], given: Mapping[str, Codes]) -> tuple[str, ...]:
    """Given columns that stand in one table with a column that is not."""
    scopes = [(*s.parents, s.column) for s in steps]
    mixed = [scope for scope in scopes if any(n not in given for n in scope)]
    return tuple(sorted({n for scope in mixed for n in scope if n in given}))


def _alike(columns: Sequence[Codes], rows: int) -> tuple[Codes, Codes]:
    """One row of each kind of rows that agree, and the kind of every row."""
    if not columns or not rows:
        return np.zeros(min(rows, 1), dtype=np.int64), np.zeros(rows, dtype=np.int64)
    table = np.column_stack([np.asarray(c, dtype=np.int64) for c in columns])
    _, first, place = np.unique(table, axis=0, return_index=True, return_inverse=True)
    return first, place.reshape(-1)


def _widest(steps: Sequence[Conditional], given: Mapping[str, Codes]) -> int:
    """The most cells that one row takes in a table on the way."""
    sizes = {s.column: int(s.table.shape[-1]) for s in steps}
    return max(math.prod(sizes[n] for n in scope) for scope in _scopes(steps, given))


def _scopes(steps: Sequence[Conditional], given: Mapping[str, Codes]) -> Iterator[tuple[str, ...]]:
    """The columns that are not given, of each table on the way."""
    yield ()
    left: list[set[str]] = []
    for step in reversed(steps):
        open_ = {n for n in (*step.parents, step.column) if n not in given}
        if step.column in given:
            left.append(open_)
            continue
        for scope in [s for s in left if step.column in s]:
            left.remove(scope)
            open_ |= scope
        yield tuple(open_)
        left.append(open_ - {step.column})


@dataclass(frozen=True)
class _Given:
    """The chances of a column's states, for each kind of row and each state of others.

    Args:
        table: one axis for kinds of rows (one place where all are alike), one per column of
            `scope`, and one for the column's states.
    """

    column: str
    scope: tuple[str, ...]
    table: Counts


def _given_each(
    steps: Sequence[Conditional], evidence: Mapping[str, Codes], given: frozenset[str]
) -> list[_Given]:
    """The network of what is not given, for each kind of row.

    Args:
        evidence: the states of given columns that matter, one for each kind.
        given: all columns that are given.
    """
    place = {s.column: i for i, s in enumerate(steps)}
    left: list[Message] = []
    found: list[_Given] = []
    for step in reversed(steps):
        axes = (*step.parents, step.column)
        open_ = tuple(n for n in axes if n not in given)
        if not open_:
            continue
        own = _at(step.table, axes, open_, evidence)
        if step.column in given:
            left.append((open_, _scaled(own)))
            continue
        mine = [m for m in left if step.column in m[0]]
        left = [m for m in left if step.column not in m[0]]
        names = {*open_, *(n for scope, _ in mine for n in scope)} - {step.column}
        scope = tuple(sorted(names, key=place.__getitem__))
        alone = _summing_to_one(_spread(own, open_, (*scope, step.column)))
        whole = alone
        for other, values in mine:
            whole = whole * _spread(values, other, (*scope, step.column))
        rest = whole.sum(axis=-1, keepdims=True)
        # what cannot be beside what is given: the column then is as it is without it
        found.append(_Given(step.column, scope, np.where(rest > 0, whole, alone)))
        if mine and scope:
            left.append((scope, _scaled(rest[..., 0])))
    return found[::-1]


def _at(
    table: Counts, axes: Sequence[str], open_: Sequence[str], evidence: Mapping[str, Codes]
) -> Counts:
    """A table at what is given: an axis for kinds of rows, then those of `open_`, in order."""
    fixed = [n for n in axes if n not in open_]
    turned = table.transpose([axes.index(n) for n in (*fixed, *open_)])
    if not fixed:
        return np.asarray(turned[None])
    return np.asarray(turned[tuple(np.asarray(evidence[n], dtype=np.int64) for n in fixed)])


def _spread(table: Counts, axes: Sequence[str], onto: Sequence[str]) -> Counts:
    """A table with its axes in another order, and one of length 1 for each that it lacks."""
    order = sorted(range(len(axes)), key=lambda i: onto.index(axes[i]))
    turned = table.transpose([0, *(i + 1 for i in order)])
    sizes = dict(zip((axes[i] for i in order), turned.shape[1:], strict=True))
    return turned.reshape([len(turned), *(sizes.get(n, 1) for n in onto)])


def _summing_to_one(table: Counts) -> Counts:
    """Chances along the last axis; all states alike where none has any."""
    sums = table.sum(axis=-1, keepdims=True)
    return np.where(sums > 0, table / np.where(sums > 0, sums, 1), 1 / table.shape[-1])


def _scaled(table: Counts) -> Counts:
    """What a column leaves behind, with its largest cell 1 in each kind, so that none runs dry."""
    most = table.reshape(len(table), -1).max(axis=1)
    scale = np.where(most > 0, most, 1).reshape(-1, *(1,) * (table.ndim - 1))
    return np.asarray(table / scale)


def _draw(
    steps: Sequence[_Given],
    found: dict[str, Codes],
    rows: Codes,
    kinds: Codes,
    rng: np.random.Generator,
) -> None:
    """Draw the columns of some rows, one after the other, into `found`."""
    for step in steps:
        where = tuple(
            found[n][rows] if size > 1 else np.zeros(len(rows), dtype=np.int64)
            for n, size in zip(step.scope, step.table.shape[1:-1], strict=True)
        )
        kind = kinds if len(step.table) > 1 else np.zeros(len(rows), dtype=np.int64)
        chances = np.cumsum(step.table[(kind, *where)], axis=1)
        points = rng.random(len(rows)) * chances[:, -1]
        found[step.column][rows] = (chances <= points[:, None]).sum(axis=1)
