"""What a browser left off with is found again by its secret, in time, and by nobody else."""

import asyncio
import threading
from http.cookies import SimpleCookie

import pytest

from synth.budget import Budget
from synth.ingest import load
from synth.runs import Recipe
from tests.people import some_people
from tests.screens import AppTest
from tests.ui.test_pages import screen, words
from ui.shell import visitor, visits
from ui.shell.visitor import Made, Visitor
from ui.shell.visits import COOKIE, MINUTES, Recognised, Returned, Visits, key_of, secret_in

SECRET = "s" * 43
KEY = key_of(SECRET, "")


@pytest.fixture(autouse=True)
def usual_time(monkeypatch):
    monkeypatch.delenv(MINUTES, raising=False)


def test_work_is_there_until_a_while_after_the_last_tab_was_closed():
    kept: Visits[str] = Visits()
    kept.keep(KEY, "work", "one")
    kept.keep(KEY, "later work", "two")
    assert kept.recall(KEY) == "later work"
    kept.sweep({"one", "two"}, now=0.0)
    kept.sweep({"two"}, now=10_000.0)
    kept.sweep(set(), now=20_000.0)
    kept.sweep(set(), now=20_899.0)
    assert kept.recall(KEY) == "later work"
    kept.sweep(set(), now=20_900.0)
    assert kept.recall(KEY) is None
    assert len(kept) == 0


def test_whoever_comes_back_in_time_has_all_of_it_again():
    kept: Visits[str] = Visits()
    kept.keep(KEY, "work", "one")
    kept.sweep(set(), now=0.0)
    kept.keep(KEY, "work", "two")
    kept.sweep({"two"}, now=899.0)
    kept.sweep(set(), now=1000.0)
    kept.sweep(set(), now=1899.0)
    assert kept.recall(KEY) == "work"


def test_a_run_that_goes_on_is_waited_for():
    busy = {"work"}
    kept: Visits[str] = Visits(busy.__contains__)
    kept.keep(KEY, "work", "one")
    kept.sweep(set(), now=0.0)
    kept.sweep(set(), now=9000.0)
    assert kept.recall(KEY) == "work"
    busy.clear()
    kept.sweep(set(), now=9001.0)
    kept.sweep(set(), now=9900.0)
    assert kept.recall(KEY) == "work"
    kept.sweep(set(), now=9901.0)
    assert kept.recall(KEY) is None


def test_the_oldest_without_a_tab_go_first_and_nobody_with_one():
    kept: Visits[int] = Visits(most=2)
    for i in range(5):
        kept.keep(str(i), i, f"tab {i}")
    kept.sweep({"tab 0"}, now=0.0)
    assert [kept.recall(str(i)) for i in range(5)] == [0, None, None, 3, 4]


@pytest.mark.parametrize("minutes", ["0", "-3"])
def test_an_operator_can_have_nothing_kept(minutes, monkeypatch):
    monkeypatch.setenv(MINUTES, minutes)
    kept: Visits[str] = Visits()
    kept.keep(KEY, "work", "one")
    assert kept.recall(KEY) is None


def test_what_is_no_number_of_minutes_is_the_usual_time(monkeypatch):
    monkeypatch.setenv(MINUTES, "soon")
    assert visits.minutes_kept() == visits.USUAL


def test_it_is_forgotten_at_once_when_asked():
    kept: Visits[str] = Visits()
    kept.keep(KEY, "work", "one")
    kept.forget(KEY)
    kept.forget(KEY)
    assert kept.recall(KEY) is None


def test_a_secret_is_a_whole_one_and_each_who_signs_in_has_a_key_of_their_own():
    assert key_of("", "") == key_of("short", "") == key_of("é" * 43, "") == ""
    assert len({key_of(SECRET, who) for who in ("", "a@example.org", "b@example.org")}) == 3
    assert key_of(SECRET, "a member") == key_of("of another browser", "a member") != ""
    kept: Visits[str] = Visits()
    kept.keep(key_of("", ""), "work of somebody without cookies", "one")
    assert kept.recall("") is None


def test_another_tab_decides_for_itself_and_what_is_spent_adds_up():
    who = Visitor()
    who.bring(load(some_people(60), Budget(1.0)), "people")
    other = who.again()
    other.protect([{"step": "drop", "columns": ["age"]}])
    other.queries["db"] = "SELECT 1"
    assert (who.recipe.protect, who.past, who.queries) == ((), [], {})
    assert other.loaded is who.loaded
    assert other.entries is who.entries


class Ended:
    """A job, as far as a tab that waits for it looks."""

    def __init__(self) -> None:
        self.finished, self.share, self.doing = threading.Event(), 0.5, "counting"
        self.recipe, self.bundle, self.comparison, self.linked = Recipe(), None, None, None


