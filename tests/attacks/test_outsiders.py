"""Bundles edited by hand, as an outsider sends them: each is refused in a sentence."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from synth.errors import SynthError
from synth.release import Bundle
from synth.runs import Recipe, read_recipe, run
from synth.runs.verifying import verify
from tests.bundles import summed, zipped
from tests.people import some_people


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    recipe = Recipe.model_validate({"method": {"name": "independent"}, "release": {"rows": 50}})
    return dict(run(recipe, some_people()).release.files())


def refused(stream: io.BytesIO) -> str:
    with pytest.raises(SynthError) as caught:
        verify(Bundle.read(stream))
    assert caught.value.remedy
    return caught.value.what


def test_the_bundle_holds_before_it_is_edited(files):
    assert verify(Bundle.read(zipped(summed(files))))


@pytest.mark.parametrize("key", ["copies", "rows", "seed", "order", "title", "drawing", "format"])
@pytest.mark.parametrize("value", [10**9, 10**30, -1, 1.5, 1e308, "x", None, [1], {"a": 1}])
def test_a_number_of_the_release_that_was_edited_is_refused_at_once(files, key, value):
    """10^9 copies passed, or were drawn."""
    told: dict[str, Any] = {**json.loads(files["release.json"]), key: value}
    edited = {**files, "release.json": json.dumps(told).encode()}
    assert refused(zipped(summed(edited)))


@pytest.mark.parametrize("name", ["release.json", "model.json", "schema.json", "recipe.toml"])
@pytest.mark.parametrize(
    "content",
    [
        b"x",
        b"",
        b"[]",
        b"null",
        b"1",
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
    ],
    ids=["x", "empty", "list", "null", "number", "no text", "nested lists", "nested objects"],
)
def test_a_file_that_is_something_else_is_refused(files, name, content):
    assert refused(zipped(summed({**files, name: content})))


def test_two_members_of_one_name_are_refused(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in summed(files).items():
            archive.writestr(name, content)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("synthetic.csv", b"real,rows\n")
    assert "under a name that another has" in refused(out)


def test_what_unpacks_to_gigabytes_is_refused_before_it_is_unpacked(files):
    """The list at the end of the archive says how large its files are; nothing is read for that."""
    out = zipped(summed(files))
    content = bytearray(out.getvalue())
    place = content.rindex(b"PK\x01\x02")
    content[place + 24 : place + 28] = (0xFFFFFFF0).to_bytes(4, "little")
    assert "more than 4 GB" in refused(io.BytesIO(bytes(content)))


@pytest.mark.nightly
def test_a_megabyte_that_unpacks_to_one_gigabyte_is_refused(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in summed(files).items():
            if name != "synthetic.csv":
                archive.writestr(name, content)
        with archive.open("synthetic.csv", "w", force_zip64=True) as file:
            for _ in range(1024):
                file.write(bytes(1 << 20))
    assert len(out.getvalue()) < 2_000_000
    assert "would unpack to 1,07" in refused(out)


def test_a_name_in_an_error_commands_no_terminal_and_forges_no_line_of_a_log():
    told = '[[column]]\nname = "a\\u001b[2J\\u009b1m\\u202e\\nall is well"\nrole = "plain"\n'
    with pytest.raises(SynthError) as caught:
        run(read_recipe(told), some_people())
    assert "all is well" in str(caught.value)
    assert str(caught.value).isprintable()
    assert f"{caught.value.what} {caught.value.remedy}" == str(caught.value)
