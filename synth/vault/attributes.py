"""Attributes: what may be combined and counted, under which names, and how counts are protected.

Values only: no row is read here. `axes` makes attributes of rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import pairwise
from typing import Any

from synth.combinations.bounds import bounded, longest
from synth.combinations.counting import Combinations
from synth.combinations.growth import Records
from synth.combinations.suppression import suppress
from synth.errors import MethodError
from synth.lazily import compiled, np, npt
from synth.schema import Categories, Dates, Domain, Numbers, Origin, Schema, Text
from synth.schema.domain import MISSING, OTHER
from synth.wording import so_many

WHOLE = compiled(r"0|-?[1-9]\d{0,17}")  # text that is the same once it has been a number


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
                f"Combinations of up to {so_many(self.length, 'attribute')} were asked for.",
                "Ask for at least 1.",
            )


@dataclass(frozen=True)
class Attributes:
    """One axis by name: the column, and a label per state; a state without a label is not counted.

    What leaves the vault has a label for every state. A column of several values has one axis per
    value, with one counted state each; `delimiter` stands between the values where they are written
    together, and is "" for other columns.
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
    labels = tuple(document["labels"])
    if not all(isinstance(label, str) for label in labels):
        raise TypeError("every state of an axis that was told has a label")
    return Attributes(document["column"], labels, str(document["delimiter"]))


