"""Where the library is, if the operator asked for one: opened once for all visitors."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st

from synth.api.team.library import Library
from ui.shell.signed_in import (
    library_anchor,
    library_database,
    library_files,
    library_folder,
)


def library() -> Library | None:
    """The library; None where there is none, or nobody signs in.

    Raises:
        TeamError: it cannot be used.
    """
    folder = library_folder()
    if not folder:
        return None
    return _opened(folder, library_database(), library_files(), library_anchor())


def need_library() -> Library:
    """The library, or a word on why there is none. Raises TeamError where it cannot be used."""
    found = library()
    if found is None:
        st.info("There is no library on this server.")
        st.stop()
    return found


@cache  # of a folder and addresses: nothing of anybody's table
def _opened(folder: str, url: str, files: str, anchor: str) -> Library:
    return Library.opened(Path(folder).expanduser(), url, files, anchor)
