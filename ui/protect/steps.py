"""The list of steps, in order, each with the risk after it; and a new step with its preview."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from synth.budget import Audience
from synth.errors import StepError
from synth.protect.risk import classes_of, quasi_identifiers
from synth.protect.risk.summary import REASON
from synth.protect.steps import STEPS, Stage, Step, ValueStep, applied, step_named, step_of
from synth.wording import so_many
from ui.protect.chain import Chain, shelf_of
from ui.protect.form import ask_step, bring_file
from ui.protect.looked import STEP
from ui.shell.visitor import Visitor, explained
from ui.shell.work import at_once

PREVIEWED = 8  # values shown before and after


def unique_share(who: Visitor, key: str, stage: Stage, known: Sequence[str]) -> float:
    """Share of unique rows by the quasi-identifiers at this stage, and what else was picked.

    Args:
        key: what the stage is known by.
    """
    return at_once(who, f"unique {key} {list(known)}", lambda: _unique_share(stage, known))


def _unique_share(stage: Stage, known: Sequence[str]) -> float:
    schema = stage.private.schema
    names = dict.fromkeys([*quasi_identifiers(schema), *(n for n in known if n in schema)])
    columns = stage.private.exact_codes(tuple(names), REASON, Audience.CUSTODIAN)
    return classes_of(columns, stage.rows).unique_share


def show_steps(who: Visitor, chain: Chain, known: Sequence[str]) -> None:
    """Every step with the share of unique rows after it; move, remove, undo."""
    st.header("Steps")
    if not who.recipe.protect:
        st.markdown(
            "None yet. Each step changes the table row by row, costs no privacy budget, and can be "
            "taken back."
        )
    else:
        came = unique_share(who, chain.keys[0], chain.stages[0], known)
        st.caption(f"As it came: {came:.1%} of rows are unique.")
    for place, document in enumerate(who.recipe.protect):
        with st.container(border=True, key=f"step{place}"):
            _show_step(who, chain, known, place, str(document.get("step")))
    _files(who, chain)
    if who.past and st.button("Undo the last change", icon=":material/undo:", key="undo"):
        who.undo()
        st.rerun()


def _files(who: Visitor, chain: Chain) -> None:
    """Bring the file that a step of an opened recipe names."""
    if isinstance(chain.error, StepError) and chain.error.key == "file":
        with explained():
            if bring_file(who, "The look-up table or hierarchy it names", "bring"):
                st.rerun()


def _show_step(who: Visitor, chain: Chain, known: Sequence[str], place: int, name: str) -> None:
    worked = place + 1 < len(chain.stages)
    words = _said(chain.stages[place + 1]) if worked else step_named(name).title
    st.markdown(f"**{place + 1}** {words}")
    if worked:
        stage = chain.stages[place + 1]
        unique = unique_share(who, chain.keys[place + 1], stage, known)
        notes = [f"{unique:.1%} of rows are unique after it"]
        notes += [f"{so_many(stage.left, 'row')} left out"] if stage.left else []
        notes += [f"{so_many(stage.emptied, 'cell')} emptied"] if stage.emptied else []
        st.caption(" · ".join(notes))
        if stage.step is not None:
            _mark(stage.step)
    elif chain.error is not None and place + 1 == len(chain.stages):
        st.error(f"{chain.error.what}\n\n**What to do:** {chain.error.remedy}")
    else:
        st.caption("Waits for the step above.")
    with st.container(horizontal=True, gap="small"):
        _buttons(who, place)


def _said(stage: Stage) -> str:
    return "" if stage.step is None else stage.step.said


def _mark(step: Step) -> None:
    """What it does to a promise, where it does something."""
    if step.seen:
        st.warning(STEP)
    if not step.depends_on_rows:
        return
    if step.paid:
        st.info("Learnt from noisy counts, paid for out of the privacy budget.")
    else:
        st.warning(
            f"Depends on other rows: {step.depends_on_rows}. No formal promise (epsilon) can be "
            "made with it."
        )


def _buttons(who: Visitor, place: int) -> None:
    steps = list(who.recipe.protect)
    moves = (
        ("up", ":material/arrow_upward:", place - 1, place == 0),
        ("down", ":material/arrow_downward:", place + 1, place == len(steps) - 1),
    )
    for word, icon, to, disabled in moves:
        if st.button(
            word.capitalize(),
            icon=icon,
            key=f"{word}{place}",
            disabled=disabled,
            type="tertiary",
        ):
            steps[place], steps[to] = steps[to], steps[place]
            who.protect(steps)
            st.rerun()
    if st.button(
        "Remove",
        icon=":material/delete:",
        key=f"remove{place}",
        type="tertiary",
    ):
        who.protect(steps[:place] + steps[place + 1 :])
        st.rerun()


def add_step(who: Visitor, chain: Chain, known: Sequence[str]) -> None:
    """Choose a step, fill it in, see what it does, add it."""
    with st.container(border=True, key="new_step"):
        st.markdown("**Add a step**")
        name = st.selectbox(
            "What should be done?",
            [s.name for s in STEPS],
            format_func=lambda n: step_named(n).title,
            index=None,
            placeholder="Choose a step",
            key=f"new {len(who.past)}",
        )
        if name is None:
            return
        kind = step_named(name)
        st.caption(kind.summary)
        with explained():
            document = ask_step(who, chain.last, kind, known)
            step = step_of(document, shelf_of(who))
            after = applied(chain.last, step, Audience.CUSTODIAN)
            _preview(who, chain, after, step, known)
            _mark(step)
            if st.button("Add this step", type="primary", key="add", icon=":material/add:"):
                who.protect([*who.recipe.protect, document])
                st.rerun()


def _preview(who: Visitor, chain: Chain, after: Stage, step: Step, known: Sequence[str]) -> None:
    """What the step would do: the risk, rows and cells, and values before and after."""
    before = chain.last
    was = unique_share(who, chain.key, before, known)
    notes = [
        f"Unique rows: {was:.1%} → {_unique_share(after, known):.1%}",
        f"rows left out: {after.left:,}",
        f"cells emptied: {after.emptied:,}",
    ]
    st.markdown(" · ".join(notes))
    if isinstance(step, ValueStep):
        settled = step.settled(before.private, Audience.CUSTODIAN)
        (column,) = before.private.exact_codes((step.column,), REASON, Audience.CUSTODIAN)
        counts = np.bincount(column.codes, minlength=column.size)
        top = np.argsort(-counts, kind="stable")[:PREVIEWED]
        values = pd.DataFrame({step.column: [column.labels[i] for i in top]})
        changed = settled(values.copy())
        shown = pd.DataFrame(
            {
                "before": values[step.column],
                "after": changed[step.target].astype(object),
                "rows": counts[top],
            }
        )
        st.dataframe(shown, hide_index=True, alt="The most frequent values before and after")
