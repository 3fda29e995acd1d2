"""How dates and times are written: the codes of strftime, and a few that files need beside them.

`%-d`, `%-m`, `%-H`, `%-I`: without a leading zero; `%O`: the day as 1st, 2nd, 3rd. `%G` and `%V`:
year and week of ISO 8601, which stand for the week's Monday. `%3f`: so many digits of a fraction of
a second. `%P`: am or pm in small letters; `%:P`: with dots. `%:z`: a zone as +01:00; `%.z`: as +01,
`%-z`: as +1; moments are written in that of `%z[+0100]`, of which `%z` alone is +0000. `%b[fr]`,
`%B[fr]`: the month's name, short or long, in a language, `%h[fr]` its first three letters,
`%a[fr]`, `%A[fr]` the name of the day of the week; the language is written as the names are,
`[fr]`, `[Fr]` or `[FR]`, with a dot where names cut short have one, and left out for English names
with a capital.
`%q`: the quarter, which stands for its first day. `%:E`: a Japanese era and its year, 令和5; `%.E`:
with the era's letter, R5. `%[x]` at the end: in the digits of the script whose nought x is.
Formats without codes are those of `counted_moments`: `excel`, whole days as Excel counts them, of
which 1 January 2021 is 44197; `excel moment`, with parts of days; `epoch` and `epoch ms`, seconds
and their thousandths since 1970. A day and a month without a year are those of 2000.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from synth.lazily import compiled, np, npt, pa, pd
from synth.schema.counted_moments import COUNTED, DAY, EXCEL
from synth.schema.day_names import LONG, days_of_week, months, spelt, without_names
from synth.schema.measures import exactly, marked
from synth.schema.periods import era_of, ordinal, without_ordinal, without_periods
from synth.schema.scripts import in_plain, in_script, unscripted
from synth.schema.values import Values, as_text

CODE = compiled(
    r"%(?:([bBh])(?:\[(\w\w\.?)\])?|([1-9])f|-[dmHI]|([-:.]?z)(?:\[([+-]\d{4})\])?|:P|[:.]E|"
    r"([aA])\[(\w\w)\]|[a-zA-Z%])"
)
FIRST_YEAR = 1930  # of those written with two digits, as in Excel: 29 is 2029, and 30 is 1930
SERIALS = (30_000.0, 60_000.0)  # 1982 to 2064: what beside written days is one that Excel counts
STANDARD = {
    **{"-d": "d", "-m": "m", "-H": "H", "-I": "I"},
    **{"P": "p", ":P": "p", "O": "d", ":E": "Y", ".E": "Y", "q": "m"},
}
CLOCK = compiled(r"(?:,? |T)%-?[HI]")
FRACTION = compiled(r"[.,]%\d?f")
MIDNIGHT = compiled(r"(?:,? |T)(?:00:00(?::00(?:\.0+)?)?|12:00(?::00)? AM)")  # in every row
SECONDS = compiled(r"[.:]%S(?:[.,]%\d?f)?")
MANY = 500  # texts, from which on looking at all of them at once is worth it
NUMBERED = compiled(r"(?:%[YymdHMS]|[-/.,:T_])+(?: (?:%[YymdHMS]|[-/.,:T_])+)?")
WIDEST = {  # what pandas reads
    **{" ": r"[\pZ\pC]+", "Y": r"\p{Nd}{4}", "y": r"\p{Nd}{2}", "m": r"(?:1[0-2]|0?[1-9])"},
    **{"d": r"(?:3[01]|[12]\p{Nd}|[0 ]?[1-9])", "H": r"(?:2[0-3]|[01]?\p{Nd})"},
    **{"M": r"[0-5]?\p{Nd}", "S": r"[0-6]?\p{Nd}"},
}
DAY_NAMED = compiled(r"%[aA]\[\w\w\]\.?,? ")
SHORT_ZONE = compiled(r"([+-])(\d\d?)(?::(\d\d))?$")
LEAP = 2000  # the year of days that are written without one
TIMED = compiled(r"%-?[HI]")


# -- reading ---------------------------------------------------------------------------------------


def as_seconds(values: pd.Series, format: str, also: Sequence[str] = ()) -> Values:
    """Values as seconds since 1970; NaN where one is missing or does not have the format.

    Args:
        also: formats in which those are read that do not have it, the first that fits; days that
            Excel counts only between `SERIALS`, so that years are none. One that is marked as about
            right is that day.
    """
    found = _seconds(values, format)
    for other in also:
        left = np.flatnonzero(np.isnan(found))
        if len(left):
            some = _seconds(values.iloc[left], other)
            if other == EXCEL:
                days = some / DAY + COUNTED[EXCEL].start
                some[~((days >= SERIALS[0]) & (days <= SERIALS[1]))] = np.nan
            found[left] = some
    left = np.flatnonzero(np.isnan(found) & values.notna().to_numpy())
    left = left[_about(values.iloc[left])]
    given = values.iloc[left].astype(object)
    bare = given.map(exactly)
    if (changed := (bare != given).to_numpy()).any():
        found[left[changed]] = as_seconds(bare[changed], format, also)
    return found


def _about(values: pd.Series) -> npt.NDArray[np.bool_]:
    """Which are texts that are marked as about right."""
    try:
        texts = pa.array(values, pa.string(), from_pandas=True)
    except pa.ArrowException:  # not all of them are texts
        return np.zeros(len(values), dtype=bool)
    found: npt.NDArray[np.bool_] = marked(texts).to_numpy(zero_copy_only=False)
    return found


def _seconds(values: pd.Series, format: str) -> Values:
    if pd.api.types.is_numeric_dtype(values.dtype):
        values = as_text(values).where(values.notna(), None)
    if format in COUNTED:
        return COUNTED[format].seconds(values)
    format, script = unscripted(format)
    if script:
        values = values.astype(object).map(lambda v: in_plain(v) if isinstance(v, str) else v)
    language = _language(format)
    if language and not pd.api.types.is_datetime64_any_dtype(values.dtype):
        day = DAY_NAMED.search(format) is not None
        values = values.astype(object).map(
            lambda v: without_names(v, language, weekday=day) if isinstance(v, str) else v
        )
    values = _plainer(values, format)
    asked = _standard(DAY_NAMED.sub("", format))
    if yearless(format):  # of a year that has a day more
        values, asked = f"{LEAP} " + values.astype(object), f"%Y {asked}"
    values = values.reset_index(drop=True)
    whole = np.full(len(values), np.datetime64("NaT", "us"))
    for form in (asked, *_coarser(asked)):
        if len(left := np.flatnonzero(np.isnat(whole))):
            whole[left] = _read(values.iloc[left], form)
    seconds: Values = whole.astype(np.int64) / 1e6
    seconds[np.isnat(whole)] = np.nan
    return seconds


def _coarser(format: str) -> list[str]:
    """The same without a fraction, without seconds, and without a time: a day is its midnight."""
    made = [FRACTION.sub("", format), SECONDS.sub("", format)]
    if cut := CLOCK.search(format) or MIDNIGHT.search(format):
        made.append(format[: cut.start()])
    return [f for f in dict.fromkeys(made) if f and f != format]


def reads(form: str, other: str) -> bool:
    """Whether dates of one format can be read by another: of fewer digits, or of days alone."""
    if form == other:
        return True
    plain, bare = (re.sub(r"\.%\df", "", f) for f in (form, other))
    if form != plain and other != bare and plain == bare:
        return int(form[form.index("f") - 1]) >= int(other[other.index("f") - 1])
    midnight = MIDNIGHT.search(other)
    if midnight and (clock := CLOCK.search(form)):
        halves = ("AM" in midnight[0]) == ("I" in clock[0])
        told = halves and ("." not in midnight[0] or FRACTION.search(form) is not None)
        return told and form[: clock.start()] == other[: midnight.start()]
    return other in _coarser(form)


def _plainer(values: pd.Series, format: str) -> pd.Series:
    """Texts with what pandas cannot read in them written so that it can."""
    if "%:P" in format:
        values = values.astype(object).str.replace(r"([ap])\.m\.", r"\1m", regex=True)
    if "%V" in format and "%u" not in format:  # a week is its Monday
        values = values.astype(object).map(lambda v: f"{v}-1" if isinstance(v, str) else v)
    if "%O" in format:
        values = values.astype(object).map(
            lambda v: without_ordinal(v) if isinstance(v, str) else v
        )
    if "E" in format or "%q" in format:
        values = values.astype(object).map(
            lambda v: without_periods(v, format) if isinstance(v, str) else v
        )
    if "%-z" in format:
        values = values.astype(object).map(
            lambda v: SHORT_ZONE.sub(_zone, v) if isinstance(v, str) else v
        )
    if "%.z" in format:
        values = values.astype(object).str.replace(r"([+-]\d\d)$", r"\1:00", regex=True)
    return values


def _zone(found: re.Match[str]) -> str:
    return f"{found[1]}{int(found[2]):02}:{found[3] or '00'}"


def _read(values: pd.Series, format: str) -> np.ndarray:
    """Moments of a format; of many texts, those that cannot be one are not looked at further."""
    width = _widest(format)
    if len(values) < MANY or not width or pd.api.types.is_datetime64_any_dtype(values.dtype):
        return _moments(values, format)
    try:
        texts = pa.array(values, pa.string(), from_pandas=True)
    except pa.ArrowException:  # not all of them are texts
        return _moments(values, format)
    found = np.full(len(values), np.datetime64("NaT", "us"))
    whole = pa.compute.match_substring_regex(texts, width).fill_null(False)
    maybe = np.flatnonzero(whole.to_numpy(zero_copy_only=False))
    if not len(maybe):
        return found
    iso, strict, order = _as_iso(format)
    some = values.iloc[maybe]
    if not strict:
        found[maybe] = _moments(some, format)
        return found
    texts = texts.take(pa.array(maybe))
    exact = pa.compute.match_substring_regex(texts, strict).to_numpy(zero_copy_only=False)
    turned = pa.compute.replace_substring_regex(texts, strict, order)
    plain = pd.Series(turned.to_pandas().to_numpy(dtype=object)[exact])
    found[maybe[exact]] = _moments(plain, iso)
    if not exact.all():
        found[maybe[~exact]] = _moments(some.iloc[np.flatnonzero(~exact)], format)
    return found


@cache
def _widest(format: str) -> str:
    """What every text of a format matches; "" where that is not plain to say."""
    if not NUMBERED.fullmatch(format) or format.startswith("%Y-%m-%d"):  # which is read quickly
        return ""
    return f"^{_replaced(format, WIDEST)}$"


@cache
def _as_iso(format: str) -> tuple[str, str, str]:
    """The ISO format of as much, what reads the padded ones of a format, and how they are turned.

    Programs read ISO many times faster. Empty where there is more or less in a format than a day
    and hours, minutes and seconds.
    """
    parts = re.findall(r"%(\w)", format)
    iso = {3: "%Y-%m-%d", 5: "%Y-%m-%d %H:%M", 6: "%Y-%m-%d %H:%M:%S"}.get(len(parts), "")
    if sorted(parts) != sorted(re.findall(r"%(\w)", iso)) or not iso:
        return "", "", ""
    strict = {c: "([0-9]{4})" if c == "Y" else "([0-9]{2})" for c in "YmdHMS"}
    order = re.sub(r"%(\w)", lambda code: f"\\{parts.index(code[1]) + 1}", iso)
    return iso, f"^{_replaced(format, strict)}$", order


def _replaced(format: str, codes: Mapping[str, str]) -> str:
    """A format as an expression, with one of its own for each code."""
    pieces = re.split(r"%(\w)", format)
    return "".join(codes[p] if i % 2 else _between(p, codes) for i, p in enumerate(pieces))


def _between(text: str, codes: Mapping[str, str]) -> str:
    return codes.get(" ", " ").join(re.escape(part) for part in text.split(" "))


def _moments(values: pd.Series, format: str) -> np.ndarray:
    zoned = "%z" in format
    found = pd.to_datetime(values, format=format, errors="coerce", utc=zoned)
    if getattr(found.dtype, "tz", None) is not None:
        found = found.dt.tz_convert("UTC").dt.tz_localize(None)
    read = np.array(found, dtype="datetime64[us]")
    if "%y" not in format:
        return read
    years = read.astype("datetime64[Y]").astype(np.int64) + 1970
    late = ~np.isnat(read) & (years >= FIRST_YEAR + 100)
    if late.any():
        read[late] = (found[late] - pd.DateOffset(years=100)).to_numpy(dtype="datetime64[us]")
    return read


def _language(format: str) -> str:
    """The language of the names of months; "" where there are none."""
    return next((str(c[2] or "En").lower().rstrip(".") for c in CODE.finditer(format) if c[1]), "")


@cache
def _standard(format: str) -> str:
    """The format in the codes that pandas reads, with months as numbers."""

    def replaced(code: re.Match[str]) -> str:
        if code[1]:
            return "%m"
        if code[3] or code[4]:
            return "%f" if code[3] else "%z"
        return f"%{STANDARD.get(code[0][1:], code[0][1:])}"

    return CODE.sub(replaced, format) + "-%u" * ("%V" in format and "%u" not in format)


# -- writing ---------------------------------------------------------------------------------------


def written(seconds: Values, format: str) -> pd.Series:
    """Seconds since 1970 as text; None for NaN."""
    gone = np.isnan(seconds)
    format, script = unscripted(format)
    if script:
        return written(seconds, format).map(lambda v: v if v is None else in_script(v, script))
    if format in COUNTED:
        return COUNTED[format].written(seconds)
    moments = pd.Series(pd.to_datetime(np.rint(np.where(gone, 0.0, seconds) * 1e6), unit="us"))
    text = _texts(moments, format).astype(object)
    text[gone] = None
    return text


def _texts(moments: pd.Series, format: str) -> pd.Series:
    text: pd.Series
    plain = format == _standard(format) and "%z" not in format and "%q" not in format
    if plain or "%V" in format:
        text = moments.dt.strftime(format)
        return text
    moments = moments + pd.Timedelta(minutes=_away(format))
    text = pd.Series("", index=moments.index, dtype=object)
    end = 0
    for code in CODE.finditer(format):
        text = text + format[end : code.start()] + _part(moments, code)
        end = code.end()
    text = text + format[end:]
    return text


def _away(format: str) -> int:
    """Minutes that the zone of a format is away from Greenwich."""
    told = next((code[5] for code in CODE.finditer(format) if code[5]), "+0000")
    return (-1 if told[0] == "-" else 1) * (60 * int(told[1:3]) + int(told[3:]))


def _part(moments: pd.Series, code: re.Match[str]) -> pd.Series:
    """What one code writes of each moment."""
    name = code[0][1:]
    told: pd.Series
    if code[1] or code[6]:
        told = _named(moments, code[1] or code[6], code[2] or code[7] or "En")
    elif code[3]:
        told = moments.dt.strftime("%f").str.ljust(9, "0").str[: int(code[3])].astype(object)
    elif code[4]:
        sign, hours, minutes = (code[5] or "+0000")[0], *re.findall(r"\d\d", code[5] or "+0000")
        short = f":{minutes}" * (minutes != "00")
        rest = {"z": minutes, ":z": f":{minutes}", ".z": "", "-z": short}[code[4]]
        hours = str(int(hours)) if code[4] == "-z" else hours
        told = pd.Series(f"{sign}{hours}{rest}", index=moments.index, dtype=object)
    elif name == "q":
        told = moments.dt.quarter.astype(str).astype(object)
    elif name in (":E", ".E"):
        told = moments.map(lambda day: era_of(day, letter=name == ".E")).astype(object)
    elif name == "O":
        told = moments.dt.day.map(ordinal).astype(object)
    else:
        told = moments.dt.strftime(f"%{STANDARD.get(name, name)}").astype(object)
        told = told.str.lower() if name in ("P", ":P") else told
        told = told.str.replace("m", ".m.", regex=False) if name == ":P" else told
        told = told.str.replace(r"^0(?=\d)", "", regex=True) if name.startswith("-") else told
    return told


def _named(moments: pd.Series, code: str, language: str) -> pd.Series:
    """The names of months or of days of the week."""
    tongue = language.rstrip(".").lower()
    if code in "aA":
        told, names = moments.dt.day_of_week, spelt(days_of_week(tongue, code), language)
    else:
        told = moments.dt.month - 1
        names = spelt(months(tongue, code), language, months(tongue, LONG))
    return pd.Series(np.array(names, object)[told.to_numpy()], index=moments.index)


def resolution_of(format: str) -> float:
    """Seconds between two moments that a format can tell apart."""
    if format in COUNTED:
        return COUNTED[format].tells
    if fraction := re.search(r"%([1-9]?)f", format):
        return float(10.0 ** -int(fraction[1] or 6))
    for codes, seconds in ((("%S",), 1.0), (("%M",), 60.0), (("%H", "%-H", "%I", "%-I"), 3600.0)):
        if any(c in format for c in codes):
            return seconds
    return 86400.0


def dated(format: str) -> bool:
    """Whether it tells a day, and not only a time of day."""
    return format in COUNTED or re.search(r"%(Y|y|-?d|-?m|b|B|h|O|V|[:.]E)", format) is not None


def yearless(format: str) -> bool:
    """Whether it tells a day and a month, of whatever year."""
    return tells(format, "dO") and tells(format, "mbBh") and not tells(format, "YyGE")


def tells(format: str, codes: str) -> bool:
    """Whether it has one of some codes, in any width."""
    return re.search(rf"%[-:.]?[{codes}]", format) is not None


def of_digits(format: str) -> bool:
    """Whether pandas takes its dates for numbers, as long as it can hold these."""
    return format in COUNTED or re.fullmatch(r"%Y(?:%[mdHMS]){1,5}", format) is not None
