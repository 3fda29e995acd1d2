"""What a ledger holds: one entry for each touch of the rows, or choice made after looking at them.

No data passes through this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from synth.budget.promise import Rho

RULE = "a rule about "  # what a choice begins with that is no step
MECHANISMS = ("gaussian", "exponential", "laplace")


class Audience(Enum):
    """Who may see something that was computed from the rows without noise."""

    RELEASE = "release"  # may leave the house
    CUSTODIAN = "custodian"  # for the eyes of whoever already holds the rows


@dataclass(frozen=True)
class _Touch:
    """What every entry can do."""

    @property
    def leaves(self) -> bool:
        """Whether it is about something that may leave the house, and so is told to recipients."""
        return True

    def document(self) -> dict[str, Any]:
        """The entry as plain values, for a file or a pipe; `entry_of` reads it back."""
        plain = {k: v.value if isinstance(v, Enum) else v for k, v in asdict(self).items()}
        return {"kind": type(self).__name__.lower(), **plain}


@dataclass(frozen=True)
class Measured(_Touch):
    """A noisy answer: it cost `rho`."""

    purpose: str
    rho: Rho
    mechanism: str = MECHANISMS[0]
    delta: float = 0.0  # the chance that this answer alone breaks the promise


@dataclass(frozen=True)
class Opened(_Touch):
    """Rows, or facts read straight off them, were handed out without noise."""

    reason: str
    audience: Audience

    @property
    def leaves(self) -> bool:
        return self.audience is Audience.RELEASE


@dataclass(frozen=True)
class Grouped(_Touch):
    """Counts of combinations that at least `k` people share were handed out."""

    purpose: str
    k: int
    length: int


@dataclass(frozen=True)
class Filled(Grouped):
    """Gaps in what people share were filled with values of counts: of whole rows, no more holds.

    Of combinations with such a value, those of up to `length` values were checked.
    """


@dataclass(frozen=True)
class Chosen(_Touch):
    """The custodian settled something after looking at the rows: what, naming columns alone."""

    what: str


Entry = Measured | Opened | Grouped | Chosen
KINDS: Mapping[str, type[Any]] = {
    kind.__name__.lower(): kind for kind in (Measured, Opened, Grouped, Filled, Chosen)
}


def entry_of(document: Mapping[str, Any]) -> Entry:
    """The entry that a document describes.

    Raises:
        KeyError: there is no such kind of entry.
        TypeError: a value is missing, or one too many.
    """
    values = {k: v for k, v in document.items() if k != "kind"}
    if "audience" in values:
        values["audience"] = Audience(values["audience"])
    if "rho" in values:
        values["rho"] = Rho(float(values["rho"]))
    made: Entry = KINDS[document["kind"]](**values)
    return made
