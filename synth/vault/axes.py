"""Rows as attributes, one code per person and axis. Outside the vault, for public rows alone.

Numbers and dates are cut by the schema, and nobody is counted among what they do not have: outside
the bounds, or not on the list. A missing value is a state that can be counted, a column
may hold several values at once (split by a delimiter, or spread over a person's rows), and a
person's rows are joined so that they count once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from synth.combinations.counting import (
    Axis,
    Combinations,
    combinations,
    merge_people,
    present_axes,
)
from synth.combinations.tabled import sets_of, tabled
from synth.errors import SchemaError
from synth.lazily import np, npt, pd
from synth.schema import Schema
from synth.schema.values import as_text
from synth.vault.attributes import Attributes, Counting, counted_attributes, unclipped
from synth.vault.held import Rows, people_of


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
    told = {
        c: counted_attributes(schema, c, counting) for c in columns if c not in counting.several
    }
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
    return people_of(frame, person)


def _axis(frame: pd.DataFrame, schema: Schema, attributes: Attributes) -> Axis:
    domain = unclipped(schema.domain(attributes.column))
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


def in_place(
    rows: Rows, schema: Schema, counting: Counting
) -> tuple[tuple[Attributes, ...], Callable[[int, int], Combinations]]:
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
    names = tuple(counted_attributes(schema, c, counting) for c in columns)
    counted = [n.counted for n in names]
    for column in columns:
        wide = unclipped(schema.domain(column))
        schema = schema.replaced(replace(schema[column], domain=wide))

    def found(at_least: int, length: int) -> Combinations:
        sets = sets_of(schema.shape(columns), length)
        tables = ((a, rows.count(schema, [columns[i] for i in a])) for a in sets)
        return tabled(tables, counted, rows.total(), length, lambda _: at_least, at_least)

    return names, found


def in_memory(named: Named) -> Callable[[int, int], Combinations]:
    """How to count what at least so many rows in memory share, and up to which length."""
    return lambda at_least, length: combinations(named.axes, length=length, at_least=at_least)


def axes_of(rows: pd.DataFrame, schema: Schema, counting: Counting) -> Named:
    """The axes of rows that are public already: synthetic ones, each a person of its own."""
    return named_axes(rows, schema, counting, "", 1)
