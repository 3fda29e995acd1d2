"""The release as something to hand over: its promise in plain words, and the downloads."""

from __future__ import annotations

import hashlib

import streamlit as st

from synth.budget import Statement
from synth.budget.population import population_lines
from synth.release import Bundle
from synth.release.sandbox import resources, take_away
from synth.release.sandbox.resources import about
from synth.release.signature import KEY, signed_words
from synth.runs.accounts import of_the_visitor
from synth.runs.recipe_file import recipe_of, whole_text
from ui.gate import may_leave
from ui.shell.visitor import Made, Visitor, explained

SANDBOX = (
    "A REST API over the synthetic rows with an OpenAPI document, a Postman collection and "
    "snippets; runs on any machine with Python. From a terminal: synth sandbox release.zip"
)


def show_promise(statement: Statement) -> None:
    """What may be said, before anything is handed over."""
    show = st.success if statement.formal else st.warning
    show(f"**{statement.guarantee.short}.** {statement.guarantee.plain}")
    with st.expander("Other releases about these people"):
        st.markdown("\n".join(population_lines(statement.population)[2:]))


def ask_words(who: Visitor, made: Made) -> None:
    """What recipients read of the release; it may change without a run, for no row does."""
    told = made.recipe.release
    with st.expander("What recipients read of it"), st.form("words", border=False):
        st.caption(
            "Each may be left empty. They stand in the README, in the descriptions for programs "
            "and on the recipients' page; what columns mean is said on Columns."
        )
        title = st.text_input("Title", told.title, key="words.title")
        description = st.text_area("Description", told.description, height=80, key="words.text")
        left, right = st.columns(2)
        said = {
            "description": description,
            "publisher": left.text_input("Publisher", told.publisher, key="words.publisher"),
            "contact": right.text_input(
                "Whom to ask", told.contact, key="words.contact", help="An address, or a page"
            ),
            "licence": left.text_input(
                "Licence", told.licence, key="words.licence", help="CC-BY-4.0, or where it stands"
            ),
            "version": right.text_input("Version", told.version, key="words.version"),
            "date": left.text_input("Date", told.date, placeholder="2026-01-31", key="words.date"),
        }
        if st.form_submit_button("Write it into this release", key="words.write"):
            with explained():
                words = recipe_of({"release": {"title": title, **said}}).release
                who.reword(made, words)
                st.rerun()


def show_signature(bundle: Bundle) -> None:
    """Whose the release is, as recipients will see it."""
    unsigned = "" if bundle.signed_by else f" `synth key new` makes a key; {KEY} names its file."
    st.caption(f"{signed_words(bundle.signed_by)}{unsigned}")


def show_copies(made: Made) -> None:
    """How many rows are copies of real ones, where the method saw those; before they leave."""
    found = made.comparison.copies
    if found is None or found.too_many:  # where there are too many, the gate says so
        return
    eyes = "These figures are exact, for your eyes only, and not in the release."
    st.info(f"{found.plain} That is no more than chance. {eyes}")


def show_formulas(made: Made) -> None:
    """Which columns have cells that a spreadsheet would run, and what was done about it."""
    run = made.bundle.schema.run_by_spreadsheets
    if not run:
        return
    named = ", ".join(f"`{name}`" for name in run)
    if made.recipe.release.safe:
        st.info(
            f"Some cells of {named} would be run by a spreadsheet as formulas, so they begin with "
            "an apostrophe in the CSV file. The switch is on the Method screen."
        )
    else:
        st.warning(
            f"Some cells of {named} may be run by a spreadsheet as formulas: whoever opens the CSV "
            "file there should read it as text. The switch is on the Method screen."
        )


def show_rows(bundle: Bundle) -> None:
    """The first synthetic rows, and those of a second table that belong to some of them."""
    st.header("The first synthetic rows")
    st.dataframe(
        bundle.rows.head(10), hide_index=True, alt="The first ten synthetic rows of the release"
    )
    if (second := bundle.children) is not None:
        st.markdown(f"And of {second.name}, each of whom `{second.parent_key}` names:")
        st.dataframe(
            bundle.children_rows.head(10), hide_index=True, alt=f"The first rows of {second.name}"
        )


def offer_bundle(made: Made) -> None:
    """The bundle. Its name carries its checksum: files are told apart by name on the server."""
    digest = hashlib.sha256(made.zipped).hexdigest()[:12]
    st.download_button(
        "Download the release",
        made.zipped,
        file_name=f"release-{digest}.zip",
        mime="application/zip",
        type="primary",
        icon=":material/inventory_2:",
        key="bundle",
        on_click="ignore",
        disabled=not may_leave(made),
    )


def offer_sandbox(made: Made) -> None:
    """The mock API over the synthetic rows, as a zip that runs by itself; made when asked for."""
    if not st.toggle("Mock API to build against", key="sandbox.wanted", help=SANDBOX):
        return
    zipped = take_away(resources(made.bundle), about(made.bundle))
    st.download_button(
        "Download the mock API",
        zipped,
        file_name=f"sandbox-{hashlib.sha256(zipped).hexdigest()[:12]}.zip",
        mime="application/zip",
        icon=":material/api:",
        key="sandbox",
        on_click="ignore",
        disabled=not may_leave(made),
    )


def offer_recipe(made: Made) -> None:
    """The recipe that made it."""
    text = whole_text(of_the_visitor(made.recipe)).encode()
    st.download_button(
        "Download the recipe",
        text,
        file_name=f"recipe-{hashlib.sha256(text).hexdigest()[:12]}.toml",
        mime="application/toml",
        key="recipe_file",
        on_click="ignore",
    )
