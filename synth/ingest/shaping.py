"""The shape of a text, and shapes as a domain that the cells of a column are counted over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, ClassVar

from synth.ingest.shapes import (
    CURRENCY,
    DEEP,
    MANY,
    TRUTHS,
    ZERO,
    DateShape,
    DurationShape,
    NumberShape,
    Shape,
    TruthShape,
    WordShape,
    money,
    places,
    shapes,
    units,
)
from synth.lazily import compiled, np, npt, pa, pd
from synth.schema import Codes, Origin
from synth.schema.domain import MISSING, by_categories, smallest
from synth.schema.durations import way_of
from synth.schema.moments import month_words
from synth.schema.spelling import DIGITS, marks_of
from synth.schema.values import as_text

MOST_DIGITS = 15  # of a whole number that a double holds exactly; longer ones are names

PLAIN = compiled(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.(\d+))?|\.(\d+))")
SCIENTIFIC = compiled(r"[+-]?(?:\d{1,15}\.?\d{0,15}|\.\d{1,15})[eE][+-]?\d{1,2}")
DATE_LIKE = compiled(
    r"\d{1,4}[-/.:]\d|\d{8}T|\d{1,2}(?:\. | de |[ /-]?)[^\W\d_]{3}|"
    r"[^\W\d_]{3,12}\.?(?:, | de |[ /-]?)\d"
)
SIGN = r"[-+\u2212]?"
NUMBER_LIKE = compiled(
    rf"\(?{SIGN}(?:(?:{'|'.join(map(re.escape, CURRENCY.split()))})[ \u00a0]?)?{SIGN}\.?\d"
)
USUAL_DATE = compiled(
    r"[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:([ T])(?:[01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?)?"
)
MANY_TEXTS = 200  # different ones, from which on the usual shapes are looked for at once
LONGEST = 48  # characters of a number or a date
REST = (
    r"(?:(?P<t>[ T])(?P<clock>(?P<h>\d{1,2}):[0-5]\d(?P<s>:[0-5]\d(?:\.(?P<f>\d{1,9}))?)?"
    r"(?:(?P<blank> ?)(?P<half>[AaPp][Mm]))?)(?P<z>Z|[+-]\d\d:?\d\d)?)?"
)
YEAR_FIRST = compiled(r"[12]\d{3}(?P<sign>[-/.])(?P<m>\d{1,2})(?P=sign)(?P<d>\d{1,2})" + REST)
DAY_FIRST = compiled(
    r"(?P<d>\d{1,2})(?P<sign>[-/.])(?P<m>\d{1,2})(?P=sign)(?P<y>[12]\d{3}|\d\d)" + REST
)
TIME = compiled(REST.replace("(?P<t>[ T])", "(?P<t>)", 1))
MONTH_ONLY = (
    (compiled(r"[12]\d{3}([-/])(?:0[1-9]|1[0-2])"), "%Y{0}%m"),
    (compiled(r"(?:0[1-9]|1[0-2])([-/])[12]\d{3}"), "%m{0}%Y"),
)
SQUEEZED = compiled(
    r"(1[89]\d\d|2[01]\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"
    r"(T?)((?:[01]\d|2[0-3])[0-5]\d([0-5]\d(\d{6})?)?)?(Z?)"
)
SPOKEN = compiled(
    r"(?:(?P<d>\d{1,2})(?P<s1>\. | de |[ /-]?))?(?P<w>[^\W\d_]{3,})\.?"
    r"(?P<s2>, | de |[ /-]?)(?:(?P<d2>\d{1,2})(?P<s3>, |[ -]))?(?P<y>[12]\d{3}|\d\d)" + REST
)


def shape_of(text: str) -> int:
    """The place in `shapes()` of the shape that a text has."""
    if plain := PLAIN.fullmatch(text):  # most cells are numbers, and most numbers are plain
        decimals = len(plain[1] or plain[2] or "")
        if 0 < decimals < DEEP and len(text) <= MOST_DIGITS and not text.endswith(ZERO):
            return _plain_places()[decimals]
    elif usual := USUAL_DATE.fullmatch(text):
        return _usual_places()[usual[1] or "", usual[2] is not None]
    return places()[_shape(text)]


@cache
def _plain_places() -> list[int]:
    return [places()[NumberShape(d, "." if d else "")] for d in range(DEEP)]


@cache
def _usual_places() -> Mapping[tuple[str, bool], int]:
    """Of the dates that are met most, whatever the day: quicker than their parts."""
    found = {("", False): places()[DateShape("%Y-%m-%d")]}
    for sign in " T":
        for seconds in (False, True):
            clock = "%H:%M:%S" if seconds else "%H:%M"
            found[sign, seconds] = places()[DateShape(f"%Y-%m-%d{sign}{clock}")]
    return found


def _shape(text: str) -> Shape:
    if len(text) > LONGEST:
        return WordShape(long=True)
    if plain := PLAIN.fullmatch(text):
        return _plain(text, len(plain[1] or plain[2] or ""))
    if DATE_LIKE.match(text) and (date := _date(text)) is not None:
        return date
    if NUMBER_LIKE.match(text) and (number := _number(text)) is not None:
        return number
    if way := way_of(text):  # a time of day is one of the dates
        return DurationShape(way)
    return _truths().get(text) or WordShape(len(text) >= MANY)


def _plain(text: str, decimals: int) -> Shape:
    digits = text.lstrip("+-")
    if not decimals and (squeezed := _squeezed(digits)) is not None:
        return squeezed
    if len(digits.partition(".")[0]) > MOST_DIGITS:
        return WordShape(len(text) >= MANY)
    if decimals == 1 and text.endswith(ZERO):
        return NumberShape(after=ZERO)
    return NumberShape(min(decimals, DEEP), "." if decimals else "")


@cache
def _truths() -> Mapping[str, TruthShape]:
    return {word: TruthShape(pair, word == pair[1]) for pair in TRUTHS for word in pair}


@cache
def _ends() -> frozenset[tuple[str, str]]:
    return frozenset({("", ""), *money(), *units()})


def _number(text: str) -> NumberShape | None:
    if SCIENTIFIC.fullmatch(text):
        return NumberShape(DEEP, ".")
    brackets = text[0] == "(" and text[-1] == ")"
    bare = text[1:-1] if brackets else text
    found = DIGITS.search(bare)
    if found is None:
        return None
    before, after = _unsigned(bare[: found.start()]), bare[found.end() :]
    if before is None or (before, after) not in _ends() or (brackets and after):
        return None
    layout = _layout(found[0])
    shape = None if layout is None else NumberShape(*layout, before, after, brackets)
    return shape if shape in places() else None


def _unsigned(before: str) -> str | None:
    """What stands before a number without its sign; None where there are two signs."""
    bare = before.replace("-", "", 1) if "-" in before else before.replace("+", "", 1)
    bare = bare.replace("\u2212", "", 1)
    return None if any(c in bare for c in "+-") else bare


def _layout(digits: str) -> tuple[int, str, str] | None:
    """Decimal places, mark and thousands of the digits of a number; None where they are none."""
    mark, between, decimals = marks_of(digits)
    whole = digits[: len(digits) - decimals - 1] if decimals else digits
    groups = re.split(f"[{re.escape(between)}]", whole) if between else [whole]
    if not all(g.isdigit() for g in groups) or len("".join(groups)) > MOST_DIGITS:
        return None
    if between and not (1 <= len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:])):
        return None
    if groups[0][0] == "0" and (between or len(whole) > 1):
        return None  # codes have leading zeros
    if between == "," and len(groups) == 2 and not decimals:
        return 0, "?", ","
    return min(decimals, DEEP), mark if decimals else "", between


def _date(text: str) -> DateShape | None:
    for read in (_year_first, _day_first, _time, _month_only, _squeezed, _spoken):
        if (found := read(text)) is not None and found in places():
            return found
    return None


def _year_first(text: str) -> DateShape | None:
    found = YEAR_FIRST.fullmatch(text)
    if found is None or not (1 <= int(found["m"]) <= 12 and 1 <= int(found["d"]) <= 31):
        return None
    return _finished("%Y{0}%m{0}%d".format(found["sign"]), found)


def _day_first(text: str) -> DateShape | None:
    found = DAY_FIRST.fullmatch(text)
    if found is None:
        return None
    first, second = int(found["d"]), int(found["m"])
    if not (1 <= first <= 31 and 1 <= second <= 31) or (first > 12 and second > 12):
        return None
    day = "%d{0}%m{0}%{1}".format(found["sign"], "Y" if len(found["y"]) == 4 else "y")
    return _finished(day, found, "d" if first > 12 else "m" if second > 12 else "")


def _time(text: str) -> DateShape | None:
    found = TIME.fullmatch(text)
    return None if found is None or not text else _finished("", found)


def _finished(day: str, found: re.Match[str], order: str = "") -> DateShape | None:
    """With the time of day that follows, if any."""
    if found["clock"] is None:
        return DateShape(day, order)
    hour = int(found["h"])
    if hour > 23 or (found["half"] and not 1 <= hour <= 12):
        return None
    clock = "%I:%M" if found["half"] else "%H:%M"
    clock += ":%S" if found["s"] else ""
    clock += f".%{len(found['f'])}f" if found["f"] else ""
    if found["half"]:
        clock += found["blank"] + ("%p" if found["half"].isupper() else "%P")
    zone = found["z"] or ""
    zone = zone if zone in ("", "Z") else "%:z" if ":" in zone else "%z"
    return DateShape(f"{day}{found['t'] or ''}{clock}{zone}", order)


def _month_only(text: str) -> DateShape | None:
    for pattern, form in MONTH_ONLY:
        if found := pattern.fullmatch(text):
            return DateShape(form.format(found[1]))
    return None


def _squeezed(text: str) -> DateShape | None:
    found = SQUEEZED.fullmatch(text)
    if found is None:
        return None
    clock = "" if not found[5] else "%H%M" + "%S" * bool(found[6]) + "%6f" * bool(found[7])
    made = DateShape(f"%Y%m%d{found[4]}{clock}{found[8]}")
    return made if made in places() else None


def _spoken(text: str) -> DateShape | None:
    """A date with the name of a month."""
    found = SPOKEN.fullmatch(text)
    if found is None or found["w"].lower() not in month_words():
        return None
    day = found["d"] or found["d2"]
    if (found["d"] and found["d2"]) or (day and not 1 <= int(day) <= 31):
        return None
    first = f"%d{found['s1']}" if found["d"] else ""
    last = f"%d{found['s3']}" if found["d2"] else ""
    form = f"{first}%b{found['s2']}{last}%{'Y' if len(found['y']) == 4 else 'y'}"
    return _finished(form, found)


def date_format(text: str) -> str:
    """A format that reads a date, whatever others are like; "" for what is none."""
    shape = _shape(text)
    if not isinstance(shape, DateShape):
        return ""
    form = shape.format
    if shape.order == "m":
        form = re.sub(r"%d(.)%m", r"%m\1%d", form)
    naming = naming_of(text) if "%b" in form else None
    if naming is not None:
        language, width = next((s for s in naming[0] if s[0] == "en"), naming[0][0])
        form = form.replace("%b", f"%{width}[{language.capitalize()}]")
    return form


# -- what a date shows of its format beyond --------------------------------------------------------


def padding_of(text: str) -> tuple[bool | None, bool | None]:
    """Whether day and month, and the hour, have a leading zero; None where none is below ten."""
    for pattern in (YEAR_FIRST, DAY_FIRST, SPOKEN, TIME):
        if found := pattern.fullmatch(text):
            parts = found.groupdict()
            days = [parts.get(name) or "" for name in ("d", "m", "d2")]
            return _padded(*days), _padded(parts["h"] or "")
    return None, None


def _padded(*numbers: str) -> bool | None:
    if any(len(n) == 1 for n in numbers):
        return False
    return True if any(n.startswith("0") for n in numbers) else None


Naming = tuple[tuple[tuple[str, str], ...], str]


def naming_of(text: str) -> Naming | None:
    """The languages and widths in which a month's name is one, and how it is written: "En"."""
    found = SPOKEN.fullmatch(text)
    meant = month_words().get(found["w"].lower()) if found else None
    if found is None or meant is None:
        return None
    word = found["w"]
    return _spoken_in(meant), "EN" if word.isupper() else "En" if word[0].isupper() else "en"


