"""Several methods and budgets in one go: which of them does no other one beat?"""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from synth.budget import Entry
from synth.cli import app, plan_commands
from synth.errors import MethodError, RecipeError
from synth.evaluate.attacks import Attempt, Result, Run, Threat
from synth.evaluate.comparison import Comparison, Histogram, PairTable
from synth.ingest import Loaded
from synth.runs import Recipe, read_recipe, running
from synth.runs.trials import MOST_TRIED, Trial, candidates, frontier, on_made_up, on_real
from tests.people import some_people

RECIPE = """
[source]
file = "people.csv"
[purpose]
rows = 400
[[column]]
name = "city"
values = ["Oslo", "Rome", "Bonn"]
[[column]]
name = "age"
kind = "integer"
low = 0
high = 100
intervals = 10
"""


def trial(distance: float, found: int | None, name: str = "adaptive") -> Trial:
    """A trial with one pair so far off, and an attack that found so many of 100 out."""
    pair = PairTable("a", "b", distance, 0.0, 0.0, 0.0, 0.0)
    one = Histogram("a", ("x", "y"), (0.5, 0.5), (0.5, 0.5), 0.0, 0.0, None)
    attacked = ()
    if found is not None:
        threat = Threat("linking", "somebody", "much", "more")
        runs = Run(found, 100), Run(10, 100), Run(5, 100)
        attacked = (Attempt(threat, Result.SUCCEEDED, "told", *runs),)
    comparison = Comparison((one,), (pair,), 100, 100, attacks=attacked)
    recipe = read_recipe(f'[method]\nname = "{name}"\n')
    return Trial(recipe, "a promise", comparison)


def test_epsilon_is_tried_only_where_a_method_has_one():
    found = candidates(Recipe(), ["random", "sequential", "adaptive"], [2.0, 1.0])
    assert [Trial(r).name for r in found] == [
        "random",
        "sequential",
        "adaptive, ε = 1",
        "adaptive, ε = 2",
    ]


def test_settings_stay_with_the_method_they_are_of():
    recipe = read_recipe('[method]\nname = "value_seeded"\nk = 7\n')
    one, other = candidates(recipe, ["value_seeded", "row_seeded"], [1.0])
    assert one.method.model_extra == {"k": 7}
    assert not other.method.model_extra


@pytest.mark.parametrize("epsilons", [[], [i / 10 for i in range(1, MOST_TRIED + 2)]])
def test_nothing_and_too_much_are_sentences(epsilons):
    with pytest.raises(RecipeError, match=r"Nothing is to be tried|more than can be tried"):
        candidates(Recipe(), ["adaptive"], epsilons)


def test_a_method_that_is_not_there_is_a_sentence():
    with pytest.raises(MethodError, match="no method"):
        candidates(Recipe(), ["magic"], [1.0])


def test_what_another_one_beats_in_both_is_not_on_the_frontier():
    near, safe, beaten = trial(0.1, 60), trial(0.3, 20), trial(0.3, 60)
    assert frontier((near, safe, beaten)) == (near, safe)


def test_the_same_twice_is_beaten_by_none_and_a_refusal_is_no_result():
    one, refused = trial(0.1, 60), Trial(Recipe(), refused="No.")
    assert frontier((one, replace(one), refused)) == (one, one)


def test_without_attacks_nearness_alone_counts():
    near, far = trial(0.1, None), trial(0.3, None)
    assert near.risk is None
    assert frontier((far, near)) == (near,)


def test_one_that_was_not_attacked_beats_none_that_was():
    judged, unjudged = trial(0.3, 60), trial(0.1, None)
    assert frontier((judged, unjudged)) == (judged, unjudged)


def test_the_risk_is_what_is_surely_found_out():
    told = trial(0.1, 60)
    assert told.risk == told.attempts[0].risk.low < told.attempts[0].risk.value
    assert trial(0.1, 10).risk == 0.0


def test_a_made_up_table_is_tried_without_reading_a_row(monkeypatch):
    def read(*args, **more):
        raise AssertionError("the real table was asked for")

    monkeypatch.setattr(running, "brought", read)
    recipes = candidates(read_recipe(RECIPE), ["independent", "random", "value_seeded"], [1.0])
    found, assumed = on_made_up(recipes, rows=400)
    assert assumed == ()
    assert [t.recipe for t in found] == list(recipes)
    independent, random, _ = found
    assert independent.distance < random.distance
    assert all(t.attempts for t in found if not t.refused)
    assert "Differentially private" in independent.short


def test_of_a_made_up_table_somebody_says_how_long_it_is():
    with pytest.raises(RecipeError, match="how many people"):
        on_made_up(candidates(Recipe(), ["random"], []), ("city",), rows=0)


def test_on_the_real_table_each_trial_is_charged(tmp_path, monkeypatch):
    some_people(300).to_csv(tmp_path / "people.csv", index=False)
    charged: list[Entry] = []
    made = running.run_loaded

    def heard(recipe: Recipe, loaded: Loaded, *more, **named):
        outcome = made(recipe, loaded, *more, **named)
        charged.extend(outcome.entries)
        return outcome

    monkeypatch.setattr(running, "run_loaded", heard)
    recipes = candidates(read_recipe(RECIPE), ["independent"], [1.0, 2.0])
    found = on_real(recipes, tmp_path)
    assert [t.refused for t in found] == ["", ""]
    looks = [
        e
        for e in charged
        if getattr(e, "reason", "") == "the synthetic rows were held against the real ones"
    ]
    assert len(looks) == 2


def test_the_command_tells_which_no_other_one_beats(tmp_path, monkeypatch):
    found: list[object] = []  # of the first run, which both ways to tell it are about

    def once(*asked, **more):
        found.extend([] if found else [on_made_up(*asked, **more)])
        return found[0]

    monkeypatch.setattr(plan_commands, "on_made_up", once)
    (tmp_path / "r.toml").write_text(RECIPE)
    asked = ["trials", str(tmp_path / "r.toml"), "--method", "independent", "--method", "random"]
    told = CliRunner().invoke(app, asked)
    assert told.exit_code == 0, told.output
    assert "* independent, ε = 1: pairs" in told.output
    assert "no row was read" in told.output
    shown = CliRunner().invoke(app, [*asked, "--json"])
    document = json.loads(shown.stdout)
    assert [t["method"] for t in document["trials"]] == ["independent", "random"]
    assert document["trials"][0]["beaten"] is False
