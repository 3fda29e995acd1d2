"""What a custodian declares of the columns, laid over what the rows suggest."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypedDict

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from synth.errors import SchemaError
from synth.ingest.day_shapes import usual_formats
from synth.ingest.forms import Form
from synth.ingest.public import public_named
from synth.ingest.roles import role_by_name, words_of
from synth.ingest.suggest import INTERVALS, Suggestion, possible
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
from synth.schema.date_steps import DATE_STEPS, checked, edges_on
from synth.schema.edges import even_edges, whole_edges
from synth.schema.examples import decimals_of, spelling_of
from synth.schema.moments import as_seconds, resolution_of
from synth.schema.pattern import usual_pattern
from synth.schema.settings import mistaken
from synth.schema.spelling import PLAINLY, Spelling


class Part(BaseModel):
    """A table of the recipe: frozen, and without unknown keys; a switch is no number."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @field_validator("*", mode="before")
    @classmethod
    def _of_its_kind(cls, value: Any, field: ValidationInfo) -> Any:
        assert field.field_name is not None
        if why := mistaken(cls.model_fields[field.field_name].annotation, value):
            raise ValueError(why)
        return value


class Missingness(TypedDict):
    """What a domain says of missing cells: whether some may be, and whether some surely are."""

    missing: bool
    gapped: bool


