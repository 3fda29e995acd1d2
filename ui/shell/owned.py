"""Files of a session, asked for by a request: only from the browser that has the session open.

The address of a download or an upload is a hash or a number that nobody guesses, but it stands in
the logs of proxies. So a request for one has to bring the secret of the same browser, and files are
taken from members alone. Where sessions and files lie is private to Streamlit; a test fails when an
upgrade changes it.
"""

from __future__ import annotations

from typing import Any

from starlette.types import Scope
from streamlit.runtime import Runtime
from streamlit.runtime.memory_media_file_storage import _calculate_file_id
from streamlit.runtime.scriptrunner import get_script_run_ctx

from synth.errors import TeamError
from ui.shell.signed_in import known
from ui.shell.visits import COOKIE, secret_in


def not_theirs(scope: Scope, session: str) -> str:
    """Why a request may not bring or take away a file of a session; "" where it may.

    Of a session that is not open, Streamlit itself takes nothing.
    """
    found = _open_at(session)
    if found is None:
        return "" if scope["method"] == "PUT" else "No tab is open that has it."
    if _secret_of(found) != secret_in(scope):
        return "That belongs to another browser. Reload this page, then try again."
    try:
        who = known(dict(found.session._user_info))  # noqa: SLF001
    except TeamError:  # nobody is let in by a setting that is wrong
        who = None
    return "" if who is not None and who.duties else "Sign in first, as somebody who may."


def downloads(scope: Scope) -> bool:
    """Whether a request for a download may have it: its own browser has a tab that offers it.

    While a screen is drawn anew nobody offers what stood on it, and a click may come then: until it
    is gone, it is for whoever has any screen open and knows its address.
    """
    named = scope["path"].rpartition("/")[2].partition(".")[0]
    if not Runtime.exists():
        return True
    manager: Any = Runtime.instance().media_file_mgr
    held = dict(manager._files_by_session_and_coord)  # noqa: SLF001
    offering = [s for s, files in held.items() if named in list(files.values())]
    if not offering and named in manager._file_metadata:  # noqa: SLF001
        offering = [tab.session.id for tab in _sessions().list_active_sessions()]
    secret = secret_in(scope)
    return any(tab is not None and _secret_of(tab) == secret for tab in map(_open_at, offering))


def offered(session: str, content: bytes, mimetype: str, filename: str) -> bytes:
    """Content that is made when it is asked for, as a file of the session that asked.

    Streamlit keeps such a file as nobody's, until anybody's screen was drawn twice.
    """
    if session and Runtime.exists():
        manager: Any = Runtime.instance().media_file_mgr
        id = _calculate_file_id(content, mimetype, filename)
        with manager._lock:  # noqa: SLF001
            manager._files_by_session_and_coord[session][f"made {id}"] = id  # noqa: SLF001
    return content


def this_session() -> str:
    """The session that is drawn now; "" outside of one."""
    context = get_script_run_ctx()
    return "" if context is None else context.session_id


def _open_at(session: str) -> Any:
    """A session that a browser has open, with its connection; None where none has."""
    return _sessions().get_active_session_info(session) if Runtime.exists() else None


def _sessions() -> Any:
    return Runtime.instance()._session_mgr  # noqa: SLF001


def _secret_of(tab: Any) -> str:
    return str(tab.client.client_context.cookies.get(COOKIE, ""))
