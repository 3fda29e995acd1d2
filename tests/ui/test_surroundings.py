"""What stands around the screens, tried on the real server in a process of its own."""

import gc
import logging
import re
import threading
import tomllib
import weakref
from collections import Counter, defaultdict
from types import SimpleNamespace

import httpx
import pytest
from starlette.formparsers import MultiPartParser
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.fragment import MemoryFragmentStorage
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.runtime.session_manager import ActiveSessionInfo
from streamlit.runtime.state import SessionState
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from synth.api.shared.queue import Queue
from synth.operating import operating, unknown
from tests.server import ROOT
from tests.waiting import PATIENCE
from ui.data import sources
from ui.shell import guards, owned, places, signed_in
from ui.shell.guards import Guards, no_room, refused
from ui.shell.hushed import hushed
from ui.shell.surroundings import (
    ANYWAY,
    SWEEP,
    SecurityHeaders,
    forget_the_departed,
    freed,
    let_go,
    policy,
)
from ui.shell.visits import COOKIE

PAGE = "/_stcore/health"


@pytest.fixture
def address(the_app):
    return the_app


def test_the_server_is_healthy_and_dressed(address):
    answer = httpx.get(address + PAGE, timeout=PATIENCE)
    assert answer.text == "ok"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_policy_allows_streamlits_own_inline_script_and_no_other():
    assert re.search(r"script-src 'self' 'sha256-[^']+'", policy())
    assert "unsafe-eval'" not in policy().replace("wasm-unsafe-eval'", "")


def test_no_logger_and_no_thread_says_what_an_error_said(capfd):
    """Whatever its library; uncaught errors of threads went to the log as they were."""
    log, cell = logging.getLogger("some.library"), "x".join("4242")
    log.addHandler(handler := logging.StreamHandler())
    try:
        with hushed():
            try:
                float(cell)
            except ValueError as error:
                log.exception("Uncaught: %s", error)
            thread = threading.Thread(target=float, args=(cell,))
            thread.start()
            thread.join(PATIENCE)
    finally:
        log.removeHandler(handler)
    said = capfd.readouterr().err
    assert cell not in said
    assert said.count("ValueError") == 2
    assert "test_surroundings.py" in said


@pytest.fixture
def asked():
    """Asks the guards in this process, and gives the status of the answer."""

    async def page(scope, receive, send):
        await PlainTextResponse("let in")(scope, receive, send)

    def ask(path="/", method="GET", **headers):
        return TestClient(Guards(page), "http://localhost").request(method, path, headers=headers)

    return ask


@pytest.mark.parametrize(
    ("hosts", "host", "status"),
    [
        ("", "localhost:8501", 200),  # it listens to this machine alone
        ("", "[::1]:8501", 200),
        ("", "evil.example", 400),
        ("synth.example.org", "SYNTH.example.org:443", 200),
        ("synth.example.org", "localhost", 400),
        ("*.example.org, here", "a.example.org", 200),
        ("*.example.org, here", "example.org.evil.example", 400),
        ("*", "anything", 200),
    ],
)
def test_a_server_answers_under_its_own_names_alone(asked, monkeypatch, hosts, host, status):
    monkeypatch.setenv("SYNTH_HOSTS", hosts)
    assert asked(host=host).status_code == status
    assert asked("/_stcore/health", host=host).status_code == 200


def test_figures_are_closed_until_the_operator_opens_them(asked, monkeypatch, tmp_path):
    assert asked("/_stcore/metrics").status_code == asked("/metrics").status_code == 404
    assert asked("/below/_stcore/metrics").status_code == 404
    monkeypatch.setenv("SYNTH_METRICS", "yes")
    assert asked("/_stcore/metrics").status_code == 200
    told = asked("/metrics").text
    assert {'synth_jobs{state="waiting"} 0.0', "synth_places 2.0"} <= set(told.splitlines())
    assert "process_resident_memory_bytes" in told and "synth_jobs_seconds_total" in told
    assert "synth_queue" not in told
    monkeypatch.setenv("SYNTH_QUEUE", f"sqlite:///{tmp_path / 'queue'}")
    assert "synth_queue_reached 0.0" in asked("/metrics").text
    Queue.opened(f"sqlite:///{tmp_path / 'queue'}")
    told = asked("/metrics").text.splitlines()
    assert {'synth_queue_jobs{state="waiting"} 0.0', "synth_queue_workers 0.0"} <= set(told)
    assert {"synth_queue_reached 1.0", "synth_queue_oldest_seconds 0.0"} <= set(told)


