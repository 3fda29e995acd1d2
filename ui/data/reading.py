"""How an uploaded file was read: what was noticed, and what to click where that is wrong."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import streamlit as st

from synth.errors import SynthError
from synth.ingest import load
from synth.ingest.reading import MISSING_TEXTS, Click, Noticed
from synth.ingest.reading.said import Choices
from ui.shell.visitor import Upload, Visitor

ON_WITHOUT = Click("Read on without these lines", "skip_ragged", True)


def take(who: Visitor, name: str, content: bytes) -> None:
    """Read a new upload, as the recipe says, or as it is found if that was about another one."""
    if who.loaded is not None or who.upload is not None:
        _forget(who)
    _read(who, Upload(name, content), again=False)


def _forget(who: Visitor) -> None:
    """Take back what was said of how to read a file."""
    plain: dict[str, Any] = {n: getattr(Choices(), n) for n in Choices.__dataclass_fields__}
    plain["missing"] = MISSING_TEXTS
    who.decide(source=who.recipe.source.model_copy(update=plain))


def _told(who: Visitor) -> bool:
    """Whether anything was said of how to read a file."""
    source = who.recipe.source
    return source.choices != Choices() or source.missing != MISSING_TEXTS


def _read(who: Visitor, upload: Upload, *, again: bool) -> None:
    """Read an upload, and keep its bytes only if something about it is open."""
    source = who.recipe.source
    try:
        loaded = load(
            io.BytesIO(upload.content),
            who.recipe.budget,
            missing=source.missing,
            choices=source.choices,
        )
    except SynthError as error:
        who.upload = Upload(upload.name, upload.content, error) if _open(error) or again else None
        if who.upload is None:
            raise
        return
    kept = any(n.clicks for n in loaded.noticed) or _told(who)
    who.bring(loaded, upload.name, again=again)
    who.upload = Upload(upload.name, upload.content) if kept else None


def _open(error: SynthError) -> bool:
    """Whether a click would answer what stands in the way."""
    return ON_WITHOUT.key in error.about


def _decide(who: Visitor, click: Click) -> None:
    if who.upload is not None:
        told = who.recipe.source.model_copy(update={click.key: click.value})
        who.decide(source=told)
        _read(who, who.upload, again=True)


def _as_found(who: Visitor) -> None:
    if who.upload is not None:
        _forget(who)
        _read(who, who.upload, again=True)


def let_go(who: Visitor) -> None:
    """Let go of the bytes of an upload: it is settled how to read it."""
    who.upload = None


def show_refused(who: Visitor) -> None:
    """Why the upload could not be read so far, and what to click."""
    upload = who.upload
    if upload is None or upload.error is None:
        return
    st.error(f"{upload.error.what}\n\n**What to do:** {upload.error.remedy}")
    with st.container(horizontal=True):
        if _open(upload.error):
            _button(who, ON_WITHOUT)
        if _told(who):
            st.button("Read it as it was found", key="as_found", on_click=_as_found, args=(who,))


def show_noticed(who: Visitor, noticed: Sequence[Noticed]) -> None:
    """What was noticed while the table was read, each with its clicks while that is open."""
    upload = who.upload if who.upload is not None and who.upload.error is None else None
    if not noticed and upload is None:
        return
    with st.expander(f"How it was read: {len(noticed)} noticed", expanded=upload is not None):
        for one in noticed:
            st.markdown(one.what.replace("$", r"\$"))
            if one.shown:
                st.code("\n".join(one.shown), language=None)
            if one.clicks and upload is not None:
                with st.container(horizontal=True):
                    for click in one.clicks:
                        _button(who, click)
            elif one.remedy:
                st.caption(one.remedy)
        if upload is None:
            return
        with st.container(horizontal=True):
            st.button("That is right", key="settled", on_click=let_go, args=(who,))
            if _told(who):
                st.button(
                    "Read it as it was found", key="as_found", on_click=_as_found, args=(who,)
                )


def _button(who: Visitor, click: Click) -> None:
    key = f"read_{click.key}_{click.label if click.key == 'missing' else click.value}"
    st.button(click.label.replace("$", r"\$"), key=key, on_click=_decide, args=(who, click))
