"""Where the screens' files are, and the way from one screen to another."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

ROOT = Path(__file__).parents[2]
SAMPLE_DATA = ROOT / "sample_data"
DOCS = ROOT / "docs"


def page(name: str) -> str:
    """The path of a page, to link to."""
    return str(ROOT / "pages" / f"{name}.py")


def go_to(name: str) -> NoReturn:
    """End this run, and go on with another page.

    A part of this page that draws itself anew by a clock may ask for that once more before the
    browser shows the other page, and Streamlit would then draw that part of this page in its place:
    an empty screen. So this page's parts are forgotten first, and whoever asks for one of them is
    not heard. Where Streamlit keeps them is private to it; a test fails when an upgrade changes it.
    """
    context = get_script_run_ctx()
    if context is not None:
        context.fragment_storage.clear()
    st.switch_page(page(name))
