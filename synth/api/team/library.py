"""The library: releases that a team made, let out and took back, and who may do each of it.

Every method asks what its member may do, whatever a screen asked before. State is in the journal;
bundles are files named by their checksum, each there as a whole before the journal names it.
"""

from __future__ import annotations

import hashlib
import io
import secrets
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from synth.api.files import Files, written
from synth.api.team.differencing import Beside, beside, beside_all, under_another_name
from synth.api.team.inquiries import inquiries_in
from synth.api.team.journal import BUNDLES, Deed, Journal, now
from synth.api.team.members import Duty, Member
from synth.api.team.shelved import Act, GateLine, Leaflet, Phase, Shelved, shelved_of
from synth.budget import Budget
from synth.errors import NotAllowed, TeamError
from synth.release import Bundle
from synth.runs.verifying import check_promise

TEAM = (Duty.CUSTODIAN, Duty.APPROVER, Duty.ADMINISTRATOR)
MOST_WORDS = 2_000  # characters of a reason or a note
TURNING = frozenset(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)  # signs that turn text
MOST_ALIKE = 3  # releases about people of another name that are held against a new one


@dataclass(frozen=True)
class Library:
    """The library in a folder. Open it with `Library.opened`."""

    folder: Path
    journal: Journal
    files: Files | None = None  # where bundles are; in the folder where there is none

    @classmethod
    def opened(cls, folder: Path, url: str = "", files: str = "", anchor: str = "") -> Library:
        """The library of a folder; a new one where there is none.

        Args:
            url: of the database of its journal; else a file in the folder.
            files: where its bundles are, at an address of fsspec; else in the folder.
            anchor: a file elsewhere that knows how far its journal is; "" for none.

        Raises:
            TeamError: it cannot be used.
        """
        journal = Journal.opened(folder, url, anchor)
        return cls(folder, journal, bundles_at(files) if files else None)

    # -- looking ---------------------------------------------------------------------------------

    def all(self, who: Member) -> tuple[Shelved, ...]:
        """Every release that somebody may know of, the newest first."""
        return seen_by(who, self.journal.deeds())

    def get(self, who: Member, id: str) -> Shelved:
        """One release. Raises NotAllowed where there is none that they may know of."""
        return _one(seen_by(who, self.journal.deeds()), id)

    def look(self, who: Member, id: str) -> Bundle:
        """What is in a release; for recipients while it is published.

        Raises:
            NotAllowed: it is not theirs to see, or not any more.
            BundleError: it was damaged on disk.
        """
        return self._bundle(_had(who, self.journal.deeds(), id))

    def show(self, who: Member, id: str) -> Bundle:
        """What is in a release, for its page, on which its rows can be saved. Raises as `look`.

        That a recipient had it is written down, once a day.
        """
        deeds = self.journal.deeds()
        found = _had(who, deeds, id)
        if not who.may(*TEAM) and not _opened_today(who, deeds, id):
            with self.journal.writing() as (deeds, add):
                found = _had(who, deeds, id)
                add(deed_of(who, Act.OPENED, id))
        return self._bundle(found)

    def take(self, who: Member, id: str) -> bytes:
        """The bundle itself; that somebody had it is written down. Raises as `look` does."""
        with self.journal.writing() as (deeds, add):
            content = self._content(_had(who, deeds, id))
            add(deed_of(who, Act.DOWNLOADED, id))
        return content

    def log(self, who: Member) -> tuple[Deed, ...]:
        """Everything that was done, oldest first; for administrators."""
        who.need(Duty.ADMINISTRATOR)
        return self.journal.deeds()

    def beside(self, who: Member, id: str) -> tuple[Beside, ...]:
        """What a release tells beside each earlier one of its population; for the team.

        An earlier one counts once it was published, whatever became of it: what left may be kept.
        The newest with the same columns about people of another name are told as well.
        """
        who.need(*TEAM)
        return self._beside(id, self.journal.deeds())

    # -- doing -----------------------------------------------------------------------------------

    def keep(
        self, who: Member, zipped: bytes, leaflet: Leaflet, lines: Sequence[GateLine]
    ) -> Shelved:
        """Put a release into the library as a draft.

        Args:
            lines: what the gate found, with the reasons that were given.

        Raises:
            NotAllowed: they are no custodian.
            BundleError: it is no release, or its promise does not hold.
            TeamError: it has no name or population, or cannot be written.
        """
        who.need(Duty.CUSTODIAN)
        for told, what in ((leaflet.name, "name"), (leaflet.population, "population")):
            said(told, f"The release has no {what}.", f"Give it a {what}.")
            readable(told, what)
        for words in (leaflet.note, *(line.reason for line in lines)):
            short(words)
        bundle = Bundle.read(io.BytesIO(zipped))
        check_promise(bundle.model)
        total = bundle.statement.population
        if total is not None and total.population:  # as its account has it
            leaflet = replace(leaflet, population=total.population)
        digest = hashlib.sha256(zipped).hexdigest()
        self._put(digest, zipped)
        id = secrets.token_hex(8)
        with self.journal.writing() as (deeds, add):
            name = same_name(leaflet.name)
            before = [o.version for o in _shelves(deeds) if same_name(o.leaflet.name) == name]
            columns = tuple(c.name for c in bundle.schema)
            promise = bundle.statement.guarantee.short
            version, rows = 1 + max(before, default=0), int(bundle.facts["rows"])
            made = Shelved(id, version, leaflet, digest, rows, columns, promise, tuple(lines), ())
            add(deed_of(who, Act.KEPT, id, **made.document()))
        return self.get(who, id)

    def submit(self, who: Member, id: str, reason: str = "") -> None:
        """Ask for approval of a draft, or again of what was sent back.

        Raises:
            NotAllowed: they are no custodian, or the gate stops it.
        """
        who.need(Duty.CUSTODIAN)
        short(reason)
        found = self.get(who, id)
        if any(line.open for line in found.lines):
            raise NotAllowed(
                "Something at the gate still stops this release.",
                "Fix it, or give a reason for it, on the Release screen, and keep it again.",
            )
        self._move(who, id, Act.SUBMITTED, (Phase.DRAFT, Phase.SENT_BACK), {"reason": reason})

    def approve(
        self, who: Member, id: str, expires: date | None, reason: str, seen: Sequence[Beside]
    ) -> None:
        """Let a release out, until the end of a day in UTC or for good.

        Args:
            seen: what it tells beside earlier ones, as the approver was shown it; written down.

        Raises:
            NotAllowed: they are no approver, it is their own, it does not wait, or something else
                of the same people was published since they looked.
            TeamError: the day has passed, or no reason is given.
        """
        who.need(Duty.APPROVER)
        said(reason, "An approval needs a word on why.", "Say what you looked at.")
        if expires is not None and expires < datetime.now(UTC).date():
            raise TeamError("That day has passed.", "Choose a later one, or none.")
        told = {
            "expires": None if expires is None else expires.isoformat(),
            "reason": reason,
            "beside": [f"{one.earlier}: {line}" for one in seen for line in one.lines],
        }

        def still(deeds: Sequence[Deed]) -> None:
            if self._beside(id, deeds) != tuple(seen):
                raise NotAllowed(
                    "Something else about these people was published meanwhile.",
                    "Read again what it tells beside the others.",
                )

        self._move(who, id, Act.APPROVED, (Phase.WAITING,), told, still)

    def send_back(self, who: Member, id: str, reason: str) -> None:
        """Send a release back to its custodian. Raises as `approve` does."""
        who.need(Duty.APPROVER)
        said(reason, "Its custodian needs to know why.", "Say what has to change.")
        self._move(who, id, Act.SENT_BACK, (Phase.WAITING,), {"reason": reason})

    def recall(self, who: Member, id: str, reason: str) -> None:
        """Take a published release back; its page then says so, and why.

        Raises:
            NotAllowed: they may not, or it is not published.
            TeamError: no reason is given.
        """
        who.need(*TEAM)
        said(reason, "Recipients need to know why.", "Say what they should do about it.")
        self._move(who, id, Act.RECALLED, (Phase.PUBLISHED, Phase.EXPIRED), {"reason": reason})

    def _move(
        self,
        who: Member,
        id: str,
        act: Act,
        phases: tuple[Phase, ...],
        told: Mapping[str, object],
        check: Callable[[Sequence[Deed]], None] = lambda deeds: None,
    ) -> None:
        with self.journal.writing() as (deeds, add):
            found = _one(seen_by(who, deeds), id)
            if found.phase() not in phases:
                raise NotAllowed(
                    f"It is {found.phase().value}, not {' or '.join(p.value for p in phases)}.",
                    "Look at it again: somebody else may have been quicker.",
                )
            if act in (Act.APPROVED, Act.SENT_BACK) and who.id in found.hands:
                raise NotAllowed(
                    "You made or submitted this release yourself.",
                    "Somebody else has to look at it: that is what approval is for.",
                )
            check(deeds)
            add(deed_of(who, act, id, **told))

    def _beside(self, id: str, deeds: Sequence[Deed]) -> tuple[Beside, ...]:
        found = _shelves(deeds)
        new = _one(found, id)
        people = same_name(new.leaflet.population)
        left = [one for one in found if one.id != id and one.was_published]
        earlier = [one for one in left if same_name(one.leaflet.population) == people]
        named = [one for one in left if one not in earlier and _alike(one, new)][:MOST_ALIKE]
        if not earlier and not named:
            return ()
        own, others = self._bundle(new), [self._bundle(one) for one in earlier]
        each = [beside(one.title, it, own) for one, it in zip(earlier, others, strict=True)]
        each += [
            under_another_name(one.leaflet.population, beside(one.title, self._bundle(one), own))
            for one in named
        ]
        about = {one.id for one in earlier}
        replies = [i.reply for i in inquiries_in(deeds) if i.release in about]
        whole = beside_all(others, own, [Budget(r.epsilon, r.delta) for r in replies if r])
        return (*each, whole) if whole else tuple(each)

    def _bundle(self, one: Shelved) -> Bundle:
        return Bundle.read(io.BytesIO(self._content(one)))

    # -- bundles ---------------------------------------------------------------------------------

    def _put(self, digest: str, content: bytes) -> None:
        try:
            if self.files is None:
                written(self._place(digest), content)
            else:
                self.files.put(self._place(digest).name, content)
        except OSError as error:
            raise TeamError(
                f"The release cannot be written into the library ({type(error).__name__}).",
                "Nothing is lost: whoever runs this server sees to space on its disk; try again.",
            ) from None

    def _content(self, one: Shelved) -> bytes:
        try:
            place = self._place(one.digest)
            content = place.read_bytes() if self.files is None else self.files.get(place.name)
        except OSError as error:
            raise TeamError(
                f"The bundle cannot be read ({type(error).__name__}).",
                "Whoever runs this server restores its folder from a backup.",
            ) from None
        if hashlib.sha256(content).hexdigest() != one.digest:
            raise TeamError(
                "The bundle was changed on disk.",
                "Whoever runs this server restores its folder from a backup.",
            )
        return content

    def _place(self, digest: str) -> Path:
        return self.folder / BUNDLES / f"{digest}.zip"


