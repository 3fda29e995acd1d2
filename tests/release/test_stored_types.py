"""Parquet in, Parquet out: the types that the source stores its columns in come back."""

import io
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth.ingest.loading import read_table
from synth.release import Bundle
from synth.runs import read_recipe, run
from synth.runs.verifying import verify
from synth.schema import Categories, Column, Kind, Numbers, Schema
from synth.schema.stored import restored, stored

ROWS = 400


def typed() -> pa.Table:
    rng = np.random.default_rng(5)
    days = rng.integers(18_000, 19_000, ROWS)
    seconds = rng.integers(1_600_000_000, 1_650_000_000, ROWS)
    zone = ZoneInfo("Europe/Berlin")
    return pa.table(
        {
            "day": pa.array([date.fromordinal(719_163 + int(d)) for d in days], pa.date32()),
            "zoned": pa.array(
                [datetime.fromtimestamp(int(s), zone) for s in seconds],
                pa.timestamp("us", "Europe/Berlin"),
            ),
            "moment": pa.array(seconds * 1000, pa.timestamp("ms")),
            "money": pa.array(
                [Decimal(int(c)) / 100 for c in rng.integers(0, 9_000, ROWS)], pa.decimal128(10, 2)
            ),
            "flag": pa.array((rng.random(ROWS) < 0.4).tolist(), pa.bool_()),
            "maybe": pa.array([None if x < 0.2 else bool(x < 0.6) for x in rng.random(ROWS)]),
            "small": pa.array(rng.integers(0, 5, ROWS), pa.int8()),
            "short": pa.array(np.round(rng.random(ROWS) * 100, 1), pa.float32()),
            "clock": pa.array(seconds % 86_400 * 1_000_000, pa.time64("us")),
            "stay": pa.array(seconds % 1_440 * 60 + 90_000, pa.duration("s")),
            "word": pa.array(rng.choice(["yes", "no"], ROWS).tolist()).dictionary_encode(),
        }
    )


@pytest.fixture(scope="module")
def release():
    pq.write_table(typed(), file := io.BytesIO())
    file.seek(0)
    text = '[privacy]\nepsilon = inf\n[method]\nname = "independent"\n'
    return run(read_recipe(text), file).release


def test_types_come_back(release):
    made = pq.read_table(io.BytesIO(release.files()["synthetic.parquet"]))
    assert made.schema.remove_metadata() == typed().schema.remove_metadata()


def test_a_small_float_stays_as_short_as_it_was(release):
    assert release.model.schema.domain("short").decimals == 1


def test_what_was_true_or_false_without_gaps_stays_so(release):
    made = pq.read_table(io.BytesIO(release.files()["synthetic.parquet"]))
    assert made["flag"].null_count == 0
    assert 0 < made["maybe"].null_count < ROWS


def test_a_recipient_reads_the_values_that_were_drawn(release):
    bundle = Bundle.read(io.BytesIO(release.zipped()))
    assert verify(bundle)
    drawn = release.tables[0]
    for name in ("day", "zoned", "moment", "flag", "maybe", "clock", "stay", "word"):
        read, mine = (f[name].astype(object).fillna("") for f in (bundle.rows, drawn))
        assert read.tolist() == mine.tolist()


def test_an_index_of_even_steps_is_a_column_where_it_has_a_name():
    """pandas keeps it beside the columns, so that it was left out without a word."""
    frame = pd.DataFrame({"a": [1, 2, 3]}, index=pd.RangeIndex(10, 16, 2, name="visit"))
    assert list(read_table(_saved(frame.rename_axis(None))).frame) == ["a"]
    assert read_table(_saved(frame)).frame["visit"].astype(str).tolist() == ["10", "12", "14"]


def _saved(frame: pd.DataFrame) -> io.BytesIO:
    frame.to_parquet(file := io.BytesIO())
    return file


def test_a_column_that_no_longer_fits_its_type_stays_as_it_is():
    listed = Column("a", Categories(("x", "y")), Kind.CATEGORY, stored="int8")
    wide = Column("b", Numbers((0.0, 999.0), decimals=0), Kind.INTEGER, stored="int8")
    odd = Column("c", Numbers((0.0, 9.0), decimals=0), Kind.INTEGER, stored="list<int8>")
    schema = Schema((listed, wide, odd))
    frame = pd.DataFrame({"a": ["x"], "b": pd.array([500], "Int64"), "c": pd.array([5], "Int64")})
    made = stored(frame, schema)
    assert made["a"].to_pylist() == ["x"]
    assert made["b"].to_pylist() == [500]
    assert restored(made.to_pandas(), schema)["c"].tolist() == [5]
