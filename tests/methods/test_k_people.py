"""Methods of k people: as many rows as people, gaps that are stopped or filled, honestly."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import typer

from synth.budget import Budget
from synth.budget.guarantee import KAnonymous, NoGuarantee
from synth.cli.speech import explained
from synth.combinations.growth import NOTHING
from synth.errors import BundleError, TooManyGaps
from synth.ingest import load
from synth.methods import method_named
from synth.protect.coarsening import coarsening
from synth.release import Bundle
from synth.runs import Recipe, read_recipe, run, verify
from synth.runs.recipe_file import step_lines
from synth.schema import Categories, Column, Schema

SEEDED = ("aggregate_seeded", "value_seeded", "row_seeded", "unseeded")
K = 5


def fine(people: int = 600) -> pd.DataFrame:
    """Ages, codes and days that hardly anybody shares with others; sex and ward, which many do."""
    rng = np.random.default_rng(3)
    age, letters = rng.integers(18, 98, people), rng.choice(list("KLM"), people)
    return pd.DataFrame(
        {
            "age": age,
            "minutes": rng.integers(1, 240, people) + age,
            "ward": rng.choice(
                ["North", "South", "East", "West"], people, p=[0.5, 0.3, 0.15, 0.05]
            ),
            "sex": rng.choice(["F", "M"], people),
            "code": [
                f"{a}{n}" for a, n in zip(letters, rng.integers(100, 190, people), strict=True)
            ],
        }
    )


def told() -> pd.DataFrame:
    """The same without the column whose bounds nobody declared."""
    return fine().drop(columns="minutes")


def made(method: str, frame: pd.DataFrame, protect=(), **more: object):
    settings = {"name": method, "k": K, "orders": 4, **more}
    recipe = {"method": settings, "protect": protect}
    return run(Recipe.model_validate(recipe), frame.copy())


@pytest.mark.parametrize("method", SEEDED)
def test_there_are_as_many_rows_as_people(method):
    release = made(method, fine(), gaps="leave").release
    assert release.rows == 600 == len(release.model.records)


@pytest.mark.parametrize("method", SEEDED)
def test_a_release_of_gaps_is_stopped_and_the_steps_it_proposes_are_enough(method):
    with pytest.raises(TooManyGaps, match=r"fewer than 20 people share.*`code`") as stopped:
        made(method, fine(), k=20, length=4)
    assert "North" not in str(stopped.value)
    lines = read_recipe(step_lines(stopped.value.steps)).protect
    outcome = made(method, fine(), lines, k=20, length=4)
    assert outcome.release.rows == 600
    assert outcome.release.tables[0].isna().to_numpy().mean() < 0.15
    assert outcome.comparison.one_way < 0.1


def test_what_is_proposed_is_shared_by_k_and_says_what_it_keeps():
    found = coarsening(load(fine(), Budget(1.0)).private, K)
    assert found.shared[0] < 0.05 and found.shared[1] >= 0.75
    kept = {c.column: c for c in found.columns}
    assert kept["sex"].steps == () and kept["sex"].values == (2, 2)
    assert kept["age"].values[0] > kept["age"].values[1] > 0
    assert kept["age"].shared[1] == 1.0
    assert all(step.seen for step in found.steps)


def test_short_combinations_need_less_coarsening_than_whole_rows():
    private = load(fine(), Budget(1.0)).private
    whole, short = (coarsening(private, K, length) for length in (0, 2))
    assert sum(c.values[1] for c in short.columns) > sum(c.values[1] for c in whole.columns)


def test_every_column_of_a_wide_table_is_in_a_combination_that_is_looked_at():
    """Of 200 columns two were in none, and the run ended in a division by zero."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({f"c{i}": rng.choice(list("abc"), 40) for i in range(122)})
    found = coarsening(load(frame, Budget(1.0)).private, K, 3)
    assert len(found.columns) == 122


def test_no_extreme_value_and_none_of_a_few_people_is_in_a_proposal():
    frame = fine()
    frame.loc[0, "age"], frame.loc[1, "ward"] = 117, "Secret"
    lines = step_lines(
        [s.document() for s in coarsening(load(frame, Budget(1.0)).private, K).steps]
    )
    assert "117" not in lines and "Secret" not in lines


def test_the_statement_says_that_steps_were_chosen_after_looking_and_keeps_the_promise_of_k():
    steps = coarsening(load(fine(), Budget(1.0)).private, K).steps
    release = made("row_seeded", fine(), tuple(s.document() for s in steps)).release
    assert release.statement.guarantee == KAnonymous(K, 0)
    text = release.files()["PRIVACY.md"].decode()
    assert (
        "band numbers: `age` | nothing: chosen by the custodian after looking at the rows" in text
    )
    assert "declared without looking at the rows" not in text


