"""The lasting ledger on the Method screen: whom it is about, where it is, and what was spent."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from synth.budget.account import running_total
from synth.budget.accounting import epsilon_of
from synth.budget.lasting import LEDGER
from synth.budget.population import TOGETHER, for_whom, population_lines
from synth.runs.accounts import (
    cap_of,
    in_operators_ledger,
    opened_ledger,
    operators_folder,
)
from synth.runs.recipe import People, Privacy, Recipe
from ui.shell.visitor import Visitor, explained

NAME_THEM = " To keep one total for persons, name the same person column as before, on Columns."
USUAL_LEDGER = "~/synth-ledger"


def ask_account(who: Visitor, current: Privacy) -> Privacy:
    """Whether releases about these people add up from one session to the next, and to how much."""
    if operators_folder():
        return _ask_operators(who, current)
    with st.expander("Remember what was told about these people", expanded=False):
        st.caption(
            "Every release tells a little more. A small file beside your data can remember what "
            "all of them came to, and refuse the one that would be too much. It holds purposes, "
            "costs and keyed hashes, never a row; nothing is written unless you switch this on."
        )
        wanted = st.toggle("Keep a lasting ledger", value=bool(current.ledger), key="ledger.wanted")
        if not wanted:
            return current.model_copy(update={"ledger": "", "anchor": "", "why_another": ""})
        who.decide(people=_ask_whom(who.recipe.people))
        told = _ask_caps(_ask_places(current))
        recipe = who.recipe.model_copy(update={"privacy": told})
        told = told.model_copy(update={"why_another": _ask_why(recipe)})
        recipe = who.recipe.model_copy(update={"privacy": told})
        there = (Path(told.ledger) / LEDGER).exists()
        if there:
            _warn_of_units(recipe)
        if there and st.button("What was spent so far?", key="ledger.show"):
            with explained():
                _show_account(recipe)
        return told


def _ask_operators(who: Visitor, current: Privacy) -> Privacy:
    """Where whoever runs this server keeps every account: whom this one is about, and its caps."""
    with st.expander("What is told about these people adds up", expanded=True):
        st.caption(
            "Whoever runs this server keeps account of all releases, also over restarts: each is "
            "charged to the people it is about before their rows are counted."
        )
        who.decide(people=_ask_whom(who.recipe.people))
        told = _ask_caps(current.model_copy(update={"ledger": "", "anchor": ""}))
        recipe = in_operators_ledger(who.recipe.model_copy(update={"privacy": told}))
        told = told.model_copy(update={"why_another": _ask_why(recipe)})
        if recipe.people.account and (Path(recipe.privacy.ledger) / LEDGER).exists():
            _warn_of_units(recipe)
        if who.recipe.people.account and st.button("What was spent so far?", key="ledger.show"):
            with explained():
                _show_account(recipe)
        return told


def _ask_whom(people: People) -> People:
    """The name of the account, and of those that it is not."""
    population = st.text_input(
        "Who are these people?",
        people.population,
        placeholder="patients of ward 7, 2026",
        help="Releases add up under this name (the population), whatever table they come from. "
        "Recipients read it too.",
        key="ledger.population",
    )
    others = st.text_input(
        "Other people, whose tables look like this one",
        ", ".join(people.other_than),
        help="Names of accounts, with commas between. Needed only where a table is taken for one "
        "of somebody else.",
        key="ledger.other_than",
    )
    names = tuple(name.strip() for name in others.split(",") if name.strip())
    if names == tuple(name.strip() for name in people.other_than):
        names = people.other_than
    return people.model_copy(update={"population": population.strip(), "other_than": names})


def _ask_places(current: Privacy) -> Privacy:
    folder = st.text_input("In this folder", current.ledger or USUAL_LEDGER, key="ledger.at")
    anchor = st.text_input(
        "A file elsewhere that shows if the folder was put back to an older copy",
        current.anchor,
        placeholder="/another/disk/synth-anchor",
        help="The anchor: it is told each time how far the ledger is. Without one, nobody would "
        "notice if the ledger was deleted or rolled back, and statements say so.",
        key="ledger.anchor",
    )
    anchored = str(Path(anchor.strip()).expanduser()) if anchor.strip() else ""
    return current.model_copy(update={"ledger": str(Path(folder).expanduser()), "anchor": anchored})


def _ask_caps(current: Privacy) -> Privacy:
    first = "The first answer stands: it is the promise to the people in the table."
    total = st.number_input(
        "All releases together may come to ε of at most",
        min_value=0.1,
        value=current.total,
        help=first,
        key="ledger.total",
    )
    delta = st.number_input(
        "… and that may fail with a chance (δ) of at most",
        min_value=1e-12,
        max_value=0.01,
        value=current.total_delta,
        format="%.1e",
        help=f"One in a million for all of them together, as for a single one. {first}",
        key="ledger.total_delta",
    )
    return current.model_copy(update={"total": float(total), "total_delta": float(delta)})


def _ask_why(recipe: Recipe) -> str:
    """The reason for one more release without noise; asked where this would be one."""
    if not recipe.exact:
        return recipe.privacy.why_another
    st.caption(TOGETHER)
    return st.text_input(
        "Why there has to be one more, if there was one before",
        recipe.privacy.why_another,
        help="Needed only for a second release without noise, or where ε is spent. Recipients "
        "read it, beside the sentence that there is no protection across releases.",
        key="ledger.why",
    ).strip()


def _warn_of_units(recipe: Recipe) -> None:
    """Say before a run that it would add promises to others than earlier releases made theirs to.

    Every look verifies the whole chain of the ledger, so that it costs milliseconds each time.
    """
    if not recipe.formal or not recipe.people.account:
        return
    with explained():
        file, name = opened_ledger(recipe.privacy), recipe.people.account
        before = running_total(file, name, cap_of(recipe), file.lines(name))
        after = before.with_one(recipe.people.column)
        if after.mixed:
            told = "" if before.mixed or None in after.units else NAME_THEM
            st.warning(f"After this one: {for_whom(after)}{told}")


def _show_account(recipe: Recipe) -> None:
    """What releases about these people cost, on what, and what one more would come to."""
    population, cap = recipe.people.account, cap_of(recipe)
    file = opened_ledger(recipe.privacy)
    lines = file.lines(population)
    if not lines:
        st.caption("Nothing was told about these people yet.")
        return
    total = running_total(file, population, cap, lines)
    st.markdown("\n".join(population_lines(total)[2:]))
    if recipe.formal:
        rho = sum(x.rho for x in lines) + recipe.budget.rho
        more = epsilon_of(rho, max(cap.delta - total.answers_delta, 1e-300))
        st.markdown(f"One more like this would bring it to ε = {more:.3g}.")
    seen = [x for x in lines if x.kind not in ("promised", "table", "begun", "ended")]
    spent = sum(x.rho for x in seen) or 1.0
    frame = pd.DataFrame([(x.at, x.release, x.purpose, x.rho / spent) for x in seen])
    if not frame.empty:
        frame.columns = pd.Index(["when (UTC)", "release", "looked at", "share of all spent"])
        st.dataframe(frame, hide_index=True, alt="Every look at these people's rows, and its cost")
