"""Values as text, as numbers, as moments: one way to write and to read each."""

from __future__ import annotations

import re
from typing import TypeAlias

from synth.lazily import np, npt, pd

DAY = "%Y-%m-%d"
Values: TypeAlias = "npt.NDArray[np.float64]"
THOUSANDS = {
    mark: re.compile(rf"[+-]?\d{{1,3}}({re.escape(between)}\d{{3}})+({re.escape(mark)}\d*)?")
    for mark, between in ((".", ","), (",", "."))
}


def is_text(values: pd.Series) -> bool:
    """Whether a column holds text and nothing else."""
    if isinstance(values.dtype, pd.StringDtype):
        return True
    mixed = values.dtype == object and len(values) > 0
    return mixed and pd.api.types.infer_dtype(values, skipna=True) == "string"


def stamp(seconds: float, shape: str) -> str:
    """Seconds since 1970 as text."""
    return pd.Timestamp(seconds, unit="s").strftime(shape)


def as_text(values: pd.Series) -> pd.Series:
    """Values as the text a domain lists: whole numbers without `.0`, booleans in lower case."""
    if pd.api.types.is_bool_dtype(values.dtype):
        return values.map({True: "true", False: "false"}).astype(object)
    if pd.api.types.is_float_dtype(values.dtype):
        return values.map(lambda x: f"{x:.15g}").astype(object)
    return values.map(_one_text).astype(object)


def _one_text(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        return f"{value:.15g}"
    return str(value)


def as_numbers(values: pd.Series, mark: str = ".") -> Values:
    """Values as floats; NaN where one is missing or not a finite number.

    Args:
        mark: the decimal mark of text; the other of "." and "," may stand between thousands.
    """
    if not pd.api.types.is_numeric_dtype(values.dtype):
        values = values.astype(object).map(lambda v: plain_number(v, mark))
    numbers = np.array(pd.to_numeric(values, errors="coerce"), dtype=np.float64)
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def plain_number(value: object, mark: str) -> object:
    """A number written as text, as Python writes it; anything else as it is.

    >>> plain_number("1.234,5", ","), plain_number("1,234.5", "."), plain_number("a,b", ",")
    ('1234.5', '1234.5', 'a,b')
    """
    if not isinstance(value, str):
        return value
    between = "," if mark == "." else "."
    if between in value:
        if not THOUSANDS[mark].fullmatch(value):
            return value if mark == "." else None
        value = value.replace(between, "")
    if mark == ",":
        value = value.replace(",", ".")
    return value


def as_seconds(values: pd.Series, format: str) -> Values:
    """Values as seconds since 1970; NaN where one is missing or does not have the format."""
    moments = pd.to_datetime(values, format=format, errors="coerce")
    if format.startswith(DAY + "T") or format.startswith(DAY + " "):  # a day is its midnight
        moments = moments.fillna(pd.to_datetime(values, format=DAY, errors="coerce"))
    if getattr(moments.dtype, "tz", None) is not None:
        moments = moments.dt.tz_convert("UTC").dt.tz_localize(None)
    whole = moments.to_numpy(dtype="datetime64[us]")
    seconds: Values = whole.astype(np.int64) / 1e6
    seconds[np.isnat(whole)] = np.nan
    return seconds


def retyped(values: pd.Series, typed: str) -> pd.Series:
    """Text as "integer" or "real" values, or as it is."""
    if typed == "integer":
        return pd.to_numeric(values, errors="coerce").astype("Int64")
    if typed == "real":
        return pd.to_numeric(values, errors="coerce").astype("Float64")
    return values
