"""Each page asks who is there by itself, and the router offers nothing else."""

import ast
import re
import time
import tomllib
from pathlib import Path

import pytest

from tests.screens import AppTest
from tests.ui.test_pages import ROUTER, ran, words
from tests.waiting import PATIENCE
from ui.shell import signed_in

PAGES = sorted((Path(__file__).parents[2] / "pages").glob("*.py"))


def opened(file: Path, *groups: str, seconds: float = 3600, signed_in: bool = True) -> AppTest:
    app = AppTest.from_file(file, default_timeout=PATIENCE)
    told = {"sub": groups[0] if groups else "nobody", "email": "ann@x", "groups": list(groups)}
    app.user = {**told, "is_logged_in": signed_in, "exp": time.time() + seconds}
    return ran(app.run())


@pytest.fixture
def signing(monkeypatch):
    monkeypatch.setenv("SYNTH_SIGN_IN", "openid")


@pytest.mark.parametrize("file", PAGES, ids=lambda p: p.stem)
def test_the_first_thing_a_page_does_is_to_ask_who_is_there(file):
    body = ast.parse(file.read_text()).body[1:]
    first = next(n for n in body if not isinstance(n, ast.Import | ast.ImportFrom))
    assert re.match(r"(\w+ = )?need(_custodian)?\(", ast.unparse(first))


@pytest.mark.parametrize("file", PAGES, ids=lambda p: p.stem)
def test_a_page_that_runs_without_the_router_shows_strangers_nothing(file, signing):
    assert "This screen is for" in words(opened(file, "staff"))


def test_whoever_is_not_signed_in_or_was_too_long_ago_sees_the_same_of_it(signing):
    file = next(p for p in PAGES if p.stem == "data")
    assert words(opened(file, "synth-custodians", signed_in=False)).startswith("This server")
    assert words(opened(file, "synth-custodians", seconds=-1)).startswith("This server")


def test_the_router_shows_who_is_signed_in_and_where_to_sign_in(signing):
    assert "Share the shape" in words(opened(ROUTER, "synth-custodians"))
    assert opened(ROUTER, "synth-custodians").text[0].value == "ann@x · custodian"
    assert "This screen is for" in words(opened(ROUTER, "staff"))
    nobody = opened(ROUTER, signed_in=False)
    assert [t.value for t in nobody.title] == ["Please sign in"]
    assert nobody.button(key="sign_in")


def test_a_sign_out_ends_every_tab_and_every_copy_of_the_cookie(signing):
    """Other tabs of a browser went on showing the table, and a copied cookie let in for an hour."""
    one, other = opened(ROUTER, "synth-custodians"), opened(ROUTER, "synth-recipients")
    signed_in.end(one.user)
    assert [t.value for t in ran(one.run()).title] == ["Please sign in"]
    assert ran(other.run()).text[0].value == "ann@x · recipient"


def test_a_proxy_that_told_nobody_is_no_way_in(monkeypatch):
    monkeypatch.setenv("SYNTH_SIGN_IN", "proxy")
    app = AppTest.from_file(ROUTER, default_timeout=PATIENCE)
    app.user = {"groups": "synth-custodians"}
    assert "through its own sign-in page" in words(ran(app.run()))


def test_where_nobody_signs_in_the_app_listens_to_this_machine_alone():
    told = tomllib.loads((ROUTER.parents[2] / ".streamlit" / "config.toml").read_text())
    assert told["server"]["address"] == "127.0.0.1"


def test_a_setting_that_is_wrong_lets_nobody_in_and_says_so(monkeypatch):
    monkeypatch.setenv("SYNTH_SIGN_IN", "yes")
    app = opened(ROUTER, "synth-custodians")
    assert "no way to sign in" in words(app)
    assert not app.title
