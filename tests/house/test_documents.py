"""What newcomers read is true: rooms, drawing, names of files, code that can be typed."""

import re
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
PAGES = ["docs/architecture.md", "docs/glossary.md", "CONTRIBUTING.md", "README.md"]
CODE = "\n".join(p.read_text() for p in (ROOT / "synth").rglob("*.py"))


def layers() -> list[str]:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = told["tool"]["importlinter"]["contracts"][0]["layers"]
    return [room.strip() for line in lines for room in line.split("|")]


def test_the_rooms_on_the_page_are_those_of_the_contract_and_of_the_disk():
    lines = re.findall(r"^\| (`[^|]*`) \|", ARCHITECTURE, re.M)
    told = [room for line in lines for room in re.findall(r"`(\w+)`", line)]
    assert sorted(told) == sorted(layers())
    found = {p.stem for p in (ROOT / "synth").iterdir() if p.stem.isidentifier()}
    assert found - {"__init__", "__pycache__", "py"} == set(told)


def test_the_picture_is_that_of_the_imports_now():
    spec = spec_from_file_location("draw_rooms", ROOT / "docs" / "draw_rooms.py")
    assert spec is not None and spec.loader is not None
    draw = module_from_spec(spec)
    spec.loader.exec_module(draw)
    assert draw.drawn(ARCHITECTURE) == ARCHITECTURE, "make rooms draws it again"
    rooms = set(re.findall(r"^  (\w+)\[", draw.drawing(), re.M)) - {"ground"}
    assert len(rooms) <= 12


def named(page: str) -> set[str]:
    """What stands between backticks outside of code blocks."""
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(), flags=re.S)
    return set(re.findall(r"`([^`\n]+)`", text))


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_named_is_there(page):
    paths = {n for n in named(page) if re.fullmatch(r"[\w./-]+/[\w./-]*|[\w./-]+\.\w{2,5}", n)}
    own = {p for p in paths if p.split("/")[0] in {x.name for x in ROOT.iterdir()}}
    assert own or page == "docs/glossary.md"
    missing = [
        p for p in own if not (ROOT / p).exists() and not p.startswith(("recipe", "release"))
    ]
    assert missing == []


@pytest.mark.parametrize("page", PAGES[:3])
def test_every_class_and_function_that_is_named_is_there(page):
    names = {n for n in named(page) if re.fullmatch(r"([A-Z]\w+\.)?[A-Za-z]\w+", n)}
    words = {n.split(".")[-1] for n in names if not (ROOT / n).exists()} - {"make", *layers()}
    absent = [w for w in words if not re.search(rf"\b(def|class) {w}\b|^ *{w}\b", CODE, re.M)]
    assert absent == []
