"""New identifiers in an old format, that nobody has.

An identifier is never modelled. A release that needs one gets a fresh one from the column's
`Pattern`. Where the format has a check digit the new ones fail it on purpose; running numbers
start one digit above the real ones; for other formats the vault is asked (`PrivateTable.claimed`).
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from synth.errors import SchemaError
from synth.lazily import np, pd
from synth.schema.domain import Codes, Origin, ShowsItself

# One character of a template stands for one drawn character; a backslash makes it literal.
CLASSES = {
    "#": string.digits,
    "A": string.ascii_uppercase,
    "a": string.ascii_lowercase,
    "x": "0123456789abcdef",
}
RUNNING = "1, 2, 3, ..."
USUAL = "AAAA-######"  # where no format is known
ROOMY = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"  # so much room that nobody has to look who has one
ROOM = 2.0**100  # ten million people and as many new identifiers meet with a chance of 1e-16


def nhs_check(digits: str) -> bool:
    """Whether ten digits are a valid NHS number (modulus 11)."""
    if len(digits) != 10:
        return False
    total = sum(int(d) * w for d, w in zip(digits[:9], range(10, 1, -1), strict=True))
    return (11 - total % 11) % 11 == int(digits[9])


def luhn_check(digits: str) -> bool:
    """Whether a run of digits passes the Luhn test (payment cards, many patient numbers)."""
    doubled = [sum(divmod(2 * int(d), 10)) for d in digits[-2::-2]]
    return len(digits) > 8 and (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


CHECKS: dict[str, Callable[[str], bool]] = {"nhs": nhs_check, "luhn": luhn_check}


@dataclass(frozen=True, repr=False)
class Pattern(ShowsItself):
    """The format of an identifier, from which new ones are made.

    Args:
        template: `#` digit, `A` upper-case letter, `a` lower-case letter, `x` hexadecimal digit;
            anything else, or anything after a backslash, stands for itself. `1, 2, 3, ...` for
            running numbers.
        check: the check digit the real ones satisfy ("nhs", "luhn"), or "". The new ones do not.
        above: for running numbers, the first new one is one above this.
    """

    name: ClassVar[str] = "pattern"
    template: str
    origin: Origin = Origin.DECLARED
    check: str = ""
    above: int = 0
    missing: ClassVar[bool] = False
    size: ClassVar[int] = 1
    labels: ClassVar[tuple[str, ...]] = ("(identifier)",)

    def __post_init__(self) -> None:
        if self.check and self.check not in CHECKS:
            raise SchemaError(
                f"There is no check digit rule called `{self.check}`.",
                f"Choose one of {', '.join(CHECKS)}, or leave it out.",
            )
        if self.template != RUNNING and self.space < 2:
            raise SchemaError(
                f"The identifier format `{self.template}` allows one value only.",
                "Use `#` for a digit, `A` for a letter.",
            )

    @property
    def places(self) -> tuple[str, ...]:
        """The characters allowed at each place."""
        tokens = re.findall(r"\\.|.", self.template, flags=re.DOTALL)
        return tuple(t[1] if t[0] == "\\" and len(t) > 1 else CLASSES.get(t, t) for t in tokens)

    @property
    def space(self) -> float:
        """How many different identifiers the format allows."""
        return float(math.prod(len(p) for p in self.places))

    @property
    def unclaimable(self) -> bool:
        """Whether no real person can have a new identifier, whatever the table holds."""
        return bool(self.check) or self.template == RUNNING or self.space >= ROOM

    def encode(self, values: pd.Series) -> Codes:
        return np.zeros(len(values), dtype=np.uint8)

    def decode(self, codes: Codes, rng: np.random.Generator) -> pd.Series:
        """As many different new identifiers as there are codes."""
        rows = len(codes)
        if self.template == RUNNING:
            return pd.Series(np.arange(rows) + self.above + 1, dtype="Int64")
        if rows > self.space / 2:
            raise SchemaError(
                f"The identifier format `{self.template}` allows {self.space:.0f} values, "
                f"too few for {rows} rows.",
                "Give it more digits, or drop the column.",
            )
        drawn = pd.Series(self._draw(rows, rng), dtype=object)
        while (again := drawn.duplicated()).any():
            drawn = drawn.mask(again, pd.Series(self._draw(rows, rng), dtype=object))
        return drawn

    def _draw(self, rows: int, rng: np.random.Generator) -> list[str]:
        places = self.places
        characters = np.empty((rows, len(places)), dtype="<U1")
        for i, allowed in enumerate(places):
            characters[:, i] = np.array(list(allowed))[rng.integers(len(allowed), size=rows)]
        drawn: list[str] = characters.view(f"<U{len(places)}").ravel().tolist()
        return [self._spoilt(one) for one in drawn] if self.check else drawn

    def _spoilt(self, identifier: str) -> str:
        """Change the last digit of one that happens to pass the check."""
        digits = re.sub(r"\D", "", identifier)
        if not CHECKS[self.check](digits):
            return identifier
        last = max(i for i, c in enumerate(identifier) if c.isdigit())
        wrong = str((int(identifier[last]) + 1) % 10)
        return identifier[:last] + wrong + identifier[last + 1 :]

    def document(self) -> dict[str, Any]:
        return {
            "domain": self.name,
            "template": self.template,
            "origin": self.origin.value,
            **({"check": self.check} if self.check else {}),
            **({"above": self.above} if self.above else {}),
        }


def pattern_of(values: pd.Series) -> Pattern:
    """The format that all of `values` (present, as text) have; read off the rows, so *observed*."""
    text = [str(v) for v in values]
    if all(re.fullmatch(r"[1-9]\d*|0", v) for v in text) and len({len(v) for v in text}) > 1:
        return Pattern(RUNNING, Origin.OBSERVED, above=10 ** max(map(len, text)))
    if len({len(v) for v in text}) != 1:
        return Pattern(USUAL, Origin.OBSERVED)
    template = "".join(_class_of({v[i] for v in text}) for i in range(len(text[0])))
    if not re.search(r"(?<!\\)[#Aax]", template):
        return Pattern(USUAL, Origin.OBSERVED)
    digits = [re.sub(r"\D", "", v) for v in text]
    held = next((name for name, test in CHECKS.items() if all(map(test, digits))), "")
    return Pattern(template, Origin.OBSERVED, check=held)


def _class_of(seen: set[str]) -> str:
    if len(seen) == 1 and not (only := next(iter(seen))).isalnum():
        return only
    for token in ("#", "A", "a", "x"):
        if seen <= set(CLASSES[token]):
            return token
    one = next(iter(seen)) if len(seen) == 1 else "#"
    return "\\" + one if len(seen) == 1 else ("A" if any(c.isalpha() for c in seen) else "#")
