"""For the custodian's own eyes, in a line of Python: how identifiable is a table, and how close is
a synthetic one to it? What comes back is exact, and shows itself only where a figure is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synth.budget import Budget
from synth.errors import EvaluationError, IngestError, RiskError
from synth.evaluate import Comparison
from synth.evaluate import compare as compared
from synth.ingest import load
from synth.ingest.reading import frame_of, read_table
from synth.lazily import nw, pd
from synth.protect.risk import Risk, quasi_identifiers, risk_of
from synth.schema import Role
from synth.vault import PrivateTable


def risk(
    table: Any,
    known: Sequence[str] = (),
    sensitive: Sequence[str] = (),
    *,
    person: str = "",
    threshold: float = 0.2,
    fraction: float = 1.0,
) -> Risk:
    """How identifiable the rows of a table are for whoever knows some of its columns.

    Args:
        table: a path, an open binary file, or a data frame of any library.
        known: what others may know of a person; left out, what the columns' names and content
            suggest.
        sensitive: what nobody should learn; left out, likewise.
        person: the column that names the person, where people may have several rows.
        threshold: the highest chance accepted for a row.
        fraction: the share of the population that is in the table.

    Raises:
        IngestError: it is no table.
        RiskError: it lacks a column that is named, or nothing is known of anybody.

    >>> import pandas as pd, synth
    >>> table = pd.DataFrame({"age": [20, 20, 31, 40], "ward": ["A", "A", "B", "B"]})
    >>> found = synth.risk(table, known=["age", "ward"])
    >>> found.classes.k, found.classes.unique
    (1, 2)
    """
    private = load(table, Budget(math.inf)).private
    names = private.schema.names
    for name in (
        *_listed(known, "known"),
        *_listed(sensitive, "sensitive"),
        *filter(None, [person]),
    ):
        if name not in names:
            raise RiskError(f"The table has no column `{name}`.", f"It has {', '.join(names)}.")
    guessed = tuple(known) or quasi_identifiers(private.schema)
    if not guessed:
        raise RiskError("No column is a quasi-identifier.", 'Name some: known=["age", "postcode"].')
    secret = tuple(sensitive) or private.schema.with_roles_of(Role.SENSITIVE)
    return risk_of(private, guessed, secret, threshold=threshold, fraction=fraction, person=person)


def _listed(columns: Sequence[str], name: str) -> Sequence[str]:
    """The columns, unless they are one text that would be taken letter by letter."""
    if isinstance(columns, str):
        raise RiskError(f"`{name}` is one text.", f'Give a list: {name}=["{columns}"].')
    return columns


def compare(real: Any, synthetic: Any) -> Comparison:
    """How far a synthetic table is from the real one, column by column and pair by pair.

    Args:
        real, synthetic: each a path, an open binary file, or a data frame of any library. Columns
            that only one of them has are left out.

    Raises:
        IngestError: one of them is no table.
        EvaluationError: they share no column.

    >>> import pandas as pd, synth
    >>> table = pd.DataFrame({"sex": ["F", "M"] * 50, "ward": ["A", "A", "B", "B"] * 25})
    >>> round(synth.compare(table, table).one_way, 3)
    0.0
    """
    private = load(real, Budget(math.inf)).private
    rows = rows_of(synthetic)
    return compared(shared(private, rows), rows)


def rows_of(table: Any) -> pd.DataFrame:
    """The rows of a table as they are held against real ones.

    Raises:
        IngestError: there is no such file, or it is no table.
    """
    if isinstance(table, str | Path):
        if not Path(table).is_file():
            raise IngestError(f"There is no file `{Path(table).name}`.", "Check name and folder.")
        with Path(table).open("rb") as stream:
            return read_table(stream).frame
    if hasattr(table, "read") and hasattr(table, "seek"):
        return read_table(table).frame
    read = frame_of(table)
    if isinstance(read, nw.LazyFrame):
        read = frame_of(read.collect().to_native())
    return read.frame  # type: ignore[union-attr]


def shared(private: PrivateTable, rows: pd.DataFrame) -> PrivateTable:
    """The real table without the columns that the other one lacks.

    Raises:
        EvaluationError: they share no column.
    """
    absent = [c.name for c in private.schema if c.modelled and c.name not in rows]
    left = private.schema.without(absent) if absent else private.schema
    if not left.modelled:
        raise EvaluationError(
            "The two tables share no column.", "Check that they are of the same people."
        )
    return private.declare(left) if absent else private
