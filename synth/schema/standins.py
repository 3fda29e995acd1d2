"""Names, e-mail addresses and postal addresses of nobody, that read like those of a place.

Faker makes them up from its own lists: no row is looked at, and each carries a number of its own,
so that it is seen to be made up and no two are alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from synth.errors import SchemaError
from synth.lazily import compiled

KINDS = ("name", "e-mail", "address")
NAMED = compiled(rf"({'|'.join(KINDS)}) in (\w+)")
WHY = {
    "name": "are made up by Faker, and bear SYN- and a number",
    "e-mail": "are at example.org, which is reserved and delivers to nobody (RFC 2606)",
    "address": "are made up by Faker, and bear SYN- and a number",
}


@dataclass(frozen=True)
class StandIn:
    """What new identifiers read like.

    Args:
        kind: one of `KINDS`.
        locale: the language and country, as Faker names them: `de_DE`.

    Raises:
        SchemaError: Faker does not know the locale.
    """

    kind: str
    locale: str

    def __post_init__(self) -> None:
        if self.locale not in locales():
            raise SchemaError(
                f"Nobody knows names in `{self.locale}`.",
                "Name a language and a country, such as en_GB, de_DE or pt_BR.",
            )

    def made(self, marks: Sequence[str], start: int, seed: int) -> list[str]:
        """One for each mark, the first for row `start`; the same for a row whatever the others."""
        fake = _faker(self.locale)
        told = []
        for row, mark in enumerate(marks, start=start):
            fake.seed_instance(f"{seed} {row}")
            told.append(self._one(fake, mark))
        return told

    def _one(self, fake: Any, mark: str) -> str:
        if self.kind == "e-mail":
            return f"{fake.user_name()}.{mark}@example.org"
        text = fake.name() if self.kind == "name" else fake.address()
        return f"{', '.join(text.split(chr(10)))} (SYN-{mark})"


def stand_in(template: str) -> StandIn | None:
    """What a template asks for, `name in de_DE`; None where it asks for something else."""
    found = NAMED.fullmatch(template)
    return StandIn(found[1], found[2]) if found else None


def locales() -> Sequence[str]:
    """The locales that Faker knows."""
    from faker.config import AVAILABLE_LOCALES

    known: Sequence[str] = sorted(AVAILABLE_LOCALES)
    return known


def _faker(locale: str) -> Any:
    from faker import Faker

    return Faker(locale, use_weighting=False)
