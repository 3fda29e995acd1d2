"""What waits for approval: the gate with its reasons, what it tells beside others, the decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import streamlit as st

from synth.api.team.differencing import Beside
from synth.api.team.library import Library
from synth.api.team.members import Member
from synth.api.team.shelved import Phase, Shelved
from ui.gate import plain
from ui.shell.places import page
from ui.shell.visitor import explained
from ui.team.shelf import CHOSEN

USUAL = timedelta(days=365)  # after which a release expires, unless the approver says otherwise
TOLD = "approve.told"  # what became of the last decision


def show_waiting(who: Member, place: Library) -> None:
    """Everything that waits, one at a time."""
    if told := st.session_state.pop(TOLD, ""):
        st.success(told)
    waiting = [one for one in place.all(who) if one.phase() is Phase.WAITING]
    if not waiting:
        st.info("Nothing waits for approval.")
        return
    titles = {one.id: f"{one.title}, submitted {one.submitted[:10]}" for one in waiting}
    picked = st.selectbox("Release", titles, format_func=titles.__getitem__, key="approve.one")
    one = next(w for w in waiting if w.id == picked)
    _show_one(one)
    beside = place.beside(who, one.id)
    _show_beside(beside)
    key = f"approve.seen.{one.id}"
    seen = st.session_state.get(key, beside)
    st.session_state[key] = beside  # as it stands on the screen now
    if who.id in one.hands:
        st.warning("You made or submitted this release: somebody else has to approve it.")
        return
    _decide(who, place, one, seen)


def _show_one(one: Shelved) -> None:
    """What it is, and what was found against it."""
    made = one.deeds[0]
    st.text(f"{one.rows:,} synthetic rows about {one.leaflet.population}, made by {made.name}")
    st.markdown(f"**{one.promise}**")
    if one.leaflet.note:
        st.text(one.leaflet.note)
    st.page_link(
        page("library"),
        label="See what is in it",
        icon=":material/visibility:",
        query_params={CHOSEN: one.id},
    )
    st.header("What its custodian was told at the gate")
    if not one.lines:
        st.success("Nothing stood against it.")
    for line in one.lines:
        show = st.warning if line.stops else st.info
        reason = f"\n\n**Their reason:** {plain(line.reason)}" if line.reason else ""
        show(f"{line.what}: {line.why}{reason}")


def _show_beside(beside: Sequence[Beside]) -> None:
    """What somebody learns who holds an earlier release too."""
    st.header("What it tells beside earlier releases about the same people")
    if not beside:
        st.success("It is the first one about these people.")
    for one in beside:
        show = st.error if one.serious else st.warning if one.unsure else st.info
        lines = "\n".join(f"- {line}" for line in one.lines)
        show(f"**{plain(one.earlier)}**\n\n{lines}")


def _decide(who: Member, place: Library, one: Shelved, seen: Sequence[Beside]) -> None:
    """Approve it, or send it back; both with a reason."""
    st.header("Your decision")
    with st.form(f"decide.{one.id}"):
        today = datetime.now(UTC).date()
        until = st.date_input(
            "Recipients may have it until, in UTC (empty for no end)",
            today + USUAL,
            min_value=today,
            key=f"approve.until.{one.id}",
            format="YYYY-MM-DD",
        )
        why = st.text_area(
            "Why", key=f"approve.why.{one.id}", help="Kept in the journal. Names no value of a row."
        ).strip()
        read = st.checkbox(
            "I have read what it tells beside earlier releases", key=f"approve.read.{one.id}"
        )
        with st.container(horizontal=True):
            yes = st.form_submit_button("Approve and publish", type="primary", key="approve.yes")
            no = st.form_submit_button("Send back", key="approve.no")
    if yes and seen and not read:
        st.error("Read what it tells beside earlier releases, and tick that you have.")
    elif yes or no:
        with explained():
            if yes:
                place.approve(who, one.id, until, why, seen)
            else:
                place.send_back(who, one.id, why)
            st.session_state[TOLD] = f"{plain(one.title)} is {'published' if yes else 'sent back'}."
            st.rerun()
