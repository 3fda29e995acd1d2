"""What a server keeps, as one file and back: accounts, the library, and who asked what.

The accounts and the library are each copied as they are at one moment, whoever writes meanwhile;
what comes back is checked seal by seal. A backup never takes the place of something that is there:
what was spent since would be forgotten.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from synth.api.files import OWNER_ALONE, Files, written
from synth.api.team.journal import BUNDLES, DATABASE, KEY, Journal, KeptDeed
from synth.api.team.library import bundles_at
from synth.budget.anchor import Anchor
from synth.budget.lasting import KEY as LEDGER_KEY
from synth.budget.lasting import LEDGER, LedgerFile
from synth.errors import TeamError
from synth.incoming import Refusal, archive
from synth.wording import so_many

FORMAT = "synth backup"
MANIFEST, DEEDS, AUDIT = "backup.json", "library/deeds.json", "audit.log"
MOST = 1 << 40  # bytes that a backup may unpack to: it is the operator's own
PATHS = ("ledger", "anchor", "audit", "library")
BROKEN = Refusal(
    TeamError, "This is no backup, or it is damaged.", "Name the file that `backup` wrote."
)


@dataclass(frozen=True)
class ServerPlaces:
    """Where a server keeps what outlives it; what is None it does not keep.

    Args:
        ledger: the folder of the accounts.
        anchor: the file elsewhere that shows whether that was rolled back.
        audit: the log of queries and uploads.
        library: the folder of the library.
        library_db: its database by URL; "" for a file in the folder.
        library_files: where its bundles are, at an address of fsspec; "" for the folder.
        library_anchor: the file elsewhere that shows whether its journal was rolled back.
    """

    ledger: Path | None = None
    anchor: Path | None = None
    audit: Path | None = None
    library: Path | None = None
    library_db: str = ""
    library_files: str = ""
    library_anchor: str = ""

    @classmethod
    def told(cls, environment: Mapping[str, str]) -> ServerPlaces:
        """As the environment of a server has them."""
        found = {n: environment.get(f"SYNTH_{n.upper()}", "").strip() for n in cls.__annotations__}
        ledger, anchor, audit, library = (Path(found[n]) if found[n] else None for n in PATHS)
        db, files, known = (text for n, text in found.items() if n not in PATHS)
        return cls(ledger, anchor, audit, library, db, files, known)

    def journal(self, deeds: Sequence[KeptDeed] = ()) -> Journal:
        """The journal of the library. Raises TeamError where it cannot be used.

        Args:
            deeds: of a backup, which it is to go on from.
        """
        assert self.library is not None
        return Journal.opened(self.library, self.library_db, self.library_anchor, deeds)

    @property
    def bundles(self) -> Files:
        """Where the bundles of the library are. Raises TeamError where that cannot be reached."""
        assert self.library is not None
        return bundles_at(self.library_files or str(self.library / BUNDLES))


def backed_up(places: ServerPlaces, stream: IO[bytes]) -> tuple[str, ...]:
    """Write what there is to a zip file, and say of each part how much it was.

    Raises:
        TeamError: there is nothing to keep, or the library is damaged or cannot be reached.
        LedgerError: the accounts are damaged, or older than their anchor.
    """
    parts: list[tuple[str, Iterator[tuple[str, bytes]]]] = []
    if places.ledger is not None and (places.ledger / LEDGER).exists():
        parts.append(_ledger(places.ledger, places.anchor))
    if places.library is not None and (places.library / KEY).exists():
        parts.append(_library(places, places.library))
    if places.audit is not None and places.audit.exists():
        parts.append(_audit(places.audit))
    if not parts:
        raise TeamError(
            "There is nothing to keep yet at the places that the environment names.",
            "Set SYNTH_LEDGER, SYNTH_LIBRARY and SYNTH_AUDIT as for the server.",
        )
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as pack:
        every = (file for _, files in parts for file in files)
        digests = {name: _added(pack, name, content) for name, content in every}
        manifest = {"format": FORMAT, "files": digests}
        _added(pack, MANIFEST, json.dumps(manifest, indent=1).encode())
    return tuple(words for words, _ in parts)


def brought_back(places: ServerPlaces, stream: IO[bytes]) -> tuple[str, ...]:
    """Put back what a backup holds, and say of each part how much it was.

    Raises:
        TeamError: it is no backup or was changed, no place is named for a part of it, or something
            is there already.
        LedgerError: the anchor knows later entries of the accounts.
    """
    with archive(stream, BROKEN, MOST, MOST) as pack:
        files = _checked(pack)
        parts: tuple[tuple[str, Callable[[zipfile.ZipFile, ServerPlaces], str]], ...] = (
            ("ledger/", _ledger_back),
            ("library/", _library_back),
            (AUDIT, _audit_back),
        )
        held = [back for begins, back in parts if any(n.startswith(begins) for n in files)]
        _check_free(places, files)
        return tuple(back(pack, places) for back in held)


def _added(pack: zipfile.ZipFile, name: str, content: bytes) -> str:
    pack.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return hashlib.sha256(content).hexdigest()


def _checked(pack: zipfile.ZipFile) -> tuple[str, ...]:
    """The names of the files, each of which is as it was written. Raises TeamError otherwise."""
    try:
        told = json.loads(pack.read(MANIFEST))
        files = dict(told["files"])
    except KeyError:
        raise BROKEN.of() from None
    there = {n for n in pack.namelist() if n != MANIFEST}
    if told.get("format") != FORMAT or there != files.keys():
        raise BROKEN.of()
    for name, digest in files.items():
        with pack.open(name) as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:  # type: ignore[arg-type]
                raise TeamError(
                    "A file in the backup is not as it was written.", "Take another backup."
                )
    return tuple(files)


def _check_free(places: ServerPlaces, files: tuple[str, ...]) -> None:
    """See that each part has a place, and that nothing is there. Raises TeamError otherwise."""
    kept = {
        "ledger/": ("SYNTH_LEDGER", places.ledger, (LEDGER, LEDGER_KEY)),
        "library/": ("SYNTH_LIBRARY", places.library, (DATABASE, KEY, BUNDLES)),
        AUDIT: ("SYNTH_AUDIT", places.audit, ("",)),
    }
    for begins, (setting, place, names) in kept.items():
        if not any(n.startswith(begins) for n in files):
            continue
        if place is None:
            raise TeamError(
                f"The backup holds what {setting} names, and nothing is named.",
                f"Set {setting} to where it is to be.",
            )
        if any((place / name).exists() for name in names):
            raise TeamError(
                f"There is something already where {setting} points.",
                "Name an empty place: a backup takes the place of nothing, as what was spent or "
                "decided since would be forgotten.",
            )


# -- accounts --------------------------------------------------------------------------------------


def _ledger(folder: Path, anchor: Path | None) -> tuple[str, Iterator[tuple[str, bytes]]]:
    file = LedgerFile.opened(folder, None if anchor is None else Anchor(anchor))
    entries, content = file.copied()
    both = ((f"ledger/{LEDGER}", content), (f"ledger/{LEDGER_KEY}", file.key))
    return f"the accounts, {so_many(entries, 'entry', 'entries')}", iter(both)


def _ledger_back(pack: zipfile.ZipFile, places: ServerPlaces) -> str:
    assert places.ledger is not None
    places.ledger.mkdir(mode=OWNER_ALONE, parents=True, exist_ok=True)
    for name in (LEDGER, LEDGER_KEY):
        written(places.ledger / name, pack.read(f"ledger/{name}"))
    anchor = None if places.anchor is None else Anchor(places.anchor)
    with LedgerFile.opened(places.ledger, anchor).reading() as book:
        return f"the accounts, {so_many(book.head[0], 'entry', 'entries')}"


# -- the library -----------------------------------------------------------------------------------


def _library(places: ServerPlaces, folder: Path) -> tuple[str, Iterator[tuple[str, bytes]]]:
    journal, kept = places.journal(), places.bundles
    deeds = journal.sealed()
    bundles = [name for name in kept.names() if name.endswith(".zip") and name[0] != "."]

    def files() -> Iterator[tuple[str, bytes]]:
        yield DEEDS, json.dumps([list(deed) for deed in deeds]).encode()
        yield f"library/{KEY}", journal.key
        for bundle in bundles:  # a deed names a bundle only once it is there as a whole
            yield f"library/{BUNDLES}/{bundle}", kept.get(bundle)

    return _told(deeds, bundles), files()


def _library_back(pack: zipfile.ZipFile, places: ServerPlaces) -> str:
    assert places.library is not None
    folder = places.library
    (folder / BUNDLES).mkdir(mode=OWNER_ALONE, parents=True, exist_ok=True)
    written(folder / KEY, pack.read(f"library/{KEY}"))
    deeds = tuple(KeptDeed(int(n), str(d), str(s)) for n, d, s in json.loads(pack.read(DEEDS)))
    try:
        places.journal(deeds)
    except TeamError:  # the place is empty, as before
        (folder / KEY).unlink()
        if not places.library_db:
            (folder / DATABASE).unlink(missing_ok=True)
        (folder / BUNDLES).rmdir()
        raise
    bundles = [n for n in pack.namelist() if n.startswith(f"library/{BUNDLES}/")]
    for name in bundles:
        places.bundles.put(Path(name).name, pack.read(name))
    return _told(deeds, bundles)


def _told(deeds: Sequence[object], bundles: Sequence[object]) -> str:
    deed, bundle = so_many(len(deeds), "deed"), so_many(len(bundles), "bundle")
    return f"the library, {deed} and {bundle}"


# -- who asked what --------------------------------------------------------------------------------


def _audit(path: Path) -> tuple[str, Iterator[tuple[str, bytes]]]:
    content = path.read_bytes()
    content = content[: content.rfind(b"\n") + 1]  # without a line that is being written
    return f"the log, {so_many(content.count(10), 'line')}", iter(((AUDIT, content),))


def _audit_back(pack: zipfile.ZipFile, places: ServerPlaces) -> str:
    assert places.audit is not None
    places.audit.parent.mkdir(parents=True, exist_ok=True)
    written(places.audit, content := pack.read(AUDIT))
    return f"the log, {so_many(content.count(10), 'line')}"
