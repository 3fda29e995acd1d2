"""Whose a release is: an Ed25519 signature over its list of checksums.

Checksums and a model that draws the same rows again tell that a bundle hangs together, not who put
it together. Only a signature tells that, to somebody who knows the custodian's fingerprint from
elsewhere.

Reference: RFC 8032.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from synth.errors import BundleError, KeyFileError
from synth.incoming import Refusal, document, reading
from synth.release.archive import SIGNED, SUMS

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY = "SYNTH_KEY"  # names the file with the key, where the operator of a server has one
FORMAT = "synth signature"
SIGNING = b"synth release\n"  # before the list, so that the key signs nothing else by mistake
OWNER_ONLY = 0o600


@dataclass(frozen=True)
class SigningKey:
    """The custodian's private key."""

    _key: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.public)

    def sign(self, sums: bytes, what: bytes = SIGNING) -> bytes:
        """`signature.json` for a list of checksums: the same list always has the same.

        Args:
            what: is signed, so that a signature of one thing is none of another.
        """
        return _written(self.public, self._key.sign(what + sums))


def _written(public: bytes, signature: bytes) -> bytes:
    document = {
        "format": FORMAT,
        "algorithm": "Ed25519",
        "signs": SUMS,
        "public_key": base64.b64encode(public).decode(),
        "signature": base64.b64encode(signature).decode(),
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def fingerprint(public: bytes) -> str:
    """What a public key is known by: the SHA-256 of its 32 bytes, in hexadecimal."""
    return hashlib.sha256(public).hexdigest()


def new_key(path: Path) -> SigningKey:
    """Write a new private key (PEM, PKCS #8) that its owner alone may read.

    Raises:
        KeyFileError: there is such a file already, or it cannot be written.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except FileExistsError:
        raise KeyFileError(f"`{path}` exists already.", "Choose another name.") from None
    except OSError as error:
        raise KeyFileError(
            f"`{path}` cannot be written ({type(error).__name__}).", "Choose another place."
        ) from None
    try:
        with open(place, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise KeyFileError(
            f"`{path}` cannot be written ({(error.strerror or 'it failed').lower()}).",
            "Free some space, or choose another place.",
        ) from None
    return SigningKey(key)


def read_key(path: Path) -> SigningKey:
    """The private key in a file.

    Raises:
        KeyFileError: there is none, others may read it, or it is of another sort.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        open_to_all = os.name == "posix" and path.stat().st_mode & 0o077
        content = path.read_bytes()
    except OSError:
        raise KeyFileError(
            f"The key `{path.name}` cannot be read.", "Give its path; `synth key new` makes one."
        ) from None
    if open_to_all:
        raise KeyFileError(
            f"Others may read the key `{path.name}`.", f"Keep it to yourself: chmod 600 {path.name}"
        )
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(
            f"`{path.name}` holds no Ed25519 key without a password.",
            "Make one with `synth key new`.",
        )
    return SigningKey(key)


def key_set() -> SigningKey | None:
    """The key that the environment names; None where it names none.

    Raises:
        KeyFileError: it cannot be used.
    """
    path = os.environ.get(KEY, "")
    return read_key(Path(path).expanduser()) if path else None


def signer(files: Mapping[str, bytes], what: bytes = SIGNING) -> str:
    """The fingerprint of whoever signed a bundle; "" where nobody did.

    Args:
        what: it is, as it was signed.

    Raises:
        BundleError: there is a signature, and it does not hold.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if SIGNED not in files:
        return ""
    damaged = Refusal(BundleError, "The signature is damaged.", "")
    try:
        with reading(damaged):
            told = document(files[SIGNED], damaged)
            public = base64.b64decode(told["public_key"], validate=True)
            signature = base64.b64decode(told["signature"], validate=True)
            Ed25519PublicKey.from_public_bytes(public).verify(signature, what + files[SUMS])
            holds = files[SIGNED] == _written(public, signature)
    except (InvalidSignature, BundleError):
        holds = False
    if not holds:
        raise BundleError(
            "The signature does not belong to this bundle.",
            "It was changed after it was signed; ask the custodian for it again.",
        )
    return fingerprint(public)


def signed_words(found: str) -> str:
    """Whose a bundle is, or plainly that nobody can tell."""
    if found:
        return f"Signed by the key {found}."
    return "Not signed: whoever had the file may have made another of it."


def same_fingerprint(one: str, other: str) -> bool:
    """Whether two fingerprints are one, however they are written."""
    return bool(one) and _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum()).removeprefix("sha256")
