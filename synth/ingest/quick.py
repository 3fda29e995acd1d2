"""Regular expressions that a column's texts are matched with at once, each for one shape.

A text that matches the expression of a shape has that shape, whatever else might read it; not every
text of a shape matches. `shaping` reads the others one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product

from synth.ingest.dated import paddings
from synth.ingest.day_shapes import DateShape
from synth.ingest.shapes import (
    DEEP,
    MANY,
    TRUTHS,
    ZERO,
    ZEROS,
    NumberShape,
    Shape,
    WordShape,
    maybe_thousands,
    places,
    shapes,
)
from synth.lazily import np, npt, pa

PROBED = 50  # texts looked at one by one, to see which expressions are worth matching
SECONDS = ":[0-5][0-9]"
SYMBOLS = "[*#†‡§¤~^]{1,3}"  # as offices for statistics write for what is not told
LATER, AFTER = "(?:0[1-9]|1[0-9]|2[0-3])", "(?:0[1-9]|[1-5][0-9])"  # than midnight, which is a day
CLOCKS = (
    f"(?:{LATER}:[0-5][0-9]|00:{AFTER})",
    f"(?:{LATER}:[0-5][0-9]{SECONDS}|00:{AFTER}{SECONDS}|00:00:{AFTER})",
)
EARLY, LATE = "(?:0?[1-9]|1[0-2])", "(?:1[3-9]|2[0-9]|3[01])"  # a month or a day; a day alone
DAYS = {"": (EARLY, EARLY), "d": (LATE, EARLY), "m": (EARLY, LATE)}
YEAR = "[12][0-9]{3}"
WHOLE = "(?:0|[1-9][0-9]{0,11})"


@cache
def pattern_of(place: int) -> str:
    """The expression of one of `shapes()`; "" where there is none."""
    shape = shapes()[place]
    if isinstance(shape, NumberShape):
        return _number(shape)
    return _dates().get(shape, "")


def matched(texts: pa.Array, pattern: str) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = pa.compute.match_substring_regex(texts, pattern).to_numpy(False)
    return found


def words(texts: pa.Array) -> npt.NDArray[np.int64]:
    """The place of each text that has no digit and means neither true nor false; else -1."""
    truths = pa.array(sorted({word for pair in TRUTHS for word in pair}))
    bare = ~matched(texts, r"\p{Nd}") & ~pa.compute.is_in(texts, value_set=truths).to_numpy(False)
    coded = matched(texts, r"^[A-Za-z][0-9]+$")  # no currency and no unit has one letter alone
    long = pa.compute.greater_equal(pa.compute.utf8_length(texts), MANY).to_numpy(False)
    spoken = matched(texts, rf"\p{{L}}|^{SYMBOLS}$") & ~coded
    word = np.where(spoken, places()[WordShape(spoken=True)], places()[WordShape()])
    found = np.where(long, places()[WordShape(long=True)], word)
    return np.where(bare | coded, found, -1)


def _number(shape: NumberShape) -> str:
    ends = re.escape(shape.before), re.escape(shape.after)
    if shape == NumberShape(DEEP, "."):  # so many places or more, as programs write a double
        ten = "|".join(f"0{{{n}}}[1-9][0-9]{{{9 - n}}}" for n in range(10))  # ten noughts are none
        return rf"^-?(?:0|[1-9][0-9]{{0,7}})?[.](?:[0-9]{{7,9}}|[0-9]{{11,30}}|{ten})$"
    if shape.brackets or shape.behind or shape.decimals == DEEP:
        return ""
    if shape.plus or shape.lakh or shape.scale or shape.side or shape.script:
        return ""
    if shape.after in (ZERO, ZEROS):
        whole = rf"^-?{WHOLE}{re.escape(shape.after)}$"
        return whole if shape == NumberShape(after=shape.after) else ""
    if (shape.before, shape.after) == ("", "") and not shape.between:
        return _plain(shape.decimals, shape.mark)
    whole = _grouped(shape) if shape.between else WHOLE
    if maybe_thousands(shape):
        whole = "(?:0|[1-9][0-9]{3,11})" if shape.sure else "[1-9][0-9]{0,2}"
    if shape.mark == "," and not shape.between and shape.decimals == 3:
        return ""  # which may be thousands
    rest = f"[{shape.mark}][0-9]{{{shape.decimals}}}" if shape.decimals else ""
    return f"^-?{ends[0]}{whole}{rest}{ends[1]}$"


def _plain(decimals: int, mark: str) -> str:
    """Numbers with nothing before and after them and between their thousands."""
    if not decimals:  # others of six digits, and longer ones, may be dates
        six = "[3-9][0-9]{5}|1[0-8][0-9]{4}|2[1-9][0-9]{4}"
        return rf"^-?(?:0|[1-9][0-9]{{0,4}}|[1-9][0-9]{{6}}|{six})$"
    if mark == "." and decimals == 4:  # 10.2006 to 12.2006 may be months
        others = "[0-9]|1[3-9]|[2-9][0-9]|[1-9][0-9]{2,7}"
        return (
            rf"^-?(?:(?:{others})?[.][0-9]{{4}}|1[0-2][.](?:[03-9][0-9]|1[0-8]|2[1-9])[0-9]{{2}})$"
        )
    if mark == "." and decimals == 2:  # 2021.01 to 2021.12 may be months
        others = "0|[1-9][0-9]{0,2}|1[0-8][0-9]{2}|2[1-9][0-9]{2}|[3-9][0-9]{3}|[1-9][0-9]{4,7}"
        return rf"^-?(?:(?:{others})?[.][0-9]{{2}}|(?:19|20)[0-9]{{2}}[.](?:00|1[3-9]|[2-9][0-9]))$"
    if mark == ".":  # a zero alone behind it is a shape of its own
        places = "[1-9]" if decimals == 1 else f"[0-9]{{{decimals}}}"
        return rf"^-?(?:0|[1-9][0-9]{{0,7}})?[.]{places}$"
    return rf"^-?{WHOLE},[0-9]{{{decimals}}}$" if decimals != 3 else ""


def _grouped(shape: NumberShape) -> str:
    """Thousands; of a single group behind a dot, or a comma, it is not sure that it is one."""
    unsure = shape.between in ".," and not shape.decimals
    many = "{1}" if shape.mark == "?" else "{2,3}" if unsure else "{1,3}"
    return f"[1-9][0-9]{{0,2}}(?:[{shape.between}][0-9]{{3}}){many}"


@cache
def _dates() -> Mapping[Shape, str]:
    """The dates that are met most: year first, or a day and a month of numbers."""
    found: dict[Shape, str] = {}
    for sign, seconds in product(("", " ", "T"), (False, True)):
        clock = CLOCKS[seconds]
        rest = (f"{sign}%H:%M" + ":%S" * seconds, sign + clock) if sign else ("", "")
        day = rf"^{YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
        found[DateShape(f"%Y-%m-%d{rest[0]}")] = f"{day}{rest[1]}$"
        if sign == "T":
            continue
        for mark, order in product("/.-", DAYS):
            first, second = DAYS[order]
            shape = DateShape(f"%d{mark}%m{mark}%Y{rest[0]}", order)
            found[shape] = f"^{first}[{mark}]{second}[{mark}]{YEAR}{rest[1]}$"
    return found


@cache
def padding_patterns() -> tuple[tuple[int, str], ...]:
    """The same of the paddings of dates: places in `paddings()`, and what has them."""
    return tuple(_paddings())


def _paddings() -> Iterator[tuple[int, str]]:
    zero, none = "0[0-9]", "[1-9][0-9]"
    for days, hours in product((None, True), repeat=2):
        parts = (zero, "[0-9]{2}"), (none, zero)
        wanted = parts if days else ((none, none),)
        clock = f"[ T]{zero if hours else none}:[0-5][0-9](?:{SECONDS})?"
        rest = clock if hours else f"(?:{clock})?"
        ways = (
            way
            for (a, b), sign in product(wanted, "-/.")
            for way in (f"{YEAR}[{sign}]{a}[{sign}]{b}", f"{a}[{sign}]{b}[{sign}]{YEAR}")
        )
        yield paddings().index((days, hours)), f"^(?:{'|'.join(ways)}){rest}$"
