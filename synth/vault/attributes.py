"""Attributes: what may be combined and counted, under which names, and how counts are protected.

Values only: no row is read here. `axes` makes attributes of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import pairwise
from typing import Any

from synth.combinations.counting import Combinations
from synth.combinations.growth import Records
from synth.combinations.suppression import suppress
from synth.errors import MethodError
from synth.lazily import np, npt
from synth.schema import Categories, Dates, Numbers, Origin, Schema, Text


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

    def document(self) -> dict[str, Any]:
        """The axis as plain values; `attributes_from` reads it back."""
        return {"column": self.column, "labels": list(self.labels), "delimiter": self.delimiter}

    @property
    def counted(self) -> npt.NDArray[np.bool_]:
        """One truth value per state: whether it is an attribute."""
        return np.array([label is not None for label in self.labels])


def attributes_from(document: Mapping[str, Any]) -> Attributes:
    """The axis that a document describes. Raises KeyError or TypeError where it is none."""
    return Attributes(document["column"], tuple(document["labels"]), str(document["delimiter"]))


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
    return origin if origin.public else Origin.DISCOVERED


def _one_by_one(domain: Numbers) -> bool:
    """Whether the edges tell nothing but the smallest and the largest number."""
    return domain.decimals == 0 and all(b - a == 1 for a, b in pairwise(domain.edges))
