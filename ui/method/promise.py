"""How strong the promise is, what that means, and what it can buy."""

from __future__ import annotations

import math

import streamlit as st

from synth.budget import Audience, Budget, Rho
from synth.budget.promise import LARGEST_DELTA
from synth.budget.prospect import MembershipGuess, Prospect
from synth.evaluate.verdict import predicted
from synth.ingest.discovery import (
    DELTA_SHARE,
    MOST_SHARE,
    SHARE,
    Share,
    share_of,
    shares,
    uncut,
    undeclared,
)
from synth.methods import Promise
from synth.runs.recipe import Privacy
from synth.schema import Categories, Schema
from synth.wording import so_many
from ui.method.account import ask_account
from ui.protect.looked import say_ended
from ui.shell.visitor import Visitor

MOST_TOLD = 8  # columns named at once
EPSILONS = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 10.0, math.inf)


def ask_privacy(who: Visitor, rows: int) -> Privacy:
    """The privacy part of the recipe."""
    current, method = who.recipe.privacy, who.recipe.chosen
    if less := method.less(who.schema):
        st.info(less)
    if method.promise is not Promise.PRIVATE:
        st.caption("This method spends no privacy budget, so there is none to set.")
        return ask_account(who, current)
    epsilon = _ask_epsilon(current.epsilon)
    told = current.model_copy(update={"epsilon": epsilon})
    if math.isinf(epsilon):
        return ask_account(who, told)
    st.caption(str(MembershipGuess(epsilon, current.delta or LARGEST_DELTA)))
    say_ended(who.recipe)
    _foretell(who, told, rows)
    told = told.model_copy(update={"discover": _ask_discover(who, told)})
    _predict(who, told, rows)
    return ask_account(who, told)


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
    seen = _prospect(who, told, rows)
    if seen is None:
        return
    (st.warning if seen.advice else st.info)(str(seen))
    if example := _example(who, seen):
        st.caption(f"For example: {example}")


def _prospect(who: Visitor, told: Privacy, rows: int) -> Prospect | None:
    """How much of a release would be noise; None where no column is modelled."""
    schema = who.schema
    sizes = schema.shape([c.name for c in schema.modelled])
    if not sizes:
        return None
    most, delta = who.recipe.people.rows, told.delta or LARGEST_DELTA
    return Prospect(tuple(sizes), max(rows, 1), told.epsilon, delta, most)


def _predict(who: Visitor, told: Privacy, rows: int) -> None:
    """A line for each column that is likely to be lost or coarse, from its schema alone."""
    seen = _prospect(who, told, rows)
    if seen is None:
        return
    least = {s.column: s.least for s in _shares(who, told, rows)} if told.discover else {}
    likely = predicted(who.schema, seen, least)
    if not likely:
        return
    lines = [f"- **{v.fate.value}** `{v.column}`: {v.words}" for v in likely]
    st.markdown("**Likely to come out worse than it is**, guessed from what stands on Columns:")
    st.markdown("\n".join(lines[:MOST_TOLD]))
    if lines[MOST_TOLD:]:
        with st.expander(f"{len(lines) - MOST_TOLD} more columns"):
            st.markdown("\n".join(lines[MOST_TOLD:]))


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
    more = MOST_SHARE / SHARE * share_of(who.schema)
    cost = f"{share_of(who.schema):.0%} of the budget, and up to {more:.0%} where rows are few"
    columns = undeclared(who.schema)
    if not columns:
        if open_ := uncut(who.schema):
            st.caption(
                f"Where to cut {so_many(len(open_), 'column')} between declared bounds is found "
                f"under the promise, for {cost}."
            )
        return told.discover
    wanted = st.toggle(
        "Find undeclared values under the budget",
        value=told.discover,
        help=f"{so_many(len(columns), 'column has', 'columns have')} values or bounds that "
        "nobody declared. Finding them "
        f"costs {cost}, and tells no value that only a few people have. "
        "Switched off, values are read off the rows, and no formal promise can be made.",
        key="discover",
        persist_state="session",
    )
    if wanted:
        least = max(s.least for s in _shares(who, told))
        st.caption(f"Values that fewer than about {least:,} rows share will not be told.")
    return wanted


def _shares(who: Visitor, told: Privacy, rows: int = 0) -> tuple[Share, ...]:
    """What finding each column out would cost and tell, where there are about so many rows."""
    budget = Budget(told.epsilon, told.delta or LARGEST_DELTA, who.recipe.people.rows)
    each = budget.rows_per_person
    share = share_of(who.schema, budget.rho, rows, each)
    return shares(who.schema, Rho(share * budget.rho), DELTA_SHARE * budget.delta, each)
