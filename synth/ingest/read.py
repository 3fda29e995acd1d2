"""From a file or a data frame to columns of values, categorical wherever that is smaller."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import IO, Any

from synth.errors import IngestError
from synth.ingest.sniff import Dialect, check_records, dialect_of, format_of
from synth.ingest.width import check_width
from synth.lazily import np, nw, pa, pd

STORED = "stored"  # among a frame's `attrs`: the Arrow type of each column in its source
MISSING_TEXTS = ("", "NA", "N/A", "NULL", "<NULL>", "null", "NaN", "nan", "#N/A")


def read_table(stream: IO[bytes], missing: Sequence[str] = MISSING_TEXTS) -> pd.DataFrame:
    """The table in a file: CSV, TSV, Parquet, Excel or JSON lines, told from its content.

    Text columns come back as categoricals of text, so that leading zeros and bands survive.

    Args:
        stream: seekable bytes.
        missing: texts that stand for a missing value.

    Raises:
        IngestError: it is not a table; the message never shows a cell.
    """
    found = format_of(stream)
    if found == "text":
        return _named(_read_text(stream, dialect_of(stream), missing))
    if found == "parquet":
        frame, types = _read_parquet(stream)
        return _storing(_named(compact(frame, missing)), types)
    readers = {"excel": _read_excel, "jsonl": _read_json}
    return _named(compact(readers[found](stream), missing))


def frame_of(
    native: Any, missing: Sequence[str] = MISSING_TEXTS
) -> pd.DataFrame | nw.LazyFrame[Any]:
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
    native = frame.to_pandas()
    types = pa.Schema.from_pandas(native, preserve_index=False)
    return _storing(_named(compact(native, missing)), types)


def _read_text(stream: IO[bytes], dialect: Dialect, missing: Sequence[str]) -> pd.DataFrame:
    header = _header(stream, dialect)
    ragged = 0

    def count(_row: Any) -> str:
        nonlocal ragged
        ragged += 1
        return "skip"

    def read(encoding: str) -> pa.Table:
        stream.seek(0)
        return pa.csv.read_csv(
            stream,
            read_options=pa.csv.ReadOptions(
                encoding=encoding, column_names=header, skip_rows=1, block_size=8 << 20
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=dialect.delimiter, newlines_in_values=True, invalid_row_handler=count
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types={n: pa.dictionary(pa.int32(), pa.string()) for n in header},
                null_values=list(missing),
                strings_can_be_null=True,
            ),
        )

    try:
        table = read("utf-8" if dialect.encoding == "utf-8-sig" else dialect.encoding)
    except pa.ArrowInvalid:
        table = _second_try(read)
    if ragged:
        raise IngestError(
            f"{ragged:,} lines do not have the {len(header)} fields that the header names.",
            "Quote values that contain the delimiter, or correct those lines.",
        )
    return _stripped(table.unify_dictionaries().to_pandas(), missing)


def _second_try(read: Any) -> pa.Table:
    """Read as Western European, where the first megabyte looked like UTF-8 but the rest is not."""
    try:
        return read("cp1252")
    except (pa.ArrowInvalid, UnicodeDecodeError):
        raise IngestError(
            "The file could not be read as a table of text.",
            "Save it as CSV in UTF-8, with quotes around values that contain the delimiter.",
        ) from None


def _header(stream: IO[bytes], dialect: Dialect) -> list[str]:
    """Names of the columns, made unique only where they are empty."""
    stream.seek(0)
    wrapped = io.TextIOWrapper(stream, encoding=dialect.encoding, errors="replace", newline="")
    line: list[str] = []
    try:
        line = next(csv_rows(wrapped, dialect.delimiter), [])
    finally:
        wrapped.detach()
    names = [n.strip() or f"column {i + 1}" for i, n in enumerate(line)]
    _check_names(names)
    return names


def csv_rows(text: IO[str], delimiter: str) -> Iterator[list[str]]:
    """Rows of a text file, as the standard library reads them."""
    return csv.reader(text, delimiter=delimiter)


def _check_names(names: Sequence[str]) -> None:
    check_width(len(names))
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise IngestError(
            f"The header names {', '.join(f'`{n}`' for n in twice[:5])} more than once.",
            "Give every column a name of its own.",
        )


def _storing(frame: pd.DataFrame, types: pa.Schema) -> pd.DataFrame:
    """The frame, with the types in which its source stores its columns beside it."""
    frame.attrs[STORED] = {field.name: str(field.type) for field in types}
    return frame


def _read_parquet(stream: IO[bytes]) -> tuple[pd.DataFrame, pa.Schema]:
    try:
        check_width(pa.parquet.read_metadata(stream).num_columns)
        table = pa.parquet.read_table(stream)
    except pa.ArrowException:
        raise IngestError("The Parquet file is damaged.", "Write it again.") from None
    types = table.schema
    frame: pd.DataFrame = table.to_pandas(split_blocks=True, self_destruct=True)
    return frame, types


def _read_json(stream: IO[bytes]) -> pd.DataFrame:
    check_records(stream)
    try:
        table = pa.json.read_json(stream)
    except pa.ArrowException:
        raise IngestError(
            "The file looks like JSON but is not one object per line.",
            "Write one JSON object per line, with the same fields.",
        ) from None
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _read_excel(stream: IO[bytes]) -> pd.DataFrame:
    import openpyxl  # half a second that only Excel files are worth

    try:
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
    except (KeyError, ValueError, OSError):
        raise IngestError("The Excel file is damaged.", "Save it again, or as CSV.") from None
    rows = book.worksheets[0].iter_rows(values_only=True)
    header = [str(v).strip() if v is not None else "" for v in next(rows, ())]
    while header and not header[-1]:
        header.pop()
    if not header:
        raise IngestError("The first sheet is empty.", "Put the table on the first sheet.")
    names = [n or f"column {i + 1}" for i, n in enumerate(header)]
    _check_names(names)
    blank = (None,) * len(names)  # a sheet's rows may end before its header does
    filled = ((*r, *blank)[: len(names)] for r in rows if any(v is not None for v in r))
    return pd.DataFrame([[_cell(v) for v in r] for r in filled], columns=names, dtype=object)


def _cell(value: Any) -> Any:
    """An Excel cell as the text a person sees."""
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value is None else str(value)


def compact(frame: pd.DataFrame, missing: Sequence[str] = MISSING_TEXTS) -> pd.DataFrame:
    """Text and objects as categoricals of text; numbers and booleans as they are.

    Raises:
        IngestError: a column holds lists or records.
    """
    _check_names([str(n) for n in frame.columns])
    columns = {str(n): _compacted(str(n), frame[n]) for n in frame.columns}
    return _stripped(pd.DataFrame(columns), missing)


def _compacted(name: str, values: pd.Series) -> pd.Series:
    kind = values.dtype
    if isinstance(kind, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(kind):
        return values
    if pd.api.types.is_datetime64_any_dtype(kind):
        # Each cell on its own: were the others asked, one row could change how all are written.
        midnight = values.dt.normalize() == values
        text = values.dt.strftime("%Y-%m-%d %H:%M:%S")
        days = values.dt.strftime("%Y-%m-%d")
        return pd.Series(text.where(~midnight, days)).astype("category")
    if pd.api.types.is_integer_dtype(kind):
        return pd.to_numeric(values, downcast="integer")
    if kind == np.float32 or kind == np.float16:
        return _as_short(values)
    if pd.api.types.is_numeric_dtype(kind):
        return values
    present = values.dropna()
    if any(isinstance(v, list | dict | tuple | set | np.ndarray) for v in present.head(1000)):
        raise IngestError(
            f"Column `{name}` holds lists or records, not single values.",
            "Spread it over columns or rows first.",
        )
    text = [None if pd.isna(v) else str(v) for v in values]
    made: pd.Series = pd.Series(text, index=values.index, dtype="category")
    return made


def _as_short(values: pd.Series) -> pd.Series:
    """Small floats as the numbers they are written as: 0.1, and not 0.10000000149."""
    places, different = pd.factorize(values)
    table = np.array([*(float(str(v)) for v in np.asarray(different)), np.nan])
    return pd.Series(table[places], index=values.index)


def _stripped(frame: pd.DataFrame, missing: Sequence[str]) -> pd.DataFrame:
    """Without blanks around text, and with the texts that stand for nothing as missing."""
    for name in frame.columns:
        values = frame[name]
        if not isinstance(values.dtype, pd.CategoricalDtype):
            continue
        old = [str(c) for c in values.cat.categories]
        new = [None if t in missing else t for t in map(str.strip, old)]
        if new != old:
            frame[name] = _renamed(values, new)
    return frame


def _renamed(values: pd.Series, new: Sequence[str | None]) -> pd.Series:
    """A categorical with other texts for its categories: some the same, some missing."""
    places = {text: i for i, text in enumerate(dict.fromkeys(t for t in new if t is not None))}
    table = np.array([-1 if t is None else places[t] for t in new] + [-1])
    codes = table[values.cat.codes.to_numpy()]
    return pd.Series(
        pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(list(places))),
        index=values.index,
    )


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    if not len(frame.columns):
        raise IngestError("The table has no columns.", "Choose a file with a header line.")
    if not len(frame):
        raise IngestError(
            "The table has a header but no rows.", "Choose a file with at least one row."
        )
    return frame
