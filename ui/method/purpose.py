"""What will they do with it: asked first, proposed by, and rehearsed before a row is read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import combinations
from typing import TypeVar

import streamlit as st

from synth.budget.figures import up
from synth.ingest.declaration import ColumnPart
from synth.progress import Progress
from synth.protect.steps import Shelf
from synth.runs import Recipe
from synth.runs.declared_shape import DeclaredShape, shape_of
from synth.runs.fixes import USUAL, Fix
from synth.runs.proposals import proposals, told_of
from synth.runs.purpose import WORDS, PurposePart, Use
from synth.runs.recipe_file import recipe_text
from synth.runs.rehearsal import (
    EPSILONS,
    Expected,
    Rehearsed,
    counts_anything,
    epsilon_for_purpose,
    ladder,
    rehearse,
)
from synth.schema import Role
from ui.gate import tell_widgets
from ui.shell.visitor import Visitor, explained
from ui.shell.work import in_background

ROWS_HELP = (
    "A round number, as you would say it without counting: it is taken as known. No row is "
    "read here; which columns are identifiers is taken from *Columns*."
)
WITHIN_HELP = "In people: of 20 counts, 19 are to be this near to the real one. 0: not said."
SLOPE_HELP = "In standard deviations. 0: not said."
T = TypeVar("T")
TRIPLES_OF = 12  # columns, up to which three at a time are offered
TRIED, SOLVED, MORE = "rehearsal.tried", "rehearsal.solved", "rehearsal.more"


def ask_purpose(who: Visitor) -> None:
    """What recipients will do, what serves that, and how accurate it would be."""
    with st.expander("What will they do with it?", expanded=bool(who.recipe.purpose.use)):
        st.caption(
            "Say what the rows are for, and settings are proposed and tried on a made-up table. "
            "No row is read for it, and it costs no budget. All of it can be overruled below."
        )
        who.decide(purpose=_ask(who))
        if not who.recipe.purpose.use:
            return
        with explained():
            _propose(who)
            if counts_anything(who.recipe.purpose):
                _rehearse(who)


def _ask(who: Visitor) -> PurposePart:
    now, names = who.recipe.purpose, _names(who)
    uses = st.pills(
        "They will use it for",
        list(Use),
        selection_mode="multi",
        default=list(now.use),
        format_func=lambda use: WORDS[use],
        key="purpose.use",
        persist_state="session",
    )
    told = now.model_copy(update={"use": tuple(u for u in Use if u in uses)})
    if not told.use:
        return told
    if Use.TABLES in told.use:
        told = told.model_copy(update=_ask_tables(told, names))
    if Use.MODEL in told.use:
        told = told.model_copy(update=_ask_model(told, names))
    left, middle, right = st.columns(3)
    rows = left.number_input(
        "About how many people are there?", 0, value=now.rows, help=ROWS_HELP, key="purpose.rows"
    )
    within = middle.number_input(
        "Counts may be off by", 0.0, value=now.within, help=WITHIN_HELP, key="purpose.within"
    )
    slope = right.number_input(
        "Coefficients may be off by", 0.0, value=now.slope, help=SLOPE_HELP, key="purpose.slope"
    )
    return told.model_copy(update={"rows": int(rows), "within": within, "slope": slope})


def _shape(who: Visitor) -> DeclaredShape:
    return shape_of(_declared(who), tuple(who.schema.names), Shelf(given=who.files))


def _declared(who: Visitor) -> Recipe:
    """The recipe, with the columns that name a person as they are on Columns."""
    told = {p.name: p for p in who.recipe.column}
    for column in who.schema:
        if not column.modelled:
            part = told.get(column.name, ColumnPart(name=column.name))
            told[column.name] = part.model_copy(update={"role": Role.IDENTIFIER})
    return who.recipe.model_copy(update={"column": tuple(told.values())})


def _names(who: Visitor) -> list[str]:
    """The columns that can be asked about: those after the steps, but identifiers."""
    return [c.name for c in _shape(who).schema.modelled]


def _ask_tables(now: PurposePart, names: list[str]) -> dict[str, tuple[object, ...]]:
    """Columns that are counted by themselves, and together."""
    ready = [n for n in now.columns if n in names]
    columns = st.multiselect("Columns they count", names, default=ready, key="purpose.columns")
    lengths = (2, 3) if len(names) <= TRIPLES_OF else (2,)
    offered: list[tuple[str, ...]] = [c for n in lengths for c in combinations(names, n)]
    before = [c for c in now.crossings if set(c) <= set(names)]
    crossings = st.multiselect(
        "Columns they cross",
        list(dict.fromkeys([*before, *offered])),
        default=before,
        format_func=" × ".join,
        key="purpose.crossings",
    )
    return {"columns": tuple(columns), "crossings": tuple(crossings)}


def _ask_model(now: PurposePart, names: list[str]) -> dict[str, object]:
    left, right = st.columns(2)
    target = left.selectbox(
        "What is to be explained (target)",
        names,
        index=names.index(now.target) if now.target in names else None,
        placeholder="a column",
        key="purpose.target",
    )
    ready = [n for n in now.predictors if n in names and n != target]
    predictors = right.multiselect(
        "By what (predictors)",
        [n for n in names if n != target],
        default=ready,
        key="purpose.predictors",
    )
    return {"target": target or "", "predictors": tuple(predictors)}


def _propose(who: Visitor) -> None:
    """Each proposal with its reason and a button."""
    found = proposals(who.recipe, _shape(who))
    if found:
        st.markdown("**Proposed for that**, by names and what you declared alone:")
    for number, one in enumerate(found):
        said, button = st.columns([5, 1], vertical_alignment="center")
        said.markdown(one.plain)
        label = f"Take: {one.fix.words}"
        if button.button("Take", key=f"purpose.take.{number}", help=label):
            _take(who, one.fix)


def _take(who: Visitor, fix: Fix) -> None:
    changed = fix.of(who.recipe)
    if changed.protect != who.recipe.protect:
        who.protect(changed.protect)
    who.decide(privacy=changed.privacy, method=changed.method, column=changed.column)
    tell_widgets(changed)
    for name, value in (fix.settings or {}).items():
        st.session_state.pop(f"{changed.method.name}.{name}", value)
    st.rerun()


def _rehearse(who: Visitor) -> None:
    """Buttons, then what came of it: on a thread, with progress and a stop."""
    recipe = who.recipe
    about = _about(who)
    wanted = recipe.purpose.within or recipe.purpose.slope
    with st.container(horizontal=True):
        if st.button("How accurate would it be?", key="purpose.try", icon=":material/science:"):
            st.session_state[TRIED] = about
        if wanted and st.button("Find the epsilon for that", key="purpose.solve"):
            st.session_state[SOLVED] = about
        if recipe.formal and st.button("What would more epsilon buy?", key="purpose.more"):
            st.session_state[MORE] = about
    if st.session_state.get(TRIED) == about:
        found = _worked(who, f"rehearse {about}", rehearse)
        if found is not None:
            _show(found, recipe)
    if wanted and st.session_state.get(SOLVED) == about:
        _solve(who, about)
    if recipe.formal and st.session_state.get(MORE) == about:
        show_more(who, _worked(who, f"more {about}", ladder))


def _solve(who: Visitor, about: str) -> None:
    def looked(
        recipe: Recipe, names: tuple[str, ...], tell: Progress, shelf: Shelf
    ) -> tuple[Rehearsed | None]:
        return (epsilon_for_purpose(recipe, names, tell, shelf),)

    found = _worked(who, f"solve {about}", looked)
    if found is None:
        return
    best = found[0]
    if best is None or best.epsilon is None:
        st.warning(
            f"Not even ε = {EPSILONS[-1]:g} is accurate enough. Ask for less, leave out columns, "
            "or make them coarser."
        )
        return
    st.success(f"ε = {best.epsilon:g} is accurate enough.")
    if best.epsilon > USUAL:
        st.warning(f"Mind: {told_of(best.epsilon, who.recipe)}.")
    other = best.epsilon != who.recipe.privacy.epsilon
    if other and st.button(f"Take ε = {best.epsilon:g}", key="purpose.epsilon"):
        _take(who, Fix("", epsilon=best.epsilon))


def show_more(who: Visitor, found: tuple[Rehearsed, ...] | None) -> None:
    """Each answer at each epsilon, and what that epsilon takes from the people in the table."""
    if not found:
        return
    names = list(dict.fromkeys(e.what for one in found for e in one.expected))
    told = {"answers": names}
    for one in found:
        within = {e.what: e for e in one.expected}
        told[f"ε = {one.epsilon:g}"] = [_within(within.get(n), who.recipe) for n in names]
    st.dataframe(told, hide_index=True, alt="How accurate each answer is, at each epsilon")
    st.caption("Of 20 answers, 19 are this near. A star: as accurate as you want, where you say.")
    high = [one.epsilon for one in found if one.epsilon and one.epsilon > USUAL]
    for epsilon in high:
        if epsilon != who.recipe.privacy.epsilon:
            words = told_of(epsilon, who.recipe).removeprefix("that is ")
            st.markdown(f"**ε = {epsilon:g}** is {words}.")


def _within(one: Expected | None, recipe: Recipe) -> str:
    wanted = recipe.purpose.within or recipe.purpose.slope
    if one is None:
        return ""
    return f"± {up(one.within, 2)}" + (" *" if wanted and one.enough(recipe.purpose) else "")


def _about(who: Visitor) -> str:
    """The same as long as everything that a rehearsal depends on is."""
    told = f"{recipe_text(who.recipe)} {who.schema.names} {sorted(who.files.items())}"
    return hashlib.sha256(told.encode()).hexdigest()


def _worked(
    who: Visitor, key: str, work: Callable[[Recipe, tuple[str, ...], Progress, Shelf], T]
) -> T | None:
    recipe, names, shelf = _declared(who), tuple(who.schema.names), Shelf(given=dict(who.files))
    title = "Trying it on a made-up table …"
    return in_background(who, key, lambda tell: work(recipe, names, tell, shelf), title)


def _show(found: Rehearsed, recipe: Recipe) -> None:
    lines = []
    for one in found.expected:
        short = "" if one.enough(recipe.purpose) else " — **less accurate than you want**"
        words = one.plain.replace("_", "\\_")
        lines.append(f"- {words[:1].upper()}{words[1:]}{short}")
    st.markdown("\n".join(lines))
    st.caption(" ".join(found.notes))
