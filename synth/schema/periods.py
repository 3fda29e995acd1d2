"""Years of Japanese eras, quarters, and days as ordinals, within texts that are dates else."""

from __future__ import annotations

import re

from synth.lazily import compiled, pd

ERAS = (  # their signs, their first years, and their first days
    *(("令和", "R", 2019, "2019-05-01"), ("平成", "H", 1989, "1989-01-08")),
    *(("昭和", "S", 1926, "1926-12-25"), ("大正", "T", 1912, "1912-07-30")),
    ("明治", "M", 1868, "1868-01-25"),
)
ERA = compiled(r"^(令和|平成|昭和|大正|明治|[RHSTM])(元|\d{1,2})")
ORDINAL = compiled(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)(?![^\W_])")
QUARTER = compiled(r"([Qq])([1-4])(?!\d)")


def without_periods(text: str, format: str) -> str:
    """A text with an era as a year of our own, and a quarter as its first month.

    >>> without_periods("平成4年3月9日", "%:E年%m月%d日"), without_periods("2015-Q3", "%Y-Q%q")
    ('1992年3月9日', '2015-Q07')
    """
    if "%q" in format:
        return QUARTER.sub(lambda q: f"{q[1]}{3 * int(q[2]) - 2:02}", text)
    return ERA.sub(_year_of_era, text)


def _year_of_era(found: re.Match[str]) -> str:
    """The year; what no year of an era can be is left."""
    first = next(year for kanji, letter, year, _ in ERAS if found[1] in (kanji, letter))
    year = 1 if found[2] == "元" else int(found[2])
    return f"{first + year - 1}" if year >= 1 else found[0]


def era_of(day: pd.Timestamp, *, letter: bool) -> str:
    """The era of a day and the year of it, of which the first has a sign of its own."""
    found = next((era for era in ERAS if day >= pd.Timestamp(era[3])), ERAS[-1])
    year = day.year - found[2] + 1
    return f"{found[1]}{year}" if letter else f"{found[0]}{'元' if year == 1 else year}"


def without_ordinal(text: str) -> str:
    """A text with the day that is written as an ordinal as a number: 4 March for 4th March."""
    return ORDINAL.sub(r"\1", text)


def ordinal(day: int) -> str:
    """A day of a month as English writes it.

    >>> ordinal(2), ordinal(12), ordinal(23)
    ('2nd', '12th', '23rd')
    """
    last = 0 if day in (11, 12, 13) else day % 10
    return f"{day}{dict(enumerate(('th', 'st', 'nd', 'rd'))).get(last, 'th')}"
