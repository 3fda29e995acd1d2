"""The shape of a date or a time of day, and what it shows of its format beyond that."""

from __future__ import annotations

import re
from functools import cache
from itertools import product

from synth.ingest.day_shapes import DateShape
from synth.ingest.shapes import places
from synth.lazily import compiled
from synth.schema.day_names import FIRST, month_words, months, plain_name, weekday_words
from synth.schema.periods import without_ordinal
from synth.schema.scripts import FOREIGN, in_plain, script_of

DATE_LIKE = compiled(
    r"[12]\d{3}[- ]?[QqmM]\d|Q[1-4][ /-]\d|"
    r"(?:令和|平成|昭和|大正|明治|[RHSTM](?=[\d元]{1,2}[-/.]))|"
    r"[12]\d{3}-?W\d\d(?:-?[1-7])?$|\[\d\d/|K?W ?\d\d/|\d{1,2}[时時]|"
    r"\d{1,2}(?:st|nd|rd|th|er|º|°)[ -]|"
    r"\d{1,2} ?[AaPp][Mm]$|\d{1,4}[-/.:年h]\s?\d|\d{8}[T_ -]\d|\d{12,14}[.+-]\d|0\d{7}$|"
    r"\d{1,4}(?:\. | de |[ /-]?)[^\W\d_]{3}|"
    r"[^\W\d_]{2}\.?, \d|[^\W\d_]{3,12}\.?(?:, | de |[ /-]?)(?:\d|[^\W\d_]{3})"
)
SIGNED = r"(?P<t>,? | at |T|:(?=\d\d:\d\d:\d\d))"
REST = (
    rf"(?:{SIGNED}"
    r"(?P<clock>(?P<h>\d{1,2})(?P<c>[:.h])[0-5]\d"
    r"(?P<s>(?P=c)[0-5]\d(?:(?P<p>[.,])(?P<f>\d{1,9}))?)?"
    r"(?:(?P<blank> ?)(?P<half>[AaPp][Mm]|[ap]\.m\.|Uhr))?)"
    r"(?P<z> ?Z| (?:UTC|GMT)(?:[+-]\d\d?(?::\d\d)?)?| [A-Z]{3,4}| ?[+-]\d\d(?::?\d\d)?)?)?"
)
YEAR_FIRST = compiled(  # the year 9999 stands for no end, in databases
    r"(?:[12]\d{3}|9999)(?P<sign>[-/]|\. ?)(?P<m>\d{1,2})(?P=sign)(?P<d>\d{1,2})(?P<end>\.?)" + REST
)
EASTERN = compiled(r"[12]\d{3}年(?P<m>\d{1,2})月(?:(?P<d>\d{1,2})日)?" + REST)
EIGHT = compiled(r"(?:1[89]|2[01])\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])" + REST)
DAY_FIRST = compiled(
    r"(?P<d>\d{1,2})(?P<sign>[-/]|\. ?)(?P<m>\d{1,2})(?P=sign)(?P<y>[12]\d{3}|9999|\d\d)"
    r"(?P<g> ?[гr]\.)?" + REST  # noqa: RUF001
)
TIME = compiled(REST.replace(SIGNED, "(?P<t>)", 1))
MONTH_ONLY = (
    (compiled(r"[12]\d{3}([-/])(?P<m>0?[1-9]|1[0-2])"), "%Y{0}%m"),
    (compiled(r"(?P<m>0?[1-9]|1[0-2])(/)[12]\d{3}"), "%m/%Y"),
    (compiled(r"(?:0[1-9]|1[0-2])(-)[12]\d{3}"), "%m{0}%Y"),  # 1-2000 may be a range
    (compiled(r"(?:0[1-9]|1[0-2])(\.)(?:19|20)\d\d"), "%m{0}%Y"),
)
SQUEEZED = compiled(
    r"(1[89]\d\d|2[01]\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"
    r"([T _-]?)((?:[01]\d|2[0-3])[0-5]\d([0-5]\d(\d{6})?(?:\.(\d{3,4}))?)?)?(Z|[+-]\d{4})?"
)
DAY_OF_YEAR = compiled(r"[12]\d{3}-(?:00[1-9]|0[1-9]\d|[12]\d\d|3[0-5]\d|36[0-6])")
WEEK_FIRST = compiled(r"(K?W ?)(?:0[1-9]|[1-4]\d|5[0-3])/[12]\d{3}")
EASTERN_TIME = compiled(  # maybe behind a day
    r"(?:[12]\d{3}年(?P<m>\d{1,2})月(?P<d>\d{1,2})日(?P<t> ?))?"
    r"(?P<h>[01]?\d|2[0-3])(?P<c>[时時])[0-5]\d分(?P<s>[0-5]\d秒)?"
)
ENGLISH = "Mon|Tue|Wed|Thu|Fri|Sat|Sun|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
HOUR = compiled(r"(?P<h>0?[1-9]|1[0-2])(?P<blank> ?)(?P<half>[AaPp][Mm])")
C_TIME = compiled(  # of C, and of programs that are written in it
    rf"(?:{ENGLISH}) (?P<w>[A-Z][a-z]{{2}})  ?(?P<d>\d{{1,2}}) (?P<h>\d\d):\d\d:\d\d"
    r"(?P<z> UTC| GMT| \+0000)? [12]\d{3}"
)
WEEK = compiled(r"[12]\d{3}(-?)W(?:0[1-9]|[1-4]\d|5[0-3])(?:(?P<u>\1)[1-7])?")
QUARTER_LAST = compiled(r"[12]\d{3}([- ]?Q|-?q)[1-4]")
QUARTER_FIRST = compiled(r"Q[1-4]([ /-])[12]\d{3}")
STATA_MONTH = compiled(r"[12]\d{3}([mM])(?P<m>\d{1,2})")
ERAS = "(?:令和|平成|昭和|大正|明治)(?:元|[1-9]\\d?)"
ERA_NAMED = compiled(rf"{ERAS}年(?P<m>\d{{1,2}})月(?:(?P<d>\d{{1,2}})日)?")
ERA_LETTER = compiled(r"[RHSTM](?:元|[1-9]\d?)(?P<sign>[-/.])(?P<m>\d{1,2})(?P=sign)(?P<d>\d{1,2})")
SIX = compiled(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])")
YEAR_LAST = compiled(r"([0-3]\d)([0-3]\d)(?:19|20)\d\d")
AWAY = compiled(r"([+-])(\d\d?)(?::?([0-5]\d))?$")
SPOKEN = compiled(
    r"(?:(?P<wd>[^\W\d_]{2,13}(?:-feira)?)(?P<s0>\.?,? )(?=.*\d.*\d))?"
    r"(?:(?P<d>\d{1,2})(?P<s1>\. | de |[ /-]?))?(?P<w>[^\W\d_]{3,})\.?"
    r"(?P<s2>, | de |[ /-]?)(?:(?P<d2>\d{1,2})(?P<s3>, |[ -]))?(?P<y>[12]\d{3}|9999|\d\d)"
    r"(?P<g> [гr]\.)?" + REST  # noqa: RUF001
)
NO_YEAR = compiled(r"(?P<d>\d{1,2})(?P<s1>\. | de |[ -])(?P<w>[^\W\d_]{3,})\.?")
YEAR_NAMED = compiled(
    r"[12]\d{3}(?P<s1>\. |[ -])(?P<w>[^\W\d_]{3,})\.?(?P<s2>[ -])(?P<d>\d{1,2})(?P<end>\.?)"
)


