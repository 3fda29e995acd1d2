"""What counts of shapes tell of how numbers, dates and truth values are written: what most have."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

from synth.ingest.day_shapes import DateShape
from synth.ingest.shapes import (
    ALIKE,
    DEEP,
    TRUTHS,
    ZERO,
    ZEROS,
    DurationShape,
    NumberShape,
    Shape,
    TruthShape,
    places,
)
from synth.lazily import np, npt
from synth.schema.durations import READS, may_stand_alone
from synth.schema.measures import alike, counted_whole, places_for, same
from synth.schema.scripts import APART, MARK
from synth.schema.spelling import Spelling
from synth.schema.values import Values

ABOVE = ("cr", "n", "e")
POWERS = ("E", "e")
SIGNED = 0.2  # of the numbers with a plus, from which on all above zero are written with one
MISFITS = 0.01  # of the numbers may have more decimal places than the column is given
SURE = 5.2  # times the noise: cells of a shape that are surely there
SURELY = 1.0
DOUBT = 3.0  # times the noise: the rarer words of two pairs differ by less without a reason
T = TypeVar("T", bound=Hashable)
Counted = tuple[NumberShape, float]
Seen = list[tuple[Shape, float]]


def most(seen: list[tuple[T, float]], default: T) -> T:
    """What most cells have."""
    rows: dict[T, float] = {}
    for what, n in seen:
        rows[what] = rows.get(what, 0.0) + n
    return max(rows, key=lambda what: rows[what]) if rows else default


def added(seen: list[tuple[T, float]], which: Callable[[T], bool]) -> float:
    return sum(n for what, n in seen if which(what))


def truth_of(
    seen: Seen, counts: Mapping[str, float], sigma: float
) -> tuple[tuple[str, str], float]:
    """How false and true are written, and how many cells are one of them.

    Words of one letter, and those of other languages that mean other things as well, have to occur
    both: a column of `F` alone may be a sex.

    Args:
        counts: of each word, the cells that have it, be they enough to be sure of it or not: of
            two pairs that share a word, the other word tells.
        sigma: standard deviation of the noise in each; the first pair of some that noise alone
            tells apart is the likeliest.
    """
    words = {s.word: n for s, n in seen if isinstance(s, TruthShape)}
    if not words:
        return TRUTHS[0], 0.0

    def likely(pair: tuple[str, str]) -> float:
        both = all(word in words for word in pair)
        alone = pair in TRUTHS[:ALIKE] or all(len(word) > 1 for word in pair)
        held = any(word in words for word in pair)
        return sum(counts.get(w, 0.0) for w in pair) if both or (alone and held) else -1.0

    highest = max(map(likely, TRUTHS))
    least = min(highest, max(highest - DOUBT * sigma, 0.0))
    best = next(pair for pair in TRUTHS if likely(pair) >= least)
    return (best, sum(words.get(w, 0.0) for w in best)) if likely(best) >= 0 else (TRUTHS[0], 0.0)


# -- numbers ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figures:
    """How numbers are written.

    Args:
        decimals: None for as many as each has.
        cells: how many of them are read.
        converted: how many of these are in another unit than most.
        bare: how many have no sign or unit, where most have one.
        unsure: whether three digits behind a mark may be thousands or decimal places.
    """

    decimals: int | None
    spelling: Spelling
    cells: float
    converted: float = 0.0
    bare: float = 0.0
    unsure: bool = False


def numbers_of(seen: list[Counted], comma: float = 0.0) -> Figures:
    """How most numbers are written, be their digits 0 to 9 or those of another script.

    Args:
        comma: what the rest of the file tells of the comma, as `usual_comma` gives it.
    """
    zero = most([(s.script, n) for s, n in seen], "")
    if not zero:
        return _figures(seen, comma)
    figures = _figures([(_in_plain(s), n) for s, n in seen], comma)
    spelt = replace(figures.spelling, script=zero)
    if added(seen, lambda s: bool({s.mark, s.between} & {MARK, APART})):
        arabic = {".": MARK, ",": APART, "": ""}
        spelt = replace(spelt, mark=MARK, between=arabic.get(spelt.between, spelt.between))
    return replace(figures, spelling=spelt)


def _in_plain(shape: NumberShape) -> NumberShape:
    """A number as if its digits were 0 to 9."""
    plain = {MARK: ".", APART: ","}
    mark, between = (plain.get(sign, sign) for sign in (shape.mark, shape.between))
    return replace(shape, mark=mark, between=between, script="")


def _figures(seen: list[Counted], comma: float) -> Figures:
    cells = sum(n for _, n in seen)
    unsure = 0 < comma < SURELY and _either(seen)
    seen = _without_zeros(_by_others(_scaled(seen, cells), comma), cells)
    commas = added(seen, lambda s: s.mark == "," or (s.between == "." and s.mark != "."))
    points = added(seen, lambda s: s.mark == "." or (s.between == "," and s.mark != "?"))
    mark = "," if commas > points else "."
    between = most([(s.between, n) for s, n in seen if _apart(s, mark)], "")
    ends = most([((s.before, s.after), n) for s, n in seen], ("", ""))
    sides = _sides(seen)
    read = [(s, n) for s, n in seen if _fits(s, mark, between, ends) and s.side in ("", *sides)]
    found = sum(n for _, n in read)
    scale = _scale_of(read, found)
    decimals = _places([(_in_unit(s, ends[1]), n) for s, n in read if not s.scale], mark)
    digits = _places([(s, n) for s, n in read if s.scale], mark) if scale else 0
    spelling = replace(
        Spelling(mark, between, *ends, added(read, lambda s: s.brackets) > 0),
        behind=added(read, lambda s: s.behind) > 0,
        inside=added(read, lambda s: s.inside) > 0,
        plus=added(read, lambda s: s.plus) >= SIGNED * found > 0,
        lakh=between == "," and added(read, lambda s: s.lakh) > MISFITS * found,
        scale=scale,
        digits=digits,
        sides=sides,
        units=_units(read, ends[1], found),
    )
    if decimals == digits == 0 and not between:
        spelling = replace(spelling, mark=".")
    endless = decimals == DEEP or scale in POWERS
    others = added(read, lambda s: s.after not in ("", ZERO, ZEROS) and not same(s.after, ends[1]))
    bare = added(read, lambda s: (s.before, s.after) == ("", "")) if any(ends) else 0.0
    return Figures(None if endless else decimals, spelling, min(found, cells), others, bare, unsure)


def _either(seen: list[Counted]) -> bool:
    """Whether all marks of numbers have three digits behind them, and nothing before tells more."""
    marked = [s for s, _ in seen if s.mark or s.between]
    either = all(
        s.mark == "?" or (s.mark == "." and s.decimals == 3 and not (s.between or s.sure))
        for s in marked
    )
    return bool(marked) and either


def _scaled(seen: list[Counted], cells: float) -> list[Counted]:
    """Powers of ten as numbers of very many places, where not nearly all numbers have one."""
    if added(seen, lambda s: s.scale in POWERS) >= (1 - MISFITS) * cells:
        return seen
    return [(NumberShape(DEEP, s.mark or ".") if s.scale in POWERS else s, n) for s, n in seen]


def _scale_of(read: list[Counted], found: float) -> str:
    """The scale that numbers have; a small letter for thousands where any is written so."""
    scales = [(s.scale, n) for s, n in read if s.scale]
    if sum(n for _, n in scales) <= MISFITS * found:
        return ""
    return "k" if added(scales, lambda scale: scale == "k") else most(scales, "")


def _places(read: list[Counted], mark: str) -> int:
    """The decimal places that nearly all numbers do with."""
    shown: dict[int, float] = {}
    for shape, n in read:
        place = 3 if shape.mark == "?" and mark == "," else shape.decimals
        shown[place] = shown.get(place, 0.0) + n
    found = sum(shown.values())
    return next((p for p in sorted(shown) if _beyond(shown, p) <= MISFITS * found), 0)


def _by_others(seen: list[Counted], comma: float) -> list[Counted]:
    """Numbers of three digits behind their one mark, which the rest of the file tells apart.

    `1,234` has decimal places in a file whose decimal mark is the comma; `1.234` has thousands.
    """
    marks = {(s.mark, s.between) for s, _ in seen if s.mark or s.between}
    if comma > 0 and marks == {("?", ",")}:
        return [(replace(s, decimals=3, mark=",", between="") if s.mark else s, n) for s, n in seen]
    amounts = comma > 0 and all(s.before or s.after for s, _ in seen)
    if (amounts or comma >= SURELY) and all(
        s.mark in ("", ".") and s.decimals in (0, 3) and not (s.mark and s.between) and not s.sure
        for s, _ in seen
    ):
        return [(replace(s, decimals=0, mark="", between=".") if s.mark else s, n) for s, n in seen]
    return seen


def usual_comma(counts: Sequence[Values], sigma: float, delimiter: str) -> float:
    """What all columns together tell of the comma: above 0 it is the decimal mark of the file.

    `SURELY` or more where columns show it, less where only the delimiter speaks for it: whoever
    writes `;` between two fields has mostly another use for the comma.

    Args:
        counts: of each column, over `shapes()`; more may follow.
        sigma: standard deviation of the noise in each.
    """
    where, signs = _signs()
    least = max(SURE * sigma, 1e-9)
    shown = [np.asarray(c, dtype=np.float64)[where] for c in counts]
    # No product of vectors: at this length its library begins threads, at 100 times the cost.
    told = sum(float((n * signs)[n >= least].sum()) for n in shown)
    if told:
        return SURELY if told > 0 else -SURELY
    return 0.5 if delimiter == ";" else 0.0


@cache
def _signs() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Where numbers stand in `shapes()` of which it is plain what the comma is, 1 for a mark."""
    found = {}
    for shape, place in places().items():
        if not isinstance(shape, NumberShape) or shape.mark == "?":
            continue
        if shape.mark == "," or (shape.between == "." and not shape.mark):
            found[place] = 1
        elif shape.between == "," or (
            shape.mark == "." and (shape.between or shape.decimals not in (3, DEEP))
        ):
            found[place] = -1
    return np.array(list(found), dtype=np.int64), np.array(list(found.values()), dtype=np.float64)


