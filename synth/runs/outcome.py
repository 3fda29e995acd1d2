"""What a run leaves."""

from __future__ import annotations

from dataclasses import dataclass, field

from synth.budget import Entry
from synth.evaluate import Comparison
from synth.evaluate.evaluation import Evaluation
from synth.evaluate.verdict import Verdict, verdicts
from synth.ingest.reading import Noticed
from synth.lazily import pd
from synth.learning.keeping import Upkeep
from synth.release import Release
from synth.schema.typed import UNTYPED, Typed


@dataclass(frozen=True)
class Outcome:
    """What a run leaves: the release, and findings for the custodian's eyes only."""

    release: Release
    comparison: Comparison
    entries: tuple[Entry, ...]
    noticed: tuple[Noticed, ...] = ()  # while the table was read
    typed: Typed = UNTYPED
    upkeep: Upkeep = field(default_factory=Upkeep)  # what it took to keep the rules
    evaluation: Evaluation | None = None  # every measure, where that was asked for
    children: pd.DataFrame | None = None  # the first synthetic second table, where there is one
    linked: Comparison | None = None  # of its rows, each with the columns of its person

    @property
    def rows(self) -> pd.DataFrame:
        """The first synthetic table, in the types and with the index of the data frame it is of."""
        return self.typed.of(self.release.tables[0], self.release.model.schema)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What became of each column, the worst first; for the custodian's eyes."""
        return verdicts(self.comparison)

    def __repr__(self) -> str:
        return (
            f"<Outcome: {self.release!r}, and findings for the custodian in .comparison and "
            ".verdicts>"
        )
