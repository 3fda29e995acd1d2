"""One way to write words that are written in several: case, blanks, accents."""

from __future__ import annotations

import unicodedata

from synth.lazily import compiled

CASES = ("as they are", "first", "title", "lower", "upper")
MARKS = compiled("[\u0300-\u036f]")


def respelt(text: str, case: str, *, accents: bool = True) -> str:
    """A text in one way of writing.

    >>> respelt(" new  york", "title"), respelt("Z\u00fcrich", "lower", accents=False)
    ('New York', 'zurich')

    Args:
        case: one of `CASES`; `first` writes the first letter large, `title` that of each word.
        accents: whether letters keep them.
    """
    text = " ".join(text.split())
    if not accents:
        bare = MARKS.sub("", unicodedata.normalize("NFKD", text))
        text = unicodedata.normalize("NFC", bare)
    match case:
        case "lower":
            return text.lower()
        case "upper":
            return text.upper()
        case "first":
            return text[:1].upper() + text[1:].lower()
        case "title":
            return " ".join(w[:1].upper() + w[1:].lower() for w in text.split(" "))
    return text
