"""Attacks on the Compare screen: who would try what, what came of it, and what would help."""

from __future__ import annotations

import hashlib

import streamlit as st

from synth.evaluate.attacks import Attempt, Result, counted
from synth.runs.recipe import EvaluatePart
from ui.gate import lines_of, show_line
from ui.method.progress import show_job
from ui.shell.settings import writing
from ui.shell.visitor import Made, Visitor, explained

ASIDE = (
    "To tell whether the release gives people away, some are set aside by a coin each before the "
    "table is read: who is found out in it and not outside was given away. The release is then "
    "made anew of the others, so it has fewer people and noise weighs more. That is a new run."
)
SHADOWS = (
    "An attacker who has the method trains it on people like these (shadow models), to learn what "
    "trace somebody leaves. Each takes about as long as the run itself; nothing of it is released."
)
USUAL, USUAL_SHADOWS = 0.2, 8
FINDINGS = ("attack ", "copies ")


def show_attacks(who: Visitor, made: Made) -> None:
    """What came of the attacks on this run, and a way to try them."""
    show_job(who)
    tried = made.comparison.attacks
    if tried:
        more = " succeed" if all(a.result is Result.HOLDS for a in tried) else ""
        st.markdown(f"Of the attacks, **{counted(tried)}{more}**.")
        _show_findings(who, made)
        for result in Result:
            _show_all([a for a in tried if a.result is result], result)
        st.caption(
            "Rows are taken for people. That no attack succeeded does not show that none can; a "
            "formal promise holds against attackers nobody thought of."
        )
    else:
        st.info("No attack was tried on this run: nobody was set aside.")
    _ask(who, made, again=bool(tried))


def _show_findings(who: Visitor, made: Made) -> None:
    """What succeeded, each with its remedies to click."""
    lines = [line for line in lines_of(made) if line.key.startswith(FINDINGS)]
    run = hashlib.sha256(made.zipped).hexdigest()[:12]
    for place, line in enumerate(lines):
        with st.container(border=True, key=f"attack.line.{place}"):
            show_line(who, made, line, f"compare.{run}.{place}", busy=who.busy)


def _show_all(tried: list[Attempt], result: Result) -> None:
    if not tried:
        return
    with st.expander(f"{result.value.capitalize()}: {len(tried)}"):
        for one in tried:
            threat = one.threat
            st.markdown(
                f"**{threat.name.capitalize()}.** {threat.who} {threat.knows} {threat.wants}\n\n"
                f"{one.plain}"
            )


def _ask(who: Visitor, made: Made, *, again: bool) -> None:
    """How many to set aside, what is known and wanted; then a run."""
    names = [c.name for c in made.bundle.schema.modelled]
    now = who.recipe.evaluate
    with st.form("attacks.form"):
        st.caption(ASIDE)
        share = st.slider(
            "Percent of people to set aside",
            5,
            50,
            round(100 * (now.holdout or USUAL)),
            5,
            key="attacks.share",
        )
        known, secrets = _ask_columns(now, names)
        shadows = st.number_input(
            "How often to train the method on other people (0: not)",
            0,
            64,
            now.shadows if now.holdout else USUAL_SHADOWS,
            help=SHADOWS,
            key="attacks.shadows",
        )
        label = "Set people aside anew, and try again" if again else "Make it again and try attacks"
        wanted = st.form_submit_button(label, disabled=who.busy)
    if wanted:
        with explained():
            told = EvaluatePart(
                holdout=share / 100,
                known=tuple(known),
                secrets=tuple(secrets),
                shadows=int(shadows),
            )
            who.decide(evaluate=told)
            who.run(writing())
            st.rerun()
    if now.holdout and st.button("Set nobody aside in the next run", key="attacks.nobody"):
        who.decide(evaluate=now.model_copy(update={"holdout": 0.0}))
        st.rerun()


def _ask_columns(now: EvaluatePart, names: list[str]) -> tuple[list[str], list[str]]:
    """What is known and wanted of a person."""
    known = st.multiselect(
        "What an attacker may know of a person (empty: the quasi-identifiers)",
        names,
        default=[n for n in now.known if n in names],
        key="attacks.known",
    )
    secrets = st.multiselect(
        "What they would like to learn (empty: the sensitive columns)",
        names,
        default=[n for n in now.secrets if n in names],
        key="attacks.secrets",
    )
    return known, secrets
