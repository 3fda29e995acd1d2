"""The claimed epsilon is tried, and half the noise is caught."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from synth.budget import Budget, Rho
from synth.budget.entries import Measured
from synth.cli import app
from synth.errors import RecipeError
from synth.evaluate.claim import (
    Told,
    divergence,
    epsilon_of_share,
    least_of_one_run,
    least_share,
    rho_of_share,
)
from synth.runs import Recipe, read_recipe
from synth.runs.canaries import Marking, one_run, retrained
from synth.runs.noise_seen import found_of, noise_seen
from synth.schema import Categories, Column, Schema
from synth.vault import PrivateTable
from synth.vault.watched import Watched
from tests.people import DECLARED, some_people

TRIES = 10_000


class Less:
    """A share of the noise that is asked for, drawn anew each time from a seed of its own."""

    def __init__(self, share: float) -> None:
        self.rng, self.share = np.random.default_rng(8), share

    def discrete_gaussian(self, counts, sigma):
        drawn = self.rng.normal(0, self.share * sigma, np.shape(counts))
        return counts + np.rint(drawn).astype(np.int64)

    def discrete_laplace(self, counts, scale):
        drawn = self.rng.laplace(0, self.share * scale, np.shape(counts))
        return counts + np.rint(drawn).astype(np.int64)

    def noisy_max(self, scores, epsilon, sensitivity=1) -> int:
        return int(np.argmax(scores))


def recipe(epsilon: float = 8.0) -> Recipe:
    return read_recipe(
        f'[privacy]\nepsilon = {epsilon}\n[method]\nname = "independent"\n'
        '[[column]]\nname = "id"\nrole = "identifier"\n'
    )


def table(rows: int) -> pd.DataFrame:
    return pd.DataFrame({"id": [f"P{i:04}" for i in range(rows)]})


def told(share: float) -> tuple[Told, float]:
    """A canary alone in its cell, counted with a share of the noise that the ledger is told of."""
    schema = Schema((Column("marked", Categories(("yes", "no"))),))
    rho = Budget(2.0).rho
    found = []
    for rows in (["no"], ["no", "yes"]):
        frame = pd.DataFrame({"marked": rows})
        private = PrivateTable(frame, schema, Budget(math.inf), noise=Less(share))
        counts = [private.measure(["marked"], rho, "a count").counts[0] for _ in range(TRIES)]
        found.append(int(np.sum(np.array(counts) >= 1)))
    return Told(found[1], TRIES, found[0], TRIES), float(rho)


def test_half_the_noise_is_caught_and_all_of_it_is_not():
    honest, claimed = told(1.0)
    assert honest.least_rho() < claimed
    half, claimed = told(0.5)
    assert half.least_rho() > claimed
    # With real noise it would miss the bug less than once in 10^9: hits and alarms would have to be
    # 6.2 standard errors nearer to each other than the discrete Gaussian law has them.
    steps = np.arange(-60, 61)
    weights = np.exp(-(steps**2) / (2 * (0.5 / math.sqrt(2 * claimed)) ** 2))
    hits, alarms = (float(weights[steps >= k].sum() / weights.sum()) for k in (0, 1))
    error = 6.2 * math.sqrt(hits * (1 - hits) / TRIES)
    worst = Told(int(TRIES * (hits - error)), TRIES, math.ceil(TRIES * (alarms + error)), TRIES)
    assert worst.least_rho() > claimed


def test_half_the_noise_is_caught_through_a_whole_recipe_and_all_of_it_is_not():
    half = retrained(recipe(4.0), table(240), 90, noise=Less(0.5), seed=1)
    assert half.broken and "The claim is broken" in half.plain
    right = retrained(recipe(4.0), table(240), 20, noise=Less(1.0), seed=1)
    assert not right.broken and right.least_rho < right.rho


@pytest.mark.parametrize("method", ["adaptive", "independent"])
def test_half_the_noise_is_seen_from_inside_in_one_training_and_all_of_it_is_not(method):
    told = read_recipe(f'[method]\nname = "{method}"\n')
    half, right = (noise_seen(told, some_people(300), noise=Less(s)) for s in (0.5, 1.0))
    assert half.broken and half.spread == pytest.approx(0.5, abs=0.1)
    assert not right.broken and right.low < 1 < right.high and right.numbers > 100
    assert "The claim is broken" in half.plain and "broken" not in right.plain


def test_people_of_several_rows_have_their_noise_looked_at_without_canaries(tmp_path):
    rows = some_people(300).assign(who=[f"P{i // 2}" for i in range(300)])
    rows.to_csv(tmp_path / "t.csv", index=False)
    told = '[source]\nfile = "t.csv"\n[people]\ncolumn = "who"\nrows = 2\n'
    (tmp_path / "r.toml").write_text(f'{told}[method]\nname = "adaptive"\n{DECLARED}')
    words = ["canaries", str(tmp_path / "r.toml"), "--many"]
    assert "several" in CliRunner().invoke(app, [*words, "100"]).output
    done = CliRunner().invoke(app, [*words, "0"])
    assert done.exit_code == 0 and "Looked at from inside" in done.output, done.output


def test_noise_that_is_asked_for_below_what_was_paid_is_seen_though_it_is_drawn_right():
    seen = Watched(2)
    seen.paying(Measured("counts: city", Rho(0.02)))  # sigma of 2 / sqrt(0.04) = 10 for two rows
    seen.discrete_gaussian(np.zeros(400, dtype=np.int64), 10.0)
    assert found_of(seen).cheap == 0 and not found_of(seen).broken
    seen.discrete_gaussian(np.zeros(30, dtype=np.int64), 5.0)
    assert found_of(seen).cheap == 30 and found_of(seen).broken
    with pytest.raises(RecipeError, match="Hardly any noise"):
        found_of(Watched())


def test_many_canaries_are_tried_in_one_training():
    found = one_run(recipe(4.0), table(600), 300)
    assert 0 <= found.least <= 4.0 and "300 canaries" in found.plain and not found.broken
    bug = one_run(recipe(0.5), table(600), 300, noise=Less(0.001))
    assert bug.broken and bug.least > 1


def test_canaries_have_most_of_what_a_method_spends():
    # Of a table of four columns and eight marks, two thirds of what an even method spends.
    columns = tuple(Column(f"c{i}", Categories(("a", "b"))) for i in range(4))
    marked = Marking((0,), (True,)).declare(Schema(columns))
    marks = [c for c in marked if c.name.startswith("marked ")]
    assert len(marks) / len(marked.names) >= 2 / 3
    assert all(c.domain.values == ("canary 1", "nobody") for c in marks)


def test_bounds_are_those_of_the_papers():
    assert Told(0, 100, 0, 100).least_epsilon(1e-6) == 0
    sure = Told(100, 100, 0, 100)
    assert 2.3 < sure.least_epsilon(1e-6) < 3  # Clopper and Pearson: at most 8 in 100
    assert divergence(0.5, 0.5, 2.0) == pytest.approx(0, abs=1e-12)
    assert divergence(0.9, 0.1, 2.0) == pytest.approx(math.log(0.81 / 0.1 + 0.01 / 0.9))
    # Of fair coins 50 of 50 are right once in 2^50; 0.999 sure is an odds of 0.001^(1/50).
    p = 0.001 ** (1 / 50)
    assert least_of_one_run(50, 50, 50, 0.0) == pytest.approx(math.log(p / (1 - p)), abs=1e-3)
    assert least_of_one_run(50, 50, 25, 0.0) == 0
    assert least_of_one_run(50, 50, 50, 1e-3) < least_of_one_run(50, 50, 50, 0.0)


def test_a_share_of_right_guesses_bounds_what_was_given_away():
    # On paper: were each right half the time, 10 of 10 trainings would be all right in expectation
    # 2^10 times over, so that 0.999 sure asks for a chance of 0.001^(1/10).
    assert least_share([1.0] * 10) == pytest.approx(0.001**0.1)
    assert least_share([0.5] * 10) < 0.5 and least_share([0.9, 0.0]) == 0 == least_share([])
    assert epsilon_of_share(0.75, 0.0) == pytest.approx(math.log(3)) and rho_of_share(0.4) == 0
    # The Gaussian mechanism of rho tells a coin with a chance of Phi(sqrt(rho / 2)).
    for rho in (0.1, 1.0, 3.0):
        share = 0.5 + math.erf(math.sqrt(rho / 2) / math.sqrt(2)) / 2
        assert 0.5 * rho < rho_of_share(share) < rho


def test_who_is_out_is_left_out_and_everybody_else_is_unmarked():
    marked = Marking((1, 3), (True, False))(table(5))
    crowded = Marking((1,), (True,), (3,))(table(5))
    assert crowded["id"].tolist() == ["P0001", "P0003"]
    assert crowded["marked 1"].tolist() == ["canary 1", "canary 1"]
    for name in Marking((), ()).columns:
        assert marked[name].tolist() == ["nobody", "canary 1", "nobody", "nobody"]
    assert marked["id"].tolist() == ["P0000", "P0001", "P0002", "P0004"]


def test_what_cannot_be_tried_is_a_sentence_and_the_command_says_what_it_found(tmp_path):
    with pytest.raises(RecipeError, match="claims no epsilon"):
        one_run(read_recipe('[method]\nname = "random"'), table(50), 20)
    with pytest.raises(RecipeError, match="fewer than twice"):
        one_run(recipe(), table(30), 20)
    with pytest.raises(RecipeError, match="too few to hide"):
        retrained(recipe(), table(30), 20)
    path = tmp_path / "r.toml"
    path.write_text('[method]\nname = "independent"\n')
    table(100).to_csv(tmp_path / "t.csv", index=False)
    asked = ["canaries", str(path), "--data", str(tmp_path / "t.csv"), "--many", "40"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "Claimed: epsilon 1" in done.output and "does not prove it" in done.output
