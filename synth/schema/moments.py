"""How dates and times are written: the codes of strftime, and a few that files need beside them.

`%-d`, `%-m`, `%-H`, `%-I`: without a leading zero. `%3f`: so many digits of a fraction of a second.
`%P`: am or pm in small letters. `%:z`: a zone as +01:00. `%b[fr]`, `%B[fr]`: the month's name,
short or long, in a language; the language is written as the names are, `[fr]`, `[Fr]` or `[FR]`,
and left out for English names with a capital. `excel` is no code but a format of its own: whole
days as Excel counts them, of which 1 January 2021 is 44197.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from synth.lazily import compiled, np, pd
from synth.schema.values import Values, as_text

LANGUAGES = ("en", "fr", "de", "es", "it", "pt", "nl", "pl", "sv", "da", "nb", "fi", "cs", "ru")
CODE = compiled(r"%(?:([bB])(?:\[(\w\w)\])?|([1-9])f|-[dmHI]|:z|[a-zA-Z%])")
SHORT, LONG = "b", "B"
EXCEL = "excel"
EPOCH, LAST = 25_569, 2_958_465  # 1970-01-01 and 9999-12-31 as Excel counts days
STANDARD = {"-d": "d", "-m": "m", "-H": "H", "-I": "I", "P": "p", ":z": "z"}
CLOCK = compiled(r"[ T]%-?[HI]")
TIMED = compiled(r"%-?[HI]")


# -- names of months -------------------------------------------------------------------------------


@cache
def months(language: str, width: str) -> tuple[str, ...]:
    """The twelve names as they stand beside a day, in small letters and without dots."""
    return tuple(_plain(n) for n in _names(language, width, "format"))


def _names(language: str, width: str, context: str) -> list[str]:
    from babel import Locale

    wide = {SHORT: "abbreviated", LONG: "wide"}[width]
    found = Locale(language).months[context][wide]
    return [str(found[i]) for i in range(1, 13)]


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().rstrip(".").lower()


@cache
def month_words() -> Mapping[str, tuple[tuple[str, str, int], ...]]:
    """For each name of a month its languages, its width and its number, in every language known."""
    found: dict[str, dict[tuple[str, str, int], None]] = {}
    for language in LANGUAGES:
        for width in (SHORT, LONG):
            for context in ("format", "stand-alone"):
                for i, name in enumerate(_names(language, width, context)):
                    found.setdefault(_plain(name), {})[language, width, i + 1] = None
    found.setdefault("sept", {})["en", SHORT, 9] = None
    return {word: tuple(meant) for word, meant in found.items()}


@cache
def _numbers(language: str) -> Mapping[str, str]:
    """The number of each name of a month in a language, as text."""
    return {
        word: str(number)
        for word, meant in month_words().items()
        for tongue, _, number in meant
        if tongue == language
    }


WORD = compiled(r"[^\W\d_]+\.?")


def _without_names(text: str, language: str) -> str:
    """A text with its first month's name replaced by its number."""
    names = _numbers(language)
    for word in WORD.finditer(text):
        if number := names.get(_plain(word[0])):
            return text[: word.start()] + number + text[word.end() :]
    return text


# -- reading ---------------------------------------------------------------------------------------


