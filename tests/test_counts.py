import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from synth.budget import Budget
from synth.counts import HeldRows, LazyRows, bincount, cells_of, kept, packed
from synth.domain import Categories, Dates, Numbers, Text
from synth.errors import MethodError, SchemaError
from synth.methods.correlated import Correlated
from synth.private import PrivateTable
from synth.schema import Column, Schema
from tests.conftest import SCHEMA, some_people

WIDE = Schema(
    (
        *SCHEMA.columns,
        Column("score", Numbers((-1.0, 0.0, 0.5, 2.0), missing=True)),
        Column("seen", Dates((0.0, 86400.0, 30 * 86400.0), missing=True)),
        Column("note", Text(missing=True)),
    )
)


def wide_people() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = some_people()
    score = pd.Series(rng.normal(0, 1, len(frame)))
    score[rng.random(len(frame)) < 0.2] = np.nan
    days = pd.Series(pd.to_datetime(rng.integers(0, 29, len(frame)) * 86400, unit="s"))
    seen = days.dt.strftime("%Y-%m-%d").astype(object)
    seen[rng.random(len(frame)) < 0.1] = None
    note = pd.Series(np.where(rng.random(len(frame)) < 0.5, "words", None), dtype=object)
    return frame.assign(score=score, seen=seen, note=note)


@pytest.fixture(scope="module")
def parquet(tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "people.parquet"
    wide_people().to_parquet(path)
    return path


@pytest.mark.parametrize(
    "names",
    [("city",), ("ill", "city"), ("age", "score"), ("seen", "note"), ("age", "ill", "note")],
)
def test_rows_that_stay_in_duckdb_give_the_same_counts(names, parquet):
    with duckdb.connect() as connection:
        lazy = LazyRows(nw.from_native(connection.read_parquet(str(parquet))))
        held = HeldRows(wide_people())
        assert (lazy.count(WIDE, names) == held.count(WIDE, names)).all()
        assert lazy.total() == held.total()


def test_a_model_is_learnt_from_rows_that_are_never_loaded(parquet, rng):
    with duckdb.connect() as connection:
        rows = nw.from_native(connection.read_parquet(str(parquet)))
        private = PrivateTable(rows, WIDE, Budget(5.0))
        model = Correlated().fit(private, private.ledger.left)
        with pytest.raises(SchemaError, match="stay in their engine"):
            private.transform(lambda frame: frame)
    fake = model.sample(400, rng)
    assert (fake["ill"] == "yes")[fake["city"] == "Rome"].mean() > 0.6


def test_counting_agrees_with_a_plain_group_by(people):
    held = HeldRows(people)
    table = held.count(SCHEMA, ("city", "ill"))
    slow = people.fillna("?").groupby(["city", "ill"]).size()
    assert table[0, 0] == slow["Oslo", "no"]
    assert table[1, 2] == slow["Rome", "?"]
    assert table.sum() == len(people)


def test_packing_is_row_major():
    codes = [np.array([0, 1, 1]), np.array([2, 0, 2])]
    assert packed(codes, (2, 3)).tolist() == [2, 3, 5]
    assert bincount(codes, (2, 3)).tolist() == [[0, 0, 1], [1, 0, 1]]


def test_packing_does_not_overflow_a_small_type():
    codes = [np.array([255], dtype=np.uint8), np.array([255], dtype=np.uint8)]
    assert packed(codes, (256, 256)).tolist() == [65535]


def test_a_table_beyond_reason_is_refused():
    with pytest.raises(MethodError, match=r"3 columns would have 1,000,000,000 cells"):
        cells_of((1000, 1000, 1000))


def test_at_most_m_rows_of_each_person_are_kept():
    frame = pd.DataFrame({"who": ["a"] * 5 + ["b"] + ["c"] * 2, "x": range(8)})
    left = kept(frame, "who", 2)
    assert left["who"].value_counts().to_dict() == {"a": 2, "b": 1, "c": 2}
    assert left["x"].is_monotonic_increasing


def test_which_rows_of_a_person_are_kept_is_left_to_chance():
    frame = pd.DataFrame({"who": ["a"] * 50, "x": range(50)})
    assert len({int(kept(frame, "who", 1)["x"].iloc[0]) for _ in range(30)}) > 5


def test_identifiers_are_looked_up_where_the_rows_are(parquet):
    with duckdb.connect() as connection:
        lazy = LazyRows(nw.from_native(connection.read_parquet(str(parquet))))
        assert lazy.holds("city", ["Rome", "Paris"]).tolist() == [True, False]
    assert HeldRows(wide_people()).holds("city", ["Rome", "Paris"]).tolist() == [True, False]


def test_a_domain_of_categories_counts_unlisted_values_as_other_in_both_places(parquet):
    schema = Schema((Column("city", Categories(("Rome",), other=True)),))
    with duckdb.connect() as connection:
        lazy = LazyRows(nw.from_native(connection.read_parquet(str(parquet))))
        counted = lazy.count(schema, ("city",))
    assert (counted == HeldRows(wide_people()).count(schema, ("city",))).all()
    assert counted[1] > 0
