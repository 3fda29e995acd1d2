"""How a text file was written, so that a synthetic table can be written the same way."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from synth.errors import SchemaError

LINE_ENDS = ("\r\n", "\n", "\r")


@dataclass(frozen=True)
class Written:
    """The dialect of a text file. It says nothing of the rows: only how lines are laid out.

    Args:
        delimiter: the one character between two fields.
        encoding: as Python names it; `utf-8-sig`, `utf-16` and their like begin with a mark of
            their byte order.
        quote_all: whether every field is in quotes, and not only those that need them.
        line_end: what ends a line.

    Raises:
        SchemaError: no text file can be written that way.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    quote_all: bool = False
    line_end: str = "\r\n"

    def __post_init__(self) -> None:
        if len(self.delimiter) != 1 or self.delimiter in '\r\n"':
            raise SchemaError(
                "The delimiter of a text file is one character.", 'Give one, such as "," or ";".'
            )
        if self.line_end not in LINE_ENDS:
            raise SchemaError("A line ends with \\r\\n, \\n or \\r.", "Choose one of these.")
        try:
            codecs.lookup(self.encoding)
        except LookupError:
            raise SchemaError(
                "There is no such encoding.", 'Give one that is known, such as "utf-8".'
            ) from None

    def document(self) -> dict[str, Any]:
        """As plain values; `written_of` reads it back."""
        return asdict(self)


def written_of(document: Mapping[str, Any]) -> Written:
    """Read back what `Written.document` gave; what it does not say is as usual.

    Raises:
        SchemaError: it says something else, or no text file can be written that way.
    """
    kinds = {"delimiter": str, "encoding": str, "quote_all": bool, "line_end": str}
    for key, value in document.items():
        if key not in kinds or not isinstance(value, kinds[key]):
            raise SchemaError(
                "What is said of how the text file was written cannot be read.",
                f"Give {', '.join(f'`{k}`' for k in kinds)}.",
            )
    return Written(**document)
