"""Records of JSON that hold records or lists: laid flat where each cell then holds one thing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from synth.errors import IngestError
from synth.ingest.reading.said import Noticed, listed

DEEPEST = 8  # records within records
BETWEEN = ";"  # the values of a list; one for all, as no row may decide how the others are written


@dataclass
class Flat:
    """Lays records flat, one after the other, and keeps in mind which fields it did so with.

    Args:
        inner: fields that hold records.
        several: fields that hold lists.
    """

    inner: dict[str, None] = field(default_factory=dict)
    several: dict[str, None] = field(default_factory=dict)

    def record(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A record with `address.city` for the city in its address, and one text for each list.

        Raises:
            IngestError: a list holds records or lists, records lie too deep in each other, or two
                fields get the same name.
        """
        if not any(isinstance(v, dict | list) for v in given.values()):
            return dict(given)
        made: dict[str, Any] = {}
        for name, value in self._fields(given, "", 1):
            if name in made:
                raise IngestError(
                    f"Two fields would be called `{name}`: one by its name, one within a record.",
                    "Give one of them another name.",
                    about=(name,),
                )
            made[name] = value
        return made

    def _fields(
        self, given: Mapping[str, Any], before: str, depth: int
    ) -> Iterator[tuple[str, Any]]:
        for key, value in given.items():
            name = before + key
            if isinstance(value, dict):
                if depth == DEEPEST:
                    _refuse(name, f"records more than {DEEPEST} deep")
                self.inner[name] = None
                yield from self._fields(value, f"{name}.", depth + 1)
            elif isinstance(value, list):
                self.several[name] = None
                yield name, _joined(name, value)
            else:
                yield name, value

    def check(self, columns: dict[str, list[Any]]) -> list[Noticed]:
        """What was laid flat; a field that holds records in some rows alone is no column.

        Raises:
            IngestError: a field holds records in some rows and single values in others.
        """
        for name in self.inner:
            if any(cell is not None for cell in columns.pop(name, ())):
                _refuse(name, "records in some rows and single values in others")
        return list(self._said(columns))

    def _said(self, columns: Mapping[str, list[Any]]) -> Iterator[Noticed]:
        if self.inner:
            under = tuple(f"{name}." for name in self.inner)
            yield Noticed(
                "Records within records became columns named by the way to them: "
                f"{listed([n for n in columns if n.startswith(under)])}.",
                "The synthetic table has these columns, and no records within records.",
            )
        if self.several:
            yield Noticed(
                f"Fields that hold lists became one text each, with `{BETWEEN}` between the "
                f"values, and a comma for one within a value: {listed(list(self.several))}.",
                "The Columns screen offers to spread them over columns of yes and no.",
            )


def _refuse(name: str, what: str) -> None:
    raise IngestError(
        f"Field `{name}` holds {what}, not single values.",
        "Spread it over fields or rows first.",
        about=(name,),
    )


def _joined(name: str, values: list[Any]) -> str | None:
    """The values of a list in one text; None for none."""
    if any(isinstance(v, dict | list) for v in values):
        # not one column for each place: their number would tell of the one person with most
        _refuse(name, "lists or records within lists")
    told = (spelt(v) for v in values if v is not None)
    return BETWEEN.join(t.replace(BETWEEN, ",") for t in told if t is not None) or None


def spelt(cell: Any) -> str | None:
    """A single value as text."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and not math.isfinite(cell):
        return None
    return f"{cell:.15g}" if isinstance(cell, float) else str(cell)  # as in a column of its own
