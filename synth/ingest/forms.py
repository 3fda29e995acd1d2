"""How a column is written, told from how many of its cells have each shape, maybe with noise."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

from synth.ingest.shapes import (
    COMPACT,
    DEEP,
    STAMPS,
    TRUTHS,
    ZERO,
    DateShape,
    DurationShape,
    NumberShape,
    Shape,
    TruthShape,
    WordShape,
    places,
    shapes,
)
from synth.ingest.shaping import namings, paddings
from synth.lazily import np, npt
from synth.schema import Categories, Kind, Origin
from synth.schema.durations import PADDED, READS
from synth.schema.moments import CLOCK, LANGUAGES, LONG, SHORT
from synth.schema.spelling import PLAINLY, Spelling
from synth.schema.stored import WHOLE
from synth.schema.values import Values

MOST = 0.9  # of the cells that hold something must be numbers, or dates, for a column to be that
MISFITS = 0.01  # of the numbers may have more decimal places than the column is given
USUAL, RARE = 4.0, 5.2  # times the noise: what is less may be noise alone, of any shape of a kind
GONE = 1.0  # the same of missing cells: gaps that are lost harm more than a few that were none
TRIMMED = 0.05  # of numbers show fewer decimal places, where zeros at the end are not written
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Form:
    """How a column is written.

    Args:
        decimals: of numbers; None to leave them as drawn.
        spelling: of numbers.
        format: of dates, as codes of `schema.moments`.
        truth: how false and true are written.
        missing: whether cells are missing, or written otherwise.
        missing_as: how the missing cells are written.
        unsure: whether no date shows which number is the day.
        fitting: share of the cells with something in them that are written so.
        cells: about how many have something in them; 0 where nobody counted.
    """

    kind: Kind
    decimals: int | None = None
    spelling: Spelling = PLAINLY
    format: str = "%Y-%m-%d"
    truth: tuple[str, str] = TRUTHS[0]
    missing: bool = True
    unsure: bool = False
    fitting: float = 1.0
    cells: float = 0.0
    missing_as: str = ""


def form_by_type(stored: str) -> Form | None:
    """How a column is written, as far as the type in which its source stores it says so for sure.

    Numbers with places may all be whole, and moments days; what rows show of that has to be asked.
    """
    if stored == "bool":
        return Form(Kind.BOOLEAN)
    if WHOLE.fullmatch(stored):
        return Form(Kind.INTEGER, decimals=0)
    return Form(Kind.DATE) if stored == "date32[day]" else None


def truths(form: Form, origin: Origin) -> Categories:
    """The domain of a column that is true or false, in its own words."""
    typed = "boolean" if form.truth in TRUTHS[:3] else "text"
    return Categories(form.truth, origin, form.missing, typed=typed)


@dataclass(frozen=True)
class MissingTexts:
    """How missing cells may be written.

    Args:
        texts: the public list, without the empty one.
        usual: those that the file surely has, or is likely to have.
        default: what is taken where a column tells nothing.
    """

    texts: tuple[str, ...] = ()
    usual: frozenset[str] = frozenset()
    default: str = ""


ANY_GAPS = MissingTexts()


def usual_gaps(texts: tuple[str, ...], counts: Sequence[Values], sigma: float) -> MissingTexts:
    """What all columns together tell of how missing cells are written.

    Args:
        counts: as for `form_of`, of each column.
        sigma: standard deviation of the noise in each.
    """
    many = len(texts) + 1
    added = np.sum([c[-many:] for c in counts], axis=0) if counts else np.zeros(many)
    told = _told_gaps(texts, added, USUAL * sigma * math.sqrt(len(counts)))
    return MissingTexts(texts, frozenset(told), told[0] if told else "")


def _told_gaps(texts: tuple[str, ...], counts: Values, least: float) -> list[str]:
    """The texts of enough missing cells, most frequent first; the last count is of empty ones.

    Of two that are as frequent, the empty one comes first.
    """
    every = {"": float(counts[-1]), **dict(zip(texts, map(float, counts), strict=False))}
    enough = [text for text, n in every.items() if n >= max(least, 1e-9)]
    return sorted(enough, key=lambda text: -every[text])


def form_of(
    counts: Values,
    sigma: float,
    within: Kind | None = None,
    gaps: MissingTexts = ANY_GAPS,
) -> Form:
    """How a column is written.

    Args:
        counts: cells of each of `shapes()`, maybe noisy; the missing ones may follow, by `gaps`.
        sigma: standard deviation of the noise in each.
        within: the kind, where it is known.
    """
    listed = shapes()
    told = np.asarray(counts, dtype=np.float64)
    missing = told[len(listed) :]
    gone = _gone(missing, sigma, gaps)
    surely = _told_gaps(gaps.texts, missing, USUAL * sigma) if len(missing) else []
    told = told[: len(listed)]
    usual = _usual()
    least = np.full(len(listed), max(RARE * sigma, 1e-9))
    least[usual] = max(USUAL * sigma, 1e-9)
    held = np.flatnonzero(told >= least)
    if not len(held):  # nothing rises above the noise: the likeliest of the usual shapes
        best = usual[int(told[usual].argmax())]
        held = np.array([best if told[best] > 0 else len(told) - 1])
    seen = [(listed[i], max(float(told[i]), 1.0)) for i in held]
    form = replace(_form(seen, gone, within), missing_as=surely[0] if surely else gaps.default)
    return replace(form, spelling=_with_zeros(form, told, sigma))


def _gone(counts: Values, sigma: float, gaps: MissingTexts) -> bool:
    """Whether cells are missing: of texts that the file seems not to have, many are asked for."""
    if not len(counts):
        return True
    often = [text in gaps.usual for text in gaps.texts]
    least = np.where([*often, True], GONE, USUAL) * sigma
    return bool((counts >= np.maximum(least, 1e-9)).any())


@cache
def _usual() -> npt.NDArray[np.int64]:
    """Where the shapes are that most columns have: told from noise more easily than the others."""
    plain = [NumberShape(d, "." if d else "") for d in range(4)]
    plain.append(NumberShape(after=ZERO))
    dates = [DateShape(f) for f in ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")]
    truth = [TruthShape(pair, x) for pair in TRUTHS[:3] for x in (False, True)]
    common: tuple[Shape, ...] = (*plain, *dates, *truth, WordShape(), WordShape(long=True))
    return np.array([places()[shape] for shape in common])


def _with_zeros(form: Form, told: Values, sigma: float) -> Spelling:
    """The spelling, with zeros at the end where hardly any number shows fewer places.

    Of numbers without them, one in ten shows fewer: too few, maybe, to rise above the noise. Which
    of the two it is then is the likelier one: either mistake changes no number.
    """
    spelling, decimals = form.spelling, form.decimals
    if not decimals:
        return replace(spelling, fixed=False)
    ends = spelling.before, spelling.after
    mine = [
        (shape.decimals, float(told[place]))
        for between in {"", spelling.between}
        for d in range(decimals + 1)
        if (shape := NumberShape(d, spelling.mark if d else "", between, *ends)) in places()
        for place in (places()[shape],)
    ]
    mine.append((1, float(told[places()[NumberShape(after=ZERO)]])))
    full = sum(n for d, n in mine if d == decimals)
    fewer = sum(n for d, n in mine if d < decimals)
    return replace(spelling, fixed=fewer <= TRIMMED * full)


Seen = list[tuple[Shape, float]]


def _form(seen: Seen, gone: bool, within: Kind | None) -> Form:
    cells = sum(n for _, n in seen)
    dates = [(s, n) for s, n in seen if isinstance(s, DateShape)]
    squeezed = [(NumberShape(), n) for s, n in dates if s.format in COMPACT]
    numbers = [*((s, n) for s, n in seen if isinstance(s, NumberShape)), *squeezed]
    decimals, spelling, written = _numbers(numbers)
    way, long = _durations(seen)
    if long > written:
        decimals, spelling, written = 0, Spelling(clock=way), long
    format, dated, unsure = _dates(dates)
    truth, either = _truth([(s, n) for s, n in seen if isinstance(s, TruthShape)])
    if within is not None:
        kind = within
    elif either >= MOST * cells:
        kind = Kind.BOOLEAN
    elif dated >= MOST * cells and not long:
        kind = Kind.DATE
    elif max(long, sum(n for _, n in numbers)) >= MOST * cells:
        kind = Kind.INTEGER if decimals == 0 else Kind.REAL
    else:
        wordy = sum(n for s, n in seen if isinstance(s, WordShape) and s.long)
        kind = Kind.TEXT if wordy >= 0.5 * cells else Kind.CATEGORY
    read = {Kind.INTEGER: written, Kind.REAL: written, Kind.DATE: dated, Kind.BOOLEAN: either}
    fitting = read.get(kind, cells) / cells
    places = 0 if kind is Kind.INTEGER else decimals
    missing = gone or fitting < 1 - 1e-9
    return Form(kind, places, spelling, format, truth, missing, unsure, fitting, cells)


def _most(seen: list[tuple[T, float]], default: T) -> T:
    """What most cells have."""
    rows: dict[T, float] = {}
    for what, n in seen:
        rows[what] = rows.get(what, 0.0) + n
    return max(rows, key=lambda what: rows[what]) if rows else default


def _sum(seen: list[tuple[T, float]], which: Callable[[T], bool]) -> float:
    return sum(n for what, n in seen if which(what))


def _truth(seen: list[tuple[TruthShape, float]]) -> tuple[tuple[str, str], float]:
    """How false and true are written, and how many cells are one of them.

    Words beyond `true` and `false` have to occur both: a column of `F` alone may be a sex.
    """
    truth = _most([(s.truth, n) for s, n in seen], TRUTHS[0])
    mine = [(s, n) for s, n in seen if s.truth == truth]
    both = {s.second for s, _ in mine} == {False, True}
    sure = both or truth in TRUTHS[:3]
    return truth, sum(n for _, n in mine) if sure else 0.0


# -- numbers ---------------------------------------------------------------------------------------


def _numbers(seen: list[tuple[NumberShape, float]]) -> tuple[int | None, Spelling, float]:
    """Decimal places, spelling, and how many cells it reads."""
    cells = sum(n for _, n in seen)
    seen = _without_zeros(seen, cells)
    commas = _sum(seen, lambda s: s.mark == "," or (s.between == "." and s.mark != "."))
    points = _sum(seen, lambda s: s.mark == "." or (s.between == "," and s.mark != "?"))
    mark = "," if commas > points else "."
    between = _most([(s.between, n) for s, n in seen if _apart(s, mark)], "")
    ends = _most([((s.before, s.after), n) for s, n in seen], ("", ""))
    read = [(s, n) for s, n in seen if _fits(s, mark, between, ends)]
    shown: dict[int, float] = {}
    for shape, n in read:
        place = 3 if shape.mark == "?" and mark == "," else shape.decimals
        shown[place] = shown.get(place, 0.0) + n
    found = sum(shown.values())
    decimals = next((p for p in sorted(shown) if _beyond(shown, p) <= MISFITS * found), 0)
    brackets = _sum(read, lambda s: s.brackets) > 0
    spelling = Spelling(mark, between, *ends, brackets)
    if decimals == 0 and not between:
        spelling = Spelling(".", "", *ends, brackets)
    return None if decimals == DEEP else decimals, spelling, min(found, cells)


def _without_zeros(
    seen: list[tuple[NumberShape, float]], cells: float
) -> list[tuple[NumberShape, float]]:
    """`12.0` is one of many numbers with decimal places, unless nearly all are whole."""
    whole = _sum(seen, lambda s: s.decimals == 0 and s.after in ("", ZERO))
    if whole >= (1 - MISFITS) * cells:
        return seen
    tenths = NumberShape(1, ".")
    return [(tenths if s.after == ZERO else s, n) for s, n in seen]


def _beyond(places: dict[int, float], place: int) -> float:
    return sum(n for p, n in places.items() if p > place)


def _apart(shape: NumberShape, mark: str) -> bool:
    """Whether a number shows what stands between thousands, under a decimal mark."""
    return shape.between not in ("", mark) and not (shape.mark == "?" and mark == ",")


def _fits(shape: NumberShape, mark: str, between: str, ends: tuple[str, str]) -> bool:
    """Whether a number can be read under a spelling; one without its currency or unit can."""
    if (shape.before, shape.after) not in (("", ""), ends):
        return False
    if shape.mark == "?":
        return mark == "," or between == ","
    return shape.mark in ("", mark) and shape.between in ("", between)


def _durations(seen: Seen) -> tuple[str, float]:
    """The way in which most durations are written, and how many cells it reads.

    What might be a time of day is a duration where enough others are longer than a day.
    """
    told = [(s.way, n) for s, n in seen if isinstance(s, DurationShape)]
    ways = {way: sum(n for w, n in told if w == way) for way, _ in told}
    if not ways:
        return "", 0.0
    reads = {w: sum(ways.get(o, 0.0) for o in (w, *READS.get(w, ()))) for w in (*ways, *READS)}
    best = max(reads, key=lambda way: (reads[way], way not in READS))
    for way in READS.get(best, ())[::-1]:  # the plainest that reads nearly as many
        best = way if reads.get(way, 0.0) >= (1 - MISFITS) * reads[best] else best
    read = reads[best]
    clock = {"1:30:05": "%H:%M:%S", "1:30": "%H:%M"}.get(best)
    short = _sum(seen, lambda s: isinstance(s, DateShape) and s.format == clock)
    return (best, read + short) if read > MISFITS * (read + short) else ("", 0.0)


# -- dates -----------------------------------------------------------------------------------------


def _dates(seen: list[tuple[DateShape, float]]) -> tuple[str, float, bool]:
    """The format that most dates have, how many it reads, and whether its order is a guess.

    Day comes before month where both are possible.
    """
    if not seen:
        return "%Y-%m-%d", 0.0, False
    form = _finest(seen, _most([(s.format, n) for s, n in seen], ""))
    read = [(s, n) for s, n in seen if _reads(form, s.format)]
    days, months = _sum(read, lambda s: s.order == "d"), _sum(read, lambda s: s.order == "m")
    swapped = months > days
    cells = _sum(read, lambda s: s.order in ("", "m" if swapped else "d"))
    unsure = form.startswith(("%d/%m", "%d.%m", "%d-%m")) and not days and not months
    return re.sub(r"%d(.)%m", r"%m\1%d", form) if swapped else form, cells, unsure


def _finest(seen: list[tuple[DateShape, float]], form: str) -> str:
    """A finer format that the same dates have: a time of day, more digits of a second."""
    finer = [(s.format, n) for s, n in seen if s.format != form and _reads(s.format, form)]
    whole = sum(n for _, n in seen)
    best = _most(finer, form)
    return best if _sum(finer, lambda f: f == best) > MISFITS * whole else form


def _reads(form: str, other: str) -> bool:
    """Whether dates of one format can be read by another: of fewer digits, or of days alone."""
    if form == other:
        return True
    plain, bare = (re.sub(r"\.%\df", "", f) for f in (form, other))
    if form != plain and other != bare and plain == bare:
        return int(form[form.index("f") - 1]) >= int(other[other.index("f") - 1])
    cut = CLOCK.search(form)
    return cut is not None and form[: cut.start()] == other


def details(form: Form) -> tuple[str, ...]:
    """What else has to be counted of dates, as `Shapes.of`."""
    if form.spelling.clock in PADDED and form.kind is Kind.INTEGER:
        return ("paddings",)
    if form.kind is not Kind.DATE or form.format in (*COMPACT, *STAMPS):
        return ()
    return ("paddings", "namings") if "%b" in form.format else ("paddings",)


def detailed(form: Form, of: str, counts: Values, sigma: float) -> Form:
    """The form with what a count of `details` tells, noisy or not."""
    return padded(form, counts, sigma) if of == "paddings" else named(form, counts, sigma)


def padded(form: Form, counts: Values, sigma: float) -> Form:
    """The form with leading zeros as most dates have them, from counts over `paddings()`."""
    told = list(zip(paddings(), counts, strict=False))
    format, clock = form.format, form.spelling.clock
    if clock in PADDED:
        zeros = [(None if h is None else not h, n) for (_, h), n in told]
        return (
            replace(form, spelling=Spelling(clock=PADDED[clock])) if _bare(zeros, sigma) else form
        )
    if _bare([(days, n) for (days, _), n in told], sigma):
        format = format.replace("%d", "%-d").replace("%m", "%-m")
    if _bare([(hours, n) for (_, hours), n in told], sigma):
        format = format.replace("%H", "%-H").replace("%I", "%-I")
    return replace(form, format=format)


def _bare(told: list[tuple[bool | None, float]], sigma: float) -> bool:
    """Whether numbers below ten surely stand without a zero before them."""
    bare, zeros = (_sum(told, lambda zero, s=sort: zero is s) for sort in (False, True))  # type: ignore[misc]
    return bare > zeros + USUAL * sigma


def named(form: Form, counts: Values, sigma: float) -> Form:
    """The form with the language, width and case of months, from counts over `namings()`.

    Many languages share most of their names, so English has to be surely the wrong one.
    """
    told = [(naming, float(n)) for naming, n in zip(namings(), counts, strict=False) if naming]
    rows = {
        (language, width): sum(n for (words, _), n in told if (language, width) in words)
        for language in LANGUAGES
        for width in (SHORT, LONG)
    }
    english = max((("en", width) for width in (SHORT, LONG)), key=lambda spoken: rows[spoken])
    best = max(rows, key=lambda spoken: rows[spoken])
    doubt = 2 * sigma * math.sqrt(len(told))
    language, width = english if rows[best] <= rows[english] + doubt else best
    case = _most([(case, n) for (_, case), n in told], "En")
    shown = {"en": language, "En": language.capitalize(), "EN": language.upper()}[case]
    code = f"%{width}" if shown == "En" else f"%{width}[{shown}]"
    return replace(form, format=form.format.replace("%b", code))
