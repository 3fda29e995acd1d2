"""Values as text, as numbers, as moments: one way to write and to read each."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TypeAlias

from synth.lazily import np, npt, pd

DAY = "%Y-%m-%d"
YEAR_1, YEAR_10000 = -62_135_596_800.0, 253_402_300_800.0  # in seconds since 1970
Values: TypeAlias = "npt.NDArray[np.float64]"


def is_text(values: pd.Series) -> bool:
    """Whether a column holds text and nothing else."""
    if isinstance(values.dtype, pd.StringDtype):
        return True
    mixed = values.dtype == object and len(values) > 0
    return mixed and pd.api.types.infer_dtype(values, skipna=True) == "string"


def stamp(seconds: float, shape: str) -> str:
    """Seconds since 1970 as text; outside the years that formats write, as ISO does."""
    if not YEAR_1 <= seconds < YEAR_10000:
        return str(np.datetime64(int(seconds), "s"))
    part = timedelta(microseconds=round(seconds % 1 * 1e6))  # which pandas reads up to 2262 alone
    return (pd.Timestamp(math.floor(seconds), unit="s") + part).strftime(shape)


def as_text(values: pd.Series) -> pd.Series:
    """Values as the text a domain lists: whole numbers without `.0`, booleans in lower case."""
    if isinstance(values.dtype, pd.StringDtype):
        return values.astype(object)
    if pd.api.types.is_bool_dtype(values.dtype):
        return values.map({True: "true", False: "false"}).astype(object)
    if pd.api.types.is_float_dtype(values.dtype):
        return values.map(lambda x: f"{x:.15g}").astype(object)
    if values.dtype == object and pd.api.types.infer_dtype(values, skipna=False) == "string":
        return values
    return values.map(_one_text).astype(object)


def _one_text(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        return f"{value:.15g}"
    return str(value)


def retyped(values: pd.Series, typed: str) -> pd.Series:
    """Text as "integer" or "real" values, or as it is."""
    if typed == "integer":
        return pd.to_numeric(values, errors="coerce").astype("Int64")
    if typed == "real":
        return pd.to_numeric(values, errors="coerce").astype("Float64")
    return values
