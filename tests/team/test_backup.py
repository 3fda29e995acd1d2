"""What a server keeps can be written to one file and put back, and never over what is there."""

import io
import os
import zipfile
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from synth.api.team.__main__ import app
from synth.api.team.backup import ServerPlaces, backed_up, brought_back
from synth.api.team.library import Library
from synth.budget.anchor import Anchor
from synth.budget.lasting import LEDGER, LedgerFile
from synth.errors import LedgerError, TeamError
from tests import postgres
from tests.team.people import CUSTODIAN, RECIPIENT
from tests.team.test_library import published


def places(folder) -> ServerPlaces:
    return ServerPlaces(
        folder / "ledger", folder.parent / "anchor", folder / "audit.log", folder / "library"
    )


def spend(kept: ServerPlaces, rho: float) -> LedgerFile:
    file = LedgerFile.opened(kept.ledger, Anchor(kept.anchor))
    with file.writing() as book:
        book.write("patients", {"kind": "measured", "rho": rho, "purpose": "a table"})
    return file


@pytest.fixture
def kept(tmp_path) -> ServerPlaces:
    """ServerPlaces of a server where something was done."""
    (tmp_path / "old").mkdir()
    found = places(tmp_path / "old")
    found.ledger.mkdir()
    spend(found, 0.25)
    published(Library.opened(found.library))
    found.audit.write_text("one asked\nanother asked\nhalf a li")
    return found


def packed(kept: ServerPlaces) -> io.BytesIO:
    backed_up(kept, stream := io.BytesIO())
    return stream


def test_what_was_kept_is_there_again_in_an_empty_place(kept, tmp_path):
    stream = packed(kept)
    again = places(tmp_path / "new")
    told = brought_back(again, stream)
    assert told == (
        "the accounts, 2 entries",
        "the library, 3 deeds and 1 bundle",
        "the log, 2 lines",
    )
    lines = LedgerFile.opened(again.ledger, Anchor(again.anchor)).lines("patients")
    assert [line.rho for line in lines] == [0.25]
    before, after = Library.opened(kept.library), Library.opened(again.library)
    assert after.all(CUSTODIAN) == before.all(CUSTODIAN)
    (one,) = after.all(RECIPIENT)
    assert after.take(RECIPIENT, one.id) == before.take(RECIPIENT, one.id)
    assert again.audit.read_text() == "one asked\nanother asked\n"
    assert os.stat(again.ledger / LEDGER).st_mode & 0o077 == 0


def test_a_backup_takes_the_place_of_nothing(kept, tmp_path):
    """Whoever could put back an older account would have forgotten what was spent since."""
    stream, head = packed(kept), spend(kept, 0.5).lines("patients")
    for there in ("ledger", "library", "audit"):
        again = replace(places(tmp_path / f"new {there}"), **{there: getattr(kept, there)})
        with pytest.raises(TeamError, match=f"something already where SYNTH_{there.upper()}"):
            brought_back(again, stream)
        assert not (tmp_path / f"new {there}").exists()
    assert LedgerFile.opened(kept.ledger, Anchor(kept.anchor)).lines("patients") == head
    with pytest.raises(LedgerError, match="The anchor knows 3 entries"):
        brought_back(places(tmp_path / "new"), stream)


def test_a_backup_that_was_changed_is_none(kept, tmp_path):
    with zipfile.ZipFile(packed(kept)) as pack:
        files = {n: pack.read(n) for n in pack.namelist()}
    changes = (
        files | {"ledger/ledger.sqlite": files["ledger/ledger.sqlite"][:-1] + b"x"},
        {n: c for n, c in files.items() if n != "library/deeds.json"},
        files | {"library/bundles/more.zip": b"x"},
        {"backup.json": b"[]"},
    )
    for number, changed in enumerate(changes):
        with zipfile.ZipFile(stream := io.BytesIO(), "w") as pack:
            for name, content in changed.items():
                pack.writestr(name, content)
        with pytest.raises(TeamError, match="backup"):
            brought_back(places(tmp_path / f"new {number}"), stream)
        assert not (tmp_path / f"new {number}").exists()
    with pytest.raises(TeamError, match="no backup"):
        brought_back(places(tmp_path / "new"), io.BytesIO(b"PK no zip"))


def test_the_journal_may_lie_in_postgresql(tmp_path):
    with postgres.started() as url:
        (tmp_path / "old").mkdir()
        old = ServerPlaces(library=tmp_path / "old" / "library", library_db=url)
        published(Library.opened(old.library, url))
        stream = packed(old)
        with pytest.raises(TeamError, match="holds one already"):
            brought_back(replace(old, library=tmp_path / "other"), stream)
        assert not any((tmp_path / "other").iterdir())
    new = ServerPlaces(library=tmp_path / "new")
    brought_back(new, stream)
    assert len(Library.opened(new.library).all(RECIPIENT)) == 1


def test_the_commands_say_what_they_did(kept, tmp_path):
    def told(found: ServerPlaces) -> dict[str, str]:
        names = ("ledger", "anchor", "audit", "library")
        return {f"SYNTH_{n.upper()}": str(getattr(found, n)) for n in names}

    file = str(tmp_path / "kept.zip")
    made = CliRunner().invoke(app, ["backup", file], env=told(kept))
    assert made.exit_code == 0 and "the accounts, 2 entries" in made.output
    assert os.stat(file).st_mode & 0o077 == 0
    again = CliRunner().invoke(app, ["restore", file], env=told(places(tmp_path / "new")))
    assert again.exit_code == 0 and "the log, 2 lines" in again.output
    twice = CliRunner().invoke(app, ["restore", file], env=told(places(tmp_path / "new")))
    assert twice.exit_code == 2 and "something already" in twice.output
    nothing = CliRunner().invoke(app, ["backup", file], env=told(places(tmp_path / "empty")))
    assert nothing.exit_code == 2 and "nothing to keep" in nothing.output
    assert CliRunner().invoke(app, ["restore", str(tmp_path / "none.zip")]).exit_code == 2
