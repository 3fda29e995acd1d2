"""What recipients ask of a real table: its custodian sees the cost, and answers or does not."""

import streamlit as st

from ui.shell.signed_in import need_custodian
from ui.shell.visitor import explained
from ui.team.answers import show_questions
from ui.team.place import need_library

who = need_custodian()
st.title("Questions of recipients")
with explained():
    show_questions(who, need_library())
