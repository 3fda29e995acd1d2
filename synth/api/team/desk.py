"""Where recipients ask about the real table, and its custodian answers: who may, and how often.

The desk sees no row. It takes down questions and answers in the library's journal, as deeds about
the release in question; `answering` asks the table.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from synth.api.team.inquiries import Inquiry, Reply, Verification, inquiries_in
from synth.api.team.journal import Deed
from synth.api.team.library import TEAM, Library, deed_of, said, seen_by
from synth.api.team.members import Duty, Member
from synth.api.team.shelved import Act, Phase
from synth.errors import NotAllowed
from synth.release import Bundle
from synth.runs.gate import texts_within
from synth.runs.recipe import Recipe
from synth.runs.recipe_file import read_recipe
from synth.wording import so_many


@dataclass(frozen=True)
class Desk:
    """The desk of a library.

    Args:
        most: questions that a recipient may ask, of all releases together; 0 for none.
    """

    library: Library
    most: int

    def inquiries(self, who: Member, release: str = "") -> tuple[Inquiry, ...]:
        """Questions somebody may see: their own, those that were answered, and for the team all.

        Args:
            release: the id of one; else about all.
        """
        deeds = self.library.journal.deeds()
        shown = {one.id for one in seen_by(who, deeds)}
        found = [i for i in inquiries_in(deeds) if i.release in shown]
        found = [i for i in found if not release or i.release == release]
        if who.may(*TEAM):
            return tuple(found)
        told = (i for i in found if i.who == who.id or i.reply is not None)
        return tuple(i if i.who == who.id else replace(i, who="", name="") for i in told)

    def left(self, who: Member) -> int:
        """How many questions somebody may still ask."""
        return self._left(who, self.library.journal.deeds())

    def open(self) -> tuple[Inquiry, ...]:
        """Every open question, for what answers by itself."""
        return tuple(i for i in inquiries_in(self.library.journal.deeds()) if i.open)

    def ask(self, who: Member, release: str, wanted: Verification) -> str:
        """Take a question down; its id.

        Raises:
            NotAllowed: they are no recipient, it is not published, or they asked enough.
            ConditionError: the release has no such column, or the condition is not understood.
        """
        who.need(Duty.RECIPIENT)
        if self.library.get(who, release).phase() is not Phase.PUBLISHED:
            raise NotAllowed("This release is not published any more.", "Ask about a newer one.")
        bundle = self.library.look(who, release)
        wanted.check(bundle.schema, changed_in(bundle))
        inquiry = Inquiry(secrets.token_hex(8), release, who.id, who.name, "", wanted)
        with self.library.journal.writing() as (deeds, add):
            if self._left(who, deeds) <= 0:
                raise NotAllowed(
                    f"You have asked the {so_many(self.most, 'question')} that a recipient may "
                    "ask.",
                    "Ask whoever runs this server for more.",
                )
            add(deed_of(who, Act.ASKED, release, **inquiry.document()))
        return inquiry.id

    def reply(self, who: Member, id: str, reply: Reply, *, by_itself: bool = False) -> None:
        """Take an answer down. Raises NotAllowed where it is not open, or not theirs to give.

        Args:
            by_itself: nobody looked at it: it was within what `who` allowed.
        """
        self._end(who, id, Act.ANSWERED, asdict(reply) | ({"by_itself": True} if by_itself else {}))

    def allow(self, who: Member, release: str, each: float, total: float) -> None:
        """Take down that questions are answered without anybody, or not any more (0).

        Raises:
            NotAllowed: they are no custodian, or the release is not published.
        """
        who.need(Duty.CUSTODIAN)
        if total and self.library.get(who, release).phase() is not Phase.PUBLISHED:
            raise NotAllowed("This release is not published.", "Allow it for one that is.")
        with self.library.journal.writing() as (_, add):
            add(deed_of(who, Act.ALLOWED, release, each=each, total=total))

    def decline(self, who: Member, id: str, reason: str) -> None:
        """Take down that a question is not answered, and why. Raises as `reply` does."""
        said(reason, "Whoever asked needs to know why.", "Give a reason.")
        self._end(who, id, Act.DECLINED, {"reason": reason})

    def need_open(self, who: Member, id: str) -> Inquiry:
        """An open question, for a custodian. Raises NotAllowed where there is none."""
        who.need(Duty.CUSTODIAN)
        return _open(self.library.journal.deeds(), id)

    def _end(self, who: Member, id: str, act: Act, told: Mapping[str, Any]) -> None:
        who.need(Duty.CUSTODIAN)
        with self.library.journal.writing() as (deeds, add):
            found = _open(deeds, id)
            add(deed_of(who, act, found.release, question=id, **told))

    def _left(self, who: Member, deeds: tuple[Deed, ...]) -> int:
        return self.most - sum(i.who == who.id for i in inquiries_in(deeds))


def _open(deeds: tuple[Deed, ...], id: str) -> Inquiry:
    for inquiry in inquiries_in(deeds):
        if inquiry.id == id and inquiry.open:
            return inquiry
    raise NotAllowed("This question is not open any more.", "Look at the list again.")


def changed_in(bundle: Bundle) -> frozenset[str]:
    """Names of columns that a step of a release's recipe speaks of."""
    steps = made_by(bundle).protect
    return frozenset(word for step in steps for word in texts_within(step))


def made_by(bundle: Bundle) -> Recipe:
    """The recipe of a release: whom its promise protects, and what all about them may come to.

    Raises:
        NotAllowed: the release has none.
    """
    text = bundle.files.get("recipe.toml", b"").decode()
    if not text:
        raise NotAllowed(
            "The release has no recipe, which would say whom its promise protects.",
            "Ask about a release that was made with one.",
        )
    return read_recipe(text)
