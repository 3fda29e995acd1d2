"""What taking a proposal costs: it was found by looking at the rows, which no epsilon covers."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from synth.runs import Recipe

BEFORE = (
    "**Taking one of these ends a promise by noise.** They were found by looking at your rows, so "
    "that a choice among them tells something of the people in them. No ε (differential privacy) "
    "covers that: the release will say *no formal guarantee*, and name {what}. A promise of k "
    "people holds all the same. To keep ε, {instead}."
)
STEPS = {
    "what": "the step",
    "instead": "use **Add a step**, with what you would choose had you never seen this table",
}
RULES = {
    "what": "the columns",
    "instead": "write the line yourself where you would say the same had you never seen this table",
}
WITHOUT_EPSILON = (
    "Found by looking at your rows: the release will say so, and a promise of k people holds all "
    "the same. With a method that adds noise, taking one would end its promise (ε)."
)
TIP = "It was found by looking at the rows: taking it ends a promise by noise (ε)."
STEP = (
    "Chosen after looking at the rows: no promise by noise (ε) can be made with it, and the "
    "release will say so."
)


def say_before(recipe: Recipe, words: Mapping[str, str] = STEPS) -> None:
    """Before a button that takes a proposal: what it does to the promise, and what to do instead.

    Args:
        words: of steps, or of rules.
    """
    if recipe.formal:
        st.warning(BEFORE.format(**words))
    else:
        st.caption(WITHOUT_EPSILON)


def say_ended(recipe: Recipe) -> None:
    """Where the promise is settled: which choices end it, before a run is begun."""
    steps = sum(bool(document.get("seen")) for document in recipe.protect)
    rules = sum(part.seen for part in recipe.rules)
    told = [f"{n} {word}{'s' * (n > 1)}" for n, word in ((steps, "step"), (rules, "rule")) if n]
    if told and recipe.formal:
        st.warning(
            f"{' and '.join(told)} of yours {'was' if steps + rules == 1 else 'were'} chosen after "
            "looking at the rows. Noise is added, but no promise can be made with it: the release "
            "will say *no formal guarantee*, and name what was chosen. Take it back on **Protect** "
            "(or under **Rules between columns**) to keep the promise (ε)."
        )
