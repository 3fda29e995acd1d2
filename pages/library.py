"""Releases that were published, and for the team those that were not yet."""

import streamlit as st

from synth.api.team.members import Duty
from ui.shell.signed_in import need
from ui.shell.visitor import explained
from ui.team.place import need_library
from ui.team.published import show_published
from ui.team.shelf import CHOSEN, show_shelf

who = need(*Duty)
with explained():
    place = need_library()
    if chosen := st.query_params.get(CHOSEN, ""):
        show_published(who, place, chosen)
    else:
        st.title("Library")
        show_shelf(who, place)
