"""What months and days of the week are called, in many languages, within texts that are dates."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache

from synth.lazily import compiled

LANGUAGES = (
    *("en", "fr", "de", "es", "it", "pt", "nl", "pl", "sv", "da", "nb", "fi", "cs", "ru"),
    *("tr", "el", "hu", "ro", "sk", "hr", "uk", "bg"),
)
SHORT, LONG, THREE = "b", "B", "h"
ALSO = {("en", "sept"): 9, ("de", "mrz"): 3, ("fr", "fev"): 2, ("fr", "aou"): 8, ("fr", "dec"): 12}
WORD = compiled(r"[^\W\d_]+\.?")
FIRST = compiled(r"(?<!\d)1(?:er|º|°)(?= )")  # of a month, in French, Spanish and Portuguese
WEEKDAY = compiled(r"([^\W\d_]+)(?:-feira)?\.?,? (?=.*\d)")


@cache
def months(language: str, width: str) -> tuple[str, ...]:
    """The twelve names as they stand beside a day, in small letters and without dots."""
    if width != THREE:
        return tuple(plain_name(n) for n in _names(language, width, "format"))
    cut = [plain_name(n)[:3] for n in _names(language, LONG, "format")]
    short = months(language, SHORT)  # where three letters are the same of two of them, as in French
    return tuple(c if cut.count(c) == 1 else s for c, s in zip(cut, short, strict=True))


def _names(language: str, width: str, context: str) -> list[str]:
    from babel import Locale

    wide = {SHORT: "abbreviated", LONG: "wide"}[width]
    found = Locale(language).months[context][wide]
    return [str(found[i]) for i in range(1, 13)]


def plain_name(name: str) -> str:
    """The name of a month in small letters and without a dot."""
    return unicodedata.normalize("NFC", name).strip().rstrip(".").lower()


@cache
def month_words() -> Mapping[str, tuple[tuple[str, str, int], ...]]:
    """For each name of a month its languages, its width and its number, in every language known."""
    found: dict[str, dict[tuple[str, str, int], None]] = {}
    for language in LANGUAGES:
        for width in (SHORT, LONG):
            for context in ("format", "stand-alone"):
                for i, name in enumerate(_names(language, width, context)):
                    found.setdefault(plain_name(name), {})[language, width, i + 1] = None
        for i, word in enumerate(months(language, THREE)):
            found.setdefault(word, {})[language, THREE, i + 1] = None
    for (language, word), number in ALSO.items():
        found.setdefault(word, {})[language, THREE, number] = None
    return {word: tuple(meant) for word, meant in found.items()}


@cache
def _month_numbers(language: str) -> Mapping[str, str]:
    """The number of each name of a month in a language, as text."""
    return {
        word: str(number)
        for word, meant in month_words().items()
        for tongue, _, number in meant
        if tongue == language
    }


def without_names(text: str, language: str, *, weekday: bool = False) -> str:
    """A text with its first month's name as a number, and without the day of the week if asked."""
    text = FIRST.sub("1", text)
    if weekday and (day := WEEKDAY.match(text)) and plain_name(day[1]) in _days_of(language):
        text = text[day.end() :]
    names = _month_numbers(language)
    for word in WORD.finditer(text):
        if number := names.get(plain_name(word[0])):
            return text[: word.start()] + number + text[word.end() :]
    return text


@cache
def days_of_week(language: str, width: str) -> tuple[str, ...]:
    """The seven names, from Monday on, in small letters and without dots."""
    from babel import Locale

    found = Locale(language).days["format"][{"a": "abbreviated", "A": "wide"}[width]]
    return tuple(plain_name(str(found[i])) for i in range(7))


@cache
def _days_of(language: str) -> frozenset[str]:
    both = (*days_of_week(language, "a"), *days_of_week(language, "A"))
    return frozenset(word for name in both for word in (name, name.partition("-")[0]))


@cache
def weekday_words() -> Mapping[str, str]:
    """For each name of a day of the week but the English ones whether it is long or short."""
    found: dict[str, str] = {}
    for language in LANGUAGES:
        for width in "aA":
            found |= dict.fromkeys(days_of_week(language, width), width)
    english = {*days_of_week("en", "a"), *days_of_week("en", "A")}
    return {word: width for word, width in found.items() if word not in english}


def spelt(names: tuple[str, ...], language: str, whole: tuple[str, ...] = ()) -> list[str]:
    """Names as `language` is written: `Fr`, `FR`, and with a dot behind those cut short, `fr.`.

    Args:
        whole: the names in full, which are never cut short.
    """
    made = list(names)
    bare = language.rstrip(".")
    if bare != language:
        made = [n + "." * (n != long) for n, long in zip(names, whole or names, strict=True)]
    if bare.isupper():
        return [n.upper() for n in made]
    return [n.capitalize() for n in made] if bare[0].isupper() else made
