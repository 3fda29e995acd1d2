"""Step 2: say what each column is, and whom the promise protects."""

import streamlit as st

from ui.ask import ask_people
from ui.column_table import edit_columns
from ui.protect_risk import show_short_risk
from ui.visitor import explained, need_table

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
    st.warning(
        f"The values or bounds of {len(schema.observed)} columns were read off your rows. A value "
        "that only one person has would be published, so no formal promise can be made. Tick "
        "**Known without the data** where the values are public knowledge (countries, age 0 to "
        "120, your own code list), and correct the bounds."
    )
else:
    st.success("Every value list and bound is declared: a formal promise can be made.")
show_short_risk(who)
who.decide(people=ask_people(who.recipe, list(schema.names)))
if st.button("Next: protect people", type="primary", key="next"):
    st.switch_page("../pages/protect.py")
