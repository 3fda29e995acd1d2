"""What the operator of a server sets in its environment, read once when it starts."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import streamlit as st

from synth.errors import SynthError
from synth.sources.audit import Asked, Audit
from ui.api.allowance import Allowance
from ui.api.registry import Registry, Rules

EPSILON, AUDIT = "SYNTH_API_EPSILON", "SYNTH_AUDIT"


def registry() -> Registry:
    """The jobs of the REST API, under the operator's rules.

    Raises:
        ValueError: the epsilon of a token is no number above 0.
    """
    return Registry(Rules(allowance=allowance(os.environ.get(EPSILON, ""))), audit())


def allowance(text: str) -> Allowance:
    """What all jobs of a token may cost together; no limit where nothing is set."""
    try:
        return Allowance(float(text) if text.strip() else math.inf)
    except ValueError:
        raise ValueError(f"{EPSILON} has to be a number above 0.") from None


def audit() -> Audit | None:
    """Where queries are written down; None where the operator asked for nothing."""
    path = os.environ.get(AUDIT, "")
    return Audit(Path(path).expanduser()) if path else None


def write_down(asked: Asked) -> None:
    """Write a visitor's query into the audit log, if there is one.

    Raises:
        QueryError: the log cannot be written.
    """
    if (log := audit()) is not None:
        log.write(asked, _asker())


def writing() -> Callable[[Asked, str, float | None], None]:
    """Writes down, from any thread, what became of this visitor's query and what it cost."""
    log, who = audit(), _asker()

    def write(asked: Asked, ended: str, epsilon: float | None) -> None:
        if log is None:
            return
        try:
            log.write(replace(asked, ended=ended, epsilon=epsilon), who)
        except SynthError as error:  # it was written down when it was asked
            logging.getLogger("synth").error("%s", error.what)

    return write


def _asker() -> str:
    """The visitor's name where the operator has them log in."""
    return str(st.user.get("email") or st.user.get("name") or "a visitor")
