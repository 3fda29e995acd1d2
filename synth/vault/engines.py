"""Engines that hold the codes of all columns for us, so that each count is a scan of small numbers.

DuckDB and Spark hold them in memory. PostgreSQL holds them in a temporary table, where whoever asks
may make one. Where they may not, or it is too much, each count works the codes out again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from synth.lazily import duckdb, nw, pd, psycopg
from synth.schema import Codes


@dataclass(frozen=True)
class Key:
    """What an engine groups a column by.

    Args:
        expr: a whole number that is the code already, or a value.
        codes: the codes of the groups that came back.
        small: the code itself as the engine works it out; None where only values can be grouped.
        listed: texts with their codes, and the codes of any other and of none, where that is all.
    """

    expr: nw.Expr
    codes: Callable[[pd.Series], Codes]
    small: nw.Expr | None
    listed: tuple[dict[str, int], int, int] | None = None


class Unheld(Exception):
    """An engine holds no table for this user."""


@dataclass(frozen=True)
class CodeTable:
    """A table of codes that an engine holds.

    Args:
        frame: the table as the engine's own frame.
        grouped: counts of columns that are all codes, asked in the engine's own words: what a
            frame does around a query of small numbers takes ten times as long as the query.
    """

    frame: Any
    grouped: Callable[[Sequence[str]], pd.DataFrame] | None = None


@dataclass(frozen=True)
class Engine:
    """How an engine holds a table, and lets go of it."""

    keep: Callable[[Any, str], CodeTable]
    drop: Callable[[Any], object] = lambda held: None
    coded: Callable[[nw.LazyFrame[Any], Mapping[str, Key]], Any] = lambda frame, keys: _coded(
        frame, keys
    ).to_native()


def _coded(frame: nw.LazyFrame[Any], keys: Mapping[str, Key]) -> nw.LazyFrame[Any]:
    """The codes of all columns; the values of those that cannot be coded there."""
    return frame.select(
        *(nw.col(n) if k.small is None else k.small.alias(n) for n, k in keys.items())
    )


def _in_duckdb(relation: Any, name: str) -> CodeTable:
    """A temporary table: in memory, replaced by the next, and gone with the connection.

    Raises:
        Unheld: it is more than the engine was given.
    """
    asked = (
        f"{name}_asked"  # a table of the database that bears the name would be read in its place
    )
    try:
        made = relation.query(
            asked, f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM {asked}"
        )
    except duckdb.OutOfMemoryException:
        raise Unheld from None
    # `made` is one number. Asked by way of `relation`, each count would be planned through
    # everything that the codes of all columns were worked out by.
    return CodeTable(
        made.query(asked, f"SELECT * FROM {name}"),
        lambda names: made.query(asked, _counting(name, names)).df(),
    )


def _counting(table: str, names: Sequence[str]) -> str:
    """The query for how many rows have each combination of some columns of a table."""
    keys = ", ".join(f"{_quoted(n)} AS k{i}" for i, n in enumerate(names))
    places = ", ".join(str(i) for i in range(1, len(names) + 1))
    return f"SELECT {keys}, count(*) AS rows FROM {table} GROUP BY {places}"


def _coded_by_cases(frame: nw.LazyFrame[Any], keys: Mapping[str, Key]) -> Any:
    """The codes of all columns, those of listed texts by CASE: narwhals asks for a map, in JSON.

    Each text is looked at once: a query that names it twice has it worked out twice.
    """
    listed = {n: k.listed for n, k in keys.items() if k.listed}
    plain = {n: replace(k, small=None) if k.listed else k for n, k in keys.items()}
    native, absent, made = _coded(frame, plain).to_native(), secrets.token_hex(16), {}
    for name, (codes, other, none) in listed.items():
        text = native[name].cast("string").coalesce(absent)
        kind = "int16" if max(other, none, *codes.values()) < 2**15 else "int32"
        made[name] = text.cases((absent, none), *codes.items(), else_=other).cast(kind)
    return native.mutate(**made)


def _in_postgresql(asked: Any, name: str) -> CodeTable:
    """A temporary table: on the server that has the rows, and gone with the connection.

    It is made while nothing of the query runs: that stays in a transaction that only reads, in
    which PostgreSQL lets no other table be filled than a temporary one.

    Raises:
        Unheld: this user may make none there, or it is no PostgreSQL that ibis speaks to.
    """
    backend = asked.get_backend()
    if backend.name != "postgres":
        raise Unheld
    types, filled = asked.schema(), backend.compile(asked)
    connection, written = backend.con, backend.compiler.type_mapper.to_string
    columns = ", ".join(f"{_quoted(n)} {written(kind(nullable=True))}" for n, kind in types.items())
    try:
        with connection.transaction():
            connection.execute("SET TRANSACTION READ WRITE")
            connection.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
            connection.execute(f"CREATE TEMPORARY TABLE {name} ({columns})")
    except psycopg.Error as error:
        raise Unheld from error
    connection.execute(f"INSERT INTO pg_temp.{name} {filled}")  # each by itself only reads

    def grouped(names: Sequence[str]) -> pd.DataFrame:
        found = connection.execute(_counting(f"pg_temp.{name}", names))
        return pd.DataFrame(found.fetchall(), columns=[c.name for c in found.description])

    return CodeTable(backend.sql(f"SELECT * FROM pg_temp.{name}", schema=types), grouped)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def engine_of_frame(implementation: nw.Implementation) -> Engine | None:
    """How the engine of a frame holds a table; None where it is not known to hold any."""
    engines = {
        nw.Implementation.DUCKDB: Engine(_in_duckdb),
        nw.Implementation.IBIS: Engine(_in_postgresql, coded=_coded_by_cases),
        nw.Implementation.PYSPARK: Engine(
            lambda f, name: CodeTable(f.cache()), lambda f: f.unpersist()
        ),
    }
    return engines.get(implementation)
