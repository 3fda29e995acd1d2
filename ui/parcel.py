"""The release as something to hand over: its promise in plain words, and the downloads."""

from __future__ import annotations

import hashlib

import streamlit as st

from synth.guarantee import Statement
from synth.sandbox import resources, take_away
from synth.sandbox.resources import about
from ui.visitor import Made

SANDBOX = (
    "A REST API over the synthetic rows with an OpenAPI document, a Postman collection and "
    "snippets; runs on any machine with Python. From a terminal: synth sandbox release.zip"
)


def show_promise(statement: Statement) -> None:
    """What may be said, before anything is handed over."""
    show = st.success if statement.formal else st.warning
    show(f"**{statement.guarantee.short}.** {statement.guarantee.plain}")


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
    )


def offer_recipe(made: Made) -> None:
    """The recipe that made it."""
    text = made.recipe.toml().encode()
    st.download_button(
        "Download the recipe",
        text,
        file_name=f"recipe-{hashlib.sha256(text).hexdigest()[:12]}.toml",
        mime="application/toml",
        key="recipe_file",
        on_click="ignore",
    )
