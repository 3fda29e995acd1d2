"""Columns in the types in which their source stored them, and back as values of their domains.

The type is a fact about the source that no row decides; it is named as Arrow names it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import TypeAlias

from synth.lazily import compiled, np, pa, pd
from synth.schema.columns import Column, Schema
from synth.schema.domain import Categories
from synth.schema.durations import Way, ways
from synth.schema.intervals import Dates, Numbers
from synth.schema.moments import written
from synth.schema.values import is_text

DECIMAL = compiled(r"decimal\d*\((\d+), (\d+)\)")
STAMP = compiled(r"timestamp\[(s|ms|us|ns)(?:, tz=([\w/+:-]+))?\]")
CLOCK = compiled(r"(time32|time64|duration)\[(s|ms|us|ns)\]")
DICTIONARY = compiled(r"dictionary<values=((?:large_)?string|u?int\d+)\b.*ordered=([01])>")
WHOLE = compiled(r"u?int(?:8|16|32|64)")
TRUE_PAIRS = ("false", "f", "no", "n", "off")
Made: TypeAlias = "Callable[[pd.Series], pa.Array]"


def stored(frame: pd.DataFrame, schema: Schema) -> pa.Table:
    """Drawn rows in the types of their source; a column that does not fit its own stays as is."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    for column in schema:
        made = _made(column) if column.name in frame and column.stored else None
        if made is not None:
            place = table.column_names.index(column.name)
            table = table.set_column(place, column.name, made(frame[column.name]))
    return _as_pandas_reads(table)


def _as_pandas_reads(table: pa.Table) -> pa.Table:
    """The same, without the numbers that pandas would read durations as: they were drawn so."""
    lasting = {f.name for f in table.schema if pa.types.is_duration(f.type)}
    told = table.schema.pandas_metadata
    if not lasting or told is None:
        return table
    told = {**told, "columns": [c for c in told["columns"] if c["name"] not in lasting]}
    return table.replace_schema_metadata({**table.schema.metadata, b"pandas": json.dumps(told)})


