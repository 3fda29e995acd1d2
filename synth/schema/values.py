"""Values as text, as numbers, as moments: one way to write and to read each."""

from __future__ import annotations

from typing import TypeAlias

from synth.lazily import np, npt, pd

Values: TypeAlias = "npt.NDArray[np.float64]"


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


def as_numbers(values: pd.Series) -> Values:
    """Values as floats; NaN where one is missing or not a finite number."""
    numbers = np.array(pd.to_numeric(values, errors="coerce"), dtype=np.float64)
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def as_seconds(values: pd.Series, format: str) -> Values:
    """Values as seconds since 1970; NaN where one is missing or does not have the format."""
    moments = pd.to_datetime(values, format=format, errors="coerce")
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