@dataclass(frozen=True, eq=False)
class Groups:
    """Counts with the names of their axes: what the vault hands out.

    Protected ones number only the states that a count is told of, because a label that no count
    needs would tell that somebody has it, and a gap in the numbers where and how many there are.
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


def unclipped(domain: Domain) -> Domain:
    """The domain with states for what it would take for one of its own: counts need that kept out.

    An unlisted value is "other", a number or moment outside the bounds is below or above them, and
    what cannot be read is missing, whatever the domain says; `labels_of` says what is counted.
    """
    match domain:
        case Categories():
            return replace(domain, missing=True, other=True)
        case Numbers(decimals=decimals):
            end = domain.edges[-1]
            top = math.nextafter(end, math.inf) if decimals is None else end
            return replace(
                domain, edges=(-math.inf, *domain.edges[:-1], top, math.inf), missing=True
            )
        case Dates():
            return replace(domain, edges=(-math.inf, *domain.edges, math.inf), missing=True)
        case Text():
            return replace(domain, missing=True)
    return domain


def counted_attributes(schema: Schema, column: str, counting: Counting) -> Attributes:
    """The axis of a column of one value over the states of `unclipped`.

    "Other" is an attribute only where a declaration or a paid answer says what it stands for: of a
    list that was read off the rows, it would change with each value that is rare.
    """
    domain = schema.domain(column)
    named: tuple[str | None, ...] = domain.labels[: domain.size - domain.missing]
    match domain:
        case Categories(other=other, origin=origin, values=values):
            known = other and origin is not Origin.OBSERVED
            named = (*named[: len(values)], OTHER if known else None)
        case Numbers() | Dates():
            cut = domain.intervals
            named = (None, *named[:cut], None, *named[cut:])
        case Text():
            pass
        case _:
            return attributes_of(schema, column, counting)
    nothing = set(counting.nothing.get(column, ()))
    blank = MISSING if counting.blanks else None
    return Attributes(column, (*(None if n in nothing else n for n in named), blank))


def protected(
    names: Sequence[Attributes],
    count: Callable[[int, int], Combinations],
    length: int,
    at_least: int,
    protection: Protection,
) -> Groups:
    """Counts of combinations, rounded down or exact, without those that must not be told.

    Args:
        count: the combinations that at least so many people share, and up to which length.
        length: the most attributes in a combination that is told.

    Raises:
        MethodError: `at_least` is below 1, or noise is asked for.
    """
    if at_least < 1 or protection is Protection.NOISY:
        raise MethodError(
            f"Groups of at least {at_least} people were asked for, {protection.value}.",
            "Ask for at least 1, rounded or withheld; noisy counts are measured.",
        )
    rounded = protection is Protection.ROUNDED
    found = count(at_least if rounded else 1, length)
    safe = found.rounded_down(at_least) if rounded else suppress(found, at_least)
    if at_least > 1:
        safe = bounded(count(1, longest(safe)), safe, at_least, exact=not rounded)
    return told_alone(names, safe)


def told_alone(names: Sequence[Attributes], found: Combinations) -> Groups:
    """Groups over the states that a count is told of, numbered anew.

    A column of one value keeps its axis, told or not; one of several values has axes for those of
    its values that are told.
    """
    told = []
    for axis in range(len(names)):
        block = found.blocks.get((axis,))
        told.append(np.zeros(0, np.intp) if block is None else block.keys.astype(np.intp))
    named = [
        replace(attributes, labels=tuple(attributes.labels[state] for state in states))
        for attributes, states in zip(names, told, strict=True)
    ]
    kept = [axis for axis, a in enumerate(named) if a.labels or not a.delimiter]
    return Groups(tuple(named[axis] for axis in kept), found.renumbered(told).over(kept))


def told_schema(schema: Schema, groups: Groups, several: Collection[str] = ()) -> Schema:
    """The schema cut to what the groups tell.

    A value list that was read off the rows becomes *discovered*: each value left on it is one that
    at least k people share. So do the bounds of whole numbers and days counted one by one, which
    shrink to the first and the last that k people share. Other bounds that were read off the rows
    stay as they are, and so does what is known without them.

    Args:
        several: columns that hold several values, where the groups may tell none.
    """
    for name in several:
        schema = schema.replaced(replace(schema[name], domain=_listed(())))
    for attributes in groups.names:
        column = schema[attributes.column]
        told = tuple(a.labels[0] for a in groups.names if a.column == column.name and a.labels)
        domain = column.domain
        if attributes.delimiter:
            domain = _listed(tuple(sorted(filter(None, told))))
        else:
            domain = _told_domain(schema.domain(column.name), set(attributes.labels))
        schema = schema.replaced(replace(column, domain=domain))
    return schema


def _listed(values: tuple[str, ...]) -> Categories:
    """A list of values that k people share, of a column of several values."""
    return Categories(values, Origin.DISCOVERED, missing=True, other=True)


def _told_domain(domain: Domain, told: Collection[str | None]) -> Domain:
    """The domain of a column of one value as far as labels that were told give it away."""
    match domain:
        case Categories() | Numbers() | Dates() if domain.origin is not Origin.OBSERVED:
            return replace(domain, missing=True)
        case Categories():
            labelled = zip(domain.values, domain.labels, strict=False)
            values = tuple(v for v, label in labelled if label in told)
            typed = "integer" if values and all(WHOLE.fullmatch(v) for v in values) else "text"
            return Categories(values, Origin.DISCOVERED, missing=True, typed=typed)
        case Numbers() | Dates() if _one_by_one(domain):
            cut = domain.labels[: domain.intervals]
            states = [i for i, label in enumerate(cut) if label in told]
            if not states:
                return Categories((), Origin.DISCOVERED, missing=True)
            edges, codes = domain.edges[states[0] : states[-1] + 2], _told_codes(domain, told)
            return replace(domain, edges=edges, codes=codes, missing=True, origin=Origin.DISCOVERED)
        case Numbers() | Dates():
            return replace(domain, codes=_told_codes(domain, told), missing=True)
        case Text():
            return replace(domain, missing=True, origin=_found(domain.origin))
    return domain


def _told_codes(domain: Numbers | Dates, told: Collection[str | None]) -> tuple[str, ...]:
    labels = domain.labels[domain.intervals :]
    return tuple(c for c, label in zip(domain.codes, labels, strict=False) if label in told)


def _found(origin: Origin) -> Origin:
    return origin if origin.public else Origin.DISCOVERED


def _one_by_one(domain: Numbers | Dates) -> bool:
    """Whether the edges tell nothing but the smallest and the largest number, or day."""
    step = 1 if isinstance(domain, Numbers) else 86400
    whole = domain.decimals == 0 if isinstance(domain, Numbers) else domain.resolution == step
    return whole and all(b - a == step for a, b in pairwise(domain.edges))
