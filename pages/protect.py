"""Step 3: see how easily people could be found, and make it harder, before anything is learnt."""

import streamlit as st

from ui.protect.chain import chain
from ui.protect.help import show_help
from ui.protect.risk import (
    ask_k,
    ask_known,
    named_person,
    risk_now,
    show_codes,
    show_headline,
    show_people,
    show_rare,
    show_sensitive,
    show_separation,
)
from ui.protect.search import show_search
from ui.protect.steps import add_step, show_steps
from ui.protect.unseen import need_rows
from ui.shell.places import go_to
from ui.shell.signed_in import need_custodian
from ui.shell.visitor import explained

need_custodian()
TABS = ["What would help", "Find it for me", "Who", "Sensitive", "Rare combinations", "Columns"]
who = need_rows("How easily could someone be found?")
st.caption("For your eyes only: these figures are exact, and none of them enters a release.")
made = chain(who)
known, k, person = ask_known(made), ask_k(), named_person(who, made)
risk = risk_now(who, made, known, person)
show_headline(risk, k, person)
steps, details = st.columns([3, 4], gap="large")
with steps:
    show_steps(who, made, known)
    add_step(who, made, known)
with details, explained():
    advice, search, people, secret, rare, apart = st.tabs(TABS, on_change="rerun", key="details")
    if advice.open:
        with advice:
            show_help(who, made, known, k)
            show_codes(made)
    if search.open:
        with search:
            show_search(who, made, known, k, person)
    if people.open:
        with people:
            show_people(who, made, known, k, person)
    if secret.open:
        with secret:
            show_sensitive(risk)
    if rare.open:
        with rare:
            show_rare(who, made, known, k)
    if apart.open:
        with apart:
            show_separation(who, made)
if st.button("Next: choose a method", type="primary", key="next"):
    go_to("method")
