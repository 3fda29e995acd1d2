"""The order of the screens, and what surrounds every one of them."""

import streamlit as st

from ui.shell.places import page
from ui.shell.strip import show_strip
from ui.shell.visitor import visitor

st.set_page_config(page_title="Synth", page_icon="🧵", layout="wide")

steps = [
    st.Page(page("data"), title="Data", url_path="data", default=True),
    st.Page(page("columns"), title="Columns", url_path="columns"),
    st.Page(page("protect"), title="Protect", url_path="protect"),
    st.Page(page("method"), title="Method", url_path="method"),
    st.Page(page("compare"), title="Compare", url_path="compare"),
    st.Page(page("release"), title="Release", url_path="release"),
    st.Page(page("showcase"), title="Showcase", url_path="showcase"),
    st.Page(page("verify"), title="Verify", url_path="verify"),
]
shown = st.navigation(steps, position="top")
visitor().collect()
above = st.container()
try:
    shown.run()
finally:  # also where a screen stops half-way
    with above:  # last, so that it tells of the table that this screen brought
        show_strip()
