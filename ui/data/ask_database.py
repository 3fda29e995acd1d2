"""A question to a database: its tables, one SELECT, and what is wrong with it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from synth.errors import SynthError
from synth.ingest import Database, read_query
from synth.ingest.lazy import COUNTING
from synth.ingest.pointer import pointed
from synth.runs.audit import Asked, Ended
from synth.runs.elsewhere import Elsewhere
from synth.runs.question import Question
from ui.data.query_editor import ask_query
from ui.data.sources import bring, bring_elsewhere, databases
from ui.shell.settings import write_down, writing
from ui.shell.turn import aside
from ui.shell.visitor import Visitor

STAYS = (
    "Each run then counts in the database, and no row comes into this program's memory. You see no "
    "rows, and no figures of how easily people could be found; steps of protection and some "
    "methods need rows in memory, and say so."
)
USUAL_QUERY = """SELECT p.sex, p.smoker, a.ward, a.emergency, a.admitted_at
FROM admissions a JOIN patients p USING (patient_id)"""


def ask_database(who: Visitor) -> None:
    """Ask a database; the rows of the answer go into the vault, and nowhere else."""
    known = databases()
    name = st.selectbox("Database", list(known), key="database", persist_state="session")
    database = known[name]
    usual = USUAL_QUERY if name.startswith("Sample") else ""
    text = who.queries.setdefault(name, usual)
    wrong = who.refused is not None and who.refused[0] == text
    keep = partial(who.queries.__setitem__, name)
    ask_query(text, _tables(database), keep, key=f"query.{name}", wrong=wrong)
    stay = database.kind in COUNTING and st.checkbox(
        "Leave the rows in the database", key="ask.stay", help=STAYS, persist_state="session"
    )
    if st.button("Ask", key="ask", type="primary", icon=":material/database:"):
        who.refused = None
        with st.spinner("Asking the database …"):
            _ask(who, database, name, text, stay=stay)
    if who.refused is not None and who.refused[0] == text:
        _explain(*who.refused)


def _tables(database: Database) -> dict[str, dict[str, str]]:
    """What there is to ask about; nothing where the database cannot be reached."""
    try:
        with aside():
            return database.tables()
    except SynthError as error:
        _explain("", error)
        return {}


def _ask(who: Visitor, database: Database, name: str, text: str, *, stay: bool) -> None:
    asked = Asked(name, text, who.recipe.method.name)
    try:
        query = read_query(text, database.dialect)
        write_down(asked)
        question, called = Question(name, query), f"query on {name}"
        if stay:
            bring_elsewhere(who, Elsewhere(database, query), called, question)
        else:
            with aside():
                answer = database.answer(query)
            bring(who, answer, called, question)
    except SynthError as error:
        writing()(asked.ending(Ended.REFUSED, why=error.what))
        who.refused = (text, error)
        st.rerun()
    told = {"file": "", "database": database.public, "query": text, "stay": stay}
    who.decide(source=who.recipe.source.model_copy(update=told))


def _explain(text: str, error: SynthError) -> None:
    """What is wrong, where, and what to do about it."""
    st.error(f"{error.what}\n\n**What to do:** {error.remedy}")
    if where := pointed(text, error):
        st.code(where, language=None)
