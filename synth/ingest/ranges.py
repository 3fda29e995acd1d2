"""Where numbers and dates lie, found under the budget: a private tree that grows where rows are.

The first look is over a fixed grid that holds any number or date, round as people's ranges are;
closer ones are each at the parts of what the last one showed, by the rows in them. Where few rows
lie in noise there are fewer looks, each at fewer parts and with a larger share of the budget.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

from synth.budget import Rho
from synth.budget.accounting import gaussian_sigma
from synth.ingest.leaves import Leaves, on_steps
from synth.lazily import np, npt, pd, special
from synth.schema import Column, Dates, Numbers, Origin
from synth.schema.moments import dated
from synth.schema.values import Values
from synth.vault import PrivateTable

FIRST = 0.4  # of the cost, for the first look, on which the others stand
PART = 0.4  # of what is left, for a look in a small table that may not be the last
TOLD = 4.2  # times the noise: what the fullest stretch holds, or nothing is told
APART = 4.4  # the same of two stretches on both sides of zero: there are half as many more
USUAL = -1e4, 1e6  # numbers beyond are rare, and absurd where there are none
UNUSUAL = 5.2 / TOLD  # so many times more is held there, or nothing is told
WIDTHS = (1, 2, 3, 4, 6, 8)  # intervals in such a stretch
FALSE_END = 1e-4  # chance that noise alone passes for rows anywhere in an empty grid
JOINED = 1.2  # times the noise: what an interval of the first look holds to be taken along
KEPT = 0.3  # the same, of a closer look
ENDS = 0.8  # the same, of the last one
SURE_ENDS = 1.5  # the same, where an interval holds so many rows that this cuts hardly any off
HELD = 2.0  # times the noise: what an interval of a closer look holds on average
FEW = 1.2  # the same, in a small table
LEAST, MOST = (4, 8), (32, 64, 128)  # intervals of the closer looks: at least (by rows), at most
LARGE = 16  # intervals: what a table tells at once in which three looks are of use
SPREAD, SHARED = 3, 0.1  # rows are not in one place if so many intervals have so large a share
LOOKS = 5  # after the first, at most
MIDDLE = 1 / 20  # of the largest number: what is nearer to zero is looked at as one
NEAR = 1 / 8  # of the largest number: a range that begins below begins at zero
BOUNDED = 16  # intervals of the first look between declared bounds
NAMED = 5  # intervals between the bounds that a name says
CENTURIES = 1800, 2200  # dates beyond are left out unless surely rows lie there
VAST = (*range(19, 40, 3), 60, 100, 200, 300, 304)  # powers of ten that few tables reach

Look = Callable[[Values, Rho], Values]


def least_told(rho: Rho, rows_per_person: int) -> int:
    """Rows that the end of a range holds, if it is most likely found for `rho`."""
    return math.ceil(TOLD * gaussian_sigma(Rho(FIRST * rho), rows_per_person))


@cache
def _number_grid(*, vast: bool) -> Values:
    """1, 2, 5, 10 and so on, from a millionth to 5e18, both ways, and zero; if `vast` to 1e304."""
    usual = [digit * 10.0**place for place in range(-6, 19) for digit in (1, 2, 5)]
    sizes = np.array([*usual, *(10.0**place for place in VAST if vast)])
    return np.concatenate([-sizes[::-1], [0.0], sizes])


@cache
def _date_grid() -> Values:
    """Seconds since 1970 of years from 1000 to 2700, closer where most dates are.

    Shifted admissions of patients lie beyond 2200, and the years of Buddhists around 2560.
    """
    far = [1000, 1500, 1700, *range(1800, 1900, 50), 1900, 1920, *range(1940, 1990, 10)]
    years = [*far, *range(1990, 2030, 5), 2030, 2040, 2050, 2100, 2200, 2300, 2700]
    return _starts(years)


def _starts(years: Sequence[int]) -> Values:
    """The first days of years, in seconds since 1970."""
    starts = np.array([f"{year}-01-01" for year in years], dtype="datetime64[s]")
    return np.asarray(starts.astype(np.int64), dtype=np.float64)


def _clock_grid() -> Values:
    """Every third hour of the day that times without a date are held as."""
    start = (pd.Timestamp("1900-01-01") - pd.Timestamp(0)) / pd.Timedelta(1, "s")
    return np.asarray(start + 10_800.0 * np.arange(9))


def _grid_of(column: Column, step: float, bounds: tuple[float, float] | None) -> Values:
    """The grid of the first look, without what lies between zero and the first step.

    Args:
        bounds: where the column's name says that its numbers lie.
    """
    if isinstance(column.domain, Dates):
        return _date_grid() if dated(column.domain.format) else _clock_grid()
    grid = _number_grid(vast=_may_be_vast(column))
    grid = np.asarray(grid[(grid == 0) | (np.abs(grid) >= step)])
    if bounds is None:
        return grid
    inside = on_steps(np.linspace(bounds[0], bounds[1], NAMED + 1), step)
    return np.concatenate([grid[grid < inside[0]], inside, grid[grid > inside[-1]]])


def _may_be_vast(column: Column) -> bool:
    """Whether numbers may lie beyond 5e18, as their spelling or their type says."""
    domain = column.domain
    assert isinstance(domain, Numbers)
    scaled = domain.spelling.scale in ("E", "e")
    return scaled or domain.decimals is None or column.stored == "uint64"


def edges_anywhere(
    private: PrivateTable,
    column: Column,
    rho: Rho,
    step: float,
    bounds: tuple[float, float] | None = None,
) -> tuple[float, ...]:
    """Where to cut a column: ever closer looks at where rows lie.

    Nowhere, if no rows can be told from noise at the first look.

    Args:
        bounds: where the column's name says that its numbers lie. What lies beyond is left out
            unless surely rows lie there.
    """
    look, people = looker(private, column), private.rows_per_person
    seen = _seen(look, _grid_of(column, step, bounds), Rho(FIRST * rho), people)
    usual = USUAL if isinstance(column.domain, Numbers) else (-math.inf, math.inf)
    if (stretch := _fullest(seen, usual)) is None:
        return ()
    sure = _surely(len(seen.held))
    if isinstance(column.domain, Dates) and dated(column.domain.format):
        bounds = tuple(_starts(CENTURIES).tolist())
    if bounds is not None:
        found = _as_named(seen, bounds, sure)
    elif isinstance(column.domain, Dates):
        found = seen.between(*seen.where_rows_lie(JOINED, sure))
    else:
        found = _by_size(seen, stretch, sure)
    grown = _grown(look, found, Rho((1 - FIRST) * rho), people, step)
    return tuple(float(e) for e in on_steps(grown.cuts(), step))


def edges_within(private: PrivateTable, column: Column, rho: Rho, step: float) -> tuple[float, ...]:
    """The same between declared bounds; never beyond them."""
    domain = column.domain
    assert isinstance(domain, Numbers | Dates)
    look, people = looker(private, column), private.rows_per_person
    bounds = domain.edges[0], domain.edges[-1]
    edges = on_steps(np.linspace(*bounds, BOUNDED + 1), step)
    seen = _seen(look, edges, Rho(FIRST * rho), people)
    if _fullest(seen) is None:
        return domain.edges  # equal intervals, as declared: better than cuts that noise chose
    found = seen.between(*seen.where_rows_lie(KEPT, _surely(len(seen.held))))
    grown = _grown(look, found, Rho((1 - FIRST) * rho), people, step)
    return tuple(float(e) for e in np.unique(np.clip(on_steps(grown.cuts(), step), *bounds)))


def looker(private: PrivateTable, column: Column) -> Look:
    """A noisy histogram of a column over any edges, for any cost."""

    def look(edges: Values, rho: Rho) -> Values:
        domain = column.domain
        assert isinstance(domain, Numbers | Dates)
        cut = replace(domain, edges=tuple(edges.tolist()), missing=True, origin=Origin.DISCOVERED)
        table = private.discovered([replace(column, domain=cut)])
        told = table.measure((column.name,), rho, "where numbers lie").counts
        return np.asarray(told[: len(edges) - 1], dtype=np.float64)  # no codes, nothing missing

    return look


def _seen(look: Look, edges: Values, rho: Rho, people: int) -> Leaves:
    """What a first look over some edges shows."""
    counts = look(edges, rho)
    return Leaves(edges, counts, np.full(len(counts), gaussian_sigma(rho, people) ** 2))


def _surely(cells: int) -> float:
    """Noise reaches so much in an empty table of so many cells with chance `FALSE_END`.

    In standard deviations.
    """
    return -float(special.ndtri_exp(math.log(FALSE_END / cells)))


def _fullest(
    seen: Leaves, usual: tuple[float, float] = (-math.inf, math.inf)
) -> tuple[int, int] | None:
    """The first and last of the neighbours that hold most beside their noise; None if all may.

    Amounts on both sides of zero lie in two such stretches, apart by all that is nearer to zero.

    Args:
        usual: where most numbers lie. Of the cells of the grid most lie beyond, and so would most
            of what noise alone makes up in a table that it hides.
    """
    sums = np.concatenate([[0.0], np.cumsum(seen.held)])
    noise = math.sqrt(seen.doubt[0])
    beyond = (seen.edges[:-1] < usual[0]) | (seen.edges[1:] > usual[1])
    best: tuple[float, tuple[int, int] | None] = (TOLD, None)
    for width in (w for w in WIDTHS if w < len(sums)):
        held = sums[width:] - sums[:-width]
        doubt = noise * math.sqrt(width) * np.where(_any(beyond, width), UNUSUAL, 1.0)
        told = held / doubt
        if told.max() >= best[0]:
            first = int(told.argmax())
            best = float(told.max()), (first, first + width - 1)
        if _mirrored(seen.edges):
            half = len(seen.held) // 2 - width + 1
            apart = held[: len(held) // 2] + held[::-1][: len(held) // 2]
            told = apart[:half] / (np.maximum(doubt, doubt[::-1])[:half] * math.sqrt(2))
            if len(told) and told.max() >= max(best[0], APART):
                first = int(told.argmax())
                best = float(told.max()), (first, len(seen.held) - 1 - first)
    return best[1]


def _any(marked: npt.NDArray[np.bool_], width: int) -> npt.NDArray[np.bool_]:
    """Which stretches of so many neighbours hold a marked one."""
    sums = np.concatenate([[0], np.cumsum(marked)])
    return np.asarray(sums[width:] > sums[:-width])


def _mirrored(edges: Values) -> bool:
    """Whether a grid is the same on both sides of zero."""
    return bool(edges[0] < 0 and np.array_equal(edges, -edges[::-1]))


def _as_named(seen: Leaves, bounds: tuple[float, float], sure: float) -> Leaves:
    """Where rows lie, within what a name says unless surely rows lie beyond."""
    within = (seen.edges[:-1] >= bounds[0]) & (seen.edges[1:] <= bounds[1])
    if not (~within & (seen.held >= sure * np.sqrt(seen.doubt))).any():
        inside = np.flatnonzero(within)
        seen = seen.between(int(inside[0]), int(inside[-1]))
    return seen.between(*seen.where_rows_lie(JOINED, sure))


def _by_size(seen: Leaves, stretch: tuple[int, int], sure: float) -> Leaves:
    """Where rows lie on a grid by size, whose intervals near zero are tiny beside the others."""
    low, high = float(seen.edges[stretch[0]]), float(seen.edges[stretch[1] + 1])
    large = max(abs(low), abs(high))
    kept = (np.abs(seen.edges) >= MIDDLE * large) | (seen.edges == 0)
    seen = seen.merged(kept)
    first, last = seen.where_rows_lie(JOINED, sure)
    if low < 0 < high:  # both sides are told, and what lies between may hold hardly a row
        one = int(np.searchsorted(seen.edges, low))
        other = int(np.searchsorted(seen.edges, high)) - 1
        if last < one or first > other:
            first, last = one, other
        first, last = min(first, one), max(last, other)
    zero = int(np.searchsorted(seen.edges, 0.0))
    low, high = seen.edges[first], seen.edges[last + 1]
    if 0 < low <= NEAR * high:
        first = zero
    if 0 < -high <= NEAR * -low:
        last = zero - 1
    return seen.between(first, last)


def _grown(look: Look, at: Leaves, rho: Rho, people: int, step: float) -> Leaves:
    """The intervals after closer looks, which cost `rho` together."""
    left = float(rho)
    for number in range(LOOKS):
        few = at.rows / (HELD * gaussian_sigma(Rho(left), people)) < LARGE
        last = _enough(at, number) if few else number == len(MOST) - 1
        part = 1.0 if last else PART if few else 1 / (len(MOST) - number)
        cost = Rho(part * left)
        left -= cost
        sigma = gaussian_sigma(cost, people)
        least = int(np.clip(at.rows / (FEW * sigma), *LEAST))
        cells = int(np.clip(at.rows / (HELD * sigma), least, MOST[min(number, len(MOST) - 1)]))
        edges = on_steps(at.split(cells), step)
        at = at.looked_at(edges, look(edges, cost), sigma)
        times = KEPT if not last else SURE_ENDS if cells == MOST[-1] else ENDS
        at = at.between(*at.where_rows_lie(times, _surely(len(at.held)))).without_doubted_ends()
        if last:
            break
    return at.closed_in()


def _enough(at: Leaves, number: int) -> bool:
    """Whether one look is left to a small table, whose rows do not all lie in one place."""
    return number == LOOKS - 1 or (number > 0 and int((at.parts >= SHARED).sum()) >= SPREAD)
