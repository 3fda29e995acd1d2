"""The library: what becomes of a release, who may do it, and that none of it can be unsaid."""

import io
import json
import os
import shutil
import sqlite3
import stat
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from synth.api.team.backup import ServerPlaces, backed_up, brought_back
from synth.api.team.journal import DATABASE, Deed, Journal, KeptDeed, now
from synth.api.team.library import Library
from synth.api.team.members import Duty
from synth.api.team.shelved import GateLine, Leaflet, Phase
from synth.errors import NotAllowed, SynthError, TeamError
from tests import postgres
from tests.team.people import (
    ADMINISTRATOR,
    APPROVER,
    BOTH,
    CUSTODIAN,
    RECIPIENT,
    noisy,
    somebody,
    zipped,
)

WARD = Leaflet("Ward 7", "patients of ward 7", "the first one")
SECRET = GateLine("An attack", "3 of 400 people were found", stops=True, reason="they agreed")


@pytest.fixture
def library(tmp_path) -> Library:
    return Library.opened(tmp_path / "library")


def kept(library: Library, who=CUSTODIAN, content: bytes = b"", leaflet=WARD, lines=(SECRET,)):
    found = library.keep(who, content or noisy(1.0), leaflet, lines)
    library.submit(who, found.id)
    return found.id


def published(library: Library, **told) -> str:
    id = kept(library, **told)
    library.approve(APPROVER, id, None, "read it", library.beside(APPROVER, id))
    return id


def test_bundles_lie_wherever_fsspec_reaches(tmp_path):
    folder, place = tmp_path / "library", "memory://bundles"
    library = Library.opened(folder, files=place)
    id = published(library)
    assert not list((folder / "bundles").iterdir())
    again = Library.opened(folder, files=place)
    assert again.take(RECIPIENT, id) == noisy(1.0)
    pack = io.BytesIO()
    backed_up(ServerPlaces(library=folder, library_files=place), pack)
    pack.seek(0)
    brought_back(ServerPlaces(library=tmp_path / "back"), pack)  # and into a folder, from there
    assert Library.opened(tmp_path / "back").take(RECIPIENT, id) == noisy(1.0)
    assert library.files is not None
    library.files.remove(library.files.names()[0])
    with pytest.raises(TeamError, match="cannot be read"):
        library.take(RECIPIENT, id)
    with pytest.raises(TeamError, match="SYNTH_LIBRARY_FILES"):
        Library.opened(folder, files="nowhere://bundles")


def tell_all(library: Library) -> None:
    """The whole life of a release: sent back, submitted again, published, had, recalled."""
    id = kept(library)
    library.send_back(APPROVER, id, "say who they are")
    assert library.get(CUSTODIAN, id).phase() is Phase.SENT_BACK
    assert library.get(CUSTODIAN, id).reason == "say who they are"
    library.submit(CUSTODIAN, id, "it says so now")
    library.approve(APPROVER, id, None, "read it", library.beside(APPROVER, id))
    assert library.take(RECIPIENT, id) == noisy(1.0)
    for who in (RECIPIENT, RECIPIENT, CUSTODIAN):  # on the page, rows can be saved: once a day
        assert library.show(who, id).rows.size
    had = [(d.name, d.what) for d in library.get(CUSTODIAN, id).downloads]
    assert had == [("rosa@x", "downloaded"), ("rosa@x", "opened")]
    library.recall(ADMINISTRATOR, id, "a column was wrong")
    seen = library.get(RECIPIENT, id)
    assert (seen.phase(), seen.reason) == (Phase.RECALLED, "a column was wrong")
    with pytest.raises(NotAllowed, match="recalled"):
        library.take(RECIPIENT, id)
    again = kept(library)
    assert library.get(CUSTODIAN, again).title == "Ward 7, version 2"
    told = [deed.what for deed in library.log(ADMINISTRATOR)]
    assert told[:6] == ["kept", "submitted", "sent back", "submitted", "approved", "downloaded"]


def test_a_release_goes_its_way_and_another_process_finds_it_there(library):
    tell_all(library)
    assert len(Library.opened(library.folder).all(CUSTODIAN)) == 2


