"""Databases that are spoken to through ibis: ClickHouse, Trino, Snowflake, BigQuery.

Each is told what a table of a query holds without a row being read, may only read, and is asked
queries in which no value can fail: text becomes a number by what the engine calls a cast that tries
(`TRY_CAST`, `SAFE_CAST`, `toFloat64OrNull`). What each was tried against is in
docs/rows-that-stay.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import import_module
from typing import Any

from synth.errors import QueryError
from synth.ingest.query import check_names
from synth.lazily import sa

WRAPPED = re.compile(r"(?:LowCardinality|Nullable)\((.*)\)")
AS_IT_IS = re.compile(
    r"U?Int(?:8|16|32|64)|Float(?:32|64)|Bool|String|Date(?:32)?|DateTime|DateTime64\(\d+\)"
    r"|Decimal\d*\([\d, ]+\)"
)
AS_TEXT = re.compile(r"Enum(?:8|16)\(.*\)|UUID|IPv[46]|U?Int(?:128|256)")
IN_A_ZONE = re.compile(r"DateTime(?:64)?\(.*'.*'\)")
PADDED = re.compile(r"FixedString\(\d+\)")


@dataclass(frozen=True)
class Warehouse:
    """One kind of such a database.

    Args:
        dialect: what the parser and ibis call its SQL.
        needs: the module of its driver, which `pip install synth[…]` brings by the same name.
        opened: connects: from an address and how many seconds a query may take, to what ibis has.
        settings: what an address may say after `?`.
        folded: whether it looks up the names of columns without regard to case.
    """

    dialect: str
    needs: str
    opened: Callable[[sa.URL, float], Any]
    settings: tuple[str, ...] = ()
    folded: bool = False


def _clickhouse(url: sa.URL, seconds: float) -> Any:
    """A session in which every setting is fixed, `readonly` among them."""
    import ibis

    secure = str(url.query.get("secure", "")).lower() == "true" or url.port in (443, 8443)
    told = {"username": "user", "password": "password", "database": "database", "port": "port"}
    given = {name: getattr(url, part) for part, name in told.items() if getattr(url, part)}
    backend = ibis.clickhouse.connect(
        host=url.host or "localhost",
        secure=secure,
        send_receive_timeout=round(seconds) + 5,
        **given,
    )
    known = backend.con.server_settings
    wanted = {
        "max_execution_time": max(round(seconds), 1),
        "session_timezone": "UTC",
        "join_use_nulls": 1,  # a row without a partner has none, as everywhere else
        "max_query_size": 10_000_000,  # a look at where numbers lie names a thousand edges
        "max_ast_elements": 1_000_000,
        "readonly": 1,
    }
    for name, value in wanted.items():
        if name in known and not known[name].readonly:  # the server's own are as strict
            backend.con.set_client_setting(name, value)
    if "max_block_size" in known:  # ibis would set it, which nobody may any more
        known["max_block_size"] = known["max_block_size"]._replace(readonly=1)
    return backend


def _trino(url: sa.URL, seconds: float) -> Any:
    import ibis

    catalog, _, schema = (url.database or "").partition("/")
    safe = bool(url.password) or url.port in (443, 8443)  # a password goes over TLS alone
    return ibis.trino.connect(
        user=url.username or "synth",
        auth=url.password,
        host=url.host or "localhost",
        port=url.port or (443 if safe else 8080),
        database=catalog or None,
        schema=schema or None,
        source="synth",
        timezone="UTC",
        http_scheme="https" if safe else "http",
        session_properties={"query_max_execution_time": f"{max(round(seconds), 1)}s"},
    )


def _snowflake(url: sa.URL, seconds: float) -> Any:
    import ibis

    told = {"STATEMENT_TIMEOUT_IN_SECONDS": max(round(seconds), 1), "MULTI_STATEMENT_COUNT": 1}
    return ibis.snowflake.connect(
        user=url.username,
        password=url.password,
        account=url.host,
        database=url.database,
        create_object_udfs=False,  # it would write functions of its own there
        session_parameters=told,
        **{k: v for k, v in url.query.items() if v},
    )


def _bigquery(url: sa.URL, seconds: float) -> Any:
    import ibis

    location = {k: v for k, v in url.query.items() if v}
    backend = ibis.bigquery.connect(
        project_id=url.host, dataset_id=url.database or "", auth_local_webserver=False, **location
    )
    backend.client.default_query_job_config.job_timeout_ms = round(seconds * 1000)
    return backend


WAREHOUSES: Mapping[str, Warehouse] = {
    "clickhouse": Warehouse("clickhouse", "clickhouse_connect", _clickhouse, ("secure",)),
    "trino": Warehouse("trino", "trino", _trino, folded=True),
    "snowflake": Warehouse("snowflake", "snowflake.connector", _snowflake, ("warehouse", "role")),
    "bigquery": Warehouse(
        "bigquery", "google.cloud.bigquery", _bigquery, ("location",), folded=True
    ),
}


@contextmanager
def reached(kind: str, address: str, seconds: float) -> Iterator[Any]:
    """What ibis speaks to such a database with, while it is open.

    Args:
        address: with its password.
        seconds: that one query may take.

    Raises:
        QueryError: its driver is not installed, or the address says what it may not.
    """
    warehouse = WAREHOUSES[kind]
    url = sa.make_url(address)
    if unknown := sorted(set(url.query) - set(warehouse.settings)):
        raise QueryError(
            f"The address of a {kind} database cannot say {', '.join(unknown)}.",
            f"It may say {' and '.join(warehouse.settings)}."
            if warehouse.settings
            else "Leave it out.",
        )
    try:
        import_module(warehouse.needs)
    except ImportError:
        raise QueryError(
            f"What speaks to a {kind} database is not installed here.",
            f"Whoever runs this installs it: pip install 'synth[{kind}]'",
        ) from None
    backend = warehouse.opened(url, seconds)
    backend.compiler = sure_compiler(warehouse.dialect)
    try:
        yield backend
    finally:
        with suppress(Exception):
            backend.disconnect()


def asked_of(backend: Any, statement: str) -> Any:
    """A query as an expression of ibis, with each column as a plain type; no row is read.

    Raises:
        QueryError: two columns have one name, or one is of a type that holds several values.
    """
    alike = str.casefold if any(w.folded for w in _of(backend)) else str
    if backend.name == "clickhouse":
        found = backend.con.query(f"DESCRIBE TABLE ({statement})").result_rows
        kinds = {str(name): str(kind) for name, kind, *_ in found}
        check_names([str(name) for name, *_ in found], alike)
        return _plain_clickhouse(backend, statement, kinds)
    table = backend.sql(statement)
    check_names(list(table.columns), alike)
    return table.select(*(_plain(table[n]).name(n) for n in table.columns))


def _of(backend: Any) -> list[Warehouse]:
    return [w for w in WAREHOUSES.values() if w.dialect == backend.name]


def _plain(column: Any) -> Any:
    """A column as one of the types that are counted. Raises QueryError."""
    kind = column.type()
    plain = kind.is_string() or kind.is_boolean() or kind.is_numeric() or kind.is_date()
    if plain or (kind.is_timestamp() and kind.timezone is None):
        return column
    if kind.is_timestamp():
        return column.cast("timestamp")
    if kind.is_uuid() or kind.is_inet() or kind.is_macaddr() or kind.is_time():
        return column.cast("string")
    raise _several(column.get_name())


def _several(name: str) -> QueryError:
    return QueryError(
        f"`{name}` is of a type that holds several values, or none that can be counted.",
        "Leave it out of the query, or make a text or a number of it there.",
        about=(name,),
    )


def _plain_clickhouse(backend: Any, statement: str, kinds: Mapping[str, str]) -> Any:
    """The same by ClickHouse's own names of types, of which ibis tells some apart no more."""
    written, types = [], {}
    for name, kind in kinds.items():
        quoted, bare = "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`", kind
        while found := WRAPPED.fullmatch(bare):
            bare = found[1]
        told, type_ = quoted, bare
        if AS_TEXT.fullmatch(bare):
            told, type_ = f"toString({quoted})", "String"
        elif PADDED.fullmatch(bare):
            told, type_ = f"toStringCutToZero({quoted})", "String"
        elif IN_A_ZONE.fullmatch(bare):
            told, type_ = f"toDateTime64OrNull(toString({quoted}), 6, 'UTC')", "DateTime64(6)"
        elif not AS_IT_IS.fullmatch(bare):
            raise _several(name)
        written.append(f"{told} AS {quoted}")
        types[name] = backend.compiler.type_mapper.from_string(f"Nullable({type_})")
    plain = f"SELECT {', '.join(written)} FROM ({statement}) AS asked"
    return backend.sql(plain, schema=types)


