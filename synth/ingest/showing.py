"""Which shapes the cells of a column surely have, and which most likely, told from noisy counts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from statistics import NormalDist
from typing import TypeAlias

from synth.ingest.day_shapes import DateShape
from synth.ingest.shapes import (
    ALIKE,
    TRUTHS,
    ZERO,
    NumberShape,
    Shape,
    TruthShape,
    WordShape,
    places,
    shapes,
)
from synth.ingest.tallies import DOUBT
from synth.lazily import np, npt
from synth.schema.values import Values

USUAL = 4.0  # times the noise: what is less may be noise alone, of any of the usual shapes
BY_CHANCE = 0.00001  # of a column, that noise alone shows any of all the other shapes
RARER = 0.5  # times the noise: what two truth values have to hold more than a usual shape
THERE = 3.0  # times the noise: what noise alone shows of none of the usual shapes in most columns
Places: TypeAlias = "npt.NDArray[np.int64]"


def showing(told: Values, sigma: float, *, empty: bool = False) -> Places:
    """Where the shapes stand that cells have.

    Where none rises above the noise, that is the likeliest of the usual ones, or of the pairs that
    mean false and true: each of the two words has half of the rows, and only both are told.

    Args:
        told: cells of each of `shapes()`.
        sigma: standard deviation of the noise in each.
        empty: whether cells are surely missing, so that there may be no others.
    """
    held = np.flatnonzero(told >= _least(sigma))
    if not len(held):
        held = _likeliest(told, sigma)
        there = float(told[held].sum()) / math.sqrt(len(held))
        if there <= (THERE * sigma if empty else 0.0):
            long = WordShape(long=True)  # of which only is told whether there is something
            held = np.array([places()[long]])
    return np.append(held, _orders_of(held, told, max(DOUBT * sigma, 1e-9)))


def hidden(told: Values, sigma: float) -> bool:
    """Whether no shape rises above the noise."""
    return not (told >= _least(sigma)).any()


def _least(sigma: float) -> Values:
    """Cells of each of `shapes()`, from which on it is surely there."""
    least = np.full(len(shapes()), max(_rare() * sigma, 1e-9))
    least[usual()] = max(USUAL * sigma, 1e-9)
    return least


def _likeliest(told: Values, sigma: float) -> Places:
    """The usual shape, or the two truth values, that hold most beside their noise."""
    one = usual()[[int(told[usual()].argmax())]]
    pairs = _truths()
    both = told[pairs].sum(axis=1)
    two = int(both.argmax())
    more = both[two] / math.sqrt(2) > told[one[0]] + RARER * sigma
    return pairs[two] if more and told[pairs[two]].min() > 0 else one


@cache
def usual() -> Places:
    """Where the shapes are that most columns have: told from noise more easily than the others."""
    plain = [NumberShape(d, "." if d else "") for d in range(4)]
    plain.append(NumberShape(after=ZERO))
    dates = [DateShape(f) for f in ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")]
    truth = [TruthShape(word) for pair in TRUTHS[:ALIKE] for word in pair]
    words = *map(WordShape, (False, True)), WordShape(coded=True), WordShape(spoken=True)
    common: tuple[Shape, ...] = (*plain, *dates, *truth, *words)
    return np.array([places()[shape] for shape in common])


@cache
def _truths() -> Places:
    """Where the two words of each pair stand that mean false and true."""
    return np.array([[places()[TruthShape(word)] for word in pair] for pair in TRUTHS])


@cache
def _rare() -> float:
    """Times the noise, from which a shape of the whole list is there: the longer, the more.

    By a union bound over the list; the noise is all but normal where it matters.
    """
    return NormalDist().inv_cdf(1 - BY_CHANCE / len(shapes()))


def _orders_of(held: Places, told: Values, least: float) -> Places:
    """Where dates stand that show their order, of formats that are there in another: few are asked,
    so less tells them from noise than a shape of the whole list.
    """
    listed = shapes()
    formats = {shape.format for i in held if isinstance(shape := listed[i], DateShape)}
    near = [i for form in formats for i in _ordered().get(form, ()) if told[i] >= least]
    return np.array([i for i in near if i not in held], dtype=np.int64)


@cache
def _ordered() -> Mapping[str, tuple[int, ...]]:
    """The places of dates that show whether the day or the month comes first, by format."""
    found: dict[str, tuple[int, ...]] = {}
    for shape, place in places().items():
        if isinstance(shape, DateShape) and shape.order:
            found[shape.format] = (*found.get(shape.format, ()), place)
    return found
