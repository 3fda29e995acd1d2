"""A table of values that engines may take differently, and engines to ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import ibis
import narwhals as nw
import numpy as np
import psycopg
import pyarrow as pa
import pytest
import sqlglot
from ibis.expr.operations import UnboundTable
from ibis.expr.types import Table

from synth.ingest.warehouses import sure_compiler
from synth.schema import Categories, Column, Dates, Numbers, Schema, Text

DAY = 86400.0
LONG = "1" + "0" * 400  # no double, and in PostgreSQL an error if cast
CITIES = [
    "Oslo",
    "oslo",
    "Oslo  ",
    " Oslo",
    "ÅÄÖ",
    "A\u030a\u0308O",
    "It's",
    'say "x"',
    "a\\b",
    "%_",
]
CITIES += ["", "NA", "日本", "🙂", "Ωmega\n", None]
BIG = [-(2**63), 2**63 - 1, 2**53 + 1, -1, 0, 1, None]
REAL = [float("nan"), float("inf"), float("-inf"), -0.0, 0.0, 5e-324, 1e308, -1e308, 0.1, None]
MONEY = [
    Decimal("-0.0001"),
    Decimal("0.0000"),
    Decimal("123456789012345.6789"),
    Decimal("2.5"),
    None,
]
BORN = [
    date(1900, 1, 1),
    date(1969, 12, 31),
    date(1970, 1, 1),
    date(2106, 2, 8),
    date(2299, 12, 31),
]
SEEN = [
    datetime(1901, 1, 1),
    datetime(1969, 12, 31, 23, 59, 59, 999999),
    datetime(1970, 1, 1),
    datetime(2038, 1, 19, 3, 14, 8),
    datetime(2261, 6, 1, 12),
]
WRITTEN = [
    "1",
    "1.5",
    "1,5",
    "1.234,5",
    "1e5",
    LONG,
    "." + "0" * 400 + "1",
    "-.5",
    "+7",
    " 7 ",
    "٣",
]
UNREAD = ["1,5", "1.234,5", "." + "0" * 400 + "1", "٣"]  # numbers that are read in memory alone
WRITTEN += ["0x10", "1_000", "nan", "inf", "-", "", "x", "1" * 150, "00012", None]
SCHEMA = Schema(
    (
        Column(
            "city", Categories(("Oslo", "oslo", "ÅÄÖ", "It's", "a\\b"), other=True, missing=True)
        ),
        Column("big", Numbers((-(2.0**63), -1.0, 0.0, 1.0, 2.0**62, 2.0**63), missing=True)),
        Column("real", Numbers((-2.0, -0.0, 1e-9, 0.1, 1e9), missing=True)),
        Column("money", Numbers((-1.0, 0.0, 2.5, 1e15), missing=True)),
        Column("flag", Categories(("false", "true"), missing=True)),
        Column(
            "born", Dates((-25567 * DAY, -9000 * DAY, 0.0, 60000 * DAY, 120000 * DAY), missing=True)
        ),
        Column(
            "seen",
            Dates(
                (-70 * 366 * DAY, -0.5, 0.0, 3e9, 1e10), missing=True, format="%Y-%m-%d %H:%M:%S"
            ),
        ),
        Column("written", Numbers((-1.0, 0.0, 1.5, 7.0, 13.0, 1e6), missing=True)),
        Column("note", Text(missing=True)),
        Column("code", Categories(("-1", "9223372036854775807"), other=True, missing=True)),
    )
)
TUPLES = [
    ("city", "big"),
    ("real", "money"),
    ("flag", "born", "seen"),
    ("written", "note", "code"),
]


def awkward(rows: int = 400) -> pa.Table:
    """Every awkward value, and their combinations."""
    rng = np.random.default_rng(3)

    def some(values: list[Any]) -> list[Any]:
        return [*values, *(values[i] for i in rng.integers(0, len(values), rows - len(values)))]

    return pa.table(
        {
            "city": pa.array(some(CITIES), pa.string()),
            "big": pa.array(some(BIG), pa.int64()),
            "real": pa.array(some(REAL), pa.float64(), from_pandas=False),
            "money": pa.array(some(MONEY), pa.decimal128(20, 4)),
            "flag": pa.array(some([True, False, None]), pa.bool_()),
            "born": pa.array(some([*BORN, None]), pa.date32()),
            "seen": pa.array(some([*SEEN, None]), pa.timestamp("us")),
            "written": pa.array(some(WRITTEN), pa.string()),
            "note": pa.array(some(["words", None]), pa.string()),
            "code": pa.array(some(BIG), pa.int64()),
        }
    )


WORDS = (("is_infinite", "x", "isinf(x)"),)  # that sqlglot leaves as they are


def _of_nobody(spoken: Callable[[Any], Any], usual: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What is asked of a table of no engine at all; of others as usual."""
    return lambda asked: spoken(asked) if asked.op().find(UnboundTable) else usual(asked)


