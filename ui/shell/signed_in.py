"""Who is signed in at this tab, and the first line of each page: whether they may see it.

A sign-out ends what the provider said in all tabs, and for whoever has a copy of the cookie: until
the provider's word ends by itself, or this process does.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Mapping
from typing import Any

import streamlit as st

from synth.api.team.members import (
    CLAIM,
    WAY,
    Duty,
    Entrance,
    Member,
    SignIn,
    member_of,
    named,
    sign_in_of,
)
from synth.errors import TeamError

SECTION = "team"  # of Streamlit's secrets, for whoever sets nothing in the environment
PROVIDER = "auth"  # the section in which Streamlit itself looks for an OpenID provider
LIBRARY, LIBRARY_DB = "SYNTH_LIBRARY", "SYNTH_LIBRARY_DB"  # a folder, and a database by URL
LIBRARY_FILES = "SYNTH_LIBRARY_FILES"  # a place of fsspec
LIBRARY_ANCHOR = "SYNTH_LIBRARY_ANCHOR"  # a file elsewhere
QUESTIONS = "SYNTH_QUESTIONS"  # how many a recipient may ask about real tables
SETTINGS = (WAY, CLAIM, *(duty.setting for duty in Duty))
SINCE = "signed_in.since"  # when this tab was opened
_ended: dict[str, float] = {}  # digests of what people signed out from, and when that ends


def section(name: str) -> Mapping[str, Any]:
    """A section of Streamlit's secrets; empty where there is none.

    Raises:
        TeamError: there are secrets and they cannot be read: that nobody has to sign in does not
            follow from that.
    """
    try:
        found = st.secrets.get(name, {})
    except OSError:  # Streamlit's own error for damage is the one for a file that is not there
        if not any(os.path.lexists(path) for path in st.get_option("secrets.files")):
            return {}
        raise TeamError(
            "The secrets of this server cannot be read, so nobody is let in.",
            "Whoever runs it sees that secrets.toml is a file of TOML that the user may read whom "
            "the server runs as.",
        ) from None
    return found if isinstance(found, Mapping) else {}


def setting(name: str) -> str:
    """What the operator says: in the environment, or else in the secrets."""
    return os.environ.get(name, "") or str(section(SECTION).get(name, ""))


def sign_in() -> SignIn:
    """How this server knows its members. Raises TeamError where a setting is wrong."""
    told = {name: setting(name) for name in SETTINGS}
    return sign_in_of(told, provider=bool(section(PROVIDER)))


def library_folder() -> str:
    """The folder of the team's library; "" for none, as where nobody signs in."""
    return "" if sign_in().way is Entrance.LOCAL else setting(LIBRARY).strip()


def library_database() -> str:
    """The address of the database of the library's journal; "" for a file in its folder."""
    return setting(LIBRARY_DB).strip()


def library_files() -> str:
    """The address of the place of the library's bundles; "" for its folder."""
    return setting(LIBRARY_FILES).strip()


def library_anchor() -> str:
    """The file that shows the library's journal rolled back; "" for none."""
    return setting(LIBRARY_ANCHOR).strip()


def questions_each() -> int:
    """How many questions a recipient may ask; 0 where the operator says no number."""
    told = setting(QUESTIONS).strip()
    return int(told) if told.isdecimal() else 0


def member() -> Member | None:
    """Who is signed in; None for nobody."""
    since = float(st.session_state.setdefault(SINCE, time.time()))
    return known(st.user.to_dict(), since)


def known(claims: Mapping[str, Any], since: float = math.inf) -> Member | None:
    """Whom claims are about, if they did not sign out since. Arguments as `member_of` has them.

    Raises:
        TeamError: a setting is wrong.
    """
    settings, now = sign_in(), time.time()
    if settings.way is Entrance.OPENID and _ended.get(_digest(claims), 0.0) > now:
        return None
    return member_of(claims, settings, now, since)


def end(claims: Mapping[str, Any]) -> None:
    """Take a provider's word no longer, wherever it is brought again."""
    now, until = time.time(), claims.get("exp")
    for digest in [d for d, ends in list(_ended.items()) if ends <= now]:
        _ended.pop(digest, None)
    _ended[_digest(claims)] = float(until) if isinstance(until, int | float) else now


def _digest(claims: Mapping[str, Any]) -> str:
    told = {name: value for name, value in claims.items() if name != "tokens"}
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def need(*duties: Duty) -> Member:
    """Whoever is signed in and has one of these duties; anybody else sees no more of the page."""
    who = member()
    if who is None:
        ask_to_sign_in()
        st.stop()
    if not who.may(*duties):
        st.error(
            f"This screen is for {named(*duties)}. You are signed in as {who.name}: ask whoever "
            "runs this server to put you into a group that may see it."
        )
        st.stop()
    return who


def need_custodian() -> Member:
    """The same for the screens on which a real table is seen."""
    return need(Duty.CUSTODIAN)


def ask_to_sign_in() -> None:
    """What whoever is not signed in sees instead of every page."""
    st.title("Please sign in")
    if sign_in().way is Entrance.PROXY:
        st.info("This server is reached through its own sign-in page. Open its usual address.")
        return
    st.markdown("This server is for its team and for those it shares synthetic tables with.")
    if st.button("Sign in", type="primary", icon=":material/login:", key="sign_in"):
        st.login()


def show_member(who: Member) -> None:
    """Who is signed in, and the way out; nothing where nobody has to."""
    way = sign_in().way
    if way is Entrance.LOCAL:
        return
    with st.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="member"
    ):
        duties = ", ".join(sorted(d.value for d in who.duties)) or "in none of its groups"
        st.text(f"{who.name} · {duties}")
        if way is Entrance.OPENID and st.button("Sign out", type="tertiary", key="sign_out"):
            end(st.user.to_dict())
            st.logout()
