"""What the code imports is what pyproject.toml declares and DECISIONS.md gives a reason for."""

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from deploy.audited import asked, told

ROOT = Path(__file__).parents[2]
CODE = [ROOT / "app.py", *(p for d in ("synth", "ui", "pages") for p in (ROOT / d).rglob("*.py"))]
UNSEEN = {
    "vl-convert-python": "altair draws SVG with it",
    "python-multipart": "FastAPI reads forms with it",
}
OPTIONAL = {
    "pyspark": "an extra, for those who have a cluster",
    "opentelemetry-api": "an extra, for those who have a collector",
}


def plain(name: str) -> str:
    return re.split(r"[\[<>=;~!]", name)[0].strip().lower().replace("_", "-")


@cache
def imported() -> set[str]:
    """Distributions of everything that is imported, inside functions too."""
    nodes = [n for p in CODE for n in ast.walk(ast.parse(p.read_text()))]
    names = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
    names |= {n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module and not n.level}
    tops = {n.split(".")[0] for n in names} - {*sys.stdlib_module_names, "synth", "ui", "pages"}
    known = packages_distributions()
    return {plain(known[t][0]) for t in tops} - set(OPTIONAL)


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def declared() -> set[str]:
    return {plain(d) for d in PROJECT["dependencies"]}


def test_what_is_imported_is_declared_and_the_other_way_round():
    assert declared() - imported() == set(UNSEEN)
    assert imported() - declared() == set()


def test_each_dependency_has_its_reason():
    table = re.findall(r"^\| ([\w-]+) \| \w", (ROOT / "DECISIONS.md").read_text(), re.M)
    assert sorted(set(table) - {"package"}) == sorted(declared())


def test_an_audit_says_what_it_found_and_what_it_could_not_ask(monkeypatch):
    safe, lost = {"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "unknown"}
    wrong = {"name": "c", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
    assert told({"dependencies": [safe, lost]})[0] == 0
    assert "NOT audited" in told({"dependencies": [safe, lost]})[1][-1]
    assert told({"dependencies": [safe, wrong]}) == (
        1,
        ["Known vulnerabilities: 1 in 2 packages.", "c 2: CVE-1, mended in 3"],
    )
    monkeypatch.setattr("deploy.audited.ASKED", ["-c", "raise ConnectionError"])
    code, (said,) = told(asked(ROOT / "constraints.txt"))
    assert code == 0 and "NOT audited" in said


def test_every_declared_version_is_pinned():
    pins = {plain(x) for x in (ROOT / "constraints.txt").read_text().splitlines() if "==" in x}
    extras = {plain(d) for extra in PROJECT["optional-dependencies"].values() for d in extra}
    assert (declared() | extras) - pins == set()
