"""How strong the promise is, what that means, what it can buy, and what was spent before."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import streamlit as st

from synth.budget import Audience, Budget, Rho
from synth.budget.accounting import epsilon_of
from synth.budget.lasting import LEDGER, LedgerFile
from synth.budget.promise import LARGEST_DELTA
from synth.budget.prospect import MembershipGuess, Prospect
from synth.ingest.discovery import DELTA_SHARE, SHARE, Share, shares, undeclared
from synth.methods import Promise, method_named
from synth.runs.recipe import Privacy
from synth.schema import Categories, Schema
from ui.shell.visitor import Visitor, explained

EPSILONS = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 10.0, math.inf)
USUAL_LEDGER = "~/synth-ledger"


def ask_privacy(who: Visitor, rows: int) -> Privacy:
    """The privacy part of the recipe."""
    current, method = who.recipe.privacy, method_named(who.recipe.method.name)
    if method.promise is not Promise.PRIVATE:
        st.caption("This method spends no privacy budget, so there is none to set.")
        return current
    epsilon = _ask_epsilon(current.epsilon)
    told = current.model_copy(update={"epsilon": epsilon})
    if math.isinf(epsilon):
        return told
    st.caption(str(MembershipGuess(epsilon, current.delta or LARGEST_DELTA)))
    _foretell(who, told, rows)
    return _ask_ledger(who, told.model_copy(update={"discover": _ask_discover(who, told)}))


def _ask_epsilon(current: float) -> float:
    return st.select_slider(
        "How strong should the protection be? (privacy loss ε; smaller protects more)",
        sorted({*EPSILONS, current}),
        value=current,
        format_func=lambda e: "no protection" if math.isinf(e) else f"{e:g}",
        help="Noise is added to every count. ε bounds how much one person's presence can change "
        "what is released. 1 is a common choice; above 10 little is promised.",
        key="epsilon",
        persist_state="session",
    )


def _foretell(who: Visitor, told: Privacy, rows: int) -> None:
    """What the budget can buy on a table of this shape, before any row is read for it."""
    schema = who.schema
    sizes = schema.shape([c.name for c in schema.modelled])
    if not sizes:
        return
    most = who.recipe.people.rows
    delta = told.delta or LARGEST_DELTA
    seen = Prospect(tuple(sizes), max(rows, 1), told.epsilon, delta, most)
    (st.warning if seen.advice else st.info)(str(seen))
    if example := _example(who, seen):
        st.caption(f"For example: {example}")


def _example(who: Visitor, seen: Prospect) -> str:
    """What happens to one count of this table; on this screen only."""
    assert who.loaded is not None
    known = who.loaded.suggestions
    for column in who.schema.modelled:
        if column.name in known and isinstance(column.domain, Categories):
            private = who.loaded.private.declared_by_custodian(Schema((column,)))
            why = "an example of what noise does"
            counts = private.exact_table((column.name,), why, Audience.CUSTODIAN)
            return seen.example(column.name, int(counts.max()))
    return ""


def _ask_discover(who: Visitor, told: Privacy) -> bool:
    columns = undeclared(who.schema)
    if not columns:
        return told.discover
    wanted = st.toggle(
        "Find undeclared values under the budget",
        value=told.discover,
        help=f"{len(columns)} columns have values or bounds that nobody declared. Finding them "
        "costs three tenths of the budget, and tells no value that only a few people have. "
        "Switched off, values are read off the rows, and no formal promise can be made.",
        key="discover",
        persist_state="session",
    )
    if wanted:
        least = max(s.least for s in _shares(who, told))
        st.caption(f"Values that fewer than about {least:,} rows share will not be told.")
    return wanted


def _shares(who: Visitor, told: Privacy) -> tuple[Share, ...]:
    """What finding each column out would cost and tell."""
    budget = Budget(told.epsilon, told.delta or LARGEST_DELTA, who.recipe.people.rows)
    rho, delta = Rho(SHARE * budget.rho), DELTA_SHARE * budget.delta
    return shares(who.schema, rho, delta, budget.rows_per_person)


def _ask_ledger(who: Visitor, current: Privacy) -> Privacy:
    """Whether releases of this table add up from one session to the next."""
    with st.expander("Remember what was spent on this table", expanded=False):
        st.caption(
            "Every release tells a little more. A small file beside your data can remember what "
            "all of them came to, and refuse the one that would be too much. It holds purposes "
            "and costs, never a row; nothing is written unless you switch this on."
        )
        wanted = st.toggle("Keep a lasting ledger", value=bool(current.ledger), key="ledger.wanted")
        if not wanted:
            return current.model_copy(update={"ledger": ""})
        folder = st.text_input("In this folder", current.ledger or USUAL_LEDGER, key="ledger.at")
        total = st.number_input(
            "All releases together may come to ε of at most",
            min_value=0.1,
            value=current.total,
            help="The first answer stands: it is the promise to the people in the table.",
            key="ledger.total",
        )
        place = Path(folder).expanduser()
        told = current.model_copy(update={"ledger": str(place), "total": float(total)})
        if (place / LEDGER).exists() and st.button("What was spent so far?", key="ledger.show"):
            with explained():
                _show_account(who, told, place)
        return told


def _show_account(who: Visitor, told: Privacy, place: Path) -> None:
    """What this table's releases cost, on what, what is left, and what one more would come to."""
    assert who.loaded is not None
    lasting = LedgerFile.opened(place)
    lines = lasting.lines(who.loaded.private.rows_fingerprint(lasting.key))
    if not lines:
        st.caption("Nothing was spent on this table yet.")
        return
    spent = math.fsum(line.rho for line in lines)
    more = Budget(told.epsilon, told.delta or LARGEST_DELTA).rho
    st.markdown(
        f"All releases together came to **ε = {epsilon_of(spent, LARGEST_DELTA):.3g}** of "
        f"{told.total:g}. One more like this would bring it to "
        f"ε = {epsilon_of(spent + more, LARGEST_DELTA):.3g}."
    )
    frame = pd.DataFrame([(x.at, x.release, x.purpose, x.rho / spent) for x in lines])
    frame.columns = pd.Index(["when (UTC)", "release", "looked at", "share of all spent"])
    st.dataframe(frame, hide_index=True, alt="Every look at this table's rows, and its cost")
