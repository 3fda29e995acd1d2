"""Cells that hold several things: one column for each part, or for each choice."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from synth.errors import StepError
from synth.lazily import pd
from synth.protect.steps.step import LOOK_AGAIN, Step, known_column, mapped
from synth.schema import Categories, Column, Kind, Origin, Schema
from synth.schema.respelling import parts_of
from synth.schema.settings import Ask, setting
from synth.wording import so_many

CHOSEN = ("no", "yes")


@dataclass(frozen=True)
class _Several(Step):
    """A step that puts several columns in the place of one.

    Args:
        sign: what stands between two parts of a cell.
    """

    column: str = setting(title="Column", ask=Ask.COLUMN)
    sign: str = setting(title="Sign between the parts", help="For example ; or /")

    def __post_init__(self) -> None:
        if not self.sign:
            raise StepError("No sign is named that stands between the parts.", "Name it.", "sign")

    @abstractmethod
    def made(self, values: pd.Series) -> Mapping[str, pd.Series]:
        """The new columns, by name."""

    @abstractmethod
    def column_for(self, name: str, old: Column) -> Column:
        """What a new column is declared to be."""

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        made = self.made(frame[self.column])
        columns: dict[str, pd.Series] = {}
        for name in frame.columns:
            columns |= made if name == self.column else {str(name): frame[name]}
        return pd.DataFrame(columns, index=frame.index)

    def declare(self, schema: Schema) -> Schema:
        old = known_column(schema, self.column)
        taken = [n for n in self.writes if n in schema and n != self.column]
        if taken:
            raise StepError(
                f"There is a column `{taken[0]}` already.", "Rename it first.", "column"
            )
        new = [self.column_for(name, old) for name in self.writes]
        every = [c for column in schema for c in (new if column is old else [column])]
        return Schema(tuple(every))


@dataclass(frozen=True)
class Divide(_Several):
    """One column for each part of a cell: `120/80` becomes 120 and 80."""

    name: ClassVar[str] = "divide"
    title: ClassVar[str] = "Divide a column"
    summary: ClassVar[str] = "120/80 becomes two columns, 120 and 80."
    into: tuple[str, ...] = setting(title="Names of the new columns", ask=Ask.TEXTS)

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.into) < 2 or len(set(self.into)) < len(self.into):
            raise StepError(
                f"{so_many(len(self.into), 'name is', 'names are')} given for the parts, or "
                "one of them twice.",
                "Give two names or more, all different.",
                "into",
            )

    @property
    def writes(self) -> tuple[str, ...]:
        return self.into

    def made(self, values: pd.Series) -> Mapping[str, pd.Series]:
        return {name: self._part(values, i).rename(name) for i, name in enumerate(self.into)}

    def _part(self, values: pd.Series, place: int) -> pd.Series:
        def part(text: str) -> str | None:
            told = [p.strip() for p in text.split(self.sign.strip() or self.sign)]
            return told[place] or None if place < len(told) else None

        return mapped(values, lambda texts: texts.map(part))

    def column_for(self, name: str, old: Column) -> Column:
        reason = f"{self.title}, from `{self.column}`."
        return replace(old, name=name, domain=LOOK_AGAIN, kind=Kind.CATEGORY, reason=reason)

    @property
    def said(self) -> str:
        return f"Divide {self.column} at {self.sign.strip() or 'blanks'}: {', '.join(self.into)}"


@dataclass(frozen=True)
class SpreadChoices(_Several):
    """One column of yes and no for each choice that a cell may hold, several of them at once.

    A choice that is not listed is left out; a cell that is missing is missing in each.
    """

    name: ClassVar[str] = "spread"
    title: ClassVar[str] = "Spread choices over columns"
    summary: ClassVar[str] = "radio;tv becomes yes under radio, yes under tv and no under internet."
    choices: tuple[str, ...] = setting(title="Choices", ask=Ask.TEXTS)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.choices or len(set(self.choices)) < len(self.choices):
            raise StepError("No choice is listed, or one twice.", "List each once.", "choices")

    @property
    def writes(self) -> tuple[str, ...]:
        return tuple(f"{self.column}: {choice}" for choice in self.choices)

    def made(self, values: pd.Series) -> Mapping[str, pd.Series]:
        return {
            name: self._chosen(values, choice).rename(name)
            for name, choice in zip(self.writes, self.choices, strict=True)
        }

    def _chosen(self, values: pd.Series, choice: str) -> pd.Series:
        def chosen(text: str) -> str:
            return CHOSEN[choice in parts_of(text, self.sign)]

        return mapped(values, lambda texts: texts.map(chosen))

    def column_for(self, name: str, old: Column) -> Column:
        domain = Categories(CHOSEN, Origin.DECLARED, missing=True)
        reason = f"{self.title}, from `{self.column}`."
        return replace(
            old, name=name, domain=domain, kind=Kind.BOOLEAN, reason=reason, stored="", unit=""
        )

    @property
    def said(self) -> str:
        return f"Spread {len(self.choices)} choices of {self.column} over columns"
