"""Step 2: say what each column is, and whom the promise protects."""

import streamlit as st

from synth.schema import Origin
from synth.wording import so_many
from ui.columns import edit_columns
from ui.known import show_public, show_repairs, show_reread
from ui.people import ask_people
from ui.protect.risk import show_short_risk
from ui.shell.places import go_to
from ui.shell.signed_in import need_custodian
from ui.shell.visitor import explained, need_table
from ui.standins import choose_stand_ins
from ui.words import show_words

need_custodian()
who, loaded = need_table()
st.title("What is in each column?")
show_words("columns")
ask_people(who, loaded)
show_reread(who, loaded)
show_repairs(who, loaded)
show_public(who, loaded)
st.markdown(
    "This is what the rows suggest. Correct what is wrong: the role decides how a column is "
    "treated. **Identifiers** name one person; they are never learnt, and are made anew."
)
with explained():
    edit_columns(who, loaded)
choose_stand_ins(who, loaded)
schema = who.schema
settled = [c.name for c in schema if Origin.CONFIRMED in (c.facts, c.domain.origin)]
if settled:
    st.warning(
        f"Settled after looking at the rows: {', '.join(f'`{n}`' for n in settled)}. A statement "
        "about differential privacy will say that it does not hold for them, because a single "
        "row may have led you there. Tick **Known without the rows** where you would say the same "
        "had you never seen this table; or take the change back, and it is found under the budget."
    )
if schema.observed:
    st.info(
        f"Nobody declared what {so_many(len(schema.observed), 'column')} may hold: what you see "
        "was read off your rows, and is for your eyes. A method with a formal promise will find "
        "out again, "
        "under the privacy budget, what each column is and holds, which costs about a third of it "
        "and tells no rare value. Where something is public knowledge (countries, age 0 to 120, "
        "your own code list), tick **Known without the rows** and type its values, which then "
        "cost nothing, or its bounds, so that only where to cut between them has to be found."
    )
else:
    st.success("Every value list and bound is declared: a formal promise can be made.")
show_short_risk(who)
if st.button("Next: protect people", type="primary", key="next"):
    go_to("protect")
