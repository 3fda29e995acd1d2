"""For methods of k: columns made so coarse that k people can share them, and what each keeps."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from synth.learning.seeded import Seeded
from synth.protect.coarsening import Coarsening, coarsening
from ui.protect.chain import chain
from ui.shell.visitor import Visitor, explained

SHOWN = "coarsening.shown"


def offer_coarsening(who: Visitor) -> None:
    """Where a method of k people is chosen: a button, then the proposal as a table to take."""
    method = who.recipe.chosen
    if not isinstance(method, Seeded):
        return
    asked = (who.recipe.column, who.recipe.protect, method.k, method.reach)
    label = f"Coarsen the columns so that {method.k} people can share them"
    if st.button(label, key="coarsen", help=HELP):
        with explained(), st.spinner("Trying out bands, prefixes and groups …"):
            found = coarsening(chain(who).last.private, method.k, method.reach)
            st.session_state[SHOWN] = (asked, found)
    shown = st.session_state.get(SHOWN)
    if shown is not None and shown[0] == asked:
        _show(who, shown[1])


HELP = (
    "Rows of such a method have gaps where too few people share a value with the rest of their "
    "row. Bands, shorter codes and fewer names leave more people alike. The steps are added on "
    "the Protect screen, and the statement says that they were chosen after looking."
)


def _show(who: Visitor, found: Coarsening) -> None:
    """What each column keeps, and a button that adds the steps."""
    if not found.steps:
        st.success("Enough people share their rows already: nothing has to be coarser.")
        return
    st.markdown(found.plain)
    st.dataframe(_table(found), hide_index=True, alt="What each column keeps when it is coarser")
    left, right = st.columns(2)
    if left.button("Take these steps", type="primary", key="coarsen.take", width="stretch"):
        who.protect([*who.recipe.protect, *(s.document() for s in found.steps)])
        st.rerun()
    if right.button("Leave it", key="coarsen.leave", width="stretch"):
        del st.session_state[SHOWN]
        st.rerun()


def _table(found: Coarsening) -> pd.DataFrame:
    lines = [
        {
            "column": c.column,
            "keeps": c.words,
            "values": f"{c.values[0]:,} → {c.values[1]:,}",
            f"people whose value {found.k} share": f"{c.shared[0]:.0%} → {c.shared[1]:.0%}",
        }
        for c in found.columns
    ]
    return pd.DataFrame(lines)
