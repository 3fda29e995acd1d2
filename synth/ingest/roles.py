"""What a column says about a person: a role, and why. From its content, its name, its uniqueness.

Reasons name shares and kinds, never a cell value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from synth.ingest.looks import looked_like
from synth.ingest.named import Meaning, meaning_of, words_of
from synth.ingest.people import names_of_people, notes_name_people
from synth.lazily import np, pd
from synth.schema import Kind, Role

SAMPLE = 1_000  # different values looked at
FEW = 20  # different values, below which uniqueness tells nothing
REPEATED = 4  # rows a value has on average, from which on few values name no one person
DENSE = 2  # numbers that run up fill their range but for one in so many
CODE_DIGITS = 6  # fewest digits of a number that is drawn as a code
NAMELESS = (
    (r"[12]\d{3}[-/ ]?[WwQqTtSsHh]\d{1,2}", "weeks, quarters or halves of years"),
    (r"[12]\d{3} ?[-/\u2013] ?(?:[12]\d)?\d{2}", "years that span two"),
    (r"-?[\d.,]+ ?(?:±|\+/-) ?[\d.,]+", "measures and how sure: two columns would keep them"),
    (r"\d{1,3}(?:\.\d)? ?[/x] ?\d{1,3}(?:\.\d)?", "two measurements: two columns would keep them"),
)
ILL = r"\b(asthma|diabet\w*|cancer|\w*(itis|osis|emia|oma|pathy|plegia|algia)|hypertension|hiv)\b"

__all__ = ["RoleGuess", "guessed_role", "judged_role", "role_by_name", "words_of"]


@dataclass(frozen=True)
class RoleGuess:
    """A role and why; `why` is empty where nothing was noticed.

    Args:
        format: of new identifiers, where the content showed one.
        of_people: names of people, which stay identifiers however often they repeat.
        withheld: notes that name people: only whether something is written may be learnt.
        whole: the reason says how many different values there are.
    """

    role: Role
    why: str = ""
    format: str = ""
    of_people: bool = False
    withheld: bool = False
    whole: bool = False


def role_by_name(words: str) -> RoleGuess | None:
    """The role that a column's name tells, which is public; None where it tells none.

    Args:
        words: the name as `words_of` gives it.
    """
    found: Meaning | None = meaning_of(words)
    if found is None:
        return None
    return RoleGuess(found.role, f"By its name, it {found.what}.", of_people=found.of_people)


def guessed_role(name: str, text: pd.Series, present: int, kind: Kind) -> RoleGuess:
    """The role of a column from its content, else from its name.

    Args:
        text: its different values.
        present: rows in which it is not missing.
    """
    words = words_of(name)
    found = _by_content(words, [str(v) for v in text.head(SAMPLE)], kind) or role_by_name(words)
    if found is None:
        return RoleGuess(Role.PLAIN)
    repeated = present > REPEATED * max(len(text), 1) and len(text) < FEW
    if found.role is not Role.IDENTIFIER or found.of_people:
        return found
    if repeated:
        few = f"{found.why} Few different ones, so it does not name one person."
        return RoleGuess(Role.QUASI, few)
    if kind in (Kind.BOOLEAN, Kind.REAL):
        return RoleGuess(Role.PLAIN)
    return found


def judged_role(
    name: str, text: pd.Series, present: int, kind: Kind, *, measured: bool = False
) -> RoleGuess:
    """The role of a column from its content, its name, and how many different values it has.

    Measurements are never identifiers, even where every row has its own. Whole numbers are, by
    their content or name, where they run up, or where they are drawn as codes of one length; words
    and codes are where nearly every row has its own.

    Args:
        measured: whether nearly all are numbers or dates, be they of one habit or of several.
    """
    guess = guessed_role(name, text, present, kind)
    different = len(text)
    counted = f"{different:,} different values in {present:,} rows"
    if guess.role is Role.IDENTIFIER:
        return replace(guess, why=f"{guess.why} {counted}.", whole=True)
    every = different >= FEW and different >= present
    if kind is Kind.INTEGER and every and not guess.why:
        why = _codes([str(v) for v in text])
        return RoleGuess(Role.IDENTIFIER, why, whole=True) if why else guess
    if guess.role is Role.PLAIN and not guess.withheld and not (kind is Kind.INTEGER and every):
        guess = RoleGuess(Role.PLAIN)  # that measurements name nobody need not be said here
    unique = kind is Kind.CATEGORY and (every or different > max(FEW, present / 2))
    if guess.withheld or not unique or measured or (not every and _all_numbers(text)):
        return guess
    if why := _of_nobody(text):
        return replace(guess, why=f"{guess.why} {why}".strip())
    why = f"{guess.why} {counted}: {'' if every else 'nearly '}an identifier.".strip()
    if every:
        return RoleGuess(Role.IDENTIFIER, why, guess.format, whole=True)
    why += " Generalise it first if you want to keep what it tells."
    told = guess.role in (Role.QUASI, Role.SENSITIVE)
    return RoleGuess(guess.role if told else Role.IDENTIFIER, why, guess.format, whole=True)


def _all_numbers(text: pd.Series) -> bool:
    """Whether all are numbers, if too long or too large to be counted as such."""
    return bool(text.str.fullmatch(r"[+-]?[\d.,]+(?:e[+-]?\d+)?", case=False).all())


def _of_nobody(text: pd.Series) -> str:
    """Why words that nearly every row has its own of name no person all the same; "" else."""
    for pattern, what in NAMELESS:
        if text.str.fullmatch(pattern).all():
            return f"They are {what}, which name nobody."
    return ""


def _codes(numbers: Sequence[str]) -> str:
    """Why whole numbers that are all different are codes; "" where they may be measurements."""
    if any(not re.fullmatch(r"-?\d{1,18}", n) for n in numbers):
        return ""
    values = np.array([int(n) for n in numbers], dtype=np.int64)
    span = int(values.max()) - int(values.min()) + 1
    if span <= DENSE * len(values):
        return f"{len(values):,} different whole numbers that run up: an identifier."
    lengths = {len(n) for n in numbers}
    first = np.bincount([int(n[0]) for n in numbers if n[0] != "-"], minlength=10)[1:]
    even = first.min() >= len(numbers) / 9 / 2
    if lengths == {length := max(lengths)} and length >= CODE_DIGITS and values.min() > 0 and even:
        return (
            f"{len(values):,} different whole numbers of {length} digits, whose first digits "
            "are all as frequent: drawn as codes, an identifier."
        )
    return ""


def _by_content(words: str, values: Sequence[str], kind: Kind) -> RoleGuess | None:
    if not values:
        return None
    if found := looked_like(words, values):
        looks, share = found
        why = f"{share:.0%} of the values look like {looks.what}."
        return RoleGuess(looks.role, why, looks.format)
    if words == "union" and kind is Kind.BOOLEAN:
        why = "By its name and two states, it is what people would not like known."
        return RoleGuess(Role.SENSITIVE, why)
    if kind not in (Kind.CATEGORY, Kind.TEXT):
        return None
    meaning = meaning_of(words)
    if not (meaning and meaning.of_places) and (why := names_of_people(values)):
        return RoleGuess(Role.IDENTIFIER, why, of_people=True)
    if why := notes_name_people(values):
        return RoleGuess(Role.PLAIN, why, withheld=True)
    if "condition" in words.split() and any(re.search(ILL, v.lower()) for v in values):
        return RoleGuess(Role.SENSITIVE, "Its values name illnesses.")
    return None
