"""Cells that hold several things at once: choices of a survey, or two measurements."""

from __future__ import annotations

from collections.abc import Mapping

from synth.lazily import compiled, pd
from synth.schema.respelling import parts_of

SIGNS = (";", "|", ",", "\n", " ")  # between choices
MOST_CHOICES, FEWEST_VALUES = 40, 3
OFTEN = 0.1  # of the rows hold more than one choice
BLANKED = 2  # blanks stand within words, too: so many values for each word, if they divide choices
NUMBER = r"-?\d+(?:[.,]\d+)?"
PAIR = compiled(
    rf"{NUMBER} ?(/|:|x|×|±|\+/-|\+) ?({NUMBER})|-?\d+\.\d+(,) ?(-?\d+\.\d+)"  # or a place
)
SPAN = r"(?: ?[-\u2013,;] ?| to )"
DAY = r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}"
SEVERAL = compiled(  # `62 (15.3%)`, `1.2 [0.9, 1.6]`, a day and the one until which it lasted
    rf"{NUMBER}%? ?[(\[]{NUMBER} ?%?(?:{SPAN}{NUMBER} ?%?)?[)\]]|"
    rf"{DAY}(?:{SPAN}|/| until | bis ){DAY}|\d\d?:\d\d{SPAN}\d\d?:\d\d"
)
YEARS = compiled(r"[12]\d{3}/(?:[12]\d)?\d\d")  # one that spans two: 2020/21
NEARLY = 0.95


def choices_in(words: Mapping[str, int]) -> tuple[str, tuple[str, ...]] | None:
    """The sign between choices, and the choices; None where cells seem to hold one thing each.

    Args:
        words: the different values, and how many rows hold each.
    """
    for sign in SIGNS:
        several = [w for w in words if len(parts_of(w, sign)) > 1]
        if len(several) < FEWEST_VALUES or sum(words[w] for w in several) < OFTEN * sum(
            words.values()
        ):
            continue
        parts = sorted({part for word in words for part in parts_of(word, sign)})
        most = len(words) / BLANKED if sign == " " else len(words) - 1
        if 1 < len(parts) <= min(MOST_CHOICES, most):
            return sign, tuple(parts)
    return None


def pairs_in(text: pd.Series) -> str:
    """The sign between two measurements that nearly each cell holds; "" where they hold others."""
    if text.str.fullmatch(YEARS.pattern).all():
        return ""
    found = text.str.extract(f"^(?:{PAIR.pattern})$")
    found = found.fillna({0: found[2], 1: found[3]})[[0, 1]].dropna()
    if len(found) < max(NEARLY * len(text), FEWEST_VALUES):
        return ""
    one_sign, several_seconds = found[0].nunique() == 1, found[1].nunique() > 1
    return str(found[0].iloc[0]) if one_sign and several_seconds else ""
