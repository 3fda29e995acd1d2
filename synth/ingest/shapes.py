"""How the cells of a column are written: a public list of shapes, and what a count of them tells.

Kind, decimal places, decimal mark and date format are facts about a column that a single cell could
change if they were read off the rows. Here they follow from one noisy histogram over this list,
in which a person moves at most as many cells as they have rows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from synth.lazily import np, pd
from synth.schema import Codes, Kind, Origin
from synth.schema.domain import MISSING, by_categories, smallest
from synth.schema.values import Values, as_text

MOST = 0.9  # of the cells that hold something must be numbers, or dates, for a column to be that
TRUTHS = (("false", "true"), ("False", "True"), ("FALSE", "TRUE"))
MISFITS = 0.01  # of the numbers may have more decimal places than the column is given
LONG = 30  # characters; most cells longer than that are free text
PLACES = 6  # decimal places told apart
SURE = 4.0  # times the noise: what is less may be noise alone, of any shape of one column in 500

NUMBER, DATE, TRUTH, WORDS = "number", "date", "truth", "words"
BIG = r"(?:0|[1-9]\d{0,14})"  # whole numbers that a double holds exactly
YEAR, MONTH, DAY = r"[12]\d{3}", r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
LATE = r"(?:1[3-9]|2\d|3[01])"  # a day that is no month
CLOCK, SECONDS = r"(?:[01]?\d|2[0-3]):[0-5]\d", r":[0-5]\d"


@dataclass(frozen=True)
class Shape:
    """One way to write a cell.

    Args:
        pattern: matches the whole cell; the first shape of the list that matches is its shape.
        decimals: of a number; None where it has more than are told apart.
        format: of a date, as strftime codes.
        order: for dates with slashes, which number is surely the day: "d" the first, "m" the
            second, "" where it may be either.
    """

    family: str
    pattern: str
    decimals: int | None = 0
    mark: str = "."
    format: str = ""
    order: str = ""


def _numbers() -> Iterable[Shape]:
    yield Shape(NUMBER, rf"[+-]?{BIG}")
    for d in range(1, PLACES + 1):
        yield Shape(NUMBER, rf"[+-]?{BIG}?\.\d{{{d}}}", d)
    yield Shape(NUMBER, rf"[+-]?{BIG}?\.\d{{{PLACES + 1},}}", None)
    yield Shape(NUMBER, r"[+-]?(?:\d{1,15}\.?\d{0,15}|\.\d{1,15})[eE][+-]?\d{1,2}", None)
    yield Shape(NUMBER, r"[+-]?[1-9]\d{0,2},\d{3}", 0, "?")  # 1,234: thousands or decimal places
    yield Shape(NUMBER, r"[+-]?[1-9]\d{0,2}(?:,\d{3}){2,}", 0)
    yield Shape(NUMBER, r"[+-]?[1-9]\d{0,2}(?:\.\d{3}){2,}", 0, ",")
    for d in range(1, PLACES + 1):
        yield Shape(NUMBER, rf"[+-]?[1-9]\d{{0,2}}(?:,\d{{3}})+\.\d{{{d}}}", d)
        yield Shape(NUMBER, rf"[+-]?(?:{BIG}|[1-9]\d{{0,2}}(?:\.\d{{3}})+),\d{{{d}}}", d, ",")
    yield Shape(NUMBER, rf"[+-]?{BIG},\d{{{PLACES + 1},}}", None, ",")


def _dates() -> Iterable[Shape]:
    for clock, code in (("", ""), (CLOCK, "%H:%M"), (CLOCK + SECONDS, "%H:%M:%S")):
        blank = " " if code else ""
        after = blank + clock
        for between in " T" if code else ("",):
            yield _date(rf"{YEAR}-{MONTH}-{DAY}{between}{clock}", f"%Y-%m-%d{between}{code}")
        yield _date(rf"{YEAR}/{MONTH}/{DAY}{after}", f"%Y/%m/%d{blank}{code}")
        for sign in ".-":
            form = f"%d{sign}%m{sign}%Y{blank}{code}"
            yield _date(rf"{DAY}[{sign}]{MONTH}[{sign}]{YEAR}{after}", form)
        form = f"%d/%m/%Y{blank}{code}"
        yield _date(rf"{LATE}/{MONTH}/{YEAR}{after}", form, "d")
        yield _date(rf"{MONTH}/{LATE}/{YEAR}{after}", form, "m")
        yield _date(rf"{DAY}/{MONTH}/{YEAR}{after}", form)
    for between in " T":
        yield _date(
            rf"{YEAR}-{MONTH}-{DAY}{between}{CLOCK}{SECONDS}\.\d{{1,9}}",
            f"%Y-%m-%d{between}%H:%M:%S.%f",
        )


def _date(pattern: str, format: str, order: str = "") -> Shape:
    return Shape(DATE, pattern, format=format, order=order)


SHAPES: tuple[Shape, ...] = (
    *_numbers(),
    *_dates(),
    *(Shape(TRUTH, "|".join(pair), format=pair[0]) for pair in TRUTHS),
    Shape(WORDS, rf"(?s:.{{{LONG + 1},}})", format="long"),
    Shape(WORDS, r"(?s:.*)"),
)


_DAY_FIRST = tuple(dict.fromkeys(s.format for s in SHAPES if s.family == DATE))
FORMATS: tuple[str, ...] = (
    *_DAY_FIRST,
    *(f.replace("%d/%m", "%m/%d") for f in _DAY_FIRST if "%d/%m" in f),
)


@dataclass(frozen=True)
class Shapes:
    """How cells are written, as a domain: one state per shape, and one for missing cells."""

    name: ClassVar[str] = "shapes"
    origin: Origin = Origin.DECLARED
    missing: ClassVar[bool] = True

    @property
    def size(self) -> int:
        return len(SHAPES) + 1

    @property
    def labels(self) -> tuple[str, ...]:
        return (*(f"{s.family} {i}" for i, s in enumerate(SHAPES)), MISSING)

    def encode(self, values: pd.Series) -> Codes:
        return smallest(by_categories(values, _shapes_of), self.size)

    def decode(self, codes: Codes, rng: np.random.Generator) -> pd.Series:
        return pd.Series([None] * len(codes), dtype=object)

    def document(self) -> dict[str, Any]:
        return {"domain": self.name}


def _shapes_of(values: pd.Series) -> Codes:
    """The place of each value's shape in the list."""
    places, different = pd.factorize(as_text(values.dropna()))
    found = np.array([shape_of(text) for text in different], dtype=np.int64)
    codes = np.full(len(values), len(SHAPES), dtype=np.int64)
    codes[values.notna().to_numpy()] = found[places] if len(found) else []
    return codes


