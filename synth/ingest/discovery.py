"""Finding out, under the budget, what a column may hold: value lists and bounds nobody declared.

Value lists: each value is counted with noise and told where enough rows share it; the others are
counted as "other". Bounds of numbers and dates: a noisy histogram over a fixed grid that holds any
number shows where rows lie at all, closer ones within it where to cut. Whether a column has
missing or other values is a state like any other, so nothing about the column stays outside
epsilon but its name, its kind and how it is written, which the custodian declares.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from synth.budget import Rho
from synth.budget.accounting import gaussian_sigma, stability_threshold
from synth.errors import MethodError
from synth.ingest.masses import step_of, with_masses
from synth.lazily import np, pd, special
from synth.progress import Progress, quiet
from synth.schema import Categories, Column, Dates, Kind, Numbers, Origin, Schema, Text
from synth.schema.stored import in_order
from synth.schema.values import Values
from synth.vault import PrivateTable

SHARE = 0.3  # of rho, for all columns together
MASSES = 0.3  # of a column's share, where it holds numbers: for the values that many rows share
DELTA_SHARE = 0.01  # of delta, for all columns together
FIRST = 2.0  # the first look, on which the others stand, costs so many of them
ZOOMS = (32, 32, 128)  # equal intervals of the looks after the first, each within the last
MOST = 0.8  # of the rows must lie in a stretch for it to be looked at more closely
LIKELY = 2.0  # times the noise: a neighbour of full intervals with so much is taken along
FALSE_END = 1e-4  # chance that noise alone passes for rows anywhere in an empty grid
TOLD = 4.0  # times the noise: what the fullest interval of the first look holds, or nothing is told
TAIL = 4.0  # times the noise: what lies in a stretch of a tail for it to have an interval
END = 0.3  # times the noise: what an interval holds on average up to the ends of a closer look
CUTS = 64  # about so many intervals; what they seem to tell beyond the noise is calmed when used
REST = 2.5  # times the noise of what lies outside a stretch, if nothing is told there
ROUGHLY = 3.0  # times the noise: what fine intervals hold on average, if they tell the ends
EVEN = 0.5  # of the cuts go by width, the others by the number of rows


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


def share_of(schema: Schema) -> float:
    """The share of rho that finding things out takes: none for what is declared."""
    columns = len(undeclared(schema)) + len(uncut(schema))
    return SHARE * columns / max(1, len(schema.modelled))


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
        look = Rho((1 - MASSES) * each * FIRST / (len(ZOOMS) + FIRST))
        least = (
            stability_threshold(each, own, rows_per_person)
            if listed
            else math.ceil(_surely(ZOOMS[0], gaussian_sigma(look, rows_per_person)))
        )
        made.append(Share(column.name, each, own, least))
    return tuple(made)


def discovered(private: PrivateTable, rho: Rho, progress: Progress = quiet) -> PrivateTable:
    """The same rows, with what nobody declared found out under the budget, worth `rho`.

    Free text keeps its domain, which tells nothing but whether something was written.

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
        told.append(_found(private, share))
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


def _found(private: PrivateTable, share: Share) -> Column:
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
            shared = private.values(
                column.name, Rho(MASSES * share.rho), share.delta, "values that many rows share"
            )
            rest = Rho((1 - MASSES) * share.rho)
            cut = _edges
            if measured.origin is Origin.BOUNDED:
                cut, shared = _cut_between, _within(measured, shared)
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


def _natural(value: str) -> tuple[bool, float, str]:
    """Numbers by size, before words by letter."""
    try:
        return (False, float(value), value)
    except ValueError:
        return (True, 0.0, value)


# -- bounds ----------------------------------------------------------------------------------------


@cache
def _number_grid() -> Values:
    """Powers of four from 2^-20 to 2^60, both ways, and zero."""
    sizes = 4.0 ** np.arange(-10, 31)
    return np.concatenate([-sizes[::-1], [0.0], sizes])


@cache
def _date_grid() -> Values:
    """The decades from 1800 to 2200, in seconds since 1970."""
    decades = pd.to_datetime([f"{year}-01-01" for year in range(1800, 2201, 10)])
    return np.asarray((decades - pd.Timestamp(0)) / pd.Timedelta(1, "s"), dtype=np.float64)


def _grid_of(column: Column) -> Values:
    return _date_grid() if isinstance(column.domain, Dates) else _number_grid()


