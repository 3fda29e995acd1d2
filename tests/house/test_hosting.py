"""What operators read and start is true: settings, deployment, and the tests against attacks."""

import re
from pathlib import Path

import pytest
import yaml

from synth.operating import ELSEWHERE, Operating, operating, table

ROOT = Path(__file__).parents[2]
KNOWN = {f"SYNTH_{n.upper()}" for n in (*Operating.model_fields, *ELSEWHERE)}
TOLD = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", *(ROOT / "deploy").glob("*.*")]


def test_the_page_for_operators_lists_every_setting():
    assert table() in (ROOT / "docs" / "hosting.md").read_text(), "print(synth.operating.table())"


def test_every_setting_that_is_named_anywhere_is_one():
    code = (p for top in ("synth", "ui", "pages") for p in (ROOT / top).rglob("*.py"))
    for path in (*code, *TOLD, ROOT / "app.py"):
        named = set(re.findall(r"(?<![\w])SYNTH_[A-Z_]*[A-Z]\b", path.read_text()))
        assert named <= KNOWN, path


def test_each_attack_is_held_by_tests_that_are_there():
    text = (ROOT / "docs" / "threats.md").read_text()
    named = re.findall(r"`(test_\w+)`", text)
    tests = "".join(p.read_text() for p in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 40
    assert [n for n in named if f"def {n}(" not in tests] == []
    attacks = [x for x in text.splitlines() if re.match(r"\| (?!attack)", x)]
    assert [x for x in attacks if "`test_" not in x] == []


@pytest.fixture(scope="module")
def runs() -> dict[str, tuple[dict, dict]]:
    """What a container may do and is told, by the way it is started."""
    composed = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]["synth"]
    pods = {name: deployed(f"{name}.yaml") for name in ("kubernetes", "workers")}
    return {**pods, "compose": (composed, composed["environment"])}


def deployed(name: str) -> tuple[dict, dict]:
    """What a pod of a file may do and is told."""
    parts = yaml.safe_load_all((ROOT / "deploy" / name).read_text())
    pod = {p["kind"]: p for p in parts}["Deployment"]["spec"]["template"]["spec"]
    return pod, {e["name"]: e.get("value", "") for e in pod["containers"][0]["env"]}


def test_a_container_may_do_little(runs):
    composed = runs["compose"][0]
    for name in ("workers", "kubernetes"):
        pod = runs[name][0]
        (one,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert one["securityContext"]["readOnlyRootFilesystem"] and composed["read_only"]
        assert one["securityContext"]["capabilities"]["drop"] == composed["cap_drop"] == ["ALL"]
    assert all(p.startswith("127.0.0.1:") for p in composed["ports"])
    assert one["livenessProbe"]["httpGet"]["path"] == "/_stcore/health"
    assert "USER synth" in (ROOT / "Dockerfile").read_text()


def test_what_a_container_is_told_is_understood(runs, monkeypatch):
    for told in (runs["kubernetes"][1], runs["compose"][1]):
        for name, value in told.items():
            if "${" not in value and name.removeprefix("SYNTH_").lower() in Operating.model_fields:
                monkeypatch.setenv(name, value)
        found = operating()
        assert found.https and found.ledger and found.audit and found.memory == 3_000_000_000
