"""Digits that are days or times where the name of their column says so, and little else does."""

from __future__ import annotations

import re
from itertools import product

from synth.ingest.roles import words_of
from synth.lazily import compiled, np, npt, pd
from synth.schema.counted_moments import EPOCH, EPOCH_MS, EXCEL, EXCEL_MOMENT
from synth.schema.moments import SERIALS

DATE_NAME = compiled(
    r"\b((?:start|end|birth|hire|order|visit|entry|exit|due|ship|event|test)?date|\w*datum|fecha|data|"
    r"dato|day|dag|tag|\w+stag|stichtag|jour|pvm|дата|born|birth\w*|dob|geb\w*|"
    r"naiss\w*|nac\w*|nasc\w*|anniversary|geburtstag|tarih|ημερομηνια|nap|dzien|paiva)\b|日期|日付|날짜|生日"
)
TIME_NAME = compiled(
    r"\b(\w*time|hh ?mm|hour|clock|\w*zeit|heure|hora|horario|ora|orario|\w*tijd|klockan|klokka|"
    r"\w*tidspunkt|klokkeslett|tid|godzina|czas|cas|hodina|ido|saat|kellonaika|ωρα|час|время)\b|"
    r"時刻|时间|時間|시간|시각"
)
DURATION_NAME = compiled(
    r"\b(duration|elapsed|length|dauer|\w+dauer|laufzeit|duree|duracion|duracao|durata|duur|varighet|"
    r"varighed|kesto|trwania|sure|время в пути|длительность|продолжительность)\b|時間数|时长|時長"
)
WAYS = {  # how a time of day would be written, were it a duration
    "%H:%M:%S": "01:30:05",
    "%-H:%M:%S": "1:30:05",
    "%H:%M": "01:30",
    "%-H:%M": "1:30",
}
STAMP_NAME = compiled(
    r"\b(\w*timestamp|epoch|unix\w*|created|updated|modified|started|ended|logged|last seen|ts|"
    r"zeitstempel|horodatage|\w+ (at|on))\b"
)
SINCE = 300_000_000, 4_000_000_000  # seconds: 1979 to 2096
CLOCK = "%H%M"
SHORT_DAYS = {  # six digits, and the year in two of them
    "%y%m%d": compiled(r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"),
    "%d%m%y": compiled(r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d"),
}
DAY, MONTH = r"(0?[1-9]|[12]\d|3[01])", r"(0?[1-9]|1[0-2])"
TIME = r"(?:[01]\d|2[0-3])[0-5]\d"
MANY = 50  # different codes of four digits, of which some would not be a time of day
FEW, NEARLY = 20, 0.95  # different ones, and the share that can be such, to propose it
ZEROED = compiled(r"(?:^|\D)[1-9](?:\D|$)")  # a number below ten without a zero before it


def counted_by_name(name: str, amounts: npt.NDArray[np.float64]) -> str:
    """How numbers may count moments, by their column's name and their range; "" where they do not.

    Days as Excel counts them, or seconds since 1970 and their thousandths.
    """
    told, words = amounts[~np.isnan(amounts)], words_of(name)
    if not told.size:
        return ""
    low, high, whole = told.min(), told.max(), bool((told == np.floor(told)).all())
    dated, timed = DATE_NAME.search(words), TIME_NAME.search(words) or STAMP_NAME.search(words)
    if (dated or (timed and not whole)) and SERIALS[0] <= low and high <= SERIALS[1]:
        return EXCEL if whole else EXCEL_MOMENT
    for form, unit in ((EPOCH, 1), (EPOCH_MS, 1000)):
        if whole and (dated or timed) and SINCE[0] * unit <= low and high <= SINCE[1] * unit:
            return form
    return ""


def formats_by_name(name: str, text: pd.Series) -> tuple[str, ...]:
    """The formats that digits may have: two where nothing shows which number is the day.

    Args:
        text: the different cells of the column.
    """
    words = words_of(name)
    if len(text) < FEW:
        return ()
    if _times(text) if not TIME_NAME.search(words) else _fit(text, TIME):
        return (CLOCK,)
    if not DATE_NAME.search(words):
        return ()
    found = [form for form, like in SHORT_DAYS.items() if _fit(text, like.pattern)]
    return tuple(found) or tuple(_of_a_year(text))


def way_by_name(name: str, format: str) -> str:
    """The way in which times of day would be written as durations; "" where no name says so."""
    return WAYS.get(format, "") if DURATION_NAME.search(words_of(name)) else ""


def _of_a_year(text: pd.Series) -> list[str]:
    """Formats of a day and a month without a year: `14/07`, `14.07.`."""
    made = []
    wide = "-" if text.str.contains(ZEROED.pattern).any() else ""
    for sign, (first, second) in product(("/", "-", "."), (("d", "m"), ("m", "d"))):
        end = r"\." if sign == "." else ""
        parts = {"d": DAY, "m": MONTH}
        if _fit(text, f"{parts[first]}{re.escape(sign)}{parts[second]}{end}"):
            made.append(f"%{wide}{first}{sign}%{wide}{second}{end[1:]}")
    return made


def _times(text: pd.Series) -> bool:
    """Whether digits are times of day whatever their column is called.

    No number begins with 0, and a month and its day have none above 31.
    """
    if len(text) < MANY or not text.str.startswith("0").any():
        return False
    return bool(text.str.fullmatch(TIME).all() and text.str.contains("(?:3[2-9]|[45].)$").any())


def _fit(text: pd.Series, pattern: str) -> bool:
    return bool(text.str.fullmatch(pattern).mean() >= NEARLY)
