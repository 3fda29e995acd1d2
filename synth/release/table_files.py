"""Synthetic tables as CSV and Parquet, written in blocks, so that their length costs no memory."""

from __future__ import annotations

import codecs
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Protocol

from synth.errors import OutputError
from synth.lazily import pa, pd
from synth.schema import Schema
from synth.schema.formulas import all_harmless, harmless
from synth.schema.stored import stored
from synth.schema.written import AS_USUAL, Written

ROOM = 4_000_000  # bytes that are kept for an output that somebody pays for, at least


class Sink(Protocol):
    """Something to write to."""

    def write(self, content: bytes, /) -> int: ...


def write_csv(
    blocks: Iterable[pd.DataFrame],
    stream: Sink,
    schema: Schema | None = None,
    written: Written = AS_USUAL,
    *,
    safe: bool = True,
) -> Iterator[pd.DataFrame]:
    """Write each block as CSV, and hand it on as it was.

    Args:
        schema: spells numbers as its columns are spelt; without one they are written plainly.
        written: delimiter, encoding and quotes; RFC 4180 in UTF-8 where nothing is said.
        safe: whether cells that a spreadsheet would run are kept from it.
    """
    encode = codecs.getincrementalencoder(written.encoding)().encode
    for i, block in enumerate(blocks):
        spelt = block if schema is None else schema.written(block)
        frame = _harmless(spelt) if safe else spelt
        text = frame.to_csv(
            index=False,
            header=i == 0,
            sep=written.delimiter,
            quoting=written.quoting,
            lineterminator=written.line_end,
        )
        stream.write(encode(text))
        yield block


def write_parquet(
    blocks: Iterable[pd.DataFrame], stream: Sink, schema: Schema | None = None
) -> Iterator[pd.DataFrame]:
    """Write each block as a row group of one Parquet file, and hand it on as it was.

    Args:
        schema: names the types in which the source of its columns stored them.
    """
    writer, declared = None, schema or Schema(())
    try:
        for block in blocks:
            table = stored(block, declared)
            if writer is None:
                table = _with_types(table)
                writer = pa.parquet.ParquetWriter(stream, table.schema)
            writer.write_table(table.cast(writer.schema))
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
def whole(path: Path, room: int = 0) -> Iterator[IO[bytes]]:
    """A file that appears under its name when it is complete, and not at all if writing fails.

    Open it before anything is spent on what is to be in it. A device or a pipe is written as it is.

    Args:
        room: bytes that are taken of the disk at once, as far as the system can, so that nobody
            else has them when they are needed; what is over is given back at the end.

    Raises:
        OutputError: there is no such folder, it may not be written to, or the disk is full.
    """
    there = path.exists() and not path.is_dir()
    part = path if there and not path.is_file() else path.with_name(f"{path.name}.part")
    if path.is_dir():
        raise OutputError(f"`{path.name}` is a folder.", "Name a file in it.")
    try:
        with part.open("wb") as stream:
            kept = _reserved(stream, room, path.name)
            yield stream
            if kept:
                stream.truncate(stream.tell())
            _settled(stream)
        if part != path:
            part.replace(path)
            _settle_folder(path.parent)
    except OSError as error:
        if error.filename not in (None, str(part)):  # of something else that was read meanwhile
            raise
        raise OutputError(
            f"`{path.name}` cannot be written: {(error.strerror or 'it failed').lower()}.",
            "Make the folder first, free some space, or name another place.",
        ) from None
    finally:
        if part != path:
            with suppress(OSError):  # what could not be made cannot be taken away
                part.unlink()


def _reserved(stream: IO[bytes], room: int, name: str) -> bool:
    """Whether so many bytes of the disk are the stream's now; not on a system that cannot say.

    Raises:
        OutputError: there are fewer.
    """
    file = stream.fileno()
    if not room or not hasattr(os, "posix_fallocate") or not stat.S_ISREG(os.fstat(file).st_mode):
        return False
    try:
        os.posix_fallocate(file, 0, room)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return False  # a disk that keeps no room says so in its own way
        raise OutputError(
            f"There is no room for `{name}`: {room / 1e6:,.0f} MB are kept free for it before "
            f"anything is spent on what is to be in it ({(error.strerror or 'full').lower()}).",
            "Free some space, or name a place on another disk.",
        ) from None
    return True


def _settled(stream: IO[bytes]) -> None:
    """On the disk before it has its name: else a power cut leaves the name of an empty file."""
    stream.flush()
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        os.fsync(stream.fileno())


def _settle_folder(folder: Path) -> None:
    with suppress(OSError):  # some systems cannot open a folder; the file is complete either way
        place = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file as `whole` does. Raises OutputError."""
    with whole(path) as stream:
        stream.write(content)


def _harmless(table: pd.DataFrame) -> pd.DataFrame:
    """The table without a cell or a name that a spreadsheet would run."""
    safe = {str(n): all_harmless(table[n]) for n in table.columns}
    return pd.DataFrame(safe).rename(columns=harmless)
