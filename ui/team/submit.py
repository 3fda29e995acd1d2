"""A finished release, handed to the library: with its gate and the reasons that were given."""

from __future__ import annotations

import streamlit as st

from synth.api.team.members import Member
from synth.api.team.shelved import GateLine, Leaflet, Shelved
from ui.gate import lines_of, may_leave, plain
from ui.shell.places import page
from ui.shell.visitor import Made, explained
from ui.team.place import library

DONE = "submit.done"  # the id of what was put into the library last
HELP = "All releases about the same people are compared under this name before one is approved."


def offer_submit(who: Member, made: Made) -> None:
    """The form, and what became of it; nothing where the server has no library."""
    with explained():
        if library() is None:
            return
    st.header("Publish it")
    st.markdown(
        "Recipients see it in the library once somebody else has approved it. The lines of the "
        "gate above go to the approver, with your reasons; recipients never see them."
    )
    with st.form("submit", border=True):
        name = st.text_input("Name in the library", made.recipe.release.title, key="submit.name")
        people = made.recipe.people.population
        population = st.text_input("Whom it is about", people, key="submit.population", help=HELP)
        note = st.text_area("What is new, for recipients", key="submit.note", height=80)
        with st.container(horizontal=True):
            ready = may_leave(made)
            submit = st.form_submit_button(
                "Submit for approval", type="primary", key="submit.go", disabled=not ready
            )
            keep = st.form_submit_button("Keep it as a draft", key="submit.keep")
    if submit or keep:
        with explained():
            leaflet = Leaflet(name.strip(), population.strip(), note.strip())
            st.session_state[DONE] = _handed_in(who, made, leaflet, submit=submit)
    if done := st.session_state.get(DONE):
        st.success(done)
        st.page_link(page("library"), label="Open the library", icon=":material/arrow_forward:")


def _handed_in(who: Member, made: Made, leaflet: Leaflet, *, submit: bool) -> str:
    """Put it into the library; what to say of it."""
    place = library()
    assert place is not None
    lines = [GateLine(line.what, line.why, line.stops, line.reason) for line in lines_of(made)]
    kept: Shelved = place.keep(who, made.zipped, leaflet, lines)
    if submit:
        place.submit(who, kept.id)
        return f"{plain(kept.title)} waits for an approver now."
    return f"{plain(kept.title)} is kept as a draft, which the team alone sees."
