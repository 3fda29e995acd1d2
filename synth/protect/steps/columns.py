"""Steps on whole columns, and the order of rows: drop, keep, rename, shuffle."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import ClassVar

from synth.errors import StepError
from synth.lazily import np, pd
from synth.protect.steps.step import Step, known_column
from synth.schema import Schema
from synth.schema.settings import Ask, setting


@dataclass(frozen=True)
class Drop(Step):
    """Leave columns out."""

    name: ClassVar[str] = "drop"
    title: ClassVar[str] = "Drop columns"
    summary: ClassVar[str] = "Leave columns out altogether. The safest step there is."
    columns: tuple[str, ...] = setting(title="Columns", ask=Ask.COLUMNS)

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.drop(columns=list(self.columns))

    def declare(self, schema: Schema) -> Schema:
        for name in self.columns:
            known_column(schema, name)
        left = schema.without(self.columns)
        if not len(left):
            raise StepError("No column would be left.", "Keep at least one.", "columns")
        return left

    @property
    def choice(self) -> str:
        return f"{self.title.lower()}: {', '.join(f'`{name}`' for name in self.columns)}"

    @property
    def said(self) -> str:
        return f"Drop {', '.join(self.columns)}"


@dataclass(frozen=True)
class Keep(Step):
    """Leave all other columns out."""

    name: ClassVar[str] = "keep"
    title: ClassVar[str] = "Keep only some columns"
    summary: ClassVar[str] = "Everything that is not named here is left out."
    columns: tuple[str, ...] = setting(title="Columns", ask=Ask.COLUMNS)

    def __post_init__(self) -> None:
        if not self.columns:
            raise StepError("No column would be left.", "Name at least one.", "columns")

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame[[n for n in frame.columns if n in self.columns]]

    def declare(self, schema: Schema) -> Schema:
        for name in self.columns:
            known_column(schema, name)
        return schema.without([n for n in schema.names if n not in self.columns])

    @property
    def said(self) -> str:
        return f"Keep only {', '.join(self.columns)}"


@dataclass(frozen=True)
class Rename(Step):
    """Give a column another name."""

    name: ClassVar[str] = "rename"
    title: ClassVar[str] = "Rename a column"
    summary: ClassVar[str] = "The values stay as they are."
    column: str = setting(title="Column", ask=Ask.COLUMN)
    to: str = setting(title="New name")

    def __post_init__(self) -> None:
        if not self.to.strip():
            raise StepError("The new name is empty.", "Give the column a name.", "to")

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.rename(columns={self.column: self.to})

    def declare(self, schema: Schema) -> Schema:
        old = known_column(schema, self.column)
        if self.to != self.column and self.to in schema:
            raise StepError(f"There is a column `{self.to}` already.", "Choose another name.", "to")
        renamed = replace(old, name=self.to)
        return Schema(tuple(renamed if c is old else c for c in schema))

    @property
    def writes(self) -> tuple[str, ...]:
        return (self.to,)

    @property
    def said(self) -> str:
        return f"Rename {self.column} to {self.to}"


@dataclass(frozen=True)
class Shuffle(Step):
    """Put the rows in a random order, which nobody can repeat."""

    name: ClassVar[str] = "shuffle"
    title: ClassVar[str] = "Shuffle the rows"
    summary: ClassVar[str] = "The order of rows may tell who came when; a random one does not."

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        rng = np.random.default_rng(secrets.randbits(128))
        return frame.iloc[rng.permutation(len(frame))]

    def declare(self, schema: Schema) -> Schema:
        return schema
