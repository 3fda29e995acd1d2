"""Who a visitor is, and the log in which the operator has queries written down."""

from __future__ import annotations

import logging
from collections.abc import Callable

import streamlit as st

from synth.errors import SynthError
from synth.runs.audit import Asked, audit


def write_down(asked: Asked) -> None:
    """Write a visitor's query into the audit log, if there is one.

    Raises:
        QueryError: the log cannot be written.
    """
    if (log := audit()) is not None:
        log.write(asked, _asker())


def writing() -> Callable[[Asked], None]:
    """Writes down, from any thread, what became of this visitor's query and what it cost."""
    log, who = audit(), _asker()

    def write(asked: Asked) -> None:
        if log is None:
            return
        try:
            log.write(asked, who)
        except SynthError as error:  # it was written down when it was asked
            logging.getLogger("synth").error("%s", error.what)

    return write


def _asker() -> str:
    """The visitor's name where the operator has them log in."""
    return str(st.user.get("email") or st.user.get("name") or "a visitor")
