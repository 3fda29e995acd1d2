"""Parcels: what goes between servers and workers, sealed, in a folder or at an address of fsspec.

Each job has a key of its own, which is in its line of the queue and nowhere else. So whoever has
the folder alone reads nothing, whoever has the queue alone has nothing to read, and what is left of
a parcel whose line is gone is noise. Content is encrypted in pieces (AES-256-GCM); the nonce of a
piece says what kind of parcel it is of, which piece it is, and whether it is the last one, so that
none can be changed, moved, left out or put elsewhere.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from synth.api.files import Files, owner_only, reached
from synth.errors import TeamError

ROWS, RELEASE = "rows", "release"  # what goes to a worker, and what comes back
KINDS = (ROWS, RELEASE)
PIECE = 1 << 20  # bytes
LENGTH = 4  # bytes before each piece, that say how long it is
KEY = 32  # bytes


@dataclass(frozen=True)
class Parcels:
    """The place where parcels lie. Open it with `Parcels.opened`."""

    files: Files

    @classmethod
    def opened(cls, address: str) -> Parcels:
        """The place that an operator names; a folder is made where there is none.

        Args:
            address: a folder, or what fsspec knows, such as `s3://bucket/parcels`.

        Raises:
            TeamError: there is no such place, or what reaches it is not installed.
        """
        try:
            return cls(Files.at(address))
        except OSError as error:
            raise _unreachable(error) from None

    @contextmanager
    def sealing(self, id: str, kind: str, key: str) -> Iterator[IO[bytes]]:
        """A stream whose content becomes a parcel; what is broken off is no parcel.

        Args:
            kind: of `KINDS`.
            key: of the job, as `new_key` makes them; for each kind one parcel alone.

        Raises:
            TeamError: it cannot be written.
        """
        try:
            with self._written(self._path(id, kind)) as file:
                sealing = _Sealing(file, kind, key)
                yield sealing  # type: ignore[misc]  # it writes, which is all that is asked of it
                sealing.end()
        except OSError as error:
            self.remove(id, kind)
            raise _unreachable(error) from None
        except BaseException:
            self.remove(id, kind)
            raise

    def pieces(self, id: str, kind: str, key: str) -> Iterator[bytes]:
        """What is in a parcel, piece by piece, each as it was sealed.

        Raises:
            TeamError: it is not there, was changed or cut, or is of another job.
        """
        try:
            with reached(), self.files.system.open(self._path(id, kind), "rb") as file:
                yield from _opened(file, kind, key)
        except OSError as error:
            raise _unreachable(error) from None

    def remove(self, *names: str) -> None:
        """Let go of a job's parcels, or of one kind. What cannot be removed has no key any more."""
        id, *kinds = names
        for kind in kinds or KINDS:
            with suppress(OSError):
                self.files.remove(f"{id}.{kind}")

    def ids(self) -> frozenset[str]:
        """The jobs of which something is there."""
        with suppress(OSError):
            parts = (name.rpartition(".") for name in self.files.names())
            return frozenset(id for id, _, kind in parts if kind in KINDS)
        return frozenset()

    def _path(self, id: str, kind: str) -> str:
        return self.files.path(f"{id}.{kind}")

    @contextmanager
    def _written(self, path: str) -> Iterator[IO[bytes]]:
        with reached():
            if self.files.local:  # fsspec would leave it readable for everybody
                file: IO[bytes] = open(path, "xb", opener=owner_only)  # noqa: SIM115
            else:
                file = self.files.system.open(path, "wb")
        try:
            yield file
        except BaseException:
            with suppress(Exception):
                file.close()
            raise
        with reached():
            file.close()


def new_key() -> str:
    """A key for the parcels of one job, in hexadecimal digits."""
    return secrets.token_hex(KEY)


class _Sealing(io.RawIOBase):
    """Seals what is written to it."""

    def __init__(self, file: IO[bytes], kind: str, key: str) -> None:
        super().__init__()
        self._file, self._kind, self._cipher = file, kind, AESGCM(bytes.fromhex(key))
        self._held, self._number = bytearray(), 0

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        view = memoryview(content).cast("B")
        for start in range(0, len(view), PIECE):
            self._held += view[start : start + PIECE]
            while len(self._held) > PIECE:  # the last piece is never sealed before the end
                self._seal(last=False)
        return len(view)

    def end(self) -> None:
        """Seal the last piece."""
        self._seal(last=True)

    def _seal(self, *, last: bool) -> None:
        piece = bytes(self._held[:PIECE])
        del self._held[:PIECE]
        sealed = self._cipher.encrypt(_nonce(self._kind, self._number, last), piece, None)
        self._number += 1
        with reached():
            self._file.write(len(sealed).to_bytes(LENGTH, "big") + sealed)


def _opened(file: IO[bytes], kind: str, key: str) -> Iterator[bytes]:
    cipher, number = AESGCM(bytes.fromhex(key)), 0
    length = file.read(LENGTH)
    while length:
        sealed = file.read(min(int.from_bytes(length, "big"), PIECE + 64))
        length = file.read(LENGTH)
        try:
            yield cipher.decrypt(_nonce(kind, number, not length), sealed, None)
        except InvalidTag:
            raise _damaged() from None
        number += 1
    if not number:
        raise _damaged()


def _nonce(kind: str, number: int, last: bool) -> bytes:
    return bytes((KINDS.index(kind), last)) + number.to_bytes(10, "big")


def _damaged() -> TeamError:
    return TeamError(
        "A parcel of the queue was changed or cut, or belongs to another job.",
        "Nothing of it was used. Whoever runs this server sees to who may write to SYNTH_PARCELS.",
    )


def _unreachable(error: BaseException) -> TeamError:
    return TeamError(
        f"A parcel of the queue cannot be written or read ({type(error).__name__}).",
        "Whoever runs this server sees that SYNTH_PARCELS names a place with space that servers "
        "and workers reach.",
    )
