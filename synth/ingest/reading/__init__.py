"""From a file or a data frame to columns of values, and what its custodian should know of it.

Each family of formats has a file of its own; `formats.py` tells which it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import IO, Any

from synth.errors import IngestError
from synth.ingest.reading.arrow import read_arrow, types_of, types_of_frame
from synth.ingest.reading.endings import footer_of, said_of_footer, without_names
from synth.ingest.reading.formats import format_of, unpacked, without_zeros
from synth.ingest.reading.records import read_json
from synth.ingest.reading.said import MISSING_TEXTS, Choices, Click, Noticed, Read
from synth.ingest.reading.sheets import read_sheet
from synth.ingest.reading.statistical import PROGRAMS, read_statistical
from synth.ingest.reading.text import read_text
from synth.ingest.reading.tidy import compact, people, said_of_frame, stripped, with_index
from synth.ingest.width import check_width
from synth.lazily import np, nw, pa
from synth.schema.typed import Typed, sure
from synth.wording import so_many

__all__ = [
    "MISSING_TEXTS",
    "Choices",
    "Click",
    "Noticed",
    "Read",
    "compact",
    "frame_of",
    "read_table",
]
AS_FOUND = Choices()


def read_table(
    stream: IO[bytes], missing: Sequence[str] = MISSING_TEXTS, choices: Choices = AS_FOUND
) -> Read:
    """The table in a file, of a format told from its content.

    Text columns come back as categoricals of text, so that leading zeros and bands survive.

    Args:
        stream: seekable bytes.
        missing: texts that stand for a missing value.
        choices: how to read it, where the custodian says so.

    Raises:
        IngestError: it is not a table; the message never shows a cell.
    """
    found = format_of(stream)
    if found in ("gzip", "zip"):
        stream = unpacked(stream, found)
        found = format_of(stream)
        if found in ("gzip", "zip"):
            raise IngestError(
                "The archive holds another archive.", "Unpack it and choose the table inside."
            )
    stream, zeros = without_zeros(stream) if found == "text" else (stream, 0)
    stream.seek(0)
    read = _read(stream, found, choices)
    noticed = list(read.noticed)
    if zeros:
        noticed.append(Noticed(f"{zeros:,} zero bytes, which are no text, were left out."))
    people(read.frame)
    told, repeated = without_names(read.frame) if found in ("text", "excel") else (read.frame, 0)
    if repeated:
        many = so_many(repeated, "row repeats", "rows repeat")
        what = f"{many} the names of the columns and {'was' if repeated == 1 else 'were'} left out."
        noticed.append(Noticed(what, "They come from files that were put together."))
    tidy = stripped if found == "text" else compact
    frame, gaps = tidy(told, missing)
    if choices.footer:
        frame = frame.iloc[: -choices.footer]
        gaps = gaps.taken(np.arange(len(frame)))
        for name in frame.select_dtypes("category"):
            frame[name] = frame[name].cat.remove_unused_categories()
    elif count := footer_of(frame):
        noticed.append(said_of_footer(count))
    noticed += said_of_frame(frame, gaps, missing)
    return replace(read, frame=people(frame), noticed=tuple(noticed), gaps=gaps)


def _read(stream: IO[bytes], found: str, choices: Choices) -> Read:
    if found == "text":
        return read_text(stream, choices)
    if found == "excel":
        return read_sheet(stream, choices)
    if found == "json":
        return read_json(stream)
    if found in PROGRAMS:
        return read_statistical(stream, found)
    return read_arrow(stream, found)


def frame_of(native: Any, missing: Sequence[str] = MISSING_TEXTS) -> Read | nw.LazyFrame[Any]:
    """A data frame of any library as ours; a lazy one stays in its engine.

    Raises:
        IngestError: it is no data frame.
    """
    try:
        frame = nw.from_native(native)
    except TypeError:
        raise IngestError(
            f"A {type(native).__name__} is not a data frame.",
            "Give a pandas, Polars, PyArrow or DuckDB table.",
        ) from None
    if isinstance(frame, nw.LazyFrame):
        check_width(len(frame.collect_schema()))
        return frame
    given, index = with_index(frame.to_pandas())
    made, gaps = compact(given, missing)
    people(made)
    stored = types_of(native.schema) if isinstance(native, pa.Table) else types_of_frame(given)
    said = tuple(said_of_frame(made, gaps, missing))
    types = {str(n): kind for n, kind in given.dtypes.items() if sure(kind)}
    return Read(made, said, stored=stored, gaps=gaps, typed=Typed(types, index, usual=True))
