"""All that the papers of a release are made of, together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from synth.learning.keeping import Upkeep
from synth.learning.method import Model
from synth.release.children import Children
from synth.release.papers.about import About
from synth.release.papers.standing import ColumnStanding, standings
from synth.release.papers.tally import RowTally
from synth.schema.formulas import harmless
from synth.schema.rule_counts import RuleCount
from synth.schema.written import Written

UNTITLED = "Synthetic table"


@dataclass(frozen=True)
class Released:
    """A release as far as its papers tell of it.

    Args:
        rows: of each copy.
        tally: of the first copy.
        rules: how many of its rows break each.
        sums: the SHA-256 of the files of rows.
        files: names of all other files that are no paper.
        recipe: as TOML; "" for none.
        linked: its second table; None where it has none.
    """

    title: str
    about: About
    rows: int
    copies: int
    tally: RowTally
    written: Written
    safe: bool
    rules: Sequence[RuleCount]
    upkeep: Upkeep
    sums: Mapping[str, str]
    files: Sequence[str]
    recipe: str
    linked: Linked | None = None

    @property
    def model(self) -> Model:
        return self.tally.model

    @property
    def named(self) -> str:
        """The title, on one line."""
        return " ".join(self.title.split()) or UNTITLED

    @cached_property
    def columns(self) -> tuple[ColumnStanding, ...]:
        """What can be said of each column."""
        return standings(self.tally)

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the synthetic tables, without an ending."""
        return tuple(n.removesuffix(".csv") for n in self.sums if n.endswith(".csv"))

    def heading(self, name: str) -> str:
        """The name of a column as it heads the CSV files."""
        return str(harmless(name)) if self.safe else name


@dataclass(frozen=True)
class Linked:
    """A second table as far as papers tell of it: how it hangs together with the first, and it."""

    children: Children
    told: Released