def bundles_at(address: str) -> Files:
    """Where the bundles of a library are. Raises TeamError where that cannot be reached."""
    try:
        return Files.at(address)
    except OSError as error:
        raise TeamError(
            f"The place of the library's bundles cannot be used ({error}).",
            "Whoever runs this server sees that SYNTH_LIBRARY_FILES names a place that fsspec "
            "reaches, and that what it takes is installed.",
        ) from None


def seen_by(who: Member, deeds: Sequence[Deed]) -> tuple[Shelved, ...]:
    """What somebody may know of; nothing found in real rows where they are not of the team."""
    who.need(*Duty)
    found = _shelves(deeds)
    if who.may(*TEAM):
        return found
    return tuple(one.for_recipients for one in found if one.phase().known_outside)


def _one(found: Sequence[Shelved], id: str) -> Shelved:
    for one in found:
        if one.id == id:
            return one
    raise NotAllowed(
        "There is no such release, or you may not see it.", "Look for it in the library."
    )


def _had(who: Member, deeds: Sequence[Deed], id: str) -> Shelved:
    """A release whose content somebody may have: the team always, others while it is published."""
    found = _one(seen_by(who, deeds), id)
    if not who.may(*TEAM) and found.phase() is not Phase.PUBLISHED:
        raise NotAllowed(
            f"This release is {found.phase().value}.", "Look for a newer version of it."
        )
    return found


