"""Real rows as attributes: what may be combined and counted, under which names.

Numbers and dates are cut by the schema, a missing value is a state that can be counted, a column
may hold several values at once (split by a delimiter, or spread over a person's rows), and a
person's rows are joined so that they count once. Only the vault imports this module.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth.combinations.counting import Axis, Combinations, combinations, merge_people, present_axes
from synth.combinations.growth import Records
from synth.combinations.suppression import suppress
from synth.combinations.tabled import sets_of, tabled
from synth.errors import MethodError, SchemaError
from synth.schema import Categories, Dates, Numbers, Origin, Schema, Text
from synth.schema.values import as_text
from synth.vault.held import Rows


class Protection(Enum):
    """How counts of real people are made safe to report."""

    ROUNDED = "rounded"  # down to a multiple of k; below k: nothing
    WITHHELD = "withheld"  # exact, but none below k, and none from which one could be subtracted
    NOISY = "noisy"  # differentially private


@dataclass(frozen=True)
class Counting:
    """What is counted.

    Args:
        columns: those to combine; empty for all that are modelled.
        length: the most attributes in a combination, at least 1.
        blanks: whether a missing value is an attribute too.
        nothing: per column, labels that mean "nothing to tell" ("0", "no") and are not counted.
        several: per column that may hold several values at once, the delimiter between them;
            "" where a person's rows each hold one.

    Raises:
        MethodError: the length is below 1.
    """

    columns: tuple[str, ...] = ()
    length: int = 3
    blanks: bool = True
    nothing: Mapping[str, Sequence[str]] = field(default_factory=dict)
    several: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.length < 1:
            raise MethodError(
                f"Combinations of up to {self.length} attributes were asked for.",
                "Ask for at least 1.",
            )


@dataclass(frozen=True)
class Attributes:
    """One axis by name: the column, and a label per state; a state without a label is not told.

    A column of several values has one axis per value, with one counted state each; `delimiter`
    stands between the values where they are written together, and is "" for other columns.
    """

    column: str
    labels: tuple[str | None, ...]
    delimiter: str = ""

    @property
    def counted(self) -> npt.NDArray[np.bool_]:
        """One truth value per state: whether it is an attribute."""
        return np.array([label is not None for label in self.labels])


@dataclass(frozen=True, eq=False)
class Named:
    """Rows as axes with names, before anything is counted or protected."""

    axes: tuple[Axis, ...]
    names: tuple[Attributes, ...]
    people: int


def named_axes(
    frame: pd.DataFrame, schema: Schema, counting: Counting, person: str, at_least: int
) -> Named:
    """The axes of a table.

    Args:
        person: the column that names the person; empty where each row is one.
        at_least: values of a column of several that fewer people have get no axis.

    Raises:
        SchemaError: a person has two values in a column that holds one.
    """
    columns = counting.columns or tuple(c.name for c in schema.modelled)
    people, count = _people(frame, person)
    told = {c: attributes_of(schema, c, counting) for c in columns if c not in counting.several}
    single = {c: _axis(frame, schema, attributes) for c, attributes in told.items()}
    if person:
        single, conflicting = merge_people(people, single, count=count)
        if conflicting:
            raise SchemaError(
                f"A person has different values in {', '.join(f'`{c}`' for c in conflicting)}.",
                "Declare these columns as holding several values, or leave them out.",
            )
    axes, names = [], []
    for column in columns:
        if column in single:
            axes.append(single[column])
            names.append(told[column])
        else:
            pairs = _several(frame[column], people, counting.several[column])
            for label, axis in _frequent(*pairs, count, at_least):
                axes.append(axis)
                names.append(Attributes(column, (label, None), counting.several[column] or ";"))
    return Named(tuple(axes), tuple(names), count)


def _people(frame: pd.DataFrame, person: str) -> tuple[npt.NDArray[np.int64], int]:
    if not person:
        return np.arange(len(frame)), len(frame)
    codes, known = pd.factorize(frame[person].astype(str))
    return codes.astype(np.int64), len(known)


def _axis(frame: pd.DataFrame, schema: Schema, attributes: Attributes) -> Axis:
    domain = schema.domain(attributes.column)
    return Axis(domain.encode(frame[attributes.column]), domain.size, attributes.counted)


def _several(
    values: pd.Series, people: npt.NDArray[np.int64], delimiter: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Sequence[str]]:
    """The person and the value of each (person, value) pair, and the values."""
    text = as_text(values.astype(object)).where(values.notna().to_numpy(), None)
    text.index = pd.Index(people)
    parts = (text.str.split(delimiter) if delimiter else text).explode().dropna().str.strip()
    parts = parts[parts != ""]
    codes, known = pd.factorize(parts, sort=True)
    return parts.index.to_numpy(dtype=np.int64), codes.astype(np.int64), list(known)


def _frequent(
    people: npt.NDArray[np.int64],
    codes: npt.NDArray[np.int64],
    known: Sequence[str],
    count: int,
    at_least: int,
) -> list[tuple[str, Axis]]:
    pairs = np.unique(np.column_stack([codes, people]), axis=0)
    shared = np.bincount(pairs[:, 0], minlength=len(known)) >= at_least
    keep = shared[pairs[:, 0]]
    renumbered = np.cumsum(shared) - 1
    axes = present_axes(
        pairs[keep, 1], renumbered[pairs[keep, 0]], people=count, size=int(shared.sum())
    )
    labels = [label for label, often in zip(known, shared, strict=True) if often]
    return list(zip(labels, axes, strict=True))


@dataclass(frozen=True, eq=False)
class Groups:
    """Protected counts with the names of their axes: what the vault hands out.

    A label that no reported count needs is removed, because its mere presence on a list that was
    read off the rows would tell that somebody has it.
    """

    names: tuple[Attributes, ...]
    found: Combinations

    def __post_init__(self) -> None:
        assert len(self.names) == len(self.found.sizes), "one name per axis"


@dataclass(frozen=True, eq=False)
class Grown:
    """Partial rows with the names of their axes: public once they are k-anonymous."""

    names: tuple[Attributes, ...]
    records: Records


def attributes_of(schema: Schema, column: str, counting: Counting) -> Attributes:
    """The axis of a column that holds one value, told from its domain alone."""
    domain = schema.domain(column)
    nothing = set(counting.nothing.get(column, ()))
    labels = [None if label in nothing else label for label in domain.labels]
    if domain.missing and not counting.blanks:
        labels[-1] = None
    return Attributes(column, tuple(labels))


def in_place(
    rows: Rows, schema: Schema, counting: Counting
) -> tuple[tuple[Attributes, ...], Callable[[int], Combinations]]:
    """The axes of rows that stay in their engine, and how to count what at least so many share.

    Raises:
        SchemaError: a column holds several values, which an engine cannot take apart.
        MethodError: a table over some columns would be too large.
    """
    if counting.several:
        raise SchemaError(
            f"{', '.join(counting.several)} hold several values, and these rows stay in place.",
            "Leave these columns out, or load the table.",
        )
    columns = counting.columns or tuple(c.name for c in schema.modelled)
    names = tuple(attributes_of(schema, c, counting) for c in columns)
    counted = [n.counted for n in names]
    sets = sets_of(schema.shape(columns), counting.length)

    def found(at_least: int) -> Combinations:
        tables = ((a, rows.count(schema, [columns[i] for i in a])) for a in sets)
        return tabled(tables, counted, rows.total(), counting.length, lambda _: at_least, at_least)

    return names, found


def in_memory(named: Named, length: int) -> Callable[[int], Combinations]:
    """How to count what at least so many rows in memory share."""
    return lambda at_least: combinations(named.axes, length=length, at_least=at_least)


def protected(
    names: Sequence[Attributes],
    count: Callable[[int], Combinations],
    at_least: int,
    protection: Protection,
) -> Groups:
    """Counts of combinations, rounded down or with all withheld that must not be told.

    Args:
        count: the combinations that at least so many people share.

    Raises:
        MethodError: `at_least` is below 1, or noise is asked for.
    """
    if at_least < 1 or protection is Protection.NOISY:
        raise MethodError(
            f"Groups of at least {at_least} people were asked for, {protection.value}.",
            "Ask for at least 1, rounded or withheld; noisy counts are measured.",
        )
    rounded = protection is Protection.ROUNDED
    found = count(at_least if rounded else 1)
    safe = found.rounded_down(at_least) if rounded else suppress(found, at_least)
    return without_untold_labels(names, safe)


def without_untold_labels(names: Sequence[Attributes], found: Combinations) -> Groups:
    """Groups whose labels are only those that a reported count needs."""
    told = []
    for axis, attributes in enumerate(names):
        block = found.blocks.get((axis,))
        states = set() if block is None else set(block.keys.tolist())
        labels = tuple(
            label if state in states else None for state, label in enumerate(attributes.labels)
        )
        told.append(replace(attributes, labels=labels))
    return Groups(tuple(told), found)


def told_schema(schema: Schema, groups: Groups, several: Collection[str] = ()) -> Schema:
    """The schema cut to what the groups tell.

    A value list that was read off the rows becomes *discovered*: each value left on it is one that
    at least k people share. So do the bounds of whole numbers counted one by one, which shrink to
    the first and the last number that k people share. Other bounds stay as they are.

    Args:
        several: columns that hold several values, where the groups may tell none.
    """
    for name in several:
        untold = Categories((), Origin.DISCOVERED, missing=True, other=True)
        schema = schema.replaced(replace(schema[name], domain=untold))
    for attributes in groups.names:
        column = schema[attributes.column]
        told = _told(groups.names, column.name)
        domain = column.domain
        if attributes.delimiter:
            domain = Categories(tuple(sorted(told)), Origin.DISCOVERED, missing=True, other=True)
        elif isinstance(domain, Categories):
            values = tuple(v for v in domain.values if v in told)
            domain = replace(domain, values=values, missing=True, origin=_found(domain.origin))
        elif isinstance(domain, Numbers) and _one_by_one(domain):
            states = [
                i for i, label in enumerate(domain.labels[: len(domain.edges) - 1]) if label in told
            ]
            edges = domain.edges[min(states, default=0) : max(states, default=0) + 2]
            domain = replace(domain, edges=edges, missing=True, origin=_found(domain.origin))
        elif isinstance(domain, Numbers | Dates | Text):
            domain = replace(domain, missing=True)
        schema = schema.replaced(replace(column, domain=domain))
    return schema


def _told(names: Sequence[Attributes], column: str) -> set[str]:
    return {x for a in names if a.column == column for x in a.labels if x is not None}


def _found(origin: Origin) -> Origin:
    return Origin.DISCOVERED if origin is Origin.OBSERVED else origin


def _one_by_one(domain: Numbers) -> bool:
    """Whether the edges tell nothing but the smallest and the largest number."""
    return domain.decimals == 0 and all(b - a == 1 for a, b in pairwise(domain.edges))
