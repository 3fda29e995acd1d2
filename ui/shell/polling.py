"""What a screen shows of something that goes on, until it has ended."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

EVERY = 0.5  # seconds between two looks


def polled(ended: Callable[[], bool], show: Callable[[], None]) -> None:
    """Show it, look again twice a second, and draw the screen anew once it has ended.

    Never while the screen is drawn for the first time, however soon it ends: that run may be the
    one that was told of a click on something below, and nobody learns of a click whose run is
    broken off.
    """
    drawn = False

    @st.fragment(run_every=EVERY)
    def look() -> None:
        nonlocal drawn
        if drawn and ended():
            st.rerun()
        drawn = True
        show()

    look()
