"""Protected counts of attribute combinations: how many people share what, safe to report.

A count table is a value with a guarantee. It leaves the house as CSV (one line per combination)
with a JSON document beside it that says what the lines mean, and can be read back from the two.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from synth.budget import Rho, Statement
from synth.budget.ledger import statement_of
from synth.combinations.counting import Block, Combinations, Integers
from synth.errors import BundleError
from synth.incoming import Refusal, reading, whole
from synth.lazily import np, npt, pd
from synth.learning.noisy_groups import noisy_groups
from synth.schema.formulas import all_harmless, harmless
from synth.vault import Attributes, Counting, Groups, PrivateTable, Protection
from synth.vault.attributes import attributes_from
from synth.wording import so_many

FORMAT = "synth aggregates"
DAMAGED = Refusal(BundleError, "The count table is damaged.", "Ask for the bundle again.")


@dataclass(frozen=True, eq=False)
class Aggregates:
    """Protected counts, and what may honestly be said about them.

    Args:
        names: the axes by column and label, as in `Groups`.
        found: the protected counts.
        protection: what was done to them.
        resolution: k; the step between counts where they are rounded, and the smallest otherwise.
            0 where noise protects them.
        statement: the promise made to the people counted.
        sigma: standard deviation of the noise of a count of 1, 2, … attributes; empty without.
    """

    names: tuple[Attributes, ...]
    found: Combinations
    protection: Protection
    resolution: int
    statement: Statement
    sigma: tuple[float, ...] = ()

    @property
    def length(self) -> int:
        return self.found.length

    @property
    def people(self) -> int:
        """Number of people, protected like the counts."""
        return self.found.rows

    def __len__(self) -> int:
        return len(self.found)

    @cached_property
    def _places(self) -> dict[tuple[str, str], tuple[int, int]]:
        return {
            (attributes.column, label): (axis, state)
            for axis, attributes in enumerate(self.names)
            for state, label in enumerate(attributes.labels)
            if label is not None
        }

    def count(self, combination: Mapping[str, str]) -> int | None:
        """People who share a combination {column: label}; None where no count may be given."""
        places = [self._places.get(item) for item in combination.items()]
        if None in places:
            return None
        known = sorted(p for p in places if p is not None)
        axes = tuple(axis for axis, _ in known)
        states = np.array([[state for _, state in known]], np.int64)
        return int(self.found.support(axes, states)[0]) or None

    def frame(self) -> pd.DataFrame:
        """One line per combination: `count`, then `column_1`, `value_1`, … up to the length."""
        parts = [self._lines(axes) for axes in self.found.blocks]
        counts = np.concatenate([np.zeros(0, np.int64), *(p["count"] for p in parts)])
        lines: dict[str, object] = {"count": counts}
        for i in range(self.length):
            for name in (f"column_{i + 1}", f"value_{i + 1}"):
                texts = [t for p in parts for t in p.get(name, (None,) * len(p["count"]))]
                lines[name] = pd.array(texts, dtype="str")
        return pd.DataFrame(lines)

    def _lines(self, axes: tuple[int, ...]) -> dict[str, npt.NDArray[Any]]:
        states = self.found.states(axes)
        lines: dict[str, npt.NDArray[Any]] = {"count": self.found.blocks[axes].counts}
        for i, axis in enumerate(axes):
            labels = np.array(self.names[axis].labels, dtype=object)
            column = np.full(len(states), self.names[axis].column, dtype=object)
            lines |= {f"column_{i + 1}": column, f"value_{i + 1}": labels[states[:, i]]}
        return lines

    def csv(self) -> bytes:
        """The lines as CSV in UTF-8; no spreadsheet runs a cell of it."""
        frame = self.frame().apply(all_harmless)
        return frame.to_csv(index=False, lineterminator="\n").encode()

    def parquet(self) -> bytes:
        """The lines as Parquet."""
        buffer = io.BytesIO()
        self.frame().to_parquet(buffer, index=False)
        return buffer.getvalue()

    def document(self) -> dict[str, Any]:
        """What the lines mean, as plain values for JSON."""
        return {
            "format": FORMAT,
            "protection": self.protection.value,
            "resolution": self.resolution,
            "length": self.length,
            "people": self.people,
            "combinations": len(self),
            "sigma": list(self.sigma),
            "axes": [a.document() for a in self.names],
            "statement": self.statement.document(),
        }


def read_aggregates(lines: bytes, document: Mapping[str, Any]) -> Aggregates:
    """The count table that `Aggregates.csv` and `Aggregates.document` wrote.

    Raises:
        BundleError: the two do not belong together, or are damaged.
    """
    if document.get("format") != FORMAT:
        raise BundleError("The counts have no description.", "Ask for the bundle again.")
    with reading(DAMAGED):
        names = tuple(map(attributes_from, document["axes"]))
        found = _found(lines, names, whole(document["length"]), whole(document["people"]))
        aggregates = Aggregates(
            names,
            found,
            Protection(document["protection"]),
            whole(document["resolution"]),
            statement_of(document["statement"]),
            tuple(map(float, document["sigma"])),
        )
        announced = whole(document["combinations"])
    if len(aggregates) != announced:
        raise BundleError(
            f"The count table has {so_many(len(aggregates), 'combination')} where {announced:,} "
            "were announced.",
            "Ask for the bundle again.",
        )
    return aggregates


def _found(lines: bytes, names: tuple[Attributes, ...], length: int, people: int) -> Combinations:
    table = pd.read_csv(io.BytesIO(lines), dtype=str, keep_default_na=False)
    if table.shape[1] != 1 + 2 * length:
        raise ValueError("lines are of another length than was announced")
    counts = table["count"].astype(np.int64).to_numpy()
    codes = _codes(table, names, length)
    width = len(names)
    axis = np.where(codes >= 0, codes % width, width)
    order = np.argsort(axis, axis=1, kind="stable")
    axis, state = np.take_along_axis(axis, order, 1), np.take_along_axis(codes // width, order, 1)
    sizes = tuple(len(n.labels) for n in names)
    found = Combinations(sizes, people, length, 1, {})
    blocks: dict[tuple[int, ...], Block] = {}
    sets, which = np.unique(axis, axis=0, return_inverse=True)
    known = [tuple(int(a) for a in s if a < width) for s in sets]
    for i in sorted(range(len(sets)), key=lambda i: (len(known[i]), known[i])):
        mine = np.flatnonzero(which.ravel() == i)
        blocks[known[i]] = _block(found, blocks, known[i], state[mine], counts[mine])
        found = Combinations(sizes, people, length, 1, blocks)
    return found


def _codes(table: pd.DataFrame, names: tuple[Attributes, ...], length: int) -> Integers:
    """`state * axes + axis` of each attribute of each line; -1 where there is none."""
    place = {
        (harmless(a.column), harmless(label)): state * len(names) + axis
        for axis, a in enumerate(names)
        for state, label in enumerate(a.labels)
        if label is not None
    }
    place[("", "")] = -1
    known = pd.Series(place)
    codes = np.full((len(table), length), -1)
    for i in range(length):
        keys = pd.MultiIndex.from_arrays([table[f"column_{i + 1}"], table[f"value_{i + 1}"]])
        found = known.reindex(keys).to_numpy(dtype=np.float64)
        if np.isnan(found).any():
            raise ValueError("a line names an attribute that is not described")
        codes[:, i] = found
    return codes


def _block(
    found: Combinations,
    blocks: Mapping[tuple[int, ...], Block],
    axes: tuple[int, ...],
    states: Integers,
    counts: Integers,
) -> Block:
    prefix = axes[:-1]
    parent = found.find(prefix, states[:, : len(prefix)]) if prefix else np.zeros(len(states), int)
    if (parent < 0).any():
        raise ValueError("a combination is there, but not what it contains")
    keys = parent * found.sizes[axes[-1]] + states[:, len(axes) - 1]
    order = np.argsort(keys)
    return Block(keys[order], counts[order].astype(np.int64))


def aggregate(
    private: PrivateTable,
    counting: Counting,
    resolution: int,
    protection: Protection = Protection.ROUNDED,
) -> Aggregates:
    """Count combinations that at least `resolution` people share, and protect the counts.

    Raises:
        MethodError: the resolution is below 1, or noise is asked for (see `noisy_aggregate`).
    """
    groups = private.groups(counting, resolution, protection)
    return Aggregates(
        groups.names, groups.found, protection, resolution, promised(private, groups, counting)
    )


def promised(private: PrivateTable, groups: Groups, counting: Counting) -> Statement:
    """What may be said when, of all values read off the rows, only those in `groups` are told."""
    told = private.telling(groups, counting.several).schema
    counted = {attributes.column for attributes in groups.names}
    read = [f"the bounds of `{n}` were read off the rows" for n in told.observed if n in counted]
    return private.ledger.statement(read, private.person)


def noisy_aggregate(
    private: PrivateTable,
    counting: Counting,
    rho: Rho,
    *,
    accuracy: str = "long",
    fabrication: str = "balanced",
) -> Aggregates:
    """Differentially private counts, worth `rho`; see `noisy_groups` for the settings."""
    noisy = noisy_groups(private, counting, rho, accuracy=accuracy, fabrication=fabrication)
    groups = noisy.groups
    return Aggregates(
        groups.names, groups.found, Protection.NOISY, 0, private.statement(), noisy.sigma
    )
