"""A first guess at what each column is, with its reason. Read off the rows, and says so.

Reasons name counts and shares, never a cell value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from synth.budget.eyes import ForCustodian
from synth.ingest.roles import guessed_role
from synth.lazily import np, pd
from synth.schema import (
    Categories,
    Column,
    Dates,
    Domain,
    Kind,
    Numbers,
    Origin,
    Pattern,
    Role,
    Schema,
    Text,
)
from synth.schema.edges import even_edges, whole_edges
from synth.schema.pattern import USUAL, pattern_of
from synth.schema.values import as_numbers, as_seconds, as_text

INTERVALS = 32  # how many intervals numbers are cut into, unless there are few values
FEW = 100  # whole numbers up to this range keep an interval each
MOST_VALUES = 300  # categories listed; rarer ones are grouped
RARE_ROWS = 5  # a value in fewer rows than this is grouped with the other rare ones
FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
)
WHOLE = re.compile(r"[+-]?(0|[1-9]\d*)")
REAL = re.compile(r"[+-]?(0|[1-9]\d*)?([.]\d+)?([eE][+-]?\d+)?")
COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+")


@dataclass(frozen=True, repr=False)
class Suggestion(ForCustodian):
    """What a column seems to be, and the domain it would have as each other kind it could be.

    Args:
        identifier: the format of new identifiers, should it be declared as one.
    """

    column: Column
    alternatives: Mapping[Kind, Domain]
    identifier: Pattern = field(default_factory=lambda: Pattern(USUAL))

    def as_kind(self, kind: Kind) -> Domain | None:
        """The domain under another kind; None where the values do not allow it."""
        return self.alternatives.get(kind)


@dataclass(frozen=True)
class _Values:
    """The different values of a column as text, how often each occurs, and what is missing."""

    text: pd.Series
    counts: np.ndarray[Any, np.dtype[np.int64]]
    rows: int

    @property
    def present(self) -> int:
        return int(self.counts.sum())

    @property
    def missing(self) -> bool:
        return self.present < self.rows

    def all_match(self, pattern: re.Pattern[str]) -> bool:
        return len(self.text) > 0 and all(pattern.fullmatch(t) for t in self.text)


def suggest(frame: pd.DataFrame) -> dict[str, Suggestion]:
    """A suggestion per column of a table as `read_table` gives it."""
    return {str(n): _suggested(str(n), _values(frame[n])) for n in frame.columns}


def suggested_schema(suggestions: Mapping[str, Suggestion]) -> Schema:
    """The schema as suggested."""
    return Schema(tuple(s.column for s in suggestions.values()))


def points_for_commas(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns written with a decimal comma, with a decimal point."""
    for name in frame.columns:
        values = frame[name]
        if not isinstance(values.dtype, pd.CategoricalDtype) or not len(values.cat.categories):
            continue
        text = [str(c) for c in values.cat.categories]
        if any("," in t for t in text) and all(
            COMMA.fullmatch(t) or WHOLE.fullmatch(t) for t in text
        ):
            pointed = [t.replace(".", "").replace(",", ".") if "," in t else t for t in text]
            if len(set(pointed)) == len(pointed):
                frame[name] = values.cat.rename_categories(pointed)
    return frame


def _values(column: pd.Series) -> _Values:
    counts = column.value_counts(dropna=True)
    counts = counts[counts > 0]
    index = pd.Series(counts.index)
    if isinstance(index.dtype, pd.CategoricalDtype):
        index = pd.Series(index.astype(index.cat.categories.dtype))
    return _Values(as_text(index), counts.to_numpy().astype(np.int64), len(column))


def _suggested(name: str, values: _Values) -> Suggestion:
    possible = _possible(values)
    kind, why = _kind(values, possible)
    domain: Domain | Pattern = possible[kind]
    role = Role.PLAIN
    if _names_people(values, kind):
        role, why = Role.IDENTIFIER, _unique_reason(values)
        domain = pattern_of(values.text)
    elif kind is Kind.CATEGORY and len(values.text) > max(20, values.present / 2):
        role, why = Role.IDENTIFIER, _nearly_unique_reason(values)
        domain = pattern_of(values.text)
    guess = guessed_role(name, values.text, values.present, kind)
    if guess.why:
        why = f"{guess.why} {why}"
    told = guess.role in (Role.QUASI, Role.SENSITIVE) and len(values.text) < values.present
    if guess.role is not Role.PLAIN and (role is Role.PLAIN or told):
        role = guess.role
        domain = possible[kind]
        domain = pattern_of(values.text) if role is Role.IDENTIFIER else domain
    return Suggestion(Column(name, domain, kind, role, why), possible)


def _unique_reason(values: _Values) -> str:
    return f"{len(values.text):,} different values in {values.present:,} rows: an identifier."


def _nearly_unique_reason(values: _Values) -> str:
    return (
        f"{len(values.text):,} different values in {values.present:,} rows: nearly an identifier. "
        "Generalise it first if you want to keep what it tells."
    )


def _names_people(values: _Values, kind: Kind) -> bool:
    """Every row has its own value, and the value is a name or a number, not a measurement."""
    if len(values.text) < 20 or len(values.text) < values.present:
        return False
    return kind in (Kind.INTEGER, Kind.CATEGORY)


