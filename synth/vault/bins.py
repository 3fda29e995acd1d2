"""A real column cut by what it holds: the yardstick a custodian lays against synthetic rows.

The intervals of a release cannot show what was lost inside them. These bins follow from the real
rows alone, so they are the same whatever a release told: about equally full intervals, an interval
of its own for each value that many rows share, each code, each of the most frequent values; and
beside them what the real column does not hold at all. All of it is exact: for the custodian alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from synth.budget.eyes import ForCustodian
from synth.lazily import np, pd
from synth.schema import Categories, Column, Counts, Dates, Domain, Kind, Numbers, Origin, Text
from synth.schema.domain import MISSING, OTHER, by_categories
from synth.schema.gathered import Gathered
from synth.schema.moments import dated
from synth.schema.tables import IntCounts
from synth.schema.values import Values, as_text, stamp

EQUAL = 20  # intervals of about equally many rows
FULL = 5  # rows an interval should have at least, where there are few
SHARED = 0.02  # of all rows, from which on a number or moment has an interval of its own
SHARED_ROWS = 10  # and at least so many rows: in a small table chance alone makes a few alike
MOST_VALUES = 200  # values with a bin of their own; the rest have one together
RARE = 3  # rows, up to which a value may have been seen by chance
REST, STRANGE = "(all rarer values)", "(no value of the real column)"
DAY = 86400.0


class Sort(Enum):
    """What a bin holds."""

    VALUES = "values"  # some of the real column
    RARE = "rare"  # all real ones that are too rare for a bin of their own
    STRANGE = "strange"  # what the real column does not hold
    MISSING = "missing"


@dataclass(frozen=True, eq=False, repr=False)
class Bins(ForCustodian):
    """The bins of one column.

    Args:
        domain: tells the bin of any value.
        labels: one readable name per bin.
        sorts: what each bin holds.
        even: how much of the real column each bin would hold were it spread evenly; sums to 1.
        values: of a listed column its values as text, the most frequent first.
        shares: how much of all rows each of `values` has.
        again: how much of them it is expected to have in a fresh sample of the same people.
    """

    domain: Domain
    labels: tuple[str, ...]
    sorts: tuple[Sort, ...]
    even: tuple[float, ...]
    values: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    again: tuple[float, ...] = ()

    def afresh(self, shares: Counts) -> Counts:
        """What a fresh sample is expected to have in each bin, where the real rows have `shares`.

        Of a listed column, a part of it holds values that the real rows happen not to have.
        """
        if not self.values or not isinstance(self.domain, Gathered):
            return shares
        groups = np.asarray(self.domain.groups[: len(self.values)])
        told = np.bincount(groups, weights=self.again, minlength=len(shares)).astype(np.float64)
        told[self.sorts.index(Sort.STRANGE)] = sum(self.shares) - sum(self.again)
        told[-1] = shares[-1]
        return told


def bins_of(column: Column, values: pd.Series) -> Bins:
    """The bins of a column with these real values."""
    domain = column.domain
    if isinstance(domain, Numbers | Dates):
        return _of_measured(domain, values)
    if isinstance(domain, Text) or column.kind is Kind.TEXT:
        return stated(Text(Origin.OBSERVED, missing=True))
    return _of_values(values)


def stated(domain: Domain) -> Bins:
    """The states of a domain as bins: where rows stay in their engine, or nothing else is known."""
    labels = domain.labels
    other = isinstance(domain, Categories) and domain.other
    sorts = [Sort.VALUES] * len(labels)
    if domain.missing:
        sorts[-1] = Sort.MISSING
    if other:
        sorts[-1 - domain.missing] = Sort.STRANGE
    real = np.array([s is Sort.VALUES for s in sorts], dtype=np.float64)
    return Bins(domain, labels, tuple(sorts), tuple(map(float, real / max(real.sum(), 1.0))))


# -- listed values ---------------------------------------------------------------------------------


def _of_values(values: pd.Series) -> Bins:
    """One bin per frequent value, one for all rarer ones, one for what is none of them."""
    counts = as_text(values.dropna()).value_counts()
    counts = counts[counts > 0]
    order = np.lexsort((counts.index.to_numpy(dtype=str), -counts.to_numpy()))
    told = tuple(map(str, counts.index.to_numpy()[order]))
    rows = np.asarray(counts.to_numpy(dtype=np.int64)[order], dtype=np.int64)
    often, more = min(len(told), MOST_VALUES), len(told) > MOST_VALUES
    # what a release put under "(other)" is no value of the real column, nor is what it made up
    listed = told if OTHER in told else (*told, OTHER)
    inner = Categories(listed, Origin.OBSERVED, missing=True, other=True)
    places = [min(i, often) for i in range(len(told))]
    strange = often + more
    places += [strange] * (len(listed) - len(told) + 1) + [strange + 1]
    labels = (*told[:often], *((REST,) * more), STRANGE, MISSING)
    sorts = (Sort.VALUES,) * often + (Sort.RARE,) * more + (Sort.STRANGE, Sort.MISSING)
    one = 1 / max(len(told), 1)
    even = (*((one,) * often), *((one * (len(told) - often),) * more), 0.0, 0.0)
    total = max(len(values), 1)
    return Bins(
        Gathered(inner, tuple(places)),
        _different(labels),
        sorts,
        even,
        told,
        shares=tuple(map(float, rows / total)),
        again=tuple(map(float, _again(rows) / total)),
    )


def _again(rows: IntCounts) -> Counts:
    """How often each value is expected in as many fresh rows, where it was seen in so many.

    Of what was seen r times, (r + 1) N(r+1) / N(r) are expected, N(r) being how many values were
    seen r times: few, where nearly all were seen once. Told for up to `RARE` times; what that
    takes from or gives to the more frequent ones is shared among them.

    Reference: Good (1953), "The population frequencies of species", doi:10.1093/biomet/40.3-4.237.
    """
    again = rows.astype(np.float64)
    for seen in range(1, RARE + 1):
        same = rows == seen
        if same.any():
            again[same] = min(seen, (seen + 1) * int((rows == seen + 1).sum()) / int(same.sum()))
    often = rows > RARE
    if (more := float(again.sum()) - float((rows[rows > 1]).sum())) > 0 and often.any():
        again[often] *= max(0.0, 1 - more / float(again[often].sum()))
    return again


# -- numbers and moments ---------------------------------------------------------------------------


def _of_measured(domain: Numbers | Dates, values: pd.Series) -> Bins:
    """Equally full intervals, shared values apart, one bin below and one above all of them."""
    measured = _measured(domain, values)
    known, counts = np.unique(measured, return_counts=True)
    edges, masses = _edges(known, counts, len(values))
    whole = (-np.inf, *edges, np.inf) if len(edges) else (-np.inf, np.inf)
    cut = replace(domain, edges=whole, origin=Origin.OBSERVED, missing=True)
    inside = max(len(edges) - 1, 0)
    outside = (Sort.STRANGE,) if len(edges) else ()
    labels = (*_labels(domain, edges, masses), *domain.codes, MISSING)
    sorts = (Sort.STRANGE, *((Sort.VALUES,) * inside), *outside)
    sorts = (*sorts, *((Sort.VALUES,) * len(domain.codes)), Sort.MISSING)
    even = np.zeros(len(labels))
    even[1 : 1 + inside] = _room(domain, edges)
    even = even / (float(even.sum()) or 1.0)
    return Bins(cut, _different(labels), sorts, tuple(map(float, even)))


def _measured(domain: Numbers | Dates, values: pd.Series) -> Values:
    """What lies on the line: neither missing, nor a code, nor something else."""
    wide = replace(domain, edges=(-np.inf, np.inf), missing=True)
    measured = by_categories(values, domain.measured)
    return np.asarray(measured[wide.encode(values) == 0], dtype=np.float64)


def _edges(known: Values, counts: IntCounts, rows: int) -> tuple[Values, Values]:
    """Where the line is cut, ascending; and the values that have an interval of their own.

    Args:
        known: the different values, ascending.
        counts: how many rows have each.
        rows: of the table.
    """
    if not len(known):
        return known, known
    shared = (counts > SHARED * rows) & (counts >= SHARED_ROWS)
    rest, weight = known[~shared], counts[~shared]
    most = min(EQUAL * int(weight.sum()) / max(int(counts.sum()), 1), weight.sum() / FULL)
    parts = max(1, round(float(most)))
    reached = np.cumsum(weight) / max(int(weight.sum()), 1)
    at = np.searchsorted(reached, np.arange(1, parts) / parts, side="left") + 1
    inner = rest[at[at < len(rest)]] if len(rest) else rest
    near, ends = _near(known), known[[0, -1]]
    low, high = inner - _of(near, known, inner), known[shared] - near[shared]
    last = ends + np.array([-1, 1]) * near[[0, -1]]
    return np.unique(np.concatenate([low, high, known[shared] + near[shared], last])), known[shared]


def _near(known: Values) -> Values:
    """How far from each value something still is that value: far less than any two are apart."""
    size = np.abs(known)
    least = size[size > 0].min() if (size > 0).any() else 1.0
    size = np.where(size > 0, size, least)
    return np.asarray(np.maximum(1e-12 * size, np.spacing(size)))  # such a share may be 0


def _of(near: Values, known: Values, some: Values) -> Values:
    return np.asarray(near[np.searchsorted(known, some)])


def _step(domain: Numbers | Dates) -> float:
    """The least difference of two values as they are written; 0 where nothing is known of it."""
    if isinstance(domain, Dates):
        return domain.resolution
    return 0.0 if domain.decimals is None else float(10.0**-domain.decimals)


def _room(domain: Numbers | Dates, edges: Values) -> Counts:
    """How much of the line is in each interval: places of the grid, or length."""
    step = _step(domain)
    return np.asarray(np.diff(np.ceil(edges / step) if step > 0 else edges), dtype=np.float64)


def _labels(domain: Numbers | Dates, edges: Values, masses: Values) -> tuple[str, ...]:
    """A readable name per interval: its first and last value, or the one it holds.

    Before them one for what lies below, after them one for what lies above.
    """
    if not len(edges):
        return (STRANGE,)
    step = _step(domain)
    if step > 0:
        first = np.ceil(edges[:-1] / step) * step
        last = np.maximum(first, (np.ceil(edges[1:] / step) - 1) * step)
    else:
        first, last = edges[:-1], edges[1:]
        place = np.searchsorted(edges, masses, side="right") - 1
        first, last = first.copy(), last.copy()
        first[place], last[place] = masses, masses
    room = _room(domain, edges) > 0  # between two neighbours on the grid there is none
    for write in _writings(domain):
        pairs = [(write(a), write(b)) for a, b in zip(first, last, strict=True)]
        told = [a if a == b else f"{a} to {b}" for a, b in pairs]
        if len({t for t, some in zip(told, room, strict=True) if some}) == room.sum():
            break
    for i in np.flatnonzero(~room):
        told[i] = f"just below {told[i]}"
    below, above = ("before", "after") if isinstance(domain, Dates) else ("below", "above")
    return (f"{below} {pairs[0][0]}", *told, f"{above} {pairs[-1][1]}")


class _Write:
    """Writes a value so many digits long, or a moment in a shape."""

    def __init__(self, how: str) -> None:
        self.how = how

    def __call__(self, value: float) -> str:
        if "%" in self.how:
            return stamp(value, self.how)
        return format(value + 0.0, self.how)


def _writings(domain: Numbers | Dates) -> Iterator[_Write]:
    """Ways to write its values, the shortest first."""
    if isinstance(domain, Dates):
        day = "%Y-%m-%d" if dated(domain.format) else ""
        clock = [] if domain.resolution >= DAY else ["%H:%M", "%H:%M:%S", "%H:%M:%S.%f"]
        shapes = [day, *(f"{day} {c}".strip() for c in clock)] if day else clock
        yield from map(_Write, shapes or ["%Y-%m-%d %H:%M:%S"])
        return
    if domain.decimals is not None:
        yield _Write(f".{max(domain.decimals, 0)}f")
    yield from (_Write(f".{digits}g") for digits in (4, 6, 9, 12, 15, 17))


def _different(labels: Sequence[str]) -> tuple[str, ...]:
    """The labels, those that are there twice told apart by their place."""
    seen: set[str] = set()
    made = []
    for i, label in enumerate(labels):
        told = f"{label} [{i + 1}]" if label in seen else label
        seen.add(told)
        made.append(told)
    return tuple(made)


# -- fewer of them ---------------------------------------------------------------------------------


def coarser(bins: Bins, counts: Counts, most: int) -> Gathered:
    """The bins in at most `most` groups, for tables of two columns.

    Of a listed column the most frequent values stay alone; neighbours on a line are put together so
    that groups are about equally full. What the real column does not hold stays apart, as does what
    is missing.

    Args:
        counts: real rows in each bin.
    """
    own = [i for i, s in enumerate(bins.sorts) if s in (Sort.VALUES, Sort.RARE)]
    room = most - 2
    if len(own) <= room:
        place = {b: g for g, b in enumerate(own)}
    elif bins.values:
        alone = sorted(own, key=lambda i: (bins.sorts[i] is Sort.RARE, -counts[i], i))[: room - 1]
        place = {b: g for g, b in enumerate(sorted(alone))}
        place |= {b: room - 1 for b in own if b not in place}
    else:
        reached = np.cumsum(counts[own]) - counts[own] / 2
        total = max(float(counts[own].sum()), 1.0)
        cut = np.minimum((reached / total * room).astype(np.int64), room - 1)
        _, cut = np.unique(cut, return_inverse=True)
        place = dict(zip(own, map(int, cut), strict=True))
    strange = max(place.values(), default=-1) + 1
    last = {Sort.STRANGE: strange, Sort.MISSING: strange + 1}
    groups = [place[i] if i in place else last[s] for i, s in enumerate(bins.sorts)]
    _, used = np.unique(groups, return_inverse=True)  # no group without a bin
    return Gathered(bins.domain, tuple(map(int, used)))
