"""Steps on text: mask, recode, pseudonymise."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from synth.budget import Audience
from synth.errors import SchemaError, StepError
from synth.lazily import pd
from synth.protect.steps.step import ValueStep, checked_number, declared_list, known_column
from synth.schema import Categories, Column, Domain, Origin, Pattern, Role, Schema
from synth.schema.pattern import Template
from synth.schema.respelling import CASES, respelt
from synth.schema.settings import Ask, setting
from synth.vault import PrivateTable
from synth.wording import so_many

KEYS = "PSEUDONYM_"  # what the name of an environment variable with a key begins with


@dataclass(frozen=True)
class Mask(ValueStep):
    """Keep the first or last characters."""

    name: ClassVar[str] = "mask"
    title: ClassVar[str] = "Mask characters"
    summary: ClassVar[str] = "Keep the first or last characters and hide the rest."
    first: int = setting(0, title="Characters kept at the start")
    last: int = setting(0, title="Characters kept at the end")
    sign: str = setting("*", title="Sign for each hidden character (empty: cut off)")

    def __post_init__(self) -> None:
        checked_number(self.first, 0, "The number of characters kept at the start", "first")
        checked_number(self.last, 0, "The number of characters kept at the end", "last")
        if len(self.sign) > 1:
            raise StepError("The sign has several characters.", "Give one, or none.", "sign")

    def change(self, values: pd.Series) -> pd.Series:
        return values.map(self._masked)

    def _masked(self, text: str) -> str:
        hidden = len(text) - self.first - self.last
        if hidden <= 0:
            return text
        return text[: self.first] + self.sign * hidden + (text[-self.last :] if self.last else "")

    @property
    def said(self) -> str:
        last = so_many(self.last, "character")
        return f"Mask {self.column}: keep the first {self.first} and last {last}"


@dataclass(frozen=True, kw_only=True)
class Recode(ValueStep):
    """Other words for some values; the others stay, or become one word."""

    name: ClassVar[str] = "recode"
    title: ClassVar[str] = "Recode values"
    summary: ClassVar[str] = "Give values other words, or gather several under one."
    values: Mapping[str, str] = setting(title="Old value = new value", ask=Ask.MAPPING)
    others: str = setting(
        "", title="Everything else becomes (empty: stays)", help="For example 'Other'."
    )

    def __post_init__(self) -> None:
        if not self.values and not self.others:
            raise StepError("No value is given another word.", "Name at least one.", "values")

    def change(self, values: pd.Series) -> pd.Series:
        return values.map(lambda v: self.values.get(v, self.others or v))

    def domain(self, old: Column) -> Domain | None:
        if self.others:
            return declared_list((*self.values.values(), self.others), missing=True)
        return super().domain(old)

    @property
    def said(self) -> str:
        rest = f", everything else {self.others}" if self.others else ""
        many = so_many(len(self.values), "value")
        return f"Recode {many} of {self.column}{rest}"


@dataclass(frozen=True)
class Respell(ValueStep):
    """Values that differ in case, blanks or accents alone made one, by a rule that no row chose."""

    name: ClassVar[str] = "respell"
    title: ClassVar[str] = "Write alike"
    summary: ClassVar[str] = "Yes, yes and YES become one: by case, blanks, and accents if wanted."
    case: str = setting("lower", title="Letters", choices=CASES)
    accents: bool = setting(True, title="Keep accents")

    def __post_init__(self) -> None:
        if self.case not in CASES:
            raise StepError(
                f"`{self.case}` is no way to write letters.",
                f"Choose one of {', '.join(CASES)}.",
                "case",
            )

    def change(self, values: pd.Series) -> pd.Series:
        return values.map(lambda v: respelt(v, self.case, accents=self.accents) or None)

    @property
    def said(self) -> str:
        return f"Write {self.column} alike: letters {self.case}"


@dataclass(frozen=True)
class Pseudonymise(ValueStep):
    """Random codes, the same for the same value within one release and unlinkable across them.

    With a secret the codes are a keyed hash (HMAC-SHA-256) instead, so that whoever holds the
    secret gets the same code again, in the next release too.

    No two values share a code, but under a promise of noise: there, two that are not publicly known
    may fall on one, because whether they do, and who would have to give way, is decided by rows.

    Args:
        secret: the name of the environment variable that holds the key. The key itself is never
            in a recipe, because a release carries its recipe.
        key: drawn anew for each run, or read from the environment.
        apart: whether the code of a value may hang on no other value of the rows.
    """

    name: ClassVar[str] = "pseudonymise"
    title: ClassVar[str] = "Pseudonymise"
    summary: ClassVar[str] = (
        "Codes instead of names. Counts stay, so common values can still be guessed."
    )
    format: str = setting(
        "######", title="Format of the codes", help="# digit, A letter, a small letter."
    )
    secret: str = setting(
        "",
        title="Environment variable with a key (empty: random)",
        help="Only if you must link this release with another one. Random codes cannot be linked. "
        "Its name begins with PSEUDONYM_.",
    )
    key: bytes = field(default=b"", repr=False, compare=False)
    known: tuple[str, ...] = field(default=(), repr=False, compare=False)
    apart: bool = field(default=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            Template(self.format)
        except SchemaError as error:
            raise StepError(error.what, error.remedy, "format") from None
        if self.secret and not self.secret.startswith(KEYS):
            raise StepError(
                f"The environment variable `{self.secret}` is none for keys of pseudonyms.",
                f"Put the key into one whose name begins with {KEYS}: codes made with any other "
                "secret of the machine could be tried against guesses of it.",
                "secret",
            )

    @property
    def _format(self) -> Template:
        return Template(self.format)

    def settled(self, private: PrivateTable, audience: Audience) -> Pseudonymise:
        """The step with its key, and the values that are publicly known to occur.

        Raises:
            StepError: the environment does not hold the key.
        """
        key = os.environ.get(self.secret, "").encode() if self.secret else secrets.token_bytes(32)
        if not key:
            raise StepError(
                f"The environment variable `{self.secret}` holds no key.",
                "Set it before the run, or leave the secret out for random codes.",
                "secret",
            )
        domain = known_column(private.schema, self.column).domain
        if isinstance(domain, Categories) and domain.origin is not Origin.OBSERVED:
            return replace(self, key=key, known=domain.values)
        return replace(self, key=key)

    def alone(self) -> Pseudonymise:
        return replace(self, apart=True)

    def change(self, values: pd.Series) -> pd.Series:
        if not self.apart:
            return values.map(self._codes(dict.fromkeys((*self.known, *sorted(values)))))
        codes = self._codes(dict.fromkeys(self.known))
        taken = {*codes.values()}
        return values.map(lambda v: codes[v] if v in codes else self._free(v, taken))

    def _free(self, value: str, taken: Collection[str]) -> str:
        """The first of a value's codes that is not taken; a keyed one is the same always."""
        code, turn = self._code(value, 0), 0
        while code in taken and not self.secret:
            turn += 1
            code = self._code(value, turn)
        return code

    def _codes(self, values: Iterable[str]) -> dict[str, str]:
        """A code for each value, no two alike.

        Where two values fall on the same code, a random one is drawn again; a keyed one must not
        be, because it would depend on who else is in the table.
        """
        found: dict[str, str] = {}
        taken: set[str] = set()
        wanted = list(values)
        if len(wanted) > self._format.space / 2:
            raise StepError(
                f"The format `{self.format}` allows {self._format.space:.0f} codes, too few for "
                f"{len(wanted):,} values.",
                "Give it more digits.",
                "format",
            )
        for value in wanted:
            code = self._free(value, taken)
            if code in taken:
                raise StepError(
                    f"Two values get the same code in the format `{self.format}`.",
                    "Give it more digits.",
                    "format",
                )
            found[value] = code
            taken.add(code)
        return found

    def _code(self, value: str, turn: int) -> str:
        told = f"{turn}\x00{value}".encode()
        number = int.from_bytes(hmac.new(self.key, told, hashlib.sha256).digest())
        signs = []
        for allowed in self._format.places:
            number, place = divmod(number, len(allowed))
            signs.append(allowed[place])
        return "".join(signs)

    def role(self, old: Column) -> Role:
        return old.role

    def domain(self, old: Column) -> Domain | None:
        if old.role is Role.IDENTIFIER:
            return None
        return super().domain(old)

    def declare(self, schema: Schema) -> Schema:
        declared = super().declare(schema)
        new: Any = declared[self.target]
        if new.role is Role.IDENTIFIER:
            return declared.replaced(replace(new, domain=Pattern(self.format)))
        return declared

    @property
    def said(self) -> str:
        how = f"keyed by {self.secret}" if self.secret else "random"
        return f"Pseudonymise {self.column} ({how}, {self.format})"
