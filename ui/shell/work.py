"""What takes long on a screen: on a thread, with its progress and a stop, kept by what it is about.

A visitor comes back to what was worked out as long as table, steps and question are the same.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

from synth.progress import Progress
from ui.shell.polling import polled
from ui.shell.turn import WORKING, aside, turn
from ui.shell.visitor import Visitor, this_tab

T = TypeVar("T")
GLIMPSE = 0.4  # seconds that are waited before progress is shown
MOST = 40  # results kept of a visitor, the last ones


class Stopped(Exception):
    """The visitor stopped it."""


@dataclass
class Work:
    """One piece of work in the background; called, it is told how far the work is.

    Args:
        title: what it works out, whatever it is about.
    """

    title: str = ""
    share: float = 0.0
    doing: str = ""
    result: Any = None
    failure: Exception | None = None
    stopped: bool = False
    finished: threading.Event = field(default_factory=threading.Event)

    def start(self, work: Callable[[Progress], Any], owner: str = "") -> None:
        """Begin when its owner has a place; what `work` is given tells progress, and raises to
        stop it.
        """
        threading.Thread(target=self._run, args=(work, owner), daemon=True).start()

    def _run(self, work: Callable[[Progress], Any], owner: str) -> None:
        try:
            with turn(owner, WORKING, self._wait, math.inf):
                self.result = work(self)
        except Stopped:
            self.stopped = True
        except Exception as failure:  # raised again where the screen asks for the result
            self.failure = failure
        finally:
            self.finished.set()

    def _wait(self, before: int) -> None:
        others = "one other" if before == 1 else f"{before:,} others"
        self(0.0, f"Waits for {others} …" if before else "Begins next …")

    def __call__(self, share: float, doing: str) -> None:
        if self.stopped:
            raise Stopped
        self.share, self.doing = share, doing

    def stop(self) -> None:
        """Stop where it next tells its progress; what it finds after that is not looked at."""
        self.stopped = True
        self.finished.set()


def at_once(who: Visitor, key: str, work: Callable[[], T]) -> T:
    """What is worked out before the screen goes on, unless it was for the same key before."""
    if key not in who.works:
        _keep(who, key, Work(result=work(), share=1.0)).finished.set()
    result: T = who.works[key].result
    return result


def in_background(who: Visitor, key: str, work: Callable[[Progress], T], title: str) -> T | None:
    """What is worked out on a thread; None, with progress and a stop, while it is not there.

    Raises:
        Exception: whatever the work raised.
    """
    if key not in who.works:
        _drop_unfinished(who, title)
        _keep(who, key, Work(title)).start(work, this_tab())
    found: Work = who.works[key]
    with aside():
        found.finished.wait(GLIMPSE)
    if not found.finished.is_set():
        watch(found, title)
        return None
    if found.failure is not None:
        raise found.failure
    if found.stopped:
        st.info("Stopped.")
        if st.button("Start again", key=f"again {hash(key)}", icon=":material/restart_alt:"):
            del who.works[key]
            st.rerun()
        return None
    result: T = found.result
    return result


def _drop_unfinished(who: Visitor, title: str) -> None:
    """Stop what nobody waits for any more: the same of another table, other steps or columns."""
    for key, old in list(who.works.items()):
        if old.title == title and not old.finished.is_set():
            old.stop()
            del who.works[key]


def _keep(who: Visitor, key: str, work: Work) -> Work:
    who.works[key] = work
    for oldest in list(who.works)[:-MOST]:
        del who.works[oldest]
    return work


def watch(running: Work, title: str) -> None:
    """How far it is, and a button that stops it."""
    polled(running.finished.is_set, lambda: _show(running, title))


def _show(running: Work, title: str) -> None:
    st.progress(min(1.0, running.share), running.doing or title)
    if st.button("Stop", key=f"stop {title}", icon=":material/stop_circle:"):
        running.stop()
        st.rerun()
