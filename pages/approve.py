"""What waits for somebody else's eyes before recipients may have it."""

import streamlit as st

from synth.api.team.members import Duty
from ui.shell.signed_in import need
from ui.shell.visitor import explained
from ui.team.approval import show_waiting
from ui.team.place import need_library

who = need(Duty.APPROVER)
st.title("What waits for approval")
with explained():
    show_waiting(who, need_library())
