"""Units that measure the same, and marks that a number is about right: read wherever they stand.

What one unit is in another is public, so a cell in another unit than the rest of its column is read
in theirs, each cell on its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache

from synth.lazily import compiled, pa

BLANKS = " \u00a0\u202f\u2009"
DAY, YEAR = 86_400.0, 365.25 * 86_400
YEARS = "year years yr yrs an ans Jahr Jahre Jahren año años ano anos anno anni jaar jaren"
MONTHS = "month months mth mths mo mos mois Monat Monate Monaten mes meses mese mesi maand maanden"
WEEKS = "week weeks wk wks semaine semaines Woche Wochen semana semanas settimana settimane weken"
DAYS = "day days jour jours Tag Tage Tagen día días dia dias giorno giorni dag dagen"
AGES = (YEARS, YEAR), (MONTHS, YEAR / 12), (WEEKS, 7 * DAY), (DAYS, DAY)
CLOCK = (
    *(
        (DAYS, DAY),
        ("hour hours hr hrs heure heures Stunde Stunden Std hora horas ora ore", 3600.0),
    ),
    *(("min mins minute minutes Minuten", 60.0), ("sec secs second seconds", 1.0), ("ms", 0.001)),
)
SEVERAL, ABOUT_ONE = 1.95, 0.02  # 22 months are no two years, and 12 are one
Family = tuple[tuple[str, float], ...]
FAMILIES: tuple[Family, ...] = (  # units of one kind, and what each is in one of them
    (*AGES, ("y Y", YEAR), ("m M", YEAR / 12), ("w", 7 * DAY), ("d", DAY)),
    (*CLOCK, ("d", DAY), ("h", 3600.0), ("m", 60.0), ("s", 1.0)),
    (*AGES, *CLOCK),
    (
        *(("t", 1e6), ("kg kgs", 1e3), ("g", 1.0), ("mg", 1e-3), ("µg mcg ug", 1e-6)),
        *(("ng", 1e-9), ("lb lbs", 453.59237), ("oz", 28.349523125), ("st", 6350.29318)),
    ),
    (
        *(("km", 1e3), ("m", 1.0), ("cm", 0.01), ("mm", 1e-3), ("µm um", 1e-6)),
        *(("ft feet", 0.3048), ("in inch inches", 0.0254), ("yd", 0.9144)),
        ("mi mile miles", 1609.344),
    ),
    (("l L", 1.0), ("dl dL", 0.1), ("cl", 0.01), ("ml mL", 1e-3), ("µl ul", 1e-6)),
    (("kcal", 4184.0), ("cal", 4.184), ("kJ", 1e3), ("J", 1.0)),
    (("MWh", 1e6), ("kWh", 1e3), ("Wh", 1.0)),
    (("MW", 1e6), ("kW", 1e3), ("W", 1.0)),
    (("GHz", 1e9), ("MHz", 1e6), ("kHz", 1e3), ("Hz", 1.0)),
    (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB KB", 1e3)),
    (("g/l g/L", 1.0), ("g/dl g/dL", 10.0), ("mg/l mg/L", 1e-3), ("mg/dl mg/dL", 0.01)),
    (("kPa", 1.0), ("mmHg", 0.133322387415)),
    (("km/h", 1.0), ("mph", 1.609344)),
    (("km²", 1e6), ("ha", 1e4), ("m² m2", 1.0)),
    (("% pct percent", 1.0), ("‰", 0.1)),
)
FAHRENHEIT, CELSIUS = ("°F", "F", "degF"), ("°C", "C", "degC")
PLURALS = {
    **{"years": "year", "yrs": "yr", "months": "month", "mths": "mth", "weeks": "week"},
    **{"wks": "wk", "days": "day", "hours": "hour", "hrs": "hr", "minutes": "minute"},
    **{"mins": "min", "miles": "mile", "years old": "year old", "ans": "an", "Jahre": "Jahr"},
    **{"Monate": "Monat", "Wochen": "Woche", "Tage": "Tag", "jours": "jour", "heures": "heure"},
    **{"Stunden": "Stunde", "años": "año", "días": "día", "anni": "anno", "giorni": "giorno"},
    **{"semaines": "semaine", "times": "time", "points": "point"},
}


def in_one_unit(number: float, written: str, unit: str) -> float | None:
    """A number of the unit `written` in `unit`; None where they do not measure the same.

    >>> in_one_unit(9, "months", "years"), in_one_unit(98.6, "°F", "°C"), in_one_unit(1, "kg", "m")
    (0.75, 37.0, None)
    """
    if written in FAHRENHEIT and unit in CELSIUS:
        return _rounded((number - 32) / 1.8)
    if written in CELSIUS and unit in FAHRENHEIT:
        return _rounded(number * 1.8 + 32)
    for sizes in _families():
        if written in sizes and unit in sizes:
            return _rounded(number * (sizes[written] / sizes[unit]))
    return None


def alike(written: str, unit: str) -> bool:
    """Whether two endings, with or without a blank before them, measure the same."""
    bare = written.strip(BLANKS), unit.strip(BLANKS)
    return bare[0] != "" and (bare[0] == bare[1] or in_one_unit(1.0, *bare) is not None)


def same(written: str, unit: str) -> bool:
    """Whether two endings name one unit: `year` and `years`."""
    bare = written.strip(BLANKS), unit.strip(BLANKS)
    return bare[0] == bare[1] or (in_one_unit(1.0, *bare), in_one_unit(0.0, *bare)) == (1.0, 0.0)


def places_for(decimals: int, written: str, unit: str) -> int:
    """Decimal places in `unit` that tell numbers of `written` with so many apart.

    >>> places_for(0, "months", "years"), places_for(2, "m", "cm"), places_for(1, "°F", "°C")
    (2, 0, 1)
    """
    bare = written.strip(BLANKS), unit.strip(BLANKS)
    one, none = in_one_unit(1.0, *bare), in_one_unit(0.0, *bare)
    if one is None or none is None:
        return decimals
    step = abs(one - none)
    return max(0, decimals + (0 if 0.5 < step < 1 else math.ceil(-math.log10(step) - 1e-9)))


def counted_whole(unit: str) -> float | None:
    """Seconds in a unit of an age, of which people count whole ones; None for any other unit."""
    return _families()[0].get(unit.strip(BLANKS))


def in_fitting_unit(number: float, unit: str, units: Sequence[str]) -> tuple[float, str]:
    """A number as people say an age: in the largest unit of which it is two or more, or just one.

    >>> units = ("years", "months")
    >>> in_fitting_unit(0.75, "years", units), in_fitting_unit(40.6, "years", units)
    ((9.0, 'months'), (40.0, 'years'))

    Args:
        unit: that of the number, of which begun ones do not count.
        units: those that may be written, the largest first.
    """
    found = number, unit
    for other in units if number else ():
        told = in_one_unit(number, unit.strip(BLANKS), other.strip(BLANKS))
        if told is None:
            continue
        whole = math.floor(abs(told) + 1e-9) if other == unit else math.floor(abs(told) + 0.5)
        found = math.copysign(whole, told), other
        if abs(told) >= SEVERAL or abs(abs(told) - 1) < ABOUT_ONE:
            break
    return found


def letters_of(unit: str) -> str:
    """The letters of all units that measure the same."""
    bare = unit.strip(BLANKS)
    return "".join(w for sizes in _families() if bare in sizes for w in sizes) + "CF°" * (
        bare in (*FAHRENHEIT, *CELSIUS)
    )


@cache
def _families() -> tuple[Mapping[str, float], ...]:
    return tuple({w: size for words, size in family for w in words.split()} for family in FAMILIES)


def _rounded(number: float) -> float:
    return float(f"{number:.12g}")


# -- numbers that are about right ------------------------------------------------------------------

WORDS = (
    "c|ca|cca|circa|approx|approximately|about|around|roughly|est|env|environ|etwa|ungefähr|rund|"
    "aprox|unos|około|cirka|ungefär|noin"
)
ABOUT = rf"^(?:[~≈∼] ?|(?i:{WORDS})(?:\. ?| ))([^\sA-Za-z].*)$"  # noqa: RUF001
FLAGS = "b|e|f|i|p|r|u|[bdepu]{2}"  # Eurostat's, that are no units: a break, estimated, ...
DOUBTED = (
    r"^(.*[0-9%)]) ?(?:[?*†‡]{1,3}|\((?i:est|approx|ca)\.?\)|(?i:est|approx)\.?)$|"
    rf"^(-?[0-9.,]*[0-9]) (?:{FLAGS})$"
)
_ABOUT, _DOUBTED = compiled(ABOUT), compiled(DOUBTED)


def marked(texts: pa.Array) -> pa.Array:
    """Which texts may be marked as about right: all that are, and a few that are not."""
    found = pa.compute.match_substring_regex(texts, f"{ABOUT}|{DOUBTED}")
    return found.fill_null(False)


def exactly(text: str) -> str:
    """A text without marks that its number is about right: `85` of `~85`, `c. 85` and `85?`.

    >>> exactly("c. 1850"), exactly("26*"), exactly("about us")
    ('1850', '26', 'about us')
    """
    for form in (_ABOUT, _DOUBTED):
        if (found := form.match(text)) is None:
            continue
        number: str = found[found.lastindex or 1]
        if re.search(r"\d", number):
            return number.strip()
    return text