class Spoken:
    """What would be sent to an engine that is not here, and what DuckDB makes of it.

    The text is what the engine's own dialect has; DuckDB is asked what sqlglot takes it to mean.
    """

    def __init__(self, dialect: str, file: Path | None, patch: pytest.MonkeyPatch) -> None:
        self.dialect, self.sent = dialect, list[str]()
        self.db = None if file is None else duckdb.connect()
        if self.db is not None:
            self.db.execute(f"CREATE VIEW awkward AS SELECT * FROM '{file}'")
            for name, args, meaning in WORDS:
                self.db.execute(f"CREATE MACRO {name}({args}) AS {meaning}")
        self.types = {n: ibis.dtype(k) for n, k in zip(SCHEMA.names, KINDS.split(), strict=True)}
        for door, spoken in (("to_pyarrow", self.answer), ("get_backend", lambda asked: self)):
            patch.setattr(Table, door, _of_nobody(spoken, getattr(Table, door)))

    @property
    def name(self) -> str:
        return self.dialect

    def frame(self) -> nw.LazyFrame:
        return nw.from_native(ibis.table(self.types, name="awkward"))

    def answer(self, asked: Any) -> pa.Table:
        compiler = sure_compiler(self.dialect)
        self.sent.append(compiler.to_sqlglot(asked).sql(compiler.dialect))
        if self.db is None:
            nothing = asked.schema().to_pyarrow().empty_table()
            return pa.table({"rows": [0]}) if nothing.column_names == ["rows"] else nothing
        here = sqlglot.transpile(self.sent[-1], read=compiler.dialect, write="duckdb")
        assert len(here) == 1
        return self.db.sql(here[0]).to_arrow_table()


KINDS = "string int64 float64 decimal(20,4) boolean date timestamp(6) string string int64"


def fill_postgres(address: str) -> None:
    """The table in PostgreSQL, as `awkward`."""
    kinds = "text bigint float8 numeric(20,4) boolean date timestamp text text bigint"
    told = ", ".join(f'"{n}" {kind}' for n, kind in zip(SCHEMA.names, kinds.split(), strict=True))
    with psycopg.connect(address, autocommit=True) as keeper:
        keeper.execute(f"CREATE TABLE awkward ({told})")
        with keeper.cursor().copy("COPY awkward FROM STDIN") as rows:
            for row in awkward().to_pylist():
                rows.write_row(tuple(row.values()))


@contextmanager
def in_clickhouse_itself(file: Path) -> Iterator[str]:
    """ClickHouse's own engine in this process, behind the client that speaks to a server.

    The address of a database with the table, as `awkward`; the test is skipped where it is absent.
    """
    connect = pytest.importorskip("clickhouse_connect")
    pytest.importorskip("chdb", reason="ClickHouse's engine is not here (pip install chdb)")
    real = connect.get_client
    kinds = "String Int64 Float64 Decimal(20,4) Bool Date32 DateTime64(6) String String Int64"
    told = ", ".join(
        f"{n} Nullable({kind})" for n, kind in zip(SCHEMA.names, kinds.split(), strict=True)
    )
    keeper = real(interface="chdb")
    keeper.command(f"CREATE TABLE awkward ({told}) ENGINE = MergeTree ORDER BY tuple()")
    keeper.command(f"INSERT INTO awkward SELECT * FROM file('{file}')")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connect, "get_client", lambda **told: real(interface="chdb"))
        patch.setenv("SECRET", "not to be shown")
        yield "clickhouse://reader:${SECRET}@warehouse/default"
    keeper.command("DROP TABLE awkward")
    keeper.close()
