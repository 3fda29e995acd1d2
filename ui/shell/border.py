"""Where text leaves for the browser: no name from a table becomes a link, a picture or a formula.

Every element that Streamlit sends passes one method, which is private to it; a test fails when an
upgrade changes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import ScriptRunContext

from synth.budget.inert import inert

MARKDOWN = ("body", "label", "help", "text", "title", "delta")  # what is read as Markdown
PLAIN = ("code", "html", "json", "text")  # whose body is none
OURS: ContextVar[bool] = ContextVar("ours", default=False)


@contextmanager
def our_own() -> Iterator[None]:
    """Text that is ours alone, as that of `docs/`: its links lead somewhere."""
    before = OURS.set(True)
    try:
        yield
    finally:
        OURS.reset(before)


def watched() -> None:
    """Let nothing past that acts, from now on, in this process."""
    send = ScriptRunContext.enqueue
    if getattr(send, "watched", False):
        return

    def passed(self: ScriptRunContext, msg: ForwardMsg) -> None:
        if msg.WhichOneof("type") == "delta" and not OURS.get():
            _calm(msg.delta)
        send(self, msg)

    passed.watched = True  # type: ignore[attr-defined]
    ScriptRunContext.enqueue = passed  # type: ignore[method-assign]


def _calm(delta: Any) -> None:
    """Make the text of one element inert."""
    way = delta.WhichOneof("type")
    if way not in ("new_element", "add_block"):
        return
    part = getattr(delta, way)
    kind = part.WhichOneof("type")
    if kind is None or kind in PLAIN:
        return
    element = getattr(part, kind)
    for name in MARKDOWN:
        text = getattr(element, name, None)
        if isinstance(text, str) and text:
            calm = inert(text)
            if calm != text:
                setattr(element, name, calm)
