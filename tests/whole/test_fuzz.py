"""A few hundred damaged inputs of each kind end in a sentence; `bench/fuzz.py` tries thousands."""

import io
import json
import zipfile

import pytest

from bench import fuzz
from synth.budget import Budget
from synth.errors import BundleError, IngestError, RecipeError
from synth.ingest import load
from synth.release import Bundle
from synth.runs import read_recipe
from synth.runs.verifying import verify
from tests.bundles import summed, zipped

EACH = {
    "file": 60,
    "recipe": 80,
    "bundle": 30,
    "request": 40,
    "sandbox": 60,
    "query": 80,
    "rule": 40,
    "words": 4,
}
DEEP = b"[" * 100_000


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", EACH)
def test_damage_ends_in_a_sentence(kind):
    found = {n: how for n in range(EACH[kind]) if (how := fuzz.tried(kind, n))}
    assert not found


def files() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(fuzz.bundles()[2])) as archive:
        return {n: archive.read(n) for n in archive.namelist()}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("release.json", {"rows": 1.5}),
        ("release.json", {"rows": True}),
        ("release.json", {"copies": 10**9}),
        ("release.json", {"order": "age"}),
        ("release.json", b"[]"),
        ("release.json", DEEP),
        ("model.json", DEEP),
        ("counts.json", DEEP),
        ("counts.json", b"[1]"),
        ("showcase.json", DEEP),
        ("recipe.toml", b"x"),
        ("recipe.toml", b"a = " + DEEP),
    ],
)
def test_no_document_in_a_bundle_is_taken_for_what_it_is_not(name, said):
    whole = files()
    if isinstance(said, dict):
        said = json.dumps(json.loads(whole[name]) | said, indent=1).encode()
    with pytest.raises(BundleError):
        verify(Bundle.read(zipped(summed({**whole, name: said}))))


def bomb(name: str = "synthetic.csv") -> io.BytesIO:
    """One file of 300 MB in a thousandth."""
    return packed(bytes(300_000_000), name)


def packed(content: bytes, name: str) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(name, content)
    return out


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_is_refused_by_its_list_before_anything_is_unpacked(monkeypatch):
    def unpack(*_, **__):
        raise AssertionError("a part was unpacked")

    tight, twice, out = bomb(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(twice, "w") as archive:
        archive.writestr("a.csv", "a\n1\n")
        archive.writestr("a.csv", "a\n2\n")
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../a.csv", "a\n1\n")
    monkeypatch.setattr(zipfile.ZipFile, "open", unpack)
    for sent, said in ((tight, "300 MB"), (twice, "under a name"), (out, "out of it")):
        with pytest.raises(BundleError, match=said):
            Bundle.read(sent)
        with pytest.raises(IngestError, match=said):
            load(sent, Budget(1.0))


def test_rows_that_are_all_alike_are_no_bomb():
    """The limit of what a bundle unpacks to leaves room for a release that packs very well."""
    with pytest.raises(BundleError, match="lacks"):
        Bundle.read(packed(b"Oslo\n" * 4_000_000, "synthetic.csv"))


def test_a_recipe_nested_too_deeply_is_told_so():
    with pytest.raises(RecipeError, match="nested"):
        read_recipe("a = " + DEEP.decode())
