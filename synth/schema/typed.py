"""Drawn rows in the types of the data frame that they were learnt from.

Only types that no row decides are taken from the source: pandas makes another one of NumPy's whole
numbers and truth values as soon as one is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from synth.lazily import np, pd
from synth.schema.columns import Column, Schema
from synth.schema.domain import Categories
from synth.schema.durations import ways
from synth.schema.intervals import Dates, Numbers
from synth.schema.moments import of_digits
from synth.schema.stored import is_true, truth
from synth.schema.values import as_text, is_text


@dataclass(frozen=True)
class Typed:
    """How a data frame types its columns.

    Args:
        types: the pandas type of each column that no row decides.
        index: the columns that are its index.
        usual: whether the others are to have the type that pandas gives such values by itself:
            NumPy's whole numbers and truth values, unless one is missing among those drawn.
    """

    types: Mapping[str, Any] = field(default_factory=dict, repr=False)
    index: tuple[str, ...] = ()
    usual: bool = False

    def of(self, frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Drawn rows in these types; a column that does not fit its own stays as it is drawn."""
        drawn = [c for c in schema if c.name in frame]
        made = {c.name: self._made(c, frame[c.name]) for c in drawn}
        index = [n for n in self.index if n in made]
        typed = frame.assign(**made)
        return typed.set_index(index) if index else typed

    def _made(self, column: Column, values: pd.Series) -> pd.Series:
        kind = self.types.get(column.name)
        domain = column.domain
        if isinstance(domain, Numbers) and (
            isinstance(kind, pd.StringDtype)
            or (self.usual and kind is None and domain.spelling.textual)
        ):
            text = domain.written(values)
            return text.infer_objects() if kind is None else text.astype(kind)
        if self.usual and kind is None and isinstance(domain, Dates) and not domain.codes:
            return pd.to_numeric(values) if of_digits(domain.format) else values.infer_objects()
        typed = _made(column, values, kind)
        return _usual(typed) if self.usual and kind is None else typed


UNTYPED = Typed()


def _usual(values: pd.Series) -> pd.Series:
    """As pandas types such values by itself: it depends on nothing but what was drawn."""
    kind = values.dtype
    if pd.api.types.is_bool_dtype(kind):
        return values.astype(object if values.hasnans else bool)
    if pd.api.types.is_integer_dtype(kind) and not values.hasnans:
        return values.astype("int64")
    if pd.api.types.is_numeric_dtype(kind):
        return values.astype("float64")
    return values.infer_objects()


def sure(kind: Any) -> bool:
    """Whether no row decides that a pandas column has this type: its owner chose it."""
    if isinstance(kind, pd.StringDtype):
        return kind.na_value is pd.NA  # the other one is what pandas makes of text by itself
    if isinstance(kind, np.dtype):
        return kind.kind in "mM" or (kind.kind == "f" and kind.itemsize < 8)
    return bool(pd.api.types.is_extension_array_dtype(kind))


def _made(column: Column, values: pd.Series, kind: Any) -> pd.Series:
    domain = column.domain
    if isinstance(domain, Categories) and truth(domain) and domain.typed == "boolean":
        told = [None if pd.isna(v) else is_true(v, domain) for v in values]
        return pd.Series(told, index=values.index, dtype="boolean")
    if isinstance(kind, pd.CategoricalDtype):
        if isinstance(domain, Categories):
            return _category(domain, values, kind)
        return values.astype(pd.CategoricalDtype(ordered=kind.ordered))  # of what was drawn
    if isinstance(domain, Dates) and not domain.codes:
        return _moments(domain, values, kind)
    if isinstance(domain, Numbers) and not domain.worded:
        return _numbers(domain, values, kind)
    return values.astype(kind) if isinstance(kind, pd.StringDtype) and is_text(values) else values


def _category(domain: Categories, values: pd.Series, kind: pd.CategoricalDtype) -> pd.Series:
    """As categories in the order of the domain, each of the type that it has in the source."""
    meant = dict(zip(as_text(pd.Series(kind.categories)), kind.categories, strict=True))
    listed = (*domain.values, *((domain.gathered,) * domain.other))
    places = pd.Index(listed).get_indexer(pd.Index(values.astype(object).map(_as_text)))
    known = pd.CategoricalDtype([meant.get(v, v) for v in listed], ordered=kind.ordered)
    return pd.Series(pd.Categorical.from_codes(places, dtype=known), index=values.index)


def _as_text(value: object) -> str | None:
    return None if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _moments(domain: Dates, values: pd.Series, kind: Any) -> pd.Series:
    zoned = isinstance(kind, pd.DatetimeTZDtype)
    if not (zoned or isinstance(kind, pd.PeriodDtype) or pd.api.types.is_datetime64_dtype(kind)):
        return values
    seconds = domain.seconds(values)
    whole = np.rint(np.where(np.isnan(seconds), 0, seconds) * 1e6).astype("datetime64[us]")
    moments = pd.Series(whole, index=values.index).mask(np.isnan(seconds))
    if isinstance(kind, pd.PeriodDtype):
        return moments.dt.to_period(kind.freq.freqstr)
    if zoned:
        return moments.dt.tz_localize("UTC").astype(kind)
    return moments.astype(kind)


def _numbers(domain: Numbers, values: pd.Series, kind: Any) -> pd.Series:
    if pd.api.types.is_timedelta64_dtype(kind):
        clock = domain.spelling.clock
        seconds = values.astype("float64") * (
            getattr(ways()[clock], "unit", np.nan) if clock else np.nan
        )
        return pd.to_timedelta(seconds, unit="s").astype(kind) if clock else values
    if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind):
        return values
    if pd.api.types.is_integer_dtype(kind):
        limits = np.iinfo(getattr(kind, "numpy_dtype", kind))
        fits = limits.min <= domain.edges[0] and domain.edges[-1] <= limits.max
        if domain.decimals != 0 or not fits:
            return values
    return values.astype(kind)
