"""The examples at the main nouns run."""

import doctest
from importlib import import_module

import pytest

NOUNS = [
    "synth.budget.promise",
    "synth.ingest.query",
    "synth.protect.risk.classes",
    "synth.runs.question",
    "synth.schema.columns",
    "synth.schema.domain",
    "synth.vault.private",
]


@pytest.mark.parametrize("name", NOUNS)
def test_the_examples_are_true(name):
    found = doctest.testmod(import_module(name))
    assert found.attempted > 0
    assert found.failed == 0
