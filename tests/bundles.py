"""Bundles that somebody has changed, with the list of checksums as somebody would write it."""

import hashlib
import io
import zipfile
from collections.abc import Mapping

from synth.release import Bundle
from synth.release.archive import SIGNED, SUMS


def summed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with a list of checksums that is right for them."""
    listed = {n: c for n, c in files.items() if n not in (SUMS, SIGNED)}
    lines = [f"{hashlib.sha256(c).hexdigest()}  {n}\n" for n, c in listed.items()]
    signed = {n: c for n, c in files.items() if n == SIGNED}
    return {**listed, SUMS: "".join(lines).encode(), **signed}


def zipped(files: Mapping[str, bytes]) -> io.BytesIO:
    """The files as a zip file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    out.seek(0)
    return out


def passed_on(files: Mapping[str, bytes]) -> Bundle:
    """A bundle as it reaches somebody from whoever changed its files."""
    return Bundle.read(zipped(summed(files)))
