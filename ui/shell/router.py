"""The order of the screens, and what surrounds every one of them."""

from pathlib import Path

import streamlit as st

from ui.shell.strip import show_strip

PAGES = Path(__file__).parents[2] / "pages"

st.set_page_config(page_title="Synth", page_icon="🧵", layout="wide")

steps = [
    st.Page(PAGES / "data.py", title="Data", url_path="data", default=True),
    st.Page(PAGES / "columns.py", title="Columns", url_path="columns"),
    st.Page(PAGES / "protect.py", title="Protect", url_path="protect"),
    st.Page(PAGES / "method.py", title="Method", url_path="method"),
    st.Page(PAGES / "compare.py", title="Compare", url_path="compare"),
    st.Page(PAGES / "release.py", title="Release", url_path="release"),
    st.Page(PAGES / "showcase.py", title="Showcase", url_path="showcase"),
]
page = st.navigation(steps, position="top")
show_strip()
page.run()
