"""Stories of people who could be found, and what would help, each with a button."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from synth.budget import Audience
from synth.budget.eyes import ForCustodian
from synth.progress import Progress
from synth.protect.advice import Advice, Story, advise, stories
from synth.protect.risk import Classes, classes_of
from synth.protect.risk.summary import REASON
from synth.wording import so_many
from ui.protect.chain import Chain
from ui.protect.looked import TIP, say_before
from ui.shell.visitor import Visitor
from ui.shell.work import in_background

MOST = 7  # changes shown
PER_COLUMN = 2


def show_help(who: Visitor, chain: Chain, known: Sequence[str], k: int) -> None:
    """Who is rare now, and which one change would help most."""
    if not known:
        st.info("Choose above what someone may already know.")
        return
    key = f"help {chain.key} {list(known)} {k}"
    found = in_background(who, key, lambda tell: helped(chain, known, k, tell), "Trying changes …")
    if found is None:
        return
    if not found.stories:
        st.success(f"Nobody stands out: fewer than {k} people never share up to 4 of these values.")
        return
    if found.tried:
        say_before(who.recipe)
    st.markdown("**People who stand out**")
    for place, (story, best) in enumerate(found.stories):
        _show_story(who, place, story, best)
    if not found.tried:
        st.info("No single change makes groups larger. Try **Find it for me**.")
        return
    st.markdown("**What would help most**, tried out on your table:")
    for place, advice in enumerate(found.tried):
        _show_advice(who, advice, place, k)


@dataclass(frozen=True, repr=False)
class Help(ForCustodian):
    """Who stands out, each with the best change of one of their columns; and what helps most."""

    stories: tuple[tuple[Story, Advice | None], ...]
    tried: tuple[Advice, ...]


def helped(chain: Chain, known: Sequence[str], k: int, progress: Progress) -> Help:
    """Every change that could help, tried out once."""
    columns = chain.last.private.exact_codes(known, REASON, Audience.CUSTODIAN)
    told = stories(columns, fewer_than=k)
    if not told:
        return Help((), ())
    now = classes_of(columns, chain.last.rows)
    tried = advise(chain.stages, known, k=k, progress=progress)
    best = [next((a for a in tried if a.column in story.columns), None) for story in told]
    helping = [a for a in tried if _helps(a, now, k)]
    return Help(tuple(zip(told, best, strict=True)), tuple(_few(helping)))


def _show_story(who: Visitor, place: int, story: Story, best: Advice | None) -> None:
    """A few people, and the change of one of these columns that would help them most."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"story{place}"):
        then = "" if best is None else f" Changed so: {best.unique:.1%} unique."
        st.markdown(f"{story}.{then}", width="stretch")
        if best is not None and st.button(
            f"{best.words[0].upper()}{best.words[1:]}", key=f"mend{place}", help=TIP
        ):
            who.protect([s.document() for s in best.steps])
            st.rerun()


def _helps(advice: Advice, now: Classes, k: int) -> bool:
    return advice.below < now.below(k) or round(advice.unique, 3) < round(now.unique_share, 3)


def _few(found: Sequence[Advice]) -> list[Advice]:
    """The best two of each column, as many as fit."""
    seen: Counter[str] = Counter()
    kept = []
    for advice in found:
        seen[advice.column] += 1
        if seen[advice.column] <= PER_COLUMN:
            kept.append(advice)
    return kept[:MOST]


def _show_advice(who: Visitor, advice: Advice, place: int, k: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"advice{place}"):
        lost = " (loses the column)" if advice.loses else ""
        st.markdown(
            f"**{advice.words[0].upper()}{advice.words[1:]}**{lost}: "
            f"{advice.unique:.1%} unique, {so_many(advice.below, 'row')} in groups below {k}",
            width="stretch",
        )
        if st.button("Do it", key=f"do{place}", help=TIP):
            who.protect([s.document() for s in advice.steps])
            st.rerun()
