"""What one click can say of the columns: a public list that one holds, a repair that one needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import streamlit as st

from synth.errors import SynthError
from synth.ingest import Loaded
from synth.ingest.declaration import ColumnPart
from synth.ingest.public import PUBLIC, proposed
from synth.ingest.repairs import Repair
from synth.ingest.reread import Reread
from synth.schema import Origin
from ui.shell.visitor import Visitor

T = TypeVar("T")
AT_ONCE = 8  # proposals shown before the rest is folded away


def show_public(who: Visitor, loaded: Loaded) -> None:
    """Columns that seem to hold a public list, each declared by a click."""
    open_ = {c.name for c in who.schema if c.facts is Origin.OBSERVED}
    found = {n: key for n, s in loaded.suggestions.items() if n in open_ and (key := proposed(s))}
    if not found:
        return
    with st.container(border=True):
        st.markdown(
            "**Known without the rows?** The names of these columns tell what they may hold, and "
            "your rows agree. What is declared costs no budget. Declare what you would have said "
            "had you never seen this table."
        )
        for name, key in list(found.items())[:AT_ONCE]:
            told, click = st.columns([4, 1], vertical_alignment="center")
            told.markdown(f"`{name}`: {PUBLIC[key].title}")
            if click.button("Declare", key=f"public {loaded.token} {name}", width="stretch"):
                _declare(who, {name: key})
        if len(found) > 1 and st.button(
            f"Declare all {len(found)}", key=f"public {loaded.token}", type="secondary"
        ):
            _declare(who, found)


def _declare(who: Visitor, keys: dict[str, str]) -> None:
    before = {p.name: p for p in who.recipe.column}
    made = []
    for name, key in keys.items():
        said = before.get(name, ColumnPart(name=name))
        made.append(ColumnPart(name=name, public=key, meaning=said.meaning, codes=said.codes))
    put(who, made)


def put(who: Visitor, parts: Sequence[ColumnPart]) -> None:
    """Declare columns in place of what was said of them before."""
    told = {p.name: p for p in (*who.recipe.column, *parts)}
    try:
        who.declare(list(told.values()))
    except SynthError as error:
        st.error(f"{error.what}\n\n**What to do:** {error.remedy}")
        return
    st.rerun()


def show_reread(who: Visitor, loaded: Loaded) -> None:
    """What is read otherwise than it is written, and a click that undoes it."""
    declared = {p.name for p in who.recipe.column if p.kind is not None}
    every = (r for s in loaded.suggestions.values() for r in s.reread)
    found = [r for r in every if r.column not in declared]
    if not found:
        return
    with st.container(border=True):
        st.markdown(
            "**Read otherwise than written.** Each cell by itself, by a rule that everybody knows; "
            "your file stays as it is. The cells are for your eyes. What you change here was "
            "chosen after looking, and the statement will say so."
        )
        _a_few(found, partial(_show_reread, who, loaded))


def _a_few(found: Sequence[T], show: Callable[[T], None]) -> None:
    """The first of many at once, the others folded up."""
    for one in found[:AT_ONCE]:
        show(one)
    if found[AT_ONCE:]:
        with st.expander(f"{len(found) - AT_ONCE} more"):
            for one in found[AT_ONCE:]:
                show(one)


def _show_reread(who: Visitor, loaded: Loaded, reread: Reread) -> None:
    told, click = st.columns([3, 1], vertical_alignment="center")
    told.markdown(f"`{reread.column}`: {reread.says} {_arrows(reread.examples, '(missing)')}")
    key = f"reread {loaded.token} {reread.column} {reread.label} {hash(reread.says)}"
    if reread.label and click.button(reread.label, key=key, width="stretch"):
        put(who, [ColumnPart(name=reread.column, **reread.declares)])


def _arrows(examples: Sequence[tuple[str, str]], nothing: str) -> str:
    """Cells before and after."""
    return " · ".join(f"{_cell(a)} → {_cell(b) if b else nothing}" for a, b in examples)


def show_repairs(who: Visitor, loaded: Loaded) -> None:
    """What seems wrong with columns, and what would put it right, each applied by a click."""
    found = [r for s in loaded.suggestions.values() for r in s.repairs if not _taken(who, r)]
    if not found:
        return
    with st.container(border=True):
        st.markdown(
            "**Repairs.** Nothing is changed unasked. The values are for your eyes; what you apply "
            "is written into the recipe. A code was seen in your rows, so the statement will say "
            "that a formal promise does not cover its column; left alone, values that many rows "
            "share are found under the budget."
        )
        _a_few(found, partial(_show, who, loaded))


def _taken(who: Visitor, repair: Repair) -> bool:
    """Whether the recipe does already what is proposed."""
    if repair.step:
        same = ("step", "column")
        return any(all(s.get(k) == repair.step[k] for k in same) for s in who.recipe.protect)
    part = {p.name: p for p in who.recipe.column}.get(repair.column)
    if part is None:
        return False
    told, codes = dict(repair.declares), set(part.codes or ())
    asked = set(told.pop("codes", ()))
    return asked <= codes and all(getattr(part, k) == v for k, v in told.items() if k != "seen")


def _show(who: Visitor, loaded: Loaded, repair: Repair) -> None:
    told, lines, click = st.columns([6, 1, 1], vertical_alignment="center")
    pairs = _arrows(repair.examples, "(left out)")
    told.markdown(f"`{repair.column}`: **{repair.what}.** {repair.why} {pairs}")
    with lines.popover("Recipe", width="stretch"):
        st.code(repair.lines, language="toml")
    if click.button("Apply", key=f"repair {loaded.token} {hash(repair.lines)}", width="stretch"):
        if repair.step:
            who.protect([*who.recipe.protect, repair.step])
            st.rerun()
        put(who, [_with(who, repair)])


def _with(who: Visitor, repair: Repair) -> ColumnPart:
    """What is declared of the column already, and the repair."""
    before = {p.name: p for p in who.recipe.column}.get(repair.column)
    part = before or ColumnPart(name=repair.column)
    return part.model_copy(update=dict(repair.declares))


def _cell(value: str) -> str:
    """A cell as code, whatever signs are in it."""
    bare = value.replace("`", "'")
    return f"`{bare}`"
