"""Steps on dates: truncate, hour bands, shift, age."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import ClassVar

from synth.budget import Audience
from synth.errors import StepError
from synth.ingest.shaping import date_format
from synth.lazily import np, npt, pd
from synth.protect.steps.step import (
    LOOK_AGAIN,
    MOST_LISTED,
    Step,
    ValueStep,
    checked_number,
    declared_list,
    known_column,
)
from synth.schema import Categories, Column, Dates, Domain, Kind, Origin, Role, Schema
from synth.schema.moments import as_seconds
from synth.schema.settings import Ask, setting
from synth.schema.values import Values, as_text
from synth.vault import PrivateTable
from synth.wording import so_many

DAY = 86400.0
SHAPES = {
    "hour": "%Y-%m-%d %H:00",
    "day": "%Y-%m-%d",
    "week": "%Y-%m-%d",
    "month": "%Y-%m",
    "quarter": "",
    "year": "%Y",
}


def moments(values: pd.Series) -> pd.Series:
    """Each text as a moment by the first known format it has; NaT where it has none."""
    return _dated(values)[0]


def _dated(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Each text as a moment, and the format that it has: each by itself, whatever the others are.

    Were the others asked, one row could change how all are written.
    """
    found = pd.Series(pd.NaT, index=values.index, dtype="datetime64[us]")
    values = as_text(values).where(values.notna(), None)
    forms = values.map(lambda v: "" if v is None else date_format(v)).astype(object)
    for form in sorted({*forms} - {""}):
        mine = forms == form
        seconds = as_seconds(values[mine], form)
        told = pd.to_datetime(pd.Series(seconds * 1e6).astype("Int64"), unit="us")
        found[mine] = told.to_numpy(dtype="datetime64[us]")
    return found, forms.mask(found.isna(), "")


def in_shape(when: pd.Series, shape: str) -> pd.Series:
    """Moments as text; None for NaT."""
    text = when.dt.strftime(shape).astype(object)
    return pd.Series(text.mask(when.isna(), None))


@dataclass(frozen=True)
class Truncate(ValueStep):
    """Only the day, week, month, quarter or year of a date."""

    name: ClassVar[str] = "truncate_date"
    title: ClassVar[str] = "Truncate dates"
    summary: ClassVar[str] = "2019-04-07 02:16 becomes 2019-04-07, 2019-04 or 2019."
    to: str = setting(
        "day", title="Keep the", choices=("hour", "day", "week", "month", "quarter", "year")
    )

    def __post_init__(self) -> None:
        if self.to not in SHAPES:
            raise StepError(
                f"Dates cannot be truncated to `{self.to}`.", f"Choose {', '.join(SHAPES)}.", "to"
            )

    def change(self, values: pd.Series) -> pd.Series:
        return self._told(moments(values))

    def _told(self, when: pd.Series) -> pd.Series:
        if self.to == "quarter":
            told = when.dt.strftime("%Y-Q").astype(object) + when.dt.quarter.astype("string")
            return pd.Series(told.astype(object).mask(when.isna(), None))
        if self.to == "week":
            when = when.dt.normalize() - pd.to_timedelta(when.dt.day_of_week, unit="D")
        return in_shape(when, SHAPES[self.to])

    def kind(self, old: Column) -> Kind:
        return Kind.DATE if self.to in ("hour", "day", "week") else Kind.CATEGORY

    def domain(self, old: Column) -> Domain | None:
        domain = old.domain
        if not isinstance(domain, Dates) or domain.origin is Origin.OBSERVED:
            return None
        step = 3600.0 if self.to == "hour" else DAY
        low, high = (np.floor(e / step) * step for e in (domain.edges[0], domain.edges[-1] - 1e-6))
        if (high - low) / step > 100_000:
            return None
        every = pd.Series(pd.to_datetime(np.arange(low, high + step, step), unit="s"))
        told = tuple(dict.fromkeys(self._told(every.astype("datetime64[us]"))))
        if len(told) > MOST_LISTED:
            return None
        if self.to in ("hour", "day"):
            edges = tuple(low + step * i for i in range(len(told) + 1))
            return Dates(edges, Origin.DECLARED, domain.missing, SHAPES[self.to], step)
        return declared_list(told, missing=domain.missing)

    @property
    def said(self) -> str:
        return f"Truncate {self.column} to the {self.to}"


