"""Rows that stay where they are: only counts come back from the engine that holds them.

One grouped query per contingency table, in the words of narwhals, which speaks to DuckDB, Polars,
PySpark and, through ibis, to PostgreSQL. Where an engine can hold a table of its own, the codes of
all columns are worked out there once; after that each count is a scan of small whole numbers.
The codes are those of `HeldRows`: a contract test counts the same table on every engine.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from math import ceil
from typing import Any

from synth.budget.resemblance import Traits
from synth.errors import QueryError, SchemaError, SynthError
from synth.lazily import np, nw, pd
from synth.schema import Categories, Codes, Dates, Domain, Numbers, Schema, Text
from synth.schema.gathered import Gathered
from synth.schema.tables import IntCounts, cells_of
from synth.vault.answers import Shares
from synth.vault.engines import CodeTable, Engine, Key, Unheld, engine_of_frame
from synth.vault.gaps import NO_GAPS, Gaps
from synth.vault.held import HeldRows, Rows, at_most_per_person, merged
from synth.vault.likeness import traits_of_place
from synth.vault.passing import Came, Stays

# No more digits than a double surely holds: PostgreSQL fails on others.
_DIGITS, _PLACES = "0*[0-9]{1,200}", "[.][0-9]{0,200}0*"
NUMBER = f"^[+-]?(?:{_DIGITS}(?:{_PLACES})?|[.][0-9]{{1,200}}0*)(?:[eE][+-]?[0-9]{{1,2}})?$"
EARLIEST, LATEST = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999)
MOST_LISTED = 2_000  # values of one column that are written into a query


@contextmanager
def _explained() -> Iterator[None]:
    """What an engine says when it fails may quote a cell: tell only that it failed.

    Raises:
        QueryError: it did.
    """
    try:
        yield
    except SynthError:
        raise
    except Exception as error:
        raise QueryError(
            "The engine that holds the rows could not answer, or the connection to it was lost "
            f"({type(error).__name__}).",
            "See that it runs and that its columns hold what was declared, and try again.",
        ) from None


def _fetched(lazy: nw.LazyFrame[Any]) -> pd.DataFrame:
    frame: pd.DataFrame = lazy.collect("pyarrow").to_native().to_pandas()
    return frame


@dataclass(eq=False)
class LazyRows:
    """Rows in their engine, behind a narwhals lazy frame.

    Args:
        known_as: a name under which what is spent on these rows adds up; no cell value.
        tidy: what is done to columns before they are counted; see `Stays`.
    """

    frame: nw.LazyFrame[Any]
    known_as: str = ""
    tidy: Callable[[nw.LazyFrame[Any]], nw.LazyFrame[Any]] = lambda frame: frame
    token: str = field(default_factory=lambda: secrets.token_hex(8), repr=False)
    _unheld: bool = field(default=False, repr=False)  # the engine holds no table for us
    _kept: set[tuple[str, Domain]] = field(default_factory=set, repr=False)
    _held: CodeTable | None = field(default=None, repr=False)
    _last: tuple[Schema, str] | None = field(default=None, repr=False)

    @property
    def gaps(self) -> Gaps:
        return NO_GAPS  # nothing is known of how cells are written there

    def held(self) -> HeldRows:
        raise SchemaError(
            "These rows stay in their engine, and this step needs them in memory.",
            "Use a method that needs counts only, or load the table.",
        )

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._types)

    @cached_property
    def _types(self) -> nw.Schema:
        return self.tidy(self.frame).collect_schema()

    def _of(self, names: Sequence[str]) -> nw.LazyFrame[Any]:
        """Some columns, as they are to be counted."""
        return self.tidy(self.frame.select(*names))

    @_explained()
    def total(self) -> int:
        return int(_fetched(self.frame.select(nw.len().alias("rows")))["rows"].iloc[0])

    @_explained()
    def count(self, schema: Schema, names: Sequence[str]) -> IntCounts:
        shape = schema.shape(names)
        cells_of(shape)
        if not names:
            return np.array(self.total(), dtype=np.int64)
        fine = [_fine(schema.domain(n)) for n in names]
        held, keys = self._asked(schema, list(zip(names, fine, strict=True)))
        found = self._grouped(held, names, keys)
        codes = [
            _gathered(schema.domain(n), k.codes(found[f"k{i}"]))
            for i, (n, k) in enumerate(zip(names, keys, strict=True))
        ]
        table = np.zeros(shape, dtype=np.int64)
        np.add.at(table, tuple(codes), found["rows"].to_numpy(dtype=np.int64))
        return table

    def _grouped(
        self, held: CodeTable | None, names: Sequence[str], keys: Sequence[Key]
    ) -> pd.DataFrame:
        """How many `rows` have each combination of the keys, which are called k0, k1 and so on."""
        if held is not None and held.grouped is not None and all(k.codes is _already for k in keys):
            return held.grouped(names)
        frame = self._of(list(dict.fromkeys(names))) if held is None else nw.from_native(held.frame)
        places = [f"k{i}" for i in range(len(names))]
        asked = frame.select(*(k.expr.alias(p) for k, p in zip(keys, places, strict=True)))
        return _fetched(asked.group_by(*places).agg(nw.len().alias("rows")))

    @_explained()
    def different(self, name: str) -> int:
        each = self._each(name).select(nw.len().alias("values"))
        return int(_fetched(each)["values"].iloc[0])

    def _each(self, name: str) -> nw.LazyFrame[Any]:
        asked = self._of([name]).select(nw.col(name).alias("v")).filter(~nw.col("v").is_null())
        if self._types[name] in (nw.Date, nw.Datetime):  # what Python has no value for is missing
            moment = nw.col("v").cast(nw.Datetime("us"))
            asked = asked.filter(moment >= nw.lit(EARLIEST), moment <= nw.lit(LATEST))
        return asked.group_by("v").agg(nw.len().alias("rows"))

    @_explained()
    def occurring(self, name: str, at_least: int = 1) -> tuple[tuple[str, ...], IntCounts]:
        each = self._each(name)
        if at_least > 1:
            each = each.filter(nw.col("rows") >= at_least)
        found = _fetched(each)
        rows = found["rows"].to_numpy(dtype=np.int64)
        return merged(found["v"], rows, most=at_least > 1)

    def shared(self, schema: Schema, names: Sequence[str], shares: Shares) -> list[IntCounts]:
        raise SchemaError(
            "These rows stay in their engine, and hidden groups need them in memory.",
            "Use a method that needs counts only, or load the table.",
        )

    def traits(self) -> Traits:
        if not self.known_as:
            raise SchemaError(
                "Rows that stay in their engine are known by their address, and these have none.",
                "Give them one with `known_as`, so that what is spent on them adds up.",
            )
        return traits_of_place(self.known_as)

    def _asked(
        self, schema: Schema, columns: Sequence[tuple[str, Domain]]
    ) -> tuple[CodeTable | None, list[Key]]:
        """The table of codes, if the engine holds one, and what to group by."""
        keys = [_key(n, domain, self._types[n]) for n, domain in columns]
        engine = None if self._unheld else engine_of_frame(self.frame.implementation)
        if engine is None:
            return None, keys
        if not self._kept.issuperset(columns):
            if len(columns) < 2 and not self._settled(schema, columns[0][0]):
                return None, keys
            try:
                self._keep(schema, columns, engine)
            except Unheld:
                self._unheld = True
                return None, keys
        assert self._held is not None
        return self._held, [
            k if k.small is None else Key(nw.col(n), _already, None)
            for (n, _), k in zip(columns, keys, strict=True)
        ]

    def _settled(self, schema: Schema, name: str) -> bool:
        """Whether another column was asked for under this schema just before.

        A schema under which one column is looked at is not worth holding all columns for.
        """
        last, self._last = self._last, (schema, name)
        return last is not None and last[0] == schema and last[1] != name

    def _keep(self, schema: Schema, columns: Sequence[tuple[str, Domain]], engine: Engine) -> None:
        """Let the engine work out the codes of all columns, and hold them."""
        known = {c.name: _fine(schema.domain(c.name)) for c in schema.modelled} | dict(columns)
        keys = {n: _key(n, domain, self._types[n]) for n, domain in known.items()}
        if self._held is not None:
            engine.drop(self._held.frame)
            self._held, self._kept = None, set()
        asked = engine.coded(self._of(list(keys)), keys)
        self._held = engine.keep(asked, f"coded_{self.token}")
        self._kept = set(known.items())


# -- keys ------------------------------------------------------------------------------------------


def _fine(domain: Domain) -> Domain:
    """The domain that others gather the states of: counted once, gathered afterwards."""
    return _fine(domain.inner) if isinstance(domain, Gathered) else domain


def _gathered(domain: Domain, codes: Codes) -> Codes:
    """Codes of the fine domain as those of `domain`."""
    if not isinstance(domain, Gathered):
        return codes
    return np.asarray(np.asarray(domain.groups)[_gathered(domain.inner, codes)])


def _already(keys: pd.Series) -> Codes:
    return keys.to_numpy(dtype=np.int64)


def _key(name: str, domain: Domain, kind: nw.dtypes.DType) -> Key:
    """What to group a column of this type by.

    Raises:
        SchemaError: the domain is of a kind that engines cannot count.
    """
    column = nw.col(name)
    match domain:
        case Text(missing=missing):
            code = nw.when(column.is_null()).then(int(missing)).otherwise(0)
        case Numbers(codes=()) if kind.is_numeric() or (kind == nw.String and _plain(domain)):
            code = _interval(domain, _number(column, kind))
        case Dates(codes=()) if kind in (nw.Date, nw.Datetime):
            code = _stretch(domain, column)
        case Categories(values=values) if _listable(kind) and len(values) <= MOST_LISTED:
            return _listed(column.cast(nw.String), domain)
        case Categories() | Dates() | Numbers():
            return Key(column, lambda keys: _encoded(domain, keys), None)
        case _:
            raise SchemaError(
                f"A column of domain `{domain.document()['domain']}` cannot be counted in its "
                "engine.",
                "Load the table into memory.",
            )
    small = code.cast(nw.Int16 if domain.size < 2**15 else nw.Int32)
    return Key(small, _already, small)


def _plain(domain: Numbers) -> bool:
    """Whether engines can read the numbers as they are written."""
    return replace(domain.spelling, fixed=False).plain


def _encoded(domain: Domain, keys: pd.Series) -> Codes:
    values = keys.astype(object).where(keys.notna(), None)
    return domain.encode(values.infer_objects()).astype(np.int64)


def _listable(kind: nw.dtypes.DType) -> bool:
    """Types that every engine writes as the same text."""
    return kind == nw.String or kind.is_integer()


def _listed(text: nw.Expr, domain: Categories) -> Key:
    """The listed values, and one mark for all others, so that no rare one comes back."""
    mark = domain.gathered
    listed = [*domain.values, mark]
    found = domain.encode(pd.Series([*listed, None], dtype=object)).astype(np.int64)
    expr = (
        nw.when(text.is_null())
        .then(nw.lit(None, dtype=nw.String))
        .otherwise(nw.when(text.is_in(listed[:-1])).then(text).otherwise(nw.lit(mark)))
    )
    kind = nw.Int16 if domain.size < 2**15 else nw.Int32
    small = expr.replace_strict(
        listed, found[:-1].tolist(), default=int(found[-1]), return_dtype=kind
    )
    told = dict(zip(domain.values, found.tolist(), strict=False)), int(found[-2]), int(found[-1])
    return Key(expr, lambda keys: _encoded(domain, keys), small, told)


def _number(column: nw.Expr, kind: nw.dtypes.DType) -> nw.Expr:
    """A column as floating-point numbers; text that is none as missing."""
    if kind == nw.String:
        column = nw.when(column.str.contains(NUMBER)).then(column)
    return column.cast(nw.Float64)


def _interval(domain: Numbers, number: nw.Expr) -> nw.Expr:
    nowhere = domain.size - 1 if domain.missing else 0
    inside = _halved(number, [nw.lit(e) for e in domain.edges[1:-1]], 0)
    known = ~number.is_null() & number.is_finite()
    return nw.when(known).then(inside).otherwise(nw.lit(nowhere))


def _stretch(domain: Dates, moment: nw.Expr) -> nw.Expr:
    """As text, a moment has no fraction of a second: rounding an edge up says the same."""
    edges = [datetime(1970, 1, 1) + timedelta(seconds=ceil(e)) for e in domain.edges[1:-1]]
    nowhere = domain.size - 1 if domain.missing else 0
    inside = _halved(moment.cast(nw.Datetime("us")), [nw.lit(e) for e in edges], 0)
    return nw.when(moment.is_null()).then(nw.lit(nowhere)).otherwise(inside)


def _halved(value: nw.Expr, edges: Sequence[nw.Expr], first: int) -> nw.Expr:
    """How many of some ascending edges a value reaches, by halving them."""
    if not edges:
        return nw.lit(first)
    middle = len(edges) // 2
    below = _halved(value, edges[:middle], first)
    above = _halved(value, edges[middle + 1 :], first + middle + 1)
    return nw.when(value < edges[middle]).then(below).otherwise(above)


# -- what the vault holds --------------------------------------------------------------------------


def rows_of(
    rows: pd.DataFrame | Came | Stays | nw.LazyFrame[Any],
    schema: Schema,
    *,
    person: str = "",
    most: int = 1,
    known_as: str = "",
) -> Rows:
    """Rows as the vault holds them, with at most `most` of each person.

    Raises:
        SchemaError: a column is not there, or rows that stay would have to be limited per person.
    """
    if isinstance(rows, nw.LazyFrame):
        rows = Stays(rows)
    if isinstance(rows, Stays):
        if person:
            raise SchemaError(
                "Rows that stay in their engine cannot be limited per person.",
                "Load the table, or limit the rows in the query.",
            )
        return _checked(LazyRows(rows.frame, known_as, rows.tidy), schema)
    came = rows if isinstance(rows, Came) else Came(rows)
    found = HeldRows(came.frame, came.before, came.gaps, came.written)
    _checked(found, schema)
    if person and person not in found.names:
        raise SchemaError(
            f"The table has no column `{person}` to tell people apart.",
            "Name the column that says whose row it is.",
        )
    if not person:
        return found
    kept = at_most_per_person(found.frame, person, most)
    held = found.frame.iloc[kept].reset_index(drop=True)
    return HeldRows(held, found.traits(), found.gaps.taken(kept), found.written)


def _checked(rows: Rows, schema: Schema) -> Rows:
    if absent := [n for n in schema.names if n not in rows.names]:
        raise SchemaError(
            f"The table has no column {', '.join(f'`{n}`' for n in absent)}.",
            "Correct the name in the schema, or leave the column out.",
        )
    return rows
