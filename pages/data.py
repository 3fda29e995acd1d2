"""Step 1: bring a table."""

import streamlit as st

from ui.data.ask_database import ask_database
from ui.data.reading import let_go
from ui.data.second import bring_second
from ui.data.sources import (
    bring_sample,
    bring_upload,
    offer_to_forget,
    open_recipe,
    show_table,
)
from ui.shell.places import go_to, page
from ui.shell.signed_in import need_custodian
from ui.shell.visitor import visitor

need_custodian()
who = visitor()
st.title("Share the shape of your data, not the people in it")
st.markdown(
    "Bring a table about people. You will leave with a synthetic one: rows of nobody, that keep "
    "what is true of everybody. Your table stays in this program's memory; nothing is sent "
    "anywhere or written to disk."
)
start, kept = st.container(), st.container()  # always there: what moves up forgets its upload
if who.loaded is None:
    start.page_link(
        page("tour"), label="New here? A tour of three minutes", icon=":material/explore:"
    )
left, right = st.columns(2, gap="large")
with left:
    st.header("Your own table")
    file, database = st.tabs(["From a file", "From a database"])
    with file:
        bring_upload(who)
    with database:
        ask_database(who)
with right:
    st.header("Or try the sample")
    st.markdown(
        "10,000 invented visits to invented hospitals: age, waiting time, treatment, postcode. "
        "Safe to play with."
    )
    bring_sample(who)
    open_recipe(who)
with kept:
    offer_to_forget(who)
if who.loaded is not None:
    show_table(who, who.loaded)
    bring_second(who, who.loaded)
    if st.button("Next: say what the columns are", type="primary", key="next"):
        let_go(who)
        go_to("columns")
