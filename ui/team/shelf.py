"""The library as a list: search, phases, and the newest version of each name first."""

from __future__ import annotations

import streamlit as st

from synth.api.team.library import Library
from synth.api.team.members import Duty, Member
from synth.api.team.shelved import Phase, Shelved
from synth.wording import so_many
from ui.gate import plain

CHOSEN = "release"  # in the address of a release's page
ICONS = {
    Phase.DRAFT: ":material/edit:",
    Phase.WAITING: ":material/hourglass_top:",
    Phase.SENT_BACK: ":material/undo:",
    Phase.PUBLISHED: ":material/check_circle:",
    Phase.EXPIRED: ":material/event_busy:",
    Phase.RECALLED: ":material/block:",
}


def show_shelf(who: Member, place: Library) -> None:
    """Every release that the member may know of."""
    found = place.all(who)
    if not found:
        st.info("Nothing was published yet." if who.may(Duty.RECIPIENT) else "It is empty so far.")
    else:
        _show_found(found)
    if who.may(Duty.ADMINISTRATOR):
        _show_log(who, place, {one.id: one.title for one in found})


def _show_found(found: tuple[Shelved, ...]) -> None:
    left, right = st.columns([3, 2])
    asked = left.text_input(
        "Search", key="library.search", placeholder="a name, whom it is about, a column"
    )
    phases = sorted({one.phase().value for one in found})
    wanted = right.multiselect("State", phases, key="library.phases", placeholder="Any")
    shown = [
        one for one in found if matches(one, asked) and (not wanted or one.phase().value in wanted)
    ]
    st.caption(f"{len(shown):,} of {len(found):,} releases")
    for one in shown:
        with st.container(border=True, key=f"library.one.{one.id}"):
            _show_one(one)


def matches(one: Shelved, asked: str) -> bool:
    """Whether each word is in what is said of a release, or begins the name of a column."""
    told = " ".join((one.title, one.leaflet.population, one.leaflet.note, one.promise)).casefold()
    names = [name.casefold() for name in one.columns]
    return all(
        word in told or any(name.startswith(word) for name in names)
        for word in asked.casefold().split()
    )


def _show_one(one: Shelved) -> None:
    phase = one.phase()
    st.header(plain(one.title), anchor=False)
    until = f" until {one.expires}" if phase is Phase.PUBLISHED and one.expires else ""
    st.markdown(f"{ICONS[phase]} **{phase.value.capitalize()}{until}** · {one.promise}")
    size = f"{so_many(one.rows, 'synthetic row')}, {so_many(len(one.columns), 'column')}"
    st.text(f"{size}, about {_people(one)}")
    if one.leaflet.note:
        st.text(one.leaflet.note)
    if st.button(f"Open {plain(one.title)}", key=f"library.open.{one.id}"):
        st.query_params[CHOSEN] = one.id
        st.rerun()


def _people(one: Shelved) -> str:
    return one.leaflet.population


def _show_log(who: Member, place: Library, titles: dict[str, str]) -> None:
    """Everything that was done, for administrators."""
    with st.expander("Everything that was done"):
        lines = [
            {
                "when (UTC)": deed.at,
                "who": deed.name,
                "what": deed.what,
                "release": titles.get(deed.release, deed.release),
                "why": str(deed.told.get("reason", "")),
            }
            for deed in reversed(place.log(who))
        ]
        st.dataframe(lines, hide_index=True, alt="Who did what with which release, newest first")
