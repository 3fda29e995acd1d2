"""What stands on Protect where the rows stay in their database."""

from __future__ import annotations

import streamlit as st

from ui.shell.places import go_to
from ui.shell.visitor import Visitor, need_table

UNSEEN = (
    "The rows stay in their database, and how easily somebody could be found can only be seen in "
    "rows: nothing is measured here, and no step can be applied. Choose a method that is "
    "differentially private: its promise does not depend on what is in the table."
)


def need_rows(title: str) -> Visitor:
    """The visitor whose table is in memory, or why there is nothing to see, and the way on."""
    who, loaded = need_table()
    st.title(title)
    if loaded.private.stays:
        st.info(UNSEEN)
        if st.button("Next: choose a method", type="primary", key="next"):
            go_to("method")
        st.stop()
    return who
