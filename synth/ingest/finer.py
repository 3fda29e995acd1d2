"""What else is counted of dates and durations, and what that tells of how they are written."""

from __future__ import annotations

import math
from dataclasses import replace

from synth.ingest.dated import namings, paddings, zones
from synth.ingest.day_shapes import COMPACT, STAMPS
from synth.ingest.forms import Form
from synth.ingest.shapes import DEEP
from synth.ingest.shaping import MOST_DIGITS
from synth.ingest.showing import USUAL
from synth.ingest.tallies import DOUBT, MISFITS, added, most
from synth.lazily import compiled, np
from synth.schema import Kind
from synth.schema.day_names import LANGUAGES, LONG, SHORT, THREE
from synth.schema.durations import PADDED
from synth.schema.spelling import Spelling
from synth.schema.values import Values

DOTTED = 0.3  # of the names of months with a dot, from which on all that are cut short have one
WEEKDAY = compiled(r"%([aA])(?!\[)")
ZONE = compiled(r"%[-:.]?z$")


FEWER = 12  # significant digits, from which on numbers are as programs hold them
OFTEN = 8.0  # times the noise of those with more digits: numbers that show how many they have


def details(form: Form) -> tuple[str, ...]:
    """What else has to be counted of dates, as `Shapes.of`."""
    if form.spelling.clock in PADDED and form.kind is Kind.INTEGER:
        return ("paddings",)
    if form.kind is Kind.REAL:
        return ("significant",) * _by_size(form)
    if form.kind is not Kind.DATE or form.format in (*COMPACT, *STAMPS):
        return ()
    names = ("namings",) * any("%b" in f for f in (form.format, *form.also))
    return ("paddings", *names, *(("zones",) * (ZONE.search(form.format) is not None)))


def detailed(form: Form, of: str, counts: Values, sigma: float) -> Form:
    """The form with what a count of `details` tells, noisy or not."""
    if of == "significant":
        return shortened(form, counts, sigma)
    if of == "zones":
        return zoned(form, counts, sigma)
    return padded(form, counts, sigma) if of == "paddings" else named(form, counts, sigma)


def zoned(form: Form, counts: Values, sigma: float) -> Form:
    """The form with the zone of all moments, from counts over `zones()`, if they have one.

    Where there are two, as in summer and in winter, moments are written in that of Greenwich.
    """
    told = {away: float(n) for away, n in zip(zones(), counts, strict=False) if away is not None}
    best = max(told, key=lambda away: told[away])
    others = sum(n for away, n in told.items() if away != best and n > USUAL * sigma)
    if not best or told[best] <= USUAL * sigma or others > MISFITS * told[best]:
        return form
    written = f"{'-' if best < 0 else '+'}{abs(best) // 60:02}{abs(best) % 60:02}"
    return replace(form, format=ZONE.sub(rf"\g<0>[{written}]", form.format))


def _by_size(form: Form) -> bool:
    """Whether the decimal places of numbers may follow their size: many, and not always as many."""
    spelt = form.spelling
    plain = replace(spelt, mark=".").plain and not spelt.fixed
    return plain and (form.decimals is None or form.decimals > DEEP // 2)


def shortened(form: Form, counts: Values, sigma: float) -> Form:
    """The form with the most digits that nearly all numbers do with, if these are few.

    Args:
        counts: of numbers with none to `MOST_DIGITS` significant digits; more may follow.
    """
    told = np.asarray(counts[: MOST_DIGITS + 1], dtype=np.float64)
    noise = DOUBT * sigma * np.sqrt(np.arange(len(told))[::-1])
    beyond = told.sum() - np.cumsum(told)
    digits = int(np.argmax(beyond <= MISFITS * told.sum() + noise))
    if not 1 <= digits < FEWER or told.sum() <= OFTEN * noise[digits]:
        return form
    return replace(form, spelling=replace(form.spelling, significant=digits))


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
    """Whether numbers below ten surely stand without a zero before them.

    Each of the counts that are added has its noise: dates that show neither must not seem bare.
    """
    bare, zeros = (added(told, lambda zero, s=sort: zero is s) for sort in (False, True))  # type: ignore[misc]
    noises = sum(zero is not None for zero, _ in told)
    return bare > zeros + USUAL * sigma * math.sqrt(noises)


def named(form: Form, counts: Values, sigma: float) -> Form:
    """The form with the language, width and case of months, from counts over `namings()`.

    Many languages share most of their names, so English has to be surely the wrong one.
    """
    told = [(naming, float(n)) for naming, n in zip(namings(), counts, strict=False) if naming]
    rows = {
        (language, width): sum(n for (words, _), n in told if (language, width) in words)
        for language in LANGUAGES
        for width in (SHORT, LONG, THREE)
    }
    english = max((("en", width) for width in (SHORT, LONG)), key=lambda spoken: rows[spoken])
    best = max(rows, key=lambda spoken: rows[spoken])
    differing = sum((best in words) != (english in words) for (words, _), _ in told)
    doubt = 3 * sigma * math.sqrt(differing)
    language, width = english if rows[best] <= rows[english] + doubt else best
    spoken = [(case, n) for (words, case), n in told if (language, width) in words]
    case = most([(case.rstrip("."), n) for case, n in spoken], "En")
    shown = {"en": language, "En": language.capitalize(), "EN": language.upper()}[case]
    dotted = [n for case, n in spoken if case.endswith(".")]
    surely = USUAL * sigma * math.sqrt(len(dotted))
    dots = sum(dotted) > max(DOTTED * sum(n for _, n in spoken), surely)
    shown += "." * dots  # May has none anywhere
    code = f"%{width}" if shown == "En" else f"%{width}[{shown}]"

    def in_words(other: str) -> str:
        other = other.replace("%b", code)
        return other if language == "en" else WEEKDAY.sub(rf"%\1[{shown.rstrip('.')}]", other)

    return replace(form, format=in_words(form.format), also=tuple(map(in_words, form.also)))
