"""How a column is written, told from how many of its cells have each shape, maybe with noise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

from synth.ingest.day_shapes import COMPACT, MONTH_OR_NUMBER, DateShape
from synth.ingest.day_tallies import Dated, dates_of, tells_day
from synth.ingest.shapes import (
    DEEP,
    TRUTHS,
    ZERO,
    DurationShape,
    NumberShape,
    TruthShape,
    WordShape,
    places,
    shapes,
)
from synth.ingest.showing import USUAL, showing
from synth.ingest.tallies import (
    MISFITS,
    Figures,
    Seen,
    added,
    durations_of,
    numbers_of,
    truth_of,
)
from synth.lazily import np
from synth.schema import Categories, Kind, Origin
from synth.schema.counted_moments import EXCEL
from synth.schema.spelling import PLAINLY, Spelling
from synth.schema.stored import WHOLE
from synth.schema.values import Values

MOST = 0.9  # of the cells that hold something must be numbers, or dates, for a column to be that
AMONG = 0.2  # of the cells at least are numbers, where the others are more or less than one
HALF = 0.5  # the same where the others are words
DAYS = 0.3  # the same of dates, which nothing else looks like
NEARLY = 0.98  # the same of truth values: a third answer is more than a slip
GONE = 1.0  # the same of missing cells: gaps that are lost harm more than a few that were none
TRIMMED = 0.05  # of numbers show fewer decimal places, where zeros at the end are not written


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
        unsure: whether no date shows which number is the day, or no number whether three digits
            behind its mark are thousands.
        fitting: share of the cells with something in them that are written so.
        cells: about how many have something in them; 0 where nobody counted.
        also: formats of some of the dates.
        about: share of the cells that are numbers marked as about right.
        converted: share of the cells in another unit than most.
        bare: share of the cells without the sign or the unit that most have.
        measured: whether nearly all are numbers or dates, be they of one habit or of several.
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
    also: tuple[str, ...] = ()
    about: float = 0.0
    converted: float = 0.0
    bare: float = 0.0
    measured: bool = False


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


_Layout = tuple[tuple[str, bool], tuple[bool, bool], str, bool]


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
    comma: float = 0.0,
) -> Form:
    """How a column is written.

    Args:
        counts: cells of each of `shapes()`, maybe noisy; the missing ones may follow, by `gaps`.
        sigma: standard deviation of the noise in each.
        within: the kind, where it is known.
        comma: what the rest of the file tells of the comma, as `usual_comma` gives it.
    """
    listed = shapes()
    told = np.asarray(counts, dtype=np.float64)
    missing = told[len(listed) :]
    gone = _gone(missing, sigma, gaps)
    surely = _told_gaps(gaps.texts, missing, USUAL * sigma) if len(missing) else []
    told = told[: len(listed)]
    held = showing(told, sigma, empty=bool(surely))
    seen = [(listed[i], max(float(told[i]), 1.0)) for i in held]
    words = {shape.word: float(told[i]) for shape, i in _words().items()}
    form = _form(seen, gone, within, (words, sigma), comma)
    form = replace(form, missing_as=surely[0] if surely else gaps.default)
    own = [s for s, _ in seen if isinstance(s, NumberShape) and s.after == form.spelling.after]
    shown = max((s.decimals for s in own), default=DEEP)
    return replace(form, spelling=_with_zeros(form, told, shown))


def _gone(counts: Values, sigma: float, gaps: MissingTexts) -> bool:
    """Whether cells are missing: of texts that the file seems not to have, many are asked for."""
    if not len(counts):
        return True
    often = [text in gaps.usual for text in gaps.texts]
    least = np.where([*often, True], GONE, USUAL) * sigma
    return bool((counts >= np.maximum(least, 1e-9)).any())


@cache
def _words() -> Mapping[TruthShape, int]:
    """Where the words stand that may mean true or false."""
    return {shape: place for shape, place in places().items() if isinstance(shape, TruthShape)}


def _with_zeros(form: Form, told: Values, shown: int) -> Spelling:
    """The spelling, with zeros at the end where hardly any number shows fewer places.

    Of numbers without them, one in ten shows fewer: too few, maybe, to rise above the noise. Which
    of the two it is then is the likelier one: either mistake changes no number.

    Args:
        shown: the most decimal places that any number shows.
    """
    spelling, scale, script = form.spelling, form.spelling.scale, form.spelling.script
    decimals = spelling.digits if scale else form.decimals
    if not decimals:
        return replace(spelling, fixed=False)
    ends = spelling.before, spelling.after
    layouts = {("", False), (spelling.between, False), (spelling.between, True)}
    signs = {(False, False), (spelling.plus, False), (False, spelling.brackets)}
    kinds = product(layouts, signs, {"", *spelling.sides}, (False, True))

    def cells(kind: _Layout, places_shown: int) -> float:
        (between, lakh), (plus, brackets), side, sure = kind
        mark = spelling.mark if places_shown else ""
        shape = NumberShape(places_shown, mark, between, *ends, lakh=lakh, scale=scale)
        shape = replace(shape, side=side, sure=sure, script=script, plus=plus, brackets=brackets)
        place = places().get(replace(shape, inside=brackets and spelling.inside))
        return 0.0 if place is None else float(told[place])

    if decimals > shown:  # numbers of other units were put into this one
        return replace(spelling, fixed=False)
    mine = [(cells(kind, decimals), cells(kind, decimals - 1)) for kind in kinds]
    if not scale:
        tenths = float(told[places()[NumberShape(after=ZERO)]])
        mine.append((tenths, 0.0) if decimals == 1 else (0.0, tenths if decimals == 2 else 0.0))
    # Each is counted by what it holds, so that the noise of those that hold nothing does not.
    full = sum(max(f + n, 0.0) * f for f, n in mine)
    fewer = sum(max(f + n, 0.0) * n for f, n in mine)  # nine of ten, at a fraction of the noise
    return replace(spelling, fixed=fewer <= TRIMMED * full)


def _form(
    seen: Seen,
    gone: bool,
    within: Kind | None,
    words: tuple[Mapping[str, float], float],
    comma: float,
) -> Form:
    cells = sum(n for _, n in seen)
    dates = [(s, n) for s, n in seen if isinstance(s, DateShape)]
    squeezed = [(NumberShape(), n) for s, n in dates if s.format in COMPACT]
    squeezed += [
        (NumberShape(MONTH_OR_NUMBER[s.format], "."), n)
        for s, n in dates
        if s.format in MONTH_OR_NUMBER
    ]
    numbers = [*((s, n) for s, n in seen if isinstance(s, NumberShape)), *squeezed]
    figures = numbers_of(numbers, comma)
    way, long = durations_of(seen)
    if long > figures.cells:
        figures = Figures(0, Spelling(clock=way), long)
    dated = _with_serials(dates_of(dates), seen, cells)
    truth, either = truth_of(seen, *words)
    if within is not None:
        kind = within
    elif either >= NEARLY * cells:
        kind = Kind.BOOLEAN
    elif _days(seen, dated, cells) and not long:
        kind = Kind.DATE
    elif _counts(seen, figures.cells, cells):  # of one habit: half of them in another would be lost
        kind = Kind.INTEGER if figures.decimals == 0 else Kind.REAL
    else:
        wordy = sum(n for s, n in seen if isinstance(s, WordShape) and s.long)
        kind = Kind.TEXT if wordy >= HALF * cells else Kind.CATEGORY
    return _as_kind(kind, seen, gone, (figures, dated, truth, either))


def _as_kind(
    kind: Kind, seen: Seen, gone: bool, told: tuple[Figures, Dated, tuple[str, str], float]
) -> Form:
    """The form of cells of a kind, and how many of them have it."""
    figures, dated, truth, either = told
    cells = sum(n for _, n in seen)
    about = added(seen, lambda s: isinstance(s, WordShape) and s.about)
    counted = min(figures.cells + about, cells)
    read = {Kind.INTEGER: counted, Kind.REAL: counted}
    read |= {Kind.DATE: min(dated.cells + about, cells), Kind.BOOLEAN: either}
    fitting = read.get(kind, cells) / cells
    return Form(
        kind,
        0 if kind is Kind.INTEGER else figures.decimals,
        figures.spelling,
        dated.format,
        truth,
        gone or fitting < 1 - 1e-9,
        dated.unsure if kind is Kind.DATE else figures.unsure,
        fitting,
        cells,
        also=dated.also,
        about=about / cells,
        converted=figures.converted / cells,
        bare=figures.bare / cells,
        measured=_measured(seen, cells),
    )


def _measured(seen: Seen, cells: float) -> bool:
    """Whether cells are numbers or dates, be they of one habit or of several."""
    words = [(s, n) for s, n in seen if isinstance(s, WordShape)]
    plain = added(seen, lambda s: isinstance(s, NumberShape | DateShape | DurationShape))
    plain += added(words, lambda s: s.about or s.paired)
    return plain >= HALF * cells and plain + added(words, lambda s: s.around) >= MOST * cells


def _whole(seen: Seen) -> float:
    """How many cells are whole numbers with nothing before or after them."""
    return added(seen, lambda s: s == NumberShape())


def _with_serials(dated: Dated, seen: Seen, cells: float) -> Dated:
    """Among days that are written, whole numbers may be some that Excel counted."""
    whole, written = _whole(seen), tells_day(dated.format) and dated.format not in COMPACT
    if not written or dated.cells < HALF * cells or whole <= MISFITS * cells:
        return dated
    return replace(dated, also=(*dated.also, EXCEL))


def _days(seen: Seen, dated: Dated, cells: float) -> bool:
    """Whether cells are dates, among which some may be words, or days that are not known in full.

    Among days of digits alone, `20190231` say, other numbers stand for none, as 0 does.
    """
    read = dated.cells + added(seen, lambda s: isinstance(s, WordShape) and s.about)
    if dated.cells and read >= MOST * cells:
        return True
    if dated.format in MONTH_OR_NUMBER or dated.format in COMPACT[-3:]:
        return False
    others = _whole(seen) * tells_day(dated.format)
    if dated.cells < HALF * cells:  # without which they may be years, or anything
        others = 0.0
    return dated.cells > 0 and _most_with_others(seen, read, cells, others, DAYS)


def _most_with_others(
    seen: Seen, read: float, cells: float, others: float = 0.0, half: float = HALF
) -> bool:
    """Whether what is read is enough of the cells, together with what else may stand among it."""
    words = [(s, n) for s, n in seen if isinstance(s, WordShape)]
    around, spoken = added(words, lambda s: s.around), added(words, lambda s: s.spoken)
    if read >= AMONG * cells and read + around >= MOST * cells:
        return True
    return read >= half * cells and read + around + spoken + others >= MOST * cells


def _counts(seen: Seen, numbers: float, cells: float) -> bool:
    """Whether cells are numbers, among which some may be words, or more or less than a number.

    Where some begin with a zero they are codes, such as postcodes, which no number can stand for.
    """
    words = [(s, n) for s, n in seen if isinstance(s, WordShape)]
    if added(words, lambda s: s.coded) > MISFITS * cells:
        return False
    counted = numbers + added(words, lambda s: s.about)
    return counted >= MOST * cells or _most_with_others(seen, counted, cells)
