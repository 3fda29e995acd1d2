"""A release in the library: what it is, and the state that its deeds lead to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from synth.api.team.journal import Deed
from synth.wording import so_many


class Act(Enum):
    """What somebody may do with a release, as its journal has it."""

    KEPT = "kept"
    SUBMITTED = "submitted"
    SENT_BACK = "sent back"
    APPROVED = "approved"
    RECALLED = "recalled"
    DOWNLOADED = "downloaded"
    OPENED = "opened"  # its page, on which rows can be looked at and saved
    ASKED = "asked"
    ANSWERED = "answered"
    DECLINED = "declined"
    ALLOWED = "allowed"  # answers without a custodian, up to an epsilon; 0 takes it back


class Phase(Enum):
    """Where a release stands."""

    DRAFT = "draft"
    WAITING = "waiting for approval"
    SENT_BACK = "sent back"
    PUBLISHED = "published"
    EXPIRED = "expired"
    RECALLED = "recalled"

    @property
    def known_outside(self) -> bool:
        """Whether recipients know of it."""
        return self in (Phase.PUBLISHED, Phase.EXPIRED, Phase.RECALLED)


LEADS = {
    Act.KEPT: Phase.DRAFT,
    Act.SUBMITTED: Phase.WAITING,
    Act.SENT_BACK: Phase.SENT_BACK,
    Act.APPROVED: Phase.PUBLISHED,
    Act.RECALLED: Phase.RECALLED,
}


@dataclass(frozen=True)
class GateLine:
    """A line of the gate as an approver sees it; worked out from real rows, so for the team alone.

    Args:
        stops: whether nothing may leave without a fix or a reason.
        reason: why it may leave nevertheless.
    """

    what: str
    why: str
    stops: bool
    reason: str = ""

    @property
    def open(self) -> bool:
        """Whether it still stands in the way."""
        return self.stops and not self.reason


@dataclass(frozen=True)
class Leaflet:
    """What is said of a release in the library.

    Args:
        name: the same for all its versions.
        population: the custodian's name for the people it is about.
        note: what is new, for recipients.
    """

    name: str
    population: str
    note: str = ""


@dataclass(frozen=True)
class Shelved:
    """A release in the library.

    Args:
        version: 1 for the first of its name.
        digest: SHA-256 of the bundle.
        rows, columns, promise: read from the bundle.
        lines: of the gate; empty for whoever is not of the team.
        deeds: what was done with it, oldest first.
    """

    id: str
    version: int
    leaflet: Leaflet
    digest: str
    rows: int
    columns: tuple[str, ...]
    promise: str
    lines: tuple[GateLine, ...]
    deeds: tuple[Deed, ...]

    @property
    def title(self) -> str:
        """Its name and version."""
        return f"{self.leaflet.name}, version {self.version}"

    @property
    def hands(self) -> frozenset[str]:
        """Whoever made or submitted it, by id: none of them may approve it."""
        own = (Act.KEPT.value, Act.SUBMITTED.value)
        return frozenset(deed.who for deed in self.deeds if deed.what in own)

    @property
    def submitted(self) -> str:
        """When it was last submitted, or made."""
        acts = (Act.KEPT.value, Act.SUBMITTED.value)
        return max(deed.at for deed in self.deeds if deed.what in acts)

    @property
    def expires(self) -> date | None:
        """The last day on which it may be had; None for no end."""
        told = [d.told.get("expires") for d in self.deeds if d.what == Act.APPROVED.value]
        return date.fromisoformat(str(told[-1])) if told and told[-1] else None

    @property
    def reason(self) -> str:
        """What was said when it came to where it stands."""
        moves = [deed for deed in self.deeds if Act(deed.what) in LEADS]
        return str(moves[-1].told.get("reason", ""))

    def phase(self, today: date | None = None) -> Phase:
        """Where it stands.

        Args:
            today: in UTC; else the day it is.
        """
        moves = [LEADS[act] for deed in self.deeds if (act := Act(deed.what)) in LEADS]
        day = today or datetime.now(UTC).date()
        over = self.expires is not None and day > self.expires
        return Phase.EXPIRED if moves[-1] is Phase.PUBLISHED and over else moves[-1]

    @property
    def was_published(self) -> bool:
        """Whether it ever left; what left may be kept by anybody."""
        return any(deed.what == Act.APPROVED.value for deed in self.deeds)

    @property
    def downloads(self) -> tuple[Deed, ...]:
        """Who had it, when, and by which way."""
        ways = (Act.DOWNLOADED.value, Act.OPENED.value)
        return tuple(deed for deed in self.deeds if deed.what in ways)

    @property
    def for_recipients(self) -> Shelved:
        """What recipients may know of it: nothing that was found in real rows, or said inside."""
        public = [d for d in self.deeds if Act(d.what) in (Act.APPROVED, Act.RECALLED)]
        seen = (self.deeds[0], *(replace(d, told=_outside(d)) for d in public))
        return replace(self, lines=(), deeds=seen)

    def document(self) -> dict[str, Any]:
        """What the journal keeps of it, once; `shelved_of` reads it back with its deeds."""
        told = asdict(replace(self, deeds=()))
        return {k: v for k, v in told.items() if k not in ("id", "deeds")}


def _outside(deed: Deed) -> Mapping[str, Any]:
    """What recipients are told of a deed: a date, and why it was recalled."""
    known = ("expires", "reason") if deed.what == Act.RECALLED.value else ("expires",)
    return {k: v for k, v in deed.told.items() if k in known}


def shelved_of(deeds: Sequence[Deed]) -> Shelved:
    """The release that some deeds are about, the first of which kept it."""
    told = deeds[0].told
    return Shelved(
        deeds[0].release,
        int(told["version"]),
        Leaflet(**told["leaflet"]),
        str(told["digest"]),
        int(told["rows"]),
        tuple(map(str, told["columns"])),
        str(told["promise"]),
        tuple(GateLine(**line) for line in told["lines"]),
        (replace(deeds[0], told={}), *deeds[1:]),
    )


def changed(old: Shelved, new: Shelved) -> tuple[str, ...]:
    """What became different from one version to the next, for recipients."""
    told = []
    if old.rows != new.rows:
        told.append(f"{so_many(old.rows, 'row')} became {new.rows:,}.")
    if old.promise != new.promise:
        told.append(f"The promise was {old.promise}, and is {new.promise}.")
    for what, one, two in (("New", new, old), ("Gone", old, new)):
        names = [name for name in one.columns if name not in two.columns]
        if names:
            told.append(f"{what} columns: {', '.join(names)}.")
    if old.digest == new.digest:
        told.append("It is the same bundle.")
    return tuple(told) or ("Rows alone: they were made anew.",)
