"""Rows left where they are: a file or a query as a lazy frame, of which only counts are fetched."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from synth.errors import IngestError, QueryError
from synth.ingest.database import Database
from synth.ingest.query import Query, check_names, read_query
from synth.ingest.reading.said import CHOICES, Choices, listed
from synth.ingest.warehouses import WAREHOUSES, asked_of
from synth.lazily import duckdb, nw, psycopg, sa

AS_FOUND = Choices()
COUNTING = ("duckdb", "postgresql", *WAREHOUSES)  # kinds of databases that can count for us
SETTINGS: dict[str, Any] = {
    "memory_limit": "1500MB",
    "temp_directory": "",  # nothing spills onto the disk
    "perfect_ht_threshold": 20,  # groups of small codes are counted in an array of 2^20 cells
}
WIDEST = 38  # digits of a number that is handed out as it is
PLAIN = {
    "bool": "boolean",
    "int2": "int64",
    "int4": "int64",
    "int8": "int64",
    "float4": "float64",
    "float8": "float64",
    "numeric": "decimal",
    "date": "date",
    "timestamp": "timestamp",
    "text": "string",
    "varchar": "string",
}


@contextmanager
def file_in_place(path: Path, choices: Choices = AS_FOUND) -> Iterator[nw.LazyFrame[Any]]:
    """A Parquet or CSV file as rows that stay in it; the columns of a CSV file are all text.

    Args:
        choices: how a CSV file is to be read, as far as its engine can.

    Raises:
        IngestError: there is no such file, it is of another kind, or the engine cannot obey.
    """
    if not path.is_file():
        raise IngestError(f"There is no file `{path.name}`.", "Check its name and folder.")
    kind = path.suffix.lower()
    readers: dict[str, Callable[..., duckdb.DuckDBPyRelation]] = {
        ".parquet": _parquet,
        ".csv": partial(_csv, told=_reading(choices, kind)),
    }
    read = readers.get(kind)
    if read is None:
        raise IngestError(
            f"The rows of `{path.name}` cannot be left in the file.",
            "Write it as Parquet or CSV, or leave `stay` out of the recipe.",
        )
    place = str(path.resolve())
    with duckdb.connect(config=SETTINGS) as connection:
        # nothing but this file can be read
        connection.execute("SET allowed_paths = [$place]", {"place": place})
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        try:
            frame = nw.from_native(read(connection, place))
        except duckdb.Error as error:
            raise IngestError(
                f"`{path.name}` cannot be read as a table ({type(error).__name__}).",
                "Write it again.",
            ) from None
        yield frame


def _parquet(connection: duckdb.DuckDBPyConnection, place: str) -> duckdb.DuckDBPyRelation:
    return connection.read_parquet(place)


def _csv(
    connection: duckdb.DuckDBPyConnection, place: str, told: Mapping[str, Any]
) -> duckdb.DuckDBPyRelation:
    rows = connection.read_csv(place, all_varchar=True, **told)
    if told.get("header", True):
        return rows
    named = (f'"{old}" AS "column {i}"' for i, old in enumerate(rows.columns, start=1))
    return rows.project(", ".join(named))  # the names that a loaded file without any gets


def check_stays(choices: Choices) -> None:
    """Refuse what says how a file is read, where no text file is. Raises IngestError."""
    if ignored := [k for k in CHOICES if getattr(choices, k) != getattr(AS_FOUND, k)]:
        raise IngestError(
            f"{listed(ignored)} in [source] {'says' if len(ignored) == 1 else 'say'} how a text "
            "file or a workbook is read, and these rows stay in something else.",
            "Leave that out.",
            about=tuple(ignored),
        )


def _reading(choices: Choices, kind: str) -> Mapping[str, Any]:
    """What DuckDB is told of how to read a CSV file.

    Raises:
        IngestError: it cannot read a file so, or the file needs no telling.
    """
    if kind != ".csv":
        check_stays(choices)
        return {}
    cannot = [k for k in ("header_rows", "sheet", "skip_ragged", "footer") if getattr(choices, k)]
    cannot = [k for k in cannot if k != "header_rows" or choices.header_rows > 1]
    if choices.encoding and _name_of(choices.encoding) not in ("utf-8", "utf-8-sig", "ascii"):
        cannot.append("encoding")
    if choices.delimiter and (len(choices.delimiter) != 1 or choices.delimiter == " "):
        cannot.append("delimiter")
    if cannot:
        raise IngestError(
            f"A file whose rows stay cannot be read as {listed(cannot)} in [source] asks.",
            "Write it as Parquet, or as CSV in UTF-8 with one header line, or take `stay` out.",
            about=tuple(cannot),
        )
    told: dict[str, Any] = {"delimiter": choices.delimiter} if choices.delimiter else {}
    if choices.header is not None:
        told |= {"header": choices.header > 0, "skiprows": max(choices.header - 1, 0)}
    return told


def _name_of(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return ""


@contextmanager
def query_in_place(database: Database, query: Query | str) -> Iterator[nw.LazyFrame[Any]]:
    """What a query asks for, counted in the database.

    Raises:
        QueryError: the query may not run, is about too few rows, or the database cannot count.
    """
    asked = read_query(query, database.dialect) if isinstance(query, str) else query
    openers = {"duckdb": _duckdb, "postgresql": _postgres}
    if database.kind not in COUNTING:
        raise QueryError(
            f"The rows of a {database.kind} database cannot be left in it.",
            "Leave `stay` out: the answer is then held in memory while the release is made.",
        )
    with ExitStack() as stack:
        with database.failing():
            opener = openers.get(database.kind, _warehouse)
            frame = stack.enter_context(opener(database, asked.inner))
            found = frame.select(nw.len().alias("rows")).collect("pyarrow")
        database.enough(int(found["rows"].to_list()[0]))
        yield frame


@contextmanager
def _duckdb(database: Database, statement: str) -> Iterator[nw.LazyFrame[Any]]:
    with database.duck(SETTINGS) as connection:
        relation = connection.sql(statement)
        check_names(relation.columns, str.casefold)  # it looks up names without regard to case
        yield nw.from_native(relation)


@contextmanager
def _postgres(database: Database, statement: str) -> Iterator[nw.LazyFrame[Any]]:
    import ibis

    url = sa.make_url(database.filled)
    milliseconds = round(database.limits.seconds * 1000)
    backend = ibis.postgres.connect(
        host=url.host,
        port=url.port or 5432,
        user=url.username,
        password=url.password,
        database=url.database,
        options="-c default_transaction_read_only=on "
        f"-c statement_timeout={milliseconds} -c timezone=UTC -c jit=off",
    )
    try:
        plain, types = _described(backend.con, statement)
        yield nw.from_native(backend.sql(plain, schema=types))
    finally:
        backend.disconnect()


@contextmanager
def _warehouse(database: Database, statement: str) -> Iterator[nw.LazyFrame[Any]]:
    with database.reached() as backend:
        yield nw.from_native(asked_of(backend, statement))


def _described(connection: psycopg.Connection[Any], statement: str) -> tuple[str, dict[str, str]]:
    """The query with every column as a plain type, and those types.

    Told to ibis, which would otherwise create a view to find out: a reader may not.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({statement}) AS asked LIMIT 0")
        columns = cursor.description or []
    check_names([c.name for c in columns])
    connection.rollback()
    types, written = {}, []
    for column in columns:
        known = connection.adapters.types.get(column.type_code)
        plain = PLAIN.get(known.name if known else "")
        name = '"' + column.name.replace('"', '""') + '"'
        if plain == "decimal" and not 0 < (column.precision or 0) <= WIDEST:
            plain, name = "float64", _as_double(name)
        elif not plain:
            name = f"{name}::text AS {name}"
        types[column.name] = plain or "string"
        written.append(name)
    return f"SELECT {', '.join(written)} FROM ({statement}) AS asked", types


def _as_double(name: str) -> str:
    """A number of any length as a double: PostgreSQL fails on what is too large for one, or small.

    What is too large, no number, or infinite is missing, as it is in memory.
    """
    size = f"abs({name})"
    near = f"CASE WHEN {size} > 1e-300 THEN {name} ELSE 0 END"
    return f"CASE WHEN {size} < 1e300 THEN ({near})::float8 END AS {name}"
