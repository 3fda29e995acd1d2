"""One way to write words that are written in several: case, blanks, accents."""

from __future__ import annotations

import unicodedata

from synth.lazily import compiled

TRUE_OR_FALSE = "yes or no"
CASES = ("as they are", "first", "title", "lower", "upper", TRUE_OR_FALSE)
YES = (
    "yes y true t 1 1.0 on x ja j oui vrai si sí verdadero vero sim verdadeiro tak prawda да "
    "истина はい 是 예 ✓ ✔ ☑"
)
NO = "no n false f 0 0.0 off nein non faux falso nao não nie fałsz нет ложь いいえ 否 아니요 ✗ ✘ ☐"
MARKS = compiled("[\u0300-\u036f]")


def respelt(text: str, case: str, *, accents: bool = True) -> str:
    """A text in one way of writing.

    >>> respelt(" new  york", "title"), respelt("Z\u00fcrich", "lower", accents=False)
    ('New York', 'zurich')

    Args:
        case: one of `CASES`; `first` writes the first letter large, `title` that of each word;
            `yes or no` writes whatever means true or false as one of the two.
        accents: whether letters keep them.
    """
    text = " ".join(text.split())
    if not accents:
        bare = MARKS.sub("", unicodedata.normalize("NFKD", text))
        text = unicodedata.normalize("NFC", bare)
    match case:
        case "yes or no":
            return meant(text) or text
        case "lower":
            return text.lower()
        case "upper":
            return text.upper()
        case "first":
            return text[:1].upper() + text[1:].lower()
        case "title":
            return " ".join(w[:1].upper() + w[1:].lower() for w in text.split(" "))
    return text


def parts_of(text: str, sign: str) -> tuple[str, ...]:
    """The choices in one cell, each once: without brackets and quotes, as lists are written with.

    >>> parts_of("radio; tv;", ";"), parts_of('["radio", "tv"]', ",")
    (('radio', 'tv'), ('radio', 'tv'))
    """
    told = (part.strip(" []{}\"'\n") for part in text.split(sign))
    return tuple(dict.fromkeys(part for part in told if part))


def meant(text: str) -> str:
    """`yes` or `no` for a word that means true or false; "" for any other.

    >>> meant("TRUE"), meant("0"), meant("perhaps")
    ('yes', 'no', '')
    """
    word = text.strip().casefold()
    return "yes" if word in YES.split() else "no" if word in NO.split() else ""
