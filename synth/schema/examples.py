"""How a spelling is named: by an example, of how 1,234.50 would be written in it."""

from __future__ import annotations

import re
from dataclasses import replace

from synth.errors import SchemaError
from synth.lazily import compiled
from synth.schema.durations import way_of, ways
from synth.schema.measures import counted_whole
from synth.schema.scripts import APART, MARK, in_plain, script_of
from synth.schema.spelling import MINUS, SHORT, Spelling

DIGITS = compiled(r"\d(?:[\d.,'\u2019 \u00a0\u202f\u2009]*\d)?")
POWER = compiled(r"([Ee])[+-]\d{2,3}")
ABOVE, BELOW = "CR|Cr|cr|°? ?[NE]", "DR|Dr|dr|°? ?[SW]"
SIGNIFICANT = compiled(r"(.*\d.*) to (\d{1,2}) significant digits")
SIDES = compiled(rf"([ \u00a0]?)(?:({ABOVE})/({BELOW})?|({BELOW}))$")


def spelling_of(example: str, *, whole: bool = False) -> Spelling:
    """The spelling that writes 1,234.56 like this.

    Args:
        whole: whether the numbers are whole, so that `1234.0` shows what stands after each.

    >>> spelling_of("$1,234.50") == Spelling(between=",", before="$", fixed=True)
    True

    Raises:
        SchemaError: there is no number in it.
    """
    text = example.strip()
    if told := SIGNIFICANT.fullmatch(text):
        return replace(spelling_of(told[1], whole=whole), significant=int(told[2]))
    if clock := text if text in ways() else way_of(text):
        return Spelling(clock=clock)
    if script := script_of(text):
        spelt = spelling_of(in_plain(text), whole=whole)
        arabic = {",": APART, ".": MARK} if {MARK, APART} & {*text} else {}
        mark, between = (arabic.get(sign, sign) for sign in (spelt.mark, spelt.between))
        return replace(spelt, script=script, mark=mark, between=between)
    if sides := SIDES.search(text):
        blank, above, below, one = sides.groups(default="")
        spelt = spelling_of(text[: sides.start()], whole=whole)
        first, second = (blank + side if side else "" for side in (above, below or one))
        return replace(spelt, sides=(first, second))
    brackets, inside = text[-1:] == ")" and "(" in text, text[:1] != "("
    text = text.replace("(", "", 1)[:-1].strip() if brackets else text
    found = DIGITS.search(text)
    if found is None:
        raise SchemaError(
            f"`{example}` is not how a number is written.", 'Write one, such as "1,234.50".'
        )
    before, after = text[: found.start()], text[found.end() :]
    mark, between, decimals = marks_of(found[0])
    ends = found[0][-decimals:] if decimals else ""
    scale, rest = _scale_of(after)
    if whole and decimals and not scale:
        mark, rest, ends = ".", found[0][-decimals - 1 :] + after, ""
    plus, before = before.startswith("+"), before.lstrip(MINUS + "+")
    behind = rest in tuple(MINUS) and not before
    rest, units = _units_of(rest)
    return replace(
        Spelling(mark, between, before, "" if behind else rest, brackets, ends.endswith("0")),
        behind=behind,
        inside=brackets and inside,
        plus=plus,
        lakh=re.search(r",\d\d,", found[0]) is not None,
        scale=scale,
        digits=decimals if scale else 0,
        units=units,
    )


def _units_of(after: str) -> tuple[str, tuple[str, ...]]:
    """The first of some endings between commas, and all of them, the largest unit first."""
    first, *others = after.split(", ")
    blank = first[: len(first) - len(first.lstrip())]
    every = (first, *(blank + other for other in others))
    sizes = {unit: size for unit in every if (size := counted_whole(unit)) is not None}
    if not others or len(sizes) < len(every):
        return after, ()
    return first, tuple(sorted(sizes, key=lambda unit: -sizes[unit]))


def _scale_of(after: str) -> tuple[str, str]:
    """The scale with which what stands behind digits begins, and the rest."""
    if power := POWER.match(after):
        return power[1], after[power.end() :]
    short = after[:1] if after[:1] in SHORT and not after[1:2].isalpha() else ""
    return short, after.removeprefix(short)


def decimals_of(example: str) -> int | None:
    """How many decimal places an example shows; None where they follow the size of a number."""
    if SIGNIFICANT.fullmatch(example.strip()):
        return None
    found = DIGITS.search(in_plain(example))
    return marks_of(found[0])[2] if found and not way_of(example) else 0


def marks_of(digits: str) -> tuple[str, str, int]:
    """Decimal mark, what stands between thousands, and decimal places of a number's digits."""
    signs = [c for c in digits if not c.isdigit()]
    if not signs:
        return ".", "", 0
    last = signs[-1]
    after = len(digits) - digits.rindex(last) - 1
    whole = digits[: digits.index(signs[0])]
    maybe = last == "," and after == 3 and len(whole) <= 3 and whole[0] != "0"  # 1,234
    thousands = signs.count(last) > 1 or last not in ".,"
    if len(set(signs)) == 1 and (thousands or maybe):
        return ("," if last == "." else "."), last, 0
    return last, (signs[0] if len(set(signs)) > 1 else ""), after
