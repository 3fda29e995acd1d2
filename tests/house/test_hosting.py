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
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
    composed = {n: (services[n], services[n]["environment"]) for n in ("synth", "worker")}
    return {n: deployed(f"{n}.yaml") for n in ("kubernetes", "workers")} | composed


def deployed(name: str) -> tuple[dict, dict]:
    """What a pod of a file may do and is told."""
    parts = yaml.safe_load_all((ROOT / "deploy" / name).read_text())
    pod = {p["kind"]: p for p in parts}["Deployment"]["spec"]["template"]["spec"]
    return pod, {e["name"]: e.get("value", "") for e in pod["containers"][0]["env"]}


def test_a_container_may_do_little(runs):
    for name in ("workers", "kubernetes"):
        pod = runs[name][0]
        (one,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert one["securityContext"]["readOnlyRootFilesystem"]
        assert one["securityContext"]["capabilities"]["drop"] == ["ALL"]
    assert one["livenessProbe"]["httpGet"]["path"] == "/_stcore/health"
    for name in ("synth", "worker"):
        one = runs[name][0]
        assert one["read_only"] and one["cap_drop"] == ["ALL"]
        assert all(p.startswith("127.0.0.1:") for p in one.get("ports", ()))
    assert "USER synth" in (ROOT / "Dockerfile").read_text()


def mounts(told: dict) -> list[str]:
    """Where a container may write, though its root cannot be written."""
    if "containers" in told:
        return [v["mountPath"] for v in told["containers"][0]["volumeMounts"]]
    return [v.split(":")[1] for v in told["volumes"] if isinstance(v, str)]


def test_what_is_written_lies_where_a_container_may_write(runs):
    made = re.search(r"install --directory .*--owner synth.*", (ROOT / "Dockerfile").read_text())
    assert made
    for name, (container, told) in runs.items():
        paths = [v for n, v in told.items() if n.startswith("SYNTH_") and v.startswith("/")]
        assert len(paths) > 1, name
        for path in paths:
            (place,) = (m for m in mounts(container) if path.startswith(m))
            assert place in made.group().split()  # a new volume belongs to whoever the folder does


def test_servers_and_workers_that_are_composed_find_each_other(runs):
    both = [runs[n][1] for n in ("synth", "worker")]
    for name in ("SYNTH_QUEUE", "SYNTH_PARCELS"):
        assert both[0][name] == both[1][name] != ""
    place = [v for v in runs["worker"][0]["volumes"] if v.endswith(both[0]["SYNTH_PARCELS"])]
    assert len(place) == 1 and place[0] in runs["synth"][0]["volumes"]
    assert runs["worker"][0]["command"] == runs["workers"][0]["containers"][0]["command"]
    assert runs["worker"][0]["healthcheck"]["disable"]  # that of the image asks for a page


def test_an_image_is_made_of_what_is_pinned_alone():
    text, let_in = ((ROOT / n).read_text() for n in ("Dockerfile", ".dockerignore"))
    assert re.findall(r"^FROM (\S+)", text, re.M) == ["${BASE}"] * 2
    installs = re.findall(r"pip install (.*)", text)
    assert [("--require-hashes" in i, "--no-index" in i) for i in installs] == [
        (True, False),
        (False, True),
    ]
    for line in re.findall(r"^COPY (?!--from)(.*)", text, re.M):
        assert {f"!{name}" for name in line.split()[:-1]} <= set(let_in.splitlines())


def test_what_a_container_is_told_is_understood(runs, monkeypatch):
    for told in (runs["kubernetes"][1], runs["synth"][1]):
        for name, value in told.items():
            if "${" not in value and name.removeprefix("SYNTH_").lower() in Operating.model_fields:
                monkeypatch.setenv(name, value)
        found = operating()
        assert "openid" in told["SYNTH_SIGN_IN"]  # else a slip in the secrets lets everybody in
        assert found.https and found.ledger and found.audit and found.memory == 3_000_000_000
