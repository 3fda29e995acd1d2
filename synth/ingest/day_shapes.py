"""How dates and times of day are written: their part of the list in `shapes`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

from synth.schema.scripts import ZEROS


@dataclass(frozen=True)
class DateShape:
    """A date or a time of day.

    Args:
        format: codes of `schema.moments`, with leading zeros and the day before the month, names of
            months short and in English.
        order: which number is surely the day, "d" the first or "m" the second; "" for either.
    """

    format: str
    order: str = ""


CLOCKS = (
    *("%H:%M", "%H:%M:%S", *(f"%H:%M:%S.%{n}f" for n in range(1, 10))),
    *(f"{c}{b}{h}" for c in ("%I:%M", "%I:%M:%S") for b in ("", " ") for h in ("%p", "%P")),
)
TWELVE = CLOCKS[:2] + CLOCKS[11:]  # without fractions of a second
MONTH_OR_NUMBER = {"%m.%Y": 4, "%Y.%m": 2}  # numbers of so many decimal places, too: 12.2006
MIDNIGHTS = ("00:00", "00:00:00", "00:00:00.000", "00:00:00.000000", "12:00 AM", "12:00:00 AM")
COMPACT = ("%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%Y%m%d%H%M%S%6f", "%Y%m", "%d%m%Y", "%m%d%Y")
STAMPS = (
    *("%Y%m%dT%H%M%S", "%Y%m%dT%H%M%SZ", "%Y%m%d_%H%M%S", "%Y%m%d-%H%M%S", "%Y%m%d %H%M%S"),
    *("%Y%m%d %H:%M", "%Y%m%d %H:%M:%S"),
)
MESSAGES = tuple(  # as HL7 has them
    f"%Y%m%d%H%M{s}{z}" for s in ("", "%S", "%S.%3f", "%S.%4f") for z in ("", "%z")
)[1:]
NAMED = (
    *("%d %b %Y", "%d-%b-%Y", "%d/%b/%Y", "%d. %b %Y", "%d%b%Y", "%d de %b de %Y"),
    *("%b %d %Y", "%b %d, %Y", "%b-%d-%Y", "%b %Y", "%b-%Y"),
)
WEEKS = ("%G-W%V", "%GW%V", "%G-W%V-%u", "%GW%V%u", "KW %V/%G", "KW%V/%G", "W%V/%G", "%Y-%j")
QUARTERS = ("%Y-Q%q", "%YQ%q", "%Y Q%q", "%Yq%q", "%Y-q%q", "Q%q %Y", "Q%q-%Y", "Q%q/%Y")
STATA_MONTHS = ("%Ym%m", "%YM%m")
ERA_DAYS = ("%:E年%m月%d日", "%:E年%m月", "%.E.%m.%d", "%.E/%m/%d", "%.E-%m-%d")
ORDINALS = ("%O %b %Y", "%O %b, %Y", "%O-%b-%Y", "%b %O, %Y", "%b %O %Y")
YEARS_NAMED = ("%d %b %Y г.", "%d %b %Y r.")  # noqa: RUF001
YEARS_MARKED = ("%d.%m.%Y г.", "%d.%m.%Y r.", "%d.%m.%Yr.")  # noqa: RUF001
NO_YEAR = ("%d %b", "%d. %b", "%d-%b", "%d de %b")
LONG_DAYS = (  # as Excel has them in other languages
    *("%A %d %b %Y", "%A %d. %b %Y", "%A, %d. %b %Y", "%a, %d. %b %Y", "%A, %d de %b de %Y"),
    *("%A %d de %b de %Y", "%a. %d %b %Y", "%a., %d. %b %Y", "%a., %d %b %Y"),
    f"%A, {YEARS_NAMED[0]}",
)
EASTERN_CLOCKS = tuple(f"%H{c}%M分{s}" for c in "时時" for s in ("", "%S秒"))
OCLOCK = ("%H:%M Uhr", "%H.%M Uhr", "%H:%M:%S Uhr")
NAMED_ZONES = (
    *("CET", "CEST", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"),
    *("BST", "MSK", "IST", "JST"),
)
C_TIMES = tuple(f"%a %b %d %H:%M:%S{z} %Y" for z in ("", " UTC", " GMT", " +0000"))
AWAY = (" GMT%-z", " UTC%-z")
WEEKDAYS = ("%a, %d %b %Y", "%a %d %b %Y", "%a, %b %d, %Y", "%A, %d %b %Y", "%A, %b %d, %Y")
LOGGED = (  # by databases, statistical programs and servers
    *(f"%d%b%{y}:%H:%M:%S{f}" for y in "Yy" for f in ("", ".%2f", ".%3f")),
    *(
        f"%d-%b-%{y} {h}.%M.%S{f}"
        for y in "Yy"
        for h in ("%H", "%I")
        for f in (("", ".%6f", ".%9f") if h == "%H" else (" %p", ".%6f %p", ".%9f %p"))
    ),
    *("%d/%b/%Y:%H:%M:%S %z", "%a, %d %b %Y %H:%M:%S %z", "%a, %d %b %Y %H:%M:%S GMT"),
    *("%Y-%b-%d", "%Y %b %d", "%Y. %b %d."),
    *(f"%Y年%m月%d日{c}" for c in ("", " %H:%M", " %H:%M:%S")),
    *("%Y年%m月", "[%d/%b/%Y:%H:%M:%S %z]"),
)
SPACED = ("%d. %m. %Y", "%d. %m. %y")
DOTTED = ("%Y.%m.%d.", "%Y. %m. %d.")
HALVES = ("%I:%M %:P", "%I:%M:%S %:P")  # 9:30 a.m.
STATED = (" Z", " UTC", " GMT", "%.z", " %z", " %:z", " %.z")  # zones that fewer programs write so
MONTHS = ("%Y-%m", "%Y/%m", "%m/%Y", "%m-%Y", *MONTH_OR_NUMBER)
ZONES = ("", "Z", "%z", "%:z")


ORDERED = tuple(product("/.-", "Yy", ("", "d", "m")))  # sign, width of the year, which is the day


def date_shapes() -> Iterator[DateShape]:
    """All of them, some of them more than once."""
    yield from map(DateShape, (*COMPACT[:-2], *STAMPS, *MONTHS, *WEEKS, *QUARTERS, *CLOCKS))
    for sign in "-/.":
        yield from _timed(f"%Y{sign}%m{sign}%d", " T", ZONES)
    for sign, year, order in ORDERED:
        yield from _timed(f"%d{sign}%m{sign}%{year}", " ", ("",), order)
    for form, year in product(NAMED, "Yy"):
        yield from _timed(form.replace("%Y", f"%{year}"), " ", ("",))
    yield from map(DateShape, (*STATA_MONTHS, *ERA_DAYS))
    yield from _dates_of_scripts()
    yield from _rarer_dates()
    yield from _dates_of_databases()


def _dates_of_scripts() -> Iterator[DateShape]:
    """Days and minutes with digits of other scripts."""
    for zero, sign, clock in product(ZEROS, "/-.", ("", " %H:%M", " %H:%M:%S")):
        yield DateShape(f"%Y{sign}%m{sign}%d{clock}%[{zero}]")
        for order in ("", "d", "m"):
            yield DateShape(f"%d{sign}%m{sign}%Y{clock}%[{zero}]", order)


def _rarer_dates() -> Iterator[DateShape]:
    """With the day of the week, dots, blanks, or words for the half of a day."""
    yield from (DateShape("%d%m%Y", order) for order in ("", "d", "m"))
    for form, year in product(WEEKDAYS, "Yy"):
        yield from _timed(form.replace("%Y", f"%{year}"), " ", ("",), clocks=CLOCKS[:2])
    for form in ORDINALS:
        yield from _timed(form, " ", ("",), clocks=CLOCKS[:2])
    for form in DOTTED:
        yield from _timed(form, " ", ("",), clocks=CLOCKS[:2])
    for form, order in product(SPACED, ("", "d", "m")):
        yield from _timed(form, " ", ("",), order, CLOCKS[:2])
    yield from map(
        DateShape, (*NO_YEAR, *OCLOCK, *EASTERN_CLOCKS, "%I.%M%P", "%I.%M %P", *YEARS_NAMED)
    )
    yield from (DateShape(f, order) for f in YEARS_MARKED for order in ("", "d", "m"))
    for form, between in product(LONG_DAYS, (" ", ", ")):
        yield from _timed(form, (between,), ("",), clocks=CLOCKS[:2])
    for form, between, clock in product(("%b %d, %Y", "%d %b %Y"), (", ", " at "), TWELVE):
        yield DateShape(f"{form}{between}{clock}")
    for day, order in (("%d.%m.%Y", ""), ("%d.%m.%Y", "d"), ("%d.%m.%y", ""), ("%d.%m.%y", "d")):
        yield from (DateShape(f"{day}{t}{clock}", order) for t in (" ", ", ") for clock in OCLOCK)
    for blank, clock in product(("", " "), EASTERN_CLOCKS):
        yield DateShape(f"%Y年%m月%d日{blank}{clock}")
    yield from map(DateShape, ("%Hh%M", *HALVES, *(f"%Y-%m-%d {clock}" for clock in HALVES)))
    browsers = [f", {clock}" for clock in TWELVE]
    for (sign, year, order), clock in product(ORDERED, [*browsers, *(f" {c}" for c in HALVES)]):
        yield DateShape(f"%d{sign}%m{sign}%{year}{clock}", order)


def _dates_of_databases() -> Iterator[DateShape]:
    """As databases, statistical programs and servers write moments."""
    yield from map(DateShape, (*LOGGED, *MESSAGES))
    yield from map(DateShape, (*C_TIMES, "%I%p", "%I%P", "%I %p", "%I %P"))
    for clock, zone in product(TWELVE, NAMED_ZONES):
        yield DateShape(f"%Y-%m-%d {clock} {zone}")
        yield from (DateShape(f"%d/%m/%Y {clock} {zone}", order) for order in ("", "d", "m"))
    for day, clock, zone in product(("%Y/%m/%d", "%Y-%m-%d"), TWELVE, AWAY):
        yield DateShape(f"{day} {clock}{zone}")
    for clock, zone in product(CLOCKS[:11], STATED):
        yield DateShape(f"%Y-%m-%d {clock}{zone}")
    yield from (DateShape(f"%Y-%m-%dT{clock}%.z") for clock in CLOCKS[:11])
    for places, zone in product("36", ("", "Z")):  # a fraction behind a comma
        yield from (DateShape(f"%Y-%m-%d{t}%H:%M:%S,%{places}f{zone}") for t in " T")


def _timed(
    day: str,
    between: Iterable[str],
    zones: tuple[str, ...],
    order: str = "",
    clocks: tuple[str, ...] = CLOCKS,
) -> Iterator[DateShape]:
    yield DateShape(day, order)
    for sign, clock, zone in product(between, (*MIDNIGHTS, *clocks), zones):
        yield DateShape(f"{day}{sign}{clock}{zone}", order)


@cache
def usual_formats() -> tuple[str, ...]:
    """Formats of whole days and of moments, tried in this order where none is named."""
    days = dict.fromkeys(s.format for s in date_shapes())
    swapped = [f.replace("%d/%m", "%m/%d") for f in days if f.startswith("%d/%m")]
    return (*days, *swapped)
