"""Synthetic tables as CSV and Parquet, written in blocks, so that their length costs no memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

from synth.lazily import pa, pd

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet runs text that begins like this


class Sink(Protocol):
    """Something to write to."""

    def write(self, content: bytes, /) -> int: ...


def write_csv(blocks: Iterable[pd.DataFrame], stream: Sink) -> Iterator[pd.DataFrame]:
    """Write each block as CSV (RFC 4180) in UTF-8, safe for spreadsheets, and hand it on."""
    for i, block in enumerate(blocks):
        stream.write(_csv(block, header=i == 0))
        yield block


def write_parquet(blocks: Iterable[pd.DataFrame], stream: Sink) -> Iterator[pd.DataFrame]:
    """Write each block as a row group of one Parquet file, and hand it on."""
    writer, schema = None, None
    try:
        for block in blocks:
            table = pa.Table.from_pandas(block, schema=schema, preserve_index=False)
            if writer is None:
                table = _with_types(table)
                schema = table.schema
                writer = pa.parquet.ParquetWriter(stream, schema)
            writer.write_table(table)
            yield block
    finally:
        if writer is not None:
            writer.close()


def _with_types(table: pa.Table) -> pa.Table:
    """A column of which the first block holds nothing may hold text in the next."""
    for i, column in enumerate(table.schema):
        if pa.types.is_null(column.type):
            text = pa.field(column.name, pa.string())
            table = table.set_column(i, text, table.column(i).cast(pa.string()))
    return table


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name when it is complete, and not at all if writing fails."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as stream:
            yield stream
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _csv(table: pd.DataFrame, *, header: bool) -> bytes:
    safe = {str(n): _harmless(table[n]) for n in table.columns}
    frame = pd.DataFrame(safe).rename(columns=_harmless_text)
    return frame.to_csv(index=False, header=header, lineterminator="\r\n").encode()


def _harmless(values: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values
    changed = {v: made for v in values.unique() if (made := _harmless_text(v)) is not v}
    return values.map(lambda v: changed.get(v, v)) if changed else values


def _harmless_text(text: Any) -> Any:
    return f"'{text}" if isinstance(text, str) and text.startswith(DANGEROUS) else text
