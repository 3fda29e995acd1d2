"""A database opened for reading only: SQLite, PostgreSQL, DuckDB, and those of `warehouses`."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.errors import QueryError, SynthError
from synth.ingest.bounded import Owned, bounded
from synth.ingest.query import Query, read_query
from synth.ingest.unfailing import handed_out
from synth.ingest.warehouses import WAREHOUSES, asked_of, reached, tables_of
from synth.ingest.width import check_answer_width
from synth.lazily import duckdb, pd, psycopg, sa

DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres", "duckdb": "duckdb"} | {
    kind: warehouse.dialect for kind, warehouse in WAREHOUSES.items()
}
LARGEST = 2**53  # a whole number up to which doubles tell all apart
UNSPILT: Mapping[str, Any] = {"temp_directory": ""}  # nothing spills onto the disk


@dataclass(frozen=True)
class Limits:
    """How much a query may ask.

    Args:
        most_rows: more rows than this are refused.
        least_rows: fewer rows than this are refused: an answer about a handful is about them.
        seconds: longer than this is stopped.
    """

    most_rows: int = 2_000_000
    least_rows: int = 30
    seconds: float = 120.0


@dataclass(frozen=True)
class Database:
    """Where rows are. The address never shows its password.

    Args:
        url: `sqlite:///file`, `duckdb:///file`, `postgresql://user@host/name`, or the same of
            another kind in `WAREHOUSES`; a part written as ${NAME} is taken from the environment,
            so that no password stands in a recipe.
        owned: whose the rows are, where the operator says so; see `bounded`.

    Raises:
        QueryError: the address is of no known kind, or an environment variable is not set.
    """

    url: str = field(repr=False)
    limits: Limits = Limits()
    owned: Owned | None = None

    def __post_init__(self) -> None:
        if self.kind not in DIALECTS:
            raise QueryError(
                f"Databases of the kind `{self.kind}` are not known.",
                f"Use one of {', '.join(DIALECTS)}, followed by ://",
            )

    def __repr__(self) -> str:
        return f"<Database {self.shown}>"

    @property
    def kind(self) -> str:
        return self.url.split(":", 1)[0].split("+")[0]

    @property
    def dialect(self) -> str:
        """The parser's name of the SQL that is spoken there."""
        return DIALECTS[self.kind]

    @property
    def shown(self) -> str:
        """The address without its password."""
        return re.sub(r"//([^:/@]+):[^@]*@", r"//\1:***@", self.url)

    @property
    def public(self) -> str:
        """The address as it may be published: without a password, and of a file only its name."""
        if self.kind == "postgresql":
            return self.shown
        if self.kind in WAREHOUSES:
            return self.shown.partition("?")[0]
        return f"{self.kind}:///{Path(self.url.split('///', 1)[-1]).name}"

    @property
    def place(self) -> str:
        """Where the rows are, however the address is spelt and whoever asks: for accounts."""
        if self.kind == "postgresql":
            url = sa.make_url(self.filled)
            host = (url.host or "localhost").lower()
            return f"postgresql://{host}:{url.port or 5432}/{url.database}"
        if self.kind in WAREHOUSES:
            url = sa.make_url(self.filled)
            return f"{self.kind}://{(url.host or '').lower()}:{url.port or ''}/{url.database or ''}"
        return f"{self.kind}:///{Path(self.filled.split('///', 1)[-1]).resolve()}"

    def tables(self) -> dict[str, dict[str, str]]:
        """For each table or view its columns with their types."""
        if self.kind == "duckdb":
            return self._duck_tables()
        if self.kind in WAREHOUSES:
            with self.failing(), self.reached() as backend:
                return tables_of(backend)
        with self._engine() as engine:
            inspector = sa.inspect(engine)
            names = [*inspector.get_table_names(), *inspector.get_view_names()]
            return {t: {c["name"]: str(c["type"]) for c in inspector.get_columns(t)} for t in names}

    def answer(self, query: Query | str, *, alike: bool = False) -> pd.DataFrame:
        """The rows a query asks for, without its order: for the vault alone.

        Args:
            alike: no cell may end it: what cannot be handed out as one value is missing.

        Raises:
            QueryError: not a single SELECT, refused by the database, too long, too large, or about
                too few rows; the message holds no cell.
        """
        asked = read_query(query, self.dialect) if isinstance(query, str) else query
        inner = handed_out(asked.inner, self._columns(asked.inner)) if alike else asked.inner
        frame = self._rows(inner)
        frame = single(frame) if alike else frame
        if len(frame) > self.limits.most_rows:
            raise QueryError(
                f"The answer has more than {self.limits.most_rows:,} rows.",
                "Narrow it with WHERE, or raise the limit.",
            )
        self.enough(len(frame))
        return frame

    def _rows(self, inner: str) -> pd.DataFrame:
        if self.kind in WAREHOUSES:
            with self.failing(), self.reached() as backend:
                asked = asked_of(backend, inner).limit(self.limits.most_rows + 1)
                frame: pd.DataFrame = asked.to_pyarrow().to_pandas()
            return frame
        return self._duck(inner) if self.kind == "duckdb" else self._sql(inner)

    def bounded(self, query: Query) -> Query:
        """The query bounded per person, where the operator says whose the rows are.

        Raises:
            QueryError: a row of its answer could be about several people, or it is a database of
                which nobody knows what fails there because of one row.
        """
        if self.owned is not None and self.kind in WAREHOUSES:
            raise QueryError(
                f"What a {self.kind} database does with one value in the middle of a query could "
                "make it fail, and so tell of a row: nobody with an allowance may ask it.",
                "Ask a database of SQLite, DuckDB or PostgreSQL.",
            )
        return query if self.owned is None else bounded(query, self.owned, self.tables())

    def check(self, query: Query) -> None:
        """Have the database read the query, and no row. Raises QueryError."""
        statement = f"SELECT * FROM ({query.inner}) AS asked LIMIT 0"
        if self.kind in WAREHOUSES:
            with self.failing(), self.reached() as backend:
                asked_of(backend, query.inner)
        elif self.kind == "duckdb":
            self._duck(statement)
        else:
            self._sql(statement)

    def _columns(self, inner: str) -> list[tuple[str, str]]:
        """The columns of an answer with their types; no row is read."""
        statement = f"SELECT * FROM ({inner}) AS asked LIMIT 0"
        if self.kind == "duckdb":
            with self._duck_connection() as connection:
                found = connection.execute(statement).description
                return [(str(d[0]), str(d[1])) for d in found or ()]
        with self._engine() as engine, engine.connect() as other:
            self._restrict(other)
            cursor = other.exec_driver_sql(statement).cursor
            return [(str(d[0]), str(d[1])) for d in (cursor.description if cursor else ())]

    def enough(self, rows: int) -> None:
        """Refuse an answer about too few people. Raises QueryError."""
        if rows < self.limits.least_rows:
            raise QueryError(
                f"The answer has fewer than {self.limits.least_rows} rows, too few to be about a "
                "group and not about its members.",
                "Ask about more people.",
            )

    @property
    def filled(self) -> str:
        """The address with its password: never to be shown."""
        return _filled(self.url)

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Tell what went wrong in the database, without any value it may have quoted."""
        try:
            yield
        except SynthError:
            raise
        except (sa.exc.SQLAlchemyError, duckdb.Error, psycopg.Error) as error:
            raise self._failed(error) from None
        except Exception as error:
            if self.kind not in WAREHOUSES:  # whose drivers have errors of their own
                raise
            raise self._failed(error) from None

    def reached(self) -> AbstractContextManager[Any]:
        """What ibis speaks to a database of `WAREHOUSES` with. Raises QueryError."""
        return reached(self.kind, self.filled, self.limits.seconds)

    # -- SQLAlchemy ------------------------------------------------------------------------------

    @contextmanager
    def _engine(self) -> Iterator[sa.Engine]:
        engine = sa.create_engine(self._address(), poolclass=sa.pool.NullPool)
        try:
            with self.failing():
                yield engine
        finally:
            engine.dispose()

    def _address(self) -> str:
        url = self.filled
        if self.kind != "sqlite":
            return re.sub(r"^postgresql:", "postgresql+psycopg:", url)
        path = Path(url.split("///", 1)[-1])
        if not path.is_file():
            raise QueryError(f"There is no database file `{path.name}`.", "Check the path.")
        return f"sqlite:///file:{path.resolve()}?mode=ro&uri=true"

    def _sql(self, statement: str) -> pd.DataFrame:
        with self._engine() as engine, engine.connect() as connection:
            self._restrict(connection)
            with self._stopwatch(connection):
                limited = f"SELECT * FROM ({statement}) AS asked LIMIT {self.limits.most_rows + 1}"
                result = connection.exec_driver_sql(limited)
                names = list(result.keys())
                check_answer_width(len(names))
                rows = result.fetchall()
        return _frame([tuple(r) for r in rows], names)

    def _restrict(self, connection: sa.Connection) -> None:
        """Nothing can be written, whatever the statement says."""
        if self.kind == "sqlite":
            raw: Any = connection.connection.dbapi_connection
            raw.text_factory = _decoded
            connection.exec_driver_sql("PRAGMA query_only = ON")
            connection.exec_driver_sql("PRAGMA trusted_schema = OFF")
            return
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        milliseconds = round(self.limits.seconds * 1000)
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")

    @contextmanager
    def _stopwatch(self, connection: sa.Connection) -> Iterator[None]:
        """Interrupt SQLite, which has no time limit of its own."""
        raw = connection.connection.dbapi_connection
        if self.kind != "sqlite" or raw is None:
            yield
            return
        done = threading.Event()

        def interrupt() -> None:
            """Again and again: one that comes before the statement begins is ignored."""
            wait = self.limits.seconds
            while not done.wait(wait):
                raw.interrupt()
                wait = 0.05

        watch = threading.Thread(target=interrupt, daemon=True)
        watch.start()
        try:
            yield
        finally:
            done.set()
            watch.join()

    # -- DuckDB ----------------------------------------------------------------------------------

    def duck(self, settings: Mapping[str, Any] = UNSPILT) -> duckdb.DuckDBPyConnection:
        """A connection to a DuckDB file that can read it and nothing else."""
        path = Path(self.filled.split("///", 1)[-1])
        if not path.is_file():
            raise QueryError(f"There is no database file `{path.name}`.", "Check the path.")
        connection = duckdb.connect(str(path), read_only=True, config=dict(settings))
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return connection

    @contextmanager
    def _duck_connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self.failing(), self.duck() as connection:
            yield connection

    def _duck(self, statement: str) -> pd.DataFrame:
        with self._duck_connection() as connection:
            timer = threading.Timer(self.limits.seconds, connection.interrupt)
            timer.start()
            try:
                limited = f"SELECT * FROM ({statement}) AS asked LIMIT {self.limits.most_rows + 1}"
                asked = connection.execute(limited)
                check_answer_width(len(asked.description))
                frame: pd.DataFrame = asked.df()
            finally:
                timer.cancel()
        return frame

    def _duck_tables(self) -> dict[str, dict[str, str]]:
        asked = (
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'main' ORDER BY table_name, ordinal_position"
        )
        found: dict[str, dict[str, str]] = {}
        with self._duck_connection() as connection:
            for table, column, kind in connection.execute(asked).fetchall():
                found.setdefault(table, {})[column] = kind
        return found

    def _failed(self, error: Exception) -> QueryError:
        """What the database said, without any value it may have quoted."""
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        if re.search(r"interrupt|timeout|cancel", said, re.IGNORECASE):
            return QueryError(
                f"The query took longer than {self.limits.seconds:g} seconds and was stopped.",
                "Narrow it with WHERE, or ask for fewer columns.",
            )
        if "too many columns" in said:
            return QueryError(
                "The answer has more columns than the database can give.",
                "Name the columns that matter after SELECT.",
            )
        if found := re.search(r"no such (table|column): ?([\w.]+)", said):
            return QueryError(
                f"There is no {found[1]} `{found[2]}`.",
                "See the list of tables and columns.",
                about=(found[2],),
            )
        if found := re.search(r'(relation|column) "?([\w.]+)"? does not exist', said):
            return QueryError(
                f"There is no {found[1].replace('relation', 'table')} `{found[2]}`.",
                "See the list of tables and columns.",
                about=(found[2],),
            )
        return QueryError(
            f"The database refused the query or the connection ({type(error).__name__}).",
            "Check the address, the rights of the user, and the names in the query.",
        )


def _decoded(text: bytes) -> str:
    """Text of SQLite, which does not look what it is given: no cell makes an answer fail."""
    return text.decode("utf-8", errors="replace")


def _frame(rows: list[tuple[Any, ...]], names: list[str]) -> pd.DataFrame:
    """An answer as a frame, whose types say nothing: one row could change what pandas makes of it.

    Numbers are numbers, where that changes none: as doubles, large whole ones beside a missing one
    would be others.
    """
    frame = pd.DataFrame(rows, columns=names, dtype=object)
    for name in names:
        found = frame[name].infer_objects()
        whole = found.dtype.kind != "f" or not any(
            isinstance(v, int) and abs(v) > LARGEST for v in frame[name]
        )
        if found.dtype.kind in "iufb" and whole:
            frame[name] = found
    return frame


def single(frame: pd.DataFrame) -> pd.DataFrame:
    """An answer whose cells that are no single values (bytes, lists, records) are missing.

    They are refused elsewhere, which would tell whether one person's cell is one.
    """
    made = frame.copy(deep=False)
    for name in (n for n, kind in made.dtypes.items() if pd.api.types.is_object_dtype(kind)):
        odd = made[name].map(lambda v: hasattr(v, "__len__") and not isinstance(v, str))
        made[name] = made[name].mask(odd.astype(bool), None)
    return made


def placed(url: str, folder: Path) -> str:
    """The address with a relative file path taken from `folder`."""
    kind, mark, path = url.partition(":///")
    if not mark or kind not in ("sqlite", "duckdb") or Path(path).is_absolute():
        return url
    return f"{kind}:///{(folder / path).resolve()}"


def _filled(url: str) -> str:
    """The address with ${NAME} taken from the environment."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in os.environ:
            raise QueryError(
                f"The environment variable `{found[1]}` is not set.",
                "Set it to what the database address needs there.",
            )
        return os.environ[found[1]]

    return re.sub(r"\$\{(\w+)\}", value, url)
