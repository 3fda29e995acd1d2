"""A tour of three minutes, on the sample."""

import streamlit as st

from ui.data.sources import bring_sample
from ui.shell.places import page
from ui.shell.signed_in import need_custodian
from ui.shell.visitor import visitor
from ui.tour import make_it_harder, sample, show_nobody_named, show_way_out, try_to_find

need_custodian()
st.title("Look: nobody is named")
st.page_link(page("data"), label="Skip this", icon=":material/skip_next:")
table = sample()
show_nobody_named(table)
known = try_to_find(table)
make_it_harder(table, known)
show_way_out()
bring_sample(visitor())
if visitor().loaded is not None:
    st.page_link(page("columns"), label="Next: say what the columns are")