def restored(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """What `stored` wrote, as the values that a method draws."""
    told = {c.name: _back(c, frame[c.name]) for c in schema if c.stored and c.name in frame}
    return frame.assign(**told)


def _made(column: Column) -> Made | None:
    """What makes an array of the type, or None where the domain does not fit it."""
    domain, type = column.domain, arrow_type(column.stored)
    if type is None:
        return None
    if pa.types.is_boolean(type) and isinstance(domain, Categories) and truth(domain):
        return lambda values: pa.array([None if pd.isna(v) else is_true(v, domain) for v in values])
    if isinstance(domain, Dates) and not domain.codes and pa.types.is_temporal(type):
        return lambda values: _moments(domain, values, type)
    if isinstance(domain, Numbers) and not domain.worded:
        return _durations(domain, type) if pa.types.is_duration(type) else _numbers(domain, type)
    if isinstance(domain, Categories) and pa.types.is_dictionary(type):
        return _category(domain, type)
    return None


def listed_by_type(name: str) -> bool:
    """Whether a type says that its column holds a list of values, whatever these look like.

    Text alone may be stored so to save memory.
    """
    found = DICTIONARY.fullmatch(name)
    return found is not None and (found[2] == "1" or "string" not in found[1])


def in_order(name: str) -> bool:
    """Whether a type says that its values have an order of their own."""
    found = DICTIONARY.fullmatch(name)
    return found is not None and found[2] == "1"


def _category(domain: Categories, type: pa.DataType) -> Made | None:
    """As a dictionary of the values that may be drawn, in the order of the domain."""
    listed = (*domain.values, *((domain.gathered,) * domain.other))
    try:
        known = pa.array(listed, pa.string()).cast(type.value_type)
    except pa.ArrowInvalid:  # a gathered state is no number
        return None

    def made(values: pd.Series) -> pa.Array:
        text = pd.Index(values.astype(object).map(lambda v: None if pd.isna(v) else str(v)))
        places = pd.Index(listed).get_indexer(text)
        codes = pa.array(places, pa.int32(), mask=places < 0)
        return pa.DictionaryArray.from_arrays(codes, known, ordered=type.ordered)

    return made


@cache
def arrow_type(name: str) -> pa.DataType | None:
    """The type of a name; None for one that is not written here."""
    if found := DECIMAL.fullmatch(name):
        precision, scale = map(int, found.groups())
        return pa.decimal128(precision, scale) if 0 <= scale <= precision <= 38 else None
    if found := STAMP.fullmatch(name):
        return pa.timestamp(found[1], found[2])
    if CLOCK.fullmatch(name):
        return pa.type_for_alias(name)
    if found := DICTIONARY.fullmatch(name):
        values = pa.string() if "string" in found[1] else pa.type_for_alias(found[1])
        return pa.dictionary(pa.int32(), values, ordered=found[2] == "1")
    known = {"bool", "float", "double", "halffloat", "date32[day]", "date64[ms]"}
    if name in known or WHOLE.fullmatch(name):
        return pa.type_for_alias(name)
    return None


def truth(domain: Categories) -> bool:
    first = domain.values[0].lower() if domain.values else ""
    return len(domain.values) == 2 and not domain.other and first in TRUE_PAIRS


def is_true(value: object, domain: Categories) -> bool:
    return str(value) == domain.values[1]


def _moments(domain: Dates, values: pd.Series, type: pa.DataType) -> pa.Array:
    seconds = domain.seconds(values)
    whole = np.rint(np.where(np.isnan(seconds), 0, seconds) * 1e6).astype(np.int64)
    moments = pa.array(whole, mask=np.isnan(seconds)).cast(pa.timestamp("us"))
    if pa.types.is_timestamp(type) and type.tz is not None:
        return moments.cast(pa.timestamp("us", "UTC")).cast(type, safe=False)
    return moments.cast(type, safe=False)


def _durations(domain: Numbers, type: pa.DataType) -> Made | None:
    way = ways().get(domain.spelling.clock)
    if not isinstance(way, Way) or domain.codes:
        return None
    micro = 1_000_000 * way.unit
    return lambda values: (
        pa.array(np.rint(values.astype("float64") * micro), from_pandas=True)
        .cast(pa.int64())
        .cast(pa.duration("us"))
        .cast(type, safe=False)
    )


def _numbers(domain: Numbers, type: pa.DataType) -> Made | None:
    if pa.types.is_decimal(type):
        places, most = type.scale, 10.0 ** (type.precision - type.scale)
        if max(map(abs, domain.edges)) >= most:
            return None
        return lambda values: pa.array(
            [None if pd.isna(v) else Decimal(f"{float(v):.{places}f}") for v in values], type
        )
    if pa.types.is_integer(type):
        limits = np.iinfo(type.to_pandas_dtype())
        if domain.decimals != 0 or domain.edges[0] < limits.min or domain.edges[-1] > limits.max:
            return None
    elif not pa.types.is_floating(type):
        return None
    return lambda values: pa.array(values, from_pandas=True).cast(type, safe=False)


def _back(column: Column, values: pd.Series) -> pd.Series:
    domain = column.domain
    if isinstance(values.dtype, np.dtype) and values.dtype.kind == "m":
        way = ways().get(domain.spelling.clock) if isinstance(domain, Numbers) else None
        return values.dt.total_seconds() / way.unit if isinstance(way, Way) else values
    if pd.api.types.infer_dtype(values, skipna=True) == "time":
        values = values.map(lambda v: None if pd.isna(v) else f"1970-01-01T{v.isoformat()}")
        values = pd.to_datetime(values, format="ISO8601")
    if isinstance(domain, Dates) and not is_text(values):
        return written(domain.seconds(values), domain.format)
    if (
        isinstance(domain, Categories)
        and pd.api.types.infer_dtype(values, skipna=True) == "boolean"
    ):
        told = dict(zip((False, True), domain.values, strict=False))
        return values.astype(object).map(lambda v: None if pd.isna(v) else told[bool(v)])
    if isinstance(domain, Numbers) and pd.api.types.infer_dtype(values, skipna=True) == "decimal":
        return values.astype(float)
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.astype(object)
    return values
