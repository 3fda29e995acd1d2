"""Parquet and Arrow files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from synth.errors import IngestError
from synth.incoming import DAMAGE, Refusal
from synth.ingest.reading.layout import all_different
from synth.ingest.reading.said import Noticed, Read, listed
from synth.ingest.width import check_width
from synth.lazily import np, pa, pd
from synth.schema.stored import arrow_type
from synth.schema.typed import sure

INDEX = "__index_level_"  # how pandas names an index that has no name


def read_arrow(stream: IO[bytes], found: str) -> Read:
    """The table in a Parquet file, an Arrow file (Feather) or an Arrow stream.

    A pandas index is a column like the others.

    Raises:
        IngestError: it is damaged or too wide, or a column holds lists or records.
    """
    name = "Parquet" if found == "parquet" else "Arrow"
    try:
        if found == "parquet":
            file = pa.parquet.ParquetFile(stream)
            _check(file.schema_arrow)
            table = file.read()
        else:
            opened = pa.ipc.open_file if found == "arrow" else pa.ipc.open_stream
            reader = opened(stream)
            _check(reader.schema)
            table = reader.read_all()
            table.validate(full=True)
        table.validate(full=True)
        noticed: list[Noticed] = []
        if len(set(table.column_names)) < table.num_columns:
            table = table.rename_columns(all_different(table.column_names, noticed))
        frame = _with_range(_frame(table), table.schema.pandas_metadata)
    except IngestError:
        raise
    except (pa.ArrowException, *DAMAGE) as error:
        broken = Refusal(IngestError, f"The {name} file is damaged.", "Write it again.")
        raise broken.of(error) from None
    levels = [n for n in frame.columns if str(n).startswith(INDEX)]
    stored = types_of(table.schema)
    if not levels:
        return Read(frame, tuple(noticed), stored=stored)
    names = _renamed(levels, [str(n) for n in frame.columns])
    return Read(
        frame.rename(columns=names),
        (
            *noticed,
            Noticed(
                f"The file holds an index of pandas without a name; it is the column "
                f"{listed(list(names.values()))}.",
                "If it says nothing of people, leave it out on Columns.",
            ),
        ),
        stored={names.get(n, n): kind for n, kind in stored.items()},
    )


def _with_range(frame: pd.DataFrame, told: Mapping[str, Any] | None) -> pd.DataFrame:
    """With a pandas index of even steps that has a name: it is no column in the file."""
    for level in (told or {}).get("index_columns", ()):
        if not isinstance(level, dict) or level.get("kind") != "range":
            continue
        start, stop, step = (level.get(key) for key in ("start", "stop", "step"))
        whole = type(start) is int and type(stop) is int and type(step) is int and step != 0
        name = level.get("name")
        if name is None or name in frame or not whole:
            continue
        if len(every := range(start, stop, step)) == len(frame):  # type: ignore[arg-type]
            frame = frame.assign(**{str(name): np.array(every)})
    return frame


def types_of(schema: pa.Schema) -> dict[str, str]:
    """The type of each column, as Arrow names it; text has none.

    How wide the places of a dictionary are follows from how many values it has, which rows decide.
    """
    found = {f.name: (str(f.type), arrow_type(str(f.type))) for f in schema}
    return {
        name: str(type) if pa.types.is_dictionary(type) else told
        for name, (told, type) in found.items()
        if type is not None
    }


def types_of_frame(frame: pd.DataFrame) -> dict[str, str]:
    """The types of a pandas frame that no row decides.

    NumPy's whole numbers and truth values are others as soon as one is missing. That a column holds
    categories, and whether they have an order, its owner chose; of what type they are, pandas finds
    in the rows like that of a column.
    """
    known = frame[[n for n, kind in frame.dtypes.items() if sure(kind)]].head(0).copy()
    for name, kind in known.dtypes.items():
        if isinstance(kind, pd.CategoricalDtype) and not sure(kind.categories.dtype):
            told = pd.CategoricalDtype(pd.Index([], dtype="str"), ordered=kind.ordered)
            known[name] = known[name].astype(object).astype(told)
    return types_of(pa.Schema.from_pandas(known, preserve_index=False))


def _renamed(levels: list[str], taken: list[str]) -> dict[str, str]:
    """A name for each nameless level of an index, that no column has."""
    made: dict[str, str] = {}
    for level in levels:
        number = len(made) + 1
        name = "index" if number == 1 else f"index {number}"
        while name in taken or name in made.values():
            number += 1
            name = f"index {number}"
        made[level] = name
    return made


def _check(schema: pa.Schema) -> None:
    check_width(len(schema))
    for column in schema:
        kind = column.type
        if pa.types.is_nested(kind):
            raise IngestError(
                f"Column `{column.name}` holds lists or records, not single values.",
                "Spread it over columns or rows first.",
                about=(column.name,),
            )
        binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
        if binary or pa.types.is_fixed_size_binary(kind):
            raise IngestError(
                f"Column `{column.name}` holds binary data, not values.",
                "Leave it out, or write it as text.",
                about=(column.name,),
            )


def _frame(table: pa.Table) -> pd.DataFrame:
    """As pandas, with truth values as such even where some are missing."""
    mapped = {pa.bool_(): pd.BooleanDtype()}
    exact = {n.name for n in table.schema if pa.types.is_integer(n.type)}
    gaps = {n for n in exact if table.column(n).null_count} if len(exact) else set()
    for name in gaps:
        whole = table.column(name)
        if any(abs(x) > 1 << 53 for x in pa.compute.min_max(whole).as_py().values() if x):
            place = table.schema.get_field_index(name)
            table = table.set_column(place, name, whole.cast(pa.string()))
    frame: pd.DataFrame = table.to_pandas(
        split_blocks=True, ignore_metadata=True, types_mapper=mapped.get, date_as_object=True
    )
    for name in frame:
        if isinstance(frame[name].dtype, pd.BooleanDtype) and not frame[name].isna().any():
            frame[name] = frame[name].astype("bool")
    return frame
