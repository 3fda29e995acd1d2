"""New identifiers that nobody has, whatever the real table holds.

An identifier is never modelled. A release that needs one gets a fresh one from the column's
`Pattern`: of a range that its issuer keeps free for ever where there is one (`RESERVED`), and else
with a mark in front that real ones do not bear. So nobody has to be asked whose they are: not one
row is looked at.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, TypeAlias

from synth.errors import SchemaError
from synth.lazily import np, npt, pd
from synth.schema.domain import Codes, Origin, ShowsItself
from synth.schema.standins import WHY, StandIn, stand_in

Numbers: TypeAlias = "npt.NDArray[np.uint64]"

# One character of a template stands for one drawn character; a backslash makes it literal.
CLASSES = {
    "#": string.digits,
    "A": string.ascii_uppercase,
    "a": string.ascii_lowercase,
    "x": "0123456789abcdef",
}
RUNNING = "1, 2, 3, ..."
FIRST = 999_000_000_001  # of new running numbers: no register has counted so far
MARK = "SYN-"  # in front of every new identifier of a format that nobody keeps free
NUMBERED = "######"  # behind what reads like a name
USUAL = "########"  # where no format is known
MOST = 1 << 60  # identifiers told apart by a number; places beyond that only add to them


def _iban(digits: str) -> str:
    """An IBAN of the country ZZ with a right check number (ISO 13616, modulus 97)."""
    return f"ZZ{98 - int(f'{digits}353500') % 97:02d}{digits}"


def _nhs(nines: Sequence[str]) -> list[str]:
    """NHS numbers of those digits that have a check digit (modulus 11); others are never issued."""
    digits = np.array(nines, dtype="<U9").view("<U1").reshape(len(nines), 9).astype(np.int64)
    last = -(digits * np.arange(10, 1, -1)).sum(axis=1) % 11
    return [f"{nine}{n}" for nine, n in zip(nines, last.tolist(), strict=True) if n < 10]


def _each(finished: Callable[[str], str]) -> Callable[[Sequence[str]], list[str]]:
    return lambda drawn: list(map(finished, drawn))


@dataclass(frozen=True)
class Template:
    """A format, one character for one place.

    >>> Template("K-##").space
    100.0

    Args:
        text: `#` digit, `A` upper-case letter, `a` lower-case letter, `x` hexadecimal digit;
            anything else, or anything after a backslash, stands for itself.

    Raises:
        SchemaError: it allows one value only.
    """

    text: str

    def __post_init__(self) -> None:
        if self.space < 2:
            raise SchemaError(
                f"The identifier format `{self.text}` allows one value only.",
                "Use `#` for a digit, `A` for a letter.",
            )

    @property
    def places(self) -> tuple[str, ...]:
        """The characters allowed at each place."""
        tokens = re.findall(r"\\.|.", self.text, flags=re.DOTALL)
        return tuple(t[1] if t[0] == "\\" and len(t) > 1 else CLASSES.get(t, t) for t in tokens)

    @property
    def space(self) -> float:
        """How many different texts the format allows."""
        return float(math.prod(len(p) for p in self.places))

    def written(self, numbers: Numbers) -> list[str]:
        """The text of each number below `space`, no two alike."""
        rest, room = numbers.copy(), 1
        characters = np.empty((len(rest), len(self.places)), dtype="<U1")
        for i, allowed in reversed(list(enumerate(self.places))):
            room *= len(allowed)
            if room > MOST:  # the number is told in full by the places behind: what is added varies
                rest, room = _mixed(numbers + np.uint64(i)), len(allowed)
            rest, place = np.divmod(rest, np.uint64(len(allowed)))
            characters[:, i] = np.array(list(allowed))[place.astype(np.int64)]
        told: list[str] = characters.view(f"<U{len(self.places)}").ravel().tolist()
        return told


@dataclass(frozen=True)
class Reserved:
    """A range of identifiers that nobody is ever given.

    Args:
        template: what is drawn.
        why: who keeps it free, as the rest of a sentence about the new identifiers.
        finished: the identifiers of what was drawn, in order.
        gaps: whether some of what is drawn has none.
        meant: matches names of columns, as words, that hold such identifiers.
    """

    template: str
    why: str
    finished: Callable[[Sequence[str]], list[str]] = list
    meant: str = ""
    gaps: bool = False


RESERVED: dict[str, Reserved] = {
    "nhs": Reserved(
        "999######",
        "begin with 999, a range that is kept for tests and issued to nobody, and pass the check",
        _nhs,
        r"\bnhs\b|health service",
        gaps=True,
    ),
    "ssn": Reserved(
        r"666-##-####",
        "begin with 666, which the Social Security Administration has never issued",
        meant=r"\bssn\b|social security",
    ),
    "e-mail": Reserved(
        "aaaaaaaa",
        "are at example.org, which is reserved and delivers to nobody (RFC 2606)",
        _each("{}@example.org".format),
        r"e ?mail",
    ),
    "phone": Reserved(
        "#########",
        "begin with +999, a country code that is assigned to nobody (ITU-T E.164)",
        _each("+999{}".format),
        r"phone|mobile|\bfax\b|\bcell\b|\btel\b",
    ),
    "iban": Reserved(
        "################",
        "are of the country ZZ, which ISO 3166 assigns to none, and pass the check",
        _each(_iban),
        r"\biban\b",
    ),
    "uuid": Reserved(
        "xxxxxxxx-xxxx-0xxx-xxxx-xxxxxxxxxxxx".replace("0", r"\0"),
        "are of version 0, which no generator makes (RFC 9562)",
        meant=r"\bu?guid\b|\buuid\b",
    ),
    "ip": Reserved(
        "xxxxxx",
        "are in 240.0.0.0/4, which is reserved and routed to nobody (RFC 1112)",
        _each(lambda hexes: f"240.{int(hexes[:2], 16)}.{int(hexes[2:4], 16)}.{int(hexes[4:], 16)}"),
        r"\bip\b",
    ),
    "url": Reserved(
        "aaaaaaaa",
        "are at example.org, which is reserved (RFC 2606)",
        _each("https://example.org/{}".format),
        r"\burl\b|web ?(site|page|address)",
    ),
}


@dataclass(frozen=True, repr=False)
class Pattern(ShowsItself):
    """The format of an identifier, from which new ones are made that nobody has.

    >>> Pattern("K-###").numbered(0, 2, seed=1)
    ['SYN-K-640', 'SYN-K-021']

    Args:
        template: the name of a `RESERVED` range; `1, 2, 3, ...` for running numbers, which begin
            at `FIRST`; `name in de_DE`, `e-mail in ...` or `address in ...` for some that read like
            those of a place; else a `Template`, whose identifiers get `MARK` in front.

    Raises:
        SchemaError: the template allows one value only, or no such place is known.
    """

    name: ClassVar[str] = "pattern"
    template: str
    origin: Origin = Origin.DECLARED
    missing: ClassVar[bool] = False
    size: ClassVar[int] = 1
    labels: ClassVar[tuple[str, ...]] = ("(identifier)",)

    def __post_init__(self) -> None:
        if self.template not in (RUNNING, *RESERVED) and self.stand_in is None:
            Template(self.template)

    @property
    def stand_in(self) -> StandIn | None:
        """What new identifiers read like; None where they are of a format."""
        return stand_in(self.template)

    @property
    def why(self) -> str:
        """Why nobody has one of the new identifiers, as the rest of a sentence about them."""
        if self.template in RESERVED:
            return RESERVED[self.template].why
        if like := self.stand_in:
            return WHY[like.kind]
        if self.template == RUNNING:
            return f"are numbers from {FIRST:,} on, further than any register has counted"
        return f"begin with {MARK}, which the real ones do not"

    def encode(self, values: pd.Series) -> Codes:
        return np.zeros(len(values), dtype=np.uint8)

    def decode(self, codes: Codes, rng: np.random.Generator) -> pd.Series:
        """As many different new identifiers as there are codes."""
        made = self.numbered(0, len(codes), seed=int(rng.integers(1 << 62)))
        return pd.Series(made, dtype="Int64" if self.template == RUNNING else object)

    def numbered(self, start: int, rows: int, seed: int) -> list[Any]:
        """The identifiers of rows `start` to `start + rows`: all different under one seed.

        A format with too little room for so many rows gets further digits.
        """
        if self.template == RUNNING:
            return [FIRST + i for i in range(start, start + rows)]
        reserved = RESERVED.get(self.template)
        if like := self.stand_in:
            return like.made(_texts(Template(NUMBERED), start, rows, seed), start, seed)
        if reserved is None:
            drawn = _texts(Template(self.template), start, rows, seed)
            return [MARK + text for text in drawn]
        found = _finished(reserved, start, rows, seed)
        return found if len(found) == rows else Pattern(USUAL).numbered(start, rows, seed)

    def document(self) -> dict[str, Any]:
        return {"domain": self.name, "template": self.template, "origin": self.origin.value}


def _finished(reserved: Reserved, start: int, rows: int, seed: int) -> list[str]:
    """The identifiers of a range from `start` on; fewer than `rows` where it has no more."""
    template = Template(reserved.template)
    room, tried = min(template.space, float(MOST)), 0
    if not reserved.gaps:
        left = int(min(rows, max(0, room - start)))
        return reserved.finished(_texts(template, start, left, seed))
    made: list[str] = []
    while len(made) < start + rows and tried < room:
        step = int(min(room - tried, (start + rows - len(made)) * 1.2 + 10))
        made += reserved.finished(_texts(template, tried, step, seed))
        tried += step
    return made[start : start + rows]


def _texts(template: Template, start: int, rows: int, seed: int) -> list[str]:
    """Texts of a format, all different, in an order that tells nothing."""
    while template.space < start + rows:
        template = Template(template.text + "#")
    order = _Shuffle(int(min(template.space, MOST)), seed)
    return template.written(order[np.arange(start, start + rows, dtype=np.uint64)])


@dataclass(frozen=True)
class _Shuffle:
    """An order of the numbers below `size` in which each can be had without those before it.

    A Feistel network of six rounds over the next power of four, walked until it lands below
    `size`. Reference: Black and Rogaway (2002), "Ciphers with arbitrary finite domains". No secret
    rests on it: identifiers mean nothing, and the seed is published.
    """

    size: int
    seed: int

    @cached_property
    def half(self) -> int:
        return max(1, math.ceil(math.log2(max(self.size, 2)) / 2))

    @cached_property
    def keys(self) -> list[int]:
        return [int(k) for k in np.random.default_rng(self.seed).integers(1 << 62, size=6)]

    def __getitem__(self, numbers: Numbers) -> Numbers:
        found = self._once(numbers)
        while (outside := found >= self.size).any():
            found[outside] = self._once(found[outside])
        return found

    def _once(self, numbers: Numbers) -> Numbers:
        bits, mask = np.uint64(self.half), np.uint64((1 << self.half) - 1)
        left, right = numbers >> bits, numbers & mask
        for key in self.keys:
            left, right = right, left ^ (_mixed(right ^ np.uint64(key)) & mask)
        return np.asarray((left << bits) | right)


def _mixed(numbers: Numbers) -> Numbers:
    """Each bit of the result hangs on each bit given (the finalizer of SplitMix64)."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    return numbers ^ (numbers >> np.uint64(31))


def usual_pattern(words: str, origin: Origin = Origin.DECLARED) -> Pattern:
    """The format that fits a column of this name, told from a public list.

    Args:
        words: the name as lower-case words.
    """
    fitting = (n for n, r in RESERVED.items() if r.meant and re.search(r.meant, words))
    return Pattern(next(fitting, USUAL), origin)
