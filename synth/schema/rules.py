"""Rules between columns, each one plain sentence: what always holds of a row, known without rows.

| sentence | what it says |
|---|---|
| `discharge is not before admission` | an order of two dates or numbers; see `Relation` |
| `pregnant only if sex is F` | a condition; several values with `or`, also `is not` |
| `region is North when district is A or B` | the same, said the other way round |
| `total = room + board` | a sum, within the decimals that the total is written with |
| `district decides region` | a function |
| `district and region only together as in the data` | no combination but those that occur |
| `patient is unique` | no value twice |

A name or value with blanks, or that is a word of these sentences, stands in backticks or double
quotes; either is doubled inside itself. A cell that is missing breaks no rule. Nothing here looks
at a row: see `synth/schema/obeying.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from synth.errors import RuleError
from synth.lazily import compiled

TOKEN = compiled(r'`((?:[^`]|``)+)`|"((?:[^"]|"")*)"|([=+])|([^\s`"=+]+)')
BARE = compiled(r"[^\W\d]\w*|\d+(?:[.,-]\d+)*")  # a name or value that needs no quotes
LONGEST = 2_000  # characters of a sentence
MOST = 200  # rules of a table
ABOUT = "a rule about "
ORDER = ("is", "not", "before", "after", "at", "least", "most", "less", "more", "than")
LINKS = ("only", "if", "when", "or", "decides", "and", "together", "as", "in", "the", "data")
WORDS = frozenset((*ORDER, *LINKS, "unique", "=", "+"))
REMEDY = (
    "Say it as `a is not before b`, `a only if b is x`, `b is x when a is y or z`, "
    "`total = a + b`, `a decides b`, `a and b only together as in the data` or `a is unique`. "
    "A name of several words, or that is one of the sentence's own such as `at`, goes in backticks."
)


class Relation(Enum):
    """How the first of two columns stands to the second."""

    NOT_BEFORE = "is not before"
    BEFORE = "is before"
    NOT_AFTER = "is not after"
    AFTER = "is after"
    AT_LEAST = "is at least"
    AT_MOST = "is at most"
    LESS = "is less than"
    MORE = "is more than"

    @property
    def rising(self) -> bool:
        """Whether the first is the smaller one."""
        return self in (Relation.BEFORE, Relation.NOT_AFTER, Relation.AT_MOST, Relation.LESS)

    @property
    def strict(self) -> bool:
        """Whether the two may not be equal."""
        return self in (Relation.BEFORE, Relation.AFTER, Relation.LESS, Relation.MORE)


@dataclass(frozen=True)
class InOrder:
    """`discharge is not before admission`."""

    first: str
    relation: Relation
    second: str

    @property
    def columns(self) -> tuple[str, ...]:
        return self.first, self.second

    def __str__(self) -> str:
        return f"{quoted(self.first)} {self.relation.value} {quoted(self.second)}"


@dataclass(frozen=True)
class Condition:
    """What a column holds: one of `values`, or none of them; without values, yes or anything."""

    column: str
    values: tuple[str, ...] = ()
    negated: bool = False

    def __str__(self) -> str:
        if not self.values:
            return quoted(self.column)
        told = " or ".join(map(quoted, self.values))
        return f"{quoted(self.column)} is {'not ' * self.negated}{told}"


@dataclass(frozen=True)
class OnlyIf:
    """Where `this` holds, `that` does: `pregnant only if sex is F`.

    Args:
        turned: whether it is said the other way round, `sex is F when pregnant`.
    """

    this: Condition
    that: Condition
    turned: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        told = (self.that, self.this) if self.turned else (self.this, self.that)
        return tuple(dict.fromkeys(c.column for c in told))

    def __str__(self) -> str:
        if self.turned:
            return f"{self.that} when {self.this}"
        return f"{self.this} only if {self.that}"


@dataclass(frozen=True)
class SumOf:
    """`total = room + board`."""

    total: str
    parts: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.total, *self.parts

    def __str__(self) -> str:
        return f"{quoted(self.total)} = {' + '.join(map(quoted, self.parts))}"


@dataclass(frozen=True)
class OfTwo:
    """What a rule of two columns says of one and the other."""

    one: str
    other: str

    @property
    def columns(self) -> tuple[str, ...]:
        return self.one, self.other


class Decides(OfTwo):
    """`district decides region`: rows with the same of one have the same of the other."""

    def __str__(self) -> str:
        return f"{quoted(self.one)} decides {quoted(self.other)}"


class Together(OfTwo):
    """`district and region only together as in the data`."""

    def __str__(self) -> str:
        return f"{quoted(self.one)} and {quoted(self.other)} only together as in the data"


@dataclass(frozen=True)
class Unique:
    """`patient is unique`."""

    column: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def __str__(self) -> str:
        return f"{quoted(self.column)} is unique"


Sentence = InOrder | OnlyIf | SumOf | Decides | Together | Unique


@dataclass(frozen=True)
class Rule:
    """A sentence, and whether the custodian settled it after looking at the rows."""

    says: Sentence
    seen: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it is about, in the order it names them."""
        return self.says.columns

    @property
    def choice(self) -> str:
        """What was chosen after looking at the rows, for the statement: names columns alone."""
        return f"{ABOUT}{', '.join(f'`{name}`' for name in self.columns)}"

    def __str__(self) -> str:
        return str(self.says)


