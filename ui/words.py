"""The meaning of a word where it is used, read from the glossary of docs/."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import streamlit as st

from ui.shell.border import our_own
from ui.shell.places import DOCS

USED = {  # screen by screen, the words that stand on it; the strip above them all explains epsilon
    "columns": ("identifier", "quasi-identifier", "sensitive", "declared", "epsilon"),
    "protect": ("k", "quasi-identifier", "epsilon", "combination"),
    "method": ("epsilon", "delta", "k", "marginal", "discovered"),
    "compare": ("TVD", "marginal", "verdict", "bin"),
    "release": ("epsilon", "delta", "k", "rho"),
    "showcase": ("epsilon", "delta", "k"),
    "verify": ("epsilon", "delta", "k", "fingerprint"),
}


@cache
def meanings() -> Mapping[str, str]:
    """Each word of the glossary with its meaning, the first where it has several; none without."""
    found: dict[str, str] = {}
    glossary = DOCS / "glossary.md"
    if not glossary.is_file():
        return found
    for line in glossary.read_text(encoding="utf-8").splitlines():
        if line.startswith("| "):
            word, meaning = line.strip("| ").split(" | ", 1)
            found.setdefault(word, meaning)
    return found


def show_words(screen: str) -> None:
    """A button for the words of a screen, which opens their meanings on the spot."""
    told = [(word, meanings()[word]) for word in USED.get(screen, ()) if word in meanings()]
    if not told:
        return
    label = ", ".join(word for word, _ in told)
    with st.popover(f"What is meant: {label}", icon=":material/dictionary:"), our_own():
        st.markdown("\n\n".join(f"**{word}**: {meaning}" for word, meaning in told))
