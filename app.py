"""The launcher: the screens, the REST API and their surroundings in one process.

The router lies one level down, in ui/, so that a request for a page can never run that page
without it: Streamlit looks for stray pages beside the main script only.
"""

import os
from pathlib import Path

import streamlit as st

from ui.shell.starting import starting

with starting():  # some settings are read as soon as what they are for is imported
    from synth.api import api, mounted
    from synth.api.settings import registry
    from ui.data.sources import databases
    from ui.shell.surroundings import explain_failure, lifespan, middleware

    below = [mounted(api(os.environ.get("SYNTH_API_TOKENS", ""), databases, registry()))]
    around = middleware()

app = st.App(
    Path(__file__).parent / "ui" / "shell" / "router.py",
    lifespan=lifespan,
    routes=below,
    middleware=around,
    on_script_error=explain_failure,
)
