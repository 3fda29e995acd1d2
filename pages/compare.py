"""Step 5: how close the synthetic rows are to the real ones. For the custodian's eyes."""

import streamlit as st

from synth.evaluate import charts
from synth.wording import so_many
from ui.attacks import show_attacks
from ui.compare import show_combinations, show_summary
from ui.shell.places import go_to
from ui.shell.signed_in import need_custodian
from ui.shell.visitor import need_made
from ui.trials import show_runs

need_custodian()
who, made = need_made()
found = made.comparison
st.title("How close is it to the real table?")
st.caption(
    "For your eyes only: these figures are computed from the real rows without noise, and cannot "
    "enter a release."
)
show_summary(made)
columns, pairs, combined, attacked, runs, numbers = st.tabs(
    [
        *("Columns", "How columns go together", "Combinations"),
        *("Attacks", "Runs side by side", "Numbers"),
    ]
)
with columns:
    names = [h.column for h in found.columns]
    name = st.selectbox("Column", names, key="compared", persist_state="session")
    one = found.columns[names.index(name)]
    st.altair_chart(charts.histogram_chart(one), alt=f"Shares of {name}, real and synthetic")
    st.caption(f"Distance {one.tvd:.4f}; a fresh real sample: {one.fresh:.4f}.")
    st.altair_chart(charts.distance_chart(found), alt="Distance of each column")
with pairs:
    if found.unpaired:
        st.info(f"Not compared in pairs: {so_many(len(found.unpaired), 'column')} beyond 40.")
    order = [h.column for h in found.columns if h.column not in found.unpaired]
    st.markdown(
        "The darker a square, the more one column tells about the other (normalised mutual "
        "information, corrected for chance)."
    )
    sides = (*st.columns(2), st.container())
    for place, which in zip(sides, ("real", "synthetic", "difference"), strict=True):
        chart = charts.information_chart(found, which, order)
        place.altair_chart(chart, alt=f"Mutual information of pairs of columns, {which}")
with combined:
    show_combinations(who, made)
with attacked:
    show_attacks(who, made)
with runs:
    show_runs(who)
with numbers:
    st.dataframe(
        charts.distance_frame(found), hide_index=True, alt="Distance of each column as numbers"
    )
    st.dataframe(charts.pair_frame(found), hide_index=True, alt="Distance of each pair of columns")
if st.button("Next: release", type="primary", key="next"):
    go_to("release")
