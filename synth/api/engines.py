"""Engines of the databases that a server keeps its state in: SQLite or PostgreSQL."""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from synth.api.files import owner_only
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
    if kind == POSTGRES:  # told anything else, it would not see what was written while it waited
        address = told.set(drivername="postgresql+psycopg")
        return create_engine(address, poolclass=NullPool, isolation_level="READ COMMITTED")
    if told.database:
        _alone(told.database, setting, remedy)
    engine = create_engine(told, poolclass=NullPool, connect_args={"timeout": WAIT})

    @event.listens_for(engine, "connect")
    def by_itself(connection: Any, record: object) -> None:
        connection.isolation_level = None  # sqlite3 would begin too late
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def alone(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _alone(path: str, setting: str, remedy: str) -> None:
    """Make the file of a database where there is none: SQLite would let everybody read it."""
    if path == ":memory:" or path.startswith("file:"):
        return
    try:
        os.close(owner_only(path, os.O_CREAT | os.O_RDWR))
    except OSError as error:
        raise TeamError(
            f"{setting} names a file that cannot be used ({type(error).__name__}).", remedy
        ) from None
