"""What goes in and out of the vault as it stands: row by row steps, and rows to a worker."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from synth.budget.resemblance import Traits
from synth.lazily import np, nw, pa, pd
from synth.schema import Schema
from synth.schema.written import AS_USUAL, Written, written_of
from synth.vault.gaps import NO_GAPS, Gaps

GAP = "\0gap "  # before the name of the column whose gaps it holds


class RowStep(Protocol):
    """A change made to each row on its own, with parameters chosen without the data."""

    @property
    def depends_on_rows(self) -> str:
        """Why it has to look at other rows after all; "" where it does not."""
        ...

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The changed rows, those that are left under the labels they had."""
        ...

    def declare(self, schema: Schema) -> Schema:
        """What the changed table is declared to be."""
        ...


@runtime_checkable
class Joins(Protocol):
    """A step that puts other rows in place of those it is given, each by one of them."""

    def joined(self, frame: pd.DataFrame) -> Came:
        """The rows, and how their missing cells were written."""
        ...


@dataclass(frozen=True, eq=False)
class Came:
    """Rows, and how their source wrote them.

    Args:
        stored: the types in which it stores its columns, as Arrow names them.
        written: how it is written, if as text.
        before: what told the table from others before people were set aside; it is not passed on.
    """

    frame: pd.DataFrame = field(repr=False)
    gaps: Gaps = NO_GAPS
    stored: Mapping[str, str] = field(default_factory=dict)
    written: Written = AS_USUAL
    before: Traits | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Stays:
    """Rows that stay in their engine, on their way into the vault.

    Args:
        frame: as they lie there.
        tidy: what is done to columns before they are counted. Of all columns at once an engine
            would look through it for each count of one, which took a wide table minutes.
    """

    frame: nw.LazyFrame[Any]
    tidy: Callable[[nw.LazyFrame[Any]], nw.LazyFrame[Any]] = lambda frame: frame


def write_rows(came: Came, stream: Any) -> None:
    """Rows as an Arrow stream, with how they were written beside them."""
    table = pa.Table.from_pandas(came.frame, preserve_index=False)
    for name, codes in came.gaps.codes.items():
        table = table.append_column(GAP + name, pa.array(codes))
    told = {
        "texts": list(came.gaps.texts),
        "stored": dict(came.stored),
        "written": came.written.document(),
    }
    table = table.replace_schema_metadata({**table.schema.metadata, "came": json.dumps(told)})
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)


def receive(stream: Any) -> Came:
    """The rows that `write_rows` wrote; called by the worker that makes a vault of them."""
    with pa.ipc.open_stream(stream) as reader:
        table = reader.read_all()
    told = json.loads(table.schema.metadata[b"came"])
    beside = [n for n in table.column_names if n.startswith(GAP)]
    codes = {n.removeprefix(GAP): np.asarray(table[n]) for n in beside}
    frame: pd.DataFrame = table.drop_columns(beside).to_pandas()
    gaps = Gaps(tuple(told["texts"]), codes)
    return Came(frame, gaps, told["stored"], written_of(told["written"]))
