"""What seems wrong with a column, and what would put it right: proposed, never done unasked.

Each proposal has a reason, three values before and after, and the lines of the recipe that it
comes to. It was read off the rows: for the custodian's eyes, until somebody takes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from typing import Any, TypeAlias

from synth.budget.eyes import ForCustodian
from synth.ingest.named_digits import CLOCK, counted_by_name, formats_by_name, way_by_name
from synth.ingest.profile import Counts, Quantities
from synth.ingest.several import choices_in, pairs_in
from synth.lazily import compiled, np, npt, pd
from synth.schema import Categories, Dates, Domain, Kind, Numbers
from synth.schema.counted_moments import COUNTED, EXCEL
from synth.schema.durations import ways
from synth.schema.moments import as_seconds, written, yearless
from synth.schema.respelling import CASES, TRUE_OR_FALSE, meant, parts_of, respelt

Flags: TypeAlias = "npt.NDArray[np.bool_]"

SHOWN = 3  # values before and after
MOST_TRUTHS = 12  # spellings of true and false in one column
MOST_WORDS = 2_000  # different values compared with each other
BELOW = (
    *(-7, -8, -9, -66, -77, -88, -97, -98, -99, -777, -888, -997, -998, -999),
    *(-7777, -8888, -9997, -9998, -9999, -99999, -999999),
)
ABOVE = (
    *(77, 88, 97, 98, 99, 777, 888, 997, 998, 999, 7777, 8888, 9997, 9998, 9999),
    *(99998, 99999, 999998, 999999, 9999998, 9999999, 99999998, 99999999),
    *(99.9, 99.99, 999.9, 999.99, 9999.9),
)
DAYS = (
    date(9999, 12, 31),
    date(2999, 12, 31),
    date(1900, 1, 1),
    date(1899, 12, 30),
    date(1970, 1, 1),
)
DECADE = 10 * 365.25 * 86_400  # seconds that lie between a day that is a code and real ones
TOTALS = compiled(
    r"(grand |sub)?totals?|overall|gesamt|insgesamt|summe|ensemble|totale|razem|ogółem|celkem|"
    r"итого|всего|合計|总计|小计",
    re.IGNORECASE,
)


@dataclass(frozen=True, repr=False)
class Repair(ForCustodian):
    """One proposal for one column.

    Args:
        what: what would be done, in a few words.
        why: the reason.
        examples: some values before and after; "" for a row that is left out.
        step: of `[[protect]]`; empty where none is needed.
        declares: keys of the column's `[[column]]`; empty where none is needed.
    """

    column: str
    what: str
    why: str
    examples: tuple[tuple[str, str], ...]
    step: Mapping[str, Any] = field(default_factory=dict)
    declares: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lines(self) -> str:
        """The lines of the recipe that it comes to."""
        if self.declares:
            return lines_of("column", {"name": self.column, **self.declares})
        return lines_of("protect", self.step)


def lines_of(name: str, told: Mapping[str, Any]) -> str:
    """One table of a list of a recipe, as it is written there."""
    import tomlkit

    document, tables = tomlkit.document(), tomlkit.aot()
    tables.append(tomlkit.item({k: _plain(v) for k, v in told.items()}))
    document.add(name, tables)
    return tomlkit.dumps(document).strip()


def _plain(value: Any) -> Any:
    if isinstance(value, Kind):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def repairs_of(
    name: str, text: pd.Series, different: Counts, domain: Domain, amounts: Quantities | None
) -> tuple[Repair, ...]:
    """What may be wrong with a column.

    Args:
        text: its different values.
        different: rows that hold each.
        domain: what it seems to hold.
        amounts: the values as `profile.quantities` gives them.
    """
    often = different > 1
    if isinstance(domain, Numbers) and amounts is not None:
        codes = tuple(_number_codes(name, text, often, domain, amounts))
        return (*codes, *(tuple(_counted(name, text, amounts)) or _by_name(name, text)))
    if isinstance(domain, Dates) and amounts is not None:
        codes = tuple(_date_codes(name, text, often, domain, amounts))
        return (*codes, *_durations(name, text, domain))
    if isinstance(domain, Categories) and (found := tuple(_by_name(name, text))):
        return found
    if isinstance(domain, Categories) and 1 < len(text) <= MOST_WORDS:
        words = dict(zip(text.tolist(), different.tolist(), strict=True))
        spelt = (*(_one_truth(name, words) or _merged(name, words)), *_totals(name, words))
        return (*spelt, *_choices(name, words), *_pairs(name, text))
    return ()


def _one_truth(name: str, words: Mapping[str, int]) -> list[Repair]:
    """True and false in several spellings."""
    told = {w: meant(w) for w in words}
    different = {w.strip().casefold() for w in words}  # those that differ by more than their case
    if not 2 < len(different) <= MOST_TRUTHS or not all(told.values()) or len({*told.values()}) < 2:
        return []
    changed = [(w, new) for w, new in told.items() if w != new]
    return [
        Repair(
            name,
            "Write them as yes and no",
            f"All {len(words)} values mean one of the two.",
            tuple(changed[:SHOWN]),
            {"step": "respell", "column": name, "case": TRUE_OR_FALSE},
        )
    ]


def _merged(name: str, words: Mapping[str, int]) -> Iterator[Repair]:
    """Values that differ in case, blanks or accents alone."""
    alike: dict[str, list[str]] = {}
    for word in words:
        alike.setdefault(respelt(word.casefold(), "lower", accents=False), []).append(word)
    several = [group for group in alike.values() if len(group) > 1]
    if not several:
        return
    case, accents = _best(words, several)
    made = {w: respelt(w, case, accents=accents) for group in several for w in group}
    changed = [(w, new) for w, new in made.items() if w != new]
    more = sum(len(group) - 1 for group in several)
    step: dict[str, Any] = {"step": "respell", "column": name, "case": case}
    yield Repair(
        name,
        "Write them alike",
        f"{more:,} {'value differs' if more == 1 else 'values differ'} from others in case, blanks "
        "or accents alone.",
        tuple(changed[:SHOWN]),
        step if accents else {**step, "accents": False},
    )


def _best(words: Mapping[str, int], several: Sequence[Sequence[str]]) -> tuple[str, bool]:
    """The way of writing that makes one of each, and leaves most rows as they are."""

    def score(way: tuple[str, bool]) -> tuple[bool, int]:
        spelt = {w: respelt(w, way[0], accents=way[1]) for w in words}
        one = all(len({spelt[w] for w in group}) == 1 for group in several)
        return one, sum(n for w, n in words.items() if spelt[w] == w)

    best: tuple[str, bool] = max(product(CASES[:-1], (True, False)), key=score)
    return best


def _choices(name: str, words: Mapping[str, int]) -> Iterator[Repair]:
    """Several choices of a survey in one cell."""
    if (found := choices_in(words)) is None:
        return
    sign, choices = found
    some = [w for w in words if len(parts_of(w, sign)) > 1][:SHOWN]
    yield Repair(
        name,
        f"Spread its {len(choices)} choices over columns",
        "Its cells hold several choices at once. Each has then a column of yes and no, and rare "
        "combinations are kept.",
        tuple((w, ", ".join(f"{c}: yes" for c in parts_of(w, sign))) for w in some),
        {"step": "spread", "column": name, "sign": sign, "choices": choices, "seen": True},
    )


def _pairs(name: str, text: pd.Series) -> Iterator[Repair]:
    """Two measurements in one cell."""
    if not (sign := pairs_in(text)):
        return
    some = text.head(SHOWN).tolist()
    into = (f"{name} 1", f"{name} 2")
    yield Repair(
        name,
        "Divide it into two columns",
        "Its cells hold two numbers, of which a method learns more than of words.",
        tuple((w, " and ".join(p.strip() for p in w.split(sign))) for w in some),
        {"step": "divide", "column": name, "sign": sign, "into": into, "seen": True},
    )


def _totals(name: str, words: Mapping[str, int]) -> Iterator[Repair]:
    """Rows that sum up others."""
    found = [w for w in words if TOTALS.fullmatch(w.strip())]
    if not found or len(words) - len(found) < 2:
        return
    rows = sum(words[w] for w in found)
    yield Repair(
        name,
        f"Leave out {rows:,} {'row' if rows == 1 else 'rows'} of totals",
        "A total is the sum of other rows and no person of its own.",
        tuple((w, "") for w in found[:SHOWN]),
        {"step": "filter", "column": name, "leave": tuple(found), "blanks": True},
    )


def _number_codes(
    name: str, text: pd.Series, often: Flags, domain: Numbers, amounts: Quantities
) -> Iterator[Repair]:
    """-99 among numbers that are not negative, or far below all others; 999 far above them."""
    below, above = (np.isin(amounts, codes) & often for codes in (BELOW, ABOVE))
    others = amounts[~(below | above) & ~np.isnan(amounts)]
    if not others.size:
        return
    if others.min() < 0:
        below &= amounts / 4 < others.min() / 2 - others.max() / 4  # twice may be no double
    near = above & (amounts <= 2 * others.max())
    highest = max(others.max(), amounts[near].max(initial=0))
    found = text[below | (above & (amounts > 2 * highest))].tolist()
    if found:
        yield _code(name, found, domain, "far from all other numbers")


def _date_codes(
    name: str, text: pd.Series, often: Flags, domain: Dates, amounts: Quantities
) -> Iterator[Repair]:
    """Days that stand for none, ten years or more from all others."""
    candidate = np.isin(amounts, [_seconds(day) for day in DAYS]) & often
    others = amounts[~candidate & ~np.isnan(amounts)]
    if not others.size or not candidate.any():
        return
    far = (amounts < others.min() - DECADE) | (amounts > others.max() + DECADE)
    found = text[candidate & far].tolist()
    if found:
        yield _code(name, found, domain, "ten years or more from all other days")


def _counted(name: str, text: pd.Series, amounts: Quantities) -> Iterator[Repair]:
    """Numbers that count moments, by the name of their column."""
    if not (form := counted_by_name(name, amounts)):
        return
    some = text[~np.isnan(amounts)].head(SHOWN)
    days = written(as_seconds(some, form), "%Y-%m-%d" if form == EXCEL else "%Y-%m-%d %H:%M")
    counted = "seconds since 1970" if COUNTED[form].start == 0 else "days as Excel counts them"
    yield Repair(
        name,
        f"Read them as {'days' if form == EXCEL else 'moments'}",
        f"The name of the column speaks of days or times, and its numbers may be {counted}. They "
        "come out as they came in.",
        tuple(zip(some.tolist(), days.tolist(), strict=True)),
        declares={"kind": Kind.DATE, "format": form, "seen": True},
    )


def _by_name(name: str, text: pd.Series) -> Iterator[Repair]:
    """Digits that are days or times of day by the name of their column."""
    formats = formats_by_name(name, text)
    for form in formats:
        clock = form == CLOCK
        shown = "%H:%M" if clock else "%-d %B" if yearless(form) else "%Y-%m-%d"
        some = text.head(SHOWN)
        told = written(as_seconds(some, form), shown).fillna("")
        first = f", the {'day' if '%d' in form[:3] or '%-d' in form[:3] else 'month'} first"
        first = ", the year first" if form.startswith("%y") else first
        what = "times of day" if clock else "days of a year" if yearless(form) else "days"
        yield Repair(
            name,
            f"Read them as {what}{first * (len(formats) > 1)}",
            "All its digits can be hours and minutes. They come out as they came in."
            if clock
            else "The name of the column speaks of days, and its digits can be some. They come out "
            "as they came in.",
            tuple(zip(some.tolist(), told.tolist(), strict=True)),
            declares={"kind": Kind.DATE, "format": form, "seen": True},
        )


def _durations(name: str, text: pd.Series, domain: Dates) -> Iterator[Repair]:
    """Times of day that took so long, by the name of their column."""
    if not (way := way_by_name(name, domain.format)):
        return
    measure = ways()[way].measure
    some = text.head(SHOWN).tolist()
    yield Repair(
        name,
        "Read them as durations",
        "The name of the column speaks of how long something took. They come out as they came in.",
        tuple((t, f"{ways()[way].read(t):,.0f} {measure}") for t in some),
        declares={"kind": Kind.INTEGER, "written": way, "seen": True},
    )


def _seconds(day: date) -> float:
    return (day - date(1970, 1, 1)).days * 86_400.0


def _code(name: str, found: Sequence[str], domain: Numbers | Dates, why: str) -> Repair:
    """A code beside the values: a state of its own, no quantity."""
    one = len(found) == 1
    return Repair(
        name,
        f"{', '.join(found)} {'is a code' if one else 'are codes'}",
        f"{'It lies' if one else 'They lie'} {why}, in more rows than one.",
        tuple((t, f"{t}, a code") for t in found[:SHOWN]),
        declares={"codes": (*domain.codes, *found), "seen": True},
    )
