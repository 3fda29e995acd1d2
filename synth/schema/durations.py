"""How long something took, as it is written: `1:30:05`, `PT1H30M`, `1 days 01:30:05`.

A duration is a whole number of its finest unit, seconds or minutes. The way of writing it is named
by how an hour and a half, or five seconds more, are written in it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache

from synth.lazily import compiled
from synth.schema.parted import LIKELY, PARTED, Angle, Lap, Twofold

SIZES = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
MEASURES = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
ONE = compiled(r"(hour|minute)s")
SINGLE = compiled(r"\b1 (hour|minute|day(?=s,))s")  # `1 days` is how pandas writes one
SIGN = r"(?P<sign>[-\u2212]?)"


@dataclass(frozen=True)
class Way:
    """One way to write durations.

    Args:
        name: an example of it.
        pattern: what reads one, in groups `w`, `d`, `h`, `m` and `s`.
        form: what writes one, with a place for each of these; `{h:02}` is padded.
        parts: whether each part is written with its sign, and left out where it is nothing.
    """

    name: str
    pattern: str
    form: str
    parts: bool = False

    @property
    def measure(self) -> str:
        """What it counts."""
        return MEASURES[self._finest]

    @property
    def unit(self) -> int:
        """Seconds in the finest unit."""
        return SIZES[self._finest]

    @property
    def _finest(self) -> str:
        return next(part for part in reversed(SIZES) if f"{{{part}" in self.form)

    def read(self, text: str) -> float:
        """A duration in units; NaN for what is none."""
        found = _compiled(ONE.sub(r"\1s?", self.pattern)).fullmatch(text.strip())
        if found is None:
            return math.nan
        told = {part: n for part, n in found.groupdict().items() if part != "sign" and n}
        if not told:
            return math.nan
        seconds = sum(int(n) * SIZES[part] for part, n in told.items())
        return (-1 if found["sign"] else 1) * seconds / self.unit

    def written(self, number: float) -> str:
        """A duration of so many units."""
        left, made = round(abs(number)) * self.unit, {}
        for part, size in SIZES.items():
            made[part], left = divmod(left, size) if f"{{{part}" in self.form else (0, left)
        sign = "-" if number < 0 and any(made.values()) else ""
        text = _parts(self.form, made) if self.parts else self.form.format(**made)
        return sign + SINGLE.sub(r"1 \1", text.removeprefix("0 days, "))


def _parts(form: str, made: dict[str, int]) -> str:
    """The parts that are not nothing; the last one where all are."""
    pieces = form.split("|")
    told = [p for p in pieces if (found := re.search(r"\{(\w)", p)) and made[found[1]]]
    first = "" if re.search(r"\{", pieces[0]) else pieces[0]
    text = "".join(told or pieces[-1:]).strip().format(**made)
    time = "T" if first == "P" and not text.endswith("D") else ""
    if time and "D" in text:
        return first + text.replace("D", "DT", 1)
    return first + time + text


ISO = SIGN + r"P(?:(?P<d>\d{1,6})D)?(?:T(?:(?P<h>\d{1,6})H)?(?:(?P<m>\d{1,7})M)?"
ISO_HOURS = SIGN + r"PT(?:(?P<h>\d{1,6})H)?(?:(?P<m>\d{1,7})M)?"
WHOLE = (("P", "w", "W"), ("P", "d", "D"), ("PT", "h", "H"))
PACES = ("/km", "/mi", "/mile", "/100m", "min/km", "min/mi", "min/mile", "min", "mins")
HOURS = ("h", "hrs", "hours", "Std", "Std.")
PACE = SIGN + r"(?P<m>\d{1,6}):(?P<s>[0-5]\d)"  # minutes and seconds, as what follows says
SECONDS = r"(?:(?P<s>\d{1,8})S)?"
CLOCK = SIGN + r"(?P<h>\d{1,6}):(?P<m>[0-5]\d)"
DAYS = SIGN + r"(?P<d>\d{1,6}) days? (?P<h>[01]\d|2[0-3]):(?P<m>[0-5]\d):(?P<s>[0-5]\d)"
DAYS_AND = SIGN + r"(?:(?P<d>\d{1,6}) days?, )?(?P<h>\d|1\d|2[0-3]):(?P<m>[0-5]\d):(?P<s>[0-5]\d)"
WAYS = (
    *(
        Way(
            f"{first}1{last}",
            rf"{SIGN}{first}(?P<{part}>\d{{1,7}}){last}",
            f"{first}{{{part}}}{last}",
        )
        for first, part, last in WHOLE
    ),
    Way("1:30:05", CLOCK + r":(?P<s>[0-5]\d)", "{h}:{m:02}:{s:02}"),
    Way("01:30:05", CLOCK + r":(?P<s>[0-5]\d)", "{h:02}:{m:02}:{s:02}"),
    Way("1:30", CLOCK, "{h}:{m:02}"),
    Way("01:30", CLOCK, "{h:02}:{m:02}"),
    Way("PT1H30M", ISO_HOURS, "P|{h}H|{m}M", parts=True),
    Way("PT1H30M5S", ISO_HOURS + SECONDS, "P|{h}H|{m}M|{s}S", parts=True),
    Way("P1DT1H30M", ISO + ")?", "P|{d}D|{h}H|{m}M", parts=True),
    Way("P1DT1H30M5S", ISO + SECONDS + ")?", "P|{d}D|{h}H|{m}M|{s}S", parts=True),
    Way("1 days 01:30:05", DAYS, "{d} days {h:02}:{m:02}:{s:02}"),
    Way("1 days, 1:30:05", DAYS_AND, "{d} days, {h}:{m:02}:{s:02}"),
    Way(
        "1d 1h 30m",
        SIGN + r"(?P<d>\d{1,6})d (?P<h>\d{1,2})h (?P<m>\d{1,2})m",
        "{d}d {h}h {m}m",
    ),
    *(
        Way(
            f"1{b}{h}{a}30{b}{m}",
            rf"{SIGN}(?:(?P<h>\d{{1,6}}){b}{h})?{a and ' ?'}(?:(?P<m>\d{{1,7}}){b}{m})?",
            f"{{h}}{b}{h}{a}|{{m}}{b}{m}",
            parts=True,
        )
        for h, m, a, b in (
            *(
                ("h", "m", "", ""),
                ("h", "m", " ", ""),
                ("h", "min", " ", " "),
                ("h", "min", " ", ""),
            ),
            *(("hr", "min", " ", ""), ("hr", "min", " ", " "), ("hours", "minutes", " ", " ")),
        )
    ),
    *(
        Way(name + after, form + re.escape(after), written + after)
        for name, form, written, ends in (
            ("7:03", PACE, "{m}:{s:02}", PACES),
            ("1:30", CLOCK, "{h}:{m:02}", HOURS),
        )
        for end in ends
        for after in (f" {end}", end)
    ),
)
# with noughts, too
BARE = {w.name: w.name.replace("1", "0", 1) for w in WAYS if w.parts and w.name[0] == "1"}
NAMED = r"0( ?)(h\w*)( ?)30( ?)(m\w*)"
WAYS += tuple(
    Way(
        name,
        SIGN + re.sub(NAMED, r"(?P<h>\\d{1,6})\1\2\3(?P<m>\\d{1,7})\4\5", name),
        re.sub(NAMED, r"{h}\1\2\3{m}\4\5", name),
    )
    for name in BARE.values()
)
READS = {  # what else a way reads: durations that happen to need fewer parts
    "PT1H30M": ("PT1H",),
    "PT1H30M5S": ("PT1H", "PT1H30M"),
    **{noughts: (plain,) for plain, noughts in BARE.items()},
    **{way.name: (way.name[1:],) for way in PARTED if isinstance(way, Lap) and way.padded},
    "P1DT1H30M": ("P1D", "PT1H", "PT1H30M"),
    "P1DT1H30M5S": ("P1D", "PT1H", "PT1H30M", "PT1H30M5S", "P1DT1H30M"),
}
PADDED = {"1:30:05": "01:30:05", "1:30": "01:30"}


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def ways() -> dict[str, Way | Twofold | Angle | Lap]:
    """Each way of writing durations, and measures of several parts, under its name."""
    return {way.name: way for way in (*WAYS, *PARTED)}


def way_of(text: str) -> str:
    """The name of the first way that reads a text; "" where none does, or a bare part is no sign.

    >>> way_of("26:05:10"), way_of("PT45M"), way_of("45 min")
    ('1:30:05', 'PT1H30M', '')
    """
    if LIKELY.match(text):
        read = {way.name: way.read(text) for way in PARTED}
        some = {name: number for name, number in read.items() if not math.isnan(number)}
        exact = (name for name, number in some.items() if ways()[name].written(number) == text)
        if found := next(exact, next(iter(some), "")):
            return found
    if not _LIKELY.match(text):
        return ""
    for way in WAYS:
        if not math.isnan(way.read(text)):
            told = BARE.get(way.name, way.name) if _NOUGHT.search(text) else way.name
            return "" if way.parts and not _LIKELY_PARTS.match(text) else told
    return ""


def may_stand_alone(name: str) -> tuple[str, ...]:
    """Units of a way that a cell may have one of alone: it looks like a measure then.

    >>> may_stand_alone("5y 6m")
    ('y', 'm')
    """
    if name in BARE:
        return PARTS
    way = ways()[name]
    return (way.between.strip(" ,"), way.after.strip()) if isinstance(way, Twofold) else ()


_LIKELY = compiled(r"[-\u2212]?(?:P[T\d]|\d+:\d\d|\d+ days?,? \d|\d+ ?h|\d+d \d)")
_LIKELY_PARTS = compiled(r"[-\u2212]?(?:P|\d+ ?h(?:r|ours?)? ?\d)")
_NOUGHT = compiled(r"(?<!\d)0 ?[hm]")
PARTS = ("h", "m", "min", "hr", "hour", "hours", "minute", "minutes")  # that may stand alone
