import math
import tomllib
from collections.abc import Iterator

import pytest

from synth.errors import RecipeError, StepError
from synth.ingest.declaration import ColumnPart
from synth.methods import all_methods
from synth.protect.steps import step_of
from synth.runs import Recipe, read_recipe
from synth.runs.recipe import PARTS, RulePart
from synth.runs.recipe_file import recipe_text, whole_text
from synth.runs.recipe_words import KEYS, MEANINGS

WHOLE = """
[source]
file = "people.csv"

[people]
column = "who"
rows = 2

[[column]]
name = "age"
kind = "integer"
role = "quasi-identifier"
low = 0
high = 120

[[column]]
name = "city"
values = ["Oslo", "Rome"]
meaning = "where they live"

[privacy]
epsilon = 2.5

[method]
name = "correlated"
degree = 1

[release]
title = "People"
rows = 50
seed = 9
"""

MISTAKES = {
    "typo in a key": ("[privacy]\nepsilonn = 1\n", 2, "`epsilonn` in .* Did you mean `epsilon`"),
    "typo in a section": ("[privcy]\nepsilon = 1\n", 1, "privcy.*Did you mean `privacy`"),
    "not TOML": ('[privacy]\nepsilon = "1\n', 2, "not valid TOML"),
    "epsilon zero": ("[source]\nfile = 'x'\n[privacy]\nepsilon = 0\n", 4, "must be above 0"),
    "epsilon below zero": ("[privacy]\nepsilon = -3\n", 2, "Epsilon is -3"),
    "epsilon a word": ("[privacy]\nepsilon = 'much'\n", 2, "`epsilon` in .* is not right"),
    "delta one": ("[privacy]\ndelta = 1.0\n", 1, "Delta is 1"),
    "unknown method": ("[method]\nname = 'magic'\n", 2, "no method `magic`"),
    "unknown setting": ("[method]\nname = 'correlated'\nlevel = 2\n", 3, "no setting `level`"),
    "setting out of range": ("[method]\nname = 'correlated'\ndegree = 40\n", 3, "outside 0 to 4"),
    "unknown kind": ("[[column]]\nname = 'a'\nkind = 'colour'\n", 3, "`kind` in .column. is not"),
    "second column wrong": (
        "[[column]]\nname = 'a'\n[[column]]\nname = 'b'\nrle = 'plain'\n",
        5,
        "`rle` in .column. is not known. Did you mean `role`",
    ),
    "column without a name": ("[[column]]\nkind = 'date'\n", 1, "`name` in .column. is missing"),
    "negative rows": ("[release]\nrows = -5\n", 2, "`rows` in .release. is not right"),
    "no rows per person": ("[people]\ncolumn='a'\nrows = 0\n", 3, "`rows` in .people. is not"),
}


def test_a_recipe_survives_being_written_and_read():
    recipe = read_recipe(WHOLE)
    assert read_recipe(recipe_text(recipe)) == recipe


def test_an_empty_recipe_has_safe_defaults():
    recipe = read_recipe("")
    assert recipe == Recipe()
    assert recipe.budget.epsilon == 1.0
    assert recipe.budget.delta == 1e-6


def test_infinite_epsilon_can_be_said():
    assert math.isinf(read_recipe("[privacy]\nepsilon = inf\n").budget.epsilon)


def test_settings_reach_the_method():
    assert read_recipe(WHOLE).chosen.settings() == {"degree": 1}


@pytest.mark.parametrize(("text", "line", "says"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_named_with_its_line_and_the_remedy(text, line, says):
    with pytest.raises(RecipeError, match=says) as caught:
        read_recipe(text)
    assert caught.value.line == line


def swapped() -> Iterator[tuple[str, str, str]]:
    """Each key of a recipe that wants a number or a switch, with the other of the two."""
    for part, model in {**PARTS, "column": ColumnPart, "rules": RulePart}.items():
        for key, field in model.model_fields.items() if part != "method" else ():
            hint = str(field.annotation)
            if "int" in hint or "float" in hint:
                yield part, f"{key} = {'[true]' if 'tuple' in hint else 'true'}", "not true or"
            elif "bool" in hint:
                yield part, f"{key} = 1", "to be true or false"


def test_no_switch_is_taken_for_a_number_nor_the_other_way_round():
    """Python counts true as 1, and pydantic takes 1 for true."""
    needed = {"column": 'name = "a"', "rules": 'says = "a decides b"'}
    found = list(swapped())
    assert len(found) > 30
    for part, line, wanted in found:
        head = f"[[{part}]]\n{needed[part]}" if part in needed else f"[{part}]"
        with pytest.raises(RecipeError, match=wanted) as caught:
            read_recipe(f"{head}\n{line}\n")
        assert caught.value.line == head.count("\n") + 2
    with pytest.raises(StepError, match="`to` of the step `round` has to be a number, not true"):
        step_of({"step": "round", "column": "a", "to": True})
    with pytest.raises(StepError, match="`keep` of the step `round` has to be true or false"):
        step_of({"step": "round", "column": "a", "to": 5, "keep": 1})


# -- the whole of it -------------------------------------------------------------------------------


def test_each_key_of_a_recipe_has_a_meaning_and_no_meaning_is_left_over():
    assert set(MEANINGS) == set(Recipe.model_fields)
    models = {**PARTS, "column": ColumnPart}
    assert {n: set(keys) for n, keys in KEYS.items()} == {
        n: set(model.model_fields) for n, model in models.items()
    }
    for meaning in (m for keys in KEYS.values() for m in keys.values()):
        assert "\n" not in meaning and not meaning.endswith(".")


@pytest.mark.parametrize("method", [m.name for m in all_methods()])
def test_a_whole_recipe_says_all_that_holds_and_decides_the_same(method):
    plain = Recipe(method={"name": method})
    text = whole_text(plain)
    again = read_recipe(text)
    assert whole_text(again) == text
    assert recipe_text(again) == recipe_text(plain)
    assert again.chosen == plain.chosen
    document = tomllib.loads(text)
    for part, model in PARTS.items():
        for key in model.model_fields:
            assert key in document[part] or f"# {key} is not set: " in text


def test_what_was_decided_is_in_a_whole_recipe_too():
    told = read_recipe(
        'rules = ["a is at most b"]\n[privacy]\nepsilon = inf\n[[column]]\nname = "a \\"b\\" # c"\n'
        'values = ["x", "#y"]\n[[protect]]\nstep = "drop"\ncolumns = ["d"]\n'
        '[method]\nname = "row_seeded"\nk = 12\n[release]\nexceptions = { "a.b" = "why #1" }\n'
    )
    assert read_recipe(whole_text(told)) == read_recipe(whole_text(read_recipe(whole_text(told))))
    assert recipe_text(read_recipe(whole_text(told))) == recipe_text(told)
