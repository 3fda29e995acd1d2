"""Who is a person: what is asked first of a table, and what a cap on their rows keeps and drops."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from synth.ingest import Loaded
from synth.ingest.persons import Repeats, person_columns
from synth.runs.recipe import People
from ui.shell.visitor import Visitor

ONE = "Each row is one person"
SEVERAL = "A person can have several rows"


def ask_people(who: Visitor, loaded: Loaded) -> None:
    """Whom the promise protects; a column that repeats like a person's number is proposed."""
    people = who.recipe.people
    _propose(who, loaded, people)
    choice = st.radio(
        "Whom does the promise protect?",
        [ONE, SEVERAL],
        index=1 if people.column else 0,
        key=_key(loaded, people, "unit"),
        horizontal=True,
    )
    if choice == ONE:
        wanted = people.model_copy(update={"column": "", "rows": 1})
    else:
        wanted = _ask_column(who, loaded, people)
    if wanted != people:
        who.decide(people=wanted)
        st.rerun()
    if people.column:
        _foretell(loaded, people)


def _key(loaded: Loaded, people: People, what: str) -> str:
    """A widget's key, of this table alone: a choice about another one says nothing here."""
    return f"{what} of {loaded.token} {people.column}"


def _likely(loaded: Loaded) -> Sequence[str]:
    return person_columns({n: s.repeats for n, s in loaded.suggestions.items()})


def _propose(who: Visitor, loaded: Loaded, people: People) -> None:
    """Say which columns repeat like a person's number, before anything else is asked."""
    found = [n for n in _likely(loaded) if n != people.column]
    if people.column or not found:
        return
    name = found[0]
    repeats = loaded.suggestions[name].repeats
    assert repeats is not None
    others = f" So do {', '.join(f'`{n}`' for n in found[1:4])}." if found[1:] else ""
    st.warning(
        f"**`{name}` repeats like a person's number**: {sum(repeats.values):,} values in "
        f"{repeats.total:,} rows, up to {repeats.largest:,} rows each.{others} Where each row is "
        "taken for a person of its own, somebody with several rows is protected less than the "
        "promise says."
    )
    if st.button(f"A person is who `{name}` names", key=_key(loaded, people, "person is")):
        told = {"column": name, "rows": repeats.proposed}
        who.decide(people=people.model_copy(update=told))
        st.rerun()


def _ask_column(who: Visitor, loaded: Loaded, people: People) -> People:
    names = list(loaded.suggestions)
    likely = _likely(loaded)
    left, right = st.columns(2)
    start = people.column or (likely[0] if likely else None)
    column = left.selectbox(
        "Which column tells whose row it is?",
        names,
        index=names.index(start) if start in names else None,
        key=_key(loaded, people, "person"),
    )
    if column is None:
        return people.model_copy(update={"column": "", "rows": 1})
    repeats = loaded.suggestions[column].repeats
    moved = column != people.column and repeats is not None
    most = right.number_input(
        "Rows kept of each person, at most",
        min_value=1,
        value=repeats.proposed if moved and repeats is not None else people.rows,
        help="More rows of a person beyond this are left out, always the same ones. Each row more "
        "needs more noise for the same protection.",
        key=_key(loaded, people, "rows per person"),
    )
    return people.model_copy(update={"column": column, "rows": int(most)})


def kept_rows(loaded: Loaded, people: People) -> int:
    """The rows that are left under the cap, as far as the rows were looked at."""
    named = loaded.suggestions.get(people.column)
    repeats = named.repeats if named is not None else None
    return loaded.rows if repeats is None else repeats.kept(people.rows)


def _foretell(loaded: Loaded, people: People) -> None:
    named = loaded.suggestions.get(people.column)
    if named is None or named.repeats is None:
        return
    repeats, most = named.repeats, people.rows
    kept, cut = repeats.kept(most), repeats.cut(most)
    told = f"**{repeats.total:,} rows become {kept:,}**, of {repeats.people:,} people."
    lost = (
        f" {cut:,} of them have more than {most:,} and lose some." if cut else " Nobody loses any."
    )
    st.markdown(f"{told}{lost}")
    if repeats.largest > 1:
        st.altair_chart(_chart(repeats, most), alt="How many people have how many rows", height=120)
    st.caption("For your eyes only: these figures are exact, and none of them enters a release.")


def _chart(repeats: Repeats, most: int) -> alt.Chart:
    """How many people have how many rows; those who lose some are fainter."""
    frame = pd.DataFrame({"rows": repeats.rows, "people": repeats.values}).head(60)
    frame["all kept"] = frame["rows"] <= most
    shade = alt.condition(alt.datum["all kept"], alt.value(1.0), alt.value(0.4))
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X("rows:O", title="rows of a person", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("people:Q", title="people"),
            opacity=shade,
            tooltip=["rows", "people"],
        )
    )
    return chart