PADDABLE = (
    *(
        YEAR_FIRST,
        DAY_FIRST,
        SPOKEN,
        NO_YEAR,
        TIME,
        HOUR,
        C_TIME,
        EASTERN,
        EASTERN_TIME,
        YEAR_NAMED,
    ),
    *(STATA_MONTH, ERA_NAMED, ERA_LETTER, *(pattern for pattern, _ in MONTH_ONLY[:2])),
)


def date_shape(text: str) -> DateShape | None:
    if FOREIGN.search(text):
        return _of_script(text)
    for read in READERS:
        if (found := read(text)) is not None and found in places():
            return found
    return None


def _of_script(text: str) -> DateShape | None:
    """A date whose digits are not 0 to 9."""
    zero = script_of(text)
    plain = date_shape(in_plain(text)) if zero else None
    found = None if plain is None else DateShape(f"{plain.format}%[{zero}]", plain.order)
    return found if found in places() else None


def _year_first(text: str) -> DateShape | None:
    found = YEAR_FIRST.fullmatch(text)
    if found is None or not (1 <= int(found["m"]) <= 12 and 1 <= int(found["d"]) <= 31):
        return None
    return _finished("%Y{0}%m{0}%d{1}".format(found["sign"], found["end"]), found)


def _eastern(text: str) -> DateShape | None:
    found = EASTERN.fullmatch(text)
    if found is None or not (1 <= int(found["m"]) <= 12 and 1 <= int(found["d"] or 1) <= 31):
        return None
    return _finished("%Y年%m月%d日" if found["d"] else "%Y年%m月", found)


