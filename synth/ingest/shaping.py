"""The shape of a text, and shapes as a domain that the cells of a column are counted over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar

from synth.ingest.dated import (
    DATE_LIKE,
    Naming,
    date_shape,
    naming_of,
    namings,
    padding_of,
    paddings,
    squeezed,
    zone_of,
    zones,
)
from synth.ingest.day_shapes import DateShape
from synth.ingest.quick import PROBED, SYMBOLS, matched, padding_patterns, pattern_of, words
from synth.ingest.several import PAIR, SEVERAL
from synth.ingest.shapes import (
    COUNTED,
    CURRENCY,
    DEEP,
    ERRORS,
    MANY,
    RARER,
    SIDES,
    TRUTHS,
    ZERO,
    ZEROS,
    DurationShape,
    NumberShape,
    Shape,
    TruthShape,
    WordShape,
    fewer,
    flat,
    maybe_thousands,
    money,
    numbered,
    places,
    rarer,
    scaled,
    shapes,
    units,
)
from synth.lazily import compiled, np, npt, pa, pd
from synth.schema import Codes, Origin
from synth.schema.domain import MISSING, by_categories, smallest
from synth.schema.durations import way_of
from synth.schema.examples import DIGITS, marks_of
from synth.schema.measures import exactly
from synth.schema.scripts import APART, FOREIGN, MARK, in_plain, script_of
from synth.schema.values import as_text

LARGEST = 303  # power of ten of a number that a range may end above
MOST_DIGITS = 15  # of a whole number that a double holds exactly; longer ones are names

PLAIN = compiled(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.(\d+))?|\.(\d+))")
SCIENTIFIC = compiled(r"[+-]?(?:\d{1,15}([.,]?)\d{0,15}|\.\d{1,15})[eE][+-]?\d{1,3}")
MONTH = compiled(r"1[0-2]\.(?:19|20)\d\d")
YEAR_FIRST = compiled(r"(?:19|20)\d\d\.(?:0[1-9]|1[0-2])")
CODED = compiled(r"0\d+")
SOME = r"[$€£]?\d[\d.,]*(?: ?[%‰]| ?[^\W\d]\S{0,6}| years old)?"
LESS = "under|below|less than|fewer than|up to|at most|unter|bis|moins de|menos de|meno di|poniżej"
MORE = "over|above|more than|at least|from|über|ab|mehr als|plus de|más de|più di|powyżej"
BEYOND = "over|more|older|above|up|plus|under|less|younger|below|mehr|älter|plus|más|più"
AROUND = compiled(
    rf"(?:[<>≤≥]|<=|>=|(?i:{LESS}|{MORE}) ) ?{SOME}|{SOME} ?\+|{SOME} (?i:(?:and|or|und|et|y|e) )?"
    rf"(?i:{BEYOND})|\d{{1,4}}(?:[.,]\d+)? ?(?:[-\u2013]| to | bis ) ?\d{{1,4}}(?:[.,]\d+)?"
    rf"(?: ?[^\W\d]\S{{0,6}})?"
)
NONE = r"(?:00?|99|[Uu][Nn][Kk]?|[Xx][Xx]|\?\?)"
PART = rf"(?:{NONE}|\d\d?)"
PARTIAL = compiled(  # of a day that is not known in full
    rf"[12]\d{{3}}([-/.])(?:{PART}\1{NONE}|{NONE}\1{PART})|"
    rf"(?:{PART}([-/.]){NONE}|{NONE}([-/.]){PART})[-/.][12]\d{{3}}"
)
DIGITS_AND_E = compiled(r"\d{1,4}E\d{1,2}")  # programs write a sign behind it, or places before
MARKED = compiled(SYMBOLS)  # for a number that is not told
SIDE = compiled(rf"( ?)({'|'.join(SIDES)})$")
SIGN = r"[-+\u2212]?"
SIGNS = "|".join(map(re.escape, (*CURRENCY.split(), *RARER.split(), *COUNTED.split())))
NUMBER_LIKE = compiled(rf"\(?{SIGN} ?(?:(?:±|{SIGNS}|S?Fr\.)[ \u00a0]?)?\(?{SIGN}\.?\d")
POWER = compiled(r"-?\d(?:([.,])(\d{1,15}))?([eE])[+-]\d{2,3}")  # as programs write it
USUAL_DATE = compiled(
    r"[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:([ T])(?:[01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?)?"
)
PLUS = 9  # characters of a number with a plus: longer ones may be of a telephone
MANY_TEXTS = 200  # different ones, from which on the usual shapes are looked for at once
LONGEST = 48  # characters of a number or a date


def shape_of(text: str) -> int:
    """The place in `shapes()` of the shape that a text has."""
    if not text.isascii() and FOREIGN.search(text):
        return places()[_of_script(text)]
    if plain := PLAIN.fullmatch(text):  # most cells are numbers, and most numbers are plain
        decimals = len(plain[1] or plain[2] or "")
        simply = 0 < decimals < DEEP and decimals != 4 and text[0] != "+"
        simply = simply and (decimals != 2 or YEAR_FIRST.fullmatch(text) is None)
        if simply and len(text) <= MOST_DIGITS and not text.endswith(ZERO):
            return _plain_places()[decimals]
    elif (usual := USUAL_DATE.fullmatch(text)) and not text.endswith(("00:00", "00:00:00")):
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
    if DATE_LIKE.match(text) and (date := date_shape(text)) is not None:
        return date
    if NUMBER_LIKE.match(text) and (number := _number(text)) is not None:
        return number
    if way := way_of(text):  # a time of day is one of the dates
        return DurationShape(way)
    if CODED.fullmatch(text):
        return WordShape(coded=True)
    if PAIR.fullmatch(text) or SEVERAL.fullmatch(text):
        return WordShape(paired=True)
    if AROUND.fullmatch(text) or PARTIAL.fullmatch(text):
        return WordShape(around=True)
    if (exact := exactly(text)) != text and isinstance(_shape(exact), NumberShape | DateShape):
        return WordShape(about=True)
    return TruthShape(text) if text in _truths() else _word(text)


def _word(text: str) -> WordShape:
    if len(text) >= MANY:
        return WordShape(long=True)
    spoken = any(c.isalpha() for c in text) and not any(c.isdecimal() for c in text)
    spoken = spoken or MARKED.fullmatch(text) is not None
    return WordShape(spoken=spoken)


def _of_script(text: str) -> Shape:
    """What is written with digits that are not 0 to 9."""
    if (date := date_shape(text)) is not None:
        return date
    zero = script_of(text)
    plain = _shape(in_plain(text)) if zero and len(text) <= LONGEST else None
    if not isinstance(plain, NumberShape):
        return _word(text)
    tenths = plain.after == ZERO
    made = replace(
        plain,
        decimals=1 if tenths else plain.decimals,
        mark="" if plain.mark == "?" else MARK if MARK in text else "." if tenths else plain.mark,
        between=APART if APART in text else plain.between,
        after="" if tenths else plain.after,
        script=zero,
    )
    return made if made in places() else _word(text)


def _plain(text: str, decimals: int) -> Shape:
    digits = text.lstrip("+-")
    if decimals == 4 and MONTH.fullmatch(text):
        return DateShape("%m.%Y")
    if decimals == 2 and YEAR_FIRST.fullmatch(text):
        return DateShape("%Y.%m")
    if text[0] == "+" and decimals <= 4 and len(text) < PLUS:
        return NumberShape(decimals, "." if decimals else "", plus=True)
    if (not decimals or len(digits) > MOST_DIGITS) and (date := squeezed(digits)) is not None:
        return date
    if len(digits.partition(".")[0]) > MOST_DIGITS:
        return WordShape(len(text) >= MANY)
    if decimals == 1 and text.endswith(ZERO):
        return NumberShape(after=ZERO)
    if decimals == len(ZEROS) - 1 and text.endswith(ZEROS):
        return NumberShape(after=ZEROS)
    return NumberShape(min(decimals, DEEP), "." if decimals else "")


@cache
def _truths() -> frozenset[str]:
    return frozenset(word for pair in TRUTHS for word in pair)


@cache
def _ends() -> frozenset[tuple[str, str]]:
    return frozenset(
        {("", ""), *money(), *rarer(), *units(), *fewer(), *flat(), *scaled(), *numbered(), *ERRORS}
    )


def _number(text: str) -> NumberShape | None:
    text = text.replace("- ", "-", 1) if text.startswith("- ") else text
    if side := SIDE.search(text):
        amount = _number(text[: side.start()])
        sided = None if amount is None else replace(amount, side=side[0])
        return sided if sided in places() else None
    if DIGITS_AND_E.fullmatch(text) or (text[-1] == "-" and len(text) == 2):  # a mark at school
        return None
    if _beyond(text):
        return None
    if (power := POWER.fullmatch(text)) and len(power[2] or "") < DEEP:
        return NumberShape(len(power[2] or ""), power[1] or "", scale=power[3])
    if power := SCIENTIFIC.fullmatch(text):
        return NumberShape(DEEP, power[1] or ".")
    brackets = text[-1] == ")" and "(" in text
    behind = text[-1] == "-" and text[0].isdigit() and not text.endswith((",-", ".-", "--"))
    bare = text.replace("(", "", 1)[:-1] if brackets else text[:-1] if behind else text
    found = DIGITS.search(bare)
    if found is None:
        return None
    before, after = _unsigned(bare[: found.start()]), bare[found.end() :]
    short = after if after in ("K", "k", "M") or (after == "B" and "." in found[0]) else ""
    after = after.removeprefix(short)
    if before is None or (before, after) not in _ends() or (brackets and after):
        return None
    layout = _layout(found[0])
    if layout is None:
        return None
    shape = replace(
        layout,
        before=before,
        after=after,
        brackets=brackets,
        behind=behind,
        inside=brackets and text[0] != "(",
        plus=bare[0] == "+" and len(bare) < PLUS,
        scale="k" if short == "k" else "K" * bool(short),
    )
    whole = found[0].partition(".")[0]
    if maybe_thousands(shape) and (whole == "0" or len(whole) > 3):
        shape = replace(shape, sure=True)
    shape = shape if shape in places() else replace(shape, plus=False)
    return shape if shape in places() else None


def _beyond(text: str) -> bool:
    """Whether a power of ten is larger than any number that ranges are found for."""
    power = re.search(r"[eE]\+?(\d{3})$", text)
    return power is not None and int(power[1]) >= LARGEST


def _unsigned(before: str) -> str | None:
    """What stands before a number without its sign; None where there are two signs."""
    bare = before.replace("-", "", 1) if "-" in before else before.replace("+", "", 1)
    bare = bare.replace("\u2212", "", 1)
    return None if any(c in bare for c in "+-") else bare


def _layout(digits: str) -> NumberShape | None:
    """Decimal places, mark and thousands of the digits of a number; None where they are none."""
    mark, between, decimals = marks_of(digits)
    whole = digits[: len(digits) - decimals - 1] if decimals else digits
    groups = re.split(f"[{re.escape(between)}]", whole) if between else [whole]
    if not all(g.isdigit() for g in groups) or len("".join(groups)) > MOST_DIGITS:
        return None
    sizes = [len(g) for g in groups]
    lakh = between == "," and sizes[0] < 3 and sizes[1:] == [*(2,) * (len(sizes) - 2), 3]
    lakh = lakh and len(sizes) > 2
    if between and not lakh and not (1 <= sizes[0] <= 3 and set(sizes[1:]) == {3}):
        return None
    if groups[0][0] == "0" and (between or len(whole) > 1):
        return None  # codes have leading zeros
    if between == "," and len(groups) == 2 and not decimals:
        return NumberShape(0, "?", ",")
    return NumberShape(min(decimals, DEEP), mark if decimals else "", between, lakh=lakh)


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


def significant_of(text: str) -> int:
    """How many digits a number has, noughts before and behind not counted; 0 for no number."""
    digits = re.sub(r"[eE].*|[.,+-]", "", text.strip())
    return min(len(digits.strip("0")), MOST_DIGITS) if digits.isdecimal() else 0


# -- as domains ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shapes:
    """What the cells of a column show of how they are written, as a domain; missing comes last.

    Args:
        of: "shapes", or of dates "paddings", "namings" or "zones", or of numbers "significant".
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
        lists: dict[str, Any] = {
            **{"shapes": shapes, "paddings": paddings},
            **{"namings": namings, "zones": zones},
            "significant": lambda: range(MOST_DIGITS + 1),
        }
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
        if len(texts) >= MANY_TEXTS and self.of in ("shapes", "paddings"):
            self._place_many(texts, found)
        for i in np.flatnonzero(found < 0):
            found[i] = self._place(texts[i])
        return found

    def _place_many(self, texts: npt.NDArray[np.object_], found: npt.NDArray[np.int64]) -> None:
        """Put in the places of those that an expression reads, many at once; the others stay."""
        told = pa.array(texts, pa.string())
        if self.of == "shapes":
            found[:] = words(told)
            probed = np.flatnonzero(found < 0)
            probed = probed[:: max(1, len(probed) // PROBED)]
            found[probed] = [shape_of(texts[i]) for i in probed]
            met = dict.fromkeys(found[probed].tolist())
            patterns = [(place, pattern_of(place)) for place in met]
        else:
            patterns = list(padding_patterns())
        for place, pattern in patterns:
            left = np.flatnonzero(found < 0)
            if pattern and len(left):
                found[left[matched(told.take(pa.array(left)), pattern)]] = place

    def _place(self, text: str) -> int:
        if self.of == "shapes":
            return shape_of(text)
        if self.of == "paddings":
            return paddings().index(padding_of(text))
        if self.of == "zones":
            return zones().index(zone_of(text))
        if self.of == "significant":
            return significant_of(text)
        return _named_places()[naming_of(text)]

    def decode(self, codes: Codes, rng: np.random.Generator) -> pd.Series:
        return pd.Series([None] * len(codes), dtype=object)

    def document(self) -> dict[str, Any]:
        return {"domain": self.name, "of": self.of, "gaps": list(self.gaps)}


@cache
def _named_places() -> Mapping[Naming | None, int]:
    return {naming: i for i, naming in enumerate(namings())}
