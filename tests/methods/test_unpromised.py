"""Methods without a formal promise: blurred rows, sequential trees, and those of other packages."""

import io
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from synth.budget import Audience, Budget
from synth.errors import MethodError
from synth.methods import all_methods
from synth.methods.independent import Independent
from synth.methods.kde import KernelDensity, copying
from synth.methods.plugins import plugged
from synth.methods.sequential import Sequential
from synth.release import Bundle
from synth.runs import read_recipe, run, verify
from synth.schema import Categories, Column, Kind, Numbers, Schema
from synth.vault import PrivateTable
from tests.people import SCHEMA, some_people


@pytest.fixture
def many():
    return PrivateTable(some_people(3000), SCHEMA, Budget(1.0))


def test_trees_keep_a_strong_pair(many, rng):
    fake = Sequential().fit(many, many.ledger.left).sample(3000, rng)
    assert (fake["ill"] == "yes")[fake["city"] == "Rome"].mean() > 0.8
    assert (fake["ill"] == "yes")[fake["city"] == "Oslo"].mean() < 0.05


def test_a_leaf_holds_as_many_people_as_asked(many):
    model = Sequential(leaf=200).fit(many, many.ledger.left)
    assert max(len(t.chances) for t in model.trees) <= 3000 // 200


@pytest.mark.filterwarnings("error")
def test_trees_of_a_small_table_with_many_values_warn_of_nothing():
    """scikit-learn told users that their numbers look like a regression problem."""
    rows = pd.DataFrame({"age": np.arange(40), "city": ["Oslo", "Rome"] * 20})
    ages, cities = Numbers(tuple(range(41)), decimals=0), Categories(("Oslo", "Rome"))
    schema = Schema((Column("age", ages, Kind.INTEGER), Column("city", cities)))
    private = PrivateTable(rows, schema, Budget(1.0))
    assert Sequential().fit(private, private.ledger.left).rows == 40


def test_a_blur_keeps_how_numbers_go_together():
    rng = np.random.default_rng(0)
    x = rng.normal(50, 12, 4000)
    rows = pd.DataFrame({"x": x, "y": x + rng.normal(0, 5, 4000)}).round().astype(int)
    numbers = Numbers(tuple(range(-40, 141)), decimals=0)
    schema = Schema(tuple(Column(n, numbers, Kind.INTEGER) for n in rows))
    private = PrivateTable(rows, schema, Budget(1.0))
    fake = KernelDensity().fit(private, private.ledger.left).sample(4000, rng)
    assert np.corrcoef(fake["x"], fake["y"])[0, 1] > 0.8


def wide_people():
    """Twelve columns of eight values: nearly everybody is unique."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.integers(0, 8, (2000, 12)), columns=list("abcdefghijkl")).astype(str)
    values = Categories(tuple(map(str, range(8))))
    schema = Schema(tuple(Column(n, values) for n in frame))
    return PrivateTable(frame, schema, Budget(1.0))


def test_a_bandwidth_that_copies_people_is_refused_with_the_way_out():
    """The old default gave 99.99 % of its rows back from real people."""
    private = wide_people()
    with pytest.raises(MethodError, match=r"gives rows of real people back.*Set it to 0"):
        KernelDensity(bandwidth=0.02).fit(private, private.ledger.left)


def test_the_bandwidth_found_copies_no_more_than_chance(rng):
    private = wide_people()
    model = KernelDensity().fit(private, private.ledger.left)
    fake = np.column_stack([model.codes[c.name] for c in private.schema]).astype(np.int64)
    rows = np.column_stack(
        [c.domain.encode(f) for c, f in zip(private.schema, _columns(private), strict=True)]
    )
    assert copying(fake, rows, rows[:0])[0] < 0.02


def _columns(private):
    frame = private.open_rows("a test", Audience.CUSTODIAN)
    return [frame[c.name] for c in private.schema]


def test_missing_is_not_turned_into_a_value(many, rng):
    """Missing values became category 1 in the old tool."""
    fake = KernelDensity().fit(many, many.ledger.left).sample(3000, rng)
    assert 0.05 < fake["ill"].isna().mean() < 0.16


def test_too_few_rows_to_tell_a_blur_from_a_copy_are_refused():
    few = PrivateTable(some_people(10), SCHEMA, Budget(1.0))
    with pytest.raises(MethodError, match="10 rows are too few"):
        KernelDensity().fit(few, few.ledger.left)


# -- other packages ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Mine(Independent):
    name: ClassVar[str] = "mine"


def points(**named: str) -> list[EntryPoint]:
    return [EntryPoint(name, value, "synth.methods") for name, value in named.items()]


def test_a_method_of_another_package_is_found():
    found = plugged({"independent"}, points(mine="tests.methods.test_unpromised:Mine"))
    assert [m.name for m in found.methods] == [Mine.name]
    assert found.refused == ()


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("no_such_package:X", "cannot be imported"),
        ("tests.methods.test_unpromised:nothing", "cannot be imported"),
        ("tests.methods.test_unpromised:points", "not a dataclass derived from"),
        ("synth.methods.independent:Independent", "already a method `independent`"),
    ],
)
def test_a_broken_plug_in_is_left_out_with_its_reason(target, why):
    found = plugged({m.name for m in all_methods()}, points(broken=target))
    assert found.methods == ()
    assert why in found.refused[0]


def test_a_plug_in_that_fails_while_it_is_imported_is_left_out(tmp_path, monkeypatch):
    (tmp_path / "fails_at_once.py").write_text("X = 1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = plugged(set(), points(broken="fails_at_once:X"))
    assert "ZeroDivisionError" in found.refused[0]


def test_a_release_of_exact_tables_can_be_made_again_and_confirmed():
    """It leaves no noisy answer behind, and promises nothing."""
    recipe = read_recipe('[privacy]\nepsilon = inf\n[method]\nname = "correlated"')
    release = run(recipe, some_people()).release
    assert not release.statement.formal
    assert verify(Bundle.read(io.BytesIO(release.zipped())))
