"""What a custodian says of a release, in words of their own; every line may be left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

DAY = r"^(\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))?$"


@dataclass(frozen=True)
class About:
    """Who publishes a release and how it may be used.

    Args:
        licence: its name, or the address of its text.
        contact: whom to ask: an address to write to, or a page.
        date: as the custodian gives it, YYYY-MM-DD; no clock is read.
    """

    description: str = ""
    publisher: str = ""
    licence: str = ""
    contact: str = ""
    version: str = ""
    date: str = ""

    def document(self) -> dict[str, str]:
        """What was said, as plain values."""
        return {name: text for name, text in asdict(self).items() if text}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read back what `document` gave. Raises TypeError for something else."""
        return cls(**{str(name): str(text) for name, text in document.items()})


NOTHING_SAID = About()
WORDS = tuple(f.name for f in fields(About))
