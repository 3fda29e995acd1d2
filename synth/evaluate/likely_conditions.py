"""Conditions and keys that no real row breaks: `pregnant only if sex is F`, `bed is unique`.

Read off the rows, for the custodian alone. A condition names values that at least `LEAST` rows
share. One that a table of this size would keep by chance says little, and is not proposed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations

from synth.lazily import np, pd
from synth.schema import Categories, Codes, Column, Numbers, Schema
from synth.schema.obeying import YES, figures, keys, yes_or_no
from synth.schema.rules import Condition, OnlyIf, Unique

LEAST = 30  # rows that hold what a condition is about
EXPECTED = 10  # rows that would break it, at least, did its two columns not hang together
MOST_COLUMNS = 16  # that are tried together, of each sort
MOST_VALUES = 12  # of a column that a condition names
MOST_NAMED = 5  # values in one sentence
MOST_TOLD = 8
THERE = ""  # that there is something, whatever it is


@dataclass(frozen=True)
class _Fact:
    """What is known of a column, row by row.

    Args:
        codes: of each row, which of `values` it has; -1 where it is missing.
        values: as text; with THERE alone, a row with something is of it and any other is 1.
    """

    column: Column
    codes: Codes = field(repr=False)
    values: tuple[str, ...]

    def says(self, *places: int) -> Condition:
        told = [self.values[place] for place in places]
        if told == [THERE] or (
            yes_or_no(self.column) and [v.lower() in YES for v in told] == [True]
        ):
            return Condition(self.column.name)
        return Condition(self.column.name, tuple(told))

    @property
    def sayable(self) -> range:
        """The states that a condition can ask for: not that there is nothing."""
        return range(1 if self.values[:1] == (THERE,) else len(self.values))


def likely_conditions(rows: pd.DataFrame, schema: Schema) -> tuple[OnlyIf, ...]:
    """Conditions that all rows keep, those of most weight first; none that a function says."""
    facts = list(_facts(rows, schema))
    found: dict[tuple[int, int, int], list[int]] = {}
    weights: dict[tuple[int, int, int], float] = {}
    for one, other in permutations(range(len(facts)), 2):
        if facts[one].column.name == facts[other].column.name:
            continue
        for place, due, weight in _told(facts[one], facts[other]):
            key = (one, other, due)
            found.setdefault(key, []).append(place)
            weights[key] = weights.get(key, 0.0) + weight
    said = sorted(found, key=lambda k: (not _short(facts, found[k], k), -weights[k]))
    kept, covered = [], set[tuple[str, str, str, str]]()
    for key in said:
        places, cells = found[key], set(_ruled_out(facts, found[key], key))
        if len(places) <= MOST_NAMED and not cells <= covered:
            covered |= cells
            kept.append(_sentence(facts, places, key))
    return tuple(kept[:MOST_TOLD])


def _facts(rows: pd.DataFrame, schema: Schema) -> Iterator[_Fact]:
    """Columns of a few values, and of which it says something that there is a value."""
    listed = [c for c in schema.modelled if isinstance(c.domain, Categories) or yes_or_no(c)]
    for column in listed[:MOST_COLUMNS]:
        codes, values = pd.factorize(keys(rows[column.name], column), sort=True)
        if 2 <= len(values) <= MOST_VALUES:
            yield _Fact(column, codes.astype(np.int64), tuple(map(_plain, values)))
    for column in schema.modelled:
        there = rows[column.name].notna().to_numpy()
        many = int(there.sum())
        if not yes_or_no(column) and LEAST <= many <= len(rows) - LEAST:
            yield _Fact(column, (~there).astype(np.int64), (THERE,))


def _plain(value: object) -> str:
    """A value as a sentence says it: a number without decimals that say nothing."""
    return str(value).removesuffix(".0")


def _told(one: _Fact, other: _Fact) -> Iterator[tuple[int, int, float]]:
    """Each value of one column with which another has always the same, and how much that says."""
    known = (one.codes >= 0) & (other.codes >= 0)
    first, second = one.codes[known], other.codes[known]
    if not len(first):
        return
    shape = (int(first.max()) + 1, int(second.max()) + 1)
    counted = np.bincount(first * shape[1] + second, minlength=shape[0] * shape[1])
    table = counted.reshape(shape)
    shares = table.sum(axis=0) / len(first)
    always = (table > 0).sum(axis=1) == 1
    if always.all() and (THERE,) not in (one.values, other.values):
        return  # a function, which has a sentence of its own
    for place in one.sayable:
        if place >= len(table) or not always[place] or table[place].sum() < LEAST:
            continue
        due = int(table[place].argmax())
        weight = float(table[place].sum() * (1 - shares[due]))
        if due in other.sayable and weight >= EXPECTED:
            yield place, due, weight


def _short(facts: list[_Fact], places: list[int], key: tuple[int, int, int]) -> bool:
    """Whether it is said without a value on its first side: `pregnant only if sex is F`."""
    return not facts[key[0]].says(*places).values


def _sentence(facts: list[_Fact], places: list[int], key: tuple[int, int, int]) -> OnlyIf:
    this, that = facts[key[0]].says(*places), facts[key[1]].says(key[2])
    return OnlyIf(this, that, turned=bool(this.values and that.values))


def _ruled_out(
    facts: list[_Fact], places: list[int], key: tuple[int, int, int]
) -> Iterator[tuple[str, str, str, str]]:
    """The pairs of values that no row may have, however it is said; columns by name."""
    one, other = facts[key[0]], facts[key[1]]
    elsewhere = other.values if other.values != (THERE,) else (THERE, "not")
    for place in places:
        for value in (v for i, v in enumerate(elsewhere) if i != key[2]):
            pair = sorted([(one.column.name, one.values[place]), (other.column.name, value)])
            yield (*pair[0], *pair[1])


def likely_keys(rows: pd.DataFrame, schema: Schema) -> tuple[Unique, ...]:
    """Columns of whole numbers in which no value comes twice, though by chance many would."""
    found = (c for c in schema.modelled if isinstance(c.domain, Numbers) and not c.domain.decimals)
    return tuple(Unique(c.name) for c in list(found)[:MOST_COLUMNS] if _key(rows[c.name], c))


def _key(held: pd.Series, column: Column) -> bool:
    told = figures(held, column)
    told = told[~np.isnan(told)]
    if len(told) < LEAST or len(np.unique(told)) < len(told):
        return False
    again = len(told) ** 2 / (2 * (float(told.max() - told.min()) + 1))
    return again >= EXPECTED


def named_values(rule: OnlyIf) -> Mapping[str, Iterable[str]]:
    """The values that a condition names, by column."""
    return {c.column: c.values for c in (rule.this, rule.that) if c.values}
