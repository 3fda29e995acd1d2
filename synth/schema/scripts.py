"""Digits of other scripts: Arabic, Persian, Devanagari and wide ones, and their marks."""

from __future__ import annotations

import re
from functools import cache

from synth.lazily import compiled

ZEROS = ("\u0660", "\u06f0", "\u0966", "\uff10")  # the noughts of the scripts
MARK, APART = "\u066b", "\u066c"  # decimal mark and thousands, where those digits are Arabic
FOREIGN = compiled("[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\uff10-\uff19]")
CODED = re.compile(rf"%\[([{''.join(ZEROS)}])\]$")


def script_of(text: str) -> str:
    """The nought of the script of a text's digits; "" where they are 0 to 9, or of several."""
    zeros = {chr(ord(digit) - int(digit)) for digit in FOREIGN.findall(text)}
    return zeros.pop() if len(zeros) == 1 and not re.search("[0-9]", text) else ""


def in_plain(text: str) -> str:
    """A text with the digits 0 to 9, and with a dot and commas for Arabic marks."""
    return text.translate(_plain())


def in_script(text: str, zero: str) -> str:
    """A text with the digits of a script, given by its nought."""
    return text.translate(_script(zero))


def unscripted(format: str) -> tuple[str, str]:
    """A format of dates without `%[x]` at its end, and the x that names the script there."""
    found = CODED.search(format)
    return (format[: found.start()], found[1]) if found else (format, "")


@cache
def _plain() -> dict[int, str]:
    digits = {ord(zero) + i: str(i) for zero in ZEROS for i in range(10)}
    return {**digits, ord(MARK): ".", ord(APART): ","}


@cache
def _script(zero: str) -> dict[int, str]:
    return {ord(str(i)): chr(ord(zero) + i) for i in range(10)}