def _edges(private: PrivateTable, column: Column, rho: Rho, step: float) -> tuple[float, ...]:
    """Where to cut a column: ever closer looks at where rows lie, the last one for the cuts.

    Nowhere, if no rows can be told from noise at the first look.
    """
    first = Rho(FIRST * rho / (len(ZOOMS) + FIRST))
    edges = _grid_of(column)
    counts = _looker(private, column, first)(edges)
    sigma = gaussian_sigma(first, private.rows_per_person)
    least = _surely(len(edges), sigma)
    if counts.max() < TOLD * sigma:
        return ()
    reach = _first_reach(edges, counts, least, sigma)
    closer = _closer(edges, counts, least, reach)
    tails = _tails(edges, counts, sigma, reach, closer)
    each = Rho(rho / (len(ZOOMS) + FIRST))
    look = _looker(private, column, each)
    edges = _on_steps(np.linspace(*closer, ZOOMS[0] + 1), step)
    seen = Glance(edges, look(edges), gaussian_sigma(each, private.rows_per_person))
    return tuple(float(e) for e in np.unique([*_closed_in(look, seen, step), *tails]))


def _cut_between(private: PrivateTable, column: Column, rho: Rho, step: float) -> tuple[float, ...]:
    """The same between declared bounds, which spare the first look; never beyond them."""
    domain = column.domain
    assert isinstance(domain, Numbers | Dates)
    each = Rho(rho / len(ZOOMS))
    look = _looker(private, column, each)
    bounds = domain.edges[0], domain.edges[-1]
    edges = _on_steps(np.linspace(*bounds, ZOOMS[0] + 1), step)
    seen = Glance(edges, look(edges), gaussian_sigma(each, private.rows_per_person))
    if seen.counts.max() < TOLD * seen.sigma:
        return domain.edges  # equal intervals, as declared: better than cuts that noise chose
    return tuple(float(e) for e in np.unique(np.clip(_closed_in(look, seen, step), *bounds)))


def _within(domain: Numbers | Dates, shared: Sequence[str]) -> tuple[str, ...]:
    """The shared values that lie within the bounds of a domain."""
    measured = domain.measured(pd.Series(list(shared), dtype=object))
    inside = (measured >= domain.edges[0]) & (measured < domain.edges[-1])
    return tuple(v for v, kept in zip(shared, inside, strict=True) if kept)


@dataclass(frozen=True)
class Glance:
    """Noisy counts between edges, and the standard deviation of their noise."""

    edges: Values
    counts: Values
    sigma: float

    @property
    def told(self) -> float:
        """What an interval holds on average where the rows lie, in times of the noise."""
        low, high = self.stretch(0)
        inside = (self.edges[:-1] >= low) & (self.edges[1:] <= high)
        return float(self.counts[inside].mean()) / self.sigma

    @property
    def surely(self) -> tuple[float, float] | None:
        """The stretch that surely holds rows, if what lies outside is no more than noise."""
        least = _surely(len(self.edges), self.sigma)
        if self.counts.max() < least:
            return None
        low, high = _reach(self.edges, self.counts, least)
        outside = self.counts[(self.edges[:-1] < low) | (self.edges[1:] > high)]
        rest = REST * self.sigma * math.sqrt(len(outside))
        return (low, high) if outside.sum() <= rest else None

    def stretch(self, slack: int) -> tuple[float, float]:
        """Where the rows lie: outwards from the middle as long as more lie there than `END` says.

        The sum of what each interval holds beyond that is largest at the end of the rows: past it
        noise goes up and down, and the threshold down (Page 1954, doi:10.1093/biomet/41.1-2.100).

        Args:
            slack: intervals to take along at either end.
        """
        beyond = self.counts - END * self.sigma
        half = float(self.counts.sum()) / 2
        middle = int(np.searchsorted(np.cumsum(self.counts), half).clip(0, len(beyond) - 1))
        first = middle - int(np.cumsum(beyond[middle::-1]).argmax()) - slack
        last = middle + int(np.cumsum(beyond[middle:]).argmax()) + slack
        first, last = max(0, first), min(len(beyond) - 1, last)
        if self.counts[first : last + 1].sum() < MOST * self.counts.sum():
            first, last = 0, len(beyond) - 1
        return float(self.edges[first]), float(self.edges[last + 1])


def _closed_in(look: Callable[[Values], Values], at: Glance, step: float) -> Values:
    """Closer looks, each within the last; the last one for the cuts.

    The ends come from the look before it: in the finest intervals there is most noise.
    """
    tails: list[float] = []
    for cells in ZOOMS[1:]:
        reach = float(at.edges[0]), float(at.edges[-1])
        sure = at.surely
        ends, closer = (sure, sure) if sure else (at.stretch(0), at.stretch(1))
        tails += _tails(at.edges, at.counts, at.sigma, reach, closer)
        edges = _on_steps(np.linspace(*closer, cells + 1), step)
        at = Glance(edges, look(edges), at.sigma)
    low, high = at.stretch(0) if at.told >= ROUGHLY else ends
    kept = np.flatnonzero((at.edges >= low) & (at.edges <= high))
    if len(kept) < 2:
        kept = np.arange(len(at.edges))
    reach = float(at.edges[0]), float(at.edges[-1])
    closer = float(at.edges[kept[0]]), float(at.edges[kept[-1]])
    tails += _tails(at.edges, at.counts, at.sigma, reach, closer)
    edges, counts = at.edges[kept], at.counts[kept[:-1]]
    return np.unique([*_cuts(edges, counts), *tails])


