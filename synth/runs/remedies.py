"""Ways to make a column tell less, as changes of a recipe: bands, an open end, rare values joined.

Where the ends of bands lie follows from what is known of the column already, and is round: no
single person decides it. What is known because somebody read it off the rows is marked as seen, so
that a statement says it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from synth.ingest.declaration import ColumnPart
from synth.protect.rungs import roundest
from synth.runs.fixes import Fix, coarser
from synth.runs.recipe import Recipe
from synth.schema import Categories, Column, Numbers, Origin

BANDS = 8  # at most, of numbers that are made coarser the first time
LEAST = 2  # values that a column keeps
FEW = 12  # values of a column, below which none is joined with another
RARE = 20  # rows below which a value is rare, the first time
SHARE = 0.02  # of the budget, to find out which values are rare
ENDS = 4  # intervals of a column, below which it has no end of its own
SEEN = (Origin.OBSERVED, Origin.CONFIRMED)


def simpler(recipe: Recipe, column: Column) -> Iterator[Fix]:
    """What makes a column tell less, and keeps it: what loses least first."""
    found = [*coarser(recipe, column), *_wider_bands(recipe, column.name)]
    yield from found
    if found:
        return
    domain = column.domain
    if isinstance(domain, Numbers):
        yield from _banded(recipe, column.name, domain)
        yield from _top_coded(recipe, column.name, domain)
    elif isinstance(domain, Categories):
        yield from _joined(recipe, column.name, domain)


def _with(recipe: Recipe, step: Mapping[str, Any], domain: Numbers) -> tuple[Any, ...]:
    marked = {**step, "seen": True} if domain.origin in SEEN else dict(step)
    return (*recipe.protect, marked)


def _top_coded(recipe: Recipe, name: str, domain: Numbers) -> Iterator[Fix]:
    """An open end: whoever is beyond it is no longer told from the others there."""
    if domain.intervals < ENDS or any(_is(s, "clip", name) for s in recipe.protect):
        return
    low, high = domain.edges[-3], domain.edges[-2]
    top = roundest(low, high)
    step = {"step": "clip", "column": name, "high": top}
    yield Fix(f"top-code `{name}` at {top:g}", steps=_with(recipe, step, domain))


def _banded(recipe: Recipe, name: str, domain: Numbers) -> Iterator[Fix]:
    """Bands of one round width."""
    low, high = domain.edges[0], domain.largest
    whole = domain.decimals == 0
    width = _round_width((high - low) / BANDS, whole=whole)
    first = math.floor(low / width) + 1
    starts = [float(f"{k * width:.12g}") for k in range(first, math.ceil(high / width))]
    if not starts or len(starts) + 1 >= domain.intervals:
        return
    edges = [-math.inf, *starts]
    step = {"step": "band", "column": name, "edges": edges, "whole": whole}
    yield Fix(f"put `{name}` into bands of {width:g}", steps=_with(recipe, step, domain))


def _round_width(least: float, *, whole: bool) -> float:
    """The least width of 1, 2 or 5 and zeros that is no smaller.

    >>> _round_width(11.3, whole=True), _round_width(0.3, whole=True)
    (20.0, 1.0)
    """
    least = max(least, 1.0) if whole else max(least, 1e-12)
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * m for m in (1, 2, 5, 10) if power * m >= least * (1 - 1e-9))


def _wider_bands(recipe: Recipe, name: str) -> Iterator[Fix]:
    """Every other band joined with the one before it."""
    for place, step in enumerate(recipe.protect):
        edges = tuple(step.get("edges", ()))
        if _is(step, "band", name) and len(edges) > 2:
            wider = {**step, "edges": list(edges[::2])}
            steps = (*recipe.protect[:place], wider, *recipe.protect[place + 1 :])
            yield Fix(f"join each two bands of `{name}`", steps=steps)
            return


def _joined(recipe: Recipe, name: str, domain: Categories) -> Iterator[Fix]:
    """Rare values under one word; what is rare is found out under the budget where there is one."""
    for place, step in enumerate(recipe.protect):
        if _is(step, "group_rare", name) and len(domain.values) <= LEAST:
            return
        if _is(step, "group_rare", name):
            few = 2 * int(step.get("fewer_than", RARE))
            wider = {**step, "fewer_than": few}
            steps = (*recipe.protect[:place], wider, *recipe.protect[place + 1 :])
            yield Fix(_rare_words(name, few), steps=steps)
            return
    parts: tuple[ColumnPart, ...] = recipe.column
    declared = any(p.name == name and p.values for p in parts)
    if len(domain.values) < FEW or (recipe.formal and not declared):
        return  # values that were found under a promise are those that are not rare
    step = {"step": "group_rare", "column": name, "fewer_than": RARE}
    told = {**step, "share": SHARE} if recipe.formal else step
    yield Fix(_rare_words(name, RARE), steps=(*recipe.protect, told))


def _rare_words(name: str, few: int) -> str:
    return f"put values of `{name}` that fewer than {few} rows have under one word"


def _is(step: Mapping[str, Any], kind: str, name: str) -> bool:
    return step.get("step") == kind and step.get("column") == name
