"""Cells that hold several things at once: proposed to be divided, and divided by a step."""

import io
from itertools import combinations

import pandas as pd
import pytest

from synth.errors import StepError
from synth.ingest.suggest import suggest
from synth.protect.steps.catalogue import step_of
from synth.runs import read_recipe, run
from synth.schema import Kind

CHOICES = ("press", "radio", "tv", "web")
SETS = [c for n in range(1, 5) for c in combinations(CHOICES, n)]


def proposed(cells: list[str]) -> list[dict]:
    repairs = suggest(pd.DataFrame({"q": pd.Series(cells, dtype="category")}))["q"].repairs
    return [dict(r.step) for r in repairs]


@pytest.mark.parametrize("sign", [";", ", ", "|", " ", "['{}']"])
def test_choices_in_one_cell_are_proposed_to_be_spread(sign: str):
    """Rare combinations were grouped as other, and their choices lost with them."""
    listed = sign.startswith("[")
    cells = [str(list(c)) if listed else sign.join(c) for c in SETS] * 10
    found = proposed(cells)
    assert [(s["step"], s["choices"]) for s in found] == [("spread", CHOICES)]
    made = step_of(found[0])(pd.DataFrame({"q": cells, "x": range(len(cells))}))
    assert made.columns.tolist() == [*(f"q: {c}" for c in CHOICES), "x"]
    assert made["q: tv"].tolist() == ["yes" if "tv" in c else "no" for c in SETS] * 10


@pytest.mark.parametrize("sign", ["/", " x ", " ± "])
def test_two_numbers_in_one_cell_are_proposed_to_be_divided(sign: str):
    cells = [f"{100 + i % 60}{sign}{60 + i % 40}" for i in range(200)]
    found = proposed(cells)
    assert [s["step"] for s in found] == ["divide"]
    made = step_of(found[0])(pd.DataFrame({"q": cells}))
    assert made["q 1"].tolist() == [str(100 + i % 60) for i in range(200)]
    assert made["q 2"].tolist() == [str(60 + i % 40) for i in range(200)]


@pytest.mark.parametrize(
    "cells",
    [
        ["Austin, TX", "Boston, MA", "Miami, FL", "Reno, NV"],
        ["ok", "call; later", "see\nback"],
        ["1 / 10", "2 / 10", "7 / 10"],
        ["New York", "York", "New Delhi"],
    ],
)
def test_one_thing_with_a_sign_in_it_stays_one(cells: list[str]):
    assert proposed(cells * 50) == []


def test_true_and_false_in_several_spellings_are_proposed_to_be_written_alike():
    found = proposed(["true", "1", "no", "yes", "false", "0"] * 40)
    assert found == [{"step": "respell", "column": "q", "case": "yes or no"}]
    made = step_of(found[0])(pd.DataFrame({"q": ["true", "1", "no"]}))
    assert made["q"].tolist() == ["yes", "yes", "no"]
    assert proposed(["yes", "no", "unsure"] * 40) == []


def test_what_is_divided_is_released_as_what_it_is():
    cells = [";".join(c) for c in SETS] * 40
    table = pd.DataFrame({"q": cells, "bp": [f"{100 + i % 60}/{60 + i % 40}" for i in range(600)]})
    steps = tuple(dict(r.step) for s in suggest(table).values() for r in s.repairs)
    recipe = read_recipe('[privacy]\nepsilon = 50\n[method]\nname = "independent"\n')
    asked = recipe.model_copy(update={"protect": steps})
    release = run(asked, io.BytesIO(table.to_csv(index=False).encode())).release
    kinds = {c.name: c.kind for c in release.model.schema}
    assert kinds == {
        **{f"q: {c}": Kind.BOOLEAN for c in CHOICES},
        **{"bp 1": Kind.INTEGER, "bp 2": Kind.INTEGER},
    }
    said = release.files()["PRIVACY.md"].decode()
    assert "spread choices over columns" in said and "divide a column" in said


def test_a_step_that_cannot_divide_says_why():
    for wrong in (
        {"step": "divide", "column": "q", "sign": "/", "into": ["a"]},
        {"step": "spread", "column": "q", "sign": ";", "choices": []},
        {"step": "spread", "column": "q", "sign": "", "choices": ["a"]},
    ):
        with pytest.raises(StepError):
            step_of(wrong)