FIRST = frozenset("0123456789+-.")  # what numbers and dates begin with


@cache
def _sorter() -> re.Pattern[str]:
    """All shapes as one regular expression."""
    return re.compile("|".join(f"(?P<s{i}>{s.pattern})\\Z" for i, s in enumerate(SHAPES)))


@cache
def _words() -> re.Pattern[str]:
    """The shapes that are neither numbers nor dates, for most texts are none."""
    rest = [(i, s) for i, s in enumerate(SHAPES) if s.family in (TRUTH, WORDS)]
    return re.compile("|".join(f"(?P<s{i}>{s.pattern})\\Z" for i, s in rest))


PLAIN = re.compile(rf"[+-]?(?:{BIG}(?:\.(\d+))?|\.(\d+))")


def shape_of(text: str) -> int:
    """The place in `SHAPES` of the first that a text has."""
    if plain := PLAIN.fullmatch(text):  # most cells are numbers, and the first shapes are those
        return min(len(plain[1] or plain[2] or ""), PLACES + 1)
    found = (_sorter() if text[:1] in FIRST else _words()).match(text)
    assert found is not None, "the last shape matches everything"
    assert found.lastgroup is not None
    return int(found.lastgroup[1:])


# -- what a count of shapes tells ------------------------------------------------------------------


@dataclass(frozen=True)
class Form:
    """How a column is written.

    Args:
        decimals: of numbers; None to leave them as drawn.
        mark: the decimal mark of numbers.
        format: of dates, as strftime codes.
        truth: how false and true are written.
        fitting: share of the cells with something in them that are written so.
        cells: about how many have something in them; 0 where nobody counted.
    """

    kind: Kind
    decimals: int | None = None
    mark: str = "."
    format: str = "%Y-%m-%d"
    truth: tuple[str, str] = TRUTHS[0]
    fitting: float = 1.0
    cells: float = 0.0


