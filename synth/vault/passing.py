"""What goes in and out of the vault as it stands: row by row steps, and rows to a worker."""

from __future__ import annotations

from typing import Any, Protocol

from synth.lazily import pa, pd
from synth.schema import Schema


class RowStep(Protocol):
    """A change made to each row on its own, with parameters chosen without the data."""

    @property
    def depends_on_rows(self) -> str:
        """Why it has to look at other rows after all; "" where it does not."""
        ...

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The changed rows."""
        ...

    def declare(self, schema: Schema) -> Schema:
        """What the changed table is declared to be."""
        ...


def write_rows(frame: pd.DataFrame, stream: Any) -> None:
    """Rows as an Arrow stream."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)


def receive(stream: Any) -> pd.DataFrame:
    """The rows that `write_rows` wrote; called by the worker that makes a vault of them."""
    with pa.ipc.open_stream(stream) as reader:
        frame: pd.DataFrame = reader.read_all().to_pandas()
    return frame
