"""Where numbers and dates lie, found under the budget by ever closer noisy histograms.

The first look is over a fixed grid that holds any number or date; closer ones show where the rows
begin and end, and where to cut between. Between declared bounds the first look is spared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from synth.budget import Rho
from synth.budget.accounting import gaussian_sigma
from synth.lazily import np, pd, special
from synth.schema import Column, Dates, Numbers, Origin
from synth.schema.values import Values
from synth.vault import PrivateTable

FIRST = 2.0  # the first look, on which the others stand, costs so many of them
ZOOMS = (32, 32, 128)  # equal intervals of the looks after the first, each within the last
MOST = 0.8  # of the rows must lie in a stretch for it to be looked at more closely
LIKELY = 2.0  # times the noise: a neighbour of full intervals with so much is taken along
FALSE_END = 1e-4  # chance that noise alone passes for rows anywhere in an empty grid
TOLD = 4.0  # times the noise: what the fullest interval of the first look holds, or nothing is told
TAIL = 4.0  # times the noise: what lies in a stretch of a tail for it to have an interval
HELD = 3.0  # times the noise: what an interval of a closer look has to hold on average
FEWEST = 4  # intervals of a closer look
END = 0.3  # times the noise: what an interval holds on average up to the ends of a closer look
CUTS = 64  # about so many intervals; what they seem to tell beyond the noise is calmed when used
REST = 2.5  # times the noise of what lies outside a stretch, if nothing is told there
ROUGHLY = 3.0  # times the noise: what fine intervals hold on average, if they tell the ends
EVEN = 0.5  # of the cuts go by width, the others by the number of rows


def least_told(rho: Rho, rows_per_person: int, *, bounded: bool) -> int:
    """Rows that the end of a range holds, if it is most likely found for `rho`."""
    look = rho / len(ZOOMS) if bounded else rho * FIRST / (len(ZOOMS) + FIRST)
    return math.ceil(_surely(ZOOMS[0], gaussian_sigma(Rho(look), rows_per_person)))


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


def _grid_of(column: Column, step: float) -> Values:
    """The grid of the first look, without what lies between zero and the first step.

    No number is there, and zero would have no neighbour that rows lie in.
    """
    if isinstance(column.domain, Dates):
        return _date_grid()
    grid = _number_grid()
    return np.asarray(grid[(grid == 0) | (np.abs(grid) >= step)])


def edges_anywhere(
    private: PrivateTable, column: Column, rho: Rho, step: float
) -> tuple[float, ...]:
    """Where to cut a column: ever closer looks at where rows lie, the last one for the cuts.

    Nowhere, if no rows can be told from noise at the first look.
    """
    first = Rho(FIRST * rho / (len(ZOOMS) + FIRST))
    edges = _grid_of(column, step)
    counts = looker(private, column, first)(edges)
    sigma = gaussian_sigma(first, private.rows_per_person)
    least = _surely(len(edges), sigma)
    if counts.max() < TOLD * sigma:
        return ()
    reach = _first_reach(edges, counts, least, sigma)
    closer = _closer(edges, counts, least, reach)
    tails = _tails(edges, counts, sigma, reach, closer)
    each = Rho(rho / (len(ZOOMS) + FIRST))
    look = looker(private, column, each)
    noise = gaussian_sigma(each, private.rows_per_person)
    within = (edges[:-1] >= closer[0]) & (edges[1:] <= closer[1])
    cells = _cells(ZOOMS[0], float(counts[within].sum()), noise)
    edges = _on_steps(np.linspace(*closer, cells + 1), step)
    seen = Glance(edges, look(edges), noise)
    return tuple(float(e) for e in np.unique([*_closed_in(look, seen, step), *tails]))


def _cells(most: int, rows: float, sigma: float) -> int:
    """Into how many intervals to cut a stretch: in a small table few, so that each tells something.

    Of many intervals that hold less than the noise, some seem full and the others empty, and the
    range would close in on these.
    """
    return int(np.clip(rows / (HELD * sigma), FEWEST, most))


def edges_within(private: PrivateTable, column: Column, rho: Rho, step: float) -> tuple[float, ...]:
    """The same between declared bounds, which spare the first look; never beyond them."""
    domain = column.domain
    assert isinstance(domain, Numbers | Dates)
    each = Rho(rho / len(ZOOMS))
    look = looker(private, column, each)
    bounds = domain.edges[0], domain.edges[-1]
    edges = _on_steps(np.linspace(*bounds, ZOOMS[0] + 1), step)
    seen = Glance(edges, look(edges), gaussian_sigma(each, private.rows_per_person))
    if seen.counts.max() < TOLD * seen.sigma:
        return domain.edges  # equal intervals, as declared: better than cuts that noise chose
    return tuple(float(e) for e in np.unique(np.clip(_closed_in(look, seen, step), *bounds)))


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
        if cells < ZOOMS[-1]:  # the last look is for the cuts, not for the ends
            cells = _cells(cells, float(at.counts.sum()), at.sigma)
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


def looker(private: PrivateTable, column: Column, rho: Rho) -> Callable[[Values], Values]:
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
