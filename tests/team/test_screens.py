"""The screens of the library, run through the router as each kind of member."""

import time
from dataclasses import replace

import pytest

from synth.api.team.desk import Desk
from synth.api.team.library import Library
from synth.api.team.shelved import GateLine, Leaflet, changed
from synth.budget import Budget
from synth.ingest import load
from synth.runs.gate import excepted
from tests.people import some_people
from tests.screens import AppTest
from tests.team.people import APPROVER, CUSTODIAN, noisy, zipped
from tests.ui.test_pages import ROUTER, ran, with_release, with_table, words
from tests.waiting import PATIENCE
from ui.gate import lines_of
from ui.shell.visitor import KEY, Visitor
from ui.team.shelf import matches

__all__ = ["with_release", "with_table"]  # fixtures
WARD = Leaflet("Ward *7*", "patients of ward 7", "with <b>dates</b>")
LINE = GateLine("An attack", "3 of 400 people were found", stops=True, reason="they agreed")
DUTIES = {"cleo": "custodian", "amir": "approver", "rosa": "recipient", "adam": "administrator"}


@pytest.fixture
def library(tmp_path, monkeypatch) -> Library:
    monkeypatch.setenv("SYNTH_SIGN_IN", "openid")
    monkeypatch.setenv("SYNTH_LIBRARY", str(tmp_path))
    return Library.opened(tmp_path)


def screen(name: str, page: str, who: Visitor | None = None, release: str = "") -> AppTest:
    app = AppTest.from_file(ROUTER, default_timeout=PATIENCE)
    told = {"is_logged_in": True, "iss": "https://id", "sub": name, "email": f"{name}@x"}
    app.user = {**told, "groups": f"synth-{DUTIES[name]}s", "exp": time.time() + 3600}
    app.session_state[KEY] = who or Visitor()
    app.run()
    if release:
        app.query_params["release"] = release
    app.switch_page(f"../../pages/{page}.py").run()
    return ran(app)


def waiting(library: Library, content: bytes = b"") -> str:
    id = library.keep(CUSTODIAN, content or noisy(1.0), WARD, [LINE]).id
    library.submit(CUSTODIAN, id)
    return id


def published(library: Library, content: bytes = b"") -> str:
    id = waiting(library, content)
    library.approve(APPROVER, id, None, "fine", library.beside(APPROVER, id))
    return id


def test_without_a_folder_or_a_sign_in_there_is_no_library(with_release, monkeypatch):
    monkeypatch.setenv("SYNTH_LIBRARY", "/nowhere")
    app = AppTest.from_file(ROUTER, default_timeout=PATIENCE)
    app.session_state[KEY] = with_release
    ran(app.run())
    ran(app.switch_page("../../pages/release.py").run())
    assert "Publish it" not in [h.value for h in app.header]
    with pytest.raises(ValueError, match="library"):
        app.switch_page("../../pages/library.py").run()


def test_a_custodian_submits_what_the_release_screen_shows(library, with_release):
    for line in lines_of(with_release.made):
        told = excepted(with_release.made.recipe, line.key, "not needed")
        with_release.made = replace(with_release.made, recipe=told)
    app = screen("cleo", "release", with_release)
    app.text_input(key="submit.name").set_value("Ward 7")
    app.text_input(key="submit.population").set_value("ward 7")
    ran(app.button(key="submit.go").click().run())
    assert "Ward 7, version 1 waits for an approver now." in words(app)
    (one,) = library.all(APPROVER)
    assert one.deeds[0].name == "cleo@x"
    assert {line.reason for line in one.lines} <= {"not needed"}


def test_an_approver_is_told_what_it_is_beside_others_and_has_to_say_so(library):
    published(library, zipped(k=10))
    id = waiting(library, zipped(k=20))
    app = screen("amir", "approve")
    told = words(app)
    assert "k changed from 10 to 20." in told
    assert "3 of 400 people were found" in told
    assert "they agreed" in told
    app.text_area(key=f"approve.why.{id}").set_value("seen")
    ran(app.button(key="approve.yes").click().run())
    assert "tick that you have" in words(app)
    app.checkbox(key=f"approve.read.{id}").check()
    ran(app.button(key="approve.yes").click().run())
    assert "is published." in words(app)
    assert library.get(APPROVER, id).deeds[-1].told["beside"]


