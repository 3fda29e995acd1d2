"""Where output cannot be written, a sentence says so before anything is spent on it."""

import errno
import os
import socket
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from synth.cli import app
from synth.cli.places import Places, rescued, room_for
from synth.errors import KeyFileError, OutputError
from synth.release import Bundle, Release
from synth.release.signature import new_key
from synth.release.table_files import ROOM, whole, write_whole
from synth.runs import Recipe
from tests.people import some_people

RECIPE = """
[source]
file = "people.csv"
[people]
population = "village"
[privacy]
ledger = "books"
[method]
name = "independent"
"""
COMMANDS = {
    "init": ["init", "people.csv", "-o"],
    "run": ["run", "recipe.toml", "-o"],
    "sample": ["sample", "release.zip", "-o"],
    "showcase": ["showcase", "release.zip", "--html"],
    "sandbox": ["sandbox", "release.zip", "--zipped"],
    "aggregate": ["aggregate", "people.csv", "-o"],
    "evaluate": ["evaluate", "people.csv", "people.csv", "-o"],
}


def said(*told: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(told))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    some_people().to_csv("people.csv", index=False)
    Path("recipe.toml").write_text(RECIPE)
    Path("random.toml").write_text('[source]\nfile = "people.csv"\n[method]\nname = "random"\n')
    assert said("run", "random.toml", "-o", "release.zip")[0] == 0
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_that_is_not_there_is_a_sentence(folder, command):
    code, told = said(*COMMANDS[command], "nowhere/made.csv")
    assert code == 2
    assert "`made.csv` cannot be written: no such file or directory." in told
    assert not Path("nowhere").exists()


def test_nothing_is_spent_on_a_release_that_has_no_place(folder):
    assert said("run", "recipe.toml", "-o", "nowhere/release.zip")[0] == 2
    assert not Path("books").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_a_sentence_and_leaves_no_part(folder, command):
    kind = ".csv" if command in ("sample", "aggregate") else ".made"
    Path(f"full{kind}").symlink_to("/dev/full")
    force = ["--force"] if command == "init" else []
    code, told = said(*COMMANDS[command], f"full{kind}", *force)
    assert code == 2
    assert "cannot be written: no space left on device" in told
    assert not list(folder.glob("*.part"))
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_a_file_that_is_there_is_kept_where_writing_fails(tmp_path):
    path = tmp_path / "release.zip"
    path.write_bytes(b"the old one")

    def fails():
        with whole(path) as stream:
            stream.write(b"half of the new one")
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert path.read_bytes() == b"the old one"
    assert [p.name for p in tmp_path.iterdir()] == ["release.zip"]


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="no way to keep room")
def test_room_is_kept_before_an_epsilon_is_spent(folder):
    resource = pytest.importorskip("resource")
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM // 2, most[1]))  # a disk that is nearly full
    try:
        code, told = said("run", "recipe.toml", "-o", "second.zip")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert code == 2 and "There is no room for `second.zip`: 4 MB are kept free" in told
    assert not Path("books").exists() and not list(folder.glob("second*"))


def test_a_release_that_is_paid_for_goes_to_a_second_place(folder, monkeypatch):
    """Room was kept, and writing fails all the same."""
    write, full = Release.write, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fails(self, stream, key=None):
        if "first" in stream.name:
            raise full
        write(self, stream, key)

    monkeypatch.setattr(Release, "write", fails)
    (folder / "other").mkdir()
    places = Places(Path("first.zip"), None, None, folder / "other")
    assert next(places.second()) == folder / "other" / "first.zip"
    with pytest.raises(OutputError, match="what it cost the people stays debited") as caught:
        rescued(None, replace(places, spare=None), OutputError("No room.", ""))  # asks nobody
    assert "--spare" in caught.value.remedy
    monkeypatch.setattr(Places, "second", lambda self: map(Path, ("first again.zip", "kept.zip")))
    code, told = said("run", "recipe.toml", "-o", "first.zip")
    assert code == 0 and "to kept.zip." in told and not list(folder.glob("first*"))
    assert Bundle.read(Path("kept.zip")).facts["rows"]


def test_room_that_is_over_is_given_back(tmp_path):
    with whole(tmp_path / "made", ROOM) as stream:
        stream.write(b"little")
    assert (tmp_path / "made").read_bytes() == b"little"
    table = tmp_path / "table.csv"
    table.write_bytes(b"x" * ROOM)
    assert room_for(Recipe(), table) == 2 * ROOM and room_for(Recipe(), tmp_path) == ROOM
    many = Recipe.model_validate({"release": {"rows": 1_000_000, "copies": 2}})
    assert room_for(many, table) == 480_000_000


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(OutputError, match="is a folder"), whole(tmp_path):
        pass


def test_what_cannot_be_read_meanwhile_is_not_said_of_the_output(tmp_path):
    with pytest.raises(FileNotFoundError), whole(tmp_path / "made.csv"):
        (tmp_path / "none.csv").read_bytes()


def test_what_does_not_reach_the_disk_has_no_name_there(tmp_path, monkeypatch):
    """Some disks tell only when they are asked to be done that there was no room."""

    def full(place: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    there = tmp_path / "release.zip"
    there.write_bytes(b"the old one")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="no space left"):
        write_whole(there, b"the new one")
    with pytest.raises(KeyFileError, match="no space left"):
        new_key(tmp_path / "custodian.key")
    assert there.read_bytes() == b"the old one"
    assert [p.name for p in tmp_path.iterdir()] == ["release.zip"]


def test_a_second_server_on_a_port_is_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
        code, told = said("app", "--port", str(port))
    assert code == 2
    assert f"Port {port} is taken" in told