def _eight(text: str) -> DateShape | None:
    """Eight digits and a time of day."""
    found = EIGHT.fullmatch(text)
    return _finished("%Y%m%d", found) if found is not None and found["clock"] else None


def _day_first(text: str) -> DateShape | None:
    found = DAY_FIRST.fullmatch(text)
    if found is None:
        return None
    first, second = int(found["d"]), int(found["m"])
    if not (1 <= first <= 31 and 1 <= second <= 31) or (first > 12 and second > 12):
        return None
    year = "Y" if len(found["y"]) == 4 else "y"
    day = "%d{0}%m{0}%{1}{2}".format(found["sign"], year, found["g"] or "")
    return _finished(day, found, "d" if first > 12 else "m" if second > 12 else "")


def _time(text: str) -> DateShape | None:
    found = TIME.fullmatch(text)
    return None if found is None or not text else _finished("", found)


def _finished(day: str, found: re.Match[str], order: str = "") -> DateShape | None:
    """With the time of day that follows, if any."""
    if found["clock"] is None:
        return DateShape(day, order)
    hour = int(found["h"])
    half = found["half"] if found["half"] != "Uhr" else ""
    if hour > 23 or (half and not 1 <= hour <= 12):
        return None
    zone = _zone(found["z"] or "")
    whole = DateShape(f"{day}{found['t'] or ''}{found['clock']}{zone}", order)
    if day and whole in places():  # midnight, which a day has in every row of many tables
        return whole
    clock = f"%{'I' if half else 'H'}{found['c']}%M"
    clock += f"{found['c']}%S" if found["s"] else ""
    clock += f"{found['p']}%{len(found['f'])}f" if found["f"] else ""
    if not half:
        clock += " Uhr" * bool(found["half"])
    else:
        clock += found["blank"] + ("%:P" if "." in half else "%p" if half.isupper() else "%P")
    return DateShape(f"{day}{found['t'] or ''}{clock}{zone}", order)


def _zone(text: str) -> str:
    """How a zone is written: by its letters, or by the hours and minutes that it is away."""
    if not any(c in text for c in "+-"):
        return text
    if " GMT" in text or " UTC" in text:
        return f"{text[:4]}%-z"
    away = "%:z" if ":" in text else "%z" if len(text.strip()) == 5 else "%.z"
    return " " * text.startswith(" ") + away


def _month_only(text: str) -> DateShape | None:
    for pattern, form in MONTH_ONLY:
        if found := pattern.fullmatch(text):
            return DateShape(form.format(found[1]))
    return None


def _quarter(text: str) -> DateShape | None:
    if found := QUARTER_LAST.fullmatch(text):
        return DateShape(f"%Y{found[1]}%q")
    if found := QUARTER_FIRST.fullmatch(text):
        return DateShape(f"Q%q{found[1]}%Y")
    found = STATA_MONTH.fullmatch(text)
    return DateShape(f"%Y{found[1]}%m") if found and 1 <= int(found["m"]) <= 12 else None