def test_the_same_on_postgresql(tmp_path, monkeypatch):
    with postgres.started() as url:
        tell_all(Library.opened(tmp_path, url))
        library = Library.opened(tmp_path, url)
        assert len(library.all(CUSTODIAN)) == 2
        assert not (tmp_path / DATABASE).exists()
        id, shown = gone_between(library, url)
        library.approve(APPROVER, id, None, "read it", shown)
        assert [d.what for d in library.get(CUSTODIAN, id).deeds] == [
            "kept",
            "submitted",
            "approved",
        ]
        monkeypatch.setattr("synth.api.team.journal.KeptDeed", meddled(tmp_path, url))
        assert len(library.all(CUSTODIAN)) == 3


def gone_between(library: Library, url: str):
    """A release whose approval the database left in the middle of: nothing of it was done."""
    id = kept(library, leaflet=Leaflet("Ward 8", "patients of ward 8"))
    shown = library.beside(APPROVER, id)
    gone = pytest.raises(TeamError, match="cannot be reached or written")
    with gone, library.journal.writing() as (deeds, add), postgres.away(url):
        add(replace(deeds[-1], what="approved"))
    assert library.get(CUSTODIAN, id).phase() is Phase.WAITING
    return id, shown


def meddled(folder, url):
    """What a deed is read into, while another server adds one, if it can at once."""
    other, outside = Journal.opened(folder, f"{url}?options=-clock_timeout%3D50ms"), []

    def read(*row) -> KeptDeed:
        if not outside:
            outside.append(True)
            told = pytest.raises(TeamError, match="cannot be reached or written")
            with told, other.writing() as (deeds, add):
                add(Deed(now(), "x", "x", "downloaded", deeds[0].release, {}))
        return KeptDeed(*row)

    return read


def test_an_older_copy_of_the_library_is_seen_where_there_is_an_anchor(tmp_path):
    folder, copy, anchor = tmp_path / "library", tmp_path / "copy", tmp_path / "away" / "anchor"
    library, older, newer = Library.opened(folder, anchor=str(anchor)), io.BytesIO(), io.BytesIO()
    kept(library)
    shutil.copytree(folder, copy)
    backed_up(ServerPlaces(library=folder, library_anchor=str(anchor)), older)
    kept(library)
    with pytest.raises(TeamError, match="Name the file in SYNTH_LIBRARY_ANCHOR"):
        Library.opened(folder)
    with pytest.raises(TeamError, match="would be rolled back"):
        Library.opened(folder, anchor=str(folder / "anchor"))
    assert [d.what for d in library.log(ADMINISTRATOR)] == ["kept", "submitted"] * 2
    backed_up(ServerPlaces(library=folder, library_anchor=str(anchor)), newer)
    shutil.rmtree(folder)
    with pytest.raises(TeamError, match="key is not in this folder any more"):
        Library.opened(folder, anchor=str(anchor))
    assert not folder.exists()
    with pytest.raises(TeamError, match="knows 5 entries of the journal of the library"):
        brought_back(ServerPlaces(library=folder, library_anchor=str(anchor)), older)
    assert not any(folder.iterdir())
    shutil.copytree(copy, folder, dirs_exist_ok=True)
    with pytest.raises(TeamError, match="an older or another copy"):
        Library.opened(folder, anchor=str(anchor))
    with pytest.raises(TeamError, match="an older or another copy"):  # a server that runs
        library.all(CUSTODIAN)
    shutil.rmtree(folder)
    brought_back(ServerPlaces(library=folder, library_anchor=str(anchor)), newer)
    assert len(Library.opened(folder, anchor=str(anchor)).all(CUSTODIAN)) == 2