def _without_zeros(seen: list[Counted], cells: float) -> list[Counted]:
    """`12.0` is one of many numbers with decimal places, unless nearly all are whole."""
    whole = added(seen, lambda s: s.decimals == 0 and s.after in ("", ZERO, ZEROS))
    if whole >= (1 - MISFITS) * cells:
        return seen
    tenths = {ZERO: NumberShape(1, "."), ZEROS: NumberShape(DEEP, ".")}
    return [(tenths.get(s.after, s), n) for s, n in seen]


def _beyond(places: dict[int, float], place: int) -> float:
    return sum(n for p, n in places.items() if p > place)


def _apart(shape: NumberShape, mark: str) -> bool:
    """Whether a number shows what stands between thousands, under a decimal mark."""
    return shape.between not in ("", mark) and not (shape.mark == "?" and mark == ",")


def _sides(seen: list[Counted]) -> tuple[str, str]:
    """What stands behind numbers above zero and below. Where there is one side and many numbers
    have none, as in the accounts of a card, it is below.
    """
    told = [(s.side, n) for s, n in seen if s.side]
    above = most([(side, n) for side, n in told if side.strip("° ").lower() in ABOVE], "")
    below = most([(side, n) for side, n in told if side.strip("° ").lower() not in ABOVE], "")
    if above and not below and added(seen, lambda s: not s.side) > MISFITS * added(seen, bool):
        return "", above
    return above, below