def _era(text: str) -> DateShape | None:
    if found := ERA_NAMED.fullmatch(text):
        day = found["d"] is not None
        told = int(found["m"]) <= 12 and int(found["d"] or 1) <= 31
        return DateShape("%:E年%m月%d日" if day else "%:E年%m月") if told else None
    found = ERA_LETTER.fullmatch(text)
    if found is None or not (1 <= int(found["m"]) <= 12 and 1 <= int(found["d"]) <= 31):
        return None
    return DateShape("%.E{0}%m{0}%d".format(found["sign"]))


def _eastern_time(text: str) -> DateShape | None:
    found = EASTERN_TIME.fullmatch(text)
    if found is None or not (1 <= int(found["m"] or 1) <= 12 and 1 <= int(found["d"] or 1) <= 31):
        return None
    day = f"%Y年%m月%d日{found['t']}" if found["d"] else ""
    return DateShape(f"{day}%H{found['c']}%M分{'%S秒' if found['s'] else ''}")


def _hour(text: str) -> DateShape | None:
    """An hour alone, with its half of the day."""
    found = HOUR.fullmatch(text)
    if found is None:
        return None
    return DateShape(f"%I{found['blank']}{'%p' if found['half'].isupper() else '%P'}")


def _c_time(text: str) -> DateShape | None:
    found = C_TIME.fullmatch(text)
    return DateShape(f"%a %b %d %H:%M:%S{found['z'] or ''} %Y") if found is not None else None


def _week(text: str) -> DateShape | None:
    """A week of ISO 8601, of which hardly any year has 53, or a day of a year."""
    if DAY_OF_YEAR.fullmatch(text):
        return DateShape("%Y-%j")
    if found := WEEK_FIRST.fullmatch(text):
        return DateShape(f"{found[1]}%V/%G")
    found = WEEK.fullmatch(text)
    if found is None:
        return None
    day = "" if found["u"] is None else f"{found[1]}%u"
    return DateShape(f"%G{found[1]}W%V{day}")


def _logged(text: str) -> DateShape | None:
    """A moment in brackets, as web servers log it."""
    inner = date_shape(text[1:-1]) if text[:1] == "[" and text[-1:] == "]" else None
    return None if inner is None else DateShape(f"[{inner.format}]", inner.order)


def squeezed(text: str) -> DateShape | None:
    """A date of digits alone, or nearly."""
    if SIX.fullmatch(text):
        return DateShape("%Y%m")
    if found := YEAR_LAST.fullmatch(text):
        first, second = int(found[1]), int(found[2])
        if not (1 <= first <= 31 and 1 <= second <= 31) or (first > 12 and second > 12):
            return None
        return DateShape("%d%m%Y", "d" if first > 12 else "m" if second > 12 else "")
    found = SQUEEZED.fullmatch(text)
    if found is None:
        return None
    clock = "" if not found[5] else "%H%M" + "%S" * bool(found[6]) + "%6f" * bool(found[7])
    clock += f".%{len(found[8])}f" if found[8] else ""
    made = DateShape(f"%Y%m%d{found[4]}{clock}{_zone(found[9] or '')}")
    return made if made in places() else None


def _spoken(text: str) -> DateShape | None:
    """A date with the name of a month; its day may be an ordinal."""
    text = FIRST.sub("1", text)
    bare = without_ordinal(text)
    found = SPOKEN.fullmatch(bare)
    if found is None or found["w"].lower() not in month_words():
        return None
    day = found["d"] or found["d2"]
    if (found["d"] and found["d2"]) or (day and not 1 <= int(day) <= 31):
        return None
    if (first := _of_week(found)) is None:
        return None
    first += f"%d{found['s1']}" if found["d"] else ""
    last = f"%d{found['s3']}" if found["d2"] else ""
    form = f"{first}%b{found['s2']}{last}%{'y' if len(found['y']) == 2 else 'Y'}{found['g'] or ''}"
    return _finished(form if bare == text else form.replace("%d", "%O"), found)


