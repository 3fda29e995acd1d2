"""Why a column is taken for what it is, in a sentence or two: counts and shares, no cell."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from synth.ingest.forms import Form
from synth.ingest.tallies import MISFITS
from synth.schema import Kind
from synth.schema.durations import Way, ways
from synth.wording import so_many

LONG_TEXTS = 50  # different ones, from which on they are free text
MANY = 30  # different measures, from which on a list of them loses most
UNSURE = "Nothing shows which number is the month: the day is taken to come first."

MARKED = "are marked as about right, and come out without the mark."
SEVERAL = (
    "They are measures of several kinds, currencies or units, for which no one number can stand: "
    "divide the column to keep more of them."
)


@dataclass(frozen=True)
class Presence:
    """How much of a column there is.

    Args:
        different: its different values.
        present: rows that hold one.
        misread: rows that hold something that is none of its kind, by kind.
    """

    different: int
    rows: int
    present: int
    misread: Mapping[Kind, int]


def kind_and_reason(
    form: Form, told: Presence, possible: Collection[Kind], grouped: int
) -> tuple[Kind, str]:
    """What sort of values a column holds, and why.

    Args:
        possible: kinds that a value allows.
        grouped: values that would be grouped as other, were it a category.
    """
    if not told.different:
        return Kind.CATEGORY, "Every value is missing."
    kind, why = _kind(form, told, possible)
    notes = list(_notes(form, told))
    if unlike(form, told.different):
        notes.append(SEVERAL)
    if kind is Kind.CATEGORY and grouped:
        notes.append(f"{so_many(grouped, 'rare one is', 'rare ones are')} grouped as other.")
    return kind, " ".join((why, *notes))


def unlike(form: Form, different: int) -> bool:
    """Whether a column holds measures for which no one number can stand, too many to list."""
    return form.measured and form.kind is Kind.CATEGORY and different >= MANY


def _kind(form: Form, told: Presence, possible: Collection[Kind]) -> tuple[Kind, str]:
    if form.kind is Kind.BOOLEAN:
        return Kind.BOOLEAN, "True or false."
    words = {
        Kind.INTEGER: _whole(form),
        Kind.REAL: ("number", "numbers"),
        Kind.DATE: ("date", _dates(form)),
    }
    if form.kind in words and form.kind in possible:
        return form.kind, f"{_different(told, *words[form.kind])}."
    if form.kind is Kind.TEXT and told.different > LONG_TEXTS:
        return Kind.TEXT, f"{_different(told, 'long text')}."
    return Kind.CATEGORY, f"{_different(told, 'value')} in {so_many(told.rows, 'row')}."


def _different(told: Presence, one: str, many: str = "") -> str:
    return so_many(told.different, one, f"different {many or one + 's'}")


def _whole(form: Form) -> tuple[str, str]:
    if not form.spelling.clock:
        return "whole number", "whole numbers"
    way = ways()[form.spelling.clock]
    what = "duration" if isinstance(way, Way) else "measure"
    return f"{what}, in {way.measure}", f"{what}s, in {way.measure}"


def _dates(form: Form) -> str:
    if not form.also:
        return "dates of one format"
    return f"dates of {1 + len(form.also)} formats: they come out in that of most"


def _notes(form: Form, told: Presence) -> Iterator[str]:
    if told.present < told.rows:
        yield f"{so_many(told.rows - told.present, 'is', 'are')} missing."
    if form.kind in (Kind.INTEGER, Kind.REAL):
        yield from of_numbers(form, told.present)
    if form.kind is Kind.DATE and (count := round(form.about * told.present)):
        yield f"{count:,} {MARKED}"
    if misread := told.misread.get(form.kind, 0):
        many = so_many(misread, "is", "are")
        yield f"{many} written otherwise: a code where many share it, else missing."
    if form.kind is Kind.DATE and form.unsure:
        yield UNSURE


def of_numbers(form: Form, present: int) -> Iterator[str]:
    """What is read otherwise than it is written."""
    ending = (form.spelling.before + form.spelling.after).strip()
    if count := round(form.converted * present):
        if form.spelling.units:
            yield f"{count:,} are in another unit than {ending}: each comes out in that which fits."
        else:
            yield f"{count:,} are in another unit: they come out in that of most, {ending}."
    if (count := round(form.bare * present)) and form.bare > MISFITS:
        yield f"{count:,} stand without {ending}, and are taken to mean it."
    if count := round(form.about * present):
        yield f"{count:,} {MARKED}"
