"""The showcase on the screens and from `synth showcase`: the same page, in a real browser."""

import io
import subprocess
import sys

import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient

from synth.release import Bundle
from synth.release.showcase import showcase
from synth.release.showcase.serve import served as serving
from synth.runs import Recipe, run
from tests.browser import needs_browser, patient
from tests.people import some_people

CODE = "from synth.cli import main; main()"


@pytest.fixture(scope="module")
def zipped() -> bytes:
    method = {"name": "value_seeded", "k": 5}
    recipe = Recipe.model_validate({"method": method, "release": {"title": "Some people"}})
    return run(recipe, some_people()).release.zipped()


@needs_browser
@pytest.mark.browser
def test_view_as_recipient_shows_the_page_inside_the_app(browser, the_app):
    page = patient(browser.new_context(viewport={"width": 1440, "height": 1000})).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(the_app)
    content = some_people().to_csv(index=False).encode()
    page.locator(".st-key-upload input[type=file]").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": content}
    )
    expect(page.locator(".st-key-next button")).to_be_enabled()
    page.get_by_role("link", name="Method").click()
    page.get_by_text("k people behind everything").click()
    page.get_by_text("k people behind every row (value-seeded)").click()
    page.locator(".st-key-make button").click()
    expect(page.locator(".st-key-next button")).to_be_enabled()
    page.get_by_role("link", name="Release").click()
    page.locator(".st-key-view button").click()
    frame = page.frame_locator("iframe").first
    frame.locator("button.bar").first.click()
    expect(frame.locator(".chip")).to_have_count(1)
    assert complaints == []


def test_the_server_of_one_page_has_no_other(zipped):
    page = showcase(Bundle.read(io.BytesIO(zipped)))
    client = TestClient(serving(page))
    answer = client.get("/")
    assert answer.text == page
    assert "script-src 'sha256-" in answer.headers["content-security-policy"]
    for path in ("/data", "/release.zip", "/counts.csv", "/_stcore/health"):
        assert client.get(path).status_code == 404
    assert client.post("/").status_code == 405


def test_the_page_is_made_where_the_real_table_is_not(zipped, tmp_path):
    """In another process, in an empty folder, from the bundle alone."""
    (tmp_path / "release.zip").write_bytes(zipped)
    command = [sys.executable, "-c", CODE, "showcase", "release.zip", "--html", "page.html"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Some people" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["page.html", "release.zip"]


def test_the_same_bundle_always_makes_the_same_page(zipped):
    bundle = Bundle.read(io.BytesIO(zipped))
    assert showcase(bundle) == showcase(bundle)
