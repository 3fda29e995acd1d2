"""Files that a server keeps, in a folder or at an address of fsspec, each there as a whole or not.

An object store shows what was put as a whole by itself; in a folder a file gets its name last.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.errors import SynthError

OWNER_ALONE = 0o700  # may look into the folders that are made


@dataclass(frozen=True)
class Files:
    """Files by name. Open their place with `Files.at`.

    Whatever a library that reaches it raises is an OSError here, which names its kind alone.
    """

    system: Any  # a file system of fsspec
    root: str

    @classmethod
    def at(cls, address: str) -> Files:
        """The place at an address; a folder is made where there is none.

        Args:
            address: a folder, or what fsspec knows, such as `s3://bucket/bundles`.

        Raises:
            OSError: there is no such place, or what reaches it is not installed.
        """
        from fsspec.core import url_to_fs  # slow to import

        with reached():
            system, root = url_to_fs(address)
            files = cls(system, root.rstrip("/"))
            if files.local:
                os.makedirs(root, mode=OWNER_ALONE, exist_ok=True)
            else:
                system.makedirs(root, exist_ok=True)
        return files

    @property
    def local(self) -> bool:
        """Whether it is a folder of this machine."""
        protocol = self.system.protocol
        return "file" in ((protocol,) if isinstance(protocol, str) else protocol)

    def path(self, name: str) -> str:
        """Where a file is."""
        return f"{self.root}/{name}"

    def put(self, name: str, content: bytes) -> None:
        """Keep a file in place of one of its name. Raises OSError."""
        with reached():
            if self.local:
                written(Path(self.path(name)), content)
            else:
                self.system.pipe_file(self.path(name), content)

    def get(self, name: str) -> bytes:
        """A file. Raises OSError."""
        with reached():
            return bytes(self.system.cat_file(self.path(name)))

    def names(self) -> tuple[str, ...]:
        """The names of all files, in order. Raises OSError."""
        with reached():
            found = self.system.ls(self.root, detail=False, refresh=True)
        return tuple(sorted(str(path).rsplit("/", 1)[-1] for path in found))

    def remove(self, name: str) -> None:
        """Let go of a file. Raises OSError."""
        with reached():
            self.system.rm_file(self.path(name))


@contextmanager
def reached() -> Iterator[None]:
    """Whatever goes wrong at a place elsewhere, as an OSError without its words."""
    try:
        yield
    except (OSError, SynthError):
        raise
    except Exception as error:
        raise OSError(type(error).__name__) from None


def written(path: Path, content: bytes, *, first: bool = False) -> None:
    """Write a file as a whole or not at all, for the owner alone.

    Args:
        first: leave one that is there as it is.
    """
    coming = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with open(coming, "xb", opener=owner_only) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if first:
            with suppress(FileExistsError):
                os.link(coming, path)
        else:
            os.replace(coming, path)
    finally:
        coming.unlink(missing_ok=True)


def owner_only(path: str, flags: int) -> int:
    """Open a file that nobody else at the machine may read, for `open`."""
    return os.open(path, flags, 0o600)
