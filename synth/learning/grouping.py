"""Gathering states that too few rows share, before pairs are looked at.

A cell that holds fewer rows than its noise tells nothing, so rare values of a category are gathered
into one group and neighbouring intervals of a number or date are joined. A method learns how
groups go together; within a group, states are drawn by the column's own marginal. Which states
are gathered is decided from noisy counts, so it is post-processing and free.

Reference: McKenna, Miklau, Sheldon (2021), arXiv:2108.04978, section 4 (domain compression).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from synth.schema import Codes, Counts, Dates, Domain, Numbers, Origin, Schema
from synth.schema.domain import smallest
from synth.vault import Measurement, PrivateTable


@dataclass(frozen=True)
class Grouped:
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


def grouped(domain: Domain, counts: Counts, least: float, most: int) -> Grouped:
    """Gather the states of a domain.

    Args:
        counts: noisy count of each state.
        least: rows that a state or an interval should hold at least.
        most: about how many groups a column of numbers or dates should have at most.
    """
    if isinstance(domain, Numbers | Dates):
        enough = max(least, float(np.maximum(counts, 0).sum()) / most)
        return Grouped(domain, _joined(counts, enough, domain.missing))
    rare = counts < least
    if rare.sum() < 2:
        return Grouped(domain, tuple(range(len(counts))))
    place = np.where(rare, (~rare).sum(), np.cumsum(~rare) - 1)
    return Grouped(domain, tuple(int(p) for p in place))


def _joined(counts: Counts, least: float, missing: bool) -> tuple[int, ...]:
    """Neighbours joined from below until each group holds `least`; missing stays apart."""
    ordered = counts[:-1] if missing else counts
    groups: list[int] = []
    group, held = 0, 0.0
    for i, count in enumerate(ordered):
        groups.append(group)
        held += max(0.0, float(count))
        rest = float(np.maximum(ordered[i + 1 :], 0).sum())
        if held >= least and rest >= least:
            group, held = group + 1, 0.0
    return (*groups, *((group + 1,) if missing else ()))


def gathered(
    private: PrivateTable, ones: Mapping[str, Measurement], least: float, most: int
) -> tuple[PrivateTable, dict[str, Grouped]]:
    """The same rows under a schema whose rare states are gathered, and how they are."""
    schema = private.schema
    groups = {n: grouped(schema.domain(n), m.counts, least, most) for n, m in ones.items()}
    columns = (replace(c, domain=groups[c.name]) if c.name in groups else c for c in schema.columns)
    return private.declare(Schema(tuple(columns))), groups