def _tails(
    edges: Values,
    counts: Values,
    sigma: float,
    reach: tuple[float, float],
    closer: tuple[float, float],
) -> list[float]:
    """Where to cut what a closer look leaves out: wherever enough rows lie to be told from noise.

    Beyond the last of these nothing is drawn; rows that lie there count with the outermost.
    """
    above = [i for i in range(len(counts)) if closer[1] <= edges[i] < reach[1]]
    below = [i for i in range(len(counts)) if reach[0] < edges[i + 1] <= closer[0]]
    return [
        *(float(edges[i + 1]) for i in _enough(counts, above, sigma, TAIL)),
        *(float(edges[i]) for i in _enough(counts, below[::-1], sigma, TAIL)),
    ]


def _enough(counts: Values, outward: list[int], sigma: float, times: float) -> Iterator[int]:
    """The intervals, from the inside to the outside, up to which each time enough rows lie."""
    held, many = 0.0, 0
    for i in outward:
        held, many = held + float(counts[i]), many + 1
        if held >= times * sigma * math.sqrt(many):
            yield i
            held, many = 0.0, 0


def _looker(private: PrivateTable, column: Column, rho: Rho) -> Callable[[Values], Values]:
    """A noisy histogram of a column over any edges, worth `rho` each."""

    def look(edges: Values) -> Values:
        domain = column.domain
        assert isinstance(domain, Numbers | Dates)
        cut = replace(domain, edges=tuple(edges.tolist()), missing=True, origin=Origin.DISCOVERED)
        table = private.discovered([replace(column, domain=cut)])
        told = table.measure((column.name,), rho, "where numbers lie").counts
        return told[: len(edges) - 1]  # without codes and what is missing

    return look


def _surely(cells: int, sigma: float) -> float:
    """A count that noise reaches in an empty table of this many cells with chance `FALSE_END`."""
    return -float(special.ndtri_exp(math.log(FALSE_END / cells))) * sigma


def _reach(edges: Values, counts: Values, least: float) -> tuple[float, float]:
    """The ends of the stretch whose first and last interval hold `least`."""
    held = np.flatnonzero(counts >= least)
    return float(edges[held[0]]), float(edges[held[-1] + 1])


def _first_reach(edges: Values, counts: Values, least: float, sigma: float) -> tuple[float, float]:
    """The stretch around the fullest interval and all that surely hold rows.

    It grows into a neighbour that is likely to hold rows too; a far interval has to be sure, or
    noise alone would stretch a small table's numbers over the whole grid.
    """
    held = np.union1d(np.flatnonzero(counts >= least), [int(counts.argmax())])
    low, high = int(held[0]), int(held[-1])
    while low > 0 and counts[low - 1] >= LIKELY * sigma:
        low -= 1
    while high < len(counts) - 1 and counts[high + 1] >= LIKELY * sigma:
        high += 1
    return float(edges[low]), float(edges[high + 1])


def _closer(
    edges: Values, counts: Values, least: float, reach: tuple[float, float]
) -> tuple[float, float]:
    """The stretch that surely holds rows, if it holds most of them; else `reach`, as it was."""
    if counts.max() < least:
        return reach
    low, high = _reach(edges, counts, least)
    held = counts[(edges[:-1] >= low) & (edges[1:] <= high)].sum()
    return (low, high) if held >= MOST * counts.sum() else reach


def _on_steps(edges: Values, step: float) -> Values:
    """Edges moved outwards to whole steps, each once; at least one interval."""
    if step <= 0:
        return np.unique(edges)
    inner = np.round(edges[1:-1] / step) * step
    ends = math.floor(edges[0] / step) * step, math.ceil(edges[-1] / step) * step
    moved = np.unique(np.concatenate([[ends[0]], inner, [max(ends[1], ends[0] + step)]]))
    return np.asarray(moved[(moved >= ends[0]) & (moved <= moved[-1])])


def _cuts(fine: Values, counts: Values) -> Values:
    """About `CUTS` of the fine intervals' edges, half by width and half by rows."""
    if len(fine) - 1 <= CUTS:
        return fine
    rows = np.maximum(counts, 0)
    rows = rows / rows.sum() if rows.sum() > 0 else np.full(len(rows), 1 / len(rows))
    widths = np.diff(fine) / (fine[-1] - fine[0])
    reached = np.concatenate([[0.0], np.cumsum(EVEN * widths + (1 - EVEN) * rows)])
    wanted = np.linspace(0, reached[-1], CUTS + 1)
    places = np.unique(np.searchsorted(reached, wanted - 1e-12))
    return np.asarray(fine[np.minimum(places, len(fine) - 1)])
