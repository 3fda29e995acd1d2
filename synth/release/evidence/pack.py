"""An evidence pack as a zip file: a list of checksums, and a signature where a key is set."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from synth.errors import BundleError
from synth.incoming import Refusal, document
from synth.release.archive import SIGNED, SUMS, Parcel, confirm, unpacked
from synth.release.bundle import Bundle
from synth.release.evidence.criteria import Answered
from synth.release.evidence.page import evidence_document, evidence_page
from synth.release.evidence.promised import promised
from synth.release.share_safe import share_safe, share_safe_page
from synth.release.signature import SigningKey, same_fingerprint, signer

FORMAT = "synth evidence"
SIGNING = b"synth evidence\n"
MANIFEST = "manifest.json"
SHARED, HELD = "share-safe", "custodian"
TAKEN = ("PRIVACY.md", "release.json", "recipe.toml", "schema.json", SUMS, SIGNED)


def shared_pack(bundle: Bundle, key: SigningKey | None = None) -> bytes:
    """The share-safe edition, from a bundle and nothing else. Verify the bundle first."""
    report = json.dumps(share_safe(bundle), indent=1, default=float)
    files = {"report.html": share_safe_page(bundle).encode(), "report.json": report.encode()}
    return packed(promised(bundle), about(bundle), files, SHARED, bundle, key)


def about(bundle: Bundle) -> dict[str, Any]:
    """What a pack is about: facts of the release that leave with it anyway."""
    return {
        "title": str(bundle.facts.get("title", "")),
        "synthetic rows": int(bundle.facts["rows"]),
        "promise": bundle.statement.guarantee.short,
        "checksum of the release's list of checksums (SHA-256)": digest(bundle),
        "release signed by": bundle.signed_by or "nobody",
    }


def digest(bundle: Bundle) -> str:
    """What a release is known by."""
    return hashlib.sha256(bundle.files[SUMS]).hexdigest()


def of_release(bundle: Bundle) -> dict[str, bytes]:
    """The release's own papers, as they leave with it."""
    return {f"release/{n}": bundle.files[n] for n in TAKEN if n in bundle.files}


def packed(
    answers: Sequence[Answered],
    facts: Mapping[str, Any],
    files: Mapping[str, bytes],
    edition: str,
    bundle: Bundle,
    key: SigningKey | None = None,
) -> bytes:
    """A pack of some answers and files: the same ones and the same key make the same bytes."""
    papers = {**files, **of_release(bundle)}
    listed = ("evidence.html", "evidence.json", *papers, MANIFEST)
    page = evidence_page(answers, facts, shared=edition == SHARED, files=listed)
    twin = json.dumps(evidence_document(answers, facts), indent=1)
    whole = {"evidence.html": page.encode(), "evidence.json": twin.encode(), **papers}
    told = {
        "format": FORMAT,
        "edition": edition,
        "release": digest(bundle),
        "files": {n: hashlib.sha256(c).hexdigest() for n, c in whole.items()},
    }
    out = io.BytesIO()
    with Parcel.opened(out) as parcel:
        for name, content in whole.items():
            parcel.add(name, content)
        parcel.add(MANIFEST, (json.dumps(told, indent=1) + "\n").encode())
        parcel.seal(None if key is None else partial(key.sign, what=SIGNING))
    return out.getvalue()


@dataclass(frozen=True)
class ReadPack:
    """An evidence pack that was read back.

    Args:
        release: the checksum of the list of checksums of the release that it is about.
    """

    edition: str
    release: str
    signed_by: str
    answers: tuple[Mapping[str, Any], ...]


def is_pack(source: Path | IO[bytes]) -> bool:
    """Whether a zip file is an evidence pack. Raises BundleError where it is no zip file."""
    return MANIFEST in unpacked(source)


def read_pack(source: Path | IO[bytes], signed_by: str = "") -> ReadPack:
    """Open a pack, and confirm its checksums, its manifest, and its signature where it has one.

    Args:
        signed_by: the fingerprint of the key that it must be signed with; "" for any or none.

    Raises:
        BundleError: it is damaged, was changed, is signed otherwise, or is none.
    """
    files = unpacked(source)
    confirm(files, (MANIFEST, "evidence.json", "evidence.html"))
    damaged = Refusal(BundleError, "The evidence pack is damaged.", "Ask for it again.")
    told = document(files[MANIFEST], damaged)
    listed = {n for n in files if n not in (MANIFEST, SUMS, SIGNED)}
    sums = {n: hashlib.sha256(files[n]).hexdigest() for n in listed}
    if told.get("format") != FORMAT or told.get("files") != sums:
        raise damaged.of()
    whose = signer(files, SIGNING)
    if signed_by and not same_fingerprint(whose, signed_by):
        raise BundleError(f"The pack is signed by {whose or 'nobody'}.", "Ask for it again.")
    answers = document(files["evidence.json"], damaged).get("answers", [])
    return ReadPack(str(told.get("edition")), str(told.get("release")), whose, tuple(answers))
