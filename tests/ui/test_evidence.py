"""Reports and evidence on Release: to hand on, and for the custodian."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from synth.budget import Budget
from synth.evaluate import evaluation
from synth.ingest import load
from synth.runs import Recipe, run
from synth.runs.gate import excepted
from synth.runs.recipe import MethodPart
from tests.people import some_people
from tests.ui.test_pages import ran, screen, words
from ui import evidence
from ui.shell.visitor import Made, Visitor

WHY = "only streets are wanted"


@pytest.fixture(scope="module")
def who() -> Visitor:
    who = Visitor()
    who.bring(load(some_people(), Budget(1.0)), "people")
    who.recipe = Recipe(method=MethodPart(name="independent"))
    outcome = run(who.recipe, some_people())
    who.recipe = excepted(who.recipe, "lost city", WHY)
    who.made = Made(who.recipe, outcome.release.zipped(), outcome.comparison)
    return who


def test_both_are_offered_each_with_its_twin_and_its_warning(who, monkeypatch):
    monkeypatch.setattr(evaluation, "_telling", lambda *asked: [])  # a second of trees
    held: dict[str, evidence.Offered] = {}
    usual = evidence.offer

    def offered(files, key, **more):
        held.update({f"{key} {one.name}": one for one in files})
        usual(files, key, **more)

    monkeypatch.setattr(evidence, "offer", offered)
    app = screen("release", who)
    for key in ("report.wanted", "held.wanted"):
        next(t for t in app.toggle if t.key == key).set_value(True)
        app.run()
    for work in who.works.values():
        work.finished.wait(60)
    app.run()
    ran(app)
    assert len(held) == 6
    assert "for you and whoever decides" in words(app) and "No attack was tried" in words(app)
    told = json.loads(held["held custodian-report.json"].content)
    assert "gate" in told and told["scores"]
    for name in ("report evidence-share-safe.zip", "held evidence-custodian.zip"):
        with zipfile.ZipFile(io.BytesIO(held[name].content)) as pack:
            assert "evidence.html" in pack.namelist()
            has = any(WHY.encode() in pack.read(n) for n in pack.namelist())
            assert has is name.startswith("held")
