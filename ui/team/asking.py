"""A recipient's questions about the real table, on a release's own page, and the answers to all."""

from __future__ import annotations

from typing import Any

import streamlit as st

from synth.api.team.desk import Desk
from synth.api.team.inquiries import KINDS, Inquiry, Verification, measurable
from synth.api.team.library import Library
from synth.api.team.members import Duty, Member
from synth.api.team.shelved import Phase, Shelved
from synth.api.team.standing import OFFERS
from synth.release import Bundle
from ui.shell.signed_in import questions_each
from ui.shell.visitor import explained

ABOUT = (
    "Synthetic rows may be off. A count, a mean or a coefficient of the real table can be asked "
    "for: its custodian decides, and the answer comes with noise that protects the people in it. "
    "All recipients of this release read it."
)
CONDITION = "age > 80 and city = 'Rome'. Names of several words go in backticks."


def show_asking(who: Member, place: Library, one: Shelved, bundle: Bundle | None) -> None:
    """What was asked about a release, and the form for one more; nothing where nobody may ask."""
    desk = Desk(place, questions_each())
    asked = desk.inquiries(who, one.id)
    if not desk.most and not asked:
        return
    with st.expander("Questions about the real table"):  # one name: it stays open
        st.markdown(ABOUT)
        for inquiry in asked:
            _show(inquiry)
        if bundle is not None and one.phase() is Phase.PUBLISHED and who.may(Duty.RECIPIENT):
            _ask(who, desk, one, bundle)


def _show(inquiry: Inquiry) -> None:
    with st.container(border=True, key=f"asked.{inquiry.id}"):
        st.text(inquiry.wanted.plain)
        if inquiry.reply is not None:
            st.text(f"{inquiry.reply.words} It cost epsilon {inquiry.reply.epsilon:g}.")
        else:
            st.text(
                f"Not answered: {inquiry.declined}" if inquiry.declined else "Not answered yet."
            )


def _ask(who: Member, desk: Desk, one: Shelved, bundle: Bundle) -> None:
    left, stands = desk.left(who), OFFERS.of(one.id)
    soon = " The next one is answered at once." if stands is not None and stands.lasts else ""
    st.caption(f"You may ask {max(0, left):,} more of {desk.most:,} questions.{soon}")
    if left <= 0:
        return
    kind = st.radio("What", KINDS, format_func=KINDS.__getitem__, key="ask.kind", horizontal=True)
    with st.form("ask", border=False, clear_on_submit=False):
        where = st.text_input("Of rows where", key="ask.where", placeholder=CONDITION)
        names = [c.name for c in measurable(bundle.schema)]
        bounded = []
        if kind != "count":
            bounded.append(_ask_column("Column", names, "column", "low", "high"))
        if kind == "slope":
            bounded.append(_ask_column("Changes with", names[::-1], "by", "by_low", "by_high"))
        if st.form_submit_button("Ask its custodian", key="ask.go"):
            with explained():
                told = dict(entry for one in bounded for entry in one.items())
                wanted = Verification(kind, where.strip(), **told)
                id = desk.ask(who, one.id, wanted)
                if OFFERS.of(one.id) is not None:
                    with st.spinner("Counting, with noise …"):
                        OFFERS.serve(desk, id)
                st.rerun()


def _ask_column(label: str, names: list[str], name: str, low: str, high: str) -> dict[str, Any]:
    """A column and its bounds, as `Verification` calls them."""
    column, left, right = st.columns(3)
    return {
        name: str(column.selectbox(label, names, key=f"ask.{name}") or ""),
        low: float(left.number_input("From, as is publicly known", value=0.0, key=f"ask.{low}")),
        high: float(right.number_input("To", value=100.0, key=f"ask.{high}")),
    }
