"""What recipients ask of the real table, to verify what synthetic rows told them.

A question is checked against the release alone, so that neither a refusal nor an error tells of a
real row. Its answer comes from counts with noise, and is there for all recipients: nobody need ask
it again.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from synth.api.team.journal import Deed
from synth.api.team.shelved import Act
from synth.errors import ConditionError
from synth.schema import Column, Numbers, Schema
from synth.schema.condition_reading import read_where
from synth.schema.conditions import Atom, Where, orderly, parts_of

KINDS = {
    "count": "How many rows",
    "mean": "The mean of a column",
    "slope": "How one column changes with another",
}


@dataclass(frozen=True)
class Verification:
    """A question about the real table.

    Args:
        kind: of `KINDS`.
        where: the condition of the rows it is about; "" for all, which a count cannot ask.
        column: of which the mean is asked, or how it changes.
        low, high: between which its values are taken to lie; what is outside counts as the bound.
        by: with which it changes: the coefficient of a regression of `column` on it alone.
        by_low, by_high: the same bounds of that one.
    """

    kind: str
    where: str = ""
    column: str = ""
    low: float = 0.0
    high: float = 0.0
    by: str = ""
    by_low: float = 0.0
    by_high: float = 0.0

    @property
    def plain(self) -> str:
        """In words."""
        rows = f"rows where {self.where}" if self.where.strip() else "all rows"
        if self.kind == "count":
            return f"How many {rows}?"
        measured = f"{self.column}, from {self.low:g} to {self.high:g},"
        if self.kind == "mean":
            return f"The mean of {measured} over {rows}?"
        other = f"{self.by}, from {self.by_low:g} to {self.by_high:g}, is larger by 1"
        return f"By how much {measured} is larger where {other}, over {rows}?"

    @property
    def bounds(self) -> tuple[tuple[str, float, float], ...]:
        """The columns of numbers it is about, each with its bounds."""
        first, second = (self.column, self.low, self.high), (self.by, self.by_low, self.by_high)
        return {"mean": (first,), "slope": (first, second)}.get(self.kind, ())

    def columns(self, schema: Schema) -> set[str]:
        """The columns it is about. Raises ConditionError where its condition is not understood."""
        own = {name for name, _, _ in self.bounds}
        return own | (_columns(read_where(self.where, schema)) if self.where.strip() else set())

    def check(self, schema: Schema, changed: Collection[str] = ()) -> None:
        """See that it can be asked of a release with this schema.

        Args:
            changed: columns that a step made coarser or otherwise: in the real table they hold
                something else, of which the question would not be true.

        Raises:
            ConditionError: it cannot.
        """
        if self.kind not in KINDS or (self.kind == "count" and not self.where.strip()):
            raise ConditionError(
                "A count needs a condition.", "Write one, such as sex = 'F' and age > 80."
            )
        if named := sorted(self.columns(schema) & set(changed)):
            raise ConditionError(
                f"`{named[0]}` was changed by a step before the release was made, so that it "
                "cannot be asked about.",
                "Ask about a column that is as it was; the recipe in the release names the steps.",
            )
        for name, low, high in self.bounds:
            _check_bounded(schema, name, low, high)
        if self.kind == "slope" and self.by == self.column:
            raise ConditionError("A column changes with itself.", "Choose two.")


def _check_bounded(schema: Schema, name: str, low: float, high: float) -> None:
    """Raises ConditionError where a column is none of numbers, or bounds are none."""
    if name not in {c.name for c in measurable(schema)}:
        raise ConditionError(
            f"`{name}` is no column of numbers in this release.", "Choose another."
        )
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ConditionError(
            "The lower bound has to lie below the upper one.",
            "Say between which values nearly all of the column lies, as is publicly known.",
        )
    if not math.isfinite(high - low):
        raise ConditionError("The bounds lie too far apart.", "Name closer ones.")


@dataclass(frozen=True)
class Reply:
    """An answer.

    Args:
        words: with its figure and how far it may be out by noise.
        epsilon: what it cost the people in the table, at `delta`.
    """

    words: str
    epsilon: float
    delta: float


@dataclass(frozen=True)
class Inquiry:
    """A question as it stands.

    Args:
        release: the id of the release it is about.
        who, name: who asked; "" for whoever need not know.
        at: when, UTC.
        reply: None while it is open, and where it was declined.
        declined: why it was not answered.
    """

    id: str
    release: str
    who: str
    name: str
    at: str
    wanted: Verification
    reply: Reply | None = None
    declined: str = ""

    @property
    def open(self) -> bool:
        """Whether it waits for its custodian."""
        return self.reply is None and not self.declined

    def document(self) -> dict[str, Any]:
        """What the journal keeps when it is asked."""
        return {"question": self.id, **asdict(self.wanted)}


def measurable(schema: Schema) -> tuple[Column, ...]:
    """The columns of which a mean, or a change, can be asked."""
    return tuple(
        c
        for c in schema.modelled
        if isinstance(c.domain, Numbers) or (orderly(c) and not hasattr(c.domain, "edges"))
    )


def _columns(where: Where) -> set[str]:
    """The columns that a condition compares."""
    if isinstance(where, Atom):
        return {where.column}
    return {name for part in parts_of(where) for name in _columns(part)}


def inquiries_in(deeds: Sequence[Deed]) -> tuple[Inquiry, ...]:
    """Every question in a journal with what became of it, the newest first."""
    ends = {
        str(d.told["question"]): d
        for d in deeds
        if d.what in (Act.ANSWERED.value, Act.DECLINED.value)
    }
    asked = [_inquiry(d, ends.get(str(d.told["question"]))) for d in deeds if _asks(d)]
    return tuple(reversed(asked))


def _asks(deed: Deed) -> bool:
    return deed.what == Act.ASKED.value


def _inquiry(deed: Deed, end: Deed | None) -> Inquiry:
    told = dict(deed.told)
    id = str(told.pop("question"))
    reply, declined = None, ""
    if end is not None and end.what == Act.ANSWERED.value:
        reply = _reply(end.told)
    elif end is not None:
        declined = str(end.told["reason"])
    return Inquiry(
        id, deed.release, deed.who, deed.name, deed.at, Verification(**told), reply, declined
    )


def _reply(told: Mapping[str, Any]) -> Reply:
    return Reply(str(told["words"]), float(told["epsilon"]), float(told["delta"]))