def _possible(values: _Values) -> dict[Kind, Domain]:
    """The domain of each kind the values allow; category and text always do."""
    found: dict[Kind, Domain] = {Kind.CATEGORY: _categories(values)}
    found[Kind.TEXT] = Text(Origin.OBSERVED, values.missing)
    if {t.lower() for t in values.text} in ({"true", "false"}, {"true"}, {"false"}):
        found[Kind.BOOLEAN] = Categories(
            tuple(sorted(values.text)), Origin.OBSERVED, values.missing, typed="text"
        )
    whole = values.all_match(WHOLE)
    if whole:
        found[Kind.INTEGER] = _numbers(values, 0)
    if whole or (values.all_match(REAL) and all(values.text.str.len() > 0)):
        found[Kind.REAL] = _numbers(values, max(map(_decimals, values.text)))
    if not whole and (form := _date_format(values.text)):
        found[Kind.DATE] = _dates(values, form)
    return found


def _kind(values: _Values, possible: Mapping[Kind, Domain]) -> tuple[Kind, str]:
    distinct = len(values.text)
    gone = f" {values.rows - values.present:,} are missing." if values.missing else ""
    if not distinct:
        return Kind.CATEGORY, "Every value is missing."
    if Kind.BOOLEAN in possible:
        return Kind.BOOLEAN, f"True or false.{gone}"
    for kind, words in (
        (Kind.INTEGER, "whole numbers"),
        (Kind.REAL, "numbers"),
        (Kind.DATE, "dates of one format"),
    ):
        if kind in possible:
            return kind, f"{distinct:,} different {words}.{gone}"
    if distinct > 50 and float(values.text.str.len().mean()) > 30:
        return Kind.TEXT, f"{distinct:,} different long texts.{gone}"
    return (
        Kind.CATEGORY,
        f"{distinct:,} different values in {values.rows:,} rows.{gone}{_rare(values)}",
    )


def _rare(values: _Values) -> str:
    grouped = len(values.text) - len(_listed(values))
    return f" {grouped:,} rare ones are grouped as other." if grouped else ""


def _listed(values: _Values) -> list[str]:
    """The values to list: the most frequent, without those that only a few rows have."""
    least = min(RARE_ROWS, max(1, values.rows // 200))
    common = values.text[values.counts >= least].tolist()[:MOST_VALUES]
    return sorted(common)


def _categories(values: _Values) -> Categories:
    listed = _listed(values)
    other = len(listed) < len(values.text)
    typed = "integer" if values.all_match(WHOLE) else "text"
    missing = values.missing or not (listed or other)
    return Categories(tuple(listed), Origin.OBSERVED, missing, other, typed)


def _decimals(text: str) -> int:
    mantissa, _, power = text.lower().partition("e")
    return max(0, len(mantissa.partition(".")[2]) - int(power or 0))


def _numbers(values: _Values, decimals: int) -> Numbers:
    numbers = as_numbers(values.text)
    low, high = float(numbers.min()), float(numbers.max())
    step = 10.0**-decimals
    if decimals == 0 and high - low < FEW:
        edges = whole_edges(int(low), int(high), FEW)
    else:
        edges = _by_quantiles(numbers, values.counts, step)
    return Numbers(edges, Origin.OBSERVED, values.missing, min(decimals, 12))


def _by_quantiles(
    numbers: np.ndarray[Any, np.dtype[np.float64]],
    counts: np.ndarray[Any, np.dtype[np.int64]],
    step: float,
) -> tuple[float, ...]:
    """Intervals with about as many rows each; a value with more rows than that has its own."""
    order = np.argsort(numbers)
    ranked, weight = numbers[order], counts[order]
    reached = np.cumsum(weight) / weight.sum()
    cuts = ranked[np.searchsorted(reached, np.linspace(0, 1, INTERVALS + 1)[1:-1])]
    spikes = ranked[weight > weight.sum() / INTERVALS]
    edges = np.unique(np.concatenate([[ranked[0]], cuts, spikes, spikes + step]))
    edges = edges[edges < ranked[-1] + step / 2]
    apart = np.concatenate([[True], np.diff(edges) > step / 2])
    return (*map(float, edges[apart]), float(ranked[-1] + step))


def _date_format(text: pd.Series) -> str:
    """The one format all values have; day before month where both are possible."""
    if not len(text) or not text.head(20).str.contains(r"\d[-/.:T]\d").all():
        return ""
    for form in FORMATS:
        if np.isnan(as_seconds(text.head(50), form)).any():
            continue
        if not np.isnan(as_seconds(text, form)).any():
            return form
    return ""


def resolution_of(form: str) -> float:
    """Seconds between two moments that a date format can tell apart."""
    for code, seconds in (("%f", 1e-6), ("%S", 1.0), ("%M", 60.0), ("%H", 3600.0)):
        if code in form:
            return seconds
    return 86400.0


def _dates(values: _Values, form: str) -> Dates:
    seconds = as_seconds(values.text, form)
    step = resolution_of(form)
    grid = max(step, 60.0)
    low = float(np.floor(seconds.min() / grid) * grid)
    high = float(np.floor(seconds.max() / grid) * grid + grid)
    days = round((high - low) / 86400)
    if step >= 86400 and days <= FEW:
        edges = tuple(low + 86400.0 * i for i in range(days + 1))
    else:
        cut = even_edges(low, high, 48)
        edges = tuple(dict.fromkeys(float(np.floor(e / grid) * grid) for e in cut))
    return Dates(edges, Origin.OBSERVED, values.missing, form, step)
