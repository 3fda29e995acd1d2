"""A release's own page in the library: what it is, its downloads, its showcase, its history."""

from __future__ import annotations

from functools import partial

import streamlit as st

from synth.api.team.library import TEAM, Library, same_name
from synth.api.team.members import Duty, Member
from synth.api.team.shelved import Act, Phase, Shelved, changed
from synth.errors import NotAllowed
from synth.release import Bundle
from synth.release.showcase.bundle import look_of
from ui.gate import plain
from ui.release import show_promise
from ui.shell.owned import offered, this_session
from ui.shell.visitor import explained
from ui.showcase import page_of, show_page
from ui.team.asking import show_asking
from ui.team.shelf import CHOSEN

WATCHED = 10.0  # seconds until an open page has heard of a recall
ZIP = "application/zip"
HAD = {
    Act.DOWNLOADED.value: "downloaded the release",
    Act.OPENED.value: "opened this page: rows to look at and save, and the statement",
}
SHOWN = "library.page"  # the page of the release that was looked at last, by its checksum


def show_published(who: Member, place: Library, id: str) -> None:
    """Everything that somebody may know of one release."""
    if st.button("All releases", icon=":material/arrow_back:", key="library.back"):
        del st.query_params[CHOSEN]
        st.rerun()
    one = place.get(who, id)
    st.title(plain(one.title))
    _show_phase(one)
    st.text(f"{one.rows:,} synthetic rows about {one.leaflet.population}")
    if one.leaflet.note:
        st.text(one.leaflet.note)
    try:
        bundle = place.show(who, id)
    except NotAllowed:
        bundle = None  # the line above says what became of it
    if bundle is not None:
        show_promise(bundle.statement)
        _offer(who, place, one, bundle)
    _show_versions(one, place.all(who))
    show_asking(who, place, one, bundle)
    if who.may(*TEAM):
        _show_team(one)
        _ask_team(who, place, one)
    if bundle is not None:
        st.header("What is in it")
        show_page(_page(one, bundle))
    _watch(who, place, id, one.phase())


@st.fragment(run_every=WATCHED)
def _watch(who: Member, place: Library, id: str, phase: Phase) -> None:
    """Draw the page anew once the release stands elsewhere: it may be recalled while it is open."""
    with explained():
        if place.get(who, id).phase() is not phase:
            st.rerun()


def _show_phase(one: Shelved) -> None:
    """Where it stands, and why."""
    phase, reason = one.phase(), plain(one.reason)
    match phase:
        case Phase.PUBLISHED:
            until = f" It may be had until {one.expires}, in UTC." if one.expires else ""
            st.success(f"**Published.**{until}")
        case Phase.RECALLED:
            st.error(
                f"**This release was recalled.** {reason}\n\n**What to do:** use it no more, and "
                "delete your copies. A newer version may be in the library."
            )
        case Phase.EXPIRED:
            st.warning(
                f"**This release expired on {one.expires}.** Use it no more, and look for a newer "
                "version in the library."
            )
        case Phase.SENT_BACK:
            st.warning(f"**Sent back.** {reason}")
        case _:
            st.info(f"**{phase.value.capitalize()}.** {reason}")


def _offer(who: Member, place: Library, one: Shelved, bundle: Bundle) -> None:
    """The downloads; each of the bundle is written down, with who had it."""
    name = f"release-{one.digest[:12]}"
    with st.container(horizontal=True):
        st.download_button(
            "Download the release",
            partial(_taken, place, who, one.id, this_session(), f"{name}.zip"),
            file_name=f"{name}.zip",
            mime=ZIP,
            type="primary",
            icon=":material/inventory_2:",
            key="library.bundle",
            on_click="ignore",
        )
        st.download_button(
            "Download the statement of privacy",
            bundle.files["PRIVACY.md"],
            file_name=f"privacy-{one.digest[:12]}.md",
            mime="text/markdown",
            key="library.statement",
            on_click="ignore",
        )
    st.caption(
        "The team sees who opened this page and who had the release, and when. If a download is "
        "refused, reload the page: it then says why."
    )
    with st.expander("What to do with it"):
        st.markdown(
            "The zip holds the synthetic rows as CSV and Parquet, and a README. See that it is "
            "whole, start a mock API to build against, or draw more rows:"
        )
        st.code(
            f"synth verify {name}.zip\nsynth sandbox {name}.zip\nsynth sample {name}.zip -n 500",
            language="bash",
        )


def _taken(place: Library, who: Member, id: str, session: str, name: str) -> bytes:
    """The bundle, as a download of the session that asks for it."""
    return offered(session, place.take(who, id), ZIP, name)


def _page(one: Shelved, bundle: Bundle) -> str:
    """The recipients' page, made once for as long as this tab looks at it."""
    digest, page = st.session_state.get(SHOWN, ("", ""))
    if digest != one.digest:
        page = page_of(bundle, look_of(bundle))
        st.session_state[SHOWN] = (one.digest, page)
    return str(page)


def _show_versions(one: Shelved, every: tuple[Shelved, ...]) -> None:
    """The other versions of the same name, and what changed since the one before."""
    name = same_name(one.leaflet.name)
    same = [o for o in every if same_name(o.leaflet.name) == name]
    before = [o for o in same if o.version < one.version]
    with st.expander(f"Versions ({len(same)}) and what changed", expanded=bool(before)):
        if before:
            last = max(before, key=lambda o: o.version)
            st.markdown(f"Since version {last.version}:")
            st.markdown("\n".join(f"- {plain(line)}" for line in changed(last, one)))
        for other in sorted(same, key=lambda o: -o.version):
            label = f"Version {other.version}: {other.phase().value}"
            here = other.id == one.id
            if st.button(label, key=f"library.version.{other.id}", disabled=here):
                st.query_params[CHOSEN] = other.id
                st.rerun()


def _show_team(one: Shelved) -> None:
    """What the team alone sees: the gate, who did what, who had it."""
    with st.expander("For the team: the gate, and who did what"):
        for line in one.lines:
            st.text(f"{'Stops' if line.open else 'Noted'}: {line.what}: {line.why}")
            if line.reason:
                st.text(f"Reason why it may leave: {line.reason}")
        told = [
            {"when (UTC)": d.at, "who": d.name, "what": d.what, "why": d.told.get("reason", "")}
            for d in one.deeds
        ]
        st.dataframe(told, hide_index=True, alt="Who did what with this release")
    had = [{"who": d.name, "when (UTC)": d.at, "how": HAD[d.what]} for d in one.downloads]
    with st.expander(f"Who had it ({len(had)})"):
        if had:
            st.dataframe(had, hide_index=True, alt="Who had this release, when, and how")
        else:
            st.text("Nobody so far.")


def _ask_team(who: Member, place: Library, one: Shelved) -> None:
    """What the team may still do with it: submit it, or take it back."""
    phase = one.phase()
    if phase in (Phase.DRAFT, Phase.SENT_BACK) and who.may(Duty.CUSTODIAN):
        with st.form("again"):
            words = st.text_input("A word for the approver", key="again.words")
            if st.form_submit_button("Submit for approval", type="primary", key="again.go"):
                with explained():
                    place.submit(who, one.id, words.strip())
                    st.rerun()
    if phase in (Phase.PUBLISHED, Phase.EXPIRED):
        with st.expander("Recall it"), st.form("recall", border=False):
            why = st.text_input("Why, for its recipients", key="recall.why")
            if st.form_submit_button("Recall this release", key="recall.go"):
                with explained():
                    place.recall(who, one.id, why.strip())
                    st.rerun()
