"""The same table gives the same exact counts, whatever engine holds it."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from synth.budget import Budget, Rho
from synth.budget.accounting import looked_at, stability_threshold
from synth.errors import QueryError
from synth.ingest import Database
from synth.ingest.lazy import file_in_place, query_in_place
from synth.ingest.reading import MISSING_TEXTS, compact
from synth.ingest.suggest_lazy import tidied
from synth.release import Bundle
from synth.runs import Recipe, run
from synth.runs.recipe import Privacy
from synth.schema import Categories, Column, Dates, Numbers, Schema, Text
from synth.schema.gathered import Gathered
from synth.vault import PrivateTable, staying
from synth.vault.held import HeldRows, merged
from synth.vault.staying import LazyRows
from tests.awkward import SCHEMA as AWKWARD
from tests.awkward import TUPLES as AWKWARD_TUPLES
from tests.awkward import UNREAD, Spoken, awkward, fill_postgres, in_clickhouse_itself
from tests.people import Silent
from tests.postgres import started

DAY = 86400.0
CITY = Categories(("Oslo", "Rome", "It's"), other=True, missing=True)
SCHEMA = Schema(
    (
        Column("city", CITY),
        Column("ward", Categories(("1", "2", "7"), missing=True)),
        Column("age", Numbers((0, 18, 40, 65, 121), decimals=0)),
        Column("score", Numbers((-1.0, 0.0, 0.1, 0.5, 2.0), missing=True)),
        Column("dose", Categories(("0.5", "1", "2.5"), other=True, missing=True)),
        Column("written", Numbers((0.0, 1.5, 10.0, 1000.0), missing=True)),
        Column("smoker", Categories(("false", "true"), missing=True)),
        Column("born", Dates((0.0, 10 * DAY, 100 * DAY, 400 * DAY), missing=True)),
        Column(
            "seen",
            Dates((0.0, 3 * 3600.0, 40 * DAY, 90 * DAY), missing=True, format="%Y-%m-%d %H:%M:%S"),
        ),
        Column("told", Dates((0.0, 9 * DAY, 40 * DAY), missing=True)),
        Column("note", Text(missing=True)),
        Column("gone", Categories(("a",), missing=True)),
    )
)
TUPLES = [
    ("city",),
    ("born",),
    ("written",),
    ("city", "age"),
    ("ward", "score", "dose"),
    ("smoker", "born", "seen"),
    ("written", "told"),
    ("note", "gone", "city", "age"),
]


def hostile(rows: int = 700) -> pd.DataFrame:
    """Rows that engines may read differently: quotes, edges, infinity, numbers as text."""
    rng = np.random.default_rng(8)
    pick = lambda *values: rng.choice(np.array(values, dtype=object), rows)  # noqa: E731
    hours = rng.integers(0, 24 * 90, rows)
    frame = pd.DataFrame(
        {
            "city": pick("Oslo", "Rome", "It's", "(other)", "Oslo's", "ÅÄÖ", None),
            "ward": pd.array(rng.choice([1, 2, 3, 7], rows), dtype="Int64"),
            "age": rng.integers(-5, 140, rows),
            "score": rng.choice([-5, -1, 0, 0.1, 0.3, 0.5, 1.99, 2, 7, np.inf, np.nan], rows),
            "dose": rng.choice([0.5, 1.0, 2.5, 0.1 + 0.2, np.nan], rows),
            "written": pick("1", "1.5", ".7", "1e2", "-3", "none", "12a", "", None),
            "smoker": pd.array(rng.random(rows) < 0.4, dtype="boolean"),
            "born": [date.fromordinal(719163 + int(h) // 5) for h in hours],
            "seen": [datetime(1970, 1, 1 + int(h) % 28, int(h) % 24, 59, 59) for h in hours],
            "told": [date.fromordinal(719163 + int(h) % 60).isoformat() for h in hours],
            "note": pick("words", "more words", None),
            "gone": pick(None),
        }
    )
    for name in ("ward", "smoker", "born", "seen", "told"):
        frame[name] = frame[name].astype(object).where(rng.random(rows) > 0.1, None)
    frame["ward"] = frame["ward"].astype("Int64")
    frame["smoker"] = frame["smoker"].astype("boolean")
    frame["seen"] = pd.to_datetime(frame["seen"])
    frame["gone"] = frame["gone"].astype("string")
    return frame


@pytest.fixture(scope="session")
def parquet(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("rows") / "people.parquet"
    hostile().to_parquet(path)
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with started() as address:
        engine = sa.create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
        frame = hostile()
        frame["gone"] = frame["gone"].astype(object)
        frame.to_sql("people", engine, index=False, dtype={"gone": sa.Text()})
        engine.dispose()
        fill_postgres(address)
        yield address


def in_memory(get) -> Iterator[nw.LazyFrame]:
    yield nw.from_native(pd.read_parquet(get("parquet"))).lazy()


def in_duckdb(get) -> Iterator[nw.LazyFrame]:
    with file_in_place(get("parquet")) as frame:
        yield frame


def in_postgres(get) -> Iterator[nw.LazyFrame]:
    with query_in_place(Database(get("postgres")), "SELECT * FROM people") as frame:
        yield frame


def in_spark(get) -> Iterator[nw.LazyFrame]:
    yield nw.from_native(get("spark").read.parquet(str(get("parquet"))))


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    if not shutil.which("java"):
        pytest.skip("Spark needs Java, and there is none (Debian: apt-get install default-jre)")
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",  # compiling takes longer than 700 rows
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.log.level": "ERROR",
    }
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


ENGINES = [in_memory, in_duckdb, in_postgres]
SLOW = pytest.param(in_spark, marks=pytest.mark.nightly, id="in_spark")  # half a minute to begin


@pytest.fixture(scope="module", params=[*ENGINES, SLOW], ids=lambda p: p.__name__)
def lazy(request) -> Iterator[nw.LazyFrame]:
    for frame in request.param(request.getfixturevalue):
        yield tidied(frame, MISSING_TEXTS)


@pytest.fixture(scope="module")
def held() -> HeldRows:
    return HeldRows(compact(hostile())[0])


@pytest.mark.parametrize("names", TUPLES, ids="-".join)
def test_every_engine_counts_alike(names, lazy, held):
    mine, theirs = held.count(SCHEMA, names), LazyRows(lazy).count(SCHEMA, names)
    assert (mine == theirs).all(), (mine - theirs).nonzero()
    assert theirs.sum() == 700


def test_every_engine_counts_gathered_states_alike(lazy, held):
    """What a method does to rare states, and again with the states apart."""
    coarse = SCHEMA
    for name, groups in (("city", (0, 1, 1, 1, 2)), ("score", (0, 0, 1, 1, 2))):
        column = SCHEMA[name]
        made = Gathered(column.domain, groups)
        coarse = coarse.replaced(replace(column, domain=made))
    rows = LazyRows(lazy)
    other = SCHEMA.replaced(replace(SCHEMA["score"], domain=Numbers((0.0, 1.0, 2.0))))
    for schema in (SCHEMA, coarse, other, SCHEMA):
        for names in (("city", "score"), ("city", "score", "age")):
            assert (rows.count(schema, names) == held.count(schema, names)).all()


def test_every_engine_tells_the_same_of_a_column(lazy, held):
    rows = LazyRows(lazy)
    assert rows.total() == held.total()
    for name in ("city", "ward", "written"):
        mine, theirs = (dict(zip(*r.occurring(name), strict=True)) for r in (held, rows))
        assert mine == theirs


# -- the contract of every engine --------------------------------------------------------------


@pytest.fixture(scope="session")
def awkward_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("awkward") / "awkward.parquet"
    pq.write_table(awkward(), path)
    return path


def their_duckdb(get) -> Iterator[nw.LazyFrame]:
    with file_in_place(get("awkward_file")) as frame:
        yield frame


def their_postgres(get) -> Iterator[nw.LazyFrame]:
    with query_in_place(Database(get("postgres")), "SELECT * FROM awkward") as frame:
        yield frame


def their_clickhouse(get) -> Iterator[nw.LazyFrame]:
    with (
        in_clickhouse_itself(get("awkward_file")) as address,
        query_in_place(Database(address), "SELECT * FROM awkward") as frame,
    ):
        yield frame


def said_as(dialect: str) -> Callable[..., Iterator[nw.LazyFrame]]:
    """DuckDB, asked in the words that another engine is sent, as sqlglot translates them."""

    def spoken(get) -> Iterator[nw.LazyFrame]:
        with pytest.MonkeyPatch.context() as patch:
            yield Spoken(dialect, get("awkward_file"), patch).frame()

    spoken.__name__ = f"said_as_{dialect}"
    return spoken


THEIRS = [their_duckdb, their_postgres, their_clickhouse]
SAID = [said_as(dialect) for dialect in ("duckdb", "trino", "snowflake", "bigquery")]


@pytest.fixture(scope="module", params=[*THEIRS, *SAID], ids=lambda p: p.__name__)
def theirs(request) -> Iterator[LazyRows]:
    for frame in request.param(request.getfixturevalue):
        yield LazyRows(frame, tidy=lambda some: tidied(some, MISSING_TEXTS))


@pytest.fixture(scope="module")
def ours() -> HeldRows:
    whole = {pa.int64(): pd.Int64Dtype()}  # doubles would not hold them
    frame = awkward().to_pandas(types_mapper=whole.get)
    return HeldRows(compact(frame.replace({"written": dict.fromkeys(UNREAD, "x")}))[0])


@pytest.mark.parametrize("names", AWKWARD_TUPLES, ids="-".join)
def test_every_engine_counts_awkward_values_as_they_are_counted_here(names, theirs, ours):
    """NULL, NaN and nothing; letters, blanks and signs; the ends of numbers and of time."""
    mine, found = ours.count(AWKWARD, names), theirs.count(AWKWARD, names)
    assert (mine == found).all(), (mine - found).nonzero()
    assert found.sum() == 400


@pytest.mark.nightly
def test_a_release_is_made_of_rows_that_stay_on_a_cluster(spark, tmp_path, parquet):
    """As docs/rows-that-stay.md shows it."""
    columns = ["city", "ward", "age"]
    outcome = run(
        Recipe(privacy=Privacy(epsilon=20.0)), spark.read.parquet(str(parquet)).select(*columns)
    )
    with (tmp_path / "release.zip").open("wb") as file:
        outcome.release.write(file)
    rows = Bundle.read(tmp_path / "release.zip").rows
    assert list(rows) == columns
    assert {"Oslo", "Rome"} <= set(rows["city"])
    assert outcome.comparison.rows == 700


@pytest.mark.parametrize("engine", ["duckdb", "postgresql"])
def test_no_number_and_no_moment_ends_a_count(engine, tmp_path, request):
    """Numbers that no double holds, moments that Python has no value for: missing, or at an end."""
    numeric = "DECIMAL(38, 0)" if engine == "duckdb" else "NUMERIC"
    numbers = ["5", "9" * 38] if engine == "duckdb" else ["5", "1e400", "1e-400", "'NaN'"]
    moments = ["'infinity'", "'-infinity'", "'200000-01-01'"]
    made = [
        f"CREATE TABLE odd (n {numeric}, d DATE, t TIMESTAMP)",
        *(f"INSERT INTO odd (n) VALUES ({n})" for n in numbers),
        *(f"INSERT INTO odd (d, t) VALUES ({m}, {m})" for m in moments),
        "INSERT INTO odd SELECT 5, '1970-01-05', '1970-01-05' FROM generate_series(1, 40)",
    ]
    if engine == "duckdb":
        address = f"duckdb:///{tmp_path / 'odd.duckdb'}"
        with duckdb.connect(str(tmp_path / "odd.duckdb")) as db:
            for line in made:
                db.execute(line)
    else:
        address = request.getfixturevalue("postgres")
        with psycopg.connect(address, autocommit=True) as keeper:
            for line in made:
                keeper.execute(line)
    dates = Dates((0.0, 10 * DAY, 400 * DAY), missing=True)
    numbered = Column("n", Numbers((0.0, 1.0, 9.0), missing=True))
    schema = Schema((numbered, Column("d", dates), Column("t", dates)))
    with query_in_place(Database(address), "SELECT * FROM odd") as frame:
        rows = LazyRows(frame)
        table = rows.count(schema, ["n", "d", "t"])
        assert table.sum() == rows.total() == 43 + len(numbers)
        assert table.sum(axis=(1, 2)).tolist()[0] == (engine == "postgresql")
        assert {v for n in ("d", "t") for v in rows.occurring(n)[0]} >= {"1970-01-05"}
        assert "5" in rows.occurring("n")[0]


def test_codes_that_are_too_much_for_the_engine_are_worked_out_by_each_count():
    """A hundred million rows of fifteen columns: 3 GB, of which DuckDB is given half."""
    columns = [Column(n, Categories(tuple(map(str, range(9))))) for n in "abcdef"]
    told = ", ".join(f"(i % {4 + k})::VARCHAR AS {c.name}" for k, c in enumerate(columns))
    with duckdb.connect(config={"memory_limit": "10MB", "temp_directory": "", "threads": 2}) as db:
        rows = LazyRows(nw.from_native(db.sql(f"SELECT {told} FROM range(1000000) AS t(i)")))
        table = rows.count(Schema(tuple(columns)), ["a", "b"])
    assert table.sum() == 1_000_000
    assert np.count_nonzero(table) == 20


def test_a_count_is_planned_through_no_other_column(monkeypatch):
    """A table of 50 columns took four times as long as one of 25."""
    sent: list[str] = []
    fetched = staying._fetched  # noqa: SLF001
    monkeypatch.setattr(staying, "_fetched", lambda f: (sent.append(_sql(f)), fetched(f))[1])
    columns = [Column(f"c{i}", Categories(("v0", "v1"), other=True)) for i in range(12)]
    with duckdb.connect() as db:
        made = ", ".join(f"'v' || (i % 3) AS {c.name}" for c in columns)
        db.execute(f"CREATE TABLE wide AS SELECT {made} FROM range(60) AS t(i)")
        frame = nw.from_native(db.sql("SELECT * FROM wide"))
        rows = LazyRows(frame, tidy=lambda some: tidied(some, ["NA"]))
        schema = Schema(tuple(columns))
        assert rows.count(schema, ["c7"]).tolist() == [20, 20, 20]
        rows.occurring("c7")
        assert rows.count(schema, ["c7", "c8"]).sum() == 60
        held = _sql(nw.from_native(rows._held.frame))  # noqa: SLF001
    assert len(sent) == 2
    assert not [s for s in [*sent, held] if '"c9"' in s or "c9 " in s]
    assert len(held) < 500


def test_values_that_hardly_any_rows_share_are_not_handed_out(monkeypatch):
    """A column of real numbers has as many as rows: 10,000,000 took 3 GB. The threshold moves."""
    fetched, sent = staying._fetched, list[int]()  # noqa: SLF001
    monkeypatch.setattr(
        staying, "_fetched", lambda f: (sent.append(len(fetched(f))), fetched(f))[1]
    )
    rho, delta = Rho(0.01), 1e-9
    least = stability_threshold(rho, delta, 1)
    left_out = looked_at(least) - 1
    assert left_out > 1
    schema = Schema((Column("score", Numbers((0.0, 1.0), missing=True)),))
    with duckdb.connect() as db:
        db.execute("CREATE TABLE told AS SELECT 1 + i / 7 AS score FROM range(5000) AS t(i)")
        for value, rows in (
            (0.25, least + left_out - 1),
            (0.5, least + left_out),
            (0.75, left_out),
        ):
            db.execute(f"INSERT INTO told SELECT {value} FROM range({rows})")
        rows = nw.from_native(db.sql("SELECT * FROM told"))
        private = PrivateTable(rows, schema, Budget(9.0), noise=Silent())
        assert private.values("score", rho, delta, "shared") == ("0.5",)
        assert sent == [2]
        assert private.distinct("score", rho, "different") == 5003
        assert sent == [2, 1]


def test_values_that_are_written_alike_move_by_no_more_than_a_row():
    """A number and a text: a sum of what is left would move by all rows of the other."""
    values, rows = pd.Series([1, "1", "b"], dtype=object), np.array([9, 5, 2])
    assert dict(zip(*merged(values, rows), strict=True)) == {"1": 14, "b": 2}
    assert dict(zip(*merged(values, rows, most=True), strict=True)) == {"1": 9, "b": 2}


def _sql(frame: nw.LazyFrame) -> str:
    return frame.to_native().sql_query()


def test_names_in_a_database_lead_no_count_elsewhere(tmp_path):
    """A table of any name, columns of any name; two columns of one name are not made one."""
    odd, file = ('ci"ty; --', "x" * 200, "A ", "%s {0}"), tmp_path / "people.duckdb"
    with duckdb.connect(str(file)) as db:
        made = ", ".join('i % 3 AS "' + n.replace('"', '""') + '"' for n in odd)
        db.execute(f"CREATE TABLE asked AS SELECT 7 AS own, {made} FROM range(60) AS t(i)")
    database = Database(f"duckdb:///{file}")
    schema = Schema(tuple(Column(n, Numbers((-0.5, 0.5, 1.5, 2.5))) for n in odd))
    with query_in_place(database, 'SELECT * FROM asked WHERE own = 7 AND "A " > 0') as frame:
        rows = LazyRows(frame)
        tables = [rows.count(schema, [one, other]) for one in odd for other in odd if one != other]
    assert {table.sum() for table in tables} == {40}
    for twice in ("* FROM asked AS s JOIN asked AS t USING (own)", 'own, own AS "Own" FROM asked'):
        with (
            pytest.raises(QueryError, match="several columns called"),
            query_in_place(database, f"SELECT {twice}"),
        ):
            pass


def test_the_last_day_of_all_is_a_value_where_rows_stay():
    """Which tables write for "until further notice"."""
    frame = pd.DataFrame({"until": [datetime(9999, 12, 31), datetime(9999, 12, 31, 23, 59)] * 2})
    with duckdb.connect() as db:
        db.register("frame", frame)
        table = nw.from_native(db.sql("SELECT until::DATE AS day, until FROM frame"))
        rows = LazyRows(table.lazy())
        assert rows.occurring("day")[1].tolist() == [4]
        assert rows.occurring("until")[1].tolist() == [2, 2]