@cache
def sure_compiler(dialect: str) -> Any:
    """The compiler of ibis for a dialect, with text read by casts that try."""
    import ibis.backends.sql.compilers as compilers
    import ibis.expr.datatypes as types

    usual = type(getattr(compilers, dialect).compiler)
    tries = {"clickhouse": "toFloat64OrNull", "snowflake": "TRY_TO_DOUBLE"}

    class Sure(usual):  # type: ignore[misc, valid-type]
        __slots__ = ()

        def visit_Cast(self, op: Any, *, arg: Any, to: Any) -> Any:
            if not op.arg.dtype.is_string() or to.is_string():
                return super().visit_Cast(op, arg=arg, to=to)
            if dialect in tries and to == types.Float64(nullable=to.nullable):
                return self.f.anon[tries[dialect]](arg)
            return self.visit_TryCast(op, arg=arg, to=to)

        def visit_RegexSearch(self, op: Any, *, arg: Any, pattern: Any) -> Any:
            if dialect == "snowflake":  # it has no groups that are not captured
                pattern = type(pattern).string(pattern.this.replace("(?:", "("))
            return super().visit_RegexSearch(op, arg=arg, pattern=pattern)

        def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: Any) -> Any:
            if dialect == "clickhouse" and isinstance(value, date | datetime):
                return _moment(self.f, value)
            return super().visit_NonNullLiteral(op, value=value, dtype=dtype)

    return Sure()


def _moment(functions: Any, value: date) -> Any:
    """A day or a moment for ClickHouse, whose usual ones begin in 1970 and end in 2106.

    Its largest ones reach from 1900 to 2299, beyond which it has no value either.
    """
    if isinstance(value, datetime):
        value = min(max(value, datetime(1900, 1, 1)), datetime(2299, 12, 31, 23, 59, 59))
        return functions.anon.toDateTime64(value.isoformat(" "), 6, "UTC")
    value = min(max(value, date(1900, 1, 1)), date(2299, 12, 31))
    return functions.anon.toDate32(value.isoformat())


def tables_of(backend: Any) -> dict[str, dict[str, str]]:
    """For each table its columns with their types, as ibis calls them."""
    return {
        name: {c: str(kind) for c, kind in backend.get_schema(name).items()}
        for name in backend.list_tables()
    }