def test_uploads_of_a_visitor_and_of_all_have_an_end(asked, monkeypatch):
    monkeypatch.setenv("SYNTH_MOST_UPLOAD", "3")
    monkeypatch.setenv("SYNTH_MOST_UPLOADS", "5")
    put = "/_stcore/upload_file/one/file"
    assert asked(put, "PUT", **{"content-length": "3000000"}).status_code == 200
    assert asked(put, "PUT", **{"content-length": "3000001"}).status_code == 413
    assert asked(put, "PUT", **{"transfer-encoding": "chunked"}).status_code == 411
    lying, coming, told = {"one": 2_000_000}, Counter(one=2_000_000), operating()
    assert no_room(1_000_001, {"one"}, lying, Counter(), told).status_code == 413
    assert no_room(1_000_000, {"one"}, lying, Counter(), told) is None
    both = {"one": 2_000_000, "two": 500_000}  # two tabs of one browser
    assert no_room(1_000_000, {"one", "two"}, both, Counter(), told).status_code == 413
    assert no_room(1_000_001, {"two"}, lying, coming, told).headers["retry-after"] == "60"
    assert no_room(1_000_000, {"two"}, lying, coming, told) is None


def test_an_upload_is_its_own_browsers_and_a_members_and_never_on_disk(asked, monkeypatch):
    """Anybody could fill the memory that uploads have, and bring or remove files of others' tabs.

    What was larger than a megabyte lay in the folder for temporary files while it came.
    """
    monkeypatch.setenv("SYNTH_SIGN_IN", "openid")
    said, secret, put = {}, "s" * 43, "/_stcore/upload_file/one/file"
    tab = SimpleNamespace(
        client=SimpleNamespace(client_context=SimpleNamespace(cookies={COOKIE: secret})),
        session=SimpleNamespace(_user_info=said),
    )
    monkeypatch.setattr(owned, "_open_at", {"one": tab}.get)

    def brought(method, cookie):
        size = {"content-length": "1"} if method == "PUT" else {}
        return asked(put, method, cookie=f"{COOKIE}={cookie}", **size).status_code

    assert [brought(m, secret) for m in ("PUT", "DELETE")] == [403, 403]  # nobody is signed in
    said.update(is_logged_in=True, iss="i", sub="rosa", exp=9e9, groups=["staff"])
    assert brought("PUT", secret) == 403
    said["groups"] = ["synth-recipients"]
    assert [brought(m, secret) for m in ("PUT", "DELETE")] == [200, 200]
    assert [brought(m, "t" * 43) for m in ("PUT", "DELETE")] == [403, 403]
    gone = put.replace("one", "gone")  # whose browser may come back to its files
    assert asked(gone, "DELETE", cookie=f"{COOKIE}={secret}").status_code == 403
    assert MultiPartParser.spool_max_size == operating().most_upload * 1_000_000
    signed_in.end(said)
    assert brought("PUT", secret) == 403


def test_a_download_is_for_the_browser_that_has_its_tab_open(asked, monkeypatch):
    """It went to whoever had its address, as from the log of a proxy."""
    held, secret = defaultdict(dict), "s" * 43
    manager = SimpleNamespace(
        _files_by_session_and_coord=held, _lock=threading.Lock(), _file_metadata={"redrawn": 1}
    )
    open_now = [SimpleNamespace(session=SimpleNamespace(id="one"))]
    sessions = SimpleNamespace(list_active_sessions=lambda: open_now)
    runtime = SimpleNamespace(media_file_mgr=manager, _session_mgr=sessions)
    there = SimpleNamespace(exists=lambda: True, instance=lambda: runtime)
    monkeypatch.setattr(owned, "Runtime", there)
    tab = SimpleNamespace(
        client=SimpleNamespace(client_context=SimpleNamespace(cookies={COOKIE: secret}))
    )
    monkeypatch.setattr(owned, "_open_at", {"one": tab}.get)
    owned.offered("one", b"a release", "application/zip", "release.zip")
    (named,) = held["one"].values()
    asks = {"": 404, f"{COOKIE}={secret}": 200, f"{COOKIE}={'t' * 43}": 404}
    for cookie, status in asks.items():
        assert asked(f"/media/{named}.zip", cookie=cookie).status_code == status
        assert asked("/media/redrawn.zip", cookie=cookie).status_code == status
    assert asked("/media/other.zip", cookie=f"{COOKIE}={secret}").status_code == 404
    assert asked("/static/media/a-font.woff2").status_code == 200