def test_of_many_who_decide_at_once_one_does(library):
    id, gate, done = kept(library), threading.Barrier(6), []

    def decide(name: str) -> None:
        who = somebody(name, Duty.APPROVER)
        gate.wait()
        try:
            library.approve(who, id, None, "fine", ())
        except NotAllowed:
            return
        done.append(who.name)

    threads = [threading.Thread(target=decide, args=(f"a{i}",)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [d.name for d in library.get(CUSTODIAN, id).deeds if d.what == "approved"] == done
    assert len(done) == 1


def test_nobody_approves_what_they_had_a_hand_in(library):
    own = library.keep(BOTH, noisy(1.0), WARD, ()).id
    library.submit(CUSTODIAN, own)  # through another
    for act in (lambda: library.approve(BOTH, own, None, "fine", ()), back(library, BOTH, own)):
        with pytest.raises(NotAllowed, match="yourself"):
            act()
    library.approve(APPROVER, own, None, "fine", ())


def back(library, who, id):
    return lambda: library.send_back(who, id, "no")


def test_each_service_asks_what_its_member_may_do(library):
    waiting, out = kept(library), published(library)
    asked = [
        ({Duty.CUSTODIAN}, lambda who: library.keep(who, noisy(1.0), WARD, ())),
        ({Duty.CUSTODIAN}, lambda who: library.submit(who, waiting)),
        ({Duty.APPROVER}, lambda who: library.approve(who, waiting, None, "fine", ())),
        ({Duty.APPROVER}, lambda who: library.send_back(who, waiting, "no")),
        (set(Duty) - {Duty.RECIPIENT}, lambda who: library.recall(who, out, "wrong")),
        (set(Duty) - {Duty.RECIPIENT}, lambda who: library.beside(who, out)),
        (set(Duty) - {Duty.RECIPIENT}, lambda who: library.look(who, waiting)),
        ({Duty.ADMINISTRATOR}, lambda who: library.log(who)),
        (set(Duty), lambda who: library.all(who)),
    ]
    for allowed, act in asked:
        for duty in set(Duty) - allowed:
            with pytest.raises(NotAllowed):
                act(somebody("stranger", duty))
        with pytest.raises(NotAllowed):
            act(somebody("stranger"))


def test_recipients_learn_nothing_of_real_rows_nor_of_what_waits(library):
    id, waiting = published(library), kept(library)
    library.take(RECIPIENT, id)
    (seen,) = library.all(RECIPIENT)
    assert seen.id == id
    told = repr(seen)
    assert not any(word in told for word in ("3 of 400", "they agreed", "read it", "rosa"))
    with pytest.raises(NotAllowed, match="no such release"):
        library.get(RECIPIENT, waiting)
    assert library.get(CUSTODIAN, id).lines == (SECRET,)


def test_what_the_gate_stops_is_not_submitted_and_stays_a_draft(library):
    open_line = GateLine("An attack", "why", stops=True)
    draft = library.keep(CUSTODIAN, noisy(1.0), WARD, [open_line])
    with pytest.raises(NotAllowed, match="gate"):
        library.submit(CUSTODIAN, draft.id)
    assert library.get(CUSTODIAN, draft.id).phase() is Phase.DRAFT


def test_after_its_last_day_a_release_is_expired(library):
    id, today = kept(library), datetime.now(UTC).date()
    with pytest.raises(TeamError, match="passed"):
        library.approve(APPROVER, id, today - timedelta(1), "fine", ())
    library.approve(APPROVER, id, date(2999, 1, 31), "fine", ())
    one = library.get(RECIPIENT, id)
    assert one.phase(date(2999, 1, 31)) is Phase.PUBLISHED
    assert one.phase(date(2999, 2, 1)) is Phase.EXPIRED


def test_approval_needs_a_reason_and_what_was_shown_to_be_what_holds_now(library):
    first, second = kept(library), kept(library)
    seen = library.beside(APPROVER, second)
    assert seen == ()
    with pytest.raises(TeamError, match="why"):
        library.approve(APPROVER, second, None, " ", seen)
    library.approve(APPROVER, first, None, "fine", ())
    with pytest.raises(NotAllowed, match="meanwhile"):
        library.approve(APPROVER, second, None, "fine", seen)
    library.approve(APPROVER, second, None, "fine", library.beside(APPROVER, second))


def test_a_journal_that_was_edited_or_cut_is_refused(library):
    id = published(library)
    place = library.folder / DATABASE
    for statement in (
        "UPDATE team_deed SET document = replace(document, 'cleo', 'eric') WHERE number = 1",
        "DELETE FROM team_deed WHERE number = 3",
        "DELETE FROM team_deed; UPDATE team_head SET number = 0",
    ):
        before = place.read_bytes()
        with sqlite3.connect(place) as connection:
            for part in statement.split(";"):
                connection.execute(part)
        connection.close()
        with pytest.raises(TeamError, match="damaged"):
            library.get(CUSTODIAN, id)
        place.write_bytes(before)
    assert library.get(CUSTODIAN, id)


def test_what_cannot_be_used_is_a_sentence_and_loses_nothing(library, tmp_path):
    id = published(library)
    bundle = next((library.folder / "bundles").iterdir())
    bundle.write_bytes(b"another")
    file = tmp_path / "file"
    file.write_text("")
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "bundles").write_text("")
    newer = Library.opened(tmp_path / "newer").folder / DATABASE
    with sqlite3.connect(newer) as connection:
        connection.execute("UPDATE team_head SET layout = 99")
    connection.close()
    for act, said in (
        (lambda: library.take(RECIPIENT, id), "changed on disk"),
        (lambda: Library.opened(file), "folder of the library"),
        (lambda: Library.opened(taken), "folder of the library"),
        (lambda: Library.opened(tmp_path / "newer"), "newer version"),
        (lambda: Library.opened(tmp_path / "x", "no address"), "no address"),
        (lambda: Library.opened(tmp_path / "x", "mysql://a:pw@b/c"), "no address"),
        (lambda: Library.opened(tmp_path / "x", "postgresql://a:pw@127.0.0.1:1/b"), "reached"),
        (lambda: library.keep(CUSTODIAN, b"no zip", WARD, ()), "no zip archive"),
        (lambda: library.keep(CUSTODIAN, noisy(1.0), Leaflet("x", " "), ()), "no population"),
    ):
        with pytest.raises(SynthError, match=said) as error:
            act()
        assert "pw" not in str(error.value)
    assert not library.get(CUSTODIAN, id).downloads  # nobody had it, so nothing says so


def test_the_journal_holds_no_cell(library):
    published(library, content=zipped())
    document = json.dumps([vars(d) for d in library.log(ADMINISTRATOR)], default=str)
    assert "Rome" not in document


def test_the_same_people_spelt_in_another_way_are_the_same_people(library):
    published(library, leaflet=Leaflet("Ward 7", "Z\u00fcrich, ward 7"))
    id = kept(library, content=noisy(2.0), leaflet=Leaflet("Ward", "Zu\u0308rich,  WARD 7"))
    assert library.beside(APPROVER, id)


@pytest.mark.parametrize("people", ["ward\u200b 7", "w\u0430rd 7", "the seventh ward"])
def test_another_name_of_the_same_people_does_not_keep_it_from_being_told(library, people):
    """ "It is the first one about these people", an approver read of what could be subtracted."""
    published(library, content=zipped(), leaflet=Leaflet("Ward 7", "ward 7"))
    id = kept(library, content=zipped(k=20), leaflet=Leaflet("Other", people))
    (found,) = library.beside(APPROVER, id)
    assert any("k changed from 5 to 20" in line for line in found.lines)
    assert found.serious or (found.unsure and "said to be about `ward 7`" in found.lines[0])


@pytest.mark.parametrize(
    ("leaflet", "reason", "says"),
    [
        (Leaflet("x", "y", "n" * 2_001), "", "longer than"),
        (Leaflet("x", "y"), "r" * 2_001, "longer than"),
        (Leaflet("x\x1b[31m", "y"), "", "cannot be seen"),
        (Leaflet("x", "\u202efo elpoep"), "", "cannot be seen"),
    ],
)
def test_words_are_short_and_names_are_read_as_they_are(library, leaflet, reason, says):
    """A note of five megabytes stood in each page of the library from then on."""
    with pytest.raises(TeamError, match=says):
        library.keep(CUSTODIAN, noisy(1.0), leaflet, [replace(SECRET, reason=reason)])
    with pytest.raises(TeamError, match="longer than"):
        library.submit(CUSTODIAN, library.keep(CUSTODIAN, noisy(1.0), WARD, ()).id, "w" * 2_001)


def test_all_earlier_ones_are_added_up_not_only_each_by_itself(library):
    for epsilon in (1.0, 2.0, 2.0):  # the last is the second again
        published(library, content=noisy(epsilon))
    found = library.beside(APPROVER, kept(library, content=noisy(3.0)))
    assert [one.earlier for one in found][-1] == "All 3 earlier ones"
    assert "All 3 releases are differentially private" in found[-1].lines[0]  # of which one twice


def test_what_the_library_keeps_is_for_its_operator_alone(tmp_path):
    before = os.umask(0o022)
    try:
        library = Library.opened(tmp_path / "library")
        published(library)
    finally:
        os.umask(before)
    modes = {
        p: stat.S_IMODE(p.stat().st_mode) for p in (library.folder, *library.folder.rglob("*"))
    }
    assert not {p.name: oct(mode) for p, mode in modes.items() if mode & 0o077}