def _of_week(found: re.Match[str]) -> str | None:
    """The day of the week before a date, in whatever language; None where a word is none."""
    word = found["wd"]
    if word is None:
        return ""
    width = ("a" if len(word) == 3 else "A") if word in ENGLISH.split("|") else ""
    width = width or weekday_words().get(word.lower(), "")
    return f"%{width}{found['s0']}" if width else None


def _without_year(text: str) -> DateShape | None:
    found = NO_YEAR.fullmatch(FIRST.sub("1", text))
    if found is None or found["w"].lower() not in month_words() or not 1 <= int(found["d"]) <= 31:
        return None
    return DateShape(f"%d{found['s1']}%b")


def _year_and_name(text: str) -> DateShape | None:
    found = YEAR_NAMED.fullmatch(text)
    if found is None or found["w"].lower() not in month_words() or not 1 <= int(found["d"]) <= 31:
        return None
    return DateShape(f"%Y{found['s1']}%b{found['s2']}%d{found['end']}")


READERS = (
    *(_year_first, _day_first, _time, _month_only, squeezed, _spoken),
    *(_eastern, _eastern_time, _eight, _year_and_name, _week, _quarter, _era, _without_year),
    *(_hour, _c_time, _logged),
)


# -- what a date shows of its format beyond --------------------------------------------------------


def padding_of(text: str) -> tuple[bool | None, bool | None]:
    """Whether day and month, and the hour, have a leading zero; None where none is below ten."""
    text = FIRST.sub("1", in_plain(text)).strip("[]")
    for pattern in PADDABLE:
        if found := pattern.fullmatch(text):
            parts = found.groupdict()
            days = [parts.get(name) or "" for name in ("d", "m", "d2")]
            return _padded(*days), _padded(parts.get("h") or "")
    return None, None


def _padded(*numbers: str) -> bool | None:
    if any(len(n) == 1 for n in numbers):
        return False
    return True if any(n.startswith("0") for n in numbers) else None


Meant = tuple[tuple[str, str, int], ...]
Naming = tuple[tuple[tuple[str, str], ...], str]


def naming_of(text: str) -> Naming | None:
    """The languages and widths in which a month's name is one, and how it is written: "En."."""
    bare = without_ordinal(FIRST.sub("1", text)).strip("[]")
    ways = (SPOKEN, YEAR_NAMED, NO_YEAR, C_TIME)
    found = next((match for way in ways if (match := way.fullmatch(bare))), None)
    meant = month_words().get(found["w"].lower()) if found else None
    if found is None or meant is None:
        return None
    word = found["w"]
    case = "EN" if word.isupper() else "En" if word[0].isupper() else "en"
    dot = "." * (found.string[found.end("w") :].startswith("."))
    return _spoken_in(plain_name(word), meant), case + dot


def _spoken_in(word: str, meant: Meant) -> tuple[tuple[str, str], ...]:
    """The languages and widths in which a word is written for a month, or else just read."""
    exact = [(name, width) for name, width, n in meant if months(name, width)[n - 1] == word]
    return tuple(sorted(set(exact) or {(name, width) for name, width, _ in meant}))


@cache
def paddings() -> tuple[tuple[bool | None, bool | None], ...]:
    """All that `padding_of` tells apart."""
    zeros = (None, False, True)
    return tuple((days, hours) for days in zeros for hours in zeros)


@cache
def namings() -> tuple[Naming | None, ...]:
    """All that `naming_of` tells apart."""
    words = sorted({_spoken_in(word, meant) for word, meant in month_words().items()})
    return (None, *product(words, ("en", "En", "EN", "en.", "En.", "EN.")))


def zone_of(text: str) -> int | None:
    """Minutes that the zone of a moment is away from Greenwich; None where none of `zones()` is."""
    found = AWAY.search(text.rstrip("]"))
    if found is None:
        return None
    away = 60 * int(found[2]) + int(found[3] or 0)
    signed = -away if found[1] == "-" else away
    return signed if signed in zones() else None


@cache
def zones() -> tuple[int | None, ...]:
    """All that `zone_of` tells apart: every quarter of an hour that some place has, and more."""
    return (None, *range(-12 * 60, 14 * 60 + 1, 15))
