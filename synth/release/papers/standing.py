"""What can be said of each column from the release alone, and what it should not be used for.

Not what the custodian is told, who may hold columns against the real rows: under a promise nobody
may tell that. Here speak the synthetic rows, the model, and the noise that the ledger names. The
first that holds:

*made anew*, *withheld*: identifiers; free text.
*nothing is left*: no row holds a value, or each holds the same one of several.
*little is left*: fewer than one row in ten (`LEAST`) holds a value, or noise is a quarter
(`DROWNED`) of what the column may tell: it is expected to move so many of the rows to another value
(total variation), and of numbers and dates the distribution function as far.
*mostly open*: of rows of k people, most leave it open (`MOSTLY_OPEN`), which is no missing value.
*coarse*: a quarter of the rows (`MOSTLY`) lie in one interval, within which cells are drawn evenly,
or one row in twenty (`SLACK`) stands for other or rare values.
*told*: the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from math import sqrt

from synth.budget import Measured, Statement
from synth.budget.accounting import ABSOLUTE, gaussian_sigma
from synth.lazily import np
from synth.learning.method import Model
from synth.learning.network import Network
from synth.learning.records import RecordModel
from synth.methods.twins import TwinsModel
from synth.release.papers.tally import RowTally
from synth.schema import Categories, Column, Counts, Dates, Numbers, Pattern, Text
from synth.schema.date_steps import number_from
from synth.schema.values import stamp
from synth.wording import so_many

LEAST, DROWNED, MOSTLY, SLACK = 0.1, 0.25, 0.25, 0.05
MOSTLY_OPEN = 0.5
OTHER_WORDS = "other or rare values, grouped"
SINGLE = (
    "one-way marginal",
    "counts of 1 attribute",
)  # what a ledger calls the counts of a column
ALONE = "how it goes together with other columns: it was drawn by itself"


class Standing(Enum):
    """What of a column is in a release, the worst first."""

    NOTHING = "nothing is left"
    LITTLE = "little is left"
    OPEN = "mostly open"
    COARSE = "coarse"
    WITHHELD = "withheld"
    ANEW = "made anew"
    TOLD = "told"


@dataclass(frozen=True)
class ColumnStanding:
    """What recipients are told of one column.

    Args:
        words: why it stands so.
        not_for: what it should not be used for.
        gaps: the share of empty cells; None of identifiers.
        states: how many states it was learnt in; 0 of identifiers.
    """

    column: Column
    standing: Standing
    words: str
    not_for: tuple[str, ...] = ()
    gaps: float | None = None
    states: int = 0

    @property
    def plain(self) -> str:
        """All of it in a line."""
        return f"{self.standing.value}: {self.words}" if self.words else self.standing.value


def standings(tally: RowTally) -> tuple[ColumnStanding, ...]:
    """One for each column, in their order."""
    model = tally.model
    alone = apart(model)
    every = len(alone) == len(model.schema.modelled)
    return tuple(_standing(c, tally, frozenset() if every else alone) for c in model.schema)


def apart(model: Model) -> frozenset[str]:
    """Columns that the model draws by themselves, where it tells."""
    names = [c.name for c in model.schema.modelled]
    if isinstance(model, Network):
        near = [(c.column, *c.parents) for c in model.conditionals if c.parents]
    elif isinstance(model, TwinsModel):
        near = [tuple(names[v] for v in t.clique) for t in model.tables if len(t.clique) > 1]
    else:
        return frozenset()
    return frozenset(names) - {n for group in near for n in group}


def noise_of(statement: Statement, name: str) -> float:
    """Standard deviation, in rows, of the noise in a count of one value; 0 where none is told."""
    rows = statement.budget.rows_per_person
    told = [
        gaussian_sigma(e.rho, rows) ** -2
        for e in statement.ledger
        if isinstance(e, Measured) and e.rho < float("inf") and _is_of(e.purpose, name)
    ]
    return sum(told) ** -0.5 if told else 0.0


def _is_of(purpose: str, name: str) -> bool:
    return any(purpose == f"{what}: {name}" for what in SINGLE)


def _standing(column: Column, tally: RowTally, alone: frozenset[str]) -> ColumnStanding:
    if isinstance(column.domain, Pattern):
        why = f"they {column.domain.why}"
        return ColumnStanding(column, Standing.ANEW, why, ("recognising or linking anybody",))
    gaps = tally.empty(column.name)
    if isinstance(column.domain, Text):
        why = "only whether something was written is told"
        use = ("reading what was written",)
        return ColumnStanding(column, Standing.WITHHELD, why, use, gaps, column.domain.size)
    standing, why = _judged(column, tally)
    not_for = tuple(_not_for(column, tally, standing, alone))
    return ColumnStanding(column, standing, why, not_for, gaps, column.domain.size)


def _judged(column: Column, tally: RowTally) -> tuple[Standing, str]:
    """The standing of a column of values, numbers or dates, and why."""
    name = column.name
    gaps, other = tally.empty(name), tally.other(name)
    left = " and ".join(_left_out(gaps, other, tally))
    if gaps + other >= 1:
        return Standing.NOTHING, left
    counts = tally.states.get(name)
    if counts is None:
        return Standing.TOLD, "several values in a cell" + (f"; {left}" if left else "")
    if isinstance(column.domain, Categories) and len(column.domain.values) > 1:
        held = counts[: len(column.domain.values)]
        if (held > 0).sum() == 1 and not other:
            return Standing.NOTHING, "every cell that is not empty has the same value"
    if 1 - gaps - other < LEAST:
        return Standing.LITTLE, left
    if isinstance(tally.model, RecordModel) and gaps > MOSTLY_OPEN:
        return Standing.OPEN, left
    if _drowned(column, tally):
        return Standing.LITTLE, "noise hides most of what it told"
    if isinstance(column.domain, Numbers | Dates) and (most := _fullest(column, tally)) > MOSTLY:
        return Standing.COARSE, f"{most:.0%} of the rows lie in one interval, drawn evenly in it"
    if other > SLACK:
        return Standing.COARSE, left
    return Standing.TOLD, left


def _left_out(gaps: float, other: float, tally: RowTally) -> Iterator[str]:
    if gaps:
        record = isinstance(tally.model, RecordModel)
        yield f"{gaps:.0%} of the rows leave it open" if record else f"{gaps:.0%} of it is empty"
    if other:
        yield f"{other:.0%} of the rows stand for {OTHER_WORDS}"


def _drowned(column: Column, tally: RowTally) -> bool:
    """Whether noise is a quarter of what a column of so many states may tell."""
    sigma, real = noise_of(tally.model.statement, column.name), tally.model.rows
    if not sigma or not real:
        return False
    size = column.domain.size
    if isinstance(column.domain, Categories):
        return 0.5 * ABSOLUTE * sigma * size / real > DROWNED
    return 0.5 * sigma * sqrt(size) / real > DROWNED


def _fullest(column: Column, tally: RowTally) -> float:
    """The largest share of rows in an interval that holds more than one value."""
    domain = column.domain
    assert isinstance(domain, Numbers | Dates)
    wide = np.diff(domain.edges) > step_of(domain) * (1 + 1e-9)
    if isinstance(domain, Dates) and domain.step:
        wide &= np.diff(number_from(np.asarray(domain.edges), domain.step)) > 1
    counts = tally.states[column.name][: domain.intervals][wide]
    return float(counts.max(initial=0)) / max(tally.rows, 1)


def step_of(domain: Numbers | Dates) -> float:
    """The least that two values of a column differ by; 0 where that is not known."""
    if isinstance(domain, Dates):
        return domain.resolution
    return 0.0 if domain.decimals is None else domain.step * 10.0**-domain.decimals


def _not_for(
    column: Column, tally: RowTally, standing: Standing, alone: frozenset[str]
) -> Iterator[str]:
    if standing is Standing.NOTHING:
        yield "anything"
        return
    if standing is Standing.LITTLE:
        yield "shares or means, unless a mistake of a quarter does no harm"
    if standing is Standing.OPEN:
        yield "shares of all rows: it is open where too few people share the row"
    domain = column.domain
    if isinstance(domain, Numbers | Dates):
        widths = np.diff(domain.edges)
        widths = widths[widths > step_of(domain) * (1 + 1e-9)]
        if len(widths):
            yield f"differences within an interval ({_span(domain, widths, column.unit)} wide)"
    if tally.other(column.name) > SLACK:
        yield f"rare values: they are among “{OTHER_WORDS}”"
    sigma, real = noise_of(tally.model.statement, column.name), tally.model.rows
    if sigma and real and standing is not Standing.LITTLE:
        few = 2 * sigma * tally.rows / real
        if few >= 1:
            yield f"values that fewer than about {few:,.0f} rows have: noise may have made them"
    if column.name in alone:
        yield ALONE


def _span(domain: Numbers | Dates, widths: Counts, unit: str) -> str:
    least, most = float(np.min(widths)), float(np.max(widths))
    if isinstance(domain, Dates):
        by, unit = (86400.0, "days") if least >= 86400 else (60.0, "minutes")
        least, most = least / by, most / by
    told = f"{least:.4g}" if least == most else f"{least:.4g} to {most:.4g}"
    return f"{told} {unit}".strip()


def values_of(column: Column) -> str:
    """What may stand in a column, in a few words."""
    domain = column.domain
    match domain:
        case Pattern():
            return "identifiers"
        case Text():
            return domain.placeholder
        case Categories():
            told = [so_many(len(domain.values), "value")] if domain.values else []
            return ", and ".join([*told, *((OTHER_WORDS,) * domain.other)])
        case Numbers():
            codes = f", and {len(domain.codes)} codes" if domain.codes else ""
            return f"{domain.edges[0]:.15g} to {domain.largest:.15g}{codes}"
        case Dates():
            last = domain.edges[-1] - domain.resolution
            shape = "%Y-%m-%d" if domain.resolution >= 86400 else "%Y-%m-%d %H:%M"
            codes = f", and {len(domain.codes)} codes" if domain.codes else ""
            return f"{stamp(domain.edges[0], shape)} to {stamp(last, shape)}{codes}"
    return f"{domain.size:,} states"