def test_a_tab_that_was_open_before_a_run_shows_it_and_one_of_another_table_does_not(monkeypatch):
    monkeypatch.setattr(Made, "trial", object())
    who, job = Visitor(), Ended()
    who.bring(load(some_people(60), Budget(1.0)), "people")
    before, apart = who.again(), who.again()
    apart.bring(load(some_people(60), Budget(1.0)), "others")
    who.job = job
    during = who.again()
    shown = screen("compare", during)
    assert "are being made" in words(shown) and "First make" not in words(shown)
    job.bundle, job.comparison = b"zip", object()
    job.finished.set()
    assert who.collect()
    for tab in (before, apart):
        tab.collect()
    assert before.made is who.made and apart.made is None


# -- the secret -----------------------------------------------------------------------------------


def answered(path: str, *, cookie: str = "", scheme: str = "http", kind: str = "text/html") -> str:
    """What the browser is told to keep."""
    sent = []

    async def app(scope, receive, send):
        told = [(b"content-type", kind.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": told})

    async def hear(message):
        sent.append(message)

    headers = [(b"cookie", cookie.encode())] if cookie else []
    scope = {"type": "http", "method": "GET", "path": path, "headers": headers, "scheme": scheme}
    asyncio.run(Recognised(app)(scope, None, hear))
    return dict(sent[0]["headers"]).get(b"set-cookie", b"").decode()


def test_each_browser_is_given_a_secret_of_its_own_with_its_first_page():
    one, other = (SimpleCookie(answered("/method"))[COOKIE] for _ in range(2))
    assert one.value != other.value
    assert key_of(one.value, "")
    assert one["httponly"] and one["samesite"] == "Lax" and not one["secure"]


@pytest.mark.parametrize("path", ["/api/v1/jobs", "/_stcore/health", "/media/x", "/static/x.js"])
def test_what_is_no_page_gives_none(path):
    assert answered(path) == ""
    assert answered("/", kind="text/javascript") == ""


def test_one_that_is_there_already_stays():
    assert answered("/", cookie=f"other=1; {COOKIE}={SECRET}") == ""
    assert answered("/", cookie=f"{COOKIE}=guessed") != ""


def test_a_browser_that_was_here_before_the_server_started_is_told_once(monkeypatch):
    ours, returned = SimpleCookie(answered("/"))[COOKIE].value, Returned(most=2)
    assert not returned.tell(ours, 0.0) and not returned.tell("", 0.0)
    assert returned.tell(SECRET, 0.0) and returned.tell(SECRET, 59.0)  # all tabs come back
    assert not returned.tell(SECRET, 60.0)
    monkeypatch.setattr(visits, "SEAL", b"of the process that was started next")
    assert returned.tell(ours, 60.0)
    monkeypatch.setenv(MINUTES, "0")
    assert not returned.tell("t" * 43, 0.0)


def test_the_screens_say_why_they_are_empty_after_a_restart(monkeypatch):
    monkeypatch.setattr(visitor, "_secret", lambda: SECRET)
    app = AppTest.from_string(
        "import streamlit as st\nfrom ui.shell.visitor import say_started_anew, visitor\n"
        "visitor()\nsay_started_anew()"
    ).run()
    assert "started anew" in words(app) and "never on a disk" in words(app)
    app.session_state["visitor"].bring(load(some_people(60), Budget(1.0)), "people")
    assert "started anew" not in words(app.run())
    visitor.VISITS.forget(KEY)


def test_without_cookies_the_screen_says_that_a_reload_loses_everything():
    from tests.ui.test_pages import screen, words

    who = Visitor()
    who.bring(load(some_people(60), Budget(1.0)), "people")
    app: AppTest = screen("data", who)
    assert "**Table**" in words(app)
    assert "are gone when this tab is reloaded" in words(app)
    app.button(key="forget").click().run()
    assert not app.exception
    assert "**Table**" not in words(app)


def test_the_tabs_of_one_browser_are_told_and_of_no_other():
    kept: Visits[str] = Visits()
    kept.keep(KEY, "work", "one")
    kept.keep(KEY, "work", "two")
    kept.keep("another", "work", "three")
    assert kept.beside("one") == {"one", "two"}
    assert kept.beside("unknown") == {"unknown"}


@pytest.mark.parametrize("other", ["novalue", 'prefs={"a":1}', "a[b]=1"])
def test_a_cookie_of_another_app_hides_no_visit(other):
    """Ports of one machine share their cookies, and some write what the standard does not know."""
    for told in (f"{other}; {COOKIE}=one", f"{COOKIE}=one; {other}"):
        assert secret_in({"headers": [(b"cookie", told.encode())]}) == "one"
