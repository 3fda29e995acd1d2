"""The recipient's page, opened from disk in a real browser with the network off."""

import io
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from synth.budget import Budget, Statement
from synth.learning.aggregates import Aggregates, aggregate
from synth.learning.network import Network
from synth.release.papers.about import About
from synth.release.papers.standing import standings
from synth.release.papers.tally import tallied
from synth.release.showcase import Look, page
from synth.schema import Categories, Column, Dates, Kind, Numbers, Origin, Schema, Text
from synth.vault import Counting, PrivateTable
from tests.browser import needs_browser, patient

pytestmark = [needs_browser, pytest.mark.browser]

Empty = Callable[..., Page]

WARDS = ("Acute", "Burns", "=Cardiac", "Day <b>case</b>", "Eyes")
CODES = ("A1", "B2", "C3")
DAY = 86400.0
SCHEMA = Schema(
    (
        Column("ward", Categories(WARDS), meaning="Where they lay"),
        Column("ill", Categories(("no", "yes"), missing=True)),
        Column("age", Numbers(tuple(range(0, 105, 5)), decimals=0), Kind.INTEGER),
        Column("day", Dates(tuple(DAY * d for d in range(0, 35, 2))), Kind.DATE),
        Column("codes", Categories(("A1",), origin=Origin.DECLARED, other=True)),
        Column("note", Text(), Kind.TEXT),
    )
)