def as_seconds(values: pd.Series, format: str) -> Values:
    """Values as seconds since 1970; NaN where one is missing or does not have the format."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        values = as_text(values).where(values.notna(), None)
    if format == EXCEL:
        return _of_excel(values)
    language = _language(format)
    if language and not pd.api.types.is_datetime64_any_dtype(values.dtype):
        values = values.astype(object).map(
            lambda v: _without_names(v, language) if isinstance(v, str) else v
        )
    asked = _standard(format)
    whole = _moments(values, asked)
    if cut := CLOCK.search(asked):  # a day is its midnight
        days = _moments(values, asked[: cut.start()])
        whole = np.where(np.isnat(whole), days, whole)
    seconds: Values = whole.astype(np.int64) / 1e6
    seconds[np.isnat(whole)] = np.nan
    return seconds


def _of_excel(values: pd.Series) -> Values:
    """Days that Excel counts, as seconds since 1970."""
    days = np.array(pd.to_numeric(values.astype(object), errors="coerce"), dtype=np.float64)
    days[~((days == np.floor(days)) & (days > 0) & (days <= LAST))] = np.nan
    return (days - EPOCH) * 86400.0


def _moments(values: pd.Series, format: str) -> np.ndarray:
    zoned = "%z" in format
    found = pd.to_datetime(values, format=format, errors="coerce", utc=zoned)
    if getattr(found.dtype, "tz", None) is not None:
        found = found.dt.tz_convert("UTC").dt.tz_localize(None)
    return found.to_numpy(dtype="datetime64[us]")


def _language(format: str) -> str:
    """The language of the names of months; "" where there are none."""
    return next((str(c[2] or "En").lower() for c in CODE.finditer(format) if c[1]), "")


@cache
def _standard(format: str) -> str:
    """The format in the codes that pandas reads, with months as numbers."""

    def replaced(code: re.Match[str]) -> str:
        if code[1]:
            return "%m"
        if code[3]:
            return "%f"
        return f"%{STANDARD.get(code[0][1:], code[0][1:])}"

    return CODE.sub(replaced, format)


# -- writing ---------------------------------------------------------------------------------------


def written(seconds: Values, format: str) -> pd.Series:
    """Seconds since 1970 as text; None for NaN."""
    gone = np.isnan(seconds)
    if format == EXCEL:
        days = np.floor(np.where(gone, 0.0, seconds) / 86400.0).astype(np.int64) + EPOCH
        counted = pd.Series(days).astype(str).astype(object)
        counted[gone] = None
        return counted
    moments = pd.Series(pd.to_datetime(np.rint(np.where(gone, 0.0, seconds) * 1e6), unit="us"))
    text = _texts(moments, format).astype(object)
    text[gone] = None
    return text


def _texts(moments: pd.Series, format: str) -> pd.Series:
    text: pd.Series
    if format == _standard(format) and "%z" not in format:
        text = moments.dt.strftime(format)
        return text
    text = pd.Series("", index=moments.index, dtype=object)
    end = 0
    for code in CODE.finditer(format):
        text = text + format[end : code.start()] + _part(moments, code)
        end = code.end()
    text = text + format[end:]
    return text


def _part(moments: pd.Series, code: re.Match[str]) -> pd.Series:
    """What one code writes of each moment."""
    name = code[0][1:]
    told: pd.Series
    if code[1]:
        language = code[2] or "En"
        names = np.array(_cased(months(language.lower(), code[1]), language), object)
        told = pd.Series(names[moments.dt.month.to_numpy() - 1], index=moments.index)
    elif code[3]:
        told = moments.dt.strftime("%f").str.ljust(9, "0").str[: int(code[3])].astype(object)
    elif name in ("z", ":z"):
        told = pd.Series("+00:00" if ":" in name else "+0000", index=moments.index, dtype=object)
    else:
        told = moments.dt.strftime(f"%{STANDARD.get(name, name)}").astype(object)
        told = told.str.lower() if name == "P" else told
        told = told.str.replace(r"^0(?=\d)", "", regex=True) if name.startswith("-") else told
    return told


def _cased(names: tuple[str, ...], language: str) -> list[str]:
    if language.isupper():
        return [n.upper() for n in names]
    return [n.capitalize() for n in names] if language[0].isupper() else list(names)


def resolution_of(format: str) -> float:
    """Seconds between two moments that a format can tell apart."""
    if fraction := re.search(r"%([1-9]?)f", format):
        return float(10.0 ** -int(fraction[1] or 6))
    for codes, seconds in ((("%S",), 1.0), (("%M",), 60.0), (("%H", "%-H", "%I", "%-I"), 3600.0)):
        if any(c in format for c in codes):
            return seconds
    return 86400.0


def dated(format: str) -> bool:
    """Whether it tells a day, and not only a time of day."""
    return format == EXCEL or re.search(r"%(Y|y|-?d|-?m|b|B)", format) is not None
