"""Bad input: one sentence with the limit and a remedy, never a cell value."""

import re

import pandas as pd
import pytest

from synth.budget import Audience, Budget
from synth.errors import RecipeError, RiskError, StepError, SynthError
from synth.ingest import load
from synth.protect.lattice import Goal
from synth.protect.steps import Shelf, protect, step_of
from synth.runs import read_recipe

SECRET = "Hyacinth"  # the one cell value that no message may show
FILES = {
    "gap.csv": f"{SECRET};flower;any\nrose;;any\n",
    "twice.csv": f"{SECRET};flower;any\n{SECRET};tree;any\n",
    "split.csv": f"{SECRET};flower;plant\nrose;flower;thing\n",
    "flat.csv": f"{SECRET}\nrose\n",
    "ragged.csv": f"{SECRET};flower;any\nrose;flower\n",
    "keys.csv": f"name,group\n{SECRET},a\n{SECRET},b\n",
    "empty.csv": "",
    "fine.csv": f"{SECRET};flower;any\nrose;flower;any\n",
}

# What is asked, and what the error says.
DOCUMENTS = [
    ({}, "has no name"),
    ({"step": "bnad"}, "no step `bnad`. Did you mean `band`"),
    ({"step": "zzz"}, "Choose one of drop, keep"),
    ({"step": "band", "column": "age"}, "needs `edges`"),
    ({"step": "band", "column": "age", "egdes": [1]}, "no parameter `egdes`. Did you mean `edges`"),
    ({"step": "band", "column": "age", "edges": []}, "No edge is given"),
    ({"step": "band", "column": "age", "edges": [0, 18, 18]}, "bands would overlap"),
    ({"step": "band", "column": "age", "edges": [18, 0]}, "do not ascend"),
    ({"step": "band", "column": "age", "edges": [0, 0.5]}, "not a whole number"),
    ({"step": "band", "column": "age", "edges": [0, float("inf")]}, "not a finite number"),
    ({"step": "band", "column": "age", "edges": ["x"]}, "`edges` of the step `band` is not right"),
    ({"step": "round", "column": "age", "to": 0}, "Rounding to 0 makes no sense"),
    ({"step": "clip", "column": "age"}, "Neither bound is given"),
    ({"step": "clip", "column": "age", "low": 9, "high": 3}, "9 is not below the highest 3"),
    ({"step": "mask", "column": "name", "first": -1}, "Give at least 0"),
    ({"step": "mask", "column": "name", "sign": "**"}, "several characters"),
    ({"step": "recode", "column": "name", "values": {}}, "No value is given another word"),
    ({"step": "pseudonymise", "column": "name", "format": "QQ"}, "allows"),
    (
        {"step": "truncate_date", "column": "born", "to": "decade"},
        "cannot be truncated to `decade`",
    ),
    ({"step": "hour_band", "column": "born", "starts": [4, 8]}, "does not start at hour 0"),
    ({"step": "hour_band", "column": "born", "starts": [0, 25]}, "to at most 23"),
    ({"step": "hour_band", "column": "born", "starts": [0, 1.5]}, "An hour is not a whole number"),
    ({"step": "respell", "column": "name", "case": "odd"}, "no way to write letters"),
    ({"step": "shift_dates", "columns": ["born"], "person": "name", "days": 0}, "at least 1"),
    ({"step": "shift_dates", "columns": ["born"], "person": "name", "days": 10**6}, "the calendar"),
    ({"step": "age", "column": "born"}, "No day is given"),
    ({"step": "generalise", "column": "name"}, "Either a built-in hierarchy or a file"),
    ({"step": "generalise", "column": "name", "hierarchy": "icd9"}, "Did you mean `icd10`"),
    ({"step": "generalise", "column": "name", "hierarchy": "date", "level": 9}, "above the top"),
    ({"step": "generalise", "column": "name", "file": "gap.csv"}, "Line 2 of `gap.csv` has a gap"),
    ({"step": "generalise", "column": "name", "file": "ragged.csv"}, "2 levels are expected"),
    ({"step": "generalise", "column": "name", "file": "twice.csv"}, "1 value more than once"),
    ({"step": "generalise", "column": "name", "file": "split.csv"}, "level 2 separates values"),
    ({"step": "generalise", "column": "name", "file": "flat.csv"}, "no level above the values"),
    ({"step": "generalise", "column": "name", "file": "empty.csv"}, "is no hierarchy"),
    ({"step": "generalise", "column": "name", "file": "fine.csv", "level": 3}, "from 0 to 2"),
    ({"step": "generalise", "column": "name", "file": "no.csv"}, "`no.csv` is not there"),
    ({"step": "lookup", "column": "name", "file": "keys.csv"}, "Give `take`"),
    ({"step": "lookup", "column": "name", "file": "keys.csv", "take": "x"}, "It has name, group"),
    (
        {"step": "lookup", "column": "name", "file": "keys.csv", "take": "group"},
        "gives 1 keys of `name` more than one value of `group`",
    ),
    ({"step": "filter", "column": "age"}, "No condition is given"),
    ({"step": "filter", "column": "age", "at_least": 9, "below": 3}, "Exchange the bounds"),
    ({"step": "suppress", "columns": ["age"], "k": 1}, "Give at least 2"),
    ({"step": "suppress", "columns": []}, "No column is named"),
    ({"step": "group_rare", "column": "name", "share": 1.5}, "Give 0 or more, below 1"),
    ({"step": "quantiles", "column": "age", "bands": 1}, "Give at least 2"),
    ({"step": "keep", "columns": []}, "No column would be left"),
    ({"step": "pseudonymise", "column": "name", "secret": "SYNTH_API_TOKENS"}, "is none for keys"),
    ({"step": "rename", "column": "age", "to": " "}, "The new name is empty"),
]