def people(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    ward = rng.choice(WARDS, rows, p=(0.5, 0.02, 0.2, 0.18, 0.1))
    ill = pd.Series(np.where(rng.random(rows) < 0.3, "yes", "no"), dtype=object)
    ill[rng.random(rows) < 0.1] = None
    held = rng.random((rows, 3)) < (0.5, 0.3, 0.2)
    return pd.DataFrame(
        {
            "ward": ward,
            "ill": ill,
            "age": rng.integers(0, 100, rows),
            "day": pd.to_datetime(rng.integers(0, 34, rows), unit="D").strftime("%Y-%m-%d"),
            "codes": [";".join(c for c, has in zip(CODES, h, strict=True) if has) for h in held],
            "note": ["(text withheld)"] * rows,
        }
    )


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return people(1000, 1)


@pytest.fixture(scope="module")
def told() -> Aggregates:
    private = PrivateTable(people(600, 2), SCHEMA, Budget(1.0))
    return aggregate(private, Counting(length=3, several={"codes": ";"}), 10)


@pytest.fixture(scope="module")
def address(rows: pd.DataFrame, told: Aggregates, tmp_path_factory: pytest.TempPathFactory) -> str:
    file: Path = tmp_path_factory.mktemp("showcase") / "showcase.html"
    look = Look(title="Wards & people", text="A <small> sample.")
    file.write_text(page(rows, SCHEMA, told.statement, told, look), encoding="utf-8")
    return file.as_uri()


@pytest.fixture
def offline(empty_page: Empty) -> Page:
    page = empty_page(offline=True, accept_downloads=True)
    page.set_viewport_size({"width": 1280, "height": 720})
    return page


def ready(page: Page, address: str) -> Page:
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    return page


@pytest.fixture
def shown(offline: Page, address: str) -> Iterator[Page]:
    complaints: list[str] = []
    heard = {
        "console": lambda message: complaints.append(message.text),
        "pageerror": lambda error: complaints.append(str(error)),
    }
    for event, note in heard.items():
        offline.on(event, note)
    yield ready(offline, address)
    for event, note in heard.items():
        offline.remove_listener(event, note)
    assert complaints == []


def bar(shown: Page, attribute: str, value: str):
    card = shown.get_by_role("group", name=attribute, exact=True)
    return card.get_by_role("button", name=f"{value}: ")


def said(shown: Page, attribute: str, value: str) -> str:
    return bar(shown, attribute, value).get_attribute("aria-label") or ""


def test_three_filters_deep_the_numbers_equal_those_of_pandas(shown: Page, rows: pd.DataFrame):
    bar(shown, "ward", "Acute").click()
    bar(shown, "ill", "no").click()
    bar(shown, "codes", "A1").click()
    match = rows[(rows.ward == "Acute") & (rows.ill == "no") & rows.codes.str.contains("A1")]
    assert shown.locator("#count").inner_text() == f"{len(match):,}"
    days = (pd.to_datetime(match.day) - pd.Timestamp(0)).dt.days
    expected = int(days.between(4, 5).sum())
    assert said(shown, "day", "from 1970-01-05").startswith(
        f"from 1970-01-05: estimated {expected},"
    )


def test_an_attribute_that_is_filtered_still_shows_its_other_values(
    shown: Page, rows: pd.DataFrame
):
    bar(shown, "ward", "Acute").click()
    bar(shown, "ill", "no").click()
    others = int(((rows.ward == "Eyes") & (rows.ill == "no")).sum())
    assert said(shown, "ward", "Eyes").startswith(f"Eyes: estimated {others},")


def test_each_bar_says_the_reported_count_of_its_own_label(shown: Page, told: Aggregates):
    """Not of the label after it, where one in the middle has no count."""
    bar(shown, "ill", "yes").click()
    counts = {ward: told.count({"ward": ward, "ill": "yes"}) for ward in WARDS}
    assert counts["Burns"] is None and counts["Eyes"] is not None
    for ward, count in counts.items():
        words = "no number, <10" if count is None else f"{count}"
        assert f"reported{':' if count is None else ''} {words}" in said(shown, "ward", ward)


def test_beyond_the_reported_length_there_is_no_reported_number(shown: Page):
    for attribute, value in (("ward", "Acute"), ("ill", "no"), ("codes", "A1")):
        bar(shown, attribute, value).click()
    assert "no number, >3" in said(shown, "age", "20 to 24")
    bar(shown, "age", "20 to 24").hover()
    assert "longer than 3" in shown.locator("#tip").inner_text()


def test_a_count_that_is_too_small_says_what_is_known_all_the_same(shown: Page):
    bar(shown, "ill", "yes").click()
    bar(shown, "ward", "Burns").hover()
    told = shown.locator("#tip").inner_text()
    assert "fewer than 10 people" in told and "between 0 and 9" in told


def test_a_range_of_numbers_is_the_sum_of_its_parts(
    shown: Page, rows: pd.DataFrame, told: Aggregates
):
    bar(shown, "age", "20 to 24").click()
    bar(shown, "age", "30 to 34").click(modifiers=["Shift"])
    assert shown.locator("#count").inner_text() == f"{int(rows.age.between(20, 34).sum())}"
    parts = [told.count({"age": label}) for label in ("20 to 24", "25 to 29", "30 to 34")]
    assert shown.locator("#reported").inner_text() == str(sum(p or 0 for p in parts))


def test_chips_undo_one_filter_and_all(shown: Page):
    bar(shown, "ward", "Acute").click()
    bar(shown, "ill", "no").click()
    shown.get_by_role("button", name="Remove filter ward").click()
    assert shown.locator(".chip").count() == 1
    shown.get_by_role("button", name="Clear all").click()
    assert shown.locator("#count").inner_text() == "1,000"


def test_search_finds_values_and_attributes(shown: Page):
    shown.get_by_label("Search").fill("card")
    assert shown.locator(".card:visible h3").all_inner_texts() == ["ward"]
    assert shown.locator(".bar:visible").count() == 1
    shown.get_by_label("Search").fill("nothing like it")
    assert shown.locator("#nothing").is_visible()


def test_the_keyboard_alone_filters(shown: Page, rows: pd.DataFrame):
    shown.get_by_label("Percentages").focus()
    shown.keyboard.press("Tab")
    shown.keyboard.press("ArrowDown")
    shown.keyboard.press("Enter")
    second = rows.ward.value_counts().iloc[1]
    assert shown.locator("#count").inner_text() == str(second)
    assert shown.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    assert shown.locator("#tip").is_visible()
    shown.keyboard.press("Escape")
    assert not shown.locator("#tip").is_visible()


def test_two_attributes_against_each_other_equal_a_cross_table(shown: Page, rows: pd.DataFrame):
    shown.get_by_role("tab", name="Two attributes").click()
    shown.locator("#down").select_option(label="ward")
    shown.locator("#across").select_option(label="ill")
    cross = pd.crosstab(rows.ward, rows.ill.fillna("(missing)"))
    for ward in WARDS:
        for ill in ("no", "yes", "(missing)"):
            name = f"ward: {ward}, ill: {ill}: {cross.loc[ward, ill]}"
            assert shown.get_by_role("button", name=name, exact=True).count() == 1


def test_the_filtered_rows_are_downloaded_safe_for_a_spreadsheet(shown: Page, rows: pd.DataFrame):
    bar(shown, "ward", "=Cardiac").click()
    shown.get_by_role("tab", name="Rows").click()
    with shown.expect_download() as waiting:
        shown.locator("#download").click()
    table = pd.read_csv(io.BytesIO(Path(waiting.value.path()).read_bytes()), dtype=str)
    match = rows[rows.ward == "=Cardiac"]
    assert set(table.ward) == {"'=Cardiac"}
    assert table.age.astype(int).tolist() == match.age.tolist()
    assert table.day.tolist() == match.day.tolist()
    assert table.codes.fillna("").tolist() == match.codes.str.replace(";", "; ").tolist()


def test_a_link_leads_back_to_the_selection_and_names_no_value(
    shown: Page, browser: Browser, rows: pd.DataFrame
):
    bar(shown, "ward", "Eyes").click()
    link = shown.url
    assert "Eyes" not in link and "ward" not in link
    with patient(browser.new_context(offline=True)) as context:
        again = ready(context.new_page(), link)
        assert again.locator("#count").inner_text() == str(int((rows.ward == "Eyes").sum()))


def test_nothing_is_fetched_and_foreign_scripts_do_not_run(browser: Browser, address: str):
    with patient(browser.new_context()) as context:
        it = context.new_page()
        asked: list[str] = []
        it.on("request", lambda request: asked.append(request.url))
        ready(it, address)
        it.evaluate(
            """() => {
              const script = document.createElement("script");
              script.textContent = "document.title = 'taken over'";
              document.body.append(script);
            }"""
        )
        assert it.title() == "Wards & people"
        assert asked == [address]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["explore", "pairs", "rows", "about"])