class ColumnPart(Part):
    """What the custodian declares of a column; what is left out is found out, or read off the rows.

    Args:
        unit: what its numbers count: "kg", "days".
        seen: the custodian decided after looking at the rows, so that no formal promise covers it.
        also: formats that some of its dates have; they are read, and come out as `format`.
        template: of new identifiers; see `schema.pattern.Pattern`.
        written: how a number is written, as an example: "1.234,50 €"; see `schema.spelling`.
        intervals: into how many equal ones to cut; where it is left out, the cuts are found.
        public: a list of `ingest.public.PUBLIC`, which says kind, values and bounds.
        codes: texts among numbers or dates that are none, and states of their own: "unknown".
        missing: whether cells may be missing; said to be so, some surely are, and stay however few.
        missing_as: how a missing cell is written, one of `missing` in `[source]`.
        step: what numbers are multiples of, 0.5 or 100; or the name of a step of dates.
    """

    name: str
    seen: bool = False
    kind: Kind | None = None
    role: Role | None = None
    meaning: str = ""
    unit: str = ""
    low: float | str | None = None
    high: float | str | None = None
    intervals: int | None = Field(default=None, ge=1, le=10_000)
    edges: tuple[float, ...] | None = None
    values: tuple[str, ...] | None = None
    other: bool = True
    missing: bool | None = None
    decimals: int | None = Field(default=None, ge=0, le=12)
    format: str | None = None
    also: tuple[str, ...] | None = None
    template: str | None = None
    written: str | None = None
    codes: tuple[str, ...] | None = None
    missing_as: str | None = None
    public: str | None = None
    step: float | str | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_list(cls, given: Any) -> Any:
        """What a public list says, beneath what is said besides."""
        if not isinstance(given, Mapping) or not given.get("public"):
            return given
        try:
            public = public_named(str(given["public"]))
        except SchemaError as error:
            raise ValueError(str(error)) from None
        named = role_by_name(words_of(str(given.get("name", ""))))
        role = public.role if named is None or named.role is Role.IDENTIFIER else named.role
        return {"role": role, **public.document(), **given}

    @model_serializer(mode="wrap")
    def _by_list(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what the public list says anyway."""
        told: dict[str, Any] = written(self)
        said = public_named(self.public).document() if self.public else {}
        return {k: v for k, v in told.items() if k not in said or getattr(self, k) != said[k]}

    @property
    def gaps(self) -> Missingness:
        """What a domain is to say of missing cells: they may be there where nothing is said."""
        return {"missing": self.missing is not False, "gapped": self.missing is True}

    @property
    def form(self) -> bool:
        """Whether it says how the cells are written, so that nothing of that has to be found."""
        if self.role is Role.IDENTIFIER or self.values is not None:
            return True
        places = self.decimals if self.written is None else self.written
        needed = {Kind.REAL: places, Kind.DATE: self.format, Kind.BOOLEAN: None, None: None}
        return needed.get(self.kind, "") is not None

    @property
    def settled(self) -> bool:
        """Whether it says all that has to be known of a column but its values and bounds."""
        return self.form and self.role is not None and not self.seen


def declared(
    suggestions: Mapping[str, Suggestion], parts: Sequence[ColumnPart], *, lenient: bool = False
) -> Schema:
    """The suggested schema, with what the recipe declares put over it.

    Args:
        lenient: take a kind that no cell has as it is declared, and let every cell be missing.

    Raises:
        SchemaError: a column is not in the table, or a declaration contradicts itself.
    """
    known = {p.name: p for p in parts}
    if absent := [n for n in known if n not in suggestions]:
        near = difflib.get_close_matches(absent[0], list(suggestions), n=1)
        raise SchemaError(
            f"The table has no column `{absent[0]}`.",
            f"Did you mean `{near[0]}`?" if near else f"It has {', '.join(suggestions)}.",
        )
    columns = (
        declared_column(_every(s) if lenient else s, known[n]) if n in known else s.column
        for n, s in suggestions.items()
    )
    return Schema(tuple(columns))


def _every(suggestion: Suggestion) -> Suggestion:
    """The suggestion with a domain for each kind, fitting or not."""
    return replace(
        suggestion, alternatives={**possible(Form(Kind.TEXT)), **suggestion.alternatives}
    )


def declared_column(suggestion: Suggestion, part: ColumnPart) -> Column:
    """One column: the suggestion, with what is declared put over it."""
    column = suggestion.column
    kind = part.kind or (Kind.CATEGORY if part.values is not None else column.kind)
    role = part.role or column.role
    domain: Any = _stepped(column.name, _domain(suggestion, part, kind, role), part.step)
    facts = column.facts
    if part.seen:
        facts = Origin.CONFIRMED
        if domain.origin in (Origin.DECLARED, Origin.BOUNDED):
            domain = replace(domain, origin=Origin.CONFIRMED)
    elif part.settled:
        facts = Origin.DECLARED
    gap = "" if column.facts is Origin.OBSERVED and facts.public else column.missing_as
    return replace(
        column,
        kind=kind,
        role=role,
        domain=domain,
        meaning=part.meaning,
        unit=part.unit,
        facts=facts,
        missing_as=gap if part.missing_as is None else part.missing_as,
    )


def _stepped(name: str, domain: Domain | Pattern, step: float | str | None) -> Domain | Pattern:
    """The domain with a declared step. Raises SchemaError where it cannot have that."""
    if step is None:
        return domain
    if isinstance(domain, Dates) and isinstance(step, str):
        edges = tuple(edges_on(np.array(domain.edges), checked(step)).tolist())
        own = domain.origin is not Origin.OBSERVED
        return replace(domain, step=step, edges=edges if own else domain.edges)
    if isinstance(domain, Numbers) and not isinstance(step, str) and domain.decimals is not None:
        units = step * 10.0**domain.decimals
        if 1 <= units < math.inf and abs(units - round(units)) <= 1e-6 * units:
            return replace(domain, step=round(units))
    raise SchemaError(
        f"Column `{name}` cannot come in steps of {step}.",
        "For numbers give a multiple of their last decimal place, and decimals; for dates one of "
        f"{', '.join(DATE_STEPS)}.",
    )


def _domain(suggestion: Suggestion, part: ColumnPart, kind: Kind, role: Role) -> Domain | Pattern:
    name = suggestion.column.name
    if role is Role.IDENTIFIER:
        if part.template is not None:
            return Pattern(part.template)
        return usual_pattern(words_of(name)) if part.settled else suggestion.identifier
    if part.values is not None:
        return Categories(part.values, other=part.other, **part.gaps)
    if part.edges is not None and kind in (Kind.INTEGER, Kind.REAL):
        decimals, spelling = _written(suggestion, part, kind)
        codes = part.codes or ()
        return Numbers(part.edges, decimals=decimals, spelling=spelling, codes=codes, **part.gaps)
    if part.low is not None or part.high is not None:
        return _bounded(suggestion, part, kind)
    if kind is Kind.TEXT:
        return Text(Origin.DECLARED, part.missing is not False)
    found = suggestion.as_kind(kind)
    if found is None:
        raise SchemaError(
            f"Column `{name}` is declared as {kind.value}, but holds values that are not.",
            f"Declare it as one of {', '.join(k.value for k in suggestion.alternatives)}.",
        )
    return _as_said(suggestion, found, part, kind)


def _as_said(suggestion: Suggestion, found: Domain, part: ColumnPart, kind: Kind) -> Domain:
    """Values and bounds as the rows suggest them, and how they are written as it is declared.

    Were that taken from the rows beside a declaration, it would count as declared.
    """
    known = part.form and not part.seen
    if isinstance(found, Categories):
        return replace(found, **_gaps(found, part))
    if not isinstance(found, Numbers | Dates):
        return found
    codes = found.codes if part.codes is None and not known else part.codes or ()
    found = replace(found, codes=codes, **_gaps(found, part))
    if isinstance(found, Numbers) and (known or part.written is not None):
        decimals, spelling = _written(suggestion, part, kind)
        return replace(found, decimals=decimals, spelling=spelling)
    if isinstance(found, Dates) and part.format:
        step, also = resolution_of(part.format), part.also or ()
        return replace(found, format=part.format, resolution=step, also=also)
    return found


def _gaps(found: Categories | Numbers | Dates, part: ColumnPart) -> Missingness:
    """What a domain says of missing cells: where its form is not declared, as the rows show."""
    if part.form and not part.seen:
        return part.gaps
    return {"missing": found.missing, "gapped": found.missing and part.missing is True}


def _written(suggestion: Suggestion, part: ColumnPart, kind: Kind) -> tuple[int | None, Spelling]:
    """Decimal places and spelling of declared numbers."""
    found, spelling = suggestion.as_kind(kind), PLAINLY
    shown: int | None = None
    if part.written is not None:
        whole = kind is Kind.INTEGER
        spelling = spelling_of(part.written, whole=whole)
        endless = spelling.scale in ("E", "e")  # its places are those before the power
        shown = None if endless else decimals_of(part.written)
    elif isinstance(found, Numbers) and not part.form:
        spelling, shown = found.spelling, found.decimals
    places = shown if part.decimals is None else part.decimals
    return 0 if kind is Kind.INTEGER else places, spelling


def _bounded(suggestion: Suggestion, part: ColumnPart, kind: Kind) -> Domain:
    """Equal intervals between declared bounds; a first guess, where their number is left out."""
    name, intervals = suggestion.column.name, part.intervals or INTERVALS
    if part.low is None or part.high is None:
        raise SchemaError(
            f"Column `{name}` has one bound without the other.", "Declare both low and high."
        )
    if kind is Kind.DATE:
        found = suggestion.as_kind(kind)
        seen = found.format if isinstance(found, Dates) else "%Y-%m-%d"
        form = part.format or seen
        also = found.also if isinstance(found, Dates) and not part.format else ()
        also = also if part.also is None else part.also
        asked = (part.format,) if part.format else (seen, *usual_formats())
        low, high = _moment(name, part.low, asked), _moment(name, part.high, asked)
        step = resolution_of(form)
        edges = even_edges(low, high + step, intervals)
        origin, codes = _cut_by(part, edges, step), part.codes or ()
        return Dates(
            edges, origin, format=form, resolution=step, codes=codes, also=also, **part.gaps
        )
    decimals, spelling = _written(suggestion, part, kind)
    try:
        low, high = _quantity(part.low, spelling), _quantity(part.high, spelling)
    except ValueError:
        raise SchemaError(
            f"The bounds of column `{name}` are not numbers.", 'Give numbers, or kind = "date".'
        ) from None
    if not low < high and not (low == high and decimals is not None):  # a constant is a number
        raise SchemaError(
            f"Column `{name}` has the lower bound {low:g} and the upper bound {high:g}.",
            "Give the smaller bound first.",
        )
    cut = (
        whole_edges(int(low), int(high), intervals)
        if kind is Kind.INTEGER
        else _even(low, high, intervals, decimals)
    )
    origin = _cut_by(part, cut, 0.0 if decimals is None else 10.0**-decimals)
    codes = part.codes or ()
    return Numbers(cut, origin, decimals=decimals, spelling=spelling, codes=codes, **part.gaps)


def _cut_by(part: ColumnPart, edges: Sequence[float], step: float) -> Origin:
    """Who says where to cut: whoever says into how many, or the step, if nothing is finer."""
    finest = step > 0 and edges[-1] - edges[0] <= step * (len(edges) - 1) * (1 + 1e-9)
    return Origin.DECLARED if part.intervals or finest else Origin.BOUNDED


def _quantity(value: float | str, spelling: Spelling) -> float:
    """A bound as a number, be it written as the column's cells are. Raises ValueError for none."""
    read = spelling.read(value) if spelling.clock and isinstance(value, str) else math.nan
    return float(value) if math.isnan(read) else read


def _even(low: float, high: float, intervals: int, decimals: int | None) -> tuple[float, ...]:
    """Equal intervals that hold both bounds, as far as decimals allow on their grid."""
    if decimals is None:
        return even_edges(low, high, intervals)
    cut = even_edges(low, round(high + 10.0**-decimals, decimals), intervals)
    return tuple(dict.fromkeys(round(e, decimals) for e in cut))


def _moment(name: str, value: float | str, formats: Sequence[str]) -> float:
    dateless = not any(map(str.isdigit, str(value)))  # then thousands of formats need no trying
    for form in () if dateless else formats:
        seconds = float(as_seconds(pd.Series([str(value)]), form)[0])
        if not math.isnan(seconds):
            return seconds
    raise SchemaError(
        f"A bound of column `{name}` is not a date written as {formats[0]}.",
        "Write the bounds as the column's dates are written.",
    )
