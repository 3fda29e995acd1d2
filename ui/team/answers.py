"""A custodian's side of questions: what each would cost the people, and the answer or a refusal."""

from __future__ import annotations

import streamlit as st

from synth.api.team.answering import answer, price
from synth.api.team.desk import Desk
from synth.api.team.inquiries import Inquiry
from synth.api.team.library import Library
from synth.api.team.members import Member
from synth.api.team.shelved import Shelved
from synth.budget.figures import up
from synth.errors import SynthError, TeamError
from synth.ingest import Loaded
from synth.release import Bundle
from ui.gate import plain
from ui.shell.places import page
from ui.shell.signed_in import questions_each
from ui.shell.visitor import explained, visitor
from ui.team.allowing import show_standing

USUAL = 0.1  # epsilon of an answer, unless the custodian says otherwise
SAID = "answers.said"  # what became of the last question


def show_questions(who: Member, place: Library) -> None:
    """The open questions, one at a time."""
    if said := st.session_state.pop(SAID, ""):
        st.success(said)
    desk = Desk(place, questions_each())
    show_standing(who, desk)
    waiting = [i for i in desk.inquiries(who) if i.open]
    if not waiting:
        st.info("No question is open.")
        return
    releases = {one.id: one for one in place.all(who)}
    titles = {i.id: f"{releases[i.release].title}: {i.wanted.plain}" for i in waiting}
    picked = st.selectbox("Question", titles, format_func=titles.__getitem__, key="answers.one")
    inquiry = next(i for i in waiting if i.id == picked)
    one = releases[inquiry.release]
    st.text(f"{inquiry.name} asks about {one.leaflet.population}:")
    st.text(inquiry.wanted.plain)
    _decline(who, desk, inquiry)
    _answer(who, desk, inquiry, one)


def _decline(who: Member, desk: Desk, inquiry: Inquiry) -> None:
    with st.expander("Do not answer it"), st.form("decline", border=False):
        why = st.text_input("Why, for whoever asked", key=f"answers.why.{inquiry.id}")
        if st.form_submit_button("Decline", key="answers.no"):
            with explained():
                desk.decline(who, inquiry.id, why.strip())
                st.session_state[SAID] = "Declined; whoever asked reads why."
                st.rerun()


def _answer(who: Member, desk: Desk, inquiry: Inquiry, one: Shelved) -> None:
    """What it would cost, and the button; the real table has to be open in this session."""
    mine = visitor()
    if mine.loaded is None:
        st.info("To answer it, open the real table that the release was made from.")
        st.page_link(page("data"), label="Go to Data", icon=":material/arrow_forward:")
        return
    epsilon = st.number_input(
        "Epsilon for this answer",
        min_value=0.001,
        value=USUAL,
        format="%.3f",
        key=f"answers.epsilon.{inquiry.id}",
        help="More is closer to the truth, and costs the people in the table more.",
    )
    _show_price(desk.library.look(who, one.id), one.leaflet.population, float(epsilon))
    label = f"{plain(mine.table_name)} is the table of {plain(one.title)}, before any step"
    sure = st.checkbox(label, key=f"answers.sure.{inquiry.id}")
    if st.button("Answer it", type="primary", key="answers.yes", disabled=not sure):
        with explained(), st.spinner("Counting, with noise …"):
            words = _answered(who, desk, inquiry, mine.loaded, one, float(epsilon))
            st.session_state[SAID] = f"Answered: {words}"
            st.rerun()


def _show_price(bundle: Bundle, population: str, epsilon: float) -> None:
    found = price(bundle, population, epsilon)
    st.markdown(
        f"A count would be out by at most {found.noise:,.0f} rows in 95 of 100 answers. What was "
        f"told about these people came to ε = {up(found.before)} so far, and would come to "
        f"ε = {up(found.after)} of {found.most:g}. {found.whom}"
    )


def _answered(
    who: Member,
    desk: Desk,
    inquiry: Inquiry,
    loaded: Loaded,
    one: Shelved,
    epsilon: float,
) -> str:
    """Ask the table, and write the answer down; the words of it."""
    asked = desk.need_open(who, inquiry.id)
    bundle, people = desk.library.look(who, one.id), one.leaflet.population
    reply = answer(asked.wanted, bundle, loaded.private, people, epsilon)
    try:
        desk.reply(who, inquiry.id, reply)
    except SynthError as error:  # it is paid for, and must not be lost
        raise TeamError(
            f"The answer is: {reply.words} It could not be written down. {error.what}",
            f"Tell it to whoever asked, by hand. {error.remedy}",
        ) from None
    return reply.words