def test_axe_finds_nothing_serious(empty_page: Empty, address: str, view: str, scheme: str):
    it = empty_page(bypass_csp=True)
    it.emulate_media(color_scheme=scheme)
    found = Axe().run(ready(it, f"{address}#view={view}&filter=0.0")).response["violations"]
    serious = [v["id"] for v in found if v["impact"] in ("serious", "critical")]
    assert serious == []


@pytest.mark.parametrize("width", [1440, 800, 390])
def test_no_width_makes_the_page_scroll_sideways(shown: Page, width: int):
    shown.set_viewport_size({"width": width, "height": 800})
    for view in ("explore", "pairs", "rows", "about"):
        shown.locator(f"[data-view={view}]").click()
        assert shown.evaluate("document.documentElement.scrollWidth") <= width


# -- what is left of a column, and how it is drawn -------------------------------------------------

CUT = Schema(
    (
        Column("stay", Numbers((0, 1, 11, 31, 131), decimals=0, missing=True), unit="days"),
        Column("sex", Categories(("F", "M"), other=True)),
        Column("gone", Categories(("a", "b"), other=True)),
    )
)
STAYS = pd.DataFrame(
    {
        "stay": pd.array([0] * 40 + [5] * 40 + [20] * 20 + [100] * 10 + [None] * 5, "Int64"),
        "sex": ["F"] * 50 + ["M"] * 55 + ["(other)"] * 10,
        "gone": ["(other)"] * 115,
    }
)
ASKED = About(publisher="The <Office>", contact="ask@example.org", licence="CC0-1.0")


@pytest.fixture(scope="module")
def cut_page() -> str:
    told = standings(tallied(Network(CUT, Statement(), 0, ()), STAYS))
    return page(STAYS, CUT, Statement(), None, Look(title="Stays"), about=ASKED, standings=told)


