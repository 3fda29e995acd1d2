"""A second table of the same people, brought beside the first, and let go of with it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from synth.errors import SynthError
from synth.ingest import Loaded, read_query
from synth.ingest.linked import LoadedLinked, left_out, load_linked
from synth.ingest.persons import repeats_of
from synth.runs.audit import Asked, Ended, brought
from synth.runs.recipe import ChildrenPart
from synth.runs.recipe_file import recipe_of
from synth.schema import Role
from synth.wording import so_many
from ui.data.sources import MOST_MEGABYTES, databases, free_uploads
from ui.shell.places import page
from ui.shell.settings import write_down, writing
from ui.shell.visitor import Visitor, explained

WHAT = "Add a second table of the same people: their visits, orders or results"
FILE, QUERY = "From a file", "From the same database"
LIMITS = (
    "*Columns*, *Protect* and the tabs of *Compare* are about the first table; what the columns of "
    "this one are is found out under the budget, or declared in a recipe that you open on this "
    "screen before: so are those in which rows of one person mostly agree (`usual`). Otherwise "
    "rows of one person do not know of each other."
)


def bring_second(who: Visitor, loaded: Loaded) -> None:
    """Offer to bring a second table, or say what there is of one."""
    if who.second is not None:
        _show(who, who.second)
        return
    opened = who.recipe.children.there
    with st.expander(WHAT, icon=":material/table_rows:", expanded=opened):
        if opened:
            st.info("The recipe that you opened is about two tables: bring the second one here.")
        st.markdown(
            "For when this table has **one row for each person**, and another one several: "
            "patients and their visits. A release then holds both, with keys that fit, and the "
            "promise is made to the person with all their rows."
        )
        st.page_link(
            page("help"),
            label="Read: two tables of the same people",
            icon=":material/menu_book:",
            query_params={"page": "linked-tables"},
        )
        _ask(who, loaded)


def _ask(who: Visitor, loaded: Loaded) -> None:
    person, told = _ask_names(who, loaded)
    ways = (FILE, QUERY) if who.question is not None else (FILE,)
    way = FILE
    if len(ways) > 1:
        way = st.segmented_control("Where it is", ways, default=QUERY, key="second.way") or FILE
    file, query = None, ""
    if way == QUERY:
        query = st.text_area("One SELECT for the second table", key="second.query", height=100)
    else:
        file = st.file_uploader(
            "The second table", key="second.file", max_upload_size=MOST_MEGABYTES
        )
    if st.button("Add it", key="second.add"):
        with explained(), st.spinner("Reading the second table …"):
            if way == QUERY:
                _take_answer(who, person, told, query)
            elif file is not None:
                _take_file(who, person, told, file.name, file.getvalue())
                free_uploads(file.file_id)
            else:
                st.warning("Choose the file of the second table first.")
        if who.second is not None:
            st.rerun()


def _ask_names(who: Visitor, loaded: Loaded) -> tuple[str, dict[str, str]]:
    """The column that names the person in the first table, and what a recipe says of the second."""
    names = list(loaded.suggestions)
    left, right = st.columns(2)
    person = left.selectbox(
        "Which column of this table names the person?",
        names,
        index=_likely(who, loaded, names),
        key=f"second.person {loaded.token}",
    )
    key = right.text_input(
        "And which of the second table?",
        who.recipe.children.key,
        placeholder=f"the same: {person}",
        key=f"second.key {loaded.token}",
    )
    left, right = st.columns(2)  # anew, so that pairs stay together where there is little room
    known = who.recipe.children  # of a recipe that was opened
    of = left.text_input(
        "What the people are called", known.of, key="second.of", help="In files and addresses."
    )
    name = right.text_input(
        "And the rows of the second table",
        known.name if known.there else "visits",
        key="second.name",
    )
    told = {"name": name.strip(), "of": of.strip(), "key": key.strip() or str(person)}
    return str(person), told


def _likely(who: Visitor, loaded: Loaded, names: Sequence[str]) -> int:
    """The column that the recipe names, or the first that names a person by what it seems."""
    if who.recipe.people.column in names:
        return names.index(who.recipe.people.column)
    roles = [loaded.suggestions[n].column.role for n in names]
    return roles.index(Role.IDENTIFIER) if Role.IDENTIFIER in roles else 0


def _take_file(who: Visitor, person: str, told: dict[str, str], name: str, content: bytes) -> None:
    _taken(who, person, told, io.BytesIO(content), brought(name, who.recipe.method.name))


def _take_answer(who: Visitor, person: str, told: dict[str, str], text: str) -> None:
    assert who.question is not None
    name = who.question.database
    database = databases()[name]
    query = read_query(text, database.dialect)
    asked = Asked(name, text, who.recipe.method.name)
    _taken(who, person, {**told, "query": text}, lambda: database.answer(query), asked)


def _taken(who: Visitor, person: str, told: dict[str, str], source: Any, asked: Asked) -> None:
    """Read the rows, and let the recipe say what they are; what is asked is written down."""
    opened = who.recipe.children
    said = opened.model_dump(exclude_unset=True, exclude={"file", "query"})
    part = recipe_of({"children": {**said, **told}}).children
    write_down(asked)
    try:
        found = source() if callable(source) else source
        linked = load_linked(found, part.key, missing=who.recipe.source.missing)
    except SynthError as error:
        writing()(asked.ending(Ended.REFUSED, why=error.what))
        raise
    each = np.array(linked.rows.figures.each, dtype=np.int64)
    most = opened.most if "most" in said else repeats_of(each, int(each.sum())).proposed
    people = who.recipe.people.model_copy(update={"column": person, "rows": 1})
    who.decide(children=part.model_copy(update={"most": most}), people=people)
    who.second = linked


def _show(who: Visitor, second: LoadedLinked) -> None:
    """What the second table is, how many rows of a person count, and what that leaves out."""
    part = who.recipe.children
    with st.container(border=True, key="second"):
        people = len(second.rows.figures.each)
        st.markdown(
            f"**Second table: {part.name}**, {so_many(second.rows.figures.rows, 'row')} of "
            f"{so_many(people, 'person', 'people')}, whom `{part.key}` names; "
            f"`{who.recipe.people.column}` in the first table."
        )
        most = int(
            st.number_input(
                "Rows of one person that count, at most",
                1,
                100,
                part.most,
                key="second.most",
                help="Which of them is not chosen by anybody. Each further one costs more noise.",
            )
        )
        if most != part.most:
            who.decide(children=part.model_copy(update={"most": most}))
            st.rerun()
        _ask_usual(who)
        for one in (*second.noticed, *left_out(second.rows, part.name, part.most)):
            st.caption(one.what.replace("$", r"\$"))
        st.caption(LIMITS)
        if st.button("Take it away", key="second.gone", icon=":material/close:"):
            who.second = None
            who.decide(children=ChildrenPart())
            st.rerun()


def _ask_usual(who: Visitor) -> None:
    """In what rows of one person mostly agree, where a recipe declares what that may hold."""
    part = who.recipe.children
    declared = [c.name for c in part.column if c.values]
    if not declared:
        return
    usual = st.multiselect(
        "In which columns do rows of one person mostly hold the same?",
        declared,
        [n for n in part.usual if n in declared],
        key="second.usual",
        placeholder="In none",
        help="Somebody mostly goes to the same hospital. What most of a person's rows hold there "
        "becomes a column of the person, by which their rows are drawn. Its values have to be "
        "declared, as your recipe does.",
    )
    if tuple(usual) != part.usual:
        who.decide(children=part.model_copy(update={"usual": tuple(usual)}))
        st.rerun()
