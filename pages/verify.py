"""A release that somebody received: does it hold, whose is it, and what does it promise?"""

import streamlit as st

from synth.api.team.members import Duty
from ui.shell.signed_in import need
from ui.shell.visitor import explained
from ui.verify import bring_bundle, show_verdict
from ui.words import show_words

need(*Duty)
st.title("Does a release hold?")
st.markdown(
    "Put a release (zip) here that you were given. Every file of it is made again from its model "
    "and compared; nothing is kept when you leave, and no table is needed."
)
show_words("verify")
file = bring_bundle()
if file is not None:
    with explained():
        show_verdict(file)