def test_a_promise_of_epsilon_does_not_cover_such_a_choice():
    band = {"step": "band", "column": "age", "edges": [0.0, 40.0], "seen": True}
    recipe = {"method": {"name": "independent"}, "protect": (band,)}
    release = run(Recipe.model_validate(recipe), fine()).release
    assert isinstance(release.statement.guarantee, NoGuarantee)
    assert "chosen after looking" in release.statement.guarantee.plain


def test_a_recipe_that_hides_the_choice_does_not_fit_the_statement():
    band = {"step": "band", "column": "age", "edges": [0.0, 40.0], "seen": True}
    release = made("row_seeded", fine()[["age", "sex"]], (band,)).release
    assert verify(Bundle.read(io.BytesIO(release.zipped())))
    hiding = replace(release, recipe=release.recipe.replace("seen = true\n", ""))
    with pytest.raises(BundleError, match="something else of the steps"):
        verify(Bundle.read(io.BytesIO(hiding.zipped())))


@pytest.mark.parametrize("method", SEEDED)
def test_filled_gaps_keep_what_is_counted_together_shared_by_k(method):
    left, release = (made(method, told(), gaps=g, length=2).release for g in ("leave", "fill"))
    assert release.statement.guarantee == KAnonymous(K, 2)
    assert (release.model.records == NOTHING).mean() < (left.model.records == NOTHING).mean()


@pytest.mark.parametrize("method", SEEDED)
def test_full_rows_promise_their_values_and_nothing_of_how_they_go_together(method):
    release = made(method, told(), gaps="fill all", length=2).release
    assert release.statement.guarantee == KAnonymous(K, 1)
    assert release.tables[0].notna().to_numpy().all()
    assert "whatever they stand beside" in release.files()["PRIVACY.md"].decode()


def test_a_missing_value_of_the_table_is_no_gap():
    frame = fine()[["ward", "sex"]].assign(note=[None] * 500 + ["seen"] * 100)
    release = made("row_seeded", frame).release
    assert release.tables[0]["note"].isna().mean() > 0.8
    filled = made("row_seeded", frame, gaps="fill all").release
    assert 0.7 < filled.tables[0]["note"].isna().mean() < 0.95


def test_what_a_stopped_release_proposes_is_marked_and_on_a_terminal_alone(monkeypatch, capsys):
    """The values in it are those of at least k people, and no business of a log."""
    for terminal in (False, True):
        monkeypatch.setattr("sys.stdout.isatty", lambda terminal=terminal: terminal)
        with pytest.raises(typer.Exit), explained():
            raise TooManyGaps("Most are gaps.", "Coarsen.", steps=[SHARED])
        told = capsys.readouterr()
        assert "North" not in told.err
        assert ("North" in told.out) is ("not for a log" in told.out) is terminal


SHARED = {"step": "recode", "column": "ward", "values": {"North": "North"}, "seen": True}


def test_a_method_may_leave_columns_out_and_the_rest_is_compared():
    listed = {"name": "mixture", "columns": "sex: Categorical", "rounds": 1}
    outcome = run(Recipe.model_validate({"method": listed}), fine())
    assert [h.column for h in outcome.comparison.columns] == ["sex"]
    assert list(outcome.release.tables[0]) == ["sex"]


@pytest.mark.parametrize("method", SEEDED)
def test_a_wide_table_is_counted_in_pairs_and_promises_no_more(method, monkeypatch):
    """The work is cut beforehand by the columns alone, and what is promised is cut with it."""
    monkeypatch.setattr("synth.combinations.bounds.MOST_WORK", 1_000)
    frame = fine()[["ward", "sex"]].assign(more=fine()["sex"], again=fine()["ward"])
    release = made(method, frame, gaps="fill", length=3).release
    assert release.statement.guarantee == KAnonymous(K, 2)
    assert verify(Bundle.read(io.BytesIO(release.zipped())))


def test_no_value_of_row_seeded_occurs_more_often_than_its_rounded_total():
    frame = fine()[["ward", "sex"]]
    rows = made("row_seeded", frame, gaps="leave").release.tables[0]
    for name in frame:
        assert (rows[name].value_counts() <= frame[name].value_counts() // K * K).all()


def test_what_is_counted_shorter_than_asked_is_said_before_a_row_is_read():
    wide = Schema(tuple(Column(f"c{i}", Categories(("a", "b"))) for i in range(60)))
    for method in ("value_seeded", "dp_aggregate_seeded"):
        chosen = method_named(method)()
        assert "of 2 attributes at most" in chosen.less(wide)
        assert chosen.less(Schema(wide.modelled[:8])) == ""
    assert method_named("adaptive")().less(wide) == ""
