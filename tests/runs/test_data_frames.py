"""A data frame in, a data frame of the same types out."""

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth.ingest.reading import frame_of
from synth.runs import read_recipe, run
from synth.schema import Categories, Column, Kind, Numbers, Schema
from synth.schema.typed import Typed, sure

ROWS = 400
LEVELS = ["severe", "mild", "none"]


def some_people(rows: int = ROWS) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    seconds = pd.Series(pd.to_datetime(rng.integers(1_600_000_000, 1_650_000_000, rows), unit="s"))
    frame = pd.DataFrame(
        {
            "level": pd.Categorical.from_codes(rng.integers(0, 3, rows), LEVELS, ordered=True),
            "ward": pd.Categorical(rng.choice(["b", "a"], rows)),
            "grade": pd.Categorical(rng.integers(1, 4, rows)),
            "seen": seconds.astype("datetime64[ms]"),
            "sent": seconds.dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin"),
            "maybe": pd.array([None if x < 0.2 else x < 0.5 for x in rng.random(rows)], "boolean"),
            "smoker": rng.random(rows) < 0.5,
            "count": pd.array(rng.integers(0, 50, rows), "Int16"),
            "dose": rng.normal(50, 9, rows).round(1).astype("float32"),
            "word": pd.array(rng.choice(["x", "y"], rows), "string"),
            "month": pd.period_range("2019-01-01", periods=rows, freq="D"),
        }
    )
    return frame.set_index(pd.Index(rng.integers(0, 90, rows), name="age"))


@pytest.fixture(scope="module", params=["inf", "20"])
def outcome(request):
    recipe = f'[privacy]\nepsilon = {request.param}\n[method]\nname = "independent"\n'
    return run(read_recipe(recipe), some_people())


def test_types_come_back(outcome):
    made, came = outcome.rows, some_people()
    same = [n for n in came if n not in ("level", "ward", "grade", "smoker")]
    assert made[same].dtypes.to_dict() == came[same].dtypes.to_dict()
    assert made["smoker"].dtype == bool and set(made["smoker"]) == {True, False}
    assert made.columns.tolist() == came.columns.tolist()


def test_categories_keep_their_order_and_their_type(outcome):
    made = outcome.rows
    assert made["level"].cat.ordered
    assert [c for c in made["level"].cat.categories if c != "(other)"] == LEVELS
    assert made["level"].min() == "severe"
    assert not made["ward"].cat.ordered
    assert {1, 2, 3} <= set(made["grade"].cat.categories)
    assert not made["grade"].isna().any()


def test_a_named_index_is_a_column_and_comes_back_as_the_index(outcome):
    assert outcome.rows.index.name == "age"
    assert outcome.rows.index.max() < 120
    assert "age" in outcome.release.model.schema
    assert "age" in outcome.release.tables[0]


def test_parquet_keeps_order_and_small_floats(outcome):
    made = pq.read_table(io.BytesIO(outcome.release.files()["synthetic.parquet"]))
    assert pa.types.is_float32(made.schema.field("dose").type)
    level = made.to_pandas()["level"]
    assert level.cat.ordered and [c for c in level.cat.categories if c != "(other)"] == LEVELS


@pytest.mark.parametrize(
    ("values", "known"),
    [
        ([1, 2], False),
        ([True, False], False),
        ([1.5, 2.5], False),
        (["a", "b"], False),
        (["a", None, 3], False),
        (pd.array([1, 2], "Int64"), True),
        (pd.array(["a"], "string"), True),
        (pd.array([1.5], "float32"), True),
        (pd.to_datetime(["2024-01-01"]), True),
    ],
)
def test_only_types_that_no_row_decides_are_known(values, known):
    assert sure(pd.Series(values).dtype) is known


def test_an_index_without_a_name_is_no_column():
    frame = pd.DataFrame({"a": [1, 2, 3]}, index=["x", "y", "z"])
    assert frame_of(frame).frame.columns.tolist() == ["a"]


def test_each_named_level_of_an_index_is_a_column():
    levels = pd.MultiIndex.from_tuples([(1, 2, 3)] * 4, names=["a", None, "c"])
    read = frame_of(pd.DataFrame({"x": range(4), "c": range(4)}, index=levels))
    assert read.frame.columns.tolist() == ["a", "x", "c"]
    assert read.typed.index == ("a",)


def test_a_column_that_no_longer_fits_its_type_stays_as_drawn():
    schema = Schema(
        (
            Column("wide", Numbers((0.0, 900.0), decimals=0), Kind.INTEGER),
            Column("word", Categories(("x",)), Kind.CATEGORY),
        )
    )
    frame = pd.DataFrame({"wide": pd.array([700], "Int64"), "word": ["x"]})
    typed = Typed({"wide": pd.Int8Dtype(), "word": pd.Int8Dtype()}, ("gone",))
    made = typed.of(frame, schema)
    assert made.dtypes.to_dict() == frame.dtypes.to_dict() and made.index.name is None
