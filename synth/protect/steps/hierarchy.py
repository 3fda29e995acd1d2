"""Generalisation hierarchies: from the value itself, level by level, to "anything".

A hierarchy is public: a CSV with one line per value and one column per level (as ARX writes them),
or built in. Level 0 is the value itself.
"""

from __future__ import annotations

import csv
import io
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from synth.errors import StepError
from synth.lazily import compiled, np, pd
from synth.protect.steps.dates import Truncate
from synth.protect.steps.numbers import Band, even_bands
from synth.wording import so_many

ANY = "*"
CHAPTERS = (
    ("A00", "I Infectious diseases"),
    ("C00", "II Neoplasms"),
    ("D50", "III Blood and immune system"),
    ("E00", "IV Endocrine and metabolic"),
    ("F00", "V Mental and behavioural"),
    ("G00", "VI Nervous system"),
    ("H00", "VII Eye"),
    ("H60", "VIII Ear"),
    ("I00", "IX Circulatory system"),
    ("J00", "X Respiratory system"),
    ("K00", "XI Digestive system"),
    ("L00", "XII Skin"),
    ("M00", "XIII Musculoskeletal system"),
    ("N00", "XIV Genitourinary system"),
    ("O00", "XV Pregnancy and childbirth"),
    ("P00", "XVI Perinatal period"),
    ("Q00", "XVII Congenital malformations"),
    ("R00", "XVIII Symptoms and findings"),
    ("S00", "XIX Injury and poisoning"),
    ("U00", "XXII Special purposes"),
    ("V00", "XX External causes"),
    ("Z00", "XXI Contact with health services"),
)


class Hierarchy(ABC):
    """Levels 0 (the value itself) to `top` (anything)."""

    @property
    @abstractmethod
    def top(self) -> int:
        """The highest level."""

    @abstractmethod
    def at(self, level: int, values: pd.Series) -> pd.Series:
        """Each text value at a level above 0; "*" where the hierarchy does not know it."""

    def labels(self, level: int) -> tuple[str, ...] | None:
        """All values of a level, if they are known without the data."""
        return (ANY,) if level == self.top else None

    def words(self, level: int) -> str:
        """What a level is called."""
        return "as it is" if level == 0 else "left out" if level == self.top else f"level {level}"


@dataclass(frozen=True)
class ValueTree(Hierarchy):
    """A hierarchy from a list: one line per value, one column per level above it."""

    values: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]

    @property
    def top(self) -> int:
        return len(self.levels)

    def at(self, level: int, values: pd.Series) -> pd.Series:
        known = dict(zip(self.values, self.levels[level - 1], strict=True))
        return values.map(lambda v: known.get(v, ANY))

    def labels(self, level: int) -> tuple[str, ...] | None:
        return tuple(dict.fromkeys((*self.levels[level - 1], ANY)))


@dataclass(frozen=True)
class Prefix(Hierarchy):
    """Codes of which one character more is hidden at each level, to "anything"."""

    length: int = 5

    @property
    def top(self) -> int:
        return self.length

    def at(self, level: int, values: pd.Series) -> pd.Series:
        if level == self.top:
            return pd.Series(ANY, index=values.index, dtype=object)
        return values.map(lambda v: v[: max(0, self.length - level)] + ANY * level)

    def words(self, level: int) -> str:
        if 0 < level < self.top:
            return f"first {so_many(self.length - level, 'character')}"
        return super().words(level)


@dataclass(frozen=True)
class Postcode(Hierarchy):
    """British postcodes (sector, district, area); other codes lose characters from the end."""

    names: ClassVar[tuple[str, ...]] = ("as it is", "sector", "district", "area", "left out")
    british: ClassVar[re.Pattern[str]] = compiled(r"([A-Z]{1,2})(\d[A-Z\d]?) ?(\d)[A-Z]{2}", re.I)

    @property
    def top(self) -> int:
        return 4

    def at(self, level: int, values: pd.Series) -> pd.Series:
        return values.map(lambda v: self._one(level, v.strip()))

    def _one(self, level: int, value: str) -> str:
        if level == self.top:
            return ANY
        if found := self.british.fullmatch(value):
            area, district, sector = (g.upper() for g in found.groups())
            return (f"{area}{district} {sector}", f"{area}{district}", area)[level - 1]
        return value[: max(1, len(value) - level - (level == 3))] + ANY

    def words(self, level: int) -> str:
        return self.names[level]


@dataclass(frozen=True)
class Date(Hierarchy):
    """Day, month, quarter, year, anything."""

    names: ClassVar[tuple[str, ...]] = ("day", "month", "quarter", "year")

    @property
    def top(self) -> int:
        return 5

    def at(self, level: int, values: pd.Series) -> pd.Series:
        if level == self.top:
            return pd.Series(ANY, index=values.index, dtype=object)
        told = Truncate("", to=self.names[level - 1]).change(values)
        return told.fillna(ANY)

    def words(self, level: int) -> str:
        return self.names[level - 1] if 0 < level < self.top else super().words(level)


