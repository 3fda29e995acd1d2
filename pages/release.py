"""Step 6: what leaves, and what may honestly be promised."""

import streamlit as st

from ui.evidence import offer_to_decide, offer_to_hand_on
from ui.gate import may_leave, show_gate
from ui.release import (
    ask_words,
    offer_bundle,
    offer_recipe,
    offer_sandbox,
    show_copies,
    show_formulas,
    show_promise,
    show_rows,
    show_signature,
)
from ui.shell.places import go_to
from ui.shell.signed_in import need_custodian
from ui.shell.visitor import need_made
from ui.team.submit import offer_submit
from ui.words import show_words

member = need_custodian()
who, made = need_made()
st.title("Ready to leave" if may_leave(made) else "Not yet ready to leave")
show_words("release")
if who.stale:
    st.warning(
        "Settings changed since this was made. What you download is the finished run, with the "
        "settings it was made by; run again on the Method screen to use the new ones."
    )
show_gate(who, made)
show_promise(made.bundle.statement)
show_signature(made.bundle)
show_copies(made)
show_formulas(made)
ask_words(who, made)
show_rows(made.bundle)
with st.container(horizontal=True):
    offer_bundle(made)
    offer_recipe(made)
    if st.button("View as recipient", icon=":material/visibility:", key="view"):
        go_to("showcase")
offer_sandbox(made)
offer_to_hand_on(who, made)
offer_to_decide(who, made)
offer_submit(member, made)
st.markdown(
    "The bundle holds the synthetic rows (CSV and Parquet), a README and a dictionary of the "
    "columns, this statement, the model, the recipe, and a checksum of each file. Whoever receives "
    "it can make all of it again from the model, and compare: `synth verify release.zip`."
)