def _spoken_in(meant: tuple[tuple[str, str, int], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({(language, width) for language, width, _ in meant}))


@cache
def paddings() -> tuple[tuple[bool | None, bool | None], ...]:
    """All that `padding_of` tells apart."""
    zeros = (None, False, True)
    return tuple((days, hours) for days in zeros for hours in zeros)


@cache
def namings() -> tuple[Naming | None, ...]:
    """All that `naming_of` tells apart."""
    words = sorted({_spoken_in(meant) for meant in month_words().values()})
    return (None, *product(words, ("en", "En", "EN")))


# -- as domains ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shapes:
    """What the cells of a column show of how they are written, as a domain; missing comes last.

    Args:
        of: "shapes", or of dates "paddings" or "namings".
        gaps: texts by which missing cells are told apart: a state of each, before the empty ones.
    """

    name: ClassVar[str] = "shapes"
    of: str = "shapes"
    gaps: tuple[str, ...] = ()
    origin: Origin = Origin.DECLARED
    missing: ClassVar[bool] = True

    @property
    def listed(self) -> tuple[Any, ...]:
        """What is told apart."""
        lists: dict[str, Any] = {"shapes": shapes, "paddings": paddings, "namings": namings}
        return tuple(lists[self.of]())

    @property
    def size(self) -> int:
        return len(self.listed) + len(self.gaps) + 1

    @property
    def labels(self) -> tuple[str, ...]:
        shown = (f"{self.of} {i}" for i in range(len(self.listed)))
        return (*shown, *(f"missing {i}" for i in range(len(self.gaps))), MISSING)

    def encode(self, values: pd.Series) -> Codes:
        return smallest(by_categories(values, self._encode), self.size)

    def apart(self, codes: Codes, gaps: Codes) -> Codes:
        """The codes, with those of missing cells told apart: 1 is the first of `gaps`, 0 empty."""
        if not self.gaps:
            return codes
        first = self.size - 1 - len(self.gaps)
        mine = (codes == self.size - 1) & (gaps > 0)
        return smallest(np.where(mine, first - 1 + gaps.astype(np.int64), codes), self.size)

    def shown(self, different: pd.Series) -> Codes:
        """One code per text, of which none is missing or there twice."""
        return self._places(different.to_numpy(dtype=object))

    def _encode(self, values: pd.Series) -> Codes:
        where, different = pd.factorize(as_text(values.dropna()))
        found = self._places(np.asarray(different, dtype=object))
        codes = np.full(len(values), self.size - 1, dtype=np.int64)
        codes[values.notna().to_numpy()] = found[where] if len(found) else []
        return codes

    def _places(self, texts: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
        """The place of each of some different texts."""
        found = np.full(len(texts), -1, dtype=np.int64)
        if self.of == "shapes" and len(texts) >= MANY_TEXTS:
            told = pa.array(texts, pa.string())
            for pattern, place in _quick():
                open_ = found < 0
                if not open_.any():
                    break
                mine = pa.compute.match_substring_regex(told, pattern).to_numpy(False)
                found[open_ & mine] = place
        for i in np.flatnonzero(found < 0):
            found[i] = self._place(texts[i])
        return found

    def _place(self, text: str) -> int:
        if self.of == "shapes":
            return shape_of(text)
        if self.of == "paddings":
            return paddings().index(padding_of(text))
        return _named_places()[naming_of(text)]

    def decode(self, codes: Codes, rng: np.random.Generator) -> pd.Series:
        return pd.Series([None] * len(codes), dtype=object)

    def document(self) -> dict[str, Any]:
        return {"domain": self.name, "of": self.of, "gaps": list(self.gaps)}


@cache
def _quick() -> list[tuple[str, int]]:
    """The shapes that most cells have, as expressions that are matched over all texts at once."""
    whole = r"^[+-]?(?:0|[1-9][0-9]{0,6})$"  # longer ones may be dates
    found = [(whole, places()[NumberShape()])]
    found.append((r"^[+-]?(?:0|[1-9][0-9]{0,11})[.]0$", places()[NumberShape(after=ZERO)]))
    for d in range(1, DEEP):
        number = rf"^[+-]?(?:0|[1-9][0-9]{{0,7}})?[.][0-9]{{{d}}}$"
        found.append((number, places()[NumberShape(d, ".")]))
    day = r"^[12][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    clock = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
    for (sign, seconds), place in _usual_places().items():
        rest = f"{sign}{clock}{':[0-5][0-9]' if seconds else ''}" if sign else ""
        found.append((f"{day}{rest}$", place))
    return found


@cache
def _named_places() -> Mapping[Naming | None, int]:
    return {naming: i for i, naming in enumerate(namings())}
