"""What newcomers read is true: rooms, drawing, names of files and code, lines to be typed."""

import ast
import re
import tomllib
from collections import defaultdict
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from synth.runs import read_recipe
from synth.vault import PrivateTable

ROOT = Path(__file__).parents[2]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
OWN_WORDS = ["docs/architecture.md", "docs/glossary.md", "CONTRIBUTING.md"]
PAGES = [*OWN_WORDS, "README.md"]
DOCS = sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "docs").rglob("*.md"))
FILE = r"[\w.-]*/[\w./-]*|[\w-]*\.(py|md|toml|json|txt|yml|csv|zip)"
MADE = {"recipe.toml", "release.zip"}  # files that synth makes
NOT_RUN = {"docs/rows-that-stay.md": "needs a Spark session; tests/vault/test_staying.py has one"}


def contracts() -> list[dict]:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return told["tool"]["importlinter"]["contracts"]


def layers() -> list[str]:
    return [room.strip() for line in contracts()[0]["layers"] for room in line.split("|")]


def rows_of(heading: str) -> list[str]:
    """The first cell of each row of the table under a heading of the architecture."""
    part = ARCHITECTURE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| (.+?) \|", part, re.M)[1:]


# -- the house -----------------------------------------------------------------------------------


def test_the_rooms_on_the_page_are_those_of_the_contract_and_of_the_disk():
    told = [room for cell in rows_of("The rooms") for room in re.findall(r"`(\w+)`", cell)]
    assert sorted(told) == sorted(layers())
    found = {p.stem for p in (ROOT / "synth").iterdir() if p.stem.isidentifier()}
    assert found - {"__init__", "__pycache__", "py"} == set(told)


def test_the_contracts_on_the_page_are_those_that_hold():
    assert rows_of("The contracts") == [c["name"] for c in contracts()]


@pytest.fixture(scope="module")
def rooms():
    """The program behind `make rooms`."""
    spec = spec_from_file_location("draw_rooms", ROOT / "docs" / "draw_rooms.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_is_that_of_the_imports_now(rooms):
    assert rooms.drawn(ARCHITECTURE) == ARCHITECTURE, "make rooms draws it again"
    assert rooms.drawn(ARCHITECTURE.replace("runs --> release", "runs --> vault")) == ARCHITECTURE
    boxes = set(re.findall(r"^  (\w+)\[", rooms.drawing(), re.M)) - {"ground"}
    assert len(boxes) <= 12


@pytest.mark.parametrize("arrow", [("schema", "runs"), ("cli", "api"), ("progress", "errors")])
def test_an_arrow_that_does_not_run_down_is_refused(arrow, rooms):
    with pytest.raises(ValueError, match=f"`{arrow[0]}` imports from `{arrow[1]}`"):
        rooms.drawing([arrow])


def test_the_picture_sees_an_import_however_it_is_written(rooms):
    text = "import synth.vault.held, os\nfrom synth import runs\nfrom synth.schema import Schema"
    assert list(rooms.imported(text + "\nfrom .table import Table")) == ["vault", "runs", "schema"]


def test_a_page_without_marks_is_not_drawn_on(rooms):
    with pytest.raises(ValueError, match="rooms"):
        rooms.drawn("# Where everything is\n")


# -- names ---------------------------------------------------------------------------------------


@cache
def names_in_the_code() -> dict[str, set[str]]:
    """What is defined in the files of the house: by class, and under "" all of it."""
    found = defaultdict(set)
    for path in (p for top in ("synth", "ui") for p in (ROOT / top).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Module | ast.ClassDef):
                names = {n for x in node.body for n in _defined(x)}
                found[getattr(node, "name", "")] |= names
                found[""] |= names
    return found


def _defined(node: ast.AST) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.Assign(targets=targets):
            return {t.id for t in targets if isinstance(t, ast.Name)}
    return set()


def quoted(text: str) -> set[str]:
    """What stands between backticks outside of code blocks."""
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S)))


def missing_files(text: str) -> set[str]:
    """Paths that are named and are not there."""
    paths = {n for n in quoted(text) if re.fullmatch(FILE, n) and not n.startswith("/api/")}
    return {p for p in paths - MADE if not (ROOT / p).exists()}


