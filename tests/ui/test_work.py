"""Work in the background of a screen: shown, stopped, kept, and its failures told."""

import threading

import pytest

from synth.runs.turns import Turns
from tests.screens import AppTest
from tests.waiting import PATIENCE, until
from ui.shell import turn as turns_of_screens
from ui.shell import work
from ui.shell.turn import aside, turn
from ui.shell.visitor import Visitor
from ui.shell.work import MOST, Work, at_once


def test_what_was_worked_out_is_not_worked_out_again_and_the_oldest_goes():
    who, asked = Visitor(), []

    def worked(i: int) -> int:
        asked.append(i)
        return i

    for i in [*range(MOST + 1), MOST, 0]:
        assert at_once(who, f"{i}", lambda i=i: worked(i)) == i
    assert asked == [*range(MOST + 1), 0]
    assert len(who.works) == MOST


def test_work_tells_how_far_it_is_and_ends_where_it_is_stopped():
    begun, go, told = threading.Event(), threading.Event(), []

    def long(tell) -> str:
        tell(0.5, "half of it")
        begun.set()
        go.wait(PATIENCE)
        told.append("went on")
        tell(0.6, "more")
        told.append("was not stopped")
        return "result"

    one = Work()
    one.start(long)
    assert begun.wait(PATIENCE)
    assert (one.share, one.doing) == (0.5, "half of it")
    one.stop()
    go.set()
    until(lambda: told, "it did not go on")
    assert one.finished.is_set() and one.stopped and one.result is None
    assert told == ["went on"]


SCREEN = """
import streamlit as st
from tests.ui import test_work
from ui.shell.work import in_background

found = in_background(test_work.WHO, "a key", test_work.doing, "Working …")
st.markdown(f"found {found}")
"""
WHO = Visitor()
HELD: dict[str, threading.Event] = {}


def doing(tell) -> int:
    tell(0.25, "A quarter …")
    HELD["begun"].set()
    HELD["go"].wait(PATIENCE)
    tell(0.5, "Half …")
    if "fails" in HELD:
        raise ValueError("as it does")
    return 42


@pytest.fixture
def screen(monkeypatch) -> AppTest:
    monkeypatch.setattr(work, "GLIMPSE", 0.0)
    WHO.works.clear()
    HELD.clear()
    HELD.update(begun=threading.Event(), go=threading.Event())
    app = AppTest.from_string(SCREEN, default_timeout=PATIENCE).run()
    assert HELD["begun"].wait(PATIENCE)
    return app


def finished() -> bool:
    return WHO.works["a key"].finished.wait(PATIENCE)


def test_a_screen_shows_the_work_and_then_what_came_of_it(screen):
    assert screen.markdown[0].value == "found None"
    assert screen.button(key="stop Working …")
    HELD["go"].set()
    assert finished()
    assert screen.run().markdown[0].value == "found 42"


def test_a_visitor_stops_it_and_begins_again(screen):
    WHO.works["a key"].stop()
    screen.run()
    assert screen.info[0].value == "Stopped."
    HELD["go"].set()
    screen.button[0].click().run()
    assert finished()
    assert screen.run().markdown[0].value == "found 42"


def test_what_goes_wrong_is_raised_on_the_screen(screen):
    HELD["fails"] = threading.Event()
    HELD["go"].set()
    assert finished()
    assert len(screen.run().exception) == 1


ENDS = """
import streamlit as st
from tests.ui import test_work
from ui.shell.polling import polled

polled(lambda: True, lambda: st.progress(0.5, "Working …"))
if st.button("Next", key="next"):
    st.markdown("came here")
"""


def test_a_click_is_not_lost_where_work_ends_while_the_screen_is_drawn():
    app = AppTest.from_string(ENDS, default_timeout=PATIENCE).run()
    app.button(key="next").click().run()
    assert app.markdown[0].value == "came here"


def test_screens_are_drawn_a_few_at_a_time_and_who_only_waits_lets_others_go():
    turns, drawn, go, waits = Turns(1), [], threading.Event(), threading.Event()

    def first():
        with turn("one", turns):
            drawn.append("one begins")
            with aside():
                waits.set()
                go.wait(PATIENCE)
            drawn.append("one goes on")

    one = threading.Thread(target=first)
    one.start()
    assert waits.wait(PATIENCE)
    with turn("two", turns):
        go.set()
        until(lambda: turns.busy.waiting, "it did not wait for its place")
        drawn.append("two is drawn")
    one.join(PATIENCE)
    assert drawn == ["one begins", "two is drawn", "one goes on"]
    assert turns.busy[1:3] == (0, 0)


def test_a_screen_waits_no_longer_than_so_long_for_others(monkeypatch):
    monkeypatch.setattr(turns_of_screens, "LOOK", 0.01)
    with turn("one", turns := Turns(1)), turn("two", turns, longest=0.02):
        assert turns.busy[1:3] == (0, 1)


def test_work_that_waits_tells_so_and_can_be_stopped_before_it_begins(monkeypatch):
    monkeypatch.setattr(turns_of_screens, "LOOK", 0.01)
    monkeypatch.setattr(work, "WORKING", places := Turns(1))
    with turn("another", places):
        one = Work()
        one.start(lambda tell: 42, "somebody")
        until(lambda: one.doing, "it tells nothing")
        assert one.doing == "Begins next …"
        one.stop()
        until(lambda: not places.busy.waiting, "it waits on")
    assert one.result is None and places.busy.running == 0


def test_what_nobody_waits_for_any_more_gives_its_place_up(monkeypatch):
    """Of other steps by now, or of a table that is gone: the next one waited for its end."""
    monkeypatch.setattr(work, "WORKING", Turns(1))
    who, begun, go = Visitor(), threading.Event(), threading.Event()

    def long(tell) -> None:
        begun.set()
        while not go.wait(0.01):
            tell(0.5, "on and on")

    who.works["before"] = old = Work("Trying …")
    old.start(long, "one")
    assert begun.wait(PATIENCE)
    monkeypatch.setattr(work, "this_tab", lambda: "one")
    until(lambda: work.in_background(who, "now", lambda tell: 42, "Trying …") == 42, "it waits")
    assert list(who.works) == ["now"] and old.stopped
    who.works["on"] = other = Work("Another …")
    who.stop_works()
    assert other.stopped
