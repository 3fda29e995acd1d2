"""How a text file of a table is written: delimiter, encoding, quotes and line ends."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from synth.errors import SchemaError


@dataclass(frozen=True)
class Written:
    """How a text file is written.

    Args:
        encoding: as Python names it; "utf-8-sig" begins with a byte order mark.
        quoted: whether every value stands in quotation marks, and not only those that need them.
        ends: what a line ends with.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    quoted: bool = False
    ends: str = "\r\n"

    def __post_init__(self) -> None:
        known = len(self.delimiter) == 1 and self.ends in ("\r\n", "\n", "\r")
        try:
            "".encode(self.encoding)
        except (LookupError, ValueError):
            known = False
        if not known:
            raise SchemaError(
                "A text file cannot be written so.",
                "Give a delimiter of one character and an encoding that Python knows.",
            )

    @property
    def quoting(self) -> Literal[0, 1]:
        """The same, as the `csv` module says it."""
        return csv.QUOTE_ALL if self.quoted else csv.QUOTE_MINIMAL

    def holding(self, texts: Iterable[str]) -> Written:
        """The same, in UTF-8 where the encoding has no sign for something in `texts`."""
        try:
            "".join(texts).encode(self.encoding)
        except UnicodeEncodeError:
            return replace(self, encoding="utf-8-sig")
        return self

    def document(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return asdict(self)


AS_USUAL = Written()


def written_of(document: Mapping[str, Any]) -> Written:
    """What a document describes.

    Raises:
        SchemaError: nothing can be written so.
    """
    return Written(
        delimiter=str(document.get("delimiter", ",")),
        encoding=str(document.get("encoding", "utf-8")),
        quoted=bool(document.get("quoted", False)),
        ends=str(document.get("ends", "\r\n")),
    )
