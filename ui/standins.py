"""What new identifiers read like: their usual format, or names and addresses of nobody."""

from __future__ import annotations

import streamlit as st

from synth.ingest import Loaded
from synth.ingest.declaration import ColumnPart
from synth.schema import Column
from synth.schema.standins import NAMED, locales
from ui.known import put
from ui.shell.visitor import Visitor

KINDS = {
    "": "Their usual format",
    "name": "Names",
    "e-mail": "E-mail addresses",
    "address": "Postal addresses",
}
PLACE = "en_GB"


def choose_stand_ins(who: Visitor, loaded: Loaded) -> None:
    """For each identifier, what the new ones read like."""
    columns = [c for c in who.schema if not c.modelled]
    if not columns:
        return
    with st.expander("What new identifiers look like"):
        st.markdown(
            "Not one row is looked at for them. Names and addresses are made up by Faker and "
            "marked, so that nobody takes them for real ones."
        )
        for column in columns:
            _choose(who, loaded, column)


def _choose(who: Visitor, loaded: Loaded, column: Column) -> None:
    told = {p.name: p for p in who.recipe.column}.get(column.name, ColumnPart(name=column.name))
    found = NAMED.fullmatch(told.template or "")
    kind, place = (found[1], found[2]) if found else ("", PLACE)
    key = f"stand-in {loaded.token} {column.name} {told.template}"
    what, where = st.columns(2)
    kinds = list(KINDS)
    new = what.selectbox(
        f"`{column.name}`", kinds, kinds.index(kind), lambda k: KINDS[k], key=f"{key} kind"
    )
    asked = place
    if new:
        known = list(locales())
        asked = where.selectbox("Of", known, known.index(place), key=f"{key} place")
    template = f"{new} in {asked}" if new else None
    if (new, asked if new else place) != (kind, place):
        put(who, [told.model_copy(update={"template": template})])
