"""Intervals with what is believed to lie in each: the leaves of a private tree of counts.

Noisy counts of all looks are brought together: what an interval was told to hold and what its parts
were told to hold, each weighted by its noise (Hay, Rastogi, Miklau and Suciu 2010, section 4,
doi:10.14778/1920841.1920970, for a tree that grows where the rows are).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from synth.lazily import np, npt
from synth.schema.values import Values

CUTS = 64  # about so many intervals; what they seem to tell beyond the noise is calmed when used
EVEN = 0.5  # of the cuts go by width, the others by the number of rows
SURER = 2.5  # times the noise: what an end holds that is as wide as all the rest
LESS = 1.5  # times the noise: what an outermost interval may hold less than it seems to
THINNER = 0.8  # of the density beside it: an outermost interval with less is cut where rows may end
EXACT = 2.0**53  # steps, beyond which a double tells no neighbours apart
SHORTEST = 0.05  # of an outermost interval is kept at least


@dataclass(frozen=True)
class Leaves:
    """Neighbouring intervals of numbers.

    Args:
        edges: ascending, one more than intervals.
        held: about how many rows lie in each; below zero where noise says so.
        doubt: the variance of each of these.
    """

    edges: Values
    held: Values
    doubt: Values

    @property
    def rows(self) -> float:
        """About how many rows lie in all of them; at least one."""
        return max(1.0, float(self.held.sum()))

    @property
    def parts(self) -> Values:
        """The share of the rows in each."""
        held = np.maximum(self.held, 0)
        return np.asarray(
            held / held.sum() if held.sum() > 0 else np.full(len(held), 1 / len(held))
        )

    @cached_property
    def density(self) -> Values:
        """Rows in each for each unit of its width."""
        return np.asarray(np.maximum(self.held, 0) / np.diff(self.edges))

    def between(self, first: int, last: int) -> Self:
        """Those from one to another, both taken along."""
        return replace(
            self,
            edges=self.edges[first : last + 2],
            held=self.held[first : last + 1],
            doubt=self.doubt[first : last + 1],
        )

    def merged(self, kept: npt.NDArray[np.bool_]) -> Self:
        """Cut at some of the edges alone; the outermost are among them."""
        places = np.flatnonzero(kept)
        held, doubt = (np.add.reduceat(all_, places[:-1]) for all_ in (self.held, self.doubt))
        return replace(self, edges=self.edges[kept], held=held, doubt=doubt)

    def where_rows_lie(self, times: float, sure: float) -> tuple[int, int]:
        """The first and the last interval of the stretch that rows lie in.

        It is the one in which the sum of what each interval holds beyond some noise is largest
        (Bentley 1984, doi:10.1145/358234.381162), and all intervals that surely hold rows.

        Args:
            times: how much noise, in standard deviations.
            sure: standard deviations that no empty interval reaches.
        """
        noise = np.sqrt(self.doubt)
        sums = np.concatenate([[0.0], np.cumsum(self.held - times * noise)])
        gains = sums[1:] - np.minimum.accumulate(sums)[:-1]
        last = int(gains.argmax())
        first = int(sums[: last + 1].argmin())
        held = np.flatnonzero(self.held >= sure * noise)
        return min([first, *held[:1].tolist()]), max([last, *held[-1:].tolist()])

    def without_doubted_ends(self) -> Self:
        """The same without outermost intervals as wide as all others that may well be empty."""
        first, last = 0, len(self.held) - 1
        doubted = (self.held < SURER * np.sqrt(self.doubt)).tolist()
        edges = self.edges
        while first < last:
            if doubted[last] and edges[last + 1] - edges[last] >= edges[last] - edges[first]:
                last -= 1
            elif (
                doubted[first]
                and edges[first + 1] - edges[first] >= edges[last + 1] - edges[first + 1]
            ):
                first += 1
            else:
                break
        return self.between(first, last)

    def split(self, cells: int) -> Values:
        """Edges that cut the intervals into about so many, by the rows in each.

        An outermost one in which rows are thinner than beside it is cut where they would end if
        they were not: between there and its own end there may be none.
        """
        many = np.maximum(1, np.round(cells * self.parts)).astype(int)
        sides = zip(self.edges[:-1], self.edges[1:], many, strict=True)
        cut = [np.linspace(low, high, n + 1) for low, high, n in sides]
        if len(cut) > 1:
            low, high = self._ends(THINNER)
            if low > self.edges[0]:
                cut[0] = np.linspace(low, self.edges[1], max(1, many[0] - 1) + 1)
            if high < self.edges[-1]:
                cut[-1] = np.linspace(self.edges[-2], high, max(1, many[-1] - 1) + 1)
        return np.unique(np.concatenate([self.edges, *cut]))

    def _ends(self, thinner: float, less: float = 0.0) -> tuple[float, float]:
        """Where rows would end that lie in the outermost intervals as thickly as beside them."""
        (low, second), (before, high) = self.edges[:2], self.edges[-2:]
        sure = self.density - less * np.sqrt(self.doubt) / np.diff(self.edges)
        first, last = (
            float(max(outer, 0.0) / inner) if outer < thinner * inner and inner > 0 else 1.0
            for outer, inner in ((sure[0], self.density[1]), (sure[-1], self.density[-2]))
        )
        return float(second - (second - low) * first), float(before + (high - before) * last)

    def closed_in(self) -> Self:
        """The same with an end where the rows of an outermost interval would end.

        Drawn from evenly, an interval that holds a few rows beside a full one reaches beyond all.
        """
        if len(self.held) < 2:
            return self
        low, high = self._ends(1.0, LESS)
        low = min(low, self.edges[1] - SHORTEST * (self.edges[1] - self.edges[0]))
        high = max(high, self.edges[-2] + SHORTEST * (self.edges[-1] - self.edges[-2]))
        return replace(self, edges=np.array([low, *self.edges[1:-1], high]))

    def looked_at(self, edges: Values, counts: Values, sigma: float) -> Leaves:
        """The intervals between closer edges, with what a look at them says and what is known.

        Args:
            counts: rows between the edges, with noise of standard deviation `sigma`.
        """
        middles = (edges[:-1] + edges[1:]) / 2
        of = np.clip(np.searchsorted(self.edges, middles, side="right") - 1, 0, len(self.held) - 1)
        many = np.bincount(of, minlength=len(self.held)).clip(1)
        told = np.bincount(of, counts, minlength=len(self.held))
        noise = many * sigma**2
        doubt = 1 / (1 / self.doubt + 1 / noise)
        both = (self.held / self.doubt + told / noise) * doubt
        held = counts + ((both - told) / many)[of]
        each = sigma**2 * (1 - 1 / many) + doubt / many**2
        return Leaves(edges, held, each[of])

    def cuts(self) -> Values:
        """About `CUTS` of the edges, half by width and half by rows."""
        if len(self.held) <= CUTS:
            return self.edges
        widths = np.diff(self.edges) / (self.edges[-1] - self.edges[0])
        reached = np.concatenate([[0.0], np.cumsum(EVEN * widths + (1 - EVEN) * self.parts)])
        wanted = np.linspace(0, reached[-1], CUTS + 1)
        places = np.unique(np.searchsorted(reached, wanted - 1e-12))
        return np.asarray(self.edges[np.minimum(places, len(self.edges) - 1)])


def on_steps(edges: Values, step: float) -> Values:
    """Edges moved outwards to whole steps, each once; at least one interval."""
    if step <= 0 or np.abs(edges).max() >= EXACT * step:
        return np.unique(edges)
    inner = np.round(edges[1:-1] / step) * step
    ends = math.floor(edges[0] / step + 1e-6) * step, math.ceil(edges[-1] / step - 1e-6) * step
    moved = np.unique(np.concatenate([[ends[0]], inner, [max(ends[1], ends[0] + step)]]))
    return np.asarray(moved[(moved >= ends[0]) & (moved <= moved[-1])])
