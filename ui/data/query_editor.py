"""A field for SQL with colours, and the database's tables beside it to be put in with a click.

The script is served as a file from this server: the content policy allows no other, and so rules
out the inline one that Streamlit would otherwise make of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

PACKAGE, FOLDER = Path(__file__).parent, "static"
NAME = "synth.query_editor"
HELP = (
    "Only reading is possible. ORDER BY and LIMIT are applied to the synthetic rows. "
    "Tab leaves the field."
)
HTML = f"""<div class="editor">
<label for="query">One SELECT</label>
<div class="layers"><pre aria-hidden="true"><code></code></pre>
<textarea id="query" aria-describedby="help" spellcheck="false" autocapitalize="off"
 autocomplete="off" readonly></textarea></div>
<p id="help">{HELP}</p>
<details><summary>Tables and columns: click one to put it in</summary>
<div class="tables"></div></details>
</div>"""


def ask_query(
    text: str,
    tables: Mapping[str, Mapping[str, str]],
    keep: Callable[[str], None],
    *,
    key: str,
    wrong: bool,
) -> None:
    """The field for a query.

    Args:
        keep: told of the text when it was changed, before any screen is run, so also where
            somebody leaves this one at once.
        text: what stands there at first.
        tables: for each table its columns with their types.
        wrong: whether the last query could not be answered.
    """
    _served()
    plain = {table: dict(columns) for table, columns in tables.items()}
    _component()(
        key=key,
        data={"text": text, "tables": plain, "wrong": wrong},
        on_text_change=lambda: keep(str(st.session_state[key].text)),
    )


def _served() -> None:
    """Let this server hand out the script and the style.

    The registry is Streamlit's own; a test fails when an upgrade changes it.
    """
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(NAME) is None:
        package, name = NAME.split(".")
        manifest = ComponentManifest(package, "1", [ComponentConfig(name, FOLDER)])
        manager.register_from_manifest(manifest, PACKAGE)


@cache
def _component() -> Any:
    return st.components.v2.component(NAME, html=HTML, css="query_editor.css", js="query_editor.js")
