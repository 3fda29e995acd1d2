"""Finding out, under the budget, what a column may hold: value lists and bounds nobody declared.

Value lists: each value is counted with noise and told where enough rows share it; the others are
counted as "other". Bounds of numbers and dates: a noisy histogram over a fixed grid that holds any
number shows where rows lie at all, closer ones within it where to cut. Whether a column has
missing or other values is a state like any other, so nothing about the column stays outside
epsilon but its name, its kind and how it is written, which the custodian declares.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from synth.budget import Rho
from synth.budget.accounting import stability_threshold
from synth.errors import MethodError
from synth.ingest.masses import step_of, with_masses
from synth.ingest.plausible import plausible_edges
from synth.ingest.ranges import edges_within, least_told
from synth.ingest.steps import SHARE as STEPS
from synth.ingest.steps import stepped
from synth.lazily import np, pd
from synth.progress import Progress, quiet
from synth.schema import Categories, Column, Dates, Kind, Numbers, Origin, Schema, Text
from synth.schema.stored import in_order
from synth.vault import PrivateTable

SHARE = 0.3  # of rho, for all columns together
MOST_SHARE = 0.5  # of rho, in a small table
THIRD = 1 / 3  # of the rows: what an end that is most likely found should hold at most
MASSES = 0.3  # of a column's share, where it holds numbers: for the values that many rows share
HALF = 0.5  # of the rows: a number that has to be shared by more of them is not looked for
DELTA_SHARE = 0.01  # of delta, for all columns together


@dataclass(frozen=True)
class Share:
    """What finding out about one column costs, and what it will tell: shown before it is spent.

    Args:
        rho: what it costs.
        delta: what it costs beside rho.
        least: a value, or an end of a range, that fewer rows share is most likely not found.
    """

    column: str
    rho: Rho
    delta: float
    least: int

    def __str__(self) -> str:
        return f"`{self.column}`: what fewer than about {self.least} rows share is not told."


def undeclared(schema: Schema) -> tuple[Column, ...]:
    """The modelled columns whose values or bounds would have to be read off the rows."""
    return tuple(schema[name] for name in schema.observed if not _free(schema[name]))


def uncut(schema: Schema) -> tuple[Column, ...]:
    """The modelled columns whose bounds are declared, and where to cut between them is not."""
    return tuple(c for c in schema.modelled if c.domain.origin is Origin.BOUNDED)


def share_of(schema: Schema, left: float = math.inf, people: int = 0, each: int = 1) -> float:
    """The share of rho that finding things out takes: none for what is declared.

    Args:
        left: the rho that there is.
        people: about how many rows there are, as far as that is public; 0 if it is not. Where they
            are so few that most ends would be lost in noise, the share is larger.
        each: rows of one person.
    """
    columns = len(undeclared(schema)) + len(uncut(schema))
    share = SHARE
    if people and columns:
        least = least_told(Rho(SHARE * left / max(1, len(schema.modelled))), each)
        share *= float(np.clip((least / (THIRD * people)) ** 2, 1.0, MOST_SHARE / SHARE))
    return share * columns / max(1, len(schema.modelled))


def _free(column: Column) -> bool:
    return isinstance(column.domain, Text)


def shares(schema: Schema, rho: Rho, delta: float, rows_per_person: int = 1) -> tuple[Share, ...]:
    """How `rho` and `delta` are shared among the columns that nobody declared, or nobody cut."""
    columns = (*undeclared(schema), *uncut(schema))
    each = Rho(rho / max(1, len(columns)))
    made = []
    for column in columns:
        listed = isinstance(column.domain, Categories)
        own = delta / len(columns)
        least = (
            stability_threshold(each, own, rows_per_person)
            if listed
            else least_told(Rho((1 - MASSES - STEPS) * each), rows_per_person)
        )
        made.append(Share(column.name, each, own, least))
    return tuple(made)


def discovered(
    private: PrivateTable, rho: Rho, progress: Progress = quiet, people: int = 0
) -> PrivateTable:
    """The same rows, with what nobody declared found out under the budget, worth `rho`.

    Free text keeps its domain, which tells nothing but whether something was written.

    Args:
        people: about how many rows there are, as far as that is public; 0 if it is not. What cannot
            be told of so few is not asked, so that more is left for the rest.

    Raises:
        BudgetExceeded: `rho` is more than is left.
        MethodError: `rho` is infinite; without a budget, values are simply read. Or nothing can be
            told from noise of most columns.
    """
    if math.isinf(rho):
        raise MethodError(
            "Without a privacy budget there is nothing to find values under.", "Set an epsilon."
        )
    columns = share_of(private.schema) > 0
    delta = private.ledger.set_aside(DELTA_SHARE) if columns else 0.0
    rho = Rho(min(rho, private.ledger.left))  # a smaller delta leaves a little less
    plan = shares(private.schema, rho, delta, private.rows_per_person)
    told = []
    for i, share in enumerate(plan):
        progress(i / len(plan), "finding out what columns hold")
        told.append(_found(private, share, people))
        private = private.discovered(told[-1:])
    lost = sum(_nothing(c) for c in told)
    if 2 * lost > len(told):
        raise MethodError(
            f"Of {lost} of {len(told)} columns nothing can be told from noise: fewer than about "
            f"{max(s.least for s in plan):,} rows share what they hold.",
            "Declare values or bounds, leave columns out, raise epsilon, or ask for more people.",
        )
    return private.discovered(_texts(private.schema))


def _nothing(column: Column) -> bool:
    """Whether nothing was told of a column."""
    domain = column.domain
    return isinstance(domain, Text) or (isinstance(domain, Categories) and not domain.values)


def _texts(schema: Schema) -> list[Column]:
    """Free text tells nothing but whether it is there, so nothing of it was read off the rows."""
    return [
        replace(column, domain=Text(Origin.DISCOVERED, missing=True))
        for column in schema
        if isinstance(column.domain, Text) and column.name in schema.observed
    ]


def _found(private: PrivateTable, share: Share, people: int) -> Column:
    """The column with what was found of it.

    Where no number or date of it can be told from noise, it is withheld as free text is: numbers
    drawn from noise would be worse than none.
    """
    column = private.schema[share.column]
    match column.domain:
        case Categories() as categories:
            told = private.values(
                column.name, share.rho, share.delta, "values that many rows share"
            )
            listed = told if in_order(column.stored) else tuple(sorted(told, key=_natural))
            domain: Categories | Numbers | Dates = replace(
                categories, values=listed, origin=Origin.DISCOVERED, other=True
            )
        case Numbers() | Dates() as measured:
            shared, rest = _shared(private, share, people)
            measured, cost = stepped(private, column, share.rho, shared, people)
            rest = Rho(rest - cost)
            cut = plausible_edges
            if measured.origin is Origin.BOUNDED:
                cut, shared = edges_within, _within(measured, shared)
            edges = cut(private, column, rest, step_of(measured))
            if not edges:
                withheld = Text(Origin.DISCOVERED, missing=True)
                return replace(column, domain=withheld, kind=Kind.TEXT, stored="")
            domain = with_masses(measured, edges, shared)
        case _:
            raise MethodError(
                f"What column `{column.name}` holds cannot be found out.", "Declare its values."
            )
    return replace(column, domain=domain)


def _shared(private: PrivateTable, share: Share, people: int) -> tuple[tuple[str, ...], Rho]:
    """The values that many rows share, and what is left of a column's rho."""
    rho = Rho(MASSES * share.rho)
    least = stability_threshold(rho, share.delta, private.rows_per_person)
    if people and least > HALF * people:
        return (), share.rho
    told = private.values(share.column, rho, share.delta, "values that many rows share")
    return tuple(told), Rho(share.rho - rho)


def _within(domain: Numbers | Dates, shared: Sequence[str]) -> tuple[str, ...]:
    """The shared values that lie within the bounds of a domain."""
    measured = domain.measured(pd.Series(list(shared), dtype=object))
    inside = (measured >= domain.edges[0]) & (measured < domain.edges[-1])
    return tuple(v for v, kept in zip(shared, inside, strict=True) if kept)


def _natural(value: str) -> tuple[bool, float, str]:
    """Numbers by size, before words by letter."""
    try:
        return (False, float(value), value)
    except ValueError:
        return (True, 0.0, value)
