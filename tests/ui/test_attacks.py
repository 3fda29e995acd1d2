"""Attacks on the Compare screen: offered, told as threats in sentences, with remedies to click."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synth.budget import Budget
from synth.evaluate.attacks import Result
from synth.evaluate.attacks.threat import Attempt, Run, Threat
from synth.ingest import load
from synth.ingest.declaration import ColumnPart
from synth.runs import Recipe, run
from synth.runs.recipe import EvaluatePart, MethodPart
from synth.schema import Kind, Role
from tests.people import some_people
from tests.ui.test_pages import ran, screen, words
from ui.shell.visitor import Made, Visitor

LINKING = Threat(
    "learning illness", "A neighbour.", "They know the town.", "They want it.", secret="ill"
)


@pytest.fixture
def compared(monkeypatch) -> Visitor:
    who = Visitor()
    who.bring(load(some_people(), Budget(1.0)), "people")
    age = ColumnPart(name="age", kind=Kind.INTEGER, role=Role.QUASI, low=0, high=99)
    who.recipe = Recipe(method=MethodPart(name="independent"), column=(age,))
    outcome = run(who.recipe, some_people())
    who.made = Made(who.recipe, outcome.release.zipped(), outcome.comparison)
    monkeypatch.setattr(Visitor, "run", lambda self, note=None: None)
    return who


def test_attacks_are_offered_and_a_click_sets_people_aside(compared):
    app = screen("compare", compared)
    assert "nobody was set aside" in words(app)
    app.multiselect(key="attacks.secrets").set_value(["ill"])
    next(b for b in app.button if b.label == "Make it again and try attacks").click().run()
    ran(app)
    assert compared.recipe.evaluate == EvaluatePart(holdout=0.2, secrets=("ill",), shadows=8)


def test_an_attack_that_succeeded_is_a_threat_in_sentences_with_remedies(compared):
    found = Attempt(LINKING, Result.SUCCEEDED, "The attack succeeded.", Run(90, 100), Run(9, 100))
    told = replace(compared.made.comparison, attacks=(found,))
    compared.made = replace(compared.made, comparison=told)
    app = screen("compare", compared)
    assert "1 succeeded" in words(app) and "A neighbour. They know the town." in words(app)
    labels = [b.label for b in app.button if b.label.startswith("Fix: ")]
    assert labels[0] == "Fix: lower epsilon to 0.5" and labels[-1] == "Fix: leave `ill` out"
    assert any(label.startswith("Fix: put `age` into bands of ") for label in labels)
    next(b for b in app.button if b.label == labels[0]).click().run()
    assert ran(app) and compared.recipe.privacy.epsilon == 0.5
