"""What a showcase shows, taken from a release alone: attributes, rows, reported counts.

Nothing here can read the real table: the input is the synthetic rows, the schema that was
released with them, and protected counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from synth.combinations.counting import Axis, Combinations, Integers, combinations, present_axes
from synth.errors import NotReleasable
from synth.lazily import np, npt, pd
from synth.learning.aggregates import Aggregates
from synth.schema import Categories, Column, Dates, Domain, Numbers, Pattern, Schema, Text
from synth.schema.domain import MISSING
from synth.schema.intervals import Cut
from synth.vault import Attributes

MOST_ATTRIBUTES = 60


class AttributeKind(Enum):
    """How an attribute is drawn."""

    CATEGORY = "category"
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True, eq=False)
class Attribute:
    """One column as it is charted.

    Args:
        labels: one per bar.
        codes: the bar of each row; for several values per row, of each value, row after row.
        starts: where each row's values begin, one more than there are rows; None for one each.
        missing: the bar of blanks; -1 where there is none.
        edges: where numbers, or seconds since 1970, are cut: the first bars lie between them.
        unit: of the numbers.
        other: the bar of other or rare values; -1 where there is none.
        values: the texts that the table shows, and `value_codes` which one each row has; empty
            where the labels say it all.
    """

    name: str
    kind: AttributeKind
    meaning: str
    labels: tuple[str, ...]
    codes: Integers
    missing: int = -1
    starts: npt.NDArray[np.int64] | None = None
    values: tuple[str, ...] = ()
    value_codes: Integers | None = None
    edges: tuple[float, ...] = ()
    unit: str = ""
    other: int = -1

    @property
    def rows(self) -> int:
        return len(self.codes) if self.starts is None else len(self.starts) - 1

    @property
    def ordered(self) -> bool:
        return self.kind is not AttributeKind.CATEGORY


def shown_attributes(
    rows: pd.DataFrame,
    schema: Schema,
    aggregates: Aggregates | None,
    chosen: Sequence[str] = (),
) -> tuple[Attribute, ...]:
    """The attributes of a release, in the order chosen; empty for all that can be charted.

    Raises:
        NotReleasable: a chosen column is not there, or holds identifiers or free text; or too many.
    """
    fit = [c.name for c in schema if not isinstance(c.domain, Pattern | Text)]
    if wrong := [name for name in chosen if name not in fit]:
        raise NotReleasable(
            f"{', '.join(f'`{n}`' for n in wrong)} cannot be shown as a chart.",
            f"Choose among {', '.join(fit)}.",
        )
    names = list(chosen) or fit
    if not 0 < len(names) <= MOST_ATTRIBUTES:
        raise NotReleasable(
            f"The showcase would have {len(names)} attributes.",
            f"Choose between 1 and {MOST_ATTRIBUTES}.",
        )
    several = _several(aggregates)
    return tuple(
        _of_several(rows[n], schema[n], *several[n])
        if n in several
        else _single(rows[n], schema, n)
        for n in names
    )


def _several(aggregates: Aggregates | None) -> dict[str, tuple[str, list[str]]]:
    """Per column of several values, its delimiter and the values that were reported."""
    found: dict[str, tuple[str, list[str]]] = {}
    for told in aggregates.names if aggregates else ():
        if told.delimiter:
            _, labels = found.setdefault(told.column, (told.delimiter, []))
            labels.extend(label for label in told.labels if label is not None)
    return found


def _single(values: pd.Series, schema: Schema, name: str) -> Attribute:
    domain = schema.domain(name)
    codes = domain.encode(values)
    kind = _kind(domain)
    texts, value_codes = ((), None) if kind is AttributeKind.CATEGORY else _texts(values)
    missing = domain.size - 1 if domain.missing else -1
    labels = domain.labels
    if missing >= 0 and not (codes == missing).any():
        labels, missing = labels[:-1], -1
    return Attribute(
        name,
        kind,
        schema[name].meaning,
        labels,
        codes,
        missing,
        values=texts,
        value_codes=value_codes,
        edges=domain.edges if isinstance(domain, Cut) else (),
        unit=schema[name].unit,
        other=len(domain.values) if isinstance(domain, Categories) and domain.other else -1,
    )


def _kind(domain: Domain) -> AttributeKind:
    if isinstance(domain, Dates):
        return AttributeKind.DATE
    return AttributeKind.NUMBER if isinstance(domain, Numbers) else AttributeKind.CATEGORY


def _texts(values: pd.Series) -> tuple[tuple[str, ...], Integers]:
    """The different texts of a column, and which one each row has; blanks are empty."""
    codes, known = pd.factorize(values.astype(str).where(values.notna().to_numpy(), ""))
    return tuple(map(str, known)), codes


def _of_several(
    values: pd.Series, column: Column, delimiter: str, told: Sequence[str]
) -> Attribute:
    """A column of several values: those reported come first, others after them."""
    lists = values.fillna("").astype(str).str.split(delimiter)
    parts = lists.explode().str.strip()
    parts = parts[parts != ""]
    labels = list(dict.fromkeys([*told, *parts]))
    sizes = parts.groupby(parts.index.to_numpy()).size().reindex(range(len(values)), fill_value=0)
    starts = np.concatenate([[0], np.cumsum(sizes.to_numpy())]).astype(np.int64)
    codes = pd.Index(labels).get_indexer(pd.Index(parts))
    return Attribute(
        column.name,
        AttributeKind.CATEGORY,
        column.meaning,
        tuple(labels) or (MISSING,),
        codes.astype(np.int64),
        starts=starts,
    )


@dataclass(frozen=True)
class ReportedAxis:
    """How an axis of the reported counts belongs to an attribute.

    Args:
        label: the one label of an axis of a column of several values; else -1.
        states: the state of each label of the attribute, -1 where it was not told.
    """

    attribute: int
    label: int = -1
    states: tuple[int, ...] = ()


def reported_axes(
    attributes: Sequence[Attribute], aggregates: Aggregates
) -> dict[int, ReportedAxis]:
    """The axes of the reported counts that the showcase has an attribute for."""
    place = {a.name: i for i, a in enumerate(attributes)}
    found = {}
    for axis, told in enumerate(aggregates.names):
        if told.column in place:
            found[axis] = _reported_axis(told, place[told.column], attributes[place[told.column]])
    return found


def _reported_axis(told: Attributes, index: int, attribute: Attribute) -> ReportedAxis:
    if told.delimiter:
        return ReportedAxis(index, attribute.labels.index(str(told.labels[0])))
    state = {label: i for i, label in enumerate(told.labels) if label is not None}
    return ReportedAxis(index, states=tuple(state.get(x, -1) for x in attribute.labels))


@dataclass(frozen=True)
class Accuracy:
    """How far estimates are from the reported counts.

    Args:
        length: of the combinations compared.
        below: the estimates compared are below this.
        typical, usual: half of them, and nine in ten, differ by no more than this share.
    """

    length: int
    below: float
    typical: float
    usual: float


def accuracy(
    attributes: Sequence[Attribute], aggregates: Aggregates, people_per_row: float
) -> tuple[Accuracy, ...]:
    """Estimates against the reported counts: by length, then by size of the estimate.

    Computed from the release alone, so it may be shared.
    """
    axes = reported_axes(attributes, aggregates)
    synthetic = _recounted(attributes, aggregates, axes)
    found: list[Accuracy] = []
    for length in range(1, aggregates.length + 1):
        estimates, told = _side_by_side(synthetic, aggregates.found, axes, length)
        found.extend(_buckets(length, estimates * people_per_row, told))
    return tuple(found)


def _recounted(
    attributes: Sequence[Attribute], aggregates: Aggregates, axes: Mapping[int, ReportedAxis]
) -> Combinations:
    """The same combinations counted in the synthetic rows, over the reported axes."""
    rows = attributes[0].rows
    nothing = Axis(np.zeros(rows, np.int8), 1, np.array([False]))
    made = [
        _axis_of(attributes[axes[axis].attribute], axes[axis], len(told.labels))
        if axis in axes
        else nothing
        for axis, told in enumerate(aggregates.names)
    ]
    return combinations(made, length=aggregates.length, at_least=1)


def _axis_of(attribute: Attribute, place: ReportedAxis, size: int) -> Axis:
    if attribute.starts is None:
        states = np.array(place.states)
        codes = np.where(states[attribute.codes] < 0, size, states[attribute.codes])
        return Axis(codes, size + 1, np.arange(size + 1) < size)
    row = np.repeat(np.arange(len(attribute.starts) - 1), np.diff(attribute.starts))
    mine = row[attribute.codes == place.label]
    people = len(attribute.starts) - 1
    return next(present_axes(mine, np.zeros(len(mine), np.int8), people=people, size=1))


def _side_by_side(
    synthetic: Combinations, told: Combinations, axes: Mapping[int, ReportedAxis], length: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Synthetic and reported counts of the reported combinations of one length."""
    estimates, reported = [], []
    for block in told.blocks:
        if len(block) == length and all(axis in axes for axis in block):
            estimates.append(synthetic.support(block, told.states(block)))
            reported.append(told.blocks[block].counts)
    if not reported:
        return np.zeros(0), np.zeros(0)
    return np.concatenate(estimates).astype(float), np.concatenate(reported).astype(float)


def _buckets(
    length: int, estimates: npt.NDArray[np.float64], told: npt.NDArray[np.float64]
) -> list[Accuracy]:
    """By size of the estimate: below 20, 50, 100, 200, 500, …"""
    apart = np.abs(estimates - told) / np.maximum(told, 1)
    found, low = [], 0.0
    for high in (20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, np.inf):
        inside = apart[(estimates >= low) & (estimates < high)]
        if inside.size:
            typical, usual = np.quantile(inside, (0.5, 0.9))
            below = high if np.isfinite(high) else 1e15
            found.append(Accuracy(length, below, round(float(typical), 4), round(float(usual), 4)))
            low = high
    return found
