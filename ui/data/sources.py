"""Where tables come from: an upload, the sample, an opened recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from synth.api.team.members import Entrance
from synth.budget import Audience
from synth.errors import SynthError
from synth.ingest import Database, Loaded, load
from synth.ingest.bounded import Owned
from synth.runs import read_recipe
from synth.runs.audit import Ended, brought
from synth.runs.elsewhere import Elsewhere
from synth.runs.question import Question
from ui.data.reading import show_noticed, show_refused, take
from ui.shell.places import SAMPLE_DATA
from ui.shell.settings import write_down, writing
from ui.shell.signed_in import section, sign_in
from ui.shell.turn import aside
from ui.shell.visitor import Visitor, explained, forget, visit
from ui.shell.visits import minutes_kept

LOOKUP = SAMPLE_DATA / "postcode_lookup.csv"
SAMPLE, HOSPITAL = SAMPLE_DATA / "hospital_admissions.csv", SAMPLE_DATA / "hospital.sqlite"
MOST_MEGABYTES = 300
PREVIEW = 8
UNSEEN = (
    "The rows stay in their database, so there is nothing to look at here. Their number was asked, "
    "and the names and types of the columns; nothing else was read."
)
TAKEN = "upload_taken"  # the upload that was read last: each is read once
UNREAD = "upload_unread"  # the name of one that could not be read, and why
FIELD = "upload_field"  # how often the field was emptied


def bring_upload(who: Visitor) -> None:
    """Read an uploaded table into the vault, and let go of the upload.

    Its bytes are kept only while it is open how to read it; see `ui/data/reading.py`.
    """
    with st.container(key="upload"):
        file = st.file_uploader(
            "CSV, Excel, Parquet, JSON, SPSS, Stata or SAS",
            key=f"file {st.session_state.get(FIELD, 0)}",
            max_upload_size=MOST_MEGABYTES,
            help="What a file is, is told from its content. Up to 300 MB.",
        )
    if file is not None and st.session_state.get(TAKEN) != file.file_id:
        st.session_state[TAKEN] = file.file_id
        st.session_state.pop(UNREAD, None)
        try:
            with st.spinner("Reading the table …"):
                _written_down(who, file.name, file.getvalue())
        except SynthError as error:
            st.session_state[UNREAD] = file.name, error
        free_uploads(file.file_id)
    show_refused(who)
    if UNREAD in st.session_state:
        _show_unread(who, *st.session_state[UNREAD])


def _written_down(who: Visitor, name: str, content: bytes) -> None:
    """Read an upload that the operator's log knows of, whatever becomes of it."""
    asked = brought(name, who.recipe.method.name)
    write_down(asked)
    try:
        take(who, name, content)
    except SynthError as error:
        writing()(asked.ending(Ended.REFUSED, why=error.what))
        raise


def _show_unread(who: Visitor, name: str, error: SynthError) -> None:
    """Why the file in the field is not the table that is used."""
    used = "" if who.loaded is None else f" What is used is still **{who.table_name}**."
    st.error(f"`{name}`: {error.what}\n\n**What to do:** {error.remedy}{used}")


def empty_field() -> None:
    """Another table is used now than that in the field for files."""
    st.session_state[FIELD] = st.session_state.get(FIELD, 0) + 1
    st.session_state.pop(UNREAD, None)


def bring_sample(who: Visitor) -> None:
    """Read the sample table into the vault."""
    if st.button(
        "Use the sample table", key="sample", type="primary", icon=":material/local_hospital:"
    ):
        with explained():
            bring(who, SAMPLE, "sample: hospital admissions")
            who.files[LOOKUP.name] = LOOKUP.read_text(encoding="utf-8")
            st.rerun()


def bring(who: Visitor, source: Any, name: str, question: Question | None = None) -> None:
    """Read a table into the vault; `question` is what a database was asked for it."""
    loaded = load(
        source,
        who.recipe.budget,
        missing=who.recipe.source.missing,
    )
    who.bring(loaded, name, question)
    empty_field()


