"""Find it for me: the search on a thread of its own, and the lattice as a picture to click."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from synth.budget import Audience
from synth.errors import SynthError
from synth.protect import charts as risk_charts
from synth.protect.lattice import Goal, Ladder, Space, ladder, search, steps_for, usual_hierarchy
from synth.protect.risk.summary import REASON
from synth.protect.steps.hierarchy import BUILT_IN, Hierarchy, listed_hierarchy
from synth.schema import Role
from synth.vault.coded import Coded
from ui.protect.chain import Chain
from ui.shell.visitor import Visitor, explained

LOSSES = {
    "entropy": "how much the columns tell (non-uniform entropy)",
    "generalisation": "how wide the groups get (weighted)",
    "discernibility": "how large the groups get (discernibility)",
}


class Stopped(Exception):
    """The visitor stopped the search."""


@dataclass
class Search:
    """One search of the lattice, in the background."""

    share: float = 0.0
    space: Space | None = None
    error: SynthError | None = None
    cancelled: bool = False
    finished: threading.Event = field(default_factory=threading.Event)

    def start(self, ladders: Sequence[Ladder], goal: Goal, sensitive: Coded | None) -> None:
        """Search; `share` tells how far it is."""
        args = (ladders, goal, sensitive)
        threading.Thread(target=self._run, args=args, daemon=True).start()

    def _run(self, ladders: Sequence[Ladder], goal: Goal, sensitive: Coded | None) -> None:
        try:
            self.space = search(ladders, goal, sensitive, self._tick)
        except SynthError as error:
            self.error = error
        except Stopped:
            self.cancelled = True
        finally:
            self.finished.set()

    def _tick(self, share: float) -> None:
        if self.cancelled:
            raise Stopped
        self.share = share


def show_search(who: Visitor, chain: Chain, known: Sequence[str], k: int) -> None:
    """Ask what is wanted, search, and show what was found."""
    st.markdown(
        f"Generalise the columns just enough that everybody looks like at least {k - 1} others, "
        "and lose as little as possible on the way."
    )
    if not known:
        st.info("Choose above what someone may already know.")
        return
    goal, sensitive = _ask_goal(chain, known, k)
    ladders = _ask_ladders(who, chain, known)
    if st.button("Search", key="search", icon=":material/search:"):
        who.search = Search()
        who.search.start(ladders, goal, sensitive)
        who.searched = _state(who, known)
    running = who.search
    if running is None or who.searched != _state(who, known):
        return
    if not running.finished.is_set():
        _watch(running)
    elif running.error is not None:
        st.error(f"{running.error.what}\n\n**What to do:** {running.error.remedy}")
    elif running.space is not None:
        _show_space(who, running.space)


def _state(who: Visitor, known: Sequence[str]) -> str:
    return f"{who.recipe.protect} {list(known)}"


@st.fragment(run_every=0.4)
def _watch(running: Search) -> None:
    if running.finished.is_set():
        st.rerun()
    st.progress(min(1.0, running.share), "Looking at combinations of levels …")
    if st.button("Stop the search", key="stop_search", icon=":material/stop_circle:"):
        running.cancelled = True
        running.finished.wait(5)
        st.rerun()


def _ask_goal(chain: Chain, known: Sequence[str], k: int) -> tuple[Goal, Coded | None]:
    left, right = st.columns(2)
    percent = left.number_input(
        "Percent of rows that may be left out", 0.0, 50.0, 2.0, 0.5, key="suppression"
    )
    loss = right.selectbox(
        "Lose least of", list(LOSSES), format_func=lambda x: LOSSES[x], key="loss"
    )
    secret = [n for n in chain.last.private.schema.with_roles_of(Role.SENSITIVE) if n not in known]
    if not secret:
        return Goal(k=k, suppression=percent / 100, loss=loss), None
    one, two, three = st.columns(3)
    column = one.selectbox("Sensitive column", secret, key="secret")
    distinct = two.number_input(
        "Different values in each group (l)", 1, 50, 1, key="distinct", help="1: no demand."
    )
    closeness = three.number_input(
        "Largest distance (t)", 0.01, 1.0, 1.0, 0.05, key="closeness", help="1: no demand."
    )
    goal = Goal(
        k=k, suppression=percent / 100, loss=loss, distinct=int(distinct), closeness=closeness
    )
    return goal, chain.last.private.exact_codes((column,), REASON, Audience.CUSTODIAN)[0]


def _ask_ladders(who: Visitor, chain: Chain, known: Sequence[str]) -> list[Ladder]:
    """One hierarchy per column: what fits, a built-in one, or the visitor's own."""
    made = []
    columns = chain.last.private.exact_codes(tuple(known), REASON, Audience.CUSTODIAN)
    with st.expander("How each column can be generalised"):
        for column in columns:
            usual = usual_hierarchy(column, chain.last.private.schema[column.name].kind)
            options = ["what fits", *BUILT_IN, *who.files]
            picked = st.selectbox(column.name, options, key=f"hierarchy {column.name}")
            with explained():
                hierarchy, file = _hierarchy(who, picked, usual)
                made.append(ladder(column, hierarchy, file))
            levels = [made[-1].words(level) for level in range(made[-1].top + 1)]
            st.caption(" → ".join(levels))
    return made