# Fine by themselves, but not for this table.
MISFITS = [
    ({"step": "drop", "columns": ["agee"]}, "no column `agee` at this point. Did you mean `age`"),
    ({"step": "drop", "columns": ["age", "name", "born"]}, "No column would be left"),
    ({"step": "filter", "column": "agge", "below": 3}, "Did you mean `age`"),
    ({"step": "rename", "column": "age", "to": "name"}, "There is a column `name` already"),
    ({"step": "mask", "column": "name", "into": "age"}, "There is a column `age` already"),
    ({"step": "mask", "column": "name", "keep": True}, "Give the new one a name"),
    ({"step": "suppress", "columns": ["age"], "k": 99}, "k is 99, but the table has 3 rows"),
    (
        {"step": "pseudonymise", "column": "name", "format": "#", "secret": "PSEUDONYM_0"},
        "holds no key",
    ),
    ({"step": "age", "column": "born", "at": "2019-13-45"}, "neither a day nor a column"),
    ({"step": "quantiles", "column": "name"}, "holds no numbers"),
    ({"step": "group_rare", "column": "name", "share": 0.1}, "were read off the rows"),
]


@pytest.mark.parametrize(("document", "why"), DOCUMENTS, ids=lambda x: str(x)[:60])
def test_a_wrong_step_is_explained(document, why):
    with pytest.raises(StepError, match=re.escape(why)) as error:
        step_of(document, Shelf(given=FILES))
    check(error.value)


@pytest.mark.parametrize(("document", "why"), MISFITS, ids=lambda x: str(x)[:60])
def test_a_step_that_does_not_fit_the_table_is_explained_with_its_number(document, why):
    frame = pd.DataFrame({"age": [1, 2, 3], "name": [SECRET, "a", "b"], "born": ["2000-01-01"] * 3})
    loaded = load(frame, Budget(1.0))
    with pytest.raises(StepError, match=re.escape(why)) as error:
        protect(loaded, (), [step_of(document, Shelf(given=FILES))], Audience.RELEASE)
    assert error.value.what.startswith("Step 1 (")
    check(error.value)


def check(error: SynthError) -> None:
    assert error.remedy
    assert SECRET not in str(error)


@pytest.mark.parametrize(
    ("goal", "why"),
    [
        ({"k": 0}, "Give at least 1 for both"),
        ({"suppression": 1.0}, "Give 0 or more, below 1"),
        ({"closeness": 0}, "at most 1"),
        ({"loss": "entorpy"}, "Choose one of entropy"),
    ],
)
def test_a_search_for_something_impossible_is_refused(goal, why):
    with pytest.raises(RiskError, match=why):
        Goal(**goal)


def test_the_recipe_tells_the_line_of_a_wrong_parameter():
    text = '[[protect]]\nstep = "drop"\ncolumns = ["x"]\n\n[[protect]]\nstep = "band"\n'
    text += 'column = "age"\nedges = [5, 1]\n'
    with pytest.raises(
        RecipeError, match=r"Line 8: The 2 edges do not ascend.*Give each edge once"
    ):
        read_recipe(text)


def test_the_recipe_tells_the_line_of_an_unknown_step():
    with pytest.raises(RecipeError, match=r"Line 2: There is no step `shufle`.*`shuffle`"):
        read_recipe('[[protect]]\nstep = "shufle"\n')


def test_a_visitor_cannot_read_files_of_the_server():
    with pytest.raises(StepError, match="not there"):
        step_of({"step": "lookup", "column": "x", "file": "pyproject.toml", "take": "y"}, Shelf())
