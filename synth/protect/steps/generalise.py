"""Steps that look values up in a public list: a hierarchy, or a look-up table."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from synth.errors import StepError
from synth.lazily import pd
from synth.protect.steps.hierarchy import ANY, BUILT_IN, Hierarchy, Suppressed, listed_hierarchy
from synth.protect.steps.step import FileStep, checked_number, declared_list
from synth.schema import Column, Domain, Role
from synth.schema.settings import Ask, setting


@dataclass(frozen=True)
class Generalise(FileStep):
    """Values replaced by the group they belong to, at a level of a hierarchy."""

    name: ClassVar[str] = "generalise"
    title: ClassVar[str] = "Generalise"
    summary: ClassVar[str] = "AV1 1XU becomes AV1: up a hierarchy, built in or your own."
    hierarchy: str = setting(
        "", title="Built-in hierarchy", choices=("", *BUILT_IN), help="Or give a file."
    )
    file: str = setting("", title="Your own hierarchy (CSV)", ask=Ask.FILE)
    level: int = setting(1, title="Level (0: as it is)")
    known: Hierarchy = field(default=Suppressed(), repr=False, compare=False)

    def __post_init__(self) -> None:
        if bool(self.hierarchy) == bool(self.file):
            raise StepError(
                "Either a built-in hierarchy or a file is needed, and not both.",
                f"Give hierarchy ({', '.join(BUILT_IN)}) or file.",
                "hierarchy",
            )
        if self.hierarchy and self.hierarchy not in BUILT_IN:
            near = difflib.get_close_matches(self.hierarchy, BUILT_IN, n=1)
            raise StepError(
                f"There is no built-in hierarchy `{self.hierarchy}`.",
                f"Did you mean `{near[0]}`?" if near else f"Choose one of {', '.join(BUILT_IN)}.",
                "hierarchy",
            )
        checked_number(self.level, 0, "The level", "level")
        if self.hierarchy:
            object.__setattr__(self, "known", BUILT_IN[self.hierarchy])
            _check_level(self.level, self.known)

    @property
    def looks_into(self) -> str:
        return self.file

    def attached(self, text: str) -> Generalise:
        """The step with the content of its file. Raises StepError if that is no hierarchy."""
        known = listed_hierarchy(text, self.file)
        _check_level(self.level, known)
        return replace(self, known=known)

    def change(self, values: pd.Series) -> pd.Series:
        return self.known.at(self.level, values) if self.level else values

    def domain(self, old: Column) -> Domain | None:
        told = self.known.labels(self.level) if self.level else None
        return declared_list(told, missing=True) if told is not None else super().domain(old)

    @property
    def said(self) -> str:
        return f"Generalise {self.column} to {self.known.words(self.level)}"


def _check_level(level: int, known: Hierarchy) -> None:
    if level > known.top:
        raise StepError(
            f"Level {level} is above the top of the hierarchy, {known.top}.",
            f"Give a level from 0 to {known.top}.",
            "level",
        )


@dataclass(frozen=True)
class LookUp(FileStep):
    """Values replaced by what a public table says about them; without a match they are missing."""

    name: ClassVar[str] = "lookup"
    title: ClassVar[str] = "Look up in a table"
    summary: ClassVar[str] = "Postcode to area, area to decile: from a CSV of yours."
    file: str = setting("", title="Look-up table (CSV)", ask=Ask.FILE)
    key: str = setting("", title="Its column to match (empty: the same name)")
    take: str = setting("", title="Its column to take")
    found: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.file or not self.take:
            key = "take" if self.file else "file"
            raise StepError(
                "A look-up needs a file and the column to take from it.", f"Give `{key}`.", key
            )

    @property
    def looks_into(self) -> str:
        return self.file

    def attached(self, text: str) -> LookUp:
        """The step with the content of its file.

        Raises:
            StepError: a column is not there, or a key has two values.
        """
        delimiter = max((",", ";", "\t"), key=text.split("\n", 1)[0].count)
        lines = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=delimiter))
        names = list(lines[0]) if lines else []
        key = self.key or self.column
        for wanted, which in ((key, "key"), (self.take, "take")):
            if wanted not in names:
                raise StepError(
                    f"`{self.file}` has no column `{wanted}`.",
                    f"It has {', '.join(map(str, names)) or 'no lines'}.",
                    which,
                )
        pairs = {(str(li[key]).strip(), str(li[self.take] or "").strip()) for li in lines}
        keys = [k for k, _ in pairs]
        if len(set(keys)) != len(keys):
            raise StepError(
                f"`{self.file}` gives {len(keys) - len(set(keys))} keys of `{key}` more than one "
                f"value of `{self.take}`.",
                "Keep one line per key.",
                "file",
            )
        return replace(self, found=dict(sorted(pairs)))

    def change(self, values: pd.Series) -> pd.Series:
        return values.map(lambda v: self.found.get(v.strip()) or None)

    def domain(self, old: Column) -> Domain | None:
        return declared_list(_in_order({v for v in self.found.values() if v}), missing=True)

    def role(self, old: Column) -> Role:
        return Role.QUASI if old.role is Role.IDENTIFIER else old.role

    @property
    def said(self) -> str:
        return f"Look up {self.column} in {self.file}: {self.take}"


def _in_order(values: set[str]) -> list[str]:
    """Numbers by size, words by the alphabet."""
    if all(v.isdigit() for v in values):
        return sorted(values, key=int)
    return sorted(values)


__all__ = ["ANY", "Generalise", "LookUp"]