@pytest.fixture
def cut(offline: Page, cut_page: str, tmp_path: Path) -> Page:
    (tmp_path / "cut.html").write_text(cut_page, encoding="utf-8")
    return ready(offline, (tmp_path / "cut.html").as_uri())


def test_unequal_intervals_are_drawn_by_their_width_and_their_area_is_the_rows(cut: Page):
    """40, 40, 20 and 10 rows in intervals of 1, 10, 20 and 100: 40, 4, 1 and 0.1 to a day."""
    found = cut.evaluate(
        """() => [...document.querySelectorAll(".columns .column")].map((c) => [
             parseFloat(c.style.left), parseFloat(c.style.width),
             parseFloat(c.querySelector(".est").style.height), c.classList.contains("taller")])"""
    )
    left, wide, high, taller = zip(*found, strict=True)
    assert left == pytest.approx([0, 100 / 131, 1100 / 131, 3100 / 131], abs=1e-3)
    assert wide == pytest.approx([100 / 131, 1000 / 131, 2000 / 131, 10000 / 131], abs=1e-3)
    assert high == pytest.approx([100, 40, 10, 1], abs=1e-3)  # cut off at 2.5 times the next
    assert taller == (True, False, False, False)
    card = cut.get_by_role("group", name="stay", exact=True)
    assert card.locator(".axis span").all_inner_texts() == ["0", "50", "100"]
    assert "many rows share one value" in card.inner_text()


def test_what_is_missing_stands_beside_the_axis_not_on_it(cut: Page):
    card = cut.get_by_role("group", name="stay", exact=True)
    assert card.locator(".bars .bar").count() == 1
    assert "(missing)" in card.locator(".bars").inner_text()


def test_other_values_are_no_value_of_their_own(cut: Page):
    """Neither in a chart, where they stand last, nor among rows; the file has what is released."""
    labels = cut.get_by_role("group", name="sex", exact=True).locator(".label").all_inner_texts()
    assert labels == ["M", "F", "other or rare values, grouped"]
    bar(cut, "sex", "other or rare values, grouped").click()
    cut.get_by_role("tab", name="Rows").click()
    assert "(other)" not in cut.locator("#table").inner_text()
    with cut.expect_download() as waiting:
        cut.locator("#download").click()
    table = pd.read_csv(io.BytesIO(Path(waiting.value.path()).read_bytes()), dtype=str)
    assert set(table.sex) == {"(other)"}


def test_a_column_of_which_nothing_is_left_says_so(cut: Page, cut_page: str):
    said = cut.locator(".card", has_text="gone").locator(".stands").inner_text()
    assert said.startswith("Nothing is left: 100% of the rows")
    assert "Nothing is left of gone." in cut_page
    assert "Together they" not in cut_page
    said = cut.locator(".card", has_text="stay").locator(".stands").inner_text()
    assert said == "Coarse: 35% of the rows lie in one interval, drawn evenly in it."


def test_whom_to_ask_is_a_link_and_text_stays_text(cut: Page):
    link = cut.locator("header").get_by_role("link", name="ask@example.org")
    assert link.get_attribute("href") == "mailto:ask@example.org"
    assert "The <Office>" in cut.locator("header").inner_text()
    assert "Ask the custodian" in cut.locator("header").inner_text()


@pytest.mark.parametrize(
    "contact", ["javascript:alert(1)", "data:text/html,x", '"><script>', "+47 1"]
)
def test_whom_to_ask_is_no_link_where_it_is_no_address(contact: str):
    told = page(STAYS, CUT, Statement(), None, Look(), about=About(contact=contact))
    assert "<a href" not in told and '"><script>' not in told


@pytest.mark.parametrize("width", [1440, 800, 390])
def test_marks_of_an_axis_do_not_lie_on_each_other(shown: Page, width: int):
    shown.set_viewport_size({"width": width, "height": 800})
    for card in shown.locator(".card .axis").all():
        boxes = [m.bounding_box() for m in card.locator("span:visible").all()]
        ends = [(b["x"], b["x"] + b["width"]) for b in boxes if b is not None]
        assert len(ends) > 1
        assert all(end <= start for (_, end), (start, _) in pairwise(ends))