def bring_elsewhere(who: Visitor, place: Elsewhere, name: str, question: Question) -> None:
    """A table whose rows stay: what its columns are called is all that is kept of it here."""
    with aside(), place.rows() as rows:
        loaded = load(rows, who.recipe.budget, known_as=place.database.place)
    who.bring(loaded, name, question, elsewhere=place)
    empty_field()


def offer_to_forget(who: Visitor) -> None:
    """How long a table is found again, and a button that ends it."""
    if who.loaded is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="kept"):
        minutes = minutes_kept()
        others = "tab of this browser" if sign_in().way is Entrance.LOCAL else "tab or browser"
        st.caption(
            f"After a reload, or in another {others}, your table, settings and runs are "
            f"here again, until {minutes:g} minutes after the last tab was closed."
            if minutes and visit()
            else "Your table, settings and runs are gone when this tab is reloaded or closed.",
            width="stretch",
        )
        if st.button("Forget everything now", icon=":material/delete_forever:", key="forget"):
            free_uploads()
            forget()
            st.rerun()


def free_uploads(one: str = "") -> None:
    """Let go of this visitor's uploaded bytes, which Streamlit keeps while the tab is open.

    Of `one` upload alone where it is named: another may have come while that one was read.
    The manager of uploads is private to Streamlit; a test fails when an upgrade changes it.
    """
    context = get_script_run_ctx()
    if context is None or not Runtime.exists():
        return
    uploads = context.uploaded_file_mgr
    if one and isinstance(uploads, MemoryUploadedFileManager):
        uploads.remove_file(context.session_id, one)
    else:
        uploads.remove_session_files(context.session_id)


def databases() -> dict[str, Database]:
    """Databases a visitor may ask: the sample's, and those the operator configured as secrets.

    Addresses cannot be typed: on a hosted server that would open whatever the server can reach.
    A connection may say whose the rows are: `person`, the column that names them; `keys`, further
    columns that belong to one person; `public`, tables about nobody.
    """
    owned = Owned("patient_id", ("admission_id",))
    found = {"Sample: a small hospital": Database(f"sqlite:///{HOSPITAL}", owned=owned)}
    configured = section("connections")
    return found | {name: _configured(told) for name, told in configured.items() if "url" in told}


def _configured(told: Mapping[str, Any]) -> Database:
    person = str(told.get("person", ""))
    owned = Owned(person, tuple(told.get("keys", ())), tuple(told.get("public", ())))
    return Database(str(told["url"]), owned=owned if person else None)


def open_recipe(who: Visitor) -> None:
    """Take over the decisions of a saved recipe."""
    with st.expander("Open a recipe you saved"):
        file = st.file_uploader("A recipe (TOML)", type=["toml"], key="recipe", max_upload_size=2)
        if file is None or not st.button("Use this recipe", key="use_recipe"):
            return
        with explained():
            recipe = read_recipe(file.getvalue().decode("utf-8", errors="replace"))
            if who.loaded is not None:
                who.declare(recipe.column)
            who.recipe = recipe
            st.success("The recipe's decisions are in place. Bring the table they are about.")


def show_table(who: Visitor, loaded: Loaded) -> None:
    """How large the table is, and a look at some rows."""
    st.divider()
    schema = who.schema
    with st.container(horizontal=True):
        st.metric("Rows", f"{loaded.rows:,}", width="content")
        st.metric("Columns", f"{len(schema)}", width="content")
        st.metric(
            "Columns that name a person", f"{len(schema) - len(schema.modelled)}", width="content"
        )
    show_noticed(who, loaded.noticed)
    if len(schema) == 1:
        what = (
            "If there should be more, the file may use an unusual delimiter: save it with commas."
        )
        remedy = what if loaded.written else "If there should be more, look at the file itself."
        st.warning(f"Only one column was found. {remedy}")
    if loaded.private.stays:
        st.info(UNSEEN)
    elif st.toggle("Show me a few rows (real ones, on this screen only)", key="peek"):
        rows = loaded.private.open_rows("a look at a few rows", Audience.CUSTODIAN).head(PREVIEW)
        st.dataframe(rows.astype(object), hide_index=True, alt="The first rows of your table")
