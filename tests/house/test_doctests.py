"""The examples at the main nouns run, and each noun has one."""

import doctest
from importlib import import_module

import pytest

NOUNS = {
    "synth.budget.promise": ["Budget"],
    "synth.ingest.query": ["read_query"],
    "synth.protect.risk.classes": ["classes_of"],
    "synth.runs.inspecting": ["compare", "risk"],
    "synth.runs.question": ["Question"],
    "synth.runs.synthesizer": ["Synthesizer"],
    "synth.schema.columns": ["Column", "Schema"],
    "synth.schema.domain": ["Categories"],
    "synth.vault.private": ["PrivateTable.measure"],
}


@pytest.mark.parametrize("name", NOUNS)
def test_the_examples_are_true(name):
    module = import_module(name)
    shown = {
        t.name.removeprefix(f"{name}.") for t in doctest.DocTestFinder().find(module) if t.examples
    }
    assert shown >= set(NOUNS[name])
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0
