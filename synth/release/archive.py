"""A zip file with a list of checksums: written in a stream, and confirmed when it is read."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from synth.errors import BundleError
from synth.release.table_files import Sink

SUMS = "SHA256SUMS"
MOST_UNPACKED = 4 << 30  # bytes
PART = 1 << 20  # bytes read at once


@dataclass
class Parcel:
    """A zip file in the making, with the checksum of each of its files, always the same bytes."""

    archive: zipfile.ZipFile
    sums: str = ""

    @classmethod
    @contextmanager
    def opened(cls, stream: IO[bytes]) -> Iterator[Self]:
        """One that is written to `stream`."""
        # a higher level takes several times as long and saves a tenth
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=2) as archive:
            yield cls(archive)

    def add(self, name: str, content: bytes) -> None:
        """A whole file."""
        with self.entry(name) as file:
            file.write(content)

    def add_packed(self, name: str, content: bytes) -> None:
        """A whole file that is compressed already."""
        self.archive.writestr(zipfile.ZipInfo(name), content)
        self._note(name, hashlib.sha256(content).hexdigest())

    @contextmanager
    def entry(self, name: str, *, large: bool = False) -> Iterator[Sink]:
        """A file to write to.

        Args:
            large: it may become larger than 2 GB.
        """
        with self.archive.open(name, "w", force_zip64=large) as file:
            summed = _Summed(file)
            yield summed
        self._note(name, summed.digest.hexdigest())

    def _note(self, name: str, digest: str) -> None:
        self.sums += f"{digest}  {name}\n"

    def seal(self) -> None:
        """Put the list of checksums in, as the last file."""
        self.add(SUMS, self.sums.encode())


class _Summed(io.RawIOBase):
    """Writes on, and keeps the checksum."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest = file, hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self.digest.update(content)
        return self.file.write(content)


class Unpacked(Mapping[str, bytes]):
    """The files of a zip file by name, each read when it is asked for."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = dict.fromkeys(archive.namelist())

    def __getitem__(self, name: str) -> bytes:
        with self._opened(name) as file:
            return file.read()

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def digest(self, name: str) -> str:
        """The SHA-256 of a file, which is not held as a whole."""
        found = hashlib.sha256()
        with self._opened(name) as file:
            while part := file.read(PART):
                found.update(part)
        return found.hexdigest()

    @contextmanager
    def _opened(self, name: str) -> Iterator[IO[bytes]]:
        if name not in self._names:
            raise KeyError(name)
        with _readable(), self._archive.open(name) as file:
            yield file


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise BundleError("There is no such bundle.", "Check the path.") from None
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError):
        raise BundleError(
            "The file is no zip archive, or is damaged.", "Ask for the bundle again."
        ) from None


def unpacked(source: Path | IO[bytes]) -> Unpacked:
    """Every file of a zip file by name.

    Raises:
        BundleError: it is none, is damaged, or would take too much memory.
    """
    with _readable():
        archive = zipfile.ZipFile(source)
    if sum(i.file_size for i in archive.infolist()) > MOST_UNPACKED:
        raise BundleError(
            "The bundle would unpack to more than 4 GB.", "Release fewer rows at once."
        )
    return Unpacked(archive)


def confirm(files: Mapping[str, bytes], required: Sequence[str]) -> None:
    """See that all files are there and match their checksums.

    Raises:
        BundleError: one is missing, was added, or was changed.
    """
    if absent := [n for n in (*required, SUMS) if n not in files]:
        raise BundleError(
            f"The bundle lacks {', '.join(absent)}.", "Ask for the complete bundle again."
        )
    lines = [line.partition("  ") for line in files[SUMS].decode().splitlines() if line]
    listed = {name: digest for digest, _, name in lines}
    for name in files:
        if name == SUMS:
            continue
        if name not in listed:
            raise BundleError(
                f"`{name}` is in the bundle but not in its list of checksums.",
                "Someone added it; ask for the bundle again.",
            )
        if _digest(files, name) != listed[name]:
            raise BundleError(
                f"`{name}` was changed after the release was made.", "Ask for the bundle again."
            )
    if gone := sorted(set(listed) - set(files)):
        raise BundleError(
            f"{', '.join(gone)} is listed but not in the bundle.", "Ask for the bundle again."
        )


def _digest(files: Mapping[str, bytes], name: str) -> str:
    if isinstance(files, Unpacked):
        return files.digest(name)
    return hashlib.sha256(files[name]).hexdigest()
