"""Parts of the Compare screen: verdicts, distances, and combinations."""

from __future__ import annotations

import streamlit as st

from synth.evaluate import Comparison, Fate, Verdict, charts, verdicts
from synth.evaluate.kept import Kept, kept
from synth.protect.steps import Shelf
from synth.runs.gate_linked import verdicts_of_second
from synth.runs.running import deidentified
from synth.vault import Counting
from ui.shell.visitor import Made, Visitor, explained
from ui.words import show_words

FEWEST = 10  # people that a combination should have to count, unless the recipe says another k
MOST_TOLD = 8  # columns whose verdict is shown at once
MOST_CELLS = 1_500_000  # rows times columns that are counted while somebody waits


def show_summary(made: Made) -> None:
    """What became of the columns, and how far tables are from the real ones."""
    show_verdicts(made.comparison)
    show_distances(made.comparison)
    show_second(made)


def show_verdicts(found: Comparison) -> None:
    """What became of each column, the worst first."""
    told = verdicts(found)
    bad = [v for v in told if v.fate is not Fate.KEPT]
    kept = [v for v in told if v.fate is Fate.KEPT]
    if not bad:
        st.success(f"All {len(kept)} columns are kept: their values, and their shares.")
        return
    st.markdown("\n".join(map(told_line, bad[:MOST_TOLD])))
    if bad[MOST_TOLD:]:
        with st.expander(f"{len(bad) - MOST_TOLD} more columns are not all there"):
            st.markdown("\n".join(map(told_line, bad[MOST_TOLD:])))
    if kept:
        st.markdown(f"**{len(kept)} kept:** " + ", ".join(f"`{v.column}`" for v in kept))


def told_line(verdict: Verdict) -> str:
    """One verdict as a line of a list."""
    return f"- **{verdict.fate.value}** `{verdict.column}`: {verdict.words}. {verdict.remedy}"


def show_distances(found: Comparison) -> None:
    """Mean distances, and what they are measured on."""
    with st.container(horizontal=True):
        st.metric("Columns: mean distance", f"{found.one_way:.3f}", width="content")
        st.metric("… of a fresh real sample", f"{found.fresh_one_way:.3f}", width="content")
        st.metric("Pairs: mean distance", f"{found.two_way:.3f}", width="content")
        st.metric("… of a fresh real sample", f"{found.fresh_two_way:.3f}", width="content")
        st.metric("… of columns on their own", f"{found.apart_two_way:.3f}", width="content")
    st.markdown(
        "0 means the same shares, 1 means nothing in common (total variation distance). A new "
        "sample of real people of the same size would not reach 0 either: that is the figure "
        "beside it. *On their own* is what a method comes to that keeps each column but not how "
        "they go together. Columns are cut by what the real one holds, the same for every run."
    )
    show_words("compare")
    if found.own_states:
        st.info(
            "The rows stayed in their engine, so numbers and dates are compared on the intervals "
            "of the release: what is lost inside them does not show here."
        )


def show_second(made: Made) -> None:
    """How close the second table is, each row beside its person; nothing where there is none."""
    second, found = made.bundle.children, made.linked
    if second is None or found is None:
        return
    with st.expander(f"The second table: {second.name}", expanded=True):
        for verdict in verdicts_of_second(second, found):
            st.markdown(told_line(verdict))
        st.markdown(
            f"Each row beside its person: columns {found.one_way:.3f} (a fresh real sample: "
            f"{found.fresh_one_way:.3f}), pairs {found.two_way:.3f} ({found.fresh_two_way:.3f}; "
            f"columns on their own: {found.apart_two_way:.3f}). Rows of one person do not know of "
            "each other, which these figures do not show."
        )


def show_combinations(who: Visitor, made: Made) -> None:
    """What became of combinations of up to three attributes; counted when asked for."""
    st.markdown(
        "How often do three attributes occur together, in the real table and in the synthetic one? "
        "This is what users of data showcases look at: combinations that are kept, lost, or "
        "invented."
    )
    length = st.slider("Attributes together, at most", 1, 3, 2, key="kept.length")
    assert who.loaded is not None
    columns = len(made.bundle.schema.modelled)
    if who.loaded.rows * columns > MOST_CELLS and length > 2:
        st.info("Three attributes together take too long on a table of this size; choose two.")
        return
    if st.button("Count combinations", key="kept.count"):
        with explained(), st.spinner("Counting combinations …"):
            made.found[length] = _counted(who, made, length)
    if length in made.found:
        _show(made.found[length])


def _counted(who: Visitor, made: Made, length: int) -> Kept:
    assert who.loaded is not None
    private = deidentified(made.recipe, who.loaded, Shelf(given=who.files)).private
    schema, second = made.bundle.schema, made.bundle.children
    schema = schema if second is None else schema.without([second.count])  # no column of the table
    told = private.declared_by_custodian(schema)
    return kept(told, made.bundle.rows, made.recipe.counts.k or FEWEST, Counting(length=length))


def _show(found: Kept) -> None:
    st.markdown(found.plain)
    st.altair_chart(charts.kept_chart(found), alt="What became of combinations, by their length")
    st.dataframe(charts.kept_frame(found), hide_index=True, alt="Combinations by length")
    st.dataframe(charts.bucket_frame(found), hide_index=True, alt="Combinations by their count")