def _hierarchy(who: Visitor, picked: str, usual: Hierarchy) -> tuple[Hierarchy, str]:
    if picked in BUILT_IN:
        return BUILT_IN[picked], ""
    if picked in who.files:
        return listed_hierarchy(who.files[picked], picked), picked
    return usual, ""


def _show_space(who: Visitor, space: Space) -> None:
    """The best node in words, and the picture, of which every point can be taken."""
    if space.best is None:
        st.warning("Not even leaving all these columns out is enough. Allow more rows to go.")
        return
    frame = risk_charts.space_frame(space)
    event = st.altair_chart(
        risk_charts.space_chart(frame),
        on_select="rerun",
        selection_mode="node",
        key="space",
        alt="Every combination of levels: what it loses, and whether it protects enough",
    )
    picked = _picked(event, frame)
    levels = space.best.levels if picked is None else picked
    node = space.evaluate(levels)
    word = "Best" if picked is None else "Chosen"
    st.markdown(f"**{word}:** {space.words(levels)}")
    share = node.suppressed / space.rows if space.rows else 0.0
    st.caption(
        f"Loss {node.loss:,.0f}; {node.suppressed:,} rows ({share:.1%}) still stand out. "
        f"{space.looked:,} of {len(space.levels):,} combinations were worked out; no other "
        "can be better."
    )
    if not node.holds:
        st.warning("This one does not protect enough.")
    leave = bool(node.suppressed) and st.toggle(
        f"Also leave out the {node.suppressed:,} rows that still stand out",
        value=not _promised(who),
        key="leave",
        help="This depends on what other rows hold, so no formal promise (epsilon) can be made. "
        "With a promise, noise protects these people instead.",
    )
    if st.button("Use this", type="primary", key="use_node", icon=":material/check:"):
        steps = steps_for(space.ladders, levels, space.goal.k, node.suppressed if leave else 0)
        who.protect([*who.recipe.protect, *(s.document() for s in steps)])
        st.rerun()


def _promised(who: Visitor) -> bool:
    """Whether the release is to carry a formal promise."""
    return who.recipe.formal


def _picked(event: object, frame: pd.DataFrame) -> tuple[int, ...] | None:
    """The node that was clicked."""
    chosen = getattr(event, "selection", {}).get("node", [])
    if not chosen:
        return None
    found = frame.loc[frame["node"] == chosen[0].get("node"), "node"]
    return tuple(int(x) for x in str(found.iloc[0]).split(",")) if len(found) else None


__all__ = ["Search", "show_search"]
