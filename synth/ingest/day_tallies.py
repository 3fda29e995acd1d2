"""What counts of shapes tell of how dates are written: the format that most have, and others."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from synth.ingest.day_shapes import DateShape
from synth.ingest.tallies import MISFITS, added, most
from synth.lazily import compiled
from synth.schema.counted_moments import EXCEL
from synth.schema.moments import reads

MOST_FORMATS = 4  # of dates beside that of most
NUMBERS = ("%d%m%Y", "%m%d%Y", "%Y%m", "%m.%Y", "%Y.%m")  # of digits alone, as other numbers are
MONTHS_LAST = compiled(r"%d(\. |.|)%m")


@dataclass(frozen=True)
class Dated:
    """How dates are written.

    Args:
        cells: how many of them are read.
        unsure: whether the order of day and month is a guess.
        also: formats that some have beside that of most.
    """

    format: str = "%Y-%m-%d"
    cells: float = 0.0
    unsure: bool = False
    also: tuple[str, ...] = ()


def dates_of(seen: list[tuple[DateShape, float]]) -> Dated:
    """The format that most dates have, and those of whole days that some have beside it.

    Day comes before month where both are possible, unless most dates show that it does not.
    """
    if not seen:
        return Dated()
    found = _dated(seen, most([(s.format, n) for s, n in seen], ""), swapped=False)
    least = MISFITS * sum(n for _, n in seen)
    left = _others(seen, found)
    while tells_day(found.format) and left and len(found.also) < MOST_FORMATS:
        best = most([(s.format, n) for s, n in left], "")
        if added(left, lambda s, form=best: s.format == form) <= least:  # type: ignore[misc]
            break
        other = _dated(left, best, swapped=_months_first(found.format))
        found = replace(
            found,
            cells=found.cells + other.cells,
            unsure=found.unsure or (other.unsure and found.format.startswith("%Y")),
            also=(*found.also, other.format),
        )
        left = [(s, n) for s, n in _others(left, other) if s.format != best]
    return found


def _others(seen: list[tuple[DateShape, float]], found: Dated) -> list[tuple[DateShape, float]]:
    """Days that are written otherwise."""
    plain = _day_first(found.format)
    left = [(s, n) for s, n in seen if not reads(plain, s.format)]
    days = [(s, n) for s, n in left if tells_day(s.format) or tells_month(s.format)]
    return [(s, n) for s, n in days if s.format not in NUMBERS]


def _dated(seen: list[tuple[DateShape, float]], best: str, *, swapped: bool) -> Dated:
    """One format that the dates have; of what shows no order, the months come first if told."""
    form = _finest(seen, best)
    read = [(s, n) for s, n in seen if reads(form, s.format)]
    days, months = added(read, lambda s: s.order == "d"), added(read, lambda s: s.order == "m")
    swapped = months > days or (swapped and months == days)
    cells = added(read, lambda s: s.order in ("", "m" if swapped else "d"))
    unsure = (
        form.startswith(("%d/%m", "%d.%m", "%d-%m", "%d. %m", "%d%m")) and not days and not months
    )
    return Dated(MONTHS_LAST.sub(r"%m\1%d", form) if swapped else form, cells, unsure)


def _months_first(form: str) -> bool:
    return form.startswith("%m") and "%d" in form


def _day_first(form: str) -> str:
    return re.sub(r"%m(\. |.|)%d(?=.?%[Yy])", r"%d\1%m", form)


def _finest(seen: list[tuple[DateShape, float]], form: str) -> str:
    """A finer format that the same dates have: a time of day, more digits of a second."""
    finer = [(s.format, n) for s, n in seen if s.format != form and reads(s.format, form)]
    whole = sum(n for _, n in seen)
    best = most(finer, form)
    return best if added(finer, lambda f: f == best) > MISFITS * whole else form


def tells_day(format: str) -> bool:
    """Whether it tells which day it was, and not only its month, its week or its hour."""
    return format == EXCEL or re.search(r"%(-?d|O)", format) is not None


def tells_month(format: str) -> bool:
    """Whether it tells a month and its year, and no day: read beside days, it is its first."""
    named = re.search(r"%(-?m|b|B|h)", format) is not None
    return named and re.search(r"%[Yy]", format) is not None and not tells_day(format)
