"""The strip above every screen: which table, what is promised, what was spent."""

from __future__ import annotations

import math

import streamlit as st

from synth.budget.accounting import epsilon_of
from synth.budget.figures import up
from synth.wording import so_many
from ui.shell.visitor import Visitor, visitor
from ui.words import meanings


def show_strip() -> None:
    """Where the visitor is with their table; nothing before there is one."""
    who = visitor()
    if who.loaded is None:
        return
    with st.container(horizontal=True, gap="medium", key="strip"):
        st.markdown(f"**Table** {who.table_name} · {so_many(who.loaded.rows, 'row')}")
        st.markdown(f"**Promise so far** {_promise(who)}")
        meant = f"ε (epsilon) is {meanings().get('epsilon', '')}."
        st.markdown(f"**Spent in this session** {_spent(who)}", help=meant)
        if who.job is not None and who.busy:
            st.markdown(f"**Running** {who.job.share:.0%}")


def _promise(who: Visitor) -> str:
    if who.made is None:
        return "nothing made yet"
    short = who.made.bundle.statement.guarantee.short
    return f"{short}{' (settings changed since)' if who.stale else ''}"


def _spent(who: Visitor) -> str:
    rho = who.rho_spent
    if who.opened:
        return "a method saw the rows: no limit to what could be learnt"
    if rho == 0:
        return "ε = 0"
    if math.isinf(rho):
        return "counts without noise: no limit to what could be learnt"
    return f"ε = {up(epsilon_of(rho, who.recipe.budget.delta))}"
