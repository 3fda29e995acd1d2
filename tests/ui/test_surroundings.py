"""What stands around the screens, tried on the real server in a process of its own."""

import logging
import re
from types import SimpleNamespace

import httpx
import pytest

from tests.server import served
from tests.waiting import PATIENCE
from ui.shell.surroundings import TRACEBACKS, _without_traceback, forget_the_departed, policy

PAGE = "/_stcore/health"


@pytest.fixture(scope="module")
def address():
    with served() as url:
        yield url


def test_the_server_is_healthy_and_dressed(address):
    answer = httpx.get(address + PAGE, timeout=PATIENCE)
    assert answer.text == "ok"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_policy_allows_streamlits_own_inline_script_and_no_other():
    assert re.search(r"script-src 'self' 'sha256-[^']+'", policy())
    assert "unsafe-eval'" not in policy().replace("wasm-unsafe-eval'", "")


def test_a_log_line_of_a_failure_holds_no_cell_value():
    try:
        raise ValueError("secret cell")
    except ValueError as error:
        record = logging.LogRecord(
            TRACEBACKS, logging.ERROR, "", 0, "Uncaught: secret cell", (), (ValueError, error, None)
        )
    assert _without_traceback(record)
    assert "secret" not in logging.Formatter().format(record)
    assert "ValueError" in record.getMessage()


def test_visitors_who_left_are_forgotten_after_a_while():
    closed = []
    stored = [SimpleNamespace(session=SimpleNamespace(id="a"))]
    storage = SimpleNamespace(list=lambda: stored)
    runtime = SimpleNamespace(
        _session_mgr=SimpleNamespace(_session_storage=storage), close_session=closed.append
    )
    waiting = forget_the_departed(runtime, {}, now=0.0, patience=60)
    assert waiting == {"a": 0.0}
    assert forget_the_departed(runtime, waiting, now=59.0, patience=60) == {"a": 0.0}
    assert forget_the_departed(runtime, waiting, now=60.0, patience=60) == {}
    assert closed == ["a"]


def test_streamlit_still_keeps_sessions_where_we_look():
    from streamlit.runtime.memory_session_storage import MemorySessionStorage
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
    from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

    assert callable(MemorySessionStorage.list)
    assert callable(MemoryUploadedFileManager.remove_session_files)
    assert "_session_storage" in WebsocketSessionManager.__init__.__code__.co_names
