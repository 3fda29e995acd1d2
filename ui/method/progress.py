"""Watching a job: a bar that moves by itself, and a way to stop it."""

from __future__ import annotations

import streamlit as st

from synth.runs.job import Job
from ui.shell.polling import polled
from ui.shell.turn import aside
from ui.shell.visitor import Visitor


def show_job(who: Visitor) -> None:
    """The running job, if any; its error, if it has one."""
    job = who.job
    if job is None:
        return
    if job.finished.is_set() and job.bundle is None:
        _show_end(who, job)
        return
    polled(job.finished.is_set, lambda: _show(job))


def _show_end(who: Visitor, job: Job) -> None:
    if job.cancelled:
        st.info("Stopped. What was spent by then stays spent; your settings are as they were.")
    elif job.error is not None:
        st.error(f"{job.error.what}\n\n**What to do:** {job.error.remedy}")
    who.job = None


def _show(job: Job) -> None:
    st.progress(min(1.0, job.share), f"{job.doing.capitalize()} …")
    if st.button("Stop", key="stop", icon=":material/stop_circle:"):
        job.cancel()
        with aside():
            job.finished.wait(5)
        st.rerun()
