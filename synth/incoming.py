"""What comes from outside: archives and documents are opened here, and damage ends in a sentence.

How much an archive would unpack to is decided by its list, before a byte is unpacked: zlib packs a
thousand to one at most, and `zipfile` reads no more of a file than the list says.
"""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from synth.errors import SynthError
from synth.wording import so_many

MOST_FILES = 10_000  # in an archive
MOST_RATIO = 200  # times its size that an archive may unpack to, beyond what is free
FREE = 10_000_000  # bytes that any archive may unpack to
DAMAGE: tuple[type[Exception], ...] = (  # what readers of damaged content raise
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,  # RecursionError and NotImplementedError are such
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
OUTSIDE = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[A-Za-z]:|[\x00-\x1f]")


@dataclass(frozen=True)
class Refusal:
    """The error that damage ends in; the kind of damage is put before its last dot."""

    error: type[SynthError]
    what: str
    remedy: str

    def of(self, found: BaseException | None = None) -> SynthError:
        """The error. It tells the kind of what was found and no word of it: a cell may be in it."""
        kind = f" ({type(found).__name__})" if found is not None else ""
        return self.error(f"{self.what.removesuffix('.')}{kind}.", self.remedy)


@contextmanager
def reading(refusal: Refusal) -> Iterator[None]:
    """Whatever goes wrong inside is the refusal; sentences of our own stay what they are.

    Raises:
        SynthError: of the kind of the refusal.
    """
    try:
        yield
    except SynthError:
        raise
    except DAMAGE as error:
        raise refusal.of(error) from None


@contextmanager
def archive(
    stream: IO[bytes] | Any, refusal: Refusal, most: int, free: int = FREE
) -> Iterator[zipfile.ZipFile]:
    """A zip file to read from; what goes wrong inside is the refusal.

    Args:
        stream: seekable, or a path.
        most: bytes that it may unpack to.
        free: bytes up to which it may be packed as tightly as it is.

    Raises:
        SynthError: of the kind of the refusal: it is none or damaged, would unpack to more or to
            far more than it is, holds two files of one name, or names that lead out of a folder.
    """
    with reading(refusal), zipfile.ZipFile(stream) as opened:
        check_listed(opened, refusal, most, free)
        yield opened


def check_listed(opened: zipfile.ZipFile, refusal: Refusal, most: int, free: int = FREE) -> None:
    """Refuse an archive by its list. Raises as `archive`."""
    listed = opened.infolist()
    names = [i.filename for i in listed]
    if twice := len(names) - len(set(names)):
        raise refusal.error(
            f"The archive holds {so_many(twice, 'file')} under a name that another has.",
            "Someone added them; ask for it again, or pack it anew.",
        )
    if len(names) > MOST_FILES or any(map(OUTSIDE.search, names)):
        raise refusal.error(
            "The archive holds too many files, or names that lead out of it.", refusal.remedy
        )
    assert opened.fp is not None
    place = opened.fp.tell()
    size = opened.fp.seek(0, io.SEEK_END)
    opened.fp.seek(place)
    check_unpacked(sum(i.file_size for i in listed), size, refusal, most, free)


def check_unpacked(unpacked: int, size: int, refusal: Refusal, most: int, free: int = FREE) -> None:
    """Refuse what unpacks to too much, or to far more than it is. Raises as `archive`."""
    if unpacked > most:
        told = f"The file would unpack to more than {most / 1e9:.0f} GB."
        raise refusal.error(told, refusal.remedy)
    if unpacked > max(free, MOST_RATIO * size):
        raise refusal.error(
            f"The file would unpack to {unpacked / 1e6:,.0f} MB from {size / 1e6:.2f} MB.",
            refusal.remedy,
        )


def parsed(content: bytes | str, refusal: Refusal) -> Any:
    """What a JSON text says, however deep it is nested. Raises as `reading`."""
    with reading(refusal):
        return json.loads(content)


def document(content: bytes | str, refusal: Refusal) -> dict[str, Any]:
    """The object that a JSON text is. Raises as `reading`, also where it is another value."""
    found = parsed(content, refusal)
    if not isinstance(found, dict):
        raise refusal.of()
    return found


def whole(value: Any) -> int:
    """A whole number as JSON has them, and nothing that could be rounded to one.

    Raises:
        TypeError: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("no whole number")
    return value
