"""Who somebody is, and what they may do: from what an identity provider or a proxy says of them.

Nothing here asks anybody: claims, settings and the time come in, a `Member` comes out, or None. A
member alone looks at the clock, when something is asked of them later.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from synth.errors import NotAllowed, TeamError

WAY = "SYNTH_SIGN_IN"  # "openid", "proxy", or nothing: whoever sits at this machine
CLAIM = "SYNTH_GROUPS"  # the claim, or the name a proxy's header is mapped to
HOLDS = 4 * 3600.0  # seconds for which a page is open on what a proxy said when it was opened


class Duty(Enum):
    """What a member of a team may be there for."""

    CUSTODIAN = "custodian"  # brings tables, makes releases, submits them
    APPROVER = "approver"  # lets a release of somebody else out, or sends it back
    RECIPIENT = "recipient"  # reads what was published
    ADMINISTRATOR = "administrator"  # sees everything that was done, and may recall

    @property
    def setting(self) -> str:
        """The name of the setting that lists the groups which have it."""
        return f"SYNTH_{self.name}S"

    @property
    def usual(self) -> str:
        """The group that has it where nothing is set."""
        return f"synth-{self.value}s"


class Entrance(Enum):
    """How somebody is known."""

    LOCAL = ""  # not at all: the server listens to this machine alone
    OPENID = "openid"
    PROXY = "proxy"  # which signed them in, and says so in headers


@dataclass(frozen=True)
class Member:
    """Somebody who is signed in.

    Args:
        id: what tells them from everybody else, for good; a name or an address may change.
        until: how long that holds, in seconds since 1970: a page may be open for longer.
    """

    id: str
    name: str
    duties: frozenset[Duty]
    until: float = math.inf

    def may(self, *duties: Duty) -> bool:
        """Whether they have one of these duties."""
        return not self.duties.isdisjoint(duties)

    def need(self, *duties: Duty) -> None:
        """See that they have one of these duties.

        Raises:
            NotAllowed: they have none, or were signed in for too long.
        """
        if self.until <= time.time():
            raise NotAllowed("Your sign-in has run out.", "Reload the page and sign in again.")
        if not self.may(*duties):
            raise NotAllowed(
                f"This is for {named(*duties)}, and you are signed in as {self.name}.",
                "Ask whoever runs this server to put you into a group that may.",
            )


LOCAL = Member("local", "whoever sits at this machine", frozenset(Duty))


@dataclass(frozen=True)
class SignIn:
    """How members are known, and which groups have which duty.

    Args:
        claim: under which name the groups are told.
    """

    way: Entrance
    groups: Mapping[Duty, frozenset[str]]
    claim: str = "groups"


def sign_in_of(told: Mapping[str, str], *, provider: bool = False) -> SignIn:
    """The operator's settings, by the names above.

    Args:
        provider: whether an OpenID provider is set up, which is then used where nothing is said.

    Raises:
        TeamError: there is no such way to sign in.
    """
    said = told.get(WAY, "").strip().lower() or (Entrance.OPENID.value if provider else "")
    if said not in {way.value for way in Entrance}:
        raise TeamError(
            f"{WAY} says `{said}`, which is no way to sign in.",
            "Whoever runs this server sets it to openid or proxy, or not at all.",
        )
    groups = {duty: _listed(told.get(duty.setting, "")) or {duty.usual} for duty in Duty}
    claim = told.get(CLAIM, "").strip() or "groups"
    return SignIn(Entrance(said), {duty: frozenset(names) for duty, names in groups.items()}, claim)


def member_of(
    claims: Mapping[str, Any], settings: SignIn, now: float, since: float = math.inf
) -> Member | None:
    """Who is signed in, with the duties of their groups; None for nobody, or for too long ago.

    Args:
        claims: what the provider or the proxy says, as `st.user` has it.
        now: seconds since 1970. A provider's word holds until its `exp`, so that somebody who has
            left a group loses its duties then at the latest.
        since: when a proxy said it, where that was before now: what it says has no end of its own.
    """
    if settings.way is Entrance.LOCAL:
        return LOCAL
    who = _text(claims, "sub") if settings.way is Entrance.OPENID else _text(claims, "email")
    if not who or (settings.way is Entrance.OPENID and not _holds(claims, now)):
        return None
    own = _groups(claims.get(settings.claim))
    duties = frozenset(duty for duty, names in settings.groups.items() if own & names)
    name = _text(claims, "email") or _text(claims, "name") or who
    if settings.way is Entrance.PROXY:  # of an address case means nothing, and it is one person
        until = min(since, now) + HOLDS
        return Member(who.casefold(), name, duties, until) if until > now else None
    return Member(f"{_text(claims, 'iss')} {who}".strip(), name, duties, float(claims["exp"]))


def named(*duties: Duty) -> str:
    """Duties in words: "custodians and approvers"."""
    return " and ".join(f"{duty.value}s" for duty in duties)


def _holds(claims: Mapping[str, Any], now: float) -> bool:
    """Whether the provider's word still holds; without a date it does not."""
    until = claims.get("exp")
    number = isinstance(until, int | float) and not isinstance(until, bool)
    return claims.get("is_logged_in") is True and number and float(until or 0) > now


def _groups(said: Any) -> frozenset[str]:
    """Groups as a list of names, or as a header has them: with commas between."""
    if isinstance(said, str):
        return _listed(said)
    if isinstance(said, list | tuple):
        return frozenset(name for name in said if isinstance(name, str))
    return frozenset()


def _listed(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _text(claims: Mapping[str, Any], name: str) -> str:
    found = claims.get(name)
    return found.strip() if isinstance(found, str) else ""