def _units(read: list[Counted], after: str, found: float) -> tuple[str, ...]:
    """The endings of ages in several units, the largest first; none where they have decimals."""
    least = MISFITS * found
    if counted_whole(after) is None or added(read, lambda s: s.decimals > 0) > least:
        return ()
    blank = after[: len(after) - len(after.lstrip())]
    often: dict[float, list[tuple[str, float]]] = {}
    for shape, n in read:
        if n > least and (size := counted_whole(shape.after)) is not None:
            often.setdefault(size, []).append((blank + shape.after.strip(), n))
    told = {size: most(endings, "") for size, endings in often.items()}
    told |= {size: after for size in told if size == counted_whole(after)}
    return tuple(told[size] for size in sorted(told, reverse=True)) if len(told) > 1 else ()


def _in_unit(shape: NumberShape, after: str) -> NumberShape:
    """A number of another unit with the decimal places that it needs in that of most."""
    if shape.after in ("", ZERO) or same(shape.after, after):
        return shape
    return replace(shape, decimals=places_for(shape.decimals, shape.after, after))


def _fits(shape: NumberShape, mark: str, between: str, ends: tuple[str, str]) -> bool:
    """Whether a number can be read under a spelling; one without its currency or unit can."""
    bare = (shape.before, shape.after) in (("", ""), ends)
    if not bare and not (shape.before == ends[0] and alike(shape.after, ends[1])):
        return False
    if shape.mark == "?":
        return mark == "," or between == ","
    if not between and not shape.between and shape.decimals not in (3, DEEP):
        return True  # of the other mark it can be nothing but a mark
    return shape.mark in ("", mark) and shape.between in ("", between)


def durations_of(seen: Seen) -> tuple[str, float]:
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
    clocks = {"1:30:05": "%H:%M:%S", "1 days, 1:30:05": "%H:%M:%S", "1:30": "%H:%M"}
    clock = clocks.get(best)
    short = added(seen, lambda s: isinstance(s, DateShape) and s.format == clock)
    alone = may_stand_alone(best)
    short += added(seen, lambda s: isinstance(s, NumberShape) and s.after.strip() in alone)
    return (best, read + short) if read > MISFITS * (read + short) else ("", 0.0)