def quoted(text: str) -> str:
    """A name or value as it stands in a sentence."""
    if BARE.fullmatch(text) and text.lower() not in WORDS:
        return text
    if not text or "`" in text:
        doubled = text.replace('"', '""')
        return f'"{doubled}"'
    return f"`{text}`"


# -- reading ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Token:
    text: str
    word: str  # what it is to the sentence: one of its own words, or "_" for a name or value


def rule_of(text: str, *, seen: bool = False) -> Rule:
    """The rule that a sentence says.

    >>> str(rule_of("discharge  is not before `date of admission`"))
    'discharge is not before `date of admission`'

    Raises:
        RuleError: it is not understood, with what can be said instead.
    """
    if len(text) > LONGEST:
        raise RuleError(
            f"A rule of {len(text):,} characters is no plain sentence.",
            f"Say it in {LONGEST:,} at most.",
            about=(text,),
        )
    tokens = tuple(_tokens(text))
    shape = " ".join(t.word for t in tokens)
    names = tuple(t.text for t in tokens if t.word == "_")
    said = _simple(shape, names) or _conditional(shape, names)
    if said is None:
        raise RuleError(f"The rule {_shown(text)} is not understood.", REMEDY, about=(text,))
    _check(said, text)
    return Rule(said, seen)


def _tokens(text: str) -> Iterator[_Token]:
    """The words of a sentence. Raises RuleError for a quote that does not end."""
    end = 0
    for found in TOKEN.finditer(text):
        if text[end : found.start()].strip():
            break
        end = found.end()
        ticked, marked, sign, bare = found.groups()
        if ticked is not None:
            yield _Token(ticked.replace("``", "`"), "_")
        elif marked is not None:
            yield _Token(marked.replace('""', '"'), "_")
        else:
            word = sign or bare
            yield _Token(word, word.lower() if word.lower() in WORDS else "_")
    if text[end:].strip():
        raise RuleError(
            f"The rule {_shown(text)} has a quote that does not end.",
            "Close each backtick and each double quote.",
            about=(text,),
        )


def _simple(shape: str, names: Sequence[str]) -> Sentence | None:
    """What is said of whole columns; None where it is something else."""
    middle = shape.removeprefix("_ ").removesuffix(" _")
    if len(names) == 2 and middle in {r.value for r in Relation}:
        return InOrder(names[0], Relation(middle), names[1])
    if re.fullmatch(r"_ = _( \+ _)*", shape):
        return SumOf(names[0], tuple(names[1:]))
    match shape:
        case "_ decides _":
            return Decides(names[0], names[1])
        case "_ and _ only together as in the data":
            return Together(names[0], names[1])
        case "_ is unique":
            return Unique(names[0])
    return None


CONDITION = r"_(?: is (?:not )?_(?: or _)*)?"


def _conditional(shape: str, names: Sequence[str]) -> Sentence | None:
    """What is said of rows that hold something; None where it is something else."""
    found = re.fullmatch(rf"({CONDITION}) (only if|when) ({CONDITION})", shape)
    if found is None:
        return None
    many = found[1].count("_")
    left, right = _condition(found[1], names[:many]), _condition(found[3], names[many:])
    turned = found[2] == "when"
    return OnlyIf(right, left, turned=True) if turned else OnlyIf(left, right)


def _condition(shape: str, names: Sequence[str]) -> Condition:
    return Condition(names[0], tuple(dict.fromkeys(names[1:])), negated=" is not " in shape)


def _check(said: Sentence, text: str) -> None:
    """Refuse a sentence about one column alone that needs several. Raises RuleError."""
    columns = said.columns
    if not isinstance(said, Unique) and (len(set(columns)) < 2 or len(set(columns)) < len(columns)):
        raise RuleError(
            f"The rule {_shown(text)} names a column twice.",
            "Name each column once.",
            about=(text,),
        )


def _shown(text: str) -> str:
    """A sentence as an error quotes it."""
    plain = " ".join(text.split())
    return f"“{plain}”"
