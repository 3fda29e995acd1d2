"""A column that is a function of another is one in every synthetic row; no other becomes one."""

import numpy as np
import pandas as pd
import pytest

from synth.budget import Budget
from synth.learning.functions import kept, possible
from synth.learning.network import Conditional, Network
from synth.methods.adaptive import Adaptive
from synth.methods.tree import Tree
from synth.schema import Categories, Column, Schema
from synth.vault import PrivateTable

ROWS = 20_000
DISTRICTS = tuple(f"district {i}" for i in range(10))
REGIONS = ("north", "east", "south")
ALONE = np.ones(10, dtype=bool)


def table(astray: float = 0.0, noise: float = 0.0) -> np.ndarray:
    """Rows by district and region, of which a share lives in any region."""
    exact = np.full((10, 3), ROWS * astray / 30)
    exact[np.arange(10), np.arange(10) % 3] += ROWS * (1 - astray) / 10
    return exact + np.random.default_rng(3).normal(0, 1, exact.shape) * noise


def test_the_one_cell_of_each_line_that_holds_rows_is_found():
    found = possible(table(noise=10.0), 10.0, ALONE)
    assert found is not None
    assert (found.argmax(axis=1) == np.arange(10) % 3).all()
    assert (found.sum(axis=1) == 1).all()


@pytest.mark.parametrize("astray", [0.05, 0.5])
def test_a_column_that_nearly_follows_is_no_function(astray):
    assert possible(table(astray, 10.0), 10.0, ALONE) is None


def test_noise_that_could_hide_rows_tells_no_function():
    counts = np.random.default_rng(3).normal(0, 150, (10, 90))
    counts[np.arange(10), np.arange(10)] += ROWS / 10
    assert possible(counts, 150.0, ALONE) is None


def test_a_constant_is_no_function_worth_keeping():
    constant = np.zeros((10, 3))
    constant[:, 1] = 500.0
    assert possible(constant, 5.0, ALONE) is None


def test_a_line_of_few_rows_or_of_several_states_may_be_anywhere():
    counts = table(noise=10.0)
    counts[4] = 0.0
    alone = ALONE.copy()
    alone[7] = False
    found = possible(counts, 10.0, alone)
    assert found is not None
    assert found[4].all() and found[7].all() and found[3].sum() == 1


def test_what_leaves_no_rows_is_not_drawn_whichever_column_comes_first():
    cells = {("a", "b"): np.array([[True, False], [False, True]])}
    even = np.full((2, 2), 0.5)
    for child, parent in (("b", "a"), ("a", "b")):
        made = kept([Conditional(child, (parent,), even)], cells)
        assert made[0].table.tolist() == [[1, 0], [0, 1]]
    aside = Conditional("c", ("a", "b"), np.full((2, 2, 2), 0.5))
    assert kept([aside], cells) == (aside,)


def people() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    district, old = rng.integers(10, size=ROWS), rng.integers(6, size=ROWS)
    return pd.DataFrame(
        {
            "district": np.array(DISTRICTS)[district],
            "region": np.array(REGIONS)[district % 3],
            "age": old.astype(str),
            "works": np.where(old < 2, "not asked", rng.choice(["yes", "no"], ROWS)),
        }
    )


def fitted(method: Adaptive | Tree) -> Network:
    columns = (
        Column("district", Categories(DISTRICTS)),
        Column("region", Categories(REGIONS)),
        Column("age", Categories(tuple("012345"))),
        Column("works", Categories(("no", "not asked", "yes"))),
    )
    private = PrivateTable(people(), Schema(columns), Budget(3.0, 1e-9))
    return method.fit(private, private.ledger.left)


@pytest.mark.parametrize("method", [Adaptive(), Tree()])
def test_a_region_is_that_of_its_district_in_every_row(method):
    made = fitted(method).sample(20_000, np.random.default_rng(0))
    regions = made["district"].str.split().str[1].astype(int) % 3
    assert (made["region"].astype(str) == np.array(REGIONS)[regions]).all()