def form_of(counts: Values, sigma: float, within: Kind | None = None) -> Form:
    """How a column is written, told from how many cells have each shape.

    Args:
        counts: cells of each of `SHAPES`, maybe noisy; the missing ones may follow.
        sigma: standard deviation of the noise in each.
        within: the kind, where it is known.
    """
    told = np.asarray(counts, dtype=np.float64)[: len(SHAPES)]
    sure = np.where(told >= max(SURE * sigma, 1e-9), told, 0.0)
    if not sure.any():  # nothing rises above the noise: the likeliest shape
        sure[int(told.argmax()) if told.max() > 0 else -1] = 1.0
    whole = float(sure.sum())
    share = {f: float(sure[_of(f)].sum() / whole) for f in (NUMBER, DATE, TRUTH, WORDS)}
    decimals, mark = _written_numbers(sure)
    dates, dated = _written_dates(sure)
    truth = max(TRUTHS, key=lambda pair: sum(sure[_formed(pair[0])]))
    kind = within or _kind_of(share, decimals, float(sure[_formed("long")].sum() / whole))
    family = {Kind.INTEGER: NUMBER, Kind.REAL: NUMBER, Kind.DATE: DATE, Kind.BOOLEAN: TRUTH}
    fitting = share[family[kind]] if kind in family else 1.0
    fitting = dated / whole if kind is Kind.DATE else fitting
    places = 0 if kind is Kind.INTEGER else decimals
    return Form(kind, places, mark, dates, truth, fitting, whole)


def _of(family: str) -> list[int]:
    return [i for i, s in enumerate(SHAPES) if s.family == family]


def _formed(format: str) -> list[int]:
    return [i for i, s in enumerate(SHAPES) if s.format == format]


def _kind_of(share: dict[str, float], decimals: int | None, long: float) -> Kind:
    if share[TRUTH] >= MOST:
        return Kind.BOOLEAN
    if share[NUMBER] >= MOST:
        return Kind.INTEGER if decimals == 0 else Kind.REAL
    if share[DATE] >= MOST:
        return Kind.DATE
    return Kind.TEXT if long >= 0.5 else Kind.CATEGORY


def _written_numbers(counts: Values) -> tuple[int | None, str]:
    """Decimal places and decimal mark."""
    marked = {mark: sum(counts[i] for i in _of(NUMBER) if _shows(SHAPES[i], mark)) for mark in ".,"}
    mark = "," if marked[","] > marked["."] else "."
    rows: dict[float, float] = {}
    for i in _of(NUMBER):
        shape = SHAPES[i]
        ambiguous = shape.mark == "?"
        places = 3 if ambiguous and mark == "," else shape.decimals
        if ambiguous or shape.mark == mark or shape.decimals == 0:
            place = math.inf if places is None else float(places)
            rows[place] = rows.get(place, 0.0) + counts[i]
    total = sum(rows.values())
    for place in sorted(rows):
        if sum(n for p, n in rows.items() if p > place) <= MISFITS * total:
            return (None if math.isinf(place) else int(place)), mark
    return 0, mark


def _shows(shape: Shape, mark: str) -> bool:
    """Whether a number written so has this decimal mark, or the other one between thousands."""
    return shape.mark == mark and (shape.decimals != 0 or mark == ",")


def _written_dates(counts: Values) -> tuple[str, float]:
    """The format that most dates have, and how many it reads.

    Day comes before month where both are possible.
    """
    rows: dict[str, float] = {}
    days = months = 0.0
    for i in _of(DATE):
        shape = SHAPES[i]
        rows[shape.format] = rows.get(shape.format, 0.0) + counts[i]
        days += counts[i] if shape.order == "d" else 0.0
        months += counts[i] if shape.order == "m" else 0.0
    found = max(rows, key=lambda form: rows[form])
    if found == "%Y-%m-%d":  # days among moments are read as their midnight
        finer = max((f for f in rows if f.startswith(found) and f != found), key=lambda f: rows[f])
        found = finer if rows[finer] > MISFITS * sum(rows.values()) else found
    read = rows[found] + (
        rows["%Y-%m-%d"] if found.startswith("%Y-%m-%d") and len(found) > 8 else 0
    )
    if "%d/%m" in found:
        read -= sum(
            counts[i]
            for i in _formed(found)
            if SHAPES[i].order and SHAPES[i].order != ("m" if months > days else "d")
        )
    return (found.replace("%d/%m", "%m/%d") if months > days else found), read
