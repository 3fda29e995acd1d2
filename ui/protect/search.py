"""Find it for me: the search on a thread of its own, and the lattice as a picture to click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from synth.budget import Audience
from synth.progress import Progress
from synth.protect import charts as risk_charts
from synth.protect.lattice import (
    EVERY,
    Compromise,
    Goal,
    Ladder,
    Matters,
    fewer_levels,
    ladder,
    steps_for,
    theme_of,
    usual_ladder,
    ways,
)
from synth.protect.risk.summary import REASON
from synth.protect.steps.hierarchy import BUILT_IN, listed_hierarchy
from synth.schema import Kind, Role
from synth.vault.coded import Coded
from synth.wording import so_many
from ui.protect.chain import Chain
from ui.protect.looked import TIP, say_before
from ui.shell.visitor import Visitor
from ui.shell.work import in_background

LOSSES = {
    "entropy": "how much the columns tell (non-uniform entropy)",
    "generalisation": "how wide the groups get (weighted)",
    "discernibility": "how large the groups get (discernibility; all columns matter alike)",
}


def show_search(who: Visitor, chain: Chain, known: Sequence[str], k: int, person: str = "") -> None:
    """Ask what is wanted, search, and show what was found."""
    st.markdown(
        f"Generalise the columns just enough that everybody looks like at least {k - 1} others, "
        "and lose as little as possible on the way."
    )
    if not known:
        st.info("Choose above what someone may already know.")
        return
    matters = _ask_matters(who, known)
    private = chain.last.private
    goal, secret = _ask_goal(chain, known, k)
    ladders = _ask_ladders(who, chain, matters, goal, person)
    if ladders is None:
        return
    levels = [(one.name, [rung.words for rung in one.rungs]) for one in ladders]
    about = f"search {chain.key} {levels} {list(matters.values())} {goal} {secret} {person}"
    if st.button("Search", key="search", icon=":material/search:"):
        if about in who.works:
            who.works.pop(about).stop()
        who.searched = about
    if who.searched != about:
        return
    doing = "Looking at combinations of levels …"
    themes = {
        n: theme_of(n, private.schema[n].kind) for n in known if matters[n] is not Matters.ALL
    }

    def searched(tell: Progress) -> tuple[Compromise, ...]:
        owner, sensitive = _codes(chain, person), _codes(chain, secret)
        said = partial(tell, doing=doing)
        return ways(ladders, goal, matters, themes, sensitive, said, owner)

    found = in_background(who, about, searched, doing)
    if found is not None:
        _show_space(who, _ask_way(found, matters), matters, person)


def _ask_matters(who: Visitor, known: Sequence[str]) -> dict[str, Matters]:
    """How much the detail of each column matters; kept with the visitor."""
    st.markdown("**How much does the detail of each column matter?**")
    options = list(Matters)
    told = {}
    for name in known:
        now = Matters(who.matters.get(name, Matters.SOME))
        told[name] = st.radio(
            name, options, options.index(now), key=f"matters {name}", horizontal=True
        )
        who.matters[name] = told[name].value
    return told


def _ask_way(found: Sequence[Compromise], matters: Mapping[str, Matters]) -> Compromise:
    """The proposals, each with what it does to every column; one of them is looked at."""
    if len(found) == 1 and found[0].also:
        st.caption(f"{found[0].label}.")
    if found[0].space.best is not None and EVERY not in {way.name for way in found}:
        st.info(
            "Too few look alike for something of every column that matters to stay. Say above "
            "which do not matter, let more rows go, or ask for a smaller k."
        )
    if len(found) == 1:
        return found[0]
    named = {way.label: way for way in found}
    told = [
        f"{way.plain(way.space.best.levels, matters)}. {_capital(way.loses(way.space.best))}"
        if way.space.best is not None
        else ""
        for way in found
    ]
    chosen = st.radio("Which way suits?", list(named), captions=told, key="way")
    return named[chosen]


def _ask_goal(chain: Chain, known: Sequence[str], k: int) -> tuple[Goal, str]:
    """What has to hold, and the sensitive column that it is asked of; "" where there is none."""
    left, right = st.columns(2)
    percent = left.number_input(
        "Percent of rows that may be left out", 0.0, 50.0, 2.0, 0.5, key="suppression"
    )
    loss = right.selectbox(
        "Lose least of", list(LOSSES), format_func=lambda x: LOSSES[x], key="loss"
    )
    secret = [n for n in chain.last.private.schema.with_roles_of(Role.SENSITIVE) if n not in known]
    if not secret:
        return Goal(k=k, suppression=percent / 100, loss=loss), ""
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
    return goal, str(column)


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _ask_ladders(
    who: Visitor, chain: Chain, matters: Mapping[str, Matters], goal: Goal, person: str
) -> tuple[Ladder, ...] | None:
    """The levels of each column: what fits, a built-in hierarchy, or the visitor's own.

    None while they are worked out.
    """
    private, files, known = chain.last.private, dict(who.files), list(matters)
    with st.expander("How each column can be generalised"):
        options = ["what fits", *BUILT_IN, *files]
        picked = {n: str(st.selectbox(n, options, key=f"hierarchy {n}")) for n in known}

        def worked_out(tell: Progress) -> tuple[Ladder, ...]:
            made, owner = [], _codes(chain, person)
            for place, name in enumerate(known):
                tell(place / len(known), "Looking at the levels of each column …")
                column, kind = _codes(chain, name), private.schema[name].kind
                assert column is not None, "it has a name"
                made.append(_ladder(files, picked[name], column, kind, goal.k, owner))
            return tuple(made)

        key = f"ladders {chain.key} {picked} {goal.k} {person}"
        made = in_background(who, key, worked_out, "Looking at the levels of each column …")
        if made is None:
            return None
        for one in made:
            st.caption(f"{one.name}: {' → '.join(rung.words for rung in one.rungs)}")
        free = [one.unchanged if matters[one.name] is Matters.ALL else one for one in made]
        tried = fewer_levels(free, goal.k, goal.suppression)
        fewer = [one.name for one, all_ in zip(tried, free, strict=True) if one is not all_]
        if fewer:
            st.caption(f"To be quick, not every level is tried of {', '.join(fewer)}.")
    return tried


def _codes(chain: Chain, name: str) -> Coded | None:
    """One column after the steps; None without a name."""
    if not name:
        return None
    return chain.last.private.exact_codes((name,), REASON, Audience.CUSTODIAN)[0]


def _ladder(
    files: Mapping[str, str], picked: str, column: Coded, kind: Kind, k: int, owner: Coded | None
) -> Ladder:
    if picked in BUILT_IN:
        return ladder(column, BUILT_IN[picked])
    if picked in files:
        return ladder(column, listed_hierarchy(files[picked], picked), picked)
    return usual_ladder(column, kind, k, owner)


def _show_space(who: Visitor, way: Compromise, matters: Mapping[str, Matters], person: str) -> None:
    """The best node in words, and the picture, of which every point can be taken."""
    space = way.space
    if space.best is None:
        fixed = Matters.ALL in matters.values()
        st.warning(
            "Nothing protects enough as long as these columns must stay as they are. Let one of "
            "them change, or allow more rows to go."
            if fixed
            else "Not even leaving all these columns out is enough. Allow more rows to go."
        )
        return
    picked = _ask_node(way)
    levels = space.best.levels if picked is None else picked
    node = space.evaluate(levels)
    word = "Proposed" if picked is None else "Chosen"
    st.markdown(f"**{word}:** {way.plain(levels, matters)}")
    share = node.suppressed / space.rows if space.rows else 0.0
    st.caption(
        f"{_capital(way.loses(node))}; "
        f"{so_many(node.suppressed, 'row')} ({share:.1%}) still "
        f"{'stands' if node.suppressed == 1 else 'stand'} out. "
        f"{space.looked:,} of {len(space.levels):,} combinations were worked out; by the measure "
        "above none of the others loses less."
    )
    if not node.holds:
        st.warning("This one does not protect enough.")
    leave = bool(node.suppressed) and st.toggle(
        "Also leave out what still stands out: " + so_many(node.suppressed, "row"),
        value=not _promised(who),
        key="leave",
        help="This depends on what other rows hold, so no formal promise (epsilon) can be made. "
        "With a promise, noise protects these people instead.",
    )
    say_before(who.recipe)
    if st.button("Use this", type="primary", key="use_node", icon=":material/check:", help=TIP):
        steps = steps_for(
            space.ladders, levels, space.goal.k, node.suppressed if leave else 0, person
        )
        who.protect([*who.recipe.protect, *(s.document() for s in steps)])
        st.rerun()


def _ask_node(way: Compromise) -> tuple[int, ...] | None:
    """The picture of all combinations of levels, and the one that was clicked in it."""
    frame = risk_charts.space_frame(way.space)
    event = st.altair_chart(
        risk_charts.space_chart(frame),
        on_select="rerun",
        selection_mode="node",
        key=f"space {way.name}",
        alt="Every combination of levels: what it loses, and whether it protects enough",
    )
    return _picked(event, frame)


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
