"""Engines of the databases that a server keeps its state in: SQLite or PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from synth.errors import TeamError

WAIT = 30.0  # seconds to wait for another writer
POSTGRES = "postgresql"


def engine_of(url: str, setting: str, remedy: str) -> Engine:
    """The engine of a database, whose transactions begin at once where there is one writer.

    Args:
        url: as SQLAlchemy has it.
        setting: where it was said, for the error.
        remedy: what to write there instead.

    Raises:
        TeamError: it is no address of PostgreSQL or SQLite.
    """
    try:
        told = make_url(url)
        kind = told.drivername.partition("+")[0]
    except ArgumentError:
        kind = ""
    if kind not in (POSTGRES, "sqlite"):
        raise TeamError(f"{setting} is no address of a database that can be used.", remedy)
    if kind == POSTGRES:
        return create_engine(told.set(drivername="postgresql+psycopg"), poolclass=NullPool)
    engine = create_engine(told, poolclass=NullPool, connect_args={"timeout": WAIT})

    @event.listens_for(engine, "connect")
    def by_itself(connection: Any, record: object) -> None:
        connection.isolation_level = None  # sqlite3 would begin too late
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def alone(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
