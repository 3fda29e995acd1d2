"""The main job in a real browser: from an upload to a release whose checksums hold."""

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from synth.release import Bundle
from synth.runs.verifying import verify
from tests.browser import needs_browser, patient, settled
from tests.people import some_people
from tests.server import served

SAMPLE = Path(__file__).parents[2] / "sample_data" / "hospital_admissions.csv"
KNOWN = {"aria-allowed-attr"}  # Streamlit's own widgets
MOST_TABS = 120  # presses to get anywhere on a screen

pytestmark = [needs_browser, pytest.mark.browser]


@pytest.fixture
def address(the_app):
    return the_app


def press(page: Page, key: str) -> None:
    page.locator(f".st-key-{key} button").click()


def upload(page: Page, name: str, content: bytes) -> None:
    page.locator(".st-key-upload input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )


TITLES = {
    "columns": "What is in each column?",
    "protect": "How easily could someone be found?",
    "method": "How should the synthetic rows be made?",
    "compare": "How close is it to the real table?",
    "release": re.compile("eady to leave"),
}


def go_on(page: Page, *steps: str) -> int:
    """Press Next until the last of the screens stands; how many clicks it took."""
    for step in steps:
        press(page, "next")
        expect(page.get_by_role("heading", name=TITLES[step])).to_be_visible()
        settled(page)
    return len(steps)


def walk_to_release(page: Page) -> int:
    """From a loaded table to the Release screen; how many clicks it took."""
    clicks = go_on(page, "columns", "protect", "method")
    press(page, "make")
    return clicks + 1 + go_on(page, "compare", "release")


def downloaded(page: Page) -> Bundle:
    """The release; where nothing of a column survived the noise, with a reason why it may leave."""
    while (let := page.get_by_role("button", name="Let it leave")).count():
        page.locator("[class*='st-key-gate-why'] input").first.fill("not needed")
        left = let.count()
        let.first.click()
        expect(let).to_have_count(left - 1)
        settled(page)
    with page.expect_download() as found:
        press(page, "bundle")
    return Bundle.read(io.BytesIO(Path(found.value.path()).read_bytes()))


def by_keyboard(page: Page, key: str, text: str = "") -> None:
    """Tab to what has a key that begins so, and this text; and press Enter."""
    there = """([key, text]) => document.activeElement.innerText.includes(text)
        && !!document.activeElement.closest(`[class*="st-key-${key}"]`)"""
    page.locator(f"[class*='st-key-{key}']", has_text=text).first.wait_for()
    settled(page)
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(there, [key, text]):
            return page.keyboard.press("Enter")
    raise AssertionError(f"{key} is not reached by Tab")


def test_no_mouse_is_needed_from_the_sample_to_a_release_and_no_screen_has_barriers(page, address):
    found: list[str] = []
    by_keyboard(page, "sample")
    expect(page.locator(".st-key-next button")).to_be_visible()
    found += barriers(page, "data")
    for step in ("columns", "protect", "method", "compare", "release"):
        if step == "compare":
            by_keyboard(page, "make")
            expect(page.get_by_text("synthetic rows are ready")).to_be_visible()
            settled(page)
        by_keyboard(page, "next")
        expect(page.get_by_role("heading", name=TITLES[step])).to_be_visible()
        found += barriers(page, step)
    expect(page.get_by_role("heading", name="Not yet ready to leave")).to_be_visible()
    expect(page.locator(".st-key-bundle button")).to_be_disabled()
    by_keyboard(page, "gate", "Fix: generalise Postcode to its district")
    # About 500 people live in a district of the sample, and noise has a sigma below 100.
    expect(page.get_by_role("heading", name="Ready to leave", exact=True)).to_be_visible()
    settled(page)
    with page.expect_download() as leaving:
        by_keyboard(page, "bundle")
    bundle = Bundle.read(io.BytesIO(Path(leaving.value.path()).read_bytes()))
    assert verify(bundle)
    assert 8_000 < bundle.facts["rows"] < 12_000
    assert set(bundle.rows["Postcode"].dropna().str.len()) <= {3, 7}  # AV1, or (other)
    for step in ("showcase", "verify", "help", "tour"):
        page.goto(f"{address}/{step}")
        page.get_by_role("heading").first.wait_for()
        found += barriers(page, step)
    assert found == []


def test_a_cold_request_for_a_later_screen_runs_it_inside_the_router(browser):
    """Beside the main script a page file would run alone, before any visitor opened the app."""
    with served() as fresh:
        page = patient(browser.new_context()).new_page()
        page.goto(f"{fresh}/release")
        expect(page.get_by_text("First bring a table")).to_be_visible()
        expect(page.get_by_role("link", name="Columns").first).to_be_visible()


def test_two_uploads_leave_as_verified_releases_and_nobody_sees_the_others_rows(browser, address):
    def visit(city: str) -> tuple[Page, bytes]:
        people = some_people().replace({"Rome": city})
        page = patient(browser.new_context()).new_page()
        page.goto(address)
        upload(page, "people.csv", people.to_csv(index=False).encode())
        page.locator(".st-key-next button").wait_for()
        return page

    one, two = visit("Atlantis"), visit("Utopia")
    for page, own, other in ((one, "Atlantis", "Utopia"), (two, "Utopia", "Atlantis")):
        clicks = walk_to_release(page)
        bundle = downloaded(page)
        assert verify(bundle)
        assert clicks + 3 < 10  # with the upload, a word on what the gate stops and the download
        rows = bundle.files["synthetic.csv"].decode()
        assert own in rows  # found if 221 people and noise of sigma 13 reach 79: all but 1e-25
        assert other not in rows
        page.context.close()


HELD = """
import pathlib, sys, time
while "synth.runs.worker" in sys.orig_argv and not pathlib.Path({go!r}).exists():
    time.sleep(0.05)
"""


def test_the_strip_tells_of_the_table_that_is_used_whatever_was_tried_before(page):
    strip, field = page.locator(".st-key-strip"), page.locator(".st-key-upload")
    refused = page.get_by_text("The file is a damaged archive")
    rows = some_people(60).to_csv(index=False).encode()
    upload(page, "broken.xlsx", b"PK\x03\x04 cut off")
    expect(refused).to_be_visible()
    expect(strip).to_have_count(0)
    upload(page, "people.csv", rows)
    expect(strip).to_contain_text("people.csv · 60 rows")
    expect(refused).to_have_count(0)
    upload(page, "broken.xlsx", b"PK\x03\x04 cut off again")
    expect(refused).to_be_visible()
    expect(page.get_by_text("What is used is still people.csv")).to_be_visible()
    expect(strip).to_contain_text("people.csv · 60 rows")
    press(page, "sample")
    expect(strip).to_contain_text("hospital admissions · 10,000 rows")
    expect(refused).to_have_count(0)
    expect(field).not_to_contain_text("broken.xlsx")


def test_a_second_upload_is_not_lost_while_the_screen_draws_itself_anew(page):
    """The first table took a link from the screen; what stood below moved up, and began again."""
    held: list[Route] = []
    strip, rows = page.locator(".st-key-strip"), some_people(60).to_csv(index=False).encode()
    upload(page, "people.csv", rows)
    expect(strip).to_contain_text("people.csv · 60 rows")

    def hold(route: Route) -> None:
        held.append(route) if route.request.method == "PUT" else route.continue_()

    page.route("**/_stcore/upload_file/**", hold)
    with page.expect_request(lambda r: r.method == "PUT"):
        upload(page, "other.csv", rows)
    expect(page.get_by_text("A tour of three minutes")).to_have_count(0)
    for route in held:
        route.continue_()
    expect(strip).to_contain_text("other.csv · 60 rows")


@contextmanager
def held_back(folder: Path) -> Iterator[tuple[str, Path]]:
    """A server whose workers wait for a file, so that no run is over too soon; the file."""
    go = folder / "go"
    (folder / "sitecustomize.py").write_text(HELD.format(go=str(go)))
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    with served(env={"PYTHONPATH": path}) as own:
        yield own, go


def test_a_run_can_be_stopped_and_nothing_is_lost(browser, tmp_path):
    with held_back(tmp_path) as (own, go):
        page = patient(browser.new_context()).new_page()
        page.goto(own)
        press(page, "sample")
        go_on(page, "columns", "protect", "method")
        press(page, "make")
        press(page, "stop")
        expect(page.get_by_text("Stopped.")).to_be_visible()
        go.touch()
        press(page, "make")
        expect(page.get_by_text("synthetic rows are ready")).to_be_visible()


def test_a_reload_in_the_middle_of_a_run_finds_it_finished_and_so_does_another_tab(
    browser, tmp_path
):
    with held_back(tmp_path) as (own, go):
        context = patient(browser.new_context())
        page = context.new_page()
        page.goto(own)
        upload(page, "people.csv", some_people().to_csv(index=False).encode())
        page.locator(".st-key-next button").wait_for()
        go_on(page, "columns", "protect", "method")
        rows = page.locator(".st-key-rows input")
        rows.fill("777")
        rows.press("Tab")
        settled(page)
        press(page, "make")
        page.locator(".st-key-stop button").wait_for()
        page.reload()
        page.locator(".st-key-stop button").wait_for()
        expect(rows).to_have_value("777")
        expect(page.get_by_text("people.csv")).to_be_visible()
        page.close()  # nobody looks on
        go.touch()
        other = context.new_page()
        other.goto(f"{own}/method")
        expect(other.get_by_text("777 synthetic rows are ready")).to_be_visible()
        stranger = patient(browser.new_context()).new_page()
        stranger.goto(f"{own}/method")
        expect(stranger.get_by_text("First bring a table")).to_be_visible()
        other.get_by_role("link", name="Data").first.click()
        press(other, "forget")
        expect(other.locator(".st-key-forget")).to_have_count(0)
        other.goto(f"{own}/method")
        expect(other.get_by_text("First bring a table")).to_be_visible()


def barriers(page: Page, step: str) -> list[str]:
    """What axe finds on a screen but trifles, in both themes; the app follows the system's."""
    found = []
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        expect(page.locator(".stApp")).to_have_css("color-scheme", theme)
        told = Axe().run(settled(page)).response["violations"]
        more = [v["id"] for v in told if v["impact"] != "minor"]
        found += [f"{step}, {theme}: {name}" for name in more if name not in KNOWN]
    return found
