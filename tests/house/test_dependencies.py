"""What the code imports is what pyproject.toml declares and DECISIONS.md gives a reason for."""

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement

from deploy.audited import asked, told
from deploy.pinned import BUILDS, MACHINES, PYTHONS

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


def needed(wanted: str, machine: dict[str, str], seen: set[str]) -> None:
    """Put what a requirement takes on a machine into a set, by name."""
    one = Requirement(wanted)
    settings = [{**machine, "extra": extra} for extra in (*one.extras, "")]
    found = f"{plain(one.name)}[{','.join(sorted(one.extras))}]"
    if found in seen:
        return
    seen.add(found)
    for further in requires(one.name) or ():
        marker = Requirement(further).marker
        if marker is None or any(marker.evaluate(s) for s in settings):
            needed(further, machine, seen)


def test_what_goes_into_an_image_is_pinned_by_its_hash():
    """`make pins` makes the list; pip takes nothing that is not in it."""
    text = (ROOT / "deploy" / "pins.txt").read_text().replace("\\\n", "")
    pins = [line.split() for line in text.splitlines() if not line.startswith("#")]
    versions = {
        plain(x): x.partition("==")[2]
        for x in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in x
    }
    assert {plain(p): p.partition("==")[2] for p, *_ in pins}.items() <= versions.items()
    hashes = [h for _, *told in pins for h in told]
    assert all(told for _, *told in pins)
    assert [h for h in hashes if not re.fullmatch("--hash=sha256:[0-9a-f]{64}", h)] == []
    seen: set[str] = set()
    linux = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    for python, machine in zip(PYTHONS, MACHINES * len(PYTHONS), strict=False):
        whole = {"python_version": python, "python_full_version": f"{python}.0", **linux}
        for wanted in (BUILDS, *PROJECT["dependencies"]):
            needed(wanted, {**whole, "platform_machine": machine}, seen)
        assert {plain(s) for s in seen} - {plain(p) for p, *_ in pins} == set(), "make pins"
        seen.clear()
