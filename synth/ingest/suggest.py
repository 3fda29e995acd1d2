"""A first guess at what each column is, with its reason. Read off the rows, and says so.

Reasons name counts and shares, never a cell value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from synth.budget.eyes import ForCustodian
from synth.ingest.finer import detailed, details
from synth.ingest.forms import (
    Form,
    MissingTexts,
    form_of,
    truths,
    usual_gaps,
)
from synth.ingest.named import names_codes
from synth.ingest.named_digits import counted_by_name, formats_by_name, way_by_name
from synth.ingest.persons import Repeats, could_name_people, repeats_of
from synth.ingest.profile import Profile, profile_of, quantities
from synth.ingest.reasons import Presence, kind_and_reason
from synth.ingest.repairs import Repair, repairs_of
from synth.ingest.reread import Reread, rereadings
from synth.ingest.roles import judged_role, words_of
from synth.ingest.shaping import Shapes
from synth.ingest.tallies import usual_comma
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
from synth.schema.counted_moments import EXCEL
from synth.schema.edges import even_edges, whole_edges
from synth.schema.moments import as_seconds, resolution_of
from synth.schema.pattern import RUNNING, USUAL, usual_pattern
from synth.schema.spelling import DEEPEST, Spelling
from synth.schema.stored import listed_by_type
from synth.schema.values import as_text
from synth.vault.gaps import NO_GAPS, Gaps

INTERVALS = 32  # how many intervals numbers are cut into, unless there are few values
MOST_LOOKED = 20_000  # different values of a column whose shapes are looked at for a suggestion
FEW = 100  # whole numbers up to this range keep an interval each
MOST_VALUES = 300  # categories listed; rarer ones are grouped
UNKNOWN = (0.0, 1.0)  # edges that stand for bounds nobody knows yet
NOTHING: Mapping[str, str] = MappingProxyType({})
NOTHING_PLACED: Mapping[str, int] = MappingProxyType({})
ENDLESS = 253_370_764_800.0  # the year 9999, in seconds since 1970: a day in it is a code for none
COUNTABLE = 1e290  # numbers below this can be counted in units of the last decimal place
RARE_ROWS = 5  # a value in fewer rows than this is grouped with the other rare ones


@dataclass(frozen=True, repr=False)
class Suggestion(ForCustodian):
    """What a column seems to be, and the domain it would have as each other kind it could be.

    Args:
        identifier: the format of new identifiers, should it be declared as one.
        repeats: how often its values repeat, where they may be people's numbers.
        profile: the column at a glance; None where no row was read.
        repairs: what seems wrong with it, and would put it right.
        reread: what of it is read otherwise than it is written.
    """

    column: Column
    alternatives: Mapping[Kind, Domain]
    identifier: Pattern = field(default_factory=lambda: Pattern(USUAL, Origin.OBSERVED))
    repeats: Repeats | None = None
    profile: Profile | None = None
    repairs: tuple[Repair, ...] = ()
    reread: tuple[Reread, ...] = ()

    def as_kind(self, kind: Kind) -> Domain | None:
        """The domain under another kind; None where the values do not allow it."""
        return self.alternatives.get(kind)


@dataclass
class _Others:
    """What all columns together tell: `comma` as `usual_comma` gives it."""

    comma: float = 0.0


@dataclass(frozen=True)
class _Values:
    """The different values of a column as text, how often each occurs, and what is missing.

    Args:
        gone: how many missing cells were written as each of `gaps`, the empty ones last.
        gaps: how missing cells of the file are written.
        others: what the other columns tell.
        order: the place of each value, where its type gives it one.
    """

    text: pd.Series
    counts: np.ndarray[Any, np.dtype[np.int64]]
    rows: int
    gone: np.ndarray[Any, np.dtype[np.int64]]
    gaps: MissingTexts
    order: Mapping[str, int]
    others: _Others
    _numbers: dict[Spelling, np.ndarray[Any, np.dtype[np.float64]]] = field(default_factory=dict)
    _seconds: dict[tuple[str, ...], np.ndarray[Any, np.dtype[np.float64]]] = field(
        default_factory=dict
    )

    @property
    def present(self) -> int:
        return int(self.counts.sum())

    @property
    def missing(self) -> bool:
        return self.present < self.rows

    @cached_property
    def shapes(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """How many cells have each shape; the missing ones come last."""
        return self._counted("shapes")

    def _counted(self, of: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        domain = Shapes(of)
        every = max(1, -(-len(self.text) // MOST_LOOKED))  # of very many, some show enough
        codes = domain.shown(self.text[::every])
        weight = self.counts[::every] * every
        counted = np.bincount(codes, weight, domain.size).astype(np.float64)
        return np.concatenate([counted[:-1], self.gone])

    def numbers(self, spelling: Spelling) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The different values as numbers; NaN for what is none. Read once for each spelling."""
        if spelling not in self._numbers:
            self._numbers[spelling] = spelling.numbers(self.text)
        return self._numbers[spelling]

    def seconds(
        self, format: str, also: tuple[str, ...] = ()
    ) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The different values as seconds since 1970. Read once for each format."""
        if (format, *also) not in self._seconds:
            self._seconds[format, *also] = as_seconds(self.text, format, also)
        return self._seconds[format, *also]

    def formed(self, kind: Kind | None = None) -> Form:
        """How the cells are written, from exact counts; as cells of a kind, if one is given."""
        form = form_of(self.shapes, 0.0, kind, self.gaps, self.others.comma)
        for of in details(form) if form.fitting else ():
            form = detailed(form, of, self._counted(of), 0.0)
        if EXCEL in form.also and np.isnan(as_seconds(self.text, "", (EXCEL,))).all():
            form = replace(form, also=tuple(f for f in form.also if f != EXCEL))
        return form

    @cached_property
    def form(self) -> Form:
        return self.formed()


def suggest(
    frame: pd.DataFrame,
    stored: Mapping[str, str] = NOTHING,
    gaps: Gaps = NO_GAPS,
    delimiter: str = "",
) -> dict[str, Suggestion]:
    """A suggestion per column of a table as `read_table` gives it.

    Args:
        stored: the types in which the source stores its columns, as far as it has any.
        gaps: how missing cells were written.
        delimiter: what stood between two fields, where it was a text file.
    """
    gone = {str(n): _gone(frame[n], gaps) for n in frame.columns}
    usual = usual_gaps(gaps.texts, [g.astype(np.float64) for g in gone.values()], 0.0)
    others = _Others()
    every = {str(n): _values(frame[n], gone[str(n)], usual, others) for n in frame.columns}
    others.comma = usual_comma([v.shapes for v in every.values()], 0.0, delimiter)
    return {n: _suggested(n, values, stored.get(n, "")) for n, values in every.items()}


def _gone(column: pd.Series, gaps: Gaps) -> np.ndarray[Any, np.dtype[np.int64]]:
    """How many missing cells were written as each text, the empty ones last."""
    told = gaps.counts(str(column.name))
    return np.append(told, int(column.isna().sum()) - told.sum())


def suggested_schema(suggestions: Mapping[str, Suggestion]) -> Schema:
    """The schema as suggested."""
    return Schema(tuple(s.column for s in suggestions.values()))


def _values(
    column: pd.Series,
    gone: np.ndarray[Any, np.dtype[np.int64]],
    gaps: MissingTexts,
    others: _Others,
) -> _Values:
    texts, counts = _different(column)
    return _Values(texts, counts, len(column), gone, gaps, _order(column.dtype), others)


def _different(column: pd.Series) -> tuple[pd.Series, np.ndarray[Any, np.dtype[np.int64]]]:
    """The different values as text, the most frequent first, and how many cells have each."""
    if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.categories.dtype == "str":
        codes = column.cat.codes.to_numpy()
        told = np.bincount(codes[codes >= 0], minlength=len(column.cat.categories))
        order = np.argsort(-told, kind="stable")[: np.count_nonzero(told)]
        names = column.cat.categories.to_numpy(dtype=object)
        return pd.Series(names[order], dtype=object), told[order].astype(np.int64)
    counts = column.value_counts(dropna=True)
    counts = counts[counts > 0]
    index = pd.Series(counts.index)
    if isinstance(index.dtype, pd.CategoricalDtype):
        index = pd.Series(index.astype(index.cat.categories.dtype))
    texts = as_text(index)
    if texts.duplicated().any():  # numbers that are written alike
        added = pd.Series(counts.to_numpy()).groupby(texts, sort=False).sum()
        texts, counts = pd.Series(added.index, dtype=object), added
    return texts, counts.to_numpy().astype(np.int64)


def _order(kind: Any) -> Mapping[str, int]:
    if not isinstance(kind, pd.CategoricalDtype) or not kind.ordered:
        return NOTHING_PLACED
    return {str(value): place for place, value in enumerate(kind.categories)}


def _suggested(name: str, values: _Values, stored: str) -> Suggestion:
    possible = _possible(name, values)
    kind, why = _kind(values, possible)
    if listed_by_type(stored) and kind is not Kind.CATEGORY:
        kind, why = Kind.CATEGORY, "Its type says that it holds one of a list of values."
    if kind in (Kind.INTEGER, Kind.REAL) and names_codes(words_of(name)):
        kind, why = Kind.CATEGORY, f"Its name says that its numbers are codes. {why}"
    measured = values.form.measured or bool(formats_by_name(name, values.text))
    guess = judged_role(name, values.text, values.present, kind, measured=measured)
    if guess.withheld:
        kind = Kind.TEXT
    why = guess.why if guess.whole else f"{guess.why} {why}".strip()
    role = guess.role
    new = _identifiers(name, values, kind, guess.format)
    domain: Domain | Pattern = new if role is Role.IDENTIFIER else possible[kind]
    gap = values.form.missing_as
    column = Column(
        name, domain, kind, role, why, facts=Origin.OBSERVED, stored=stored, missing_as=gap
    )
    people = could_name_people(name, values.text, role, kind)
    repeats = repeats_of(values.counts, values.rows) if people else None
    return Suggestion(column, possible, new, repeats, *_at_a_glance(column, values, possible[kind]))


def _at_a_glance(
    column: Column, values: _Values, seen: Domain
) -> tuple[Profile, tuple[Repair, ...], tuple[Reread, ...]]:
    amounts = quantities(values.text, seen, values.numbers, values.seconds)
    profile = profile_of(values.counts, values.rows, amounts)
    if not column.modelled:
        return profile, (), ()
    repairs = repairs_of(column.name, values.text, values.counts, seen, amounts)
    told = np.full(len(values.text), np.nan) if amounts is None else amounts
    reread = rereadings(column.name, values.form, seen, values.text, values.counts, told)
    return profile, repairs, tuple(r for r in reread if r.label or not repairs)


def _identifiers(name: str, values: _Values, kind: Kind, seen: str) -> Pattern:
    """The format of new identifiers: one of a public list, whatever the real ones look like."""
    if seen:
        return Pattern(seen, Origin.OBSERVED)
    usual = usual_pattern(words_of(name), Origin.OBSERVED)
    counted = kind is Kind.INTEGER and usual.template == USUAL
    return Pattern(RUNNING, Origin.OBSERVED) if counted else usual


def _possible(name: str, values: _Values) -> dict[Kind, Domain]:
    """The domain of each kind that a value allows; category and text always do."""
    found: dict[Kind, Domain] = {Kind.CATEGORY: _categories(values)}
    found[Kind.TEXT] = Text(Origin.OBSERVED, values.missing)
    form = values.form
    if form.kind is Kind.BOOLEAN:
        found[Kind.BOOLEAN] = truths(form, Origin.OBSERVED)
    for kind in (Kind.INTEGER, Kind.REAL):
        written = values.formed(kind)
        numbers = values.numbers(written.spelling)
        if not np.isnan(numbers).all():
            found[kind] = _numbers(values, numbers, written)
    written = values.formed(Kind.DATE)
    dated = values.seconds(written.format, written.also) if written.fitting else np.array([np.nan])
    if (dated < ENDLESS).any():
        found[Kind.DATE] = _dates(values, dated, written.format, written.also)
        if way := way_by_name(name, written.format):
            spelt = replace(written, decimals=0, spelling=Spelling(clock=way))
            found[Kind.INTEGER] = _numbers(values, values.numbers(spelt.spelling), spelt)
    elif isinstance(real := found.get(Kind.REAL), Numbers) and (
        counts := counted_by_name(name, values.numbers(real.spelling))
    ):
        found[Kind.DATE] = _dates(values, values.seconds(counts), counts)
    elif digits := formats_by_name(name, values.text):
        found[Kind.DATE] = _dates(values, values.seconds(digits[0]), digits[0])
    return found


def _kind(values: _Values, possible: Mapping[Kind, Domain]) -> tuple[Kind, str]:
    filled = Presence(
        len(values.text),
        values.rows,
        values.present,
        {k: _misread(values, d) for k, d in possible.items() if k is values.form.kind},
    )
    grouped = filled.different - len(_listed(values))
    return kind_and_reason(values.form, filled, set(possible), grouped)


def _misread(values: _Values, domain: Domain) -> int:
    """How many rows hold something that is no number, or no date, of a domain."""
    amounts = quantities(values.text, domain, values.numbers, values.seconds)
    return 0 if amounts is None else int(values.counts[np.isnan(amounts)].sum())


def _listed(values: _Values) -> list[str]:
    """The values to list: the most frequent, without those that only a few rows have."""
    common = values.text[values.counts >= _least(values)].tolist()[:MOST_VALUES]
    return sorted(common, key=lambda v: (values.order.get(v, 0), v))


def _categories(values: _Values) -> Categories:
    listed = _listed(values)
    other = len(listed) < len(values.text)
    whole = values.form.kind is Kind.INTEGER and values.form.fitting == 1
    typed = "integer" if whole else "text"
    missing = values.missing or not (listed or other)
    return Categories(tuple(listed), Origin.OBSERVED, missing, other, typed)


def _numbers(values: _Values, numbers: np.ndarray[Any, Any], form: Form) -> Numbers:
    fits = ~np.isnan(numbers)
    numbers, counts = numbers[fits], values.counts[fits]
    if form.converted and form.decimals is not None:
        numbers = np.round(numbers, form.decimals)
    low, high = float(numbers.min()), float(numbers.max())
    decimals = form.decimals
    if decimals is None and not form.spelling.scale and max(-low, high) < COUNTABLE:
        decimals = DEEPEST
    codes = _codes(values, fits)
    missing = values.missing or int((~fits).sum()) > len(codes)
    if decimals == 0 and high - low < FEW and max(-low, high) < 2**53:
        edges = whole_edges(math.floor(low), math.floor(high), FEW)
    else:
        edges = _by_quantiles(numbers, counts, 0.0 if decimals is None else 10.0**-decimals)
    return Numbers(edges, Origin.OBSERVED, missing, decimals, form.spelling, codes)


def _codes(values: _Values, fits: np.ndarray[Any, Any]) -> tuple[str, ...]:
    """Words among numbers, or among dates, that more than a few rows share."""
    shared = values.text[~fits & (values.counts >= _least(values))]
    return tuple(sorted(shared.tolist()))


def _least(values: _Values) -> int:
    """Rows that a value needs to be listed."""
    return min(RARE_ROWS, max(1, values.rows // 200))


def _by_quantiles(
    numbers: np.ndarray[Any, np.dtype[np.float64]],
    counts: np.ndarray[Any, np.dtype[np.int64]],
    step: float,
) -> tuple[float, ...]:
    """Intervals with about as many rows each; a value with more rows than that has its own."""
    order = np.argsort(numbers)
    ranked, weight = numbers[order], counts[order]
    reached = np.cumsum(weight) / weight.sum()
    step = max(step, 2 * float(np.spacing(np.abs(ranked).max())))  # what doubles can tell apart
    cuts = ranked[np.searchsorted(reached, np.linspace(0, 1, INTERVALS + 1)[1:-1])]
    spikes = ranked[weight > weight.sum() / INTERVALS]
    edges = np.unique(np.concatenate([[ranked[0]], cuts, spikes, spikes + step]))
    edges = edges[edges < ranked[-1] + step / 2]
    apart = np.concatenate([[True], np.diff(edges / 2) > step / 4])  # a double holds half a span
    return (*map(float, edges[apart]), float(ranked[-1] + step))


def _dates(
    values: _Values, seconds: np.ndarray[Any, Any], form: str, also: tuple[str, ...] = ()
) -> Dates:
    fits = seconds < ENDLESS
    codes = _codes(values, fits)
    missing = values.missing or int((~fits).sum()) > len(codes)
    seconds = seconds[fits]
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
    return Dates(edges, Origin.OBSERVED, missing, form, step, codes, also)


def possible(form: Form) -> dict[Kind, Domain]:
    """The domain under each kind, with values and bounds that are still to be found."""
    open_ = Origin.OBSERVED
    step = resolution_of(form.format)
    return {
        Kind.CATEGORY: Categories((), open_, form.missing, other=True),
        Kind.TEXT: Text(Origin.DISCOVERED, missing=True),
        Kind.BOOLEAN: truths(form, Origin.DISCOVERED),
        Kind.INTEGER: Numbers(UNKNOWN, open_, form.missing, 0, form.spelling),
        Kind.REAL: Numbers(UNKNOWN, open_, form.missing, form.decimals, form.spelling),
        Kind.DATE: Dates((0.0, 86400.0), open_, form.missing, form.format, step, (), form.also),
    }
