"""Where a custodian allows that questions about a release are answered without them."""

from __future__ import annotations

import streamlit as st

from synth.api.team.desk import Desk
from synth.api.team.members import Member
from synth.api.team.shelved import Phase, Shelved
from synth.api.team.standing import OFFERS, Allowed, StandingOffer
from ui.gate import plain
from ui.shell.visitor import explained, visitor

EACH, ALL, HOURS = 0.1, 0.5, 8.0  # unless the custodian says otherwise
ABOUT = (
    "Within an allowance, a question is answered at once and nobody looks at it. The answer has "
    "the same noise, and is charged to the same account. **The real table then stays in the memory "
    "of this server**, also when you leave, until you stop it, the hours have passed, or the "
    "server ends. What goes beyond the allowance waits for you here."
)


def show_standing(who: Member, desk: Desk) -> None:
    """What is answered by itself, with its stop, and the form that allows more."""
    published = [o for o in desk.library.all(who) if o.phase() is Phase.PUBLISHED]
    for one in published:
        if (found := OFFERS.of(one.id)) is not None:
            _show(who, desk, one, found)
    mine = visitor()
    if mine.loaded is None or mine.loaded.private.stays or not published:
        return
    with st.expander("Answer questions without me"):
        st.markdown(ABOUT)
        _form(who, desk, {one.id: one for one in published})


def _show(who: Member, desk: Desk, one: Shelved, found: StandingOffer) -> None:
    with st.container(border=True, key=f"standing.{one.id}"):
        st.text(
            f"Questions about {one.title} are answered without anybody, as {found.name} allowed: "
            f"epsilon {found.spent:g} of {found.allowed.total:g} is used."
        )
        if st.button("Stop it, and let go of the table", key=f"standing.stop.{one.id}"):
            with explained():
                OFFERS.withdraw(who, desk, one.id)
                st.rerun()


def _form(who: Member, desk: Desk, published: dict[str, Shelved]) -> None:
    mine = visitor()
    assert mine.loaded is not None
    with st.form("standing", border=False):
        id = st.selectbox(
            "About the release", published, format_func=lambda i: published[i].title, key="allow.id"
        )
        each = st.number_input(
            "Epsilon for one answer", 0.001, value=EACH, format="%.3f", key="allow.each"
        )
        total = st.number_input(
            "Epsilon for all of them", 0.001, value=ALL, format="%.3f", key="allow.total"
        )
        hours = st.number_input("For so many hours", 0.5, 168.0, HOURS, 0.5, key="allow.hours")
        name = plain(mine.table_name)
        sure = st.checkbox(
            f"{name} is the table of this release, before any step, and may stay in memory",
            key="allow.sure",
        )
        if st.form_submit_button("Allow it", key="allow.go"):
            with explained():
                if not sure:
                    st.warning("Say first that it is the table of this release.")
                    return
                allowed = Allowed(float(each), float(total), float(hours))
                OFFERS.put(who, desk, str(id), mine.loaded.private, allowed)
                st.rerun()
