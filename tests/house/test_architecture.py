"""The rules of the house, as tests: who may touch rows, how long is long, what pages may know."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SYNTH = sorted((ROOT / "synth").rglob("*.py"))
UI = sorted((ROOT / "ui").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))
CODE = [*SYNTH, *UI, *PAGES]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path):
    """Dotted names imported by a file, as written."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def calls(path: Path, method: str) -> bool:
    """Whether a file calls a method of this name on something that may be a vault."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == method
        and "private" in ast.unparse(node.func.value)
        for node in ast.walk(ast.parse(path.read_text()))
    )


@pytest.mark.parametrize("path", SYNTH, ids=name)
def test_the_package_knows_nothing_of_the_screens(path):
    assert not [n for n in imports(path) if n.split(".")[0] in ("streamlit", "ui", "pages")]


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_pages_are_thin(path):
    assert {n.split(".")[0] for n in imports(path)} <= {"streamlit", "synth", "ui"}
    assert len(path.read_text().splitlines()) <= 60


def test_only_the_vault_counts_rows_of_its_own():
    users = {name(p) for p in SYNTH if "synth.vault.held" in imports(p)}
    holders = {name(p) for p in SYNTH if "HeldRows" in p.read_text() or "LazyRows" in p.read_text()}
    assert holders == {"synth/vault/held.py", "synth/vault/staying.py", "synth/vault/private.py"}
    assert "synth/vault/private.py" in users


def test_rows_are_opened_only_where_a_reader_expects_it():
    """A new place that opens the vault has to be added here, in sight of a reviewer."""
    assert {name(p) for p in CODE if calls(p, "open")} <= OPENING


OPENING = {
    "synth/evaluate/copies.py",  # rows given back, for the custodian
    "ui/data/sources.py",  # a look at a few rows, for the custodian
    "synth/methods/kde.py",  # no formal guarantee, and says so
    "synth/methods/sequential.py",  # no formal guarantee, and says so
}


def test_nobody_reaches_into_the_vault():
    own = Path(__file__).name
    everywhere = [*CODE, *(ROOT / "tests").rglob("*.py"), ROOT / "app.py"]
    assert not [p for p in everywhere if "_PrivateTable__" in p.read_text() and p.name != own]


def test_noise_is_drawn_by_the_vault_alone():
    users = {name(p) for p in CODE for n in imports(p) if n == "synth.vault.noise"}
    direct = {name(p) for p in CODE if "from synth.vault import noise" in p.read_text()}
    assert users | direct <= {"synth/vault/private.py"}


@pytest.mark.parametrize("path", CODE, ids=name)
def test_no_random_state_is_shared_or_seeded_for_all(path):
    assert "np.random.seed" not in path.read_text()


@pytest.mark.parametrize("path", CODE, ids=name)
def test_functions_fit_on_a_screen(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or 0) - node.lineno - len(docstring(node).splitlines())
            assert length < 45, f"{name(path)}: {node.name} has {length} lines"


def docstring(node: ast.FunctionDef) -> str:
    return ast.get_docstring(node, clean=False) or ""


@pytest.mark.parametrize("path", CODE, ids=name)
def test_files_fit_in_a_reading(path):
    assert len(path.read_text().splitlines()) <= 430


@pytest.mark.parametrize("path", SYNTH, ids=name)
def test_every_module_says_what_it_is(path):
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", SYNTH, ids=name)
def test_no_module_imports_its_own_house_inside_a_function(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            inner = [n for n in ast.walk(node) if isinstance(n, ast.ImportFrom)]
            assert not [n for n in inner if (n.module or "").startswith("synth")]


def test_no_private_table_is_cached():
    caching = [p for p in (*UI, *PAGES) if "cache_data" in p.read_text()]
    assert not caching, "a cache is shared by all visitors; see ui/shell/visitor.py"
