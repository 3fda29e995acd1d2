"""Rules that no real row breaks, proposed to the custodian: they alone know what always holds.

Read off the rows, and so no declaration: whoever takes one has settled it after looking, and the
statement says so. A proposal names columns, and values only in a condition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, permutations

from synth.budget import Audience
from synth.evaluate.likely_conditions import likely_conditions, likely_keys
from synth.lazily import np, pd
from synth.schema import Categories, Codes, Column, Dates, Numbers, Schema
from synth.schema.moments import dated
from synth.schema.obeying import breaking, figures, keys
from synth.schema.rules import Decides, InOrder, Relation, Rule, Sentence, SumOf
from synth.schema.values import Values
from synth.vault import PrivateTable

WHY = "rules between columns that no row breaks"
LEAST = 30  # rows that hold all of what a rule is about
BY_CHANCE = 0.05  # of rows put together anew that would break it, at least: else it says little
GLANCE = 500  # rows that are looked at before all are
MOST_COLUMNS = 16  # of one sort that are tried together
MOST_PARTS = 4  # of a sum
EACH = 5  # rows on average for each value that decides another column


def likely_rules(private: PrivateTable) -> tuple[Rule, ...]:
    """Orders, sums, functions, keys and conditions that hold of all rows, marked as seen.

    Nothing where the rows stay in their engine.
    """
    if private.stays:
        return ()
    rows = private.open_rows(WHY, Audience.CUSTODIAN)
    schema = private.schema
    sums = _held(_sums(rows, schema), rows, schema)
    parts = {name for rule in sums for name in rule.columns}
    orders, functions = _orders(rows, schema, parts), _functions(rows, schema)
    told = (*_held(orders, rows, schema), *_held(functions, rows, schema), *sums)
    keys_of = _held(likely_keys(rows, schema), rows, schema)
    return (*told, *keys_of, *_held(likely_conditions(rows, schema), rows, schema))


def _held(said: Iterable[Sentence], rows: pd.DataFrame, schema: Schema) -> list[Rule]:
    """Those that no row breaks."""
    rules = [Rule(sentence, seen=True) for sentence in said]
    return [rule for rule in rules if not breaking(rule, rows, schema).any()]


def _figures(
    rows: pd.DataFrame, schema: Schema, kind: type[Dates] | type[Numbers]
) -> Mapping[str, Values]:
    """The columns of a sort that hold enough, as numbers."""
    mine: list[Column] = [c for c in schema.modelled if isinstance(c.domain, kind)]
    dates = [c for c in mine if not isinstance(c.domain, Dates) or dated(c.domain.format)]
    told = {c.name: figures(rows[c.name], c) for c in dates[:MOST_COLUMNS]}
    return {n: v for n, v in told.items() if np.count_nonzero(~np.isnan(v)) >= LEAST}


def _orders(rows: pd.DataFrame, schema: Schema, parts: set[str]) -> Iterator[InOrder]:
    """Pairs of which rows put together anew would often be out of order.

    Args:
        parts: of sums, which are in an order that the sum says already.
    """
    for kind, relation in ((Dates, Relation.NOT_BEFORE), (Numbers, Relation.AT_LEAST)):
        told = _figures(rows, schema, kind)
        for high, low in permutations(told, 2):
            if {high, low} <= parts:
                continue
            both = ~np.isnan(told[high]) & ~np.isnan(told[low])
            first, second = told[high][both], told[low][both]
            if len(first) < LEAST or (first[:GLANCE] < second[:GLANCE]).any():
                continue
            if _apart(first, second) >= BY_CHANCE:
                yield InOrder(high, relation, low)


def _apart(high: Values, low: Values) -> float:
    """The share of all pairs of a row's one and any row's other that are out of order."""
    return float(np.searchsorted(np.sort(high), low, side="left").mean() / len(high))


def _sums(rows: pd.DataFrame, schema: Schema) -> Iterator[SumOf]:
    """Totals that are the sum of a few other columns in the first rows."""
    told = _figures(rows, schema, Numbers)
    mixed = {n: v for n, v in told.items() if len(np.unique(v[~np.isnan(v)])) > 2}
    for total in mixed:
        others = [n for n in mixed if n != total]
        for many in range(2, MOST_PARTS + 1):
            for parts in combinations(others, many):
                if _adds_up(mixed[total], [mixed[n] for n in parts]):
                    yield SumOf(total, parts)


def _adds_up(total: Values, parts: list[Values]) -> bool:
    made = np.sum([p[:GLANCE] for p in parts], axis=0)
    known = ~np.isnan(made) & ~np.isnan(total[:GLANCE])
    if known.sum() < LEAST:
        return False
    told = total[:GLANCE][known]
    something = all((p[:GLANCE][known] != 0).mean() >= BY_CHANCE for p in parts)
    return something and bool((np.abs(told - made[known]) <= 1e-6 * (1 + np.abs(told))).all())


def _functions(rows: pd.DataFrame, schema: Schema) -> Iterator[Decides]:
    """Lists of values of which one decides another, with several rows for each value."""
    listed = [c for c in schema.modelled if isinstance(c.domain, Categories)][:MOST_COLUMNS]
    codes = {c.name: pd.factorize(keys(rows[c.name], c))[0].astype(np.int64) for c in listed}
    for one, other in permutations(codes, 2):
        both = (codes[one] >= 0) & (codes[other] >= 0)
        first, second = codes[one][both], codes[other][both]
        values = len(np.unique(first))
        if len(first) < EACH * values or len(first) < LEAST or len(np.unique(second)) < 2:
            continue
        if values < len(np.unique(second)) or _pairs(first[:GLANCE], second[:GLANCE]):
            continue
        if not _pairs(first, second):
            yield Decides(one, other)


def _pairs(first: Codes, second: Codes) -> bool:
    """Whether one value goes with several of the other column."""
    together = np.unique(first * (int(second.max()) + 1) + second)
    return len(together) > len(np.unique(first))
