"""Gathering states that too few rows share, before pairs are looked at.

A cell that holds fewer rows than its noise tells nothing, so rare values of a category are gathered
into one group and neighbouring intervals of a number or date are joined. A method learns how
groups go together; within a group, states are drawn by the column's own marginal. Which states
are gathered is decided from noisy counts, so it is post-processing and free.

Reference: McKenna, Miklau, Sheldon (2021), arXiv:2108.04978, section 4 (domain compression).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from synth.lazily import np, npt
from synth.learning.consistency import nearest
from synth.schema import Categories, Counts, Dates, Domain, Numbers, Origin, Schema
from synth.schema.gathered import Gathered
from synth.schema.intervals import Cut
from synth.vault import PrivateTable

RARE_SIGMAS = 4.0  # a value is gathered with others below so many standard deviations of its noise

SEEN = 2.0  # and nobody is taken to lack a value, or to have an unlisted one, below this many
ENDS = 2.0  # times the noise: what outermost intervals hold, be it one or several together
MOST_LOST = 0.05  # of the rows: they stay if they seem to hold as many, however large the noise


def unseen(domain: Domain, counts: Counts, sigma: float) -> npt.NDArray[np.bool_]:
    """States that noise alone may account for, and that nobody named.

    Those are missing and "(other)", and outermost intervals that were found under the budget. A
    column without gaps then gets none. Gaps that are few beside the noise are lost, which at SEEN
    is half as likely to be a mistake as to keep every gap that noise invents; where it is declared
    that there are some, none is lost.

    Args:
        sigma: standard deviation of the noise of each count.
    """
    found = np.zeros(len(counts), dtype=bool)
    if sigma <= 0:
        return found
    if domain.missing and not (isinstance(domain, Categories | Cut) and domain.gapped):
        found[-1] = counts[-1] < SEEN * sigma
    if isinstance(domain, Categories) and domain.other:
        place = len(domain.values)
        found[place] = counts[place] < SEEN * sigma
    if isinstance(domain, Numbers | Dates):
        first, end = stretch(domain, counts, sigma)
        found[:first] = found[end : domain.intervals] = True
    return found & ~found.all()


def stretch(domain: Numbers | Dates, counts: Counts, sigma: float) -> tuple[int, int]:
    """The first interval that surely holds rows, and the place behind the last one.

    Where a range ends was told by a look that cost little, whose noise makes rows where there are
    none. What counts intervals costs more, and is a second witness: the outermost ones go of which
    it tells nothing, neither of one nor of several together. What is declared stays.

    Args:
        sigma: standard deviation of the noise of each count.
    """
    whole = 0, domain.intervals
    if sigma <= 0 or domain.origin is not Origin.DISCOVERED:
        return whole
    inside = np.asarray(counts[: domain.intervals], dtype=np.float64)
    least = ENDS * sigma * np.sqrt(np.arange(1, len(inside) + 1))
    least = np.minimum(least, MOST_LOST * max(float(inside.sum()), 0.0))
    told = [np.cumsum(side) >= least for side in (inside, inside[::-1])]
    if not told[0].any():
        return whole
    first, last = (int(t.argmax()) for t in told)
    return (first, len(inside) - last) if first < len(inside) - last else whole


def grouped(domain: Domain, counts: Counts, least: float, most: int) -> Gathered:
    """Gather the states of a domain.

    Args:
        counts: noisy count of each state.
        least: rows that a state or an interval should hold at least.
        most: about how many groups a column of numbers or dates should have at most.
    """
    if isinstance(domain, Numbers | Dates):
        enough = max(least, float(np.maximum(counts, 0).sum()) / most)
        return Gathered(domain, _joined(counts, enough, domain.intervals))
    rare = counts < least
    if rare.sum() < 2:
        return Gathered(domain, tuple(range(len(counts))))
    place = np.where(rare, (~rare).sum(), np.cumsum(~rare) - 1)
    return Gathered(domain, tuple(int(p) for p in place))


def _joined(counts: Counts, least: float, intervals: int) -> tuple[int, ...]:
    """Neighbours joined from below until each group holds `least`; codes and missing stay apart."""
    ordered = counts[:intervals]
    groups: list[int] = []
    group, held = 0, 0.0
    for i, count in enumerate(ordered):
        groups.append(group)
        held += max(0.0, float(count))
        rest = float(np.maximum(ordered[i + 1 :], 0).sum())
        if held >= least and rest >= least:
            group, held = group + 1, 0.0
    return (*groups, *range(group + 1, group + 1 + len(counts) - intervals))


def calmed(domain: Domain, counts: Counts, sigma: float) -> Counts:
    """Noisy counts of intervals, drawn towards an even spread where noise is most of what is seen.

    Neighbours that only together hold enough rows to be told are spread by their widths, and
    what they seem to differ by beyond that counts as far as it exceeds the noise: the
    positive-part estimate of James and Stein around the even spread. A shared value with an
    interval of its own stands out, and stays.

    Args:
        sigma: standard deviation of the noise of each count.

    Reference: Efron and Morris (1973), doi:10.1080/01621459.1973.10481350.
    """
    if not isinstance(domain, Numbers | Dates) or sigma <= 0:
        return counts
    found = np.array(counts, dtype=np.float64)
    widths = np.diff(domain.edges)
    first, end = stretch(domain, counts, sigma)
    runs = np.asarray(_joined(found[first:end], RARE_SIGMAS * sigma, end - first))
    for run in np.unique(runs):
        inside = first + np.flatnonzero(runs == run)
        even = found[inside].sum() * widths[inside] / widths[inside].sum()
        apart = found[inside] - even
        noise = (len(inside) - 1) * sigma**2
        found[inside] = even + apart * max(0.0, 1 - noise / max(float(apart @ apart), 1e-300))
    return found


def gathered(
    private: PrivateTable, ones: Mapping[str, Counts], least: float, most: int
) -> tuple[PrivateTable, dict[str, Gathered]]:
    """The same rows under a schema whose rare states are gathered, and how they are.

    Args:
        ones: noisy rows per state of each column.
    """
    schema = private.schema
    groups = {n: grouped(schema.domain(n), c, least, most) for n, c in ones.items()}
    columns = (replace(c, domain=groups[c.name]) if c.name in groups else c for c in schema.columns)
    return private.declare(Schema(tuple(columns))), groups


def splits_of(
    groups: Mapping[str, Gathered], fine: Mapping[str, Counts], total: float, sigma: float
) -> dict[str, Counts]:
    """The chances of the states within each group, of the columns of which any were gathered.

    Args:
        fine: noisy rows per state of each column.
        sigma: standard deviation of their noise.
    """
    return {
        n: g.spread(likely(g.inner, fine[n], total, sigma))
        for n, g in groups.items()
        if g.size < len(g.groups)
    }


def likely(domain: Domain, counts: Counts, total: float, sigma: float) -> Counts:
    """Expected rows of each state, by noisy ones."""
    there = ~unseen(domain, counts, sigma)
    return np.asarray(nearest(calmed(domain, counts, sigma), total) * there)


def empty(
    groups: Mapping[str, Gathered], fine: Mapping[str, Counts], sigma: float
) -> dict[str, npt.NDArray[np.bool_]]:
    """Groups of which every state is `unseen`."""
    there = {n: (~unseen(g.inner, fine[n], sigma)).astype(float) for n, g in groups.items()}
    return {n: groups[n].added(counts) == 0 for n, counts in there.items()}
