"""Measures that are written in several parts: `5'8"`, `11 st 4 lb`, `47°12'03.4"N`.

Each is a whole number of its finest part. Like a way of `durations`, a way of writing is named by
an example of itself.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import product

from synth.lazily import compiled

LIKELY = compiled(
    r"P\d+[YM]|\d+ ?(?:['\u2032°]|ft|feet|foot|st\b|(?:y(?:ears?|rs?)?|w(?:eeks?|ks?)?|"
    r"d(?:ays?)?|m(?:ins?|inutes?)?)[, ]*\d)|\d{1,3}:[0-5]\d[.,]\d{1,3}$"
)
SINGLE = compiled(r"\b1 (year|yr|month|mth|week|wk|day|hour|minute|min|second|sec)s")
PLURAL = compiled(r"(year|yr|month|mth|mo|week|wk|day|hour|minute|min|second|sec)s")


@dataclass(frozen=True)
class Twofold:
    """So many of one thing and some of a smaller one.

    Args:
        name: an example of it.
        each: how many of the smaller are one of the larger.
        between, after: what stands behind either number.
        measure: what the smaller ones are.
        before: what stands before both; a part that is nothing is left out then, as in ISO 8601.
    """

    name: str
    each: int
    between: str
    after: str
    measure: str
    before: str = ""

    def read(self, text: str) -> float:
        """The number of the smaller parts; NaN for what is none."""
        between = re.escape(self.between).replace(r"\ ", " ?").replace("'", "['\u2032\u2019]")
        after = re.escape(self.after).replace(r"\ ", " ?").replace('"', "(?:\"|\u2033|\u201d|'')?")
        between, after = (PLURAL.sub(r"\1s?", part) for part in (between, after))
        form = rf"(?:(\d{{1,3}}){between} ?)?(?:(\d{{1,2}}){after})?"
        found = re.fullmatch(self.before + form, text.strip())
        if found is None or not (found[1] or found[2]):
            return math.nan
        if found[1] and int(found[2] or 0) >= self.each:
            return math.nan
        return float(int(found[1] or 0) * self.each + int(found[2] or 0))

    def written(self, number: float) -> str:
        """So many of the smaller parts as text."""
        whole, rest = divmod(round(abs(number)), self.each)
        if self.before:
            larger, smaller = f"{whole}{self.between}", f"{rest}{self.after}"
            return self.before + larger * bool(whole) + smaller * bool(rest or not whole)
        return SINGLE.sub(r"1 \1", f"{whole}{self.between}{rest}{self.after}")


@dataclass(frozen=True)
class Angle:
    """Degrees, minutes and seconds, and on which side of the equator or of Greenwich.

    Args:
        name: an example of it.
        blank: what stands between its parts.
        places: decimal places of the seconds, of whose finest step the number is a count.
        sides: the letters for above zero and below.
    """

    name: str
    blank: str
    places: int
    sides: str
    measure: str = "steps of an angle"

    def read(self, text: str) -> float:
        """The angle in steps; NaN for what is none."""
        rest = rf"\.(\d{{{self.places}}})" if self.places else "()"
        found = re.fullmatch(
            rf"(\d{{1,3}})°{self.blank}([0-5]?\d)['\u2032\u2019]{self.blank}"
            rf"([0-5]?\d){rest}(?:\"|\u2033|\u201d|''){self.blank}([{self.sides}])",
            text.strip(),
        )
        if found is None:
            return math.nan
        seconds = int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])
        steps = seconds * 10**self.places + int(found[4] or 0)
        return float(steps if found[5] == self.sides[0] else -steps)

    def written(self, number: float) -> str:
        """An angle of so many steps as text."""
        seconds, rest = divmod(round(abs(number)), 10**self.places)
        minutes, seconds = divmod(seconds, 60)
        degrees, minutes = divmod(minutes, 60)
        told = f"{seconds:02}" + (f".{rest:0{self.places}}" if self.places else "")
        return self.blank.join(
            (f"{degrees}°", f"{minutes:02}'", f'{told}"', self.sides[number < 0])
            if self.blank
            else (f"{degrees}°{minutes:02}'{told}\"{self.sides[number < 0]}",)
        )


@dataclass(frozen=True)
class Lap:
    """Minutes, seconds and parts of a second, as in sports: `5:37.61`.

    Args:
        name: an example of it.
        mark: what stands before the parts of a second.
        places: how many digits these have, of whose last the number is a count.
        padded: whether minutes below ten have a zero before them.
    """

    name: str
    mark: str
    places: int
    padded: bool

    @property
    def measure(self) -> str:
        """What it counts."""
        return f"{('tenths', 'hundredths', 'thousandths')[self.places - 1]} of a second"

    def read(self, text: str) -> float:
        """The time in parts of a second; NaN for what is none."""
        rest = rf"{re.escape(self.mark)}(\d{{{self.places}}})"
        found = re.fullmatch(rf"(\d{{1,3}}):([0-5]\d){rest}", text.strip())
        if found is None or (self.padded and len(found[1]) < 2):
            return math.nan
        seconds = int(found[1]) * 60 + int(found[2])
        return float(seconds * 10**self.places + int(found[3]))

    def written(self, number: float) -> str:
        """A time of so many parts of a second as text."""
        seconds, rest = divmod(round(abs(number)), 10**self.places)
        minutes, seconds = divmod(seconds, 60)
        first = f"{minutes:02}" if self.padded else f"{minutes}"
        return f"{first}:{seconds:02}{self.mark}{rest:0{self.places}}"


def _laps() -> list[Lap]:
    """Those without a zero first, as they read the others too: a longer one has none."""
    return [
        Lap(f"{'0' * padded}5:37{mark}{'614'[:places]}", mark, places, padded)
        for padded, mark, places in product((False, True), ".,", (1, 2, 3))
    ]


def _angles() -> list[Angle]:
    made = []
    for blank, places, sides in product(("", " "), range(4), ("NS", "EW")):
        way = Angle("", blank, places, sides)
        steps = (47 * 3600 + 12 * 60 + 3) * 10**places + 4 * 10**places // 10
        made.append(Angle(way.written(steps), blank, places, sides))
    return made


PARTED: tuple[Twofold | Angle | Lap, ...] = (
    Twofold("5'8\"", 12, "'", '"', "inches"),
    Twofold("5' 8\"", 12, "' ", '"', "inches"),
    Twofold("5 ft 8 in", 12, " ft ", " in", "inches"),
    Twofold("5ft 8in", 12, "ft ", "in", "inches"),
    Twofold("11 st 4 lb", 14, " st ", " lb", "pounds"),
    Twofold("11st 4lb", 14, "st ", "lb", "pounds"),
    Twofold("P5Y6M", 12, "Y", "M", "months", before="P"),
    *(
        Twofold(f"5{y}6{m}", 12, y, m, "months")
        for y, m in (
            *(("y", "m"), ("y ", "m"), (" y ", " m"), (" yr ", " mo"), (" yrs ", " mths")),
            *((" years ", " months"), (" years, ", " months")),
        )
    ),
    *(
        Twofold(f"5{w}6{d}", 7, w, d, "days")
        for w, d in (
            *(("w", "d"), ("w ", "d"), (" w ", " d"), (" wks ", " days")),
            *((" weeks ", " days"), (" weeks, ", " days")),
        )
    ),
    *(
        Twofold(f"5{m}6{s}", 60, m, s, "seconds")
        for m, s in (
            *(("m", "s"), ("m ", "s"), (" min ", " s"), ("min ", "s"), ("min ", "sec")),
            *((" min ", " sec"), (" mins ", " secs"), (" minutes ", " seconds")),
        )
    ),
    *(
        Twofold(f"5{d}6{h}", 24, d, h, "hours")
        for d, h in (("d", "h"), ("d ", "h"), (" days ", " hours"), (" days, ", " hours"))
    ),
    *_angles(),
    *_laps(),
)
