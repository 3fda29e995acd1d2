"""What recipients will do with a release, as its custodian says."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from itertools import chain
from typing import Any

from pydantic import Field, model_validator

from synth.ingest.declaration import Part


class Use(Enum):
    """A sort of use."""

    SOFTWARE = "software"  # to test programs: the form of values, not their shares
    TABLES = "tables"  # counts and charts of columns, and of columns crossed
    MODEL = "model"  # a regression, or a model that predicts
    TEACHING = "teaching"  # exercises on rows that look real


WORDS: Mapping[Use, str] = {
    Use.SOFTWARE: "test software",
    Use.TABLES: "tables and charts",
    Use.MODEL: "a regression or a model",
    Use.TEACHING: "teaching",
}


class PurposePart(Part):
    """What will be done with the release; settings are proposed and rehearsed by it.

    Nothing of it is read off the rows.

    Args:
        use: one or several of `Use`.
        columns: that are counted by themselves.
        crossings: sets of columns that are counted together.
        target, predictors: of a regression or a model.
        rows: about how many people there are, as one would say without counting; 0: not said.
        within: how far off a count may be, in people, 19 times in 20; 0: not said.
        slope: how far off a coefficient may be, in standard deviations; 0: not said.
    """

    use: tuple[Use, ...] = ()
    columns: tuple[str, ...] = ()
    crossings: tuple[tuple[str, ...], ...] = ()
    target: str = ""
    predictors: tuple[str, ...] = ()
    rows: int = Field(default=0, ge=0)
    within: float = Field(default=0.0, ge=0)
    slope: float = Field(default=0.0, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _one_use(cls, given: Any) -> Any:
        """A single use, as people write it: `use = "tables"`."""
        if isinstance(given, dict) and isinstance(given.get("use"), str):
            return {**given, "use": (given["use"],)}
        return given

    @property
    def sets(self) -> tuple[tuple[str, ...], ...]:
        """What is counted: columns by themselves, then crossings."""
        if Use.TABLES not in self.use:
            return ()
        return tuple(dict.fromkeys([*((n,) for n in self.columns), *self.crossings]))

    @property
    def regressed(self) -> tuple[str, ...]:
        """The target and then its predictors; nothing where no target is named."""
        if Use.MODEL not in self.use or not self.target:
            return ()
        return tuple(dict.fromkeys([self.target, *self.predictors]))

    @property
    def named(self) -> tuple[str, ...]:
        """All columns that it names for its uses."""
        return tuple(dict.fromkeys([*chain.from_iterable(self.sets), *self.regressed]))

    @property
    def closed(self) -> bool:
        """Whether nobody needs a column that it does not name."""
        tables, model = Use.TABLES in self.use, Use.MODEL in self.use
        enough = (not tables or self.sets) and (not model or len(self.regressed) > 1)
        return bool(self.use) and set(self.use) <= {Use.TABLES, Use.MODEL} and bool(enough)