def test_what_came_out_after_the_approver_looked_is_not_approved_over(library):
    id, other = waiting(library, zipped(k=20)), waiting(library, zipped(k=10))
    app = screen("amir", "approve")
    app.selectbox(key="approve.one").set_value(id).run()
    library.approve(APPROVER, other, None, "fine", library.beside(APPROVER, other))
    app.text_area(key=f"approve.why.{id}").set_value("seen")
    app.checkbox(key=f"approve.read.{id}").check()
    ran(app.button(key="approve.yes").click().run())
    assert "published meanwhile" in words(app)


def test_a_recipient_finds_searches_and_reads_and_markup_stays_text(library):
    id = published(library)
    app = screen("rosa", "library")
    assert app.header[0].value == "Ward \\*7\\*, version 1"
    app.text_input(key="library.search").set_value("nothing like it").run()
    assert not app.header
    page = screen("rosa", "library", release=id)
    told = words(page)
    assert "Published" in told
    assert "with <b>dates</b>" in [t.value for t in page.text]
    assert not any(word in told for word in ("3 of 400", "they agreed", "For the team"))


def test_a_recipients_page_of_what_waits_says_there_is_none(library):
    assert "no such release" in words(screen("rosa", "library", release=waiting(library)))


def test_a_search_looks_into_names_words_and_columns_and_changes_are_told(library):
    one = library.keep(CUSTODIAN, noisy(1.0), WARD, ())
    assert matches(one, "ward dates")
    assert matches(one, one.columns[0][:2])
    assert not matches(one, "ward 8")
    two = library.keep(CUSTODIAN, zipped(), WARD, ())
    assert any("promise" in line for line in changed(one, two))


def test_an_administrator_sees_everything_that_was_done(library):
    published(library)
    assert "Everything that was done" in [e.label for e in screen("adam", "library").expander]
    assert "Everything that was done" not in [e.label for e in screen("cleo", "library").expander]


def test_a_question_is_asked_priced_and_answered_on_the_screens(library, tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTH_QUESTIONS", "3")
    monkeypatch.setenv("SYNTH_LEDGER", str(tmp_path / "books"))
    id = published(library)
    app = screen("rosa", "library", release=id)
    app.text_input(key="ask.where").set_value("colour = 1")
    ran(app.button(key="ask.go").click().run())
    assert "colour" in app.error[0].value
    app.text_input(key="ask.where").set_value("age > 40")
    ran(app.button(key="ask.go").click().run())
    assert "2 more of 3" in words(app)
    assert "open the real table" in words(screen("cleo", "questions"))
    who = Visitor()
    who.bring(load(some_people(), Budget(1.0)), "people")
    desk = screen("cleo", "questions", who)
    assert "would come to" in words(desk)
    (inquiry,) = Desk(library, 3).inquiries(CUSTODIAN)
    desk.checkbox(key=f"answers.sure.{inquiry.id}").check().run()
    ran(desk.button(key="answers.yes").click().run())
    assert "Answered:" in words(desk)
    page = screen("rosa", "library", release=id)
    assert any("by noise" in t.value for t in page.text)
    desk.checkbox(key="allow.sure").check()
    ran(desk.button(key="allow.go").click().run())
    assert any("answered without anybody" in t.value for t in desk.text)
    assert "answered at once" in words(page.run())
    page.text_input(key="ask.where").set_value("age > 20")
    ran(page.button(key="ask.go").click().run())
    assert sum("by noise" in t.value for t in page.text) == 2
    ran(desk.button(key=f"standing.stop.{id}").click().run())
    assert not any("answered without anybody" in t.value for t in desk.text)
