"""Where tables come from: an upload, the sample, an opened recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from synth.budget import Audience
from synth.ingest import Database, Loaded, load
from synth.ingest.bounded import Owned
from synth.runs import read_recipe
from synth.runs.question import Question
from ui.data.reading import show_noticed, show_refused, take
from ui.shell.places import SAMPLE_DATA
from ui.shell.visitor import Visitor, explained

LOOKUP = SAMPLE_DATA / "postcode_lookup.csv"
SAMPLE, HOSPITAL = SAMPLE_DATA / "hospital_admissions.csv", SAMPLE_DATA / "hospital.sqlite"
MOST_MEGABYTES = 300
PREVIEW = 8
TAKEN = "upload_taken"  # the upload that was read last: each is read once


def bring_upload(who: Visitor) -> None:
    """Read an uploaded table into the vault, and let go of the upload.

    Its bytes are kept only while it is open how to read it; see `ui/data/reading.py`.
    """
    file = st.file_uploader(
        "CSV, Excel, Parquet, JSON, SPSS, Stata or SAS",
        key="upload",
        max_upload_size=MOST_MEGABYTES,
        help="What a file is, is told from its content. Up to 300 MB.",
    )
    if file is not None and st.session_state.get(TAKEN) != file.file_id:
        st.session_state[TAKEN] = file.file_id
        with explained(), st.spinner("Reading the table …"):
            take(who, file.name, file.getvalue())
        free_uploads()
    show_refused(who)


def bring_sample(who: Visitor) -> None:
    """Read the sample table into the vault."""
    if st.button(
        "Use the sample table", key="sample", type="primary", icon=":material/local_hospital:"
    ):
        with explained():
            bring(who, SAMPLE, "sample: hospital admissions")
            who.files[LOOKUP.name] = LOOKUP.read_text(encoding="utf-8")


def bring(who: Visitor, source: Any, name: str, question: Question | None = None) -> None:
    """Read a table into the vault; `question` is what a database was asked for it."""
    loaded = load(
        source,
        who.recipe.budget,
        missing=who.recipe.source.missing,
    )
    who.bring(loaded, name, question)


def free_uploads() -> None:
    """Let go of this visitor's uploaded bytes, which Streamlit keeps while the tab is open.

    The manager of uploads is private to Streamlit; a test fails when an upgrade changes it.
    """
    context = get_script_run_ctx()
    if context is not None and Runtime.exists():
        context.uploaded_file_mgr.remove_session_files(context.session_id)


def databases() -> dict[str, Database]:
    """Databases a visitor may ask: the sample's, and those the operator configured as secrets.

    Addresses cannot be typed: on a hosted server that would open whatever the server can reach.
    A connection may say whose the rows are: `person`, the column that names them; `keys`, further
    columns that belong to one person; `public`, tables about nobody.
    """
    owned = Owned("patient_id", ("admission_id",))
    found = {"Sample: a small hospital": Database(f"sqlite:///{HOSPITAL}", owned=owned)}
    try:
        configured = st.secrets.get("connections", {})
    except FileNotFoundError:  # nothing is configured
        return found
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
    if st.toggle("Show me a few rows (real ones, on this screen only)", key="peek"):
        rows = loaded.private.open_rows("a look at a few rows", Audience.CUSTODIAN).head(PREVIEW)
        st.dataframe(rows.astype(object), hide_index=True, alt="The first rows of your table")