def missing_names(text: str) -> set[str]:
    """Classes, functions and modules that are named and are not there."""
    words = {n for n in quoted(text) if re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*(\(.*\))?", n)}
    words = {w.partition("(")[0] for w in words if not re.fullmatch(FILE, w)}
    return {w for w in words - {"make", *layers()} if not _there(w)}


def _there(name: str) -> bool:
    first, _, rest = name.rpartition(".")
    if name == "synth" or name.startswith("synth."):
        return _importable(name)
    code = names_in_the_code()
    return rest in code[first] if first in code else False


def _importable(name: str) -> bool:
    parent, _, last = name.rpartition(".")
    try:
        return not parent or hasattr(import_module(parent), last) or bool(import_module(name))
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_named_is_there(page):
    assert missing_files((ROOT / page).read_text()) == set()


@pytest.mark.parametrize("page", OWN_WORDS)
def test_every_name_of_the_code_is_there(page):
    assert missing_names((ROOT / page).read_text()) == set()


def test_what_is_not_there_is_named():
    text = "`synth/vault/helt.py` `sinth/` `nothing.md` `app.py` `synth/vault/` `recipe.toml`"
    assert missing_files(text) == {"synth/vault/helt.py", "sinth/", "nothing.md"}
    text = "`PrivateTable.opened` `Ledgers` `synth.method_names` `synth.vault.helt` `setting(...)`"
    told = " `synth.methods.setting` `synth.vault.held` `PrivateTable.measure` `load` `vault`"
    wrong = {"PrivateTable.opened", "Ledgers", "synth.method_names", "synth.vault.helt"}
    assert missing_names(text + told) == wrong


def test_plug_ins_are_shown_doors_that_are_there():
    doors = set(re.findall(r"\bprivate\.(\w+)", (ROOT / "docs" / "plugins.md").read_text()))
    assert doors > {"measure", "open_rows", "statement"}
    assert {d for d in doors if not hasattr(PrivateTable, d)} == set()


# -- habits --------------------------------------------------------------------------------------


def test_the_hooks_are_what_make_check_does():
    check = re.search(r"^check:.*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(), re.M)
    assert check is not None
    hooks = re.findall(r"entry: ([^,}]+)", (ROOT / ".pre-commit-config.yaml").read_text())
    assert hooks == check[1].replace("$(BIN)", ".venv/bin").replace("\t", "").splitlines()


def test_strangers_have_the_oldest_python_checked_by_what_has_to_pass():
    workflow = (ROOT / ".github" / "workflows" / "check.yml").read_text()
    assert re.findall(r"run: (.+)", workflow) == ["bash .ci/run"]
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert re.findall(r'"(3\.\d+)"', workflow)[0] == oldest.removeprefix(">=")


# -- code that can be typed ----------------------------------------------------------------------


def blocks(language: str) -> list[tuple[str, str]]:
    """The blocks of code of all pages in docs/, each with its page."""
    pattern = rf"^```{language}\n(.*?)^```"
    return [(d, b) for d in DOCS for b in re.findall(pattern, (ROOT / d).read_text(), re.M | re.S)]


@pytest.mark.parametrize(
    ("page", "block"),
    [b for b in blocks("python") if b[0] not in NOT_RUN and "tutorials" not in b[0]],
)
def test_the_code_of_a_page_runs(page, block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(block, page, "exec"), {"__name__": "from_a_page"})


def test_what_is_not_run_is_there_and_can_be_read():
    left = [(page, block) for page, block in blocks("python") if page in NOT_RUN]
    assert {page for page, _ in left} == set(NOT_RUN)
    for page, block in left:
        compile(block, page, "exec")


RECIPES = [b for b in blocks("toml") if "[source]" in b[1]]


@pytest.mark.parametrize(("page", "block"), RECIPES, ids=range(len(RECIPES)))
def test_the_recipes_of_a_page_are_recipes(page, block):
    recipe = read_recipe(block)
    assert recipe.source.stay or recipe.children.query


def test_each_promise_is_held_by_tests_that_are_there():
    text = (ROOT / "docs" / "promise.md").read_text()
    tests = "".join(p.read_text() for p in (ROOT / "tests").rglob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", text)
    assert len(named) > 30
    assert [n for n in named if f"def {n}(" not in tests] == []
    assert [f for f in re.findall(r"`(tests/[\w/]+\.py)`", text) if not (ROOT / f).is_file()] == []
