"""What every de-identification step is: a frozen value with public parameters.

A step works row by row: the same on two halves of a table as on the whole. What has to look at
other rows says why in `depends_on_rows`, and ends a formal promise unless it is paid for.
"""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar

from synth.budget import Audience
from synth.errors import StepError
from synth.lazily import np, pd
from synth.schema import Categories, Column, Domain, Kind, Origin, Role, Schema
from synth.schema.settings import Ask, setting, settings_of, switch_named
from synth.schema.values import as_text
from synth.vault import PrivateTable

MOST_LISTED = 1_000  # declared values that a step works out; beyond this they are read off again
SEEN_HELP = (
    "How it is set was decided after looking at this table. The statement then says so; a formal "
    "promise of epsilon does not cover it."
)
LOOK_AGAIN = Categories((), Origin.OBSERVED, missing=True, other=True)  # until the rows are seen


@dataclass(frozen=True)
class Step(ABC):
    """A change of the table. Fields are its parameters, and its keys in the recipe."""

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    depends_on_rows: ClassVar[str] = ""  # why, where it does
    seen: bool = field(
        default=False,
        kw_only=True,
        metadata=switch_named("Chosen after looking at the rows", SEEN_HELP),
    )

    @abstractmethod
    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The changed rows, those that are left under the labels they had."""

    @abstractmethod
    def declare(self, schema: Schema) -> Schema:
        """What the changed table is declared to be.

        Raises:
            StepError: the step does not fit the columns.
        """

    def settled(self, private: PrivateTable, audience: Audience) -> Step:
        """The step with all its parameters: keys drawn, edges found. Most have them already.

        Args:
            audience: RELEASE when a release is made; CUSTODIAN for a preview, which costs nothing.
        """
        return self

    def alone(self) -> Step:
        """The step as it treats each row whatever the others hold, which a promise of noise needs.

        It then raises nothing that rows decide. Most steps are so already.
        """
        return self

    @property
    def paid(self) -> bool:
        """Whether what it learns from the rows is paid for out of the privacy budget."""
        return False

    @property
    def writes(self) -> tuple[str, ...]:
        """Columns whose values it makes."""
        return ()

    @property
    def said(self) -> str:
        """What it does, in a few words with its parameters."""
        return self.title

    @property
    def choice(self) -> str:
        """What was chosen after looking at the rows, for the statement: names columns alone."""
        touched = ", ".join(f"`{name}`" for name in self.writes)
        return f"{self.title.lower()}{f': {touched}' if touched else ''}"

    def document(self) -> dict[str, Any]:
        """The step as plain values for the recipe, without what is left at its default."""
        usual = {f.name: f.default for f in fields(self)}
        given = {
            s.name: _plain(getattr(self, s.name))
            for s in settings_of(type(self))
            if getattr(self, s.name) != usual[s.name]
        }
        return {"step": self.name, **given}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def known_column(schema: Schema, name: str) -> Column:
    """The column, or an error that knows the nearest name.

    Raises:
        StepError: there is none.
    """
    if name in schema:
        return schema[name]
    near = difflib.get_close_matches(name, schema.names, n=1)
    remedy = f"Did you mean `{near[0]}`?" if near else f"It has {', '.join(schema.names)}."
    raise StepError(f"The table has no column `{name}` at this point.", remedy, "column")


def mapped(values: pd.Series, change: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """A column changed value by value: the work is done once per different value.

    Args:
        change: gets the different present values as text, and gives as many back, None for
            missing.
    """
    if not isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype("category")
    text = as_text(pd.Series(values.cat.categories)).astype(object).reset_index(drop=True)
    new = pd.Series(change(text), dtype=object).reset_index(drop=True)
    places, labels = pd.factorize(new, use_na_sentinel=True)
    codes = values.cat.codes.to_numpy()
    moved = np.append(places, -1)[codes]  # code -1, a missing value, takes the last place
    made = pd.Categorical.from_codes(moved, categories=pd.Index(labels, dtype=object))
    return pd.Series(made, index=values.index, name=values.name)


@dataclass(frozen=True)
class ValueStep(Step):
    """A step that makes one value from one value.

    Args:
        into: the name of a new column; empty to put the new values in place of the old.
    """

    column: str = setting(title="Column", ask=Ask.COLUMN)
    into: str = setting(
        "",
        title="New name of the column (empty: as before)",
    )
    keep: bool = setting(
        False,
        title="Keep the old column too",
        help="Only where a later step needs it: as long as it is there, nothing is protected.",
    )

    @abstractmethod
    def change(self, values: pd.Series) -> pd.Series:
        """The new value of each of `values`, which are present and text; None for missing."""

    @property
    def target(self) -> str:
        return self.into or self.column

    @property
    def writes(self) -> tuple[str, ...]:
        return (self.target,)

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        return self.put(frame, mapped(frame[self.column], self.change))

    def put(self, frame: pd.DataFrame, values: pd.Series) -> pd.DataFrame:
        """New values in place of the old column, or beside it."""
        if self.keep:
            frame[self.target] = values.rename(self.target)
            return frame
        frame[self.column] = values
        return frame.rename(columns={self.column: self.target})

    def declare(self, schema: Schema) -> Schema:
        old = known_column(schema, self.column)
        if self.target in schema and (self.keep or self.target != self.column):
            raise StepError(
                f"There is a column `{self.target}` already.", "Give the new one a name.", "into"
            )
        domain = self.domain(old)
        new = replace(
            old,
            name=self.target,
            domain=LOOK_AGAIN if domain is None else domain,
            kind=self.kind(old),
            role=self.role(old),
            reason=f"{self.title}, from `{self.column}`.",
        )
        if self.keep:
            return Schema((*schema.columns, new))
        return Schema(tuple(new if c is old else c for c in schema))

    def kind(self, old: Column) -> Kind:
        """What sort of values it makes; what the rows show afterwards may say more."""
        return Kind.CATEGORY

    def role(self, old: Column) -> Role:
        """A changed identifier still narrows down."""
        return Role.QUASI if old.role is Role.IDENTIFIER else old.role

    def domain(self, old: Column) -> Domain | None:
        """The new domain if it follows from the parameters and a declared old one; else None."""
        if not isinstance(old.domain, Categories) or old.domain.origin is Origin.OBSERVED:
            return None
        if not old.domain.values:
            return None
        new = self.change(pd.Series(old.domain.values, dtype=object))
        missing = old.domain.missing or bool(new.isna().any())
        return declared_list(list(new.dropna()), missing=missing, other=old.domain.other)


@dataclass(frozen=True)
class FileStep(ValueStep):
    """A step that may look values up in a file of the custodian's."""

    @property
    @abstractmethod
    def looks_into(self) -> str:
        """The name of that file; "" where it needs none."""

    @abstractmethod
    def attached(self, text: str) -> FileStep:
        """The step with the content of its file. Raises StepError if it cannot be used."""


def declared_list(values: Sequence[str], *, missing: bool, other: bool = False) -> Categories:
    """A declared list in its natural order."""
    told = dict.fromkeys(str(v) for v in values)
    return Categories(tuple(told), Origin.DECLARED, missing=missing, other=other)


def checked_number(value: float, least: float, title: str, key: str) -> None:
    """Refuse a number that is too small. Raises StepError."""
    if not value >= least:
        raise StepError(f"{title} is {value:g}.", f"Give at least {least:g}.", key)
