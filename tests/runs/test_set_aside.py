"""People set aside before a run reads its table change nothing, and attacks are tried on them."""

from __future__ import annotations

import io
import json
import os
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from synth.budget import Budget
from synth.cli import app
from synth.errors import AccountRefused, BundleError, IngestError, RecipeError
from synth.evaluate import Comparison
from synth.evaluate.attacks import Result
from synth.ingest import load
from synth.release import Bundle
from synth.runs import Outcome, read_recipe, run, running
from synth.runs.gate import gate
from synth.runs.recipe import EvaluatePart, People, Recipe
from synth.runs.recipe_file import recipe_text
from synth.runs.verifying import as_released, verify
from synth.vault import aside
from synth.vault.aside import coins, set_aside
from synth.vault.passing import Came
from tests.people import some_people

ROWS = 1000
AWAY = np.arange(ROWS) % 4 == 1  # a quarter, the same in every test
HELD = '[evaluate]\nholdout = 0.25\nsecrets = ["ill"]\n'


def recipe(method: str, more: str = HELD) -> Recipe:
    return read_recipe(f'[method]\nname = "{method}"\n{more}')


@pytest.fixture
def fixed(monkeypatch):
    monkeypatch.setattr(aside, "coins", lambda many, share: AWAY[:many])


def people() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    return some_people(ROWS).assign(weight=np.round(rng.normal(70, 9, ROWS), 1))


def files(outcome: Outcome) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(outcome.release.zipped())) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


METHODS = (
    "independent",
    "row_seeded",
    *(pytest.param(m, marks=pytest.mark.nightly) for m in ("adaptive", "sequential")),
)


@cache
def outcome(method: str) -> Outcome:
    """With a quarter set aside, as `fixed` does; made once per process."""
    return run(recipe(method), people())


@pytest.mark.parametrize("method", METHODS)
def test_a_release_is_that_of_the_others_and_costs_the_same(method, fixed):
    rest = run(recipe(method, ""), people()[~AWAY].reset_index(drop=True))
    made = outcome(method)
    assert made.release.model.document() == rest.release.model.document()
    assert made.release.statement.document() == rest.release.statement.document()
    pd.testing.assert_frame_equal(made.rows, rest.rows)
    assert made.comparison.rows == int((~AWAY).sum())


@pytest.mark.parametrize("method", METHODS)
def test_whoever_is_set_aside_changes_no_byte_of_the_bundle(method, fixed):
    other = people()
    other.loc[AWAY, "city"] = "Atlantis"
    other.loc[AWAY, "age"] = 999
    other.loc[AWAY, "ill"] = None
    assert files(outcome(method)) == files(run(recipe(method), other))


def test_nothing_of_the_attacks_is_in_the_bundle(fixed):
    made = outcome("sequential")
    assert {a.threat.name for a in made.comparison.attacks} > {"membership", "exact copies"}
    without = run(recipe("sequential", ""), people())
    assert set(files(made)) == set(files(without))
    for name, content in files(made).items():
        if name != "recipe.toml" and not name.endswith(".parquet"):
            assert b"membership" not in content, name
            assert b"holdout" not in content, name
    bundle = Bundle.read(io.BytesIO(made.release.zipped()))
    assert verify(bundle)


def test_attacks_are_tried_where_people_were_set_aside_and_only_there(fixed):
    assert run(recipe("independent", ""), people()).comparison.attacks == ()
    found = outcome("independent").comparison
    ours = {a.threat.name: a for a in found.attacks}
    assert ours["membership"].control.trials == int(AWAY.sum())
    assert ours["attribute inference of ill"].control is not None
    assert Comparison.of(json.loads(json.dumps(found.document()))) == found


def test_steps_are_taken_by_the_people_set_aside_as_well(fixed):
    step = '[[protect]]\nstep = "round"\ncolumn = "age"\nto = 10\n'
    found = run(recipe("independent", step + HELD), people()).comparison
    assert Result.UNJUDGED not in {
        a.result for a in found.attacks if a.threat.name in ("membership", "exact copies")
    }


def test_a_column_that_nobody_can_know_is_said_and_not_passed_over(fixed):
    told = recipe("mixture", f'columns = "age: Poisson"\n{HELD}')  # it leaves the others out
    found = run(told, people()).comparison.attacks
    assert {a.result for a in found} == {Result.UNJUDGED}
    assert "`ill`, which is no column of the release" in found[0].plain


# -- who is set aside ------------------------------------------------------------------------------


def test_all_rows_of_a_person_go_together_and_every_row_goes_somewhere():
    frame = pd.DataFrame({"who": [f"P{i // 3}" for i in range(300)], "n": range(300)})
    frame.loc[:5, "who"] = None  # six people who name themselves not
    left, held = set_aside(Came(frame), "who", 0.4)
    assert not set(left.frame["who"].dropna()) & set(held.frame["who"].dropna())
    assert sorted([*left.frame["n"], *held.frame["n"]]) == list(range(300))
    assert left.frame["n"].is_monotonic_increasing


def test_each_person_has_a_coin_of_their_own(monkeypatch):
    drawn = np.random.default_rng(1).bytes(8 * 1000)
    monkeypatch.setattr(os, "urandom", lambda size: drawn[:size])
    assert (coins(1000, 0.3)[:999] == coins(999, 0.3)).all()
    assert 200 < coins(1000, 0.3).sum() < 400
    assert coins(1000, 0.0).sum() == 0
    assert len(coins(0, 0.3)) == 0


