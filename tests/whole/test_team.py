"""Four people in a real browser: made, sent back, approved, had by a recipient, and recalled."""

import io
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from synth.release import Bundle
from tests.browser import needs_browser, patient, settled
from tests.identity import provided
from tests.people import some_people
from tests.server import free_port, served
from tests.waiting import PATIENCE as SECONDS
from tests.whole.test_browser import barriers, downloaded, go_on, press, upload

pytestmark = [needs_browser, pytest.mark.browser]

PEOPLE = {
    "cleo": ["synth-custodians"],
    "amir": ["staff", "synth-approvers"],
    "rosa": ["synth-recipients"],
    "adam": ["synth-administrators"],
}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    port, folder = free_port(), tmp_path_factory.mktemp("team")
    with provided(PEOPLE) as provider:
        secrets = folder / "secrets.toml"
        secrets.write_text(provider.secrets_for(f"http://localhost:{port}"))
        env = {
            "STREAMLIT_SECRETS_FILES": str(secrets),
            "SYNTH_LIBRARY": str(folder / "library"),
            "SYNTH_LEDGER": str(folder / "books"),
            "SYNTH_QUESTIONS": "2",
        }
        with served(env=env, port=port) as url:
            yield url


def signed_in(browser: Browser, address: str, name: str) -> Page:
    page = patient(browser.new_context(viewport={"width": 1440, "height": 1000})).new_page()
    page.goto(f"{address}/release")
    expect(page.get_by_role("heading", name="Please sign in")).to_be_visible()
    press(page, "sign_in")
    page.get_by_role("link", name=name).click()
    expect(page.locator(".st-key-member")).to_contain_text(f"{name}@example.org")
    return settled(page)


def to(page: Page, link: str) -> None:
    page.get_by_role("link", name=link, exact=True).first.click()
    settled(page)


def fill(page: Page, key: str, text: str) -> None:
    page.locator(f"[class*='st-key-{key}']").locator("input, textarea").first.fill(text)


def submitted(page: Page) -> None:
    """A release from an upload to the library."""
    upload(page, "people.csv", some_people().to_csv(index=False).encode())
    page.locator(".st-key-next button").wait_for()
    go_on(page, "columns", "protect", "method")
    fill(page, "ledger-population", "patients of ward 7")
    page.keyboard.press("Tab")
    settled(page)
    press(page, "make")
    go_on(page, "compare", "release")
    downloaded(page)  # with a reason for what the gate stops
    fill(page, "submit-name", "Ward 7")
    press(page, "submit-go")
    expect(page.get_by_text("Ward 7, version 1 waits for an approver")).to_be_visible()


def opened_in_library(page: Page) -> None:
    to(page, "Library")
    page.get_by_role("button", name="Open Ward 7, version 1").click()
    expect(page.get_by_role("heading", name="Ward 7, version 1")).to_be_visible()


def asked_and_answered(rosa: Page, cleo: Page) -> None:
    """A question of a recipient, and its answer by the custodian."""
    rosa.get_by_text("Questions about the real table").click()
    fill(rosa, "ask-where", "city = 'Rome'")
    press(rosa, "ask-go")
    expect(rosa.get_by_text("Not answered yet")).to_be_visible()
    to(cleo, "Questions")
    assert barriers(cleo, "questions") == []
    cleo.locator("[class*='st-key-answers-sure'] label").click()
    press(cleo, "answers-yes")
    expect(cleo.get_by_text("give or take")).to_be_visible()


def test_four_people_publish_a_release_and_take_it_back(browser, address):
    cleo, amir, rosa, adam = (signed_in(browser, address, name) for name in PEOPLE)
    for page in (amir, rosa, adam):
        expect(page.get_by_role("link", name="Data", exact=True)).to_have_count(0)
    submitted(cleo)

    to(amir, "Approve")
    found = barriers(amir, "approve")
    fill(amir, "approve-why", "say which year")
    press(amir, "approve-no")
    expect(amir.get_by_text("Ward 7, version 1 is sent back")).to_be_visible()

    opened_in_library(cleo)
    expect(cleo.get_by_text("say which year").first).to_be_visible()
    fill(cleo, "again-words", "of 2026")
    press(cleo, "again-go")
    expect(cleo.get_by_text("Waiting for approval").first).to_be_visible()

    to(rosa, "Library")
    expect(rosa.get_by_text("Nothing was published yet")).to_be_visible()
    to(amir, "Library")
    to(amir, "Approve")
    fill(amir, "approve-why", "read it")
    press(amir, "approve-yes")
    expect(amir.get_by_text("Ward 7, version 1 is published")).to_be_visible()

    to(rosa, "Verify")
    opened_in_library(rosa)
    found += barriers(rosa, "library")
    assert found == []
    expect(rosa.frame_locator("iframe").get_by_role("heading").first).to_be_visible()
    with rosa.expect_download() as found:
        press(rosa, "library-bundle")
    assert Bundle.read(io.BytesIO(Path(found.value.path()).read_bytes())).rows.size
    assert httpx.get(found.value.url, timeout=SECONDS).status_code == 404  # for her browser alone

    asked_and_answered(rosa, cleo)
    opened_in_library(adam)
    adam.get_by_text("Who had it (2)").click()
    adam.get_by_text("Recall it").click()
    fill(adam, "recall-why", "a column was wrong")
    press(adam, "recall-go")
    expect(adam.get_by_text("was recalled")).to_be_visible()

    expect(rosa.get_by_text("a column was wrong")).to_be_visible()  # on the page she had open
    rosa.goto(rosa.url)  # as by a link in a mail
    expect(rosa.get_by_text("a column was wrong")).to_be_visible()
    expect(rosa.get_by_text("give or take")).to_be_attached()
    expect(rosa.get_by_text("Page not found")).to_have_count(0)
    expect(rosa.locator(".st-key-library-bundle")).to_have_count(0)
    press(rosa, "sign_out")
    expect(rosa.get_by_role("heading", name="Please sign in")).to_be_visible()
