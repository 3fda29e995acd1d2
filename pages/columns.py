"""Step 2: say what each column is, and whom the promise protects."""

import streamlit as st

from ui.columns import edit_columns
from ui.method.ask import ask_people
from ui.protect.risk import show_short_risk
from ui.shell.places import page
from ui.shell.visitor import explained, need_table

who, loaded = need_table()
st.title("What is in each column?")
st.markdown(
    "This is what the rows suggest. Correct what is wrong: the role decides how a column is "
    "treated. **Identifiers** name one person; they are never learnt, and are made anew."
)
with explained():
    edit_columns(who, loaded)
schema = who.schema
if schema.observed:
    st.info(
        f"Nobody declared what {len(schema.observed)} columns may hold: what you see was read off "
        "your rows. A method with a formal promise will find it out again under the privacy "
        "budget, which costs three tenths of it and tells no rare value. Tick **Known without the "
        "data** where "
        "the values are public knowledge (countries, age 0 to 120, your own code list), correct "
        "the bounds, and nothing needs to be found."
    )
else:
    st.success("Every value list and bound is declared: a formal promise can be made.")
show_short_risk(who)
who.decide(people=ask_people(who.recipe, list(schema.names)))
if st.button("Next: protect people", type="primary", key="next"):
    st.switch_page(page("protect"))
