"""A table that stays in its engine: what its columns seem to be, from their names and types alone.

No row is read for that, so value lists and bounds have to be declared, or are found out under the
budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

from synth.budget import Audience
from synth.ingest.declaration import ColumnPart
from synth.ingest.reading.said import Noticed, listed
from synth.ingest.reading.tidy import values_by_name
from synth.ingest.roles import guessed_role, words_of
from synth.ingest.suggest import MOST_VALUES, RARE_ROWS, UNKNOWN, Suggestion
from synth.lazily import np, nw, pd
from synth.schema import (
    Categories,
    Column,
    Dates,
    Domain,
    Kind,
    Numbers,
    Origin,
    Role,
    Text,
)
from synth.schema.pattern import usual_pattern
from synth.vault import PrivateTable

COMPARED = "the values that occur, to compare the release with"
TYPE = "By its type in the engine; no row was read."


def tidied(frame: nw.LazyFrame[Any], missing: Sequence[str]) -> nw.LazyFrame[Any]:
    """Text without blanks around it, and the texts that stand for nothing as missing."""
    texts = [n for n, kind in frame.collect_schema().items() if _is_text(kind)]
    bare = {n: nw.col(n).cast(nw.String).str.strip_chars() for n in texts}
    tell = _each if frame.implementation.is_duckdb() else _any
    nothing = {n: {"", *missing} - values_by_name(n) for n in bare}
    tidy = [nw.when(~tell(text, nothing[n])).then(text).alias(n) for n, text in bare.items()]
    return frame.with_columns(*tidy) if tidy else frame


def _any(text: nw.Expr, listed: set[str]) -> nw.Expr:
    return text.is_in(sorted(listed))


def _each(text: nw.Expr, listed: set[str]) -> nw.Expr:
    """DuckDB makes a join of `is_in`, and does it for columns that nobody looks at as well."""
    first, *others = (text == value for value in sorted(listed))
    return reduce(or_, others, first)


def suggest_in_place(frame: nw.LazyFrame[Any]) -> dict[str, Suggestion]:
    """A suggestion per column; domains wait to be declared or found out."""
    return {name: _suggested(name, kind) for name, kind in frame.collect_schema().items()}


def gaps_unseen(frame: nw.LazyFrame[Any], parts: Sequence[ColumnPart]) -> tuple[Noticed, ...]:
    """That nobody looks how missing cells of text are written, unless that is declared.

    To find it out takes the cells as they were, and those in the engine are asked for tidied.
    """
    told = {p.name for p in parts if p.missing_as is not None}
    texts = [n for n, k in frame.collect_schema().items() if _is_text(k) and n not in told]
    if not texts:
        return ()
    return (
        Noticed(
            f"How missing cells are written in {listed(texts)} is not counted where rows stay: "
            "they come out empty.",
            'To write them otherwise, say missing_as = "NA" in the [[column]] of each.',
        ),
    )


def as_they_are(private: PrivateTable) -> PrivateTable:
    """The rows under the value lists that really occur, for a custodian who compares.

    Under a list that was found out with noise, what is missing from it would count as "other" on
    both sides, and look well kept.
    """
    schema = private.schema
    for column in schema.modelled:
        if isinstance(column.domain, Categories) and column.domain.origin is Origin.DISCOVERED:
            values, counts = private.exact_values(
                column.name, COMPARED, Audience.CUSTODIAN, RARE_ROWS
            )
            often = [
                values[i] for i in np.argsort(-counts, kind="stable") if counts[i] >= RARE_ROWS
            ]
            listed = tuple(sorted(often[:MOST_VALUES]))
            domain = replace(column.domain, values=listed, origin=Origin.OBSERVED)
            schema = schema.replaced(replace(column, domain=domain))
    return private.declare(schema)


def _is_text(kind: nw.dtypes.DType) -> bool:
    return kind in (nw.String, nw.Categorical, nw.Enum)


def _suggested(name: str, type: nw.dtypes.DType) -> Suggestion:
    possible = _possible(type)
    kind = next(iter(possible))
    guess = guessed_role(name, pd.Series([], dtype=object), 0, kind)
    new = usual_pattern(words_of(name))
    domain = new if guess.role is Role.IDENTIFIER else possible[kind]
    why = f"{guess.why} {TYPE}".strip()
    return Suggestion(Column(name, domain, kind, guess.role, why), possible, new)


def _possible(type: nw.dtypes.DType) -> dict[Kind, Domain]:
    """The domain under each kind a column of this type may be; the likeliest first."""
    seen = Origin.OBSERVED
    whole = Numbers(UNKNOWN, seen, missing=True, decimals=0)
    real = Numbers(UNKNOWN, seen, missing=True)
    values = Categories((), seen, missing=True, other=True)
    words: dict[Kind, Domain] = {Kind.CATEGORY: values, Kind.TEXT: Text(seen, missing=True)}
    if type == nw.Boolean:
        return {Kind.BOOLEAN: Categories(("false", "true"), missing=True)}
    if type.is_integer():
        listed = Categories((), seen, missing=True, other=True, typed="integer")
        return {Kind.INTEGER: whole, Kind.REAL: real, **words, Kind.CATEGORY: listed}
    if type.is_numeric():
        return {Kind.REAL: real, Kind.INTEGER: whole, **words}
    if type == nw.Date:
        return {Kind.DATE: _dates("%Y-%m-%d", 86400.0), **words}
    if type == nw.Datetime:
        return {Kind.DATE: _dates("%Y-%m-%d %H:%M:%S", 1.0), **words}
    text: dict[Kind, Domain] = {Kind.INTEGER: whole, Kind.REAL: real}
    return {**words, **text, Kind.DATE: _dates("%Y-%m-%d", 86400.0)}


def _dates(form: str, resolution: float) -> Dates:
    edges = (0.0, 86400.0)
    return Dates(edges, Origin.OBSERVED, missing=True, format=form, resolution=resolution)
