"""Every optional setting of every method, once, on a small table: it runs, and it matters."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synth.budget import Budget
from synth.methods import all_methods
from synth.schema import Categories, Column, Kind, Numbers, Schema
from synth.schema.settings import settings_of
from synth.vault import PrivateTable

PAIR = (("sex", "ward"),)
SETTINGS: dict[str, dict[str, tuple[Any, ...]]] = {
    "adaptive": {
        "largest": (100,), "triples": (False,), "pinned": ((("sex", "age"),),),
        "weights": ({"age": 5.0},),
    },
    "correlated": {"degree": (1,)},
    "mixture": {
        "groups": (3,), "rounds": (2,),
        "columns": ("age: Poisson\nsex: Categorical", "age: Normal"),
    },
    "twins": {"pinned": ((("sex", "age"),),), "largest": (100,)},
    "sequential": {"leaf": (60,)},
    "kde": {"bandwidth": (0.9,)},
    "dp_aggregate_seeded": {
        "length": (2,), "accuracy": ("balanced", "short"),
        "fabrication": ("uncontrolled", "progressive", "minimal"), "orders": (3,), "each": (50,),
        "seed": (7,), "nothing": ("ill=no",),
    },
}  # fmt: skip
GROUPED: dict[str, tuple[Any, ...]] = {
    "k": (25,), "length": (1,), "orders": (2,), "seed": (7,), "several": ("tags=;",),
    "nothing": ("ill=no",), "gaps": ("leave", "fill", "fill all"),
}  # fmt: skip
for grouped in ("value_seeded", "row_seeded", "unseeded", "aggregate_seeded"):
    SETTINGS[grouped] = dict(GROUPED)
SETTINGS["value_seeded"]["oversampling"] = (2.0,)
SETTINGS["aggregate_seeded"]["each"] = (5,)
USUAL = {name: {"gaps": "leave"} for name in SETTINGS if "gaps" in SETTINGS[name]}
CASES = [(m, s, v) for m, told in SETTINGS.items() for s, values in told.items() for v in values]
METHODS = {m.name: m for m in all_methods()}


def table() -> PrivateTable:
    rng = np.random.default_rng(4)
    ward = rng.choice(4, 300, p=[0.5, 0.3, 0.15, 0.05])
    age = np.minimum(rng.poisson(6 + 6 * ward), 39)
    rows = pd.DataFrame(
        {
            "sex": np.where(rng.random(300) < 0.3 + 0.15 * ward, "F", "M"),
            "ward": np.array(["A", "B", "C", "D"])[ward],
            "age": age,
            "ill": np.where(rng.random(300) < age / 40, "yes", "no"),
            "tags": rng.choice(["a", "b", "a;b", "a;c"], 300),
        }
    )
    listed = {"sex": "FM", "ward": "ABCD", "ill": ("no", "yes"), "tags": ("a", "b", "a;b", "a;c")}
    columns = [Column(n, Categories(tuple(v))) for n, v in listed.items()]
    columns.insert(2, Column("age", Numbers(tuple(range(41)), decimals=0), Kind.INTEGER))
    return PrivateTable(rows, Schema(tuple(columns)), Budget(20.0))


def made(method: str, **settings: Any) -> str:
    private = table()
    model = METHODS[method](**settings).fit(private, private.ledger.left)
    assert len(model.sample(30, np.random.default_rng(1))) == 30
    return json.dumps(model.document())


def test_no_setting_is_forgotten_here():
    offered = {(name, s.name) for name, m in METHODS.items() for s in settings_of(m)}
    assert {(m, s) for m, s, _ in CASES} == offered


@pytest.fixture(scope="module")
def usual() -> dict[str, str]:
    return {}


@pytest.mark.parametrize(("method", "name", "value"), CASES)
def test_a_setting_runs_and_changes_what_is_learnt(method, name, value, usual):
    """The noise is the same in all runs of a test, so what differs is what the setting does."""
    given = USUAL.get(method, {})
    if method not in usual:
        usual[method] = made(method, **given)
    again = made(method, **{**given, name: value})
    if (name, value) == ("gaps", "leave"):
        assert again == usual[method]
    else:
        assert again != usual[method]
