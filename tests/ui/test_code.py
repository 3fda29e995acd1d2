"""Each screen says what it decides as code, which is read and compiles."""

import ast

import pytest

from synth.runs import read_recipe
from synth.runs.recipe import MethodPart, People, Privacy
from tests.ui.test_pages import ran, screen, with_release, with_table
from ui.code import PARTS, USUAL

__all__ = ["with_release", "with_table"]  # what tests here are given


@pytest.mark.parametrize("name", PARTS)
def test_a_screen_says_the_same_as_code(name, with_release):
    with_release.decide(
        method=MethodPart.model_validate({"name": "independent"}),
        privacy=Privacy(epsilon=2.0),
        people=People(column="id", rows=2),
        protect=({"step": "drop", "columns": ["ill"]},),
    )
    app = screen(name, with_release)
    lines, command, python = (code.value for code in app.code[-3:])
    said = read_recipe(lines)
    assert command.startswith("synth ") and ast.parse(python)
    if name == "method":
        assert said.privacy.epsilon == 2 and said.method.name == "independent"
        assert "epsilon=2.0, people='id', rows_per_person=2" in python
    if name == "protect":
        assert said.protect == with_release.recipe.protect and "known=" in python
    if name == "compare":
        assert lines == USUAL


def test_without_a_table_there_is_nothing_to_say():
    assert not ran(screen("data")).code