def test_a_table_is_known_again_whoever_was_set_aside():
    whole = load(people(), Budget(1.0)).private.rows_traits()
    for _ in range(2):
        assert load(people(), Budget(1.0), holdout=0.3).private.rows_traits() == whole


def test_the_same_recipe_is_another_release_where_people_are_set_aside_anew(tmp_path):
    told = '[people]\npopulation = "town"\n[privacy]\nepsilon = inf\nledger = "books"\n'
    for held, again in (("", True), (HELD, False)):
        folder = tmp_path / f"{again}"
        folder.mkdir()
        run(recipe("aggregate_seeded", told + held), people(), folder=folder)
        if again:
            run(recipe("aggregate_seeded", told + held), people(), folder=folder)
        else:
            with pytest.raises(AccountRefused, match="subtracted"):
                run(recipe("aggregate_seeded", told + held), people(), folder=folder)


def test_nobody_is_set_aside_of_rows_that_stay():
    lazy = nw.from_native(people()).lazy()
    with pytest.raises(IngestError, match="Nobody can be set aside of rows that stay"):
        load(lazy, Budget(1.0), holdout=0.2)


@pytest.mark.parametrize("wrong", ["-0.1", "0.6", '"a fifth"'])
def test_a_share_that_leaves_too_few_is_refused(wrong):
    with pytest.raises(RecipeError):
        read_recipe(f"[evaluate]\nholdout = {wrong}\n")


def test_counts_of_a_table_of_which_some_were_set_aside_are_not_counted_again(fixed, tmp_path):
    people().to_csv(tmp_path / "people.csv", index=False)
    made = run(recipe("aggregate_seeded"), people())
    bundle = Bundle.read(io.BytesIO(made.release.zipped()))
    with pytest.raises(BundleError, match="set aside"):
        as_released(bundle, tmp_path / "people.csv", People())


# -- the gate --------------------------------------------------------------------------------------


def test_an_attack_that_succeeds_stops_at_the_gate_with_ways_out(fixed):
    wanted, made = recipe("independent"), outcome("independent")
    attempt = next(
        a for a in made.comparison.attacks if a.threat.name == "attribute inference of ill"
    )
    broken = replace(attempt, result=Result.SUCCEEDED, plain="It worked.")
    found = replace(made.comparison, attacks=(broken,))

    def line(told: Recipe):
        lines = gate(told, made.release.model, found)
        return next(x for x in lines if x.key == "attack attribute inference of ill")

    assert line(wanted).open
    assert "It worked." in line(wanted).plain
    fixes = line(wanted).fixes
    words = [f.words for f in fixes]
    assert words[0] == "lower epsilon to 0.5" and words[-1] == "leave `ill` out"
    assert any(w.startswith("put `weight` into bands of ") for w in words)
    assert fixes[0].of(wanted).privacy.epsilon == 0.5
    seeded = recipe("row_seeded", "[evaluate]\nholdout = 0.25\n")
    raised = line(seeded).fixes[0]
    assert raised.of(seeded).chosen.k == 2 * seeded.chosen.k
    assert line(recipe("kde")).fixes[0].words == "take the method adaptive with epsilon 1"
    held = replace(made.comparison, attacks=(replace(attempt, result=Result.UNJUDGED),))
    assert "attack" not in " ".join(x.key for x in gate(wanted, made.release.model, held))


def test_a_recipe_says_who_is_set_aside_and_reads_it_back():
    told = Recipe(evaluate=EvaluatePart(holdout=0.2, known=("age",), secrets=("ill",)))
    assert read_recipe(recipe_text(told)) == told


def test_the_command_ends_with_what_the_attacks_came_to(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    people().to_csv("people.csv", index=False)
    Path("recipe.toml").write_text(recipe_text(recipe("independent")))
    done = CliRunner().invoke(app, ["run", "recipe.toml", "--data", "people.csv"])
    assert done.exit_code == 0, done.output
    assert "Attacks on the people in the table, for you: " in done.output


@pytest.mark.parametrize("key", ["known", "secrets"])
def test_what_is_no_column_is_said_before_anything_is_spent(key):
    spent = []
    asked = recipe("adaptive", f'[evaluate]\nholdout = 0.25\n{key} = ["wage"]\n')
    with pytest.raises(RecipeError, match=r"`wage`.*There are city, age, ill, weight"):
        run(asked, people(), listener=spent.append)
    assert spent == []


def test_shadow_models_are_trained_beside_a_run_and_change_nothing_of_it(fixed):
    more = HELD + "shadows = 4\n"
    tried = run(recipe("independent", more), people())
    before = outcome("independent")
    assert tried.release.model.document() == before.release.model.document()
    assert tried.release.statement.document() == before.release.statement.document()
    names = {a.threat.name: a for a in tried.comparison.attacks}
    assert set(names) - {a.threat.name for a in before.comparison.attacks} == {
        "membership by shadow models"
    }
    assert names["membership by shadow models"].main is not None


def test_shadow_models_that_cannot_be_trained_cost_nobody_the_release(fixed, monkeypatch):
    def failing(told, table):
        raise RecipeError("No.", "No.")

    monkeypatch.setattr(running, "_learnt", failing)
    tried = run(recipe("independent", HELD + "shadows = 4\n"), people())
    found = next(a for a in tried.comparison.attacks if a.threat.name.endswith("shadow models"))
    assert found.result is Result.UNJUDGED and "could not be trained" in found.plain
