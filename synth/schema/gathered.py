"""A domain seen more coarsely: several of its states as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from synth.lazily import np, pd
from synth.schema.columns import Counts
from synth.schema.domain import Codes, Domain, Origin, smallest


@dataclass(frozen=True)
class Gathered:
    """A domain whose states are gathered: `groups[i]` is the group of state i of `inner`."""

    name: ClassVar[str] = "grouped"
    inner: Domain
    groups: tuple[int, ...]

    @property
    def origin(self) -> Origin:
        return self.inner.origin

    @property
    def missing(self) -> bool:
        return self.inner.missing

    @property
    def size(self) -> int:
        return max(self.groups) + 1

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(f"group {i + 1}" for i in range(self.size))

    def encode(self, values: pd.Series) -> Codes:
        return self.gathered(self.inner.encode(values))

    def gathered(self, codes: Codes) -> Codes:
        """The group of each state."""
        return smallest(np.asarray(self.groups)[codes], self.size)

    def decode(self, codes: Codes, rng: np.random.Generator) -> pd.Series:
        first = np.array([self.groups.index(g) for g in range(self.size)])
        return self.inner.decode(first[codes], rng)

    def document(self) -> dict[str, Any]:
        return {**self.inner.document(), "groups": list(self.groups)}

    def added(self, counts: Counts) -> Counts:
        """Counts of states added up to counts of groups."""
        return np.bincount(self.groups, weights=counts, minlength=self.size).astype(np.float64)

    def spread(self, counts: Counts) -> Counts:
        """The chance of each state within each group: one line per group, one column per state."""
        table = np.zeros((self.size, len(self.groups)))
        table[np.asarray(self.groups), np.arange(len(self.groups))] = np.maximum(counts, 1e-9)
        return np.asarray(table / table.sum(axis=1, keepdims=True))
