"""A zip file with a list of checksums: written in a stream, and confirmed when it is read."""

from __future__ import annotations

import hashlib
import io
import weakref
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from synth.errors import BundleError
from synth.incoming import Refusal, check_listed, reading
from synth.release.table_files import Sink

SUMS = "SHA256SUMS"
SIGNED = "signature.json"  # over the list of checksums, and so not on it
MOST_UNPACKED = 4 << 30  # bytes
MOST_TIGHT = 100_000_000  # bytes that it may unpack to however small it is: rows may all be alike
BROKEN = Refusal(
    BundleError, "The file is no zip archive, or is damaged.", "Ask for the bundle again."
)
PART = 1 << 20  # bytes read at once
# How a zip file is laid out, in bytes: the head of a file, its line in the list at the end, what
# may follow its content (a descriptor, with or without a mark, of short or long sizes), the end
# itself (without and with its long form), and the one extra field that long sizes need.
HEAD, LINE, BEHIND, ENDS = 30, 46, (0, 12, 16, 20, 24), (22, 22 + 76)
ZIP64, MOST_EXTRA = b"\x01\x00", 32


@dataclass
class Parcel:
    """A zip file in the making, with the checksum of each of its files, always the same bytes.

    Args:
        archive: None to work the checksums out, and keep nothing.
    """

    archive: zipfile.ZipFile | None = None
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
        if self.archive is not None:
            self.archive.writestr(zipfile.ZipInfo(name), content)
        self._note(name, hashlib.sha256(content).hexdigest())

    @contextmanager
    def entry(self, name: str, *, large: bool = False) -> Iterator[Sink]:
        """A file to write to.

        Args:
            large: it may become larger than 2 GB.
        """
        if self.archive is None:
            yield (summed := _Summed())
        else:
            with self.archive.open(name, "w", force_zip64=large) as file:
                yield (summed := _Summed(file))
        self._note(name, summed.digest.hexdigest())

    def _note(self, name: str, digest: str) -> None:
        self.sums += f"{digest}  {name}\n"

    @property
    def digests(self) -> dict[str, str]:
        """The checksum of each file so far, by its name."""
        lines = (line.partition("  ") for line in self.sums.splitlines())
        return {name: digest for digest, _, name in lines}

    def seal(self, signing: Callable[[bytes], bytes] | None = None) -> None:
        """Put the list of checksums in, and behind it a signature of it where there is a key."""
        sums = self.sums.encode()
        self.add(SUMS, sums)
        if signing is not None:
            self.add(SIGNED, signing(sums))


class _Summed(io.RawIOBase):
    """Writes on, where there is something to write to, and keeps the checksum."""

    def __init__(self, file: IO[bytes] | None = None) -> None:
        self.file, self.digest = file, hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self.digest.update(content)
        return len(content) if self.file is None else self.file.write(content)


class Unpacked(Mapping[str, bytes]):
    """The files of a zip file by name, each read when it is asked for."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = dict.fromkeys(archive.namelist())
        weakref.finalize(self, archive.close)  # before its file goes, in a circle of references too

    @property
    def tight(self) -> bool:
        """Whether the archive holds its files alone: no comment, no room between them."""
        with _readable():
            return _tight(self._archive)

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
    with reading(BROKEN):
        try:
            yield
        except FileNotFoundError:
            raise BundleError("There is no such bundle.", "Check the path.") from None


def unpacked(source: Path | IO[bytes]) -> Unpacked:
    """Every file of a zip file by name.

    Raises:
        BundleError: it is none, is damaged, or would take too much memory.
    """
    with _readable():
        archive = zipfile.ZipFile(source)
        check_listed(archive, BROKEN, MOST_UNPACKED, MOST_TIGHT)
    return Unpacked(archive)


def _tight(archive: zipfile.ZipFile) -> bool:
    """Walk from file to file, as they lie in the archive."""
    stream, place = archive.fp, 0
    assert stream is not None
    for info in sorted(archive.infolist(), key=lambda i: i.header_offset):
        stream.seek(info.header_offset)
        head = stream.read(HEAD)
        name, extra = (int.from_bytes(head[at : at + 2], "little") for at in (26, 28))
        stream.seek(info.header_offset + HEAD + name)
        own = (stream.read(extra)[:2], info.extra[:2])
        if info.header_offset - place not in (BEHIND if place else (0,)) or info.comment:
            return False
        if any(e not in (b"", ZIP64) for e in own) or max(extra, len(info.extra)) > MOST_EXTRA:
            return False
        place = info.header_offset + HEAD + name + extra + info.compress_size
    stream.seek(0, io.SEEK_END)
    listed = sum(LINE + len(i.filename.encode()) + len(i.extra) for i in archive.infolist())
    rest = stream.tell() - place - listed
    return not archive.comment and any(rest - e in BEHIND for e in ENDS)


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
        if name in (SUMS, SIGNED):
            continue
        if name not in listed:
            raise BundleError(
                f"`{name}` is in the bundle but not in its list of checksums.",
                "Someone added it; ask for the bundle again.",
            )
        if digest_of(files, name) != listed[name]:
            raise BundleError(
                f"`{name}` was changed after the release was made.", "Ask for the bundle again."
            )
    if gone := sorted({*listed} - {*files} | {*listed} & {SUMS, SIGNED}):
        raise BundleError(
            f"{', '.join(gone)} is listed but not in the bundle.", "Ask for the bundle again."
        )


def digest_of(files: Mapping[str, bytes], name: str) -> str:
    """The SHA-256 of one of some files."""
    if isinstance(files, Unpacked):
        return files.digest(name)
    return hashlib.sha256(files[name]).hexdigest()