@dataclass(frozen=True)
class Icd10(Hierarchy):
    """ICD-10 codes: category (three characters), chapter, anything."""

    names: ClassVar[tuple[str, ...]] = ("as it is", "category", "chapter", "left out")

    @property
    def top(self) -> int:
        return 3

    def at(self, level: int, values: pd.Series) -> pd.Series:
        return values.map(lambda v: self._one(level, v.strip().upper()))

    @staticmethod
    def _one(level: int, code: str) -> str:
        if level == 3 or not re.match(r"[A-Z]\d[0-9A-Z]", code):
            return ANY
        if level == 1:
            return code[:3]
        place = int(np.searchsorted([c for c, _ in CHAPTERS], code[:3], side="right")) - 1
        return CHAPTERS[place][1]

    def labels(self, level: int) -> tuple[str, ...] | None:
        return (*(name for _, name in CHAPTERS), ANY) if level == 2 else super().labels(level)

    def words(self, level: int) -> str:
        return self.names[level]


@dataclass(frozen=True)
class Widths(Hierarchy):
    """Numbers in bands that get wider: 5, 10, 20 …, then anything."""

    low: float = 0.0
    high: float = 100.0
    widths: tuple[float, ...] = (5.0, 10.0, 20.0)

    def __post_init__(self) -> None:
        if any(b % a for a, b in pairwise(self.widths)):
            raise StepError(
                "A wider band does not consist of whole narrower ones.",
                "Let each width be a multiple of the one before, for example 5, 10, 20.",
                "widths",
            )

    @property
    def top(self) -> int:
        return len(self.widths) + 1

    def band(self, level: int) -> Band:
        """The bands of a level below the top."""
        widest = self.widths[-1]
        low = np.floor(self.low / widest) * widest
        edges = even_bands(float(low), self.high, self.widths[level - 1])
        return Band("", edges=edges, whole=all(float(e).is_integer() for e in edges))

    def at(self, level: int, values: pd.Series) -> pd.Series:
        if level == self.top:
            return pd.Series(ANY, index=values.index, dtype=object)
        return self.band(level).change(values).fillna(ANY)

    def labels(self, level: int) -> tuple[str, ...] | None:
        return (ANY,) if level == self.top else (*self.band(level).labels, ANY)

    def words(self, level: int) -> str:
        if 0 < level < self.top:
            return f"bands of {self.widths[level - 1]:g}"
        return super().words(level)


@dataclass(frozen=True)
class Suppressed(Hierarchy):
    """As it is, or anything: where nothing better is known."""

    @property
    def top(self) -> int:
        return 1

    def at(self, level: int, values: pd.Series) -> pd.Series:
        return pd.Series(ANY, index=values.index, dtype=object)


BUILT_IN: dict[str, Hierarchy] = {
    "postcode": Postcode(),
    "zip": Prefix(5),
    "date": Date(),
    "icd10": Icd10(),
    "age": Widths(),
    "suppress": Suppressed(),
}


def listed_hierarchy(text: str, name: str) -> ValueTree:
    """A hierarchy from CSV text: the value, then one field per level; `;`, `,` or tab between.

    Raises:
        StepError: a gap, a value twice, or a level that splits what a lower one joined.
    """
    first = text.split("\n", 1)[0]
    delimiter = max((";", ",", "\t"), key=first.count)
    lines = [
        [f.strip() for f in r] for r in csv.reader(io.StringIO(text), delimiter=delimiter) if r
    ]
    _check_lines(lines, name)
    columns = list(zip(*lines, strict=True))
    values, levels = columns[0], columns[1:]
    if len(set(values)) != len(values):
        raise StepError(
            f"`{name}` lists {so_many(len(values) - len({*values}), 'value')} more than once.",
            "Keep one line per value.",
            "file",
        )
    for number, (lower, upper) in enumerate(pairwise(columns), start=1):
        if number > 1 and len(set(zip(lower, upper, strict=True))) != len(set(lower)):
            raise StepError(
                f"In `{name}`, level {number} separates values that level {number - 1} has joined.",
                "Let each group of a level lie within one group of the next.",
                "file",
            )
    return ValueTree(tuple(values), tuple(tuple(level) for level in levels))


def _check_lines(lines: list[list[str]], name: str) -> None:
    if not lines or len(lines[0]) < 2:
        raise StepError(
            f"`{name}` is no hierarchy: it has no level above the values.",
            "Write one line per value: the value, then its groups, from fine to coarse.",
            "file",
        )
    width = len(lines[0])
    for number, line in enumerate(lines, start=1):
        if len(line) != width or not all(line):
            raise StepError(
                f"Line {number} of `{name}` has a gap: {width - 1} levels are expected.",
                "Fill in every level; repeat the finer group where there is no coarser one.",
                "file",
            )