@dataclass(frozen=True)
class Hours(ValueStep):
    """The time of day as a band of hours, each starting at its edge."""

    name: ClassVar[str] = "hour_band"
    title: ClassVar[str] = "Hour bands"
    summary: ClassVar[str] = "02:16 becomes 00-03. Each band starts at the hour you give."
    starts: tuple[float, ...] = setting(
        (0.0, 4.0, 8.0, 12.0, 16.0, 20.0), title="Hours at which bands start", ask=Ask.NUMBERS
    )

    def __post_init__(self) -> None:
        if not self.starts or self.starts[0] != 0:
            raise StepError(
                "The first band does not start at hour 0.", "Begin the list with 0.", "starts"
            )
        if any(not a < b for a, b in pairwise(self.starts)) or self.starts[-1] > 23:
            raise StepError(
                "The hours do not ascend from 0 to at most 23.",
                "Give each once, in order.",
                "starts",
            )
        if any(not float(s).is_integer() for s in self.starts):
            raise StepError("An hour is not a whole number.", "Round it.", "starts")

    @property
    def labels(self) -> tuple[str, ...]:
        ends = (*self.starts[1:], 24.0)
        return tuple(f"{int(a):02}-{int(b) - 1:02}" for a, b in zip(self.starts, ends, strict=True))

    def change(self, values: pd.Series) -> pd.Series:
        when = moments(values)
        hour = when.dt.hour.fillna(0).to_numpy()
        place = np.searchsorted(np.asarray(self.starts), hour, side="right") - 1
        told = pd.Series(np.array(self.labels, dtype=object)[place], index=values.index)
        return told.mask(when.isna(), None)

    def domain(self, old: Column) -> Domain | None:
        return declared_list(self.labels, missing=True)

    @property
    def said(self) -> str:
        return f"Hour bands of {self.column}: {', '.join(self.labels[:3])}, …"


@dataclass(frozen=True)
class Shift(Step):
    """All dates of a person moved by the same random number of days; gaps between them stay.

    Args:
        key: drawn anew for each run and forgotten, so that nobody can move them back.
    """

    name: ClassVar[str] = "shift_dates"
    title: ClassVar[str] = "Shift dates"
    summary: ClassVar[str] = "Each person's dates move by the same random number of days."
    columns: tuple[str, ...] = setting(title="Date columns", ask=Ask.COLUMNS)
    person: str = setting(title="Column that tells whose row it is", ask=Ask.COLUMN)
    days: int = setting(30, title="By at most so many days, either way")
    key: bytes = field(default=b"", repr=False, compare=False)

    def __post_init__(self) -> None:
        checked_number(self.days, 1, "The largest shift in days", "days")
        if self.days > 36_500:
            raise StepError(
                f"A shift of {so_many(self.days, 'day')} leaves the calendar.",
                "Give less.",
                "days",
            )

    def settled(self, private: PrivateTable, audience: Audience) -> Shift:
        """The step with its key."""
        return replace(self, key=secrets.token_bytes(32))

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        days = self._days(frame[self.person])
        for name in self.columns:
            frame[name] = self._moved(frame[name], days)
        return frame

    def _days(self, person: pd.Series) -> npt.NDArray[np.int64]:
        """Days for each row; a row without a person is moved as if it were one person's."""
        codes, people = pd.factorize(person.astype(object), use_na_sentinel=False)
        drawn = np.array([self._drawn(str(p)) for p in people], dtype=np.int64)
        return drawn[codes] if len(drawn) else np.zeros(0, dtype=np.int64)

    def _drawn(self, person: str) -> int:
        digest = hmac.new(self.key, person.encode(), hashlib.sha256).digest()
        return int.from_bytes(digest) % (2 * self.days + 1) - self.days

    def _moved(self, values: pd.Series, days: npt.NDArray[np.int64]) -> pd.Series:
        categories = values.astype("category").cat
        text = pd.Series(categories.categories.astype(object).astype(str), dtype=object)
        when, forms = _dated(text)
        codes = categories.codes.to_numpy()
        every = pd.Series(np.append(when.to_numpy(), np.datetime64("NaT"))[codes])
        moved = every + pd.to_timedelta(days, unit="D")
        shapes = np.append(forms.to_numpy(), "")[codes]
        told = pd.Series(None, index=moved.index, dtype=object)
        for form in {f for f in forms if f}:
            told[shapes == form] = in_shape(moved[shapes == form], form)
        return told.astype("category").set_axis(values.index)

    def declare(self, schema: Schema) -> Schema:
        known_column(schema, self.person)
        for name in self.columns:
            old = known_column(schema, name)
            schema = schema.replaced(replace(old, domain=self._domain(old)))
        return schema

    def _domain(self, old: Column) -> Domain:
        domain = old.domain
        if not isinstance(domain, Dates) or domain.origin is Origin.OBSERVED:
            return LOOK_AGAIN
        room = self.days * DAY
        edges = (domain.edges[0] - room, *domain.edges[1:-1], domain.edges[-1] + room)
        return replace(domain, edges=edges)

    @property
    def writes(self) -> tuple[str, ...]:
        return self.columns

    @property
    def said(self) -> str:
        most = so_many(self.days, "day")
        return f"Shift {', '.join(self.columns)} by up to {most} per {self.person}"


