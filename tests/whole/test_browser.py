"""The main job in a real browser: from an upload to a release whose checksums hold."""

import io
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from synth.release import Bundle, verify
from tests.browser import needs_browser, opened
from tests.people import some_people
from tests.server import served

SAMPLE = Path(__file__).parents[2] / "sample_data" / "hospital_admissions.csv"
PATIENCE = 90_000  # milliseconds; the machine may be busy
KNOWN = {"aria-allowed-attr"}  # Streamlit's own widgets

pytestmark = [needs_browser, pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def address():
    with served() as url:
        yield url


@pytest.fixture(scope="module")
def browser():
    with opened() as found:
        yield found


@pytest.fixture
def page(browser, address):
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    outside: list[str] = []
    page.on("request", lambda r: outside.append(r.url) if is_outside(r.url, address) else None)
    page.goto(address)
    yield page
    context.close()
    assert outside == []


def is_outside(url: str, address: str) -> bool:
    return not url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))


def press(page: Page, key: str) -> None:
    page.locator(f".st-key-{key} button").click()


def upload(page: Page, name: str, content: bytes) -> None:
    page.locator(".st-key-upload input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )


def walk_to_release(page: Page) -> int:
    """From a loaded table to the Release screen; how many clicks it took."""
    keys = ("next", "next", "next", "make", "next", "next")
    for key in keys:
        if key == "next":
            expect(page.locator(".st-key-next button")).to_be_enabled(timeout=PATIENCE)
        press(page, key)
        if key == "next":
            page.wait_for_timeout(1500)
    expect(page.get_by_role("heading", name="Ready to leave")).to_be_visible(timeout=PATIENCE)
    return len(keys)


def downloaded(page: Page) -> Bundle:
    with page.expect_download() as found:
        press(page, "bundle")
    return Bundle.read(io.BytesIO(Path(found.value.path()).read_bytes()))


def test_an_uploaded_table_leaves_as_a_verified_release(page):
    upload(page, "admissions.csv", SAMPLE.read_bytes())
    clicks = walk_to_release(page)
    bundle = downloaded(page)
    assert len(verify(bundle)) == 3
    assert 8_000 < bundle.facts["rows"] < 12_000
    assert clicks + 2 < 10  # with the upload and the download


def test_a_cold_request_for_a_later_screen_runs_it_inside_the_router(browser):
    """Beside the main script a page file would run alone, before any visitor opened the app."""
    with served() as fresh:
        page = browser.new_page()
        page.goto(f"{fresh}/release")
        expect(page.get_by_text("First bring a table")).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_role("link", name="Columns").first).to_be_visible()


def test_two_visitors_never_see_each_others_rows(browser, address):
    def visit(city: str) -> tuple[Page, bytes]:
        people = some_people().replace({"Rome": city})
        page = browser.new_context().new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        upload(page, "people.csv", people.to_csv(index=False).encode())
        page.locator(".st-key-next button").wait_for()
        return page

    one, two = visit("Atlantis"), visit("Utopia")
    for page, own, other in ((one, "Atlantis", "Utopia"), (two, "Utopia", "Atlantis")):
        walk_to_release(page)
        rows = downloaded(page).files["synthetic.csv"].decode()
        assert own in rows
        assert other not in rows
        page.context.close()


def test_a_run_can_be_stopped_and_nothing_is_lost(page):
    press(page, "sample")
    for _ in range(3):
        expect(page.locator(".st-key-next button")).to_be_enabled(timeout=PATIENCE)
        press(page, "next")
        page.wait_for_timeout(1500)
    press(page, "make")
    press(page, "stop")
    expect(page.get_by_text("Stopped.")).to_be_visible(timeout=PATIENCE)
    press(page, "make")
    expect(page.get_by_text("synthetic rows are ready")).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize("step", ["data", "columns", "protect", "method"])
def test_screens_have_no_serious_barrier(step, page, address):
    press(page, "sample")
    expect(page.locator(".st-key-next button")).to_be_visible(timeout=PATIENCE)
    if step != "data":
        page.get_by_role("link", name=step.capitalize()).first.click()
        page.wait_for_timeout(2500)
    found = Axe().run(page).response["violations"]
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    assert [v["id"] for v in serious if v["id"] not in KNOWN] == []
