"""A table whose columns are called as an attacker would call them, on every screen."""

import io
from typing import Any

import pandas as pd
import pytest

from synth.budget import Budget
from synth.ingest import load
from synth.release import Bundle
from synth.release.sandbox.resources import about, resources
from synth.release.sandbox.take_away import files as sandbox_files
from synth.runs import Recipe, run
from synth.runs.recipe import MethodPart, People
from tests.budget.test_inert import acting
from tests.people import some_people
from tests.ui.test_pages import ran, screen
from ui.shell.border import PLAIN
from ui.shell.visitor import Made, Visitor

HOSTILE = "a` [x](javascript:alert(1)) ![p](//e/p.png) <b>b</b> [r]"
OTHER = "``c`\n\n[d](//e)"
NO_MARKDOWN = (
    "id",
    "form_id",
    "alt",
    "options",
    "placeholder",
    "value",
    "default",
    "spec",
    "url",
    "srcdoc",
)


@pytest.fixture(scope="module")
def hostile() -> pd.DataFrame:
    return some_people().rename(columns={"age": HOSTILE, "city": OTHER})


@pytest.fixture(scope="module")
def outcome(hostile):
    recipe = Recipe(method=MethodPart(name="independent"))
    return recipe, run(recipe, hostile)


@pytest.fixture
def who(hostile, outcome) -> Visitor:
    made = Visitor()
    made.bring(load(hostile, Budget(1.0)), HOSTILE)
    recipe, found = outcome
    made.decide(people=People(), protect=({"step": "round", "column": HOSTILE, "seen": True},))
    made.made = Made(recipe, found.release.zipped(), found.comparison)
    return made


def texts(node: Any) -> list[str]:
    """All that a browser may read as Markdown, whatever its element is called."""
    proto, kind = getattr(node, "proto", None), getattr(node, "type", "")
    told = []
    if proto is not None and kind not in PLAIN:
        for field, text in proto.ListFields():
            if isinstance(text, str) and field.name not in NO_MARKDOWN:
                told.append(text)
    return [*told, *(t for c in getattr(node, "children", {}).values() for t in texts(c))]


SCREENS = ("columns", "protect", "method", "compare", "release", "showcase")


@pytest.mark.parametrize("page", SCREENS)
def test_no_name_becomes_a_link_on_a_screen(page, who):
    app = screen(page, who)
    told = texts(app._tree)  # noqa: SLF001
    assert any("javascript" in text for text in told)
    assert [text for text in told if acting(text)] == []


def test_nor_in_a_message_about_a_name_that_nobody_has(who):
    who.protect([{"step": "drop", "columns": [HOSTILE + "?"]}])
    app = screen("protect", who)
    assert any("There is" in e.value or "no column" in e.value for e in ran(app).error)
    assert [text for text in texts(app._tree) if acting(text)] == []  # noqa: SLF001


def test_nor_in_the_papers_of_a_release(outcome):
    bundle = Bundle.read(io.BytesIO(outcome[1].release.zipped()))
    files = {**bundle.files, **sandbox_files(resources(bundle), about(bundle))}
    papers = {name: content.decode() for name, content in files.items() if name.endswith(".md")}
    assert {"PRIVACY.md", "README.md"} <= papers.keys()
    assert [name for name, text in papers.items() if acting(text)] == []


def test_pages_of_our_own_keep_their_links():
    app = screen("help")
    assert any(acting(e.value) for e in app.markdown)
