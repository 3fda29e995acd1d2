"""Each remedy is a change of the recipe that runs, and leaves a column that tells less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synth.budget import Budget
from synth.evaluate.attacks import Result
from synth.evaluate.attacks.copying import EXACT
from synth.evaluate.attacks.singling_out import ONE
from synth.evaluate.attacks.threat import Attempt, Run
from synth.ingest import load
from synth.protect.steps import Shelf
from synth.runs import Recipe, read_recipe, run
from synth.runs.gate import gate
from synth.runs.remedies import simpler
from synth.runs.running import deidentified
from synth.schema import Role

SEEDED = '[method]\nname = "row_seeded"\n'
NOISY = '[method]\nname = "independent"\n'
LISTED = f'{NOISY}[[column]]\nname = "job"\nvalues = {[f"job {i}" for i in range(30)]}\n'


def people() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    days = pd.to_datetime("2019-01-01") + pd.to_timedelta(rng.integers(0, 2000, 900), "D")
    return pd.DataFrame(
        {
            "age": rng.integers(18, 95, 900),
            "weight": np.round(rng.normal(75, 12, 900), 1),
            "job": [f"job {i}" for i in np.minimum(29, rng.geometric(0.15, 900))],
            "came": days.strftime("%Y-%m-%d"),
            "postcode": [f"AV{1 + i % 5} {i % 10}{'ABDE'[i % 4]}L" for i in range(900)],
        }
    )


TABLE = people()


def made(recipe: Recipe):
    return deidentified(recipe, load(TABLE, Budget(1.0)), Shelf()).private


def different(recipe: Recipe, name: str) -> int:
    private = made(recipe)
    return 0 if name not in private.schema else private.schema[name].domain.size


@pytest.mark.parametrize("name", list(TABLE))
@pytest.mark.parametrize("told", [SEEDED, LISTED], ids=["k people", "noise"])
def test_remedies_lead_step_by_step_to_less_and_end(told, name):
    recipe, seen = read_recipe(told), []
    for _ in range(12):
        private = made(recipe)
        fixes = list(simpler(recipe, private.schema[name]))
        if not fixes:
            break
        before = different(recipe, name)
        for fix in fixes:
            assert f"`{name}`" in fix.words
            assert different(fix.of(recipe), name) <= before
        seen.append(fixes[0].words)
        recipe = fixes[0].of(recipe)
    else:
        pytest.fail(f"no end: {seen}")
    assert seen and len(set(seen[:2])) == len(seen[:2])


def test_what_was_read_off_the_rows_is_marked_and_what_was_declared_is_not():
    observed = made(read_recipe(SEEDED)).schema["age"]
    steps = [f.of(read_recipe(SEEDED)).protect[-1] for f in simpler(read_recipe(SEEDED), observed)]
    assert [s["step"] for s in steps] == ["band", "clip"] and all(s["seen"] for s in steps)
    told = read_recipe(f'{NOISY}[[column]]\nname = "age"\nlow = 0\nhigh = 120\n')
    fixes = list(simpler(told, made(told).schema["age"]))
    assert fixes[0].words == "put `age` into bands of 20"
    assert fixes[0].of(told).protect[0]["edges"] == [-np.inf, 20, 40, 60, 80, 100]
    assert "seen" not in fixes[0].of(told).protect[0]


def test_a_band_of_a_remedy_keeps_the_formal_promise():
    told = read_recipe(f'{NOISY}[[column]]\nname = "age"\nlow = 0\nhigh = 120\n')
    fix = next(iter(simpler(told, made(told).schema["age"])))
    outcome = run(fix.of(told), TABLE)
    assert outcome.release.statement.formal


def test_every_attack_that_succeeds_and_every_copy_has_a_remedy_beside_giving_up_the_method():
    recipe = read_recipe(SEEDED.replace("row_seeded", "sequential"))
    outcome = run(recipe, TABLE)
    quasi = replace(outcome.release.model.schema["age"], role=Role.QUASI)
    model = outcome.release.model
    assert quasi.name in model.schema
    for threat in (ONE, EXACT):
        found = Attempt(threat, Result.SUCCEEDED, "It did.", Run(90, 100), Run(1, 100))
        copies = None if threat is EXACT else outcome.comparison.copies
        compared = replace(outcome.comparison, attacks=(found,), copies=copies)
        line = next(x for x in gate(recipe, model, compared) if x.key == f"attack {threat.name}")
        words = " ".join(fix.words for fix in line.fixes)
        assert "take the method adaptive" in words and "bands" in words and "leave `" in words
        for fix in line.fixes:
            made(fix.of(recipe))  # each can be applied
