"""The documentation inside the app: every page opens, and each screen leads to one."""

import re

import pytest

from tests.screens import AppTest
from tests.ui.test_pages import screen, words
from ui.help import EXPLAINED, PAGES, inside
from ui.shell.places import DOCS
from ui.words import USED, meanings


def test_every_page_is_there_and_its_links_stay_in_the_app():
    """Only what is about the code is for whoever reads the code."""
    there = {p.relative_to(DOCS).with_suffix("").as_posix() for p in DOCS.rglob("*.md")}
    left = {p for p in there - set(PAGES) if not p.startswith("datasynthesizer-plugin")}
    assert left == {"architecture", "plugins"}
    for name in PAGES:
        text = inside((DOCS / f"{name}.md").read_text(encoding="utf-8"), name)
        assert not re.search(r"\]\([\w./-]+\.md", text)
        assert set(re.findall(r"help\?page=([\w/-]+)", text)) <= set(PAGES)


def test_links_lead_on_from_a_folder():
    told = inside(
        "[a](../promise.md#who) [b](steward.md) [c](../plugins.md)", "tutorials/developer"
    )
    assert told == "[a](help?page=promise) [b](help?page=tutorials/steward) [c](help)"


@pytest.mark.parametrize("name", EXPLAINED)
def test_each_screen_leads_to_the_page_that_explains_it(name):
    app = screen(name)
    way = app.get("page_link")[0]
    assert way.proto.label == f"Read: {PAGES[EXPLAINED[name]]}"


def test_a_page_opens():
    app = screen("help")
    assert "you are" in words(app)
    shown = app.selectbox[0].select("promise").run()
    assert "Who the attacker is" in words(shown)


def test_each_word_that_a_screen_explains_has_its_meaning_in_the_glossary():
    for shown, told in USED.items():
        assert all(meanings()[word] for word in told)
        app = AppTest.from_string(f"from ui.words import show_words\nshow_words({shown!r})").run()
        assert not app.exception
        assert meanings()[told[0]] in app.markdown[0].value