@pytest.mark.parametrize(
    ("origin", "lets"),
    [
        ("http://localhost:8501", True),
        ("http://LOCALHOST:8501", True),
        ("", True),  # no browser
        ("http://localhost:9999", False),  # another program of this machine
        ("http://127.0.0.1:8501", False),
        ("http://evil.example", False),
        ("null", False),
    ],
)
def test_a_websocket_is_opened_by_a_page_from_here_and_nobody_is_asked(origin, lets):
    """Streamlit lets in whatever says localhost, and asks a server elsewhere who we are."""
    told = [(b"host", b"localhost:8501"), *[(b"origin", o.encode()) for o in [origin] if o]]
    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": told}
    assert (refused(scope, operating()) is None) is lets
    passed_on = {**scope, "headers": [(b"host", b"localhost"), *told[1:]]}  # without the port
    assert (refused(passed_on, operating()) is None) is (lets or origin.endswith("localhost:9999"))


def test_who_a_proxy_says_is_there_is_said_once(monkeypatch):
    """A browser's own header before the proxy's was the one that counted."""
    option = {"server.trustedUserHeaders": {"X-Forwarded-Email": "email"}}
    monkeypatch.setattr(guards.st, "get_option", lambda name: option.get(name, []))
    told = [(b"host", b"x"), (b"x-forwarded-email", b"me")]
    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": told}
    assert refused(scope, operating().model_copy(update={"hosts": "x"})) is None
    scope["headers"] = [*told, (b"x-forwarded-email", b"cleo")]
    assert refused(scope, operating().model_copy(update={"hosts": "x"})).status_code == 400


@pytest.mark.parametrize("proto", ["https, http", "http", ""])
def test_cookies_are_secure_behind_https_whoever_sets_them(monkeypatch, proto):
    async def page(scope, receive, send):
        answer = PlainTextResponse("let in", headers={"set-cookie": "_streamlit_xsrf=2|secure"})
        answer.set_cookie("other", "1", secure=True)
        await answer(scope, receive, send)

    def told():
        client = TestClient(SecurityHeaders(page), "http://localhost")
        answer = client.get("/", headers={"x-forwarded-proto": proto})
        cookies = answer.headers.get_list("set-cookie")
        return [c.count("; Secure") for c in cookies], "strict-transport-security" in answer.headers

    assert told() == (([1, 1], False) if "https" in proto else ([0, 1], False))
    monkeypatch.setenv("SYNTH_HTTPS", "yes")
    assert told() == ([1, 1], True)


def test_a_slip_in_the_name_of_a_setting_is_seen(monkeypatch):
    monkeypatch.setenv("SYNTH_MOST_ROW", "1")
    monkeypatch.setenv("SYNTH_MOST_ROWS", "1")
    assert unknown() == ["SYNTH_MOST_ROW"]


@pytest.mark.parametrize(("path", "status"), [("/api/v1/methods", 403), ("/api/v1/x", 404)])
def test_what_is_refused_is_dressed_as_well(address, path, status):
    answer = httpx.get(address + path, timeout=PATIENCE)
    assert (answer.status_code, answer.headers["x-frame-options"]) == (status, "DENY")
    odd = httpx.get(address, headers={"host": "evil.example"}, timeout=PATIENCE)
    assert (odd.status_code, odd.headers["x-frame-options"]) == (400, "DENY")
    assert "SYNTH_HOSTS" in odd.text


