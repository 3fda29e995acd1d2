"""The showcase on the screens: how it shall look, the page itself, and its download."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import partial
from pathlib import PurePath

import streamlit as st

from synth.errors import NotReleasable
from synth.evaluate.kept import kept_by_reported
from synth.release import Bundle
from synth.release.counts import aggregates_of
from synth.release.showcase import Look, look_of, showcase
from synth.runs.handout import image_bytes, image_text
from synth.runs.recipe import ShowcasePart
from ui.shell.visitor import explained

PLACE = re.compile(r"[a-z]+|[0-9._]+")  # of a view, and of a filter: numbers, never values
HEIGHT = 900
MOST_LOGO = 1  # megabytes
LEAVE_OUT = "showcase.leave_out"  # the logo is to be taken back
LEFT_OUT = "showcase.left_out"  # the upload that was, and that stays in its field


def ask_look(
    current: ShowcasePart, title: str, bundle: Bundle, files: dict[str, str]
) -> tuple[ShowcasePart, str]:
    """What the custodian chooses, and the title; an uploaded logo is put with the files."""
    names = [c.name for c in bundle.schema.modelled]
    with st.expander("How it looks", expanded=False):
        title = st.text_input("Title", title, key="showcase.title")
        text = st.text_area(
            "A sentence or two under the title", current.text, key="showcase.text", height=80
        )
        attributes = st.multiselect(
            "Attributes, in this order",
            names,
            [n for n in current.attributes if n in names],
            placeholder="All",
            key="showcase.attributes",
        )
        left, right = st.columns(2)
        colour = left.color_picker("Colour of the bars", current.colour, key="showcase.colour")
        dark = right.color_picker("On a dark page", current.dark, key="showcase.dark")
        logo = _ask_logo(current.logo, files)
    told = {"text": text, "attributes": tuple(attributes), "colour": colour, "dark": dark}
    return current.model_copy(update={**told, "logo": logo}), title


def _ask_logo(current: str, files: dict[str, str]) -> str:
    """The name of the logo; it stays when the upload is gone, which Streamlit forgets by itself."""
    file = st.file_uploader(
        "Logo (PNG, JPEG or SVG)",
        type=["png", "jpg", "jpeg", "svg"],
        key="showcase.logo",
        max_upload_size=MOST_LOGO,
        help="Up to 1 MB. It becomes part of the page and of the next release.",
    )
    if file is not None and file.file_id != st.session_state.get(LEFT_OUT):
        with explained():
            current = _accepted(PurePath(file.name).name, file.getvalue(), files)
    if current and st.session_state.pop(LEAVE_OUT, False):
        files.pop(current, None)
        st.session_state[LEFT_OUT] = file and file.file_id
        return ""
    if current:
        leave = partial(st.session_state.__setitem__, LEAVE_OUT, True)
        st.button(f"Leave out the logo `{current}`", key="showcase.no_logo", on_click=leave)
    return current


def _accepted(name: str, content: bytes, files: dict[str, str]) -> str:
    """Put a logo with the files. Raises NotReleasable if it is none."""
    if len(content) > MOST_LOGO * 1_000_000:  # the field's own limit is the browser's
        raise NotReleasable("The logo is larger than 1 MB.", "Save it smaller.")
    Look(logo=content)
    files[name] = image_text(content)
    return name


def chosen(part: ShowcasePart, title: str, bundle: Bundle, files: Mapping[str, str]) -> Look:
    """The look of a bundle with the visitor's choices over it."""
    made = look_of(bundle)
    own = image_bytes(files[part.logo]) if part.logo in files else made.logo
    return Look(
        title=title or made.title,
        text=part.text,
        attributes=part.attributes,
        logo=own if part.logo else b"",
        colour=part.colour,
        dark=part.dark,
        people_per_row=made.people_per_row,
    )


def show_page(page: str) -> None:
    """The page in a frame, exactly as recipients get it."""
    st.iframe(page, height=HEIGHT, alt="The showcase as its recipients see it")


def page_of(bundle: Bundle, look: Look) -> str:
    """The page of a bundle; a link to this screen may say where it opens."""
    view = st.query_params.get("view", "")
    places = st.query_params.get("filter", "")
    known = PLACE.fullmatch(view), PLACE.fullmatch(places)
    parts = [f"view={view}"] * bool(known[0]) + [f"filter={places}"] * bool(known[1])
    return showcase(bundle, look, start="&".join(parts))


def offer_page(page: str, *, ready: bool) -> None:
    """The page as one file to hand over; `ready` where its rows may leave."""
    if not ready:
        st.warning("Something still stops this release from leaving: see the Release screen first.")
    digest = hashlib.sha256(page.encode()).hexdigest()[:12]
    st.download_button(
        "Download the page (HTML)",
        page,
        file_name=f"showcase-{digest}.html",
        mime="text/html",
        type="primary",
        icon=":material/bar_chart:",
        key="showcase_file",
        on_click="ignore",
        disabled=not ready,
    )


def show_kept(bundle: Bundle) -> None:
    """How well the rows meet the reported counts: from the release alone, so it may be shared."""
    told = aggregates_of(bundle)
    if told is None:
        st.caption(
            "No counts of real people go with these rows, so recipients cannot tell how far an "
            "estimate can be trusted. Ask for counts on the Method screen to change that."
        )
        return
    found = kept_by_reported(told, bundle.rows, bundle.schema)
    with st.expander("How well the rows meet the reported counts", expanded=False):
        st.markdown(found.plain)
        lines = [
            {
                "attributes together": b.length,
                "reported counts": b.real,
                "met on average": f"{1 - b.error:.0%}",
                "not in the rows": f"{b.lost:.0%}",
            }
            for b in found.by_length
        ]
        st.dataframe(lines, hide_index=True, alt="How well counts are met, by their length")
