"""Protected counts beside the rows: whether, and how."""

from __future__ import annotations

import streamlit as st

from synth.runs.recipe import CountsPart
from synth.vault import Protection

HOW = {
    "rounded": "Rounded down to a multiple of k",
    "withheld": "Exact, with small ones withheld",
    "noisy": "With noise, out of the budget",
}


def ask_counts(current: CountsPart, *, noise_protects: bool) -> CountsPart:
    """What recipients are told about real people beside the rows."""
    with st.expander("Counts of real people beside the rows", expanded=False):
        st.caption(
            "Recipients then see a protected count beside each estimate. Methods that promise k "
            "bring theirs along; the others report counts only if you ask here."
        )
        wanted = st.toggle("Report protected counts", value=current.k > 0, key="counts.wanted")
        if not wanted:
            return CountsPart()
        left, middle, right = st.columns(3)
        k = left.number_input(
            "Fewest people behind a count (k)", 2, 100_000, max(current.k, 10), key="counts.k"
        )
        length = middle.number_input(
            "Attributes together", 1, 8, current.length, key="counts.length"
        )
        ways = list(HOW)
        usual = (
            ways.index("noisy")
            if noise_protects and current.k == 0
            else ways.index(current.protection.value)
        )
        way = right.selectbox(
            "How", ways, usual, format_func=lambda w: HOW[w], key="counts.protection"
        )
        if noise_protects and way != "noisy":
            st.warning(
                "Counts without noise end the promise of epsilon for the whole release. Choose "
                "noise, or a method that promises k."
            )
        return current.model_copy(update={"k": k, "length": length, "protection": Protection(way)})
