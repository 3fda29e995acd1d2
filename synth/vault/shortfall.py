"""Whether a promise of k holds: what is released, counted again among the real people."""

from __future__ import annotations

from collections.abc import Sequence

from synth.combinations.counting import Axis, combinations
from synth.combinations.growth import NOTHING, Records, different, holders
from synth.lazily import np, npt
from synth.vault.attributes import Attributes
from synth.vault.axes import Named


def shortfall(
    real: Named, names: Sequence[Attributes], records: Records, at_least: int, length: int
) -> int:
    """How many combinations in `records` fewer than `at_least` people hold.

    Args:
        names: the axes of the records, by column and label.
        length: the longest combinations looked at; 0 for whole records, and so for all.
    """
    if not len(records):
        return 0
    axes = [matching(real, attributes) for attributes in names]
    if length == 0:
        return int((holders(axes, different(records)) < at_least).sum())
    shared = combinations(axes, length=length, at_least=at_least)
    wanted = _contained(records, axes, length)
    return sum(int((shared.find(block, states) < 0).sum()) for block, states in wanted)


def matching(real: Named, attributes: Attributes) -> Axis:
    """The real axis with the states of `attributes`; a state of no meaning where there is none."""
    for axis, name in zip(real.axes, real.names, strict=True):
        if name.column == attributes.column and name.delimiter == attributes.delimiter:
            if not name.delimiter:
                return _restated(axis, name, attributes)
            if name.labels[0] == attributes.labels[0]:
                return axis
    other = len(attributes.labels)
    return Axis(np.full(real.people, other, np.int64), other + 1, np.arange(other + 1) < other)


def _restated(axis: Axis, name: Attributes, wanted: Attributes) -> Axis:
    """The axis in the states of another list of labels; one more, not counted, for the rest."""
    place = {label: state for state, label in enumerate(wanted.labels) if label is not None}
    other = len(wanted.labels)
    told = [other if label is None else place.get(label, other) for label in name.labels]
    table = np.array(told, np.int64)
    return Axis(table[axis.codes], other + 1, np.arange(other + 1) < other)


def _contained(
    records: Records, axes: Sequence[Axis], length: int
) -> list[tuple[tuple[int, ...], npt.NDArray[np.int64]]]:
    """The different combinations in some records, by their axes."""
    made = []
    for column, axis in zip(records.T, axes, strict=True):
        codes = np.where(column == NOTHING, axis.size, column)
        made.append(Axis(codes, axis.size + 1, np.arange(axis.size + 1) < axis.size))
    found = combinations(made, length=length, at_least=1)
    return [(block, found.states(block)) for block in found.blocks]