def _opened_today(who: Member, deeds: Sequence[Deed], id: str) -> bool:
    """Whether it is written down that somebody had a release's page today, UTC."""
    wanted, today = (who.id, Act.OPENED.value, id), now()[: len("2026-01-31")]
    return any((d.who, d.what, d.release) == wanted and d.at.startswith(today) for d in deeds)


def _shelves(deeds: Sequence[Deed]) -> tuple[Shelved, ...]:
    """Every release, the newest first."""
    by: dict[str, list[Deed]] = {}
    for deed in deeds:
        by.setdefault(deed.release, []).append(deed)
    return tuple(shelved_of(own) for own in reversed(list(by.values())))


def deed_of(who: Member, act: Act, id: str, **told: object) -> Deed:
    """What somebody does now with a release, as it is written down."""
    return Deed(now(), who.id, who.name, act.value, id, told)


def same_name(name: str) -> str:
    """A name as it is compared: letters that look the same are, and what is not seen is not there.

    Letters of another script that look the same are not told; `_alike` looks at columns.
    """
    shown = "".join(c for c in name if unicodedata.category(c) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", shown).split()).casefold()


def _alike(one: Shelved, other: Shelved) -> bool:
    """Whether two releases may be about the same people whatever these are called: by columns."""
    names, others = ({same_name(c) for c in r.columns} for r in (one, other))
    return 2 * len(names & others) >= max(4, min(len(names), len(others)))


def said(text: str, what: str, remedy: str) -> None:
    """See that something is said, and not too much. Raises TeamError where it is not."""
    if not text.strip():
        raise TeamError(what, remedy)
    short(text)


def readable(name: str, what: str) -> None:
    """See that a name is read as it is. Raises TeamError where signs command or turn it round."""
    if any(unicodedata.category(c) == "Cc" or c in TURNING for c in name):
        raise TeamError(f"The {what} holds signs that cannot be seen.", "Type it anew.")


def short(text: str) -> None:
    """Raises TeamError where a text is long."""
    if len(text) > MOST_WORDS:
        raise TeamError(f"That is longer than {MOST_WORDS:,} characters.", "Say it shorter.")
