"""What is read otherwise than it is written, for the custodian to see and to undo with a click.

Read off the rows: for the custodian's eyes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from synth.budget.eyes import ForCustodian
from synth.ingest.forms import Form
from synth.ingest.profile import Counts, Quantities
from synth.ingest.reasons import SEVERAL, UNSURE, of_numbers, unlike
from synth.lazily import compiled, np, pd
from synth.schema import Dates, Domain, Kind, Numbers
from synth.schema.moments import as_seconds, written
from synth.wording import so_many

SHOWN = 3  # cells before and after
LOOKED = 2_000  # different values, among which cells to show are looked for
DAY_OR_YEAR = compiled(r"%[bBh](?:\[\w\w\.?\])? %y")
YEAR = "Nothing shows whether the number behind a month is a day: it is taken for a year."
DAY_MONTH = compiled(r"(%-?)([dm])")
EITHER = r"\D*(?:[1-9]\d{0,2}(?:[.,]\d{3})?|0)\D*"  # all of thousands, or of decimal places
AS_WRITTEN = {"kind": Kind.CATEGORY, "seen": True}


@dataclass(frozen=True, repr=False)
class Reread(ForCustodian):
    """One thing about one column.

    Args:
        says: what was done, in one sentence.
        examples: some cells, and what they are read as; "" for missing.
        label: what a click does instead; "" where there is nothing to undo.
        declares: keys of the column's `[[column]]` that it sets.
    """

    column: str
    says: str
    examples: tuple[tuple[str, str], ...] = ()
    label: str = ""
    declares: Mapping[str, Any] = field(default_factory=dict)


def rereadings(
    name: str, form: Form, domain: Domain, text: pd.Series, different: Counts, amounts: Quantities
) -> Iterator[Reread]:
    """What is read otherwise than it is written.

    Args:
        domain: what the column is taken to hold.
        text: its different values.
        different: rows that hold each.
        amounts: the values as numbers, or dates in seconds; NaN for none and for codes.
    """
    if isinstance(domain, Dates):
        yield from _of_dates(name, form, domain, text, amounts)
    elif isinstance(domain, Numbers):
        yield from _of_numbers(name, form, domain, text, different, amounts)
    elif unlike(form, len(text)):
        yield Reread(name, SEVERAL)
    if isinstance(domain, Numbers | Dates):
        lost = np.isnan(amounts) & ~text.isin(domain.codes).to_numpy()
        if count := int(different[lost].sum()):
            what = "dates" if isinstance(domain, Dates) else "numbers"
            some = tuple((t, "") for t in text[lost].head(SHOWN))
            says = f"{so_many(count, 'cell is', 'cells are')} no {what}, and missing."
            yield Reread(name, says, some, "Keep as written", AS_WRITTEN)


def _of_dates(
    name: str, form: Form, domain: Dates, text: pd.Series, amounts: Quantities
) -> Iterator[Reread]:
    if form.unsure and domain.format == form.format:
        swapped = _swapped(domain.format)
        some = text[~np.isnan(amounts)].head(SHOWN)
        days = written(as_seconds(some, domain.format, domain.also), "%-d %B %Y")
        told = {"kind": Kind.DATE, "format": swapped, "also": domain.also, "seen": True}
        yield Reread(name, UNSURE, _pairs(some, days), "The month comes first", told)
    if (
        DAY_OR_YEAR.fullmatch(domain.format)
        and text.str.fullmatch(r".* (?:0[1-9]|[12]\d|3[01])").all()
    ):
        some = text.head(SHOWN)
        days = written(as_seconds(some, domain.format), "%B %Y")
        told = {"kind": Kind.DATE, "format": domain.format.replace("%y", "%d"), "seen": True}
        yield Reread(name, YEAR, _pairs(some, days), "It is the day", told)
    if domain.also:
        few = text.head(LOOKED)
        other = few[np.isnan(as_seconds(few, domain.format)) & ~np.isnan(amounts[: len(few)])]
        some = other.head(SHOWN)
        days = written(as_seconds(some, domain.format, domain.also), domain.format)
        says = f"Dates of {1 + len(domain.also)} formats, which come out in that of most."
        yield Reread(name, says, _pairs(some, days), "Keep as written", AS_WRITTEN)


def _of_numbers(
    name: str, form: Form, domain: Numbers, text: pd.Series, different: Counts, amounts: Quantities
) -> Iterator[Reread]:
    few = text.head(LOOKED)
    if form.unsure and few.str.fullmatch(EITHER).all():
        yield _either(name, domain, few, amounts)
    told = list(of_numbers(form, int(different.sum())))
    if not told:
        return
    spelt = domain.spelling.texts(pd.Series(amounts[: len(few)]), domain.decimals)
    before, then = (cells.str.replace(r"[\d.,]+", "", regex=True) for cells in (few, spelt))
    changed = (before.to_numpy() != then.to_numpy()) & ~np.isnan(amounts[: len(few)])
    some = few[changed].head(SHOWN)
    after = spelt[changed].head(SHOWN)
    yield Reread(name, " ".join(told), _pairs(some, after), "Keep as written", AS_WRITTEN)


def _either(name: str, domain: Numbers, text: pd.Series, amounts: Quantities) -> Reread:
    """Three digits behind a mark that may be thousands or decimal places, and are taken for one."""
    spelt = domain.spelling
    if spelt.between:
        taken, others = "thousands", "decimal places"
        kind, places = Kind.REAL, 3
        other = replace(spelt, mark=spelt.between, between="", fixed=True)
    else:
        taken, others = "decimal places", "thousands"
        kind, places = Kind.INTEGER, 0
        other = replace(spelt, mark=",."[spelt.mark == ","], between=spelt.mark, fixed=False)
    shown = [f"{n:,.10g}" for n in amounts[: min(SHOWN, len(text))]]
    return Reread(
        name,
        f"Nothing shows whether three digits behind a mark are thousands: they are taken for "
        f"{taken}.",
        tuple(zip(text.head(SHOWN).tolist(), shown, strict=True)),
        others.capitalize(),
        {"kind": kind, "written": other.example(places), "seen": True},
    )


def _pairs(before: pd.Series, after: pd.Series) -> tuple[tuple[str, str], ...]:
    return tuple((str(a), str(b)) for a, b in zip(before, after, strict=True))


def _swapped(format: str) -> str:
    """A format with day and month the other way round."""
    return DAY_MONTH.sub(lambda code: f"{code[1]}{'md'['dm'.index(code[2])]}", format)