@dataclass(frozen=True)
class Age(ValueStep):
    """Completed years between a birth date and a day, or another date of the same row."""

    name: ClassVar[str] = "age"
    title: ClassVar[str] = "Age from a birth date"
    summary: ClassVar[str] = "Completed years on a fixed day, or on another date of the same row."
    at: str = setting("", title="On this day, or name of another date column", help="2019-04-01")

    def __post_init__(self) -> None:
        if not self.at:
            raise StepError("No day is given.", "Give a day, or the name of a date column.", "at")

    @property
    def day(self) -> pd.Timestamp | None:
        """The fixed day; None if `at` names a column."""
        found = moments(pd.Series([self.at], dtype=object)).iloc[0]
        return None if pd.isna(found) else pd.Timestamp(found)

    def change(self, values: pd.Series) -> pd.Series:
        born = moments(values)
        day = self.day
        assert day is not None, "with a column the rows are gone through, see __call__"
        return _years(born, pd.Series(day, index=born.index))

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        if self.day is not None:
            return super().__call__(frame)
        born, then = (self._every(frame[n]) for n in (self.column, self.at))
        years = _years(born, then).astype("category").set_axis(frame.index)
        return self.put(frame, years)

    @staticmethod
    def _every(values: pd.Series) -> pd.Series:
        categories = values.astype("category").cat
        when = moments(pd.Series(categories.categories.astype(object).astype(str), dtype=object))
        codes = categories.codes.to_numpy()
        return pd.Series(np.append(when.to_numpy(), np.datetime64("NaT"))[codes])

    def declare(self, schema: Schema) -> Schema:
        if self.day is None and self.at not in schema:
            raise StepError(
                f"`{self.at}` is neither a day nor a column.",
                "Write the day as 2019-04-01, or name a date column.",
                "at",
            )
        return super().declare(schema)

    def kind(self, old: Column) -> Kind:
        return Kind.INTEGER

    def domain(self, old: Column) -> Domain | None:
        if not isinstance(old.domain, Dates) or old.domain.origin is Origin.OBSERVED:
            return None
        if self.day is None:
            return None
        ends = pd.Series(pd.to_datetime([old.domain.edges[0], old.domain.edges[-1]], unit="s"))
        years = _years(ends, pd.Series(self.day, index=ends.index)).dropna().astype(int)
        top = int(years.max()) if len(years) else 0
        low = int(years.min()) if len(years) == 2 else 0
        values = tuple(str(a) for a in range(low, top + 1))
        return Categories(values, Origin.DECLARED, missing=True, typed="integer")

    def role(self, old: Column) -> Role:
        return Role.QUASI

    @property
    def said(self) -> str:
        return f"Age from {self.column} at {self.at}"


def _years(born: pd.Series, then: pd.Series) -> pd.Series:
    """Completed years as text; None where either is missing or the birth lies after the day."""
    had = (then.dt.month * 100 + then.dt.day) >= (born.dt.month * 100 + born.dt.day)
    years: Values = (then.dt.year - born.dt.year - 1 + had).to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    absent = (born.isna() | then.isna()).to_numpy() | (years < 0)
    told = [None if gone else str(int(y)) for y, gone in zip(years, absent, strict=True)]
    return pd.Series(told, index=born.index, dtype=object)
