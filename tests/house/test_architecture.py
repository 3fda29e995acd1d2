"""The rules of the house hold, and each names a violation that is planted."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from synth.vault import PrivateTable, private
from tests.house import rules

ROOT = Path(__file__).parents[2]
CODE = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for top in ("synth", "ui", "pages")
    for path in sorted((ROOT / top).rglob("*.py"))
} | {"app.py": (ROOT / "app.py").read_text()}
DOORS = [*rules.LOUD, *rules.IMPROVING]
PLANTED = [
    *((rules.loud_doors, "synth/learning/planted.py", f"x.{door}('why')") for door in DOORS),
    *((rules.loud_doors, "ui/planted.py", f"look = vault.{door}") for door in ("open_rows",)),
    (rules.the_vaults_inside, "ui/planted.py", "x._PrivateTable__rows"),
    (rules.held_rows, "synth/release/planted.py", "HeldRows(frame)"),
    (rules.shared_randomness, "synth/methods/planted.py", "np.random.seed(0)"),
    (rules.shared_randomness, "ui/planted.py", "x = np.random.normal(size=3)"),
    (rules.private_caches, "ui/planted.py", "@st.cache_data\ndef f(): ..."),
    (rules.unguarded_ways, "pages/planted.py", "st.switch_page(page('data'))"),
    (rules.long_functions, "synth/planted.py", "def f():\n" + "    x = 1\n" * 50),
    (rules.long_files, "synth/planted.py", "x = 1\n" * 431),
    (rules.long_files, "pages/planted.py", "x = 1\n" * 61),
    (rules.silent_modules, "synth/planted.py", "x = 1"),
    (rules.hidden_imports, "synth/planted.py", "def f():\n    from synth.schema import Schema"),
    (rules.learned_pages, "pages/planted.py", "import pandas"),
    (rules.screens_below, "synth/planted.py", "from ui.shell import visitor"),
    (rules.screens_below, "synth/planted.py", "import streamlit as st"),
    (rules.names_of_two_things, "synth/planted.py", "class Schema: ..."),
]
RULES = dict.fromkeys(rule for rule, *_ in PLANTED)


@pytest.mark.parametrize("rule", [*RULES, rules.empty_entries], ids=lambda r: r.__name__)
def test_the_house_keeps_its_rules(rule):
    assert list(rule(CODE)) == []


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED)
def test_a_planted_violation_is_named(rule, path, text):
    found = list(rule({**CODE, path: text}))
    assert len(found) == 1
    assert path in found[0]


def test_a_place_that_no_longer_opens_a_door_leaves_the_list():
    silenced = {**CODE, "synth/evaluate/kept.py": '"""Nothing."""'}
    assert list(rules.empty_entries(silenced)) == [
        "synth/evaluate/kept.py does not open `exact_combinations`"
    ]


def test_the_table_of_doors_is_that_of_the_class():
    told = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]*) \|", private.__doc__, re.M)))
    doors = {n for n, v in vars(PrivateTable).items() if callable(v) and not n.startswith("_")}
    assert sorted(told) == sorted(doors)


def test_tests_do_not_reach_into_the_vault_either():
    tests = {p.as_posix(): p.read_text() for p in (ROOT / "tests").rglob("test_*.py")}
    own = {n: t for n, t in tests.items() if not n.endswith("house/test_architecture.py")}
    assert list(rules.the_vaults_inside(own)) == []


# -- the contracts of the imports ----------------------------------------------------------------

CONTRACTS = {
    "synth/schema/planted.py": ("from synth.runs import Recipe", "Imports follow the data"),
    "synth/stray.py": ('"""A room without a place."""', "Imports follow the data"),
    "synth/methods/planted.py": (
        "from synth.methods.tree import Tree",
        "Methods do not know each other",
    ),
    "synth/learning/planted.py": (
        "from synth.vault.held import HeldRows",
        "Rows are held by the vault alone",
    ),
    "synth/evaluate/planted.py": ("import streamlit", "No Streamlit below the screens"),
    "synth/evaluate/circle.py": (
        "from synth.evaluate import round_about",
        "No circles inside a room",
    ),
    "synth/evaluate/round_about.py": (
        "from synth.evaluate import circle",
        "No circles inside a room",
    ),
    "synth/release/showcase/planted.py": (
        "from synth.vault.private import PrivateTable",
        "A recipient's page cannot reach a row",
    ),
    "synth/learning/inference/planted.py": (
        "from synth.budget import Rho",
        "Inference and mixtures are arithmetic",
    ),
}


def linted(folder: Path) -> str:
    """What the linter of imports says of the house in a folder."""
    command = ["lint-imports", "--no-cache"]
    env = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), env.get("PATH", "")])
    answer = subprocess.run(
        command, cwd=folder, env={**env, "PATH": path}, capture_output=True, text=True, check=False
    )
    return answer.stdout + answer.stderr


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> str:
    """What is said of a house in which each contract is broken."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "synth", folder / "synth")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for path, (text, _) in CONTRACTS.items():
        (folder / path).write_text(text + "\n")
    return linted(folder)


@pytest.mark.parametrize("contract", sorted({name for _, name in CONTRACTS.values()}))
def test_each_contract_names_what_was_planted_against_it(contract, said):
    mine = [path for path, (_, name) in CONTRACTS.items() if name == contract]
    assert re.search(rf"^{re.escape(contract)} BROKEN", said, re.M), said
    part = said.partition(f"{contract}\n{'-' * len(contract)}")[2].partition("\n\n\n\n")[0]
    for path in mine:
        assert f".{Path(path).stem}" in part, part
