"""The screen for whoever received a release: each check in words, and bad zips in a sentence."""

from __future__ import annotations

import io

import pytest

from synth.release import Bundle
from synth.runs import Recipe, run
from tests.bundles import summed, zipped
from tests.people import some_people
from tests.ui.test_pages import ran, screen, words


@pytest.fixture(scope="module")
def release() -> bytes:
    recipe = Recipe.model_validate({"method": {"name": "independent"}, "release": {"rows": 40}})
    return run(recipe, some_people()).release.zipped()


def seen(content: bytes) -> str:
    app = screen("verify")
    app.file_uploader(key="verify").upload("release.zip", content, "application/zip").run()
    return words(ran(app))


def test_a_release_that_holds_is_told_check_by_check(release):
    told = seen(release)
    assert "It holds" in told
    assert "Not signed" in told
    assert "Differentially private" in told


def test_a_changed_release_does_not_hold(release):
    files = dict(Bundle.read(io.BytesIO(release)).files)
    changed = zipped(summed({**files, "PRIVACY.md": b"all is well"})).getvalue()
    assert "It does not hold" in seen(changed)
    wrong = zipped({**files, "PRIVACY.md": b"all is well"}).getvalue()
    assert "was changed after the release was made" in seen(wrong)


@pytest.mark.parametrize("content", [b"no zip", b"PK\x03\x04", zipped({"a": b"b"}).getvalue()])
def test_what_is_no_release_is_refused_in_a_sentence(content):
    assert "What to do" in seen(content)