def test_visitors_who_left_are_forgotten_after_a_while():
    """And so is what they had: Streamlit holds on to the last tab until another comes."""
    closed, state = [], SessionState()
    state["visitor"] = "with a table"
    stored = [SimpleNamespace(session=SimpleNamespace(id="a", session_state=state))]
    storage = SimpleNamespace(list=lambda: stored)
    runtime = SimpleNamespace(
        _session_mgr=SimpleNamespace(_session_storage=storage), close_session=closed.append
    )
    waiting = forget_the_departed(runtime, {}, now=0.0, patience=60)
    assert waiting == {"a": 0.0}
    assert forget_the_departed(runtime, waiting, now=59.0, patience=60) == {"a": 0.0}
    assert "visitor" in state
    assert forget_the_departed(runtime, waiting, now=60.0, patience=60) == {}
    assert closed == ["a"] and "visitor" not in state


def test_files_of_a_tab_that_is_gone_are_freed_within_a_minute():
    """Six of 50 MB that nobody had read stayed for as long as work is kept."""
    uploads = MemoryUploadedFileManager("")
    for tab in ("gone", "just now", "open"):
        uploads.add_file(tab, UploadedFileRec("1", "a.csv", "text/csv", b"x"))
    let_go(uploads, {"gone": 0.0, "just now": 30.0}, now=60.0 - SWEEP)
    assert set(uploads.file_storage) == {"just now", "open"}


class Alone:
    """Something that only holds itself."""

    itself: "Alone"


def test_what_only_holds_itself_is_freed_by_the_sweep_and_not_after_each_run():
    """It took 9 of the 15 seconds that a server spent on four people's afternoon."""
    settings = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())
    assert settings["runner"]["postScriptGC"] is False
    made = freed(ANYWAY)
    alone = Alone()
    alone.itself, gone = alone, weakref.ref(alone)
    gc.disable()
    try:
        del alone
        assert freed(made) == made and gone() is not None  # nothing was made since
        freed(ANYWAY)  # somebody left
        assert gone() is None
    finally:
        gc.enable()


def test_an_upload_that_came_while_another_was_read_is_kept(monkeypatch):
    """It was let go of unread, and nobody was told."""
    uploads = MemoryUploadedFileManager("")
    for file in ("read", "came meanwhile"):
        uploads.add_file("tab", UploadedFileRec(file, "a.csv", "text/csv", b"x"))
    here = SimpleNamespace(session_id="tab", uploaded_file_mgr=uploads)
    monkeypatch.setattr(sources, "get_script_run_ctx", lambda: here)
    monkeypatch.setattr(sources.Runtime, "exists", lambda: True)
    sources.free_uploads("read")
    assert list(uploads.file_storage["tab"]) == ["came meanwhile"]


def test_a_page_that_is_left_forgets_what_of_it_draws_itself_anew(monkeypatch):
    """Asked for once more by a clock, a part of the page before emptied the screen after it."""
    kept = MemoryFragmentStorage()
    kept.register("a bar that moves by itself", lambda: None)
    there: list[tuple[str, bool]] = []

    def switch(path: str) -> None:
        there.append((path, kept.contains("a bar that moves by itself")))

    monkeypatch.setattr(
        places, "get_script_run_ctx", lambda: SimpleNamespace(fragment_storage=kept)
    )
    monkeypatch.setattr(places.st, "switch_page", switch)
    places.go_to("method")
    assert there == [(places.page("method"), False)]


def test_streamlit_still_asks_whether_a_part_is_there_before_it_draws_it():
    assert "has_fragment" in AppSession.request_rerun.__code__.co_names
    assert "fragment_storage" in ScriptRunContext.__dataclass_fields__


def test_streamlit_still_keeps_sessions_where_we_look():
    from streamlit.runtime.memory_session_storage import MemorySessionStorage
    from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

    assert callable(MemorySessionStorage.list)
    assert callable(MemoryUploadedFileManager.remove_session_files)
    assert callable(MemoryUploadedFileManager.remove_file)
    assert MemoryUploadedFileManager("").file_storage == {}
    assert "_session_storage" in WebsocketSessionManager.__init__.__code__.co_names
    assert "_user_info" in AppSession.__init__.__code__.co_names
    assert {"client", "session"} <= set(ActiveSessionInfo.__dataclass_fields__)
    files = vars(MediaFileManager(MemoryMediaFileStorage("/media")))
    assert files["_files_by_session_and_coord"]["of a session"] == {} and files["_lock"]
    assert files["_file_metadata"] == {} and callable(WebsocketSessionManager.list_active_sessions)
